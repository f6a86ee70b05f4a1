package mailrelay

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"time"
)

const (
	// recentFor is how long buckets are kept as they came, and may be corrected.
	recentFor = 12 * time.Hour
	// pastWeeks is how many weeks the cells reach back.
	pastWeeks = 5
	// cell is the length of one cell of the past; coarser relays have coarser ones.
	cell = 15 * time.Minute
)

// Poll is one question to a relay and what came of it.
type Poll struct {
	Span   Span
	Took   time.Duration // until the answer, or until it failed
	Report Report
	Err    error
}

// State is what the last polls said of the relay, beside counts.
type State struct {
	At         time.Time     `json:"at"` // when the last poll was made
	Up         bool          `json:"up"`
	Took       time.Duration `json:"took"`
	Trouble    Trouble       `json:"trouble,omitempty"`
	Since      time.Time     `json:"since"` // since when Up is as it is
	WaitUntil  time.Time     `json:"wait_until,omitzero"`
	Answered   time.Time     `json:"answered,omitzero"` // the last answer in full
	DataTo     time.Time     `json:"data_to,omitzero"`
	Queue      *int64        `json:"queue,omitempty"` // nil after a poll that did not tell
	Quota      Quota         `json:"quota"`
	Status     AccountStatus `json:"status,omitempty"`
	StatusText string        `json:"status_text,omitempty"`
}

// History is what is remembered of one account: the buckets of the last hours, the
// cells of the last weeks, and the state. The zero History is a new account's. It is
// made to be stored as JSON; it holds no secret and no text of a relay's but the
// account's status.
type History struct {
	Account string   `json:"account"`
	State   State    `json:"state"`
	Totals  Totals   `json:"totals"`
	Recent  Buckets  `json:"recent"`
	Past    Past     `json:"past"`
	Canary  Canaries `json:"canary"`
	Notice  Notice   `json:"notice"`
	// Canaries are those of the destinations.
	Canaries map[Destination]Canaries `json:"canaries,omitempty"`
	// Sendings are the totals of the last poll that told them, At its time.
	Sendings Sendings `json:"sendings,omitzero"`
	// Places are the destinations that the relay tells apart.
	Places map[Destination]*Place `json:"places,omitempty"`

	freshAt map[Destination][]Bucket // of the last poll

	sound bool // what was read back has been looked through
}

// Ask is the span that the next poll should ask for: everything that may be new or
// corrected since the last one, at most half a day back for relays with buckets; at the
// first poll as far as the relay answers for.
func (h *History) Ask(now time.Time, t Traits) Span {
	if t.Daily {
		from := now.AddDate(0, 0, -1)
		if !h.Totals.At.IsZero() && h.Totals.At.Before(from) && now.Sub(h.Totals.At) < 72*time.Hour {
			from = h.Totals.At
		}
		return Span{From: from, To: now, Placed: h.placed(t)}
	}
	from := now.Add(-recentFor)
	if len(h.Recent) == 0 && h.Past.First.IsZero() && t.Back > recentFor {
		from = now.Add(-min(t.Back, 7*pastWeeks*24*time.Hour))
	}
	if n := len(h.Recent); n > 0 {
		again := h.Recent[n-1].End.Add(-max(t.Again, 2*t.Settle+2*t.Grain))
		if again.After(from) && again.Before(now) {
			from = again
		}
	}
	return Span{From: from.Truncate(t.Grain), To: now}
}

// Resting is whether the relay asked not to be asked before a later time, at most
// longestRest away.
func (h *History) Resting(now time.Time) bool {
	return now.Before(h.State.WaitUntil) && h.State.WaitUntil.Sub(now) <= longestRest
}

const (
	longestRest = time.Hour
	// skew is how much a clock may go back without a word: machines set theirs.
	skew = 5 * time.Minute
)

