package ledger_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger"
	"github.com/shopslo/shopslo/slo/ledger/ledgertest"
)

// hangs is a source of which one request hangs: the look behind an edge for zeros, or the reading after it.
type hangs struct {
	backdated
	again    bool // the reading after it
	hanging  chan struct{}
	released chan struct{}
	looked   bool
	late     bool // the request was given up
}

func (h *hangs) Select(ctx context.Context, r slo.Request, f func([]slo.Series) error) error {
	look := r.To-r.From == time.Hour.Milliseconds()
	now := look && !h.again || h.looked && h.again
	if h.looked = look; now {
		close(h.hanging)
		select {
		case <-h.released:
		case <-ctx.Done():
			h.late = true
			return fmt.Errorf("%w: %w", slo.ErrUnavailable, ctx.Err())
		}
	}
	return h.backdated.Select(ctx, r, f)
}

func TestASourceThatHangsWhereZerosAreLookedForKeepsNobodyWaiting(t *testing.T) {
	const begin = 1_790_000_400_000
	for _, tt := range []struct {
		name            string
		zero            float64 // seconds before the first sample; 0: there is none
		again, released bool
		want            float64
		flags           int
	}{
		{"the look", 70, false, true, 510, 0},
		{"the look, and there is no zero", 0, false, true, 10, 1},
		{"the look, for ever", 70, false, false, 10, 1},
		{"what is read again", 70, true, true, 510, 0},
		{"what is read again, for ever", 70, true, false, 10, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			one, other := hangingZeros(begin, tt.zero), ledgertest.NewSource(ledgertest.Plain(oneASecond(begin, "b")))
			one.again = tt.again
			s := sloOf("s", "good", "total")
			cfg := testConfig("", begin, time.UnixMilli(begin), 10*time.Second, 10*time.Second)
			cfg.Patience, cfg.Backfill = time.Minute, time.Minute
			if !tt.released {
				cfg.Patience = 400 * time.Millisecond
			}
			l := open(t, cfg, twoSources(one, other, s), begin)
			tick := func(name string, src interface{ SetNow(int64) }, now int64) {
				t.Helper()
				src.SetNow(now)
				if err := l.Advance(t.Context(), time.UnixMilli(now), nil, name); err != nil {
					t.Errorf("+%d s: %s: %v", (now-begin)/1000, name, err)
				}
			}
			tick("other", other, begin+10_000)
			done := make(chan struct{})
			go func() {
				defer close(done)
				for now := int64(begin); now < begin+700_000; now += 10_000 {
					tick("one", one, now)
				}
			}()
			<-one.hanging
			tick("other", other, begin+2*3_600_000) // so that old things are forgotten, too
			if tt.released {
				close(one.released)
			}
			<-done
			if one.late == tt.released {
				t.Errorf("given up: %v", one.late)
			}
			for set, want := range map[string]float64{"a": tt.want, "b": 7190} {
				acc := l.Account(s, set, time.UnixMilli(begin+2*3_600_000))
				if c := acc.Counts(0, time.UnixMilli(begin), acc.End); c.Total != want || set == "a" && len(acc.Flags) != tt.flags {
					t.Errorf("%s: %v with %v, want %v", set, c.Total, acc.Flags, want)
				}
			}
		})
	}
}

// oneASecond are series of a ShopSet that counts one event a second for two hours.
func oneASecond(begin int64, set string) []ledgertest.Series {
	labels := func(name string) slo.Labels {
		return slo.Labels{{Name: slo.MetricName, Value: name}, {Name: "instance", Value: "old"}, {Name: "job", Value: "x"}, {Name: "shopset", Value: set}}
	}
	up, counter := ledgertest.Series{Labels: labels("up")}, ledgertest.Series{Labels: labels("x_total")}
	for at := begin; at <= begin+2*3_600_000; at += 10_000 {
		up.Samples = append(up.Samples, ledgertest.Sample{T: at, V: 1})
		counter.Samples = append(counter.Samples, ledgertest.Sample{T: at, V: float64(at-begin) / 1000})
	}
	return []ledgertest.Series{up, counter}
}

// hangingZeros has a pod that is born with 500 at 600.5 s, and its zero before that comes late.
func hangingZeros(begin int64, zero float64) *hangs {
	counter := zeroSeries(begin, "x_total", "new", "", 0, 500, 10, 510, 20, 510)
	series := ledgertest.Plain([]ledgertest.Series{zeroSeries(begin, "up", "old", "", -600, 1, -590, 1, 0, 1), zeroSeries(begin, "up", "new", "", 0, 1, 10, 1, 20, 1), counter})
	if first := counter.Samples[0].T; zero > 0 {
		series[2].Samples = append([]ledgertest.Sample{{T: first - int64(zero*1000)}}, counter.Samples...)
		series[2].Late = []ledgertest.Delivery{{Index: 0, At: first}}
	}
	return &hangs{backdated: backdated{ledgertest.NewSource(series)}, hanging: make(chan struct{}), released: make(chan struct{})}
}

func twoSources(one, other ledger.Source, s *slo.SLO) ledger.Plan {
	p := planOf(one, []ledgertest.Subject{{ID: "a", Labels: slo.Labels{{Name: "shopset", Value: "a"}}}, {ID: "b", Labels: slo.Labels{{Name: "shopset", Value: "b"}}}}, s)
	all := ledger.Selecting(func(string) ([]slo.Selector, bool) {
		return []slo.Selector{{{Name: slo.MetricName, Value: "x_total"}}}, true
	})
	p.Sources, p.Reads = map[string]ledger.Source{"one": one, "other": other}, map[string]ledger.Reading{"one": all, "other": all}
	p.Items[0].Subjects[0].Source, p.Items[0].Subjects[1].Source = "one", "other"
	return p
}
