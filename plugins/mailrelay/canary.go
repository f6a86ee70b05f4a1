package mailrelay

import (
	"context"
	"maps"
	"slices"
	"time"
)

// Canary is the way of a marked mail: into a relay by one door, out of a mailbox by
// another. An adapter implements it; which mail is due, and what a missing one means,
// is decided here.
type Canary interface {
	// Send hands one mail with the mark to the relay. nil: the relay took it over.
	// An error is an *Error; the mail may have been taken over none the less.
	Send(ctx context.Context, mark string) error
	// Find looks for mails with these marks. Three things might happen: data (how
	// each one that is there arrived in the mailbox), no data (an empty map and nil:
	// the mailbox was read in full, and none is there), or an *Error: nothing is
	// known of any.
	Find(ctx context.Context, marks []string) (map[string]Arrival, error)
}

// Arrival is how a marked mail came.
type Arrival struct {
	At time.Time // by the mailbox's clock
	// Folder is where it lies, Junk whether that is the mailbox's folder for spam.
	Folder string
	Junk   bool
	// Proofs are what the mailbox's server says of SPF, DKIM and DMARC
	// (Authentication-Results, RFC 8601). What it does not tell is not in it.
	Proofs Proofs
}

// Probe is one look at a canary. Err* are nil where it went well.
type Probe struct {
	At time.Time
	// Destination is whose mailbox it was, "" where the canary names none.
	Destination Destination
	// Mark is of the mail sent in this look, "" where none was due.
	Mark     string
	SendTook time.Duration
	SendErr  error
	// Looked is whether the mailbox was asked, Found what is in it.
	Looked  bool
	Found   map[string]Arrival
	FindErr error
}

// Marked is a mail on its way.
type Marked struct {
	Mark string    `json:"mark"`
	At   time.Time `json:"at"`
}

// Canaries is what is remembered of one canary of an account. Sending, delivery and latency
// are figures of their own; each is absent where the last look did not tell it.
type Canaries struct {
	At      time.Time `json:"at"`       // the last look
	LastTry time.Time `json:"last_try"` // the last mail that was tried
	// Refused is since when the relay has not taken a mail; zero where it did.
	Refused time.Time `json:"refused,omitzero"`
	Trouble Trouble   `json:"trouble,omitempty"`
	// Blind is since when the mailbox could not be read; zero where it could.
	Blind   time.Time `json:"blind,omitzero"`
	Waiting []Marked  `json:"waiting,omitempty"`
	// Lost is how many mails in a row did not come, LostSince when the first was sent.
	Lost      int       `json:"lost,omitempty"`
	LostSince time.Time `json:"lost_since,omitzero"`
	// Junk is since when mails that came lay in Folder, which is for spam, and Unproven
	// since when they failed by Proofs; zero where the last one did not.
	Junk     time.Time `json:"junk,omitzero"`
	Folder   string    `json:"folder,omitempty"`
	Unproven time.Time `json:"unproven,omitzero"`
	Proofs   Proofs    `json:"proofs,omitempty"`
	// What the last look told, for metrics. Nil and empty are not told.
	Sent    *bool           `json:"sent,omitempty"`
	Took    time.Duration   `json:"took,omitempty"`
	Arrived []time.Duration `json:"arrived,omitempty"` // each mail's time on its way
}

const (
	// canaryEvery is how often a mail is sent, canaryLate how long one may take.
	canaryEvery = 5 * time.Minute
	canaryLate  = 10 * time.Minute
	// canaryGone is when a mail is not looked for any more.
	canaryGone = 2 * time.Hour
)

// CanaryAt is what is remembered of a destination's canary; "" is the one that names none.
func (h *History) CanaryAt(d Destination) Canaries {
	if d == "" {
		return h.Canary
	}
	return h.Canaries[d]
}

// CanaryDue is whether a new marked mail should be sent to a destination.
func (h *History) CanaryDue(d Destination, now time.Time) bool {
	// A run of every minute is a few seconds early or late.
	return now.Sub(h.CanaryAt(d).LastTry) >= canaryEvery-10*time.Second
}

// Awaited are the marks to look for at a destination, oldest first.
func (h *History) Awaited(d Destination) []string {
	var out []string
	for _, m := range h.CanaryAt(d).Waiting {
		out = append(out, m.Mark)
	}
	return out
}

// AddProbe remembers a look. One that is not later than the last changes nothing.
func (h *History) AddProbe(p Probe) {
	c := h.CanaryAt(p.Destination)
	if !p.At.After(c.At) {
		return
	}
	c.At, c.Sent, c.Took, c.Arrived = p.At, nil, 0, nil
	if p.Mark != "" {
		c.sent(p)
	}
	if p.Looked {
		c.looked(p)
	}
	if p.Destination == "" {
		h.Canary = c
		return
	}
	if h.Canaries == nil {
		h.Canaries = map[Destination]Canaries{}
	}
	h.Canaries[p.Destination] = c
	maps.DeleteFunc(h.Canaries, func(_ Destination, c Canaries) bool { return p.At.Sub(c.At) > 2*canaryGone })
}