// ahead is whether the last poll was made in a time that has not come yet: the
// machine's clock was wrong then, or is now.
func (h *History) ahead(now time.Time) bool { return h.State.At.Sub(now) > skew }

// Add remembers a poll and returns the buckets that are new with it, rising in time:
// what is to be shown as metrics, once each. A poll that is not later than the last
// one changes nothing, so two runs that overlap do no harm. The error is the poll's
// own, or says that its figures contradict the account's settings, which may go with
// buckets; the state is kept in either case.
func (h *History) Add(p Poll, t Traits) ([]Bucket, error) {
	now := p.Span.To
	if h.ahead(now) { // or nothing would be told until that time comes
		h.State, h.Totals, h.Canary, h.Canaries, h.sound = State{}, Totals{}, Canaries{}, nil, false
	}
	if !now.After(h.State.At) {
		return nil, nil
	}
	if !h.sound && p.Err == nil { // who gets no answer may have a clock that is wrong
		h.tidy(now)
		h.sound = true
	}
	before := h.Totals
	fresh, err := h.counts(p, t)
	if err == nil {
		err = p.Err
	}
	h.note(p, err)
	if p.Err == nil {
		h.fold(now, t)
	}
	h.byDestination(p, t)
	if err == nil { // the figures are right all the same
		if wrong := misplaced(before, p.Report.Days, now, t); wrong != nil {
			err = fmt.Errorf("%s: %w", t.Vendor, wrong)
		}
	}
	return fresh, err
}

// tidy drops what cannot be right in a state that was read back, so that a spoiled
// file costs its history and nothing else.
func (h *History) tidy(now time.Time) {
	oldest := now
	if newest := h.newest(); newest.Before(now) { // the clock may be far ahead
		oldest = newest
	}
	oldest = oldest.AddDate(0, 0, -7*(pastWeeks+1))
	var last time.Time
	kept := 0
	for i := range h.Recent {
		b := &h.Recent[i]
		if b.Start.Before(oldest) || b.Start.Before(last) || !b.End.After(b.Start) || b.End.After(now) {
			continue
		}
		last = b.End
		if kept < i {
			h.Recent[kept] = *b
		}
		kept++
	}
	h.Recent = h.Recent[:kept]
	h.Past.forget(oldest)
	h.Past.cut(now)
	if p := h.Past; p.Step < 60 || p.Step > 24*3600 || p.First.Before(oldest.AddDate(0, 0, -1)) || p.To().After(now) {
		h.Past = Past{}
	}
}

// note keeps the state. What this poll did not tell is not known any more.
func (h *History) note(p Poll, err error) {
	s, now := &h.State, p.Span.To
	up := apiUp(err)
	if s.At.IsZero() || up != s.Up {
		s.Since = now
	}
	s.At, s.Up, s.Took = now, up, p.Took
	s.Queue, s.Quota, s.Status, s.StatusText, s.Trouble = nil, Quota{}, "", "", ""
	if err != nil {
		s.Trouble = TroubleOf(err)
		var e *Error
		if errors.As(err, &e) && e.RetryAfter > 0 {
			s.WaitUntil = now.Add(min(e.RetryAfter, longestRest))
		}
		return
	}
	r := p.Report
	s.Answered, s.WaitUntil = now, time.Time{}
	s.Queue, s.Quota, s.Status, s.StatusText = r.Queue, r.Quota, r.Status, r.StatusText
	if r.DataTo.After(s.DataTo) && !r.DataTo.After(now) {
		s.DataTo = r.DataTo
	}
}

