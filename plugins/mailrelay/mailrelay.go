// Package mailrelay is the vocabulary of mail relays: what any relay can tell
// (Report), what was counted when (Bucket, Day), what is remembered of an account
// (History) and what follows from it (Verdict): is the relay still doing what it
// always did at this hour of the week, and if not, what changed since when.
//
// It does arithmetic only: no I/O, no clock (the time is an argument), no vendor's
// types. What a relay does not tell is absent: a figure that is missing from a
// Counts, a nil pointer, a zero time. It is never 0, and an old value is never new.
package mailrelay

import (
	"context"
	"fmt"
	"iter"
	"time"
)

// Figure names one count of mails (recipients, where the relay counts those).
type Figure string

// The figures. A relay tells some of them; which, its Traits say.
const (
	Accepted    Figure = "accepted"     // taken over from the sender by the relay
	Delivered   Figure = "delivered"    // taken over by the recipient's server
	Deferred    Figure = "deferred"     // refused for now, to be tried again; attempts, not mails
	Bounced     Figure = "bounced"      // refused for good; for relays that do not tell hard from soft
	BouncedHard Figure = "bounced_hard" // refused for good: no such address
	BouncedSoft Figure = "bounced_soft" // refused for good after refusals for now, or for another reason
	Blocked     Figure = "blocked"      // refused because of the sender's reputation or a policy
	Dropped     Figure = "dropped"      // not tried by the relay itself: suppressed, invalid, over limits
	Complaints  Figure = "complaints"   // reported as spam by the recipient
)

// Figures are all figures, in the order in which they are shown.
var Figures = []Figure{Accepted, Delivered, Deferred, Bounced, BouncedHard, BouncedSoft, Blocked, Dropped, Complaints}

// Counts are the figures of one span. A figure that is not in it is unknown; one
// that is 0 was told to be 0. Values are never negative.
type Counts map[Figure]int64

// Zeros are Counts that were told to be 0.
func Zeros(figures iter.Seq[Figure]) Counts {
	c := Counts{}
	for f := range figures {
		c[f] = 0
	}
	return c
}

// Bucket holds what happened in [Start, End). Only closed spans make buckets:
// the relay will not count any more into them, but for corrections.
type Bucket struct {
	Start  time.Time `json:"start"`
	End    time.Time `json:"end"`
	Counts Counts    `json:"counts"`
}

// Day is a running total since midnight, of a relay that counts by the day only.
// History makes buckets of the differences between polls.
type Day struct {
	Date   string `json:"date"` // YYYY-MM-DD in the relay's time zone
	Counts Counts `json:"counts"`
}

// Quota is how much may be sent, as the relay tells it. Nil is not told.
type Quota struct {
	Used  *int64 `json:"used,omitempty"`
	Left  *int64 `json:"left,omitempty"`
	Limit *int64 `json:"limit,omitempty"` // nil also where there is no limit
	// Per is the span that the quota holds for, 0 where not told.
	Per time.Duration `json:"per,omitempty"`
}

// AccountStatus is whether the relay lets the account send. Empty is not told.
type AccountStatus string

// The account's states.
const (
	Healthy   AccountStatus = "healthy"
	Probation AccountStatus = "probation" // sends, but is under review or limited
	Paused    AccountStatus = "paused"    // may not send
)

// Report is one answer of a relay, normalized. The zero Report says nothing.
type Report struct {
	// Buckets are closed spans, rising in time, not overlapping.
	Buckets []Bucket
	// Days are running totals, rising by date. A relay gives Buckets or Days.
	Days []Day
	// Queue is how many mails wait in the relay.
	Queue *int64
	Quota Quota
	// Status is the account's, StatusText the relay's own word for it.
	Status     AccountStatus
	StatusText string
	// DataTo is the time up to which the relay's figures reach, as far as it can
	// be told from the answer; zero is unknown. It makes the age of the data.
	DataTo time.Time
	// Sendings are the totals so far of mails that were sent at once, by the sending's id:
	// they are in no bucket, and what they rise by between polls is added to the newest.
	// Where they are not known this time, Sendings is nil, and a later poll tells the rise.
	Sendings map[string]Counts
	// SendingsInBuckets is set where a relay counts those mails in Buckets this time.
	SendingsInBuckets bool
	// Destinations are the same figures by who takes the mails, for relays that tell;
	// those of which nothing is told are not in it.
	Destinations map[Destination]Part
	// Notes are what a person should know of figures that are missing although the answer
	// came in full, a sentence each, without secrets.
	Notes []string
}

