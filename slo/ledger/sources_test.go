package ledger_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger"
	"github.com/shopslo/shopslo/slo/ledger/ledgertest"
)

// apart is a plan in which every other subject has its series in another source.
func apart(h *ledgertest.History, one, other ledger.Source, slos ...*slo.SLO) (p ledger.Plan, ofOne, ofOther []ledgertest.Subject) {
	p = planOf(one, h.Subjects(), slos...)
	p.Sources = map[string]ledger.Source{"one": one, "other": other}
	p.Reads = map[string]ledger.Reading{"one": read, "other": read}
	for i, sub := range p.Items[0].Subjects {
		if sub.Source = "one"; i%2 == 1 {
			sub.Source = "other"
			ofOther = append(ofOther, h.Subjects()[i])
			continue
		}
		ofOne = append(ofOne, h.Subjects()[i])
	}
	return p, ofOne, ofOther
}

func TestASourceThatIsDownCostsItsOwnSubjectsOnly(t *testing.T) {
	for name, how := range map[string]func(context.Context) error{"away": partial, "hanging": hanging} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, end := calm(4, 2*time.Hour)
			half := h.Start + 60*60_000
			s := sloOf("s", "bad", "total")
			down := &scripted{Source: h.Source()}
			p, fine, lost := apart(h, h.Source(), down, s)
			cfg := testConfig(t.TempDir(), h.Start, timeOf(end), h.Config.Interval, time.Minute)
			cfg.Patience = 400 * time.Millisecond
			l := open(t, cfg, p, end)
			advance(t, l, half)

			down.script(func(ctx context.Context, _ string) error { return how(ctx) })
			for to := half + 60_000; to <= half+10*60_000; to += 60_000 {
				version := l.Version()
				err := l.Advance(t.Context(), timeOf(to+1), nil)
				if !errors.Is(err, slo.ErrUnavailable) || !strings.Contains(err.Error(), "data source other: ") || strings.Contains(err.Error(), "source one") {
					t.Fatalf("error %v, want one of the other source alone", err)
				}
				if l.Version() == version {
					t.Error("there is nothing new")
				}
				checkAll(t, l, h, s, fine, h.Start, to)
			}
			checkAll(t, l, h, s, lost, h.Start, half)
			for _, sub := range h.Subjects() {
				why := l.Account(s, sub.ID, timeOf(end)).Failure
				if is := strings.Contains(why, "data source other: "); is != (sub.ID == lost[0].ID || sub.ID == lost[1].ID) {
					t.Errorf("%s: failure %q", sub.ID, why)
				}
			}
			for range 2 {
				if read := l.Read(); len(read) != 2 || read["one"] != nil || !errors.Is(read["other"], slo.ErrUnavailable) {
					t.Errorf("read: %v", read)
				}
				configure(t, l, p, half+10*60_000) // a reload changes nothing
			}

			down.script(nil)
			advance(t, l, end)
			checkAll(t, l, h, s, h.Subjects(), h.Start, end)
			if read := l.Read(); read["other"] != nil || l.Account(s, lost[0].ID, timeOf(end)).Failure != "" {
				t.Errorf("read: %v", read)
			}
			closeLedger(t, l)

			// What was counted goes on where the only source gets company, and where it loses it.
			p = planOf(h.Source(), h.Subjects(), s)
			l = open(t, cfg, p, end)
			defer closeLedger(t, l)
			checkAll(t, l, h, s, h.Subjects(), h.Start, end)
		})
	}
}

func TestAllSourcesAreAskedAtOnce(t *testing.T) {
	h, end := calm(2, 30*time.Minute)
	s := sloOf("s", "bad", "total")
	met := make(chan struct{})
	meet := func(ctx context.Context, _ string) error { // nobody goes on before both are here
		select {
		case met <- struct{}{}:
		case <-met:
		case <-ctx.Done():
			return ctx.Err()
		}
		return nil
	}
	one, other := &scripted{Source: h.Source(), fails: meet}, &scripted{Source: h.Source(), fails: meet}
	p, _, _ := apart(h, one, other, s)
	cfg := testConfig("", h.Start, timeOf(end), h.Config.Interval, time.Minute)
	cfg.Patience = 5 * time.Second
	l := open(t, cfg, p, end)
	defer closeLedger(t, l)
	advance(t, l, end)
	checkAll(t, l, h, s, h.Subjects(), h.Start, end)
}

