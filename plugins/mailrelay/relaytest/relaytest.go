// Package relaytest is the conformance suite of mailrelay.Relay: every adapter passes
// it against the fake of its vendor, with the faults that relays have.
package relaytest

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/internal/fakes/relayfake"
	"github.com/shopslo/shopslo/plugins/mailrelay"
)

// Adapter is what the suite tests.
type Adapter struct {
	// Vendor is the fake's name.
	Vendor string
	// New makes the adapter for an API at a URL, with the fake's User and Key.
	New func(url string) mailrelay.Relay
	// Standing says that the relay tells more than counts (account, quota), so that
	// its answer is not empty where its list of figures is.
	Standing bool
	// Sums says that the API gives one sum of the dates asked for, so that an empty
	// list does not exist: an answer without figures is Garbled.
	Sums bool
	// Destinations says that the relay tells figures by destination.
	Destinations bool
}

// begin is a Monday morning in Tokyo, far from every vendor's midnight.
var begin = time.Date(2026, 10, 5, 1, 0, 0, 0, time.UTC)

// fixture is one relay under test.
type fixture struct {
	t     *testing.T
	a     Adapter
	fake  *relayfake.Fake
	relay mailrelay.Relay
	tr    mailrelay.Traits
}

func start(t *testing.T, a Adapter, now time.Time) fixture {
	t.Helper()
	f, stop, err := relayfake.Start(a.Vendor, now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	r := a.New(f.URL)
	return fixture{t, a, f, r, r.Traits()}
}

// traffic counts something of every figure that the relay tells, a different number
// of each, in every minute.
func (x fixture) traffic(from, to time.Time) {
	for at, i := from, int64(1); at.Before(to); at, i = at.Add(time.Minute), i+1 {
		c := mailrelay.Counts{}
		for n, f := range x.tr.Tells {
			c[f] = i%7 + int64(n) + 1
		}
		x.fake.Count(at, c)
	}
}

func (x fixture) read(now time.Time) (mailrelay.Report, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return x.relay.Read(ctx, mailrelay.Span{From: now.Add(-30 * time.Hour), To: now})
}

// Run runs the suite.
func Run(t *testing.T, a Adapter) {
	t.Run("traits are complete and steady", func(t *testing.T) { traits(t, a) })
	t.Run("what is told equals what the relay counted", func(t *testing.T) { equal(t, a) })
	t.Run("polls add up to what the relay counted, across midnight", func(t *testing.T) { addUp(t, a) })
	t.Run("only closed buckets are told", func(t *testing.T) { closed(t, a) })
	t.Run("no traffic is 0 where the relay says so", func(t *testing.T) { zero(t, a) })
	t.Run("an empty list is no data and no zero", func(t *testing.T) { empty(t, a) })
	t.Run("faults are errors of their kind, without the key", func(t *testing.T) { faults(t, a) })
	t.Run("yesterday's data make no new figure", func(t *testing.T) { yesterday(t, a) })
	t.Run("another time zone yields no wrong figure", func(t *testing.T) { otherZone(t, a) })
	if a.Destinations {
		t.Run("destinations are told apart", func(t *testing.T) { destinations(t, a) })
	}
	t.Run("a relay that hangs is left when the time is up", func(t *testing.T) { hang(t, a) })
}

func traits(t *testing.T, a Adapter) {
	x := start(t, a, begin)
	if x.tr.Vendor != a.Vendor || x.tr.Grain <= 0 || len(x.tr.Tells) == 0 || x.tr.Daily != (x.tr.Grain == 24*time.Hour) {
		t.Errorf("incomplete traits: %+v", x.tr)
	}
	if again := x.relay.Traits(); again.Grain != x.tr.Grain || !slices.Equal(again.Tells, x.tr.Tells) {
		t.Error("the traits changed")
	}
	if x.fake.Asked() != 0 {
		t.Error("the relay was asked for its traits")
	}
}

func equal(t *testing.T, a Adapter) {
	x := start(t, a, begin)
	x.traffic(begin.Add(-50*time.Hour), begin)
	r, err := x.read(begin)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Buckets) == 0 && len(r.Days) == 0 {
		t.Fatal("nothing was told")
	}
	for _, b := range r.Buckets {
		x.sameTells(b.Counts, b.Start, b.End)
	}
	for _, d := range r.Days {
		from, err := time.ParseInLocation(time.DateOnly, d.Date, x.tr.Location())
		if err != nil {
			t.Fatal(err)
		}
		x.sameTells(d.Counts, from, from.AddDate(0, 0, 1))
	}
}

// sameTells compares a bucket with the ledger: every figure that the relay tells, and
// no other.
func (x fixture) sameTells(c mailrelay.Counts, from, to time.Time) {
	x.t.Helper()
	if got, want := slices.Sorted(maps.Keys(c)), slices.Sorted(slices.Values(x.tr.Tells)); !slices.Equal(got, want) {
		x.t.Fatalf("%s: figures %v, want %v", from, got, want)
	}
	for f, n := range c {
		if want := x.fake.Sum(f, from, to); n != want {
			x.t.Errorf("%s to %s: %s is %d, the relay has %d", from, to, f, n, want)
		}
	}
}