// Empty reports whether the relay answered, but with no figures at all.
func (r Report) Empty() bool {
	return len(r.Buckets) == 0 && len(r.Days) == 0 && r.Queue == nil && r.Status == "" && r.Quota == Quota{}
}

// Traits say how a relay tells its figures.
type Traits struct {
	Vendor string // e.g. "sendgrid"
	// Account is whose figures these are, as far as the settings say, without secrets: a
	// region, a domain, a stream. Figures of two are not held beside each other. "" is not
	// known.
	Account string
	// Grain is the length of a bucket; for a relay that counts by the day, 24 h.
	Grain time.Duration
	// Settle is how long after its end a bucket may still be counted into.
	Settle time.Duration
	// Again is how far back buckets are asked for again, since a relay may count late; 0 is
	// twice the grain and the time to settle.
	Again time.Duration
	// Daily says that the relay gives Days in Zone, not Buckets.
	Daily bool
	Zone  *time.Location // nil is UTC
	// Anywhere says that the dates may be of any zone: differences are taken as if none
	// were known, and Zone, where it is set, is what the account is said to have.
	Anywhere bool
	// Sparse says that the relay leaves out buckets without traffic, so silence
	// may mean no mails as well as no data.
	Sparse bool
	// DestinationGrain and DestinationSettle are those of the figures by destination, of a
	// relay that counts these otherwise than its sums; 0 is the same.
	DestinationGrain, DestinationSettle time.Duration
	// Tells are the figures that a full answer holds.
	Tells []Figure
	// DropsApart says that Accepted has none of the Dropped in it, so that these are
	// not to be taken off.
	DropsApart bool
	// Back is how far back a first poll may ask, so that an account begins with a past;
	// 0 is the last hours only. Buckets of then may be longer than Grain.
	Back time.Duration
}

// Location is the time zone of the relay's dates.
func (t Traits) Location() *time.Location {
	if t.Zone == nil {
		return time.UTC
	}
	return t.Zone
}

// OfDestinations are the traits of the figures by destination.
func (t Traits) OfDestinations() Traits {
	if t.DestinationGrain > 0 {
		t.Daily, t.Grain, t.Settle = false, t.DestinationGrain, t.DestinationSettle
	}
	return t
}

// Span asks for what happened in [From, To); To is also the time of asking.
type Span struct {
	From, To time.Time
	// Placed is up to when the figures by destination are known, of relays with a
	// DestinationGrain; zero is that none are.
	Placed time.Time
}

// Relay is one account at a mail relay. It is asked by the program that polls; each
// adapter below this folder implements it.
type Relay interface {
	// Traits say how this relay tells its figures. They never change.
	Traits() Traits
	// Read asks the relay once for the span. Three things might happen: data (a
	// Report that is not Empty), no data (an Empty Report and a nil error: the
	// relay answered in full, and knows nothing of the span), or an error, which
	// is an *Error and goes with the zero Report. Half an answer is an error. A
	// Report holds no bucket that ends after the span, or that the relay may
	// still count into, and no figure that the answer did not hold. Read never
	// waits to try again, and ends when ctx does.
	Read(ctx context.Context, span Span) (Report, error)
}

// Add puts a figure that is the sum of parts. Where a part is nil the figure stays
// absent: a sum with a part missing is not known. A negative part, or one that is too
// large to be a count of mails, is an error.
func (c Counts) Add(f Figure, parts ...*int64) error {
	var sum int64
	for _, p := range parts {
		switch {
		case p == nil:
			return nil
		case *p < 0 || *p > 1<<50:
			return fmt.Errorf("%s is %d, which is no count", f, *p)
		}
		sum += *p
	}
	c[f] = sum
	return nil
}
