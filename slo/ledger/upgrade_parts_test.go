package ledger

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger/ledgertest"
)

// formerAccount has former series of one target, by their labels, each with a position.
func formerAccount(streams ...stream) *account {
	a := newAccount("k", &Subject{ID: "s"}, nil, 60_000, 0)
	a.former = true
	p := a.newProcess(a.targetOf("t"), nil)
	p.legacy = true
	for i, x := range streams {
		s := &series{id: uint32(100 + i), labels: x.labels, pos: x.pos, former: true, seriesState: &usualState}
		key := s.labels.String()
		if a.series[key] != nil {
			key += "\xff"
		}
		s.put(p)
		a.series[key] = s
	}
	return a
}

func labelled(more ...string) slo.Labels {
	return with(nil, append(more, slo.MetricName, "requests_total")...)
}

func TestANewSeriesIsTheFormerOneThatItCanOnlyBe(t *testing.T) {
	at := func(t int64, v float64) position { return position{t, v} }
	for name, tt := range map[string]struct {
		former  []stream
		want    position
		unclear bool
		left    int // former series that may yet be others
	}{
		"one":                       {[]stream{{labelled("code", "200", "cluster", "eu"), at(5, 7)}}, at(5, 7), false, 0},
		"of another label":          {[]stream{{labelled("code", "500", "cluster", "eu"), at(5, 7)}}, at(none, 0), false, 1},
		"the newest of two":         {[]stream{{labelled("code", "200", "replica", "a"), at(5, 7)}, {labelled("code", "200", "replica", "b"), at(9, 8)}}, at(9, 8), false, 0},
		"two that say the same":     {[]stream{{labelled("code", "200", "replica", "a"), at(5, 7)}, {labelled("code", "200", "replica", "b"), at(5, 7)}}, at(5, 7), false, 0},
		"two that nobody can tell":  {[]stream{{labelled("code", "200", "path", "a"), at(5, 7)}, {labelled("code", "200", "path", "b"), at(5, 9)}}, at(none, 0), true, 0},
		"the one with fewer labels": {[]stream{{labelled("code", "200", "path", "a", "cluster", "eu"), at(5, 9)}, {labelled("code", "200", "cluster", "eu"), at(5, 7)}}, at(5, 7), false, 1},
	} {
		t.Run(name, func(t *testing.T) {
			l, a := &Ledger{}, formerAccount(tt.former...)
			s, known := a.seriesOf(labelled("code", "200"), 1, nil)
			s.put(a.targetOf("t").processes[0])
			if known {
				t.Fatal("it is known")
			}
			l.arrives(a, s)
			l.goOn()
			if left := len(a.targets["t"].formers()); s.pos != tt.want || s.unclear != tt.unclear || left != tt.left {
				t.Errorf("at %+v, unclear %v, %d left", s.pos, s.unclear, left)
			}
		})
	}
}

func TestOfTwoSpellingsTheNewerGoesOn(t *testing.T) {
	for _, newer := range []int{0, 1} {
		streams := []stream{{labelled("le", "1"), position{5, 5}}, {labelled("le", "1"), position{5, 5}}}
		streams[newer].pos = position{9, 9}
		a := formerAccount(streams...)
		a.settleFirst(0)
		if s := a.series[streams[0].labels.String()]; len(a.series) != 1 || s.pos.t != 9 || len(s.family.series) != 1 {
			t.Errorf("%d series, %+v", len(a.series), s)
		}
	}
}

func TestARestartOfTheFirstFormatIsJudgedAgain(t *testing.T) {
	for name, tt := range map[string]struct {
		start float64 // seconds
		moved int64
		kept  bool
	}{
		"a restart after the last sample":             {105, 110_000, true},
		"one long ago, of another process":            {5, 110_000, false},
		"one that all series have been counted since": {5, 90_000, true},
		"one in the future":                           {200, 110_000, false},
	} {
		a := formerAccount(stream{labelled(), position{100_000, 7}})
		st := &a.targetOf("t").processes[0].state
		st.firstStart, st.start, st.restarts[0] = 1, tt.start, tt.moved
		a.settleFirst(5000)
		if kept := st.restarts[0] == tt.moved && st.firstStart == 1; kept != tt.kept {
			t.Errorf("%s: kept %v", name, kept)
		}
	}
}

func TestASeriesThatMayBeSeveralFormerOnesCountsNothingAtFirst(t *testing.T) {
	h := ledgertest.New(ledgertest.Config{Seed: 1, Length: time.Hour, ShopSets: []ledgertest.Spec{{Pods: 1, PeakRate: 50, Flat: true, Eager: true, RestartEvery: 0}}})
	count := func(doubt bool) (float64, []slo.Flag) {
		s, read := formerPlan()
		l := formerLedger(t, "", &bytes.Buffer{}, h, s, read)
		advanceTo(t, l, h.Start+600_000)
		if doubt {
			for _, x := range l.sorted()[0].series {
				x.pos, x.unclear = position{t: none}, true
			}
		}
		if err := l.Advance(context.Background(), time.UnixMilli(h.End), nil); err != nil {
			t.Fatal(err)
		}
		end := l.Newest()
		acc := l.Account(s, "shop-0", end)
		return acc.Counts(0, time.UnixMilli(h.Start+720_000), end).Total, acc.Flags
	}
	want, none := count(false)
	got, flags := count(true)
	if got != want || len(none) > 0 || len(flags) != 1 || flags[0].Kind != slo.ChangedLabels {
		t.Errorf("counted %v later, want %v; flags %v and %v", got, want, none, flags)
	}
}