func addUp(t *testing.T, a Adapter) {
	first := start(t, a, begin)
	// Begin two hours before the relay's midnight.
	y, m, d := begin.In(first.tr.Location()).Date()
	from := time.Date(y, m, d, 22, 0, 0, 0, first.tr.Location())
	x := start(t, a, from)
	x.traffic(from.Add(-30*time.Hour), from.Add(6*time.Hour))
	h := &mailrelay.History{}
	var told []mailrelay.Bucket
	for now := from; now.Before(from.Add(5 * time.Hour)); now = now.Add(7 * time.Minute) {
		x.fake.Set(now)
		span := h.Ask(now, x.tr)
		r, err := x.relay.Read(context.Background(), span)
		if err != nil {
			t.Fatal(err)
		}
		fresh, err := h.Add(mailrelay.Poll{Span: span, Report: r}, x.tr)
		if err != nil {
			t.Fatal(err)
		}
		told = append(told, fresh...)
	}
	if len(told) < 4 {
		t.Fatalf("only %d buckets in five hours", len(told))
	}
	sums := mailrelay.Counts{}
	for i, b := range told {
		if i > 0 && !b.Start.Equal(told[i-1].End) {
			t.Errorf("a gap or an overlap between %s and %s", told[i-1].End, b.Start)
		}
		for f, n := range b.Counts {
			sums[f] += n
		}
	}
	x.sameTells(sums, told[0].Start, told[len(told)-1].End)
}

func closed(t *testing.T, a Adapter) {
	now := begin.Add(23*time.Minute + 17*time.Second)
	x := start(t, a, now)
	x.traffic(begin.Add(-5*time.Hour), now)
	r, err := x.read(now)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range r.Buckets {
		if b.End.Add(x.tr.Settle).After(now) || b.End.Sub(b.Start) != x.tr.Grain {
			t.Errorf("bucket %s to %s told at %s", b.Start, b.End, now)
		}
	}
	if r.DataTo.After(now) {
		t.Errorf("the data reach to %s, after %s", r.DataTo, now)
	}
}

func zero(t *testing.T, a Adapter) {
	x := start(t, a, begin)
	r, err := x.read(begin)
	if err != nil {
		t.Fatal(err)
	}
	if !x.tr.Sparse && len(r.Buckets)+len(r.Days) == 0 {
		t.Error("the zeros that the relay told are missing")
	}
	for _, b := range r.Buckets {
		x.sameTells(b.Counts, b.Start, b.End)
	}
	for _, d := range r.Days {
		for _, f := range x.tr.Tells {
			if n, told := d.Counts[f]; !told || n != 0 {
				t.Errorf("%s: %s is %d, told %v", d.Date, f, n, told)
			}
		}
	}
}

