package mailrelay

import (
	"context"
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
	// Find looks for mails with these marks. Three things might happen: data (the
	// time at which each one that is there arrived in the mailbox), no data (an
	// empty map and nil: the mailbox was read in full, and none is there), or an
	// *Error: nothing is known of any.
	Find(ctx context.Context, marks []string) (map[string]time.Time, error)
}

// Probe is one look at the canary. Err* are nil where it went well.
type Probe struct {
	At time.Time
	// Mark is of the mail sent in this look, "" where none was due.
	Mark     string
	SendTook time.Duration
	SendErr  error
	// Looked is whether the mailbox was asked, Found what is in it.
	Looked  bool
	Found   map[string]time.Time
	FindErr error
}

// Marked is a mail on its way.
type Marked struct {
	Mark string    `json:"mark"`
	At   time.Time `json:"at"`
}

// Canaries is what is remembered of an account's canary. Sending, delivery and latency
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

// CanaryDue is whether a new marked mail should be sent.
func (h *History) CanaryDue(now time.Time) bool {
	// A run of every minute is a few seconds early or late.
	return now.Sub(h.Canary.LastTry) >= canaryEvery-10*time.Second
}

// Awaited are the marks to look for, oldest first.
func (h *History) Awaited() []string {
	var out []string
	for _, m := range h.Canary.Waiting {
		out = append(out, m.Mark)
	}
	return out
}

// AddProbe remembers a look. One that is not later than the last changes nothing.
func (h *History) AddProbe(p Probe) {
	c := &h.Canary
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
			c.Arrived = append(c.Arrived, max(0, arrived.Sub(m.At)))
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

// canary judges the way of the marked mails.
func (h *History) canary(now time.Time) []Finding {
	c := h.Canary
	if c.At.IsZero() || now.Sub(c.At) > canaryGone {
		return nil
	}
	var out []Finding
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
	return out
}