// counts takes over a report's figures and returns the new buckets.
func (h *History) counts(p Poll, t Traits) ([]Bucket, error) {
	if p.Err != nil {
		return nil, nil
	}
	if t.Daily {
		b, ok, next, err := difference(h.Totals, p.Report.Days, p.Span, t)
		if err != nil {
			return nil, &Error{Trouble: Garbled, Doing: t.Vendor + ": count the day", Detail: err.Error()}
		}
		h.Totals = next
		if !ok || len(b.Counts) == 0 {
			return nil, nil
		}
		h.Recent = append(h.Recent, b)
		h.State.DataTo = later(h.State.DataTo, b.End)
		return []Bucket{b}, nil
	}
	if err := sound(p); err != nil {
		return nil, &Error{Trouble: Garbled, Doing: t.Vendor + ": count the buckets", Detail: err.Error()}
	}
	var fresh []Bucket
	for _, b := range h.withSendings(p, t) {
		h.State.DataTo = later(h.State.DataTo, b.End)
		if h.put(b) {
			fresh = append(fresh, b)
		}
	}
	return fresh, nil
}

// sound refuses buckets that are out of order, not closed, or negative.
func sound(p Poll) error {
	var last time.Time
	for _, b := range p.Report.Buckets {
		switch {
		case !b.End.After(b.Start) || b.Start.Before(last):
			return fmt.Errorf("the bucket of %s is out of order", b.Start.UTC().Format(time.RFC3339))
		case b.End.After(p.Span.To):
			return fmt.Errorf("the bucket of %s ends in the future", b.Start.UTC().Format(time.RFC3339))
		}
		for f, n := range b.Counts {
			if n < 0 {
				return fmt.Errorf("%s of %s is %d", f, b.Start.UTC().Format(time.RFC3339), n)
			}
		}
		last = b.End
	}
	return nil
}

// put keeps a bucket and reports whether it is new. The same span again is a
// correction; what is older than the recent hours, or overlaps, is left.
func (h *History) put(b Bucket) bool {
	if b.Start.Before(h.Past.To()) {
		return false
	}
	at, found := slices.BinarySearchFunc(h.Recent, b, func(x, y Bucket) int { return x.Start.Compare(y.Start) })
	if found {
		if h.Recent[at].End.Equal(b.End) {
			h.Recent[at] = b
		}
		return false
	}
	if at > 0 && h.Recent[at-1].End.After(b.Start) || at < len(h.Recent) && h.Recent[at].Start.Before(b.End) {
		return false
	}
	h.Recent = slices.Insert(h.Recent, at, b)
	return true
}

// longestPause is how long there may be no figures before nothing grows old any more: the
// clock may be far ahead for a moment.
const longestPause = 36 * time.Hour

// newest is the end of the newest figures.
func (h *History) newest() time.Time {
	if n := len(h.Recent); n > 0 {
		return later(h.Recent[n-1].End, h.Past.To())
	}
	return h.Past.To()
}

// fold moves what is older than the recent hours into the cells of the past.
func (h *History) fold(now time.Time, t Traits) {
	if len(h.Recent) == 0 || now.Sub(h.newest()) > longestPause {
		return
	}
	h.Past.forget(now.AddDate(0, 0, -7*pastWeeks))
	oldest := now.AddDate(0, 0, -7*(pastWeeks+1)) // before a long pause
	h.Recent = slices.DeleteFunc(h.Recent, func(b Bucket) bool { return b.Start.Before(oldest) })
	h.Past.begin(h.Recent[0].Start, cellFor(t))
	until := now.Add(-recentFor).Truncate(h.Past.step())
	h.Past.take(h.Recent, until)
	past := h.Past.To()
	if first := sort.Search(len(h.Recent), func(i int) bool { return h.Recent[i].End.After(past) }); first > 0 {
		h.Recent = slices.Clone(h.Recent[first:])
	}
}

// Age is how old the newest figures are; ok is false where that is not known.
func (h *History) Age(now time.Time) (age time.Duration, ok bool) {
	if h.State.DataTo.IsZero() {
		return 0, false
	}
	return max(0, now.Sub(h.State.DataTo)), true
}

func cellFor(t Traits) time.Duration {
	if !t.Daily && t.Grain > cell {
		return t.Grain
	}
	return cell
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