func empty(t *testing.T, a Adapter) {
	x := start(t, a, begin)
	x.traffic(begin.Add(-5*time.Hour), begin)
	x.fake.Break(relayfake.Empty)
	r, err := x.read(begin)
	if a.Sums {
		if mailrelay.TroubleOf(err) != mailrelay.Garbled || err == nil {
			t.Errorf("an answer without figures: %v", err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Buckets)+len(r.Days) > 0 || !r.DataTo.IsZero() || r.Empty() == a.Standing {
		t.Errorf("told of nothing: %+v", r)
	}
}

func faults(t *testing.T, a Adapter) {
	x := start(t, a, begin)
	x.traffic(begin.Add(-5*time.Hour), begin)
	for fault, want := range map[relayfake.Fault]mailrelay.Trouble{
		relayfake.TooMany: mailrelay.Limited, relayfake.Broken: mailrelay.Failing, relayfake.Denied: mailrelay.Refused,
		relayfake.Half: mailrelay.Garbled, relayfake.Cut: mailrelay.Garbled, relayfake.Page: mailrelay.Garbled,
	} {
		x.fake.Break(fault)
		before := x.fake.Asked()
		r, err := x.read(begin)
		if err == nil || mailrelay.TroubleOf(err) != want {
			t.Errorf("%s: %v, want %s", fault, err, want)
			continue
		}
		if !r.Empty() || !r.DataTo.IsZero() {
			t.Errorf("%s: figures beside an error: %+v", fault, r)
		}
		hidden(t, err)
		e, ok := err.(*mailrelay.Error)
		if !ok || fault == relayfake.TooMany && e.RetryAfter != relayfake.RetryAfter {
			t.Errorf("%s: %#v", fault, err)
		}
		if n := x.fake.Asked() - before; n > 2 {
			t.Errorf("%s: asked %d times", fault, n)
		}
	}
	x.fake.Break(relayfake.None)
	if _, err := x.read(begin); err != nil {
		t.Errorf("after the faults: %v", err)
	}
}

// hidden refuses an error that shows the key, or a large part of it, in any form.
func hidden(t *testing.T, err error) {
	t.Helper()
	for _, part := range []string{relayfake.Key, "SECRET", "odd&signs", "odd%26signs"} {
		if strings.Contains(err.Error(), part) {
			t.Errorf("the key shows: %v", err)
		}
	}
}

func yesterday(t *testing.T, a Adapter) {
	x := start(t, a, begin)
	x.traffic(begin.Add(-60*time.Hour), begin.Add(time.Hour))
	h := &mailrelay.History{}
	poll := func(now time.Time) []mailrelay.Bucket {
		x.fake.Set(now)
		span := h.Ask(now, x.tr)
		r, err := x.relay.Read(context.Background(), span)
		fresh, err := h.Add(mailrelay.Poll{Span: span, Report: r, Err: err}, x.tr)
		if err != nil {
			t.Logf("told as trouble: %v", err)
		}
		return fresh
	}
	poll(begin)
	x.fake.Break(relayfake.Yesterday)
	for _, b := range poll(begin.Add(40 * time.Minute)) {
		if len(b.Counts) > 0 {
			t.Errorf("yesterday's data made the bucket %s: %v", b.Start, b.Counts)
		}
	}
	if age, ok := h.Age(begin.Add(40 * time.Minute)); ok && age < 40*time.Minute {
		t.Errorf("old data are said to be %s old", age)
	}
}

func otherZone(t *testing.T, a Adapter) {
	// Late on the relay's day, so that 14 hours east of UTC it is tomorrow.
	first := start(t, a, begin)
	y, m, d := begin.In(first.tr.Location()).Date()
	now := time.Date(y, m, d, 20, 30, 0, 0, first.tr.Location())
	x := start(t, a, now)
	x.traffic(now.Add(-60*time.Hour), now)
	h := &mailrelay.History{}
	x.fake.Break(relayfake.OtherZone)
	for range 2 {
		span := h.Ask(now, x.tr)
		r, err := x.relay.Read(context.Background(), span)
		fresh, _ := h.Add(mailrelay.Poll{Span: span, Report: r, Err: err}, x.tr)
		for _, b := range fresh {
			x.sameTells(b.Counts, b.Start, b.End)
		}
		x.traffic(now, now.Add(10*time.Minute))
		now = now.Add(10 * time.Minute)
		x.fake.Set(now)
	}
}

// destinations polls for some hours, and holds what was told of each destination against
// what the relay had.
func destinations(t *testing.T, a Adapter) {
	x := start(t, a, begin)
	figures := []mailrelay.Figure{mailrelay.Delivered, mailrelay.Blocked, mailrelay.Bounced, mailrelay.BouncedHard, mailrelay.BouncedSoft}
	had := map[mailrelay.Destination]map[int64]mailrelay.Counts{}
	for m := -3 * 60; m < 5*60; m++ {
		at := begin.Add(time.Duration(m) * time.Minute)
		for i, domain := range []string{"docomo.ne.jp", "gmail.com", "yahoo.co.jp", "outlook.com"} {
			c := mailrelay.Counts{}
			for n, f := range figures {
				if slices.Contains(x.tr.Tells, f) {
					c[f] = int64((m%5+5)%5 + i + n)
				}
			}
			x.fake.CountAt(at, domain, c)
			d := mailrelay.DestinationOf(domain)
			if had[d] == nil {
				had[d] = map[int64]mailrelay.Counts{}
			}
			had[d][at.Unix()/60] = c
		}
	}
	h, told := &mailrelay.History{}, map[mailrelay.Destination]int{}
	for m := 0; m < 240; m += 4 {
		now := begin.Add(time.Duration(m) * time.Minute)
		x.fake.Set(now)
		span := h.Ask(now, x.tr)
		r, err := x.relay.Read(context.Background(), span)
		if _, err := h.Add(mailrelay.Poll{Span: span, Report: r, Err: err}, x.tr); err != nil || len(r.Notes) > 0 {
			t.Fatal(err, r.Notes)
		}
		for d, buckets := range h.FreshAt() {
			for _, b := range buckets {
				told[d]++
				for f, n := range b.Counts {
					want := int64(0)
					for minute := b.Start.Unix() / 60; minute*60 < b.End.Unix(); minute++ {
						want += had[d][minute][f]
					}
					if n != want {
						t.Fatalf("%s, %s to %s: %s is %d, the relay had %d", d, b.Start, b.End, f, n, want)
					}
				}
			}
		}
	}
	for _, d := range []mailrelay.Destination{mailrelay.Docomo, mailrelay.Gmail, mailrelay.YahooJapan, mailrelay.Outlook} {
		if told[d] < 3 {
			t.Errorf("%s was told %d times", d, told[d])
		}
	}
}

func hang(t *testing.T, a Adapter) {
	x := start(t, a, begin)
	x.fake.Break(relayfake.Hang)
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	done := make(chan error, 1)
	go func() {
		_, err := x.relay.Read(ctx, mailrelay.Span{From: begin.Add(-time.Hour), To: begin})
		done <- err
	}()
	select {
	case err := <-done:
		if err == nil || mailrelay.TroubleOf(err) != mailrelay.Unreachable {
			t.Errorf("a hanging relay: %v", err)
		}
		hidden(t, err)
	case <-time.After(3 * time.Second):
		t.Fatal("still waiting long after the time was up")
	}
}