func TestAQueryThatNamesASourceIsAskedThere(t *testing.T) {
	h, end := calm(2, 30*time.Minute)
	s := sloOf("s", "bad", "total")
	for _, q := range s.Parts[0].Indicator.Queries() {
		q.Source = "other"
	}
	one, other := &scripted{Source: h.Source()}, &scripted{Source: h.Source()}
	p, _, _ := apart(h, one, other, s)
	l := open(t, testConfig("", h.Start, timeOf(end), h.Config.Interval, time.Minute), p, end)
	defer closeLedger(t, l)
	advance(t, l, end)
	checkAll(t, l, h, s, h.Subjects(), h.Start, end)
	if one.times("") != 0 || other.times("") == 0 {
		t.Error("the subjects' own source was asked")
	}
	for _, q := range s.Parts[0].Indicator.Queries() {
		q.Source = "third"
	}
	if err := l.Configure(p, timeOf(end)); err == nil || !strings.Contains(err.Error(), `data source "third", which is not configured`) {
		t.Error(err)
	}
}

// What sources have in common beside their names is nothing: how often they are scraped, and
// whether their queries can be counted.
func TestEachSourceIsReadItsOwnWay(t *testing.T) {
	h, end := calm(4, time.Hour)
	s := sloOf("s", "bad", "total")
	p, fine, lost := apart(h, h.Source(), h.Source(), s)
	p.Reads["other"] = func(*slo.Indicator) (ledger.Meaning, error) {
		return ledger.Meaning{Refused: "it has gauges only"}, nil
	}
	p.Intervals = map[string]time.Duration{"one": h.Config.Interval}
	l := open(t, testConfig("", h.Start, timeOf(end), time.Hour, time.Minute), p, end)
	defer closeLedger(t, l)
	advance(t, l, end)
	checkAll(t, l, h, s, fine, h.Start, end)
	if why := l.Account(s, lost[0].ID, timeOf(end)).Failure; why != "it has gauges only" {
		t.Errorf("failure %q", why)
	}
	if f := l.Failing(); len(f) != 1 || len(f[0].Refused) != 2 || len(f[0].Subjects) != 2 {
		t.Errorf("failing: %+v", f)
	}
}

// stuck makes a source hang where it is asked for anything, until the test lets go of it or
// whoever asks gives up; asking gets a word for each time.
func stuck(asking chan<- struct{}) func(context.Context, string) error {
	return func(ctx context.Context, _ string) error {
		select {
		case asking <- struct{}{}:
		default:
		}
		return hanging(ctx)
	}
}

func TestNobodyWaitsForASourceThatHangs(t *testing.T) {
	h, end := calm(4, 3*time.Hour)
	s := sloOf("s", "bad", "total")
	other := &scripted{Source: h.Source()}
	p, fine, lost := apart(h, h.Source(), other, s)
	cfg := testConfig(t.TempDir(), h.Start, timeOf(end), h.Config.Interval, time.Minute)
	l := open(t, cfg, p, end)
	asking := make(chan struct{}, 1)
	other.script(stuck(asking))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- l.Advance(ctx, timeOf(end+1), nil, "other") }() // its history: as long as it takes
	<-asking
	for to := end - 10*60_000; to <= end; to += 60_000 {
		if err := l.Advance(t.Context(), timeOf(to+1), nil, "one"); err != nil {
			t.Fatal(err)
		}
		checkAll(t, l, h, s, fine, h.Start, to)
	}
	if newest := l.Newest("one"); newest.UnixMilli() != end || l.Newest("other").UnixMilli() == end || !l.Newest().Equal(newest) {
		t.Errorf("the newest edges are %v, %v and %v", l.Newest("one"), l.Newest("other"), l.Newest())
	}
	if settled, behind := l.Settled(24*time.Hour), l.Settled(time.Minute); settled.UnixMilli() == end || behind.UnixMilli() != end {
		t.Errorf("%v is settled, of which a source is to be read yet, and %v where nobody waits for that", settled, behind)
	}

	// What is to be counted changes: the one that hangs is interrupted, and asked again.
	select {
	case <-asking:
	default:
	}
	configure(t, l, p, end)
	<-asking
	if read := l.Read(); !errors.Is(read["other"], ledger.ErrUnread) {
		t.Errorf("that it was interrupted is told as its fault: %v", read["other"])
	}
	if err := l.Advance(t.Context(), timeOf(end+1), nil, "one"); err != nil {
		t.Fatal(err)
	}
	checkAll(t, l, h, s, fine, h.Start, end)
	other.script(nil)
	configure(t, l, p, end) // and goes on where it stood
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	checkAll(t, l, h, s, lost, h.Start, end)
	if settled := l.Settled(24 * time.Hour); settled.UnixMilli() != end {
		t.Errorf("%v is settled", settled)
	}
	closeLedger(t, l)
	l = open(t, cfg, p, end) // and so it was kept
	defer closeLedger(t, l)
	checkAll(t, l, h, s, h.Subjects(), h.Start, end)
}