func (c *Canaries) sent(p Probe) {
	ok := p.SendErr == nil
	c.LastTry, c.Sent, c.Took, c.Trouble = p.At, &ok, p.SendTook, ""
	switch {
	case ok:
		c.Refused = time.Time{}
		c.Waiting = append(c.Waiting, Marked{p.Mark, p.At})
	default:
		c.Trouble = TroubleOf(p.SendErr)
		if c.Refused.IsZero() {
			c.Refused = p.At
		}
	}
}

func (c *Canaries) looked(p Probe) {
	if p.FindErr != nil {
		if c.Blind.IsZero() {
			c.Blind = p.At
		}
		return
	}
	c.Blind = time.Time{}
	c.Waiting = slices.DeleteFunc(c.Waiting, func(m Marked) bool {
		arrived, there := p.Found[m.Mark]
		if there {
			c.came(m, arrived)
			return true
		}
		return p.At.Sub(m.At) > canaryGone
	})
	if len(c.Arrived) > 0 {
		c.Lost, c.LostSince = 0, time.Time{}
	}
	late := 0
	for _, m := range c.Waiting {
		if p.At.Sub(m.At) > canaryLate {
			late++
			if c.LostSince.IsZero() {
				c.LostSince = m.At
			}
		}
	}
	// Mails that are given up stay lost until one arrives.
	c.Lost = max(c.Lost, late)
}

// came keeps how a mail arrived. Where a mailbox says no more of its proofs, nothing is
// known of them.
func (c *Canaries) came(m Marked, a Arrival) {
	c.Arrived = append(c.Arrived, max(0, a.At.Sub(m.At)))
	c.Folder, c.Proofs = a.Folder, a.Proofs
	since := func(was time.Time, bad bool) time.Time {
		switch {
		case !bad:
			return time.Time{}
		case was.IsZero():
			return m.At
		}
		return was
	}
	c.Junk, c.Unproven = since(c.Junk, a.Junk), since(c.Unproven, a.Proofs.Failed())
}

// canary judges the ways of the marked mails. What all of several have is one finding of
// none of them; what one alone has says so.
func (h *History) canary(now time.Time) []Finding {
	var all []Finding
	watched, off := 0, 0
	for _, d := range append([]Destination{""}, Destinations...) {
		c := h.CanaryAt(d)
		if c.At.IsZero() || now.Sub(c.At) > canaryGone {
			continue
		}
		watched++
		found := c.judge(now)
		if len(found) > 0 {
			off++
		}
		for _, f := range found {
			f.Destination = d
			all = append(all, f)
		}
	}
	if watched < 2 {
		return all
	}
	var out []Finding
	for _, kind := range []Kind{CanaryRefused, CanaryLost, CanaryBlind, CanaryJunk, CanaryUnproven} {
		var same []Finding
		for _, f := range all {
			if f.Kind == kind {
				same = append(same, f)
			}
		}
		if len(same) == watched {
			same = []Finding{atAll(same)}
		} else if len(same) == 1 {
			same[0].Alone = off == 1
		}
		out = append(out, same...)
	}
	return out
}

// atAll makes one finding of those of all canaries.
func atAll(same []Finding) Finding {
	one := same[0]
	one.Destination = ""
	for _, f := range same[1:] {
		one.Severity, one.Observed = max(one.Severity, f.Severity), one.Observed+f.Observed
		if f.Since.Before(one.Since) {
			one.Since = f.Since
		}
	}
	return one
}

// judge judges one way.
func (c Canaries) judge(now time.Time) (out []Finding) {
	if !c.Refused.IsZero() && now.Sub(c.Refused) >= canaryEvery-10*time.Second {
		out = append(out, Finding{Kind: CanaryRefused, Severity: Critical, Since: c.Refused, Until: now, Trouble: c.Trouble})
	}
	switch {
	case c.Lost >= 2:
		out = append(out, Finding{Kind: CanaryLost, Severity: Critical, Since: c.LostSince, Until: now, Observed: float64(c.Lost)})
	case c.Lost == 1:
		out = append(out, Finding{Kind: CanaryLost, Severity: Warning, Since: c.LostSince, Until: now, Observed: 1})
	}
	if !c.Blind.IsZero() && now.Sub(c.Blind) >= 15*time.Minute {
		out = append(out, Finding{Kind: CanaryBlind, Severity: Warning, Since: c.Blind, Until: now})
	}
	if !c.Junk.IsZero() {
		out = append(out, Finding{Kind: CanaryJunk, Severity: Warning, Since: c.Junk, Until: now, Text: c.Folder})
	}
	if !c.Unproven.IsZero() {
		out = append(out, Finding{Kind: CanaryUnproven, Severity: Warning, Since: c.Unproven, Until: now, Text: c.Proofs.String()})
	}
	return out
}