func TestAHistoryThatOthersWaitForIsLimited(t *testing.T) {
	h, end := calm(2, 6*time.Hour)
	s := sloOf("s", "bad", "total")
	other := &scripted{Source: h.Source(), fails: func(ctx context.Context, _ string) error { return hanging(ctx) }}
	p, fine, lost := apart(h, h.Source(), other, s)
	cfg := testConfig("", h.Start, timeOf(end), h.Config.Interval, time.Minute)
	cfg.Longest, cfg.Patience = 300*time.Millisecond, 400*time.Millisecond
	l := open(t, cfg, p, end)
	defer closeLedger(t, l)
	if err := l.Advance(t.Context(), timeOf(end+1), nil); !errors.Is(err, slo.ErrUnavailable) || !strings.Contains(err.Error(), "data source other: ") {
		t.Errorf("error %v", err)
	}
	checkAll(t, l, h, s, fine, h.Start, end)
	if settled := l.Settled(24 * time.Hour); settled.UnixMilli() != end {
		t.Errorf("%v is settled where the other cannot be read", settled)
	}
	other.script(nil)
	advance(t, l, end)
	checkAll(t, l, h, s, lost, h.Start, end)
}

// One that needs long for much is asked for less at once.
func TestASlowSourceIsAskedForLessHistoryAtOnce(t *testing.T) {
	h, end := calm(2, 12*time.Hour)
	s := sloOf("s", "bad", "total")
	var late atomic.Int32
	slow := &wide{Source: h.Source(), most: 100 * time.Minute, late: &late}
	cfg := testConfig("", h.Start, timeOf(end), h.Config.Interval, time.Minute)
	cfg.Longest, cfg.Patience = 200*time.Millisecond, time.Second
	l := open(t, cfg, planOf(slow, h.Subjects(), s), end)
	defer closeLedger(t, l)
	advance(t, l, end)
	checkAll(t, l, h, s, h.Subjects(), h.Start, end)
	if n := late.Load(); n == 0 || n > 6 {
		t.Errorf("%d requests were for too much", n)
	}
}

// wide is a source that hangs where it is asked for more than so much at once.
type wide struct {
	*ledgertest.Source
	most time.Duration
	late *atomic.Int32
}

func (s *wide) Select(ctx context.Context, r slo.Request, f func([]slo.Series) error) error {
	if time.Duration(r.To-r.From)*time.Millisecond > s.most {
		s.late.Add(1)
		return hanging(ctx)
	}
	return s.Source.Select(ctx, r, f)
}

// Each source at its own pace, while plans change, figures are asked for, and each tick makes a
// checkpoint, which is of all.
func TestSourcesAreReadAtTheSameTime(t *testing.T) {
	h, end := calm(6, 2*time.Hour)
	s := sloOf("s", "bad", "total")
	p, _, _ := apart(h, h.Source(), h.Source(), s)
	cfg := testConfig(t.TempDir(), h.Start, timeOf(end), h.Config.Interval, time.Minute)
	cfg.CheckpointAfter = 1
	l := open(t, cfg, p, end)
	var all sync.WaitGroup
	for name, step := range map[string]int64{"one": 60_000, "other": 7 * 60_000} {
		all.Go(func() {
			for to := h.Start; to < end; {
				to = min(end, to+step)
				if err := l.Advance(t.Context(), timeOf(to+1), nil, name); err != nil {
					t.Error(err)
				}
			}
		})
	}
	done, asked := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(asked)
		for {
			select {
			case <-done:
				return
			case <-time.After(time.Millisecond):
			}
			for _, sub := range h.Subjects() {
				acc := l.Account(s, sub.ID, timeOf(end))
				if c := acc.Counts(0, acc.Start, acc.End); c.Good > c.Total {
					t.Errorf("%s: %v of %v are good", sub.ID, c.Good, c.Total)
				}
			}
			l.Failing()
			l.Newest()
			l.Settled(time.Hour)
		}
	}()
	for range 5 {
		configure(t, l, p, end)
		time.Sleep(20 * time.Millisecond)
	}
	all.Wait()
	close(done)
	<-asked
	checkAll(t, l, h, s, h.Subjects(), h.Start, end)
	closeLedger(t, l)
	l = open(t, cfg, p, end)
	defer closeLedger(t, l)
	checkAll(t, l, h, s, h.Subjects(), h.Start, end)
}
