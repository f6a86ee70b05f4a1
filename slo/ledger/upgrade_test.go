package ledger

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger/ledgertest"
)

// firstWriter writes accounts as the first format had them.
type firstWriter struct {
	e encoder
	// streams are the label sets, each with a position, that a series was known by.
	streams func(s *series) []stream
}

type stream struct {
	labels slo.Labels
	pos    position
}

// write writes a checkpoint of the accounts.
func (w firstWriter) write(t *testing.T, dir string, l *Ledger) {
	t.Helper()
	file := []byte("shopslo1")
	frame := func(put func()) {
		w.e.b = make([]byte, frameHeader)
		put()
		seal(w.e.b)
		file = append(file, w.e.b...)
	}
	for _, a := range l.sorted() {
		frame(func() { w.account(a) })
	}
	frame(func() { w.e.byte(endRecord); w.e.uint(uint64(len(l.accounts))) })
	if err := os.WriteFile(filepath.Join(dir, "checkpoint-00000001"), file, 0o600); err != nil {
		t.Fatal(err)
	}
}

func (w *firstWriter) account(a *account) {
	e, from := &w.e, a.hist.edge
	e.byte(accountRecord)
	e.uint(uint64(a.id))
	e.string(accountKey(a.m.before.key, a.subject, fmt.Sprint(time.Minute, []string{"job", "instance"}, ledgertest.StartTimeMetric)))
	e.string(a.subject.ID)
	e.labels(a.subject.Match)
	e.uint(uint64(a.hist.res))
	e.int(a.facts.start)
	appendHistory(e, a.hist)
	e.int(a.facts.start)
	for _, t := range []int64{a.facts.begins, a.facts.forgot, a.facts.last} {
		e.time(t, from)
	}
	e.float(a.facts.sliceA)
	e.float(a.facts.sliceB)
	e.uint(0)
	e.uint(1000)
	e.uint(uint64(len(a.targets)))
	number := map[*target]int{}
	for _, t := range a.targets {
		number[t] = len(number)
		w.target(t, number[t], from)
	}
	var out []stream
	var of []*series
	for _, s := range a.series {
		for _, x := range w.streams(s) {
			out, of = append(out, x), append(of, s)
		}
	}
	e.uint(uint64(len(out)))
	for i, x := range out {
		e.uint(uint64(100 + i))
		e.byte(isNew)
		e.labels(x.labels)
		e.uint(uint64(number[of[i].process.target]))
		e.time(x.pos.t, from)
		e.float(x.pos.v)
	}
}

// target writes all processes of a target as one: each of its start times was a restart
// where another one had been seen last.
func (w *firstWriter) target(t *target, number int, from int64) {
	st, newest := newProcessState(), int64(none)
	for _, p := range t.processes {
		if p.state.seen != none {
			st.seen = earlier(st.seen, p.state.seen)
		}
		if p.state.firstStart != none {
			st.firstStart = earlier(st.firstStart, p.state.firstStart)
		}
		if p.state.firstUp != none {
			st.firstUp = earlier(st.firstUp, p.state.firstUp)
		}
		st.restarts[0] = max(st.restarts[0], p.state.restarts[0])
		st.covered = max(st.covered, p.state.covered)
		if p.lastStart >= newest {
			newest, st.start = p.lastStart, p.state.start
		}
	}
	if len(t.processes) > 1 {
		st.restarts[0] = newest + 7_000 // the other one is scraped a little later
	}
	e := &w.e
	e.uint(uint64(number))
	e.byte(isNew)
	e.string(t.values)
	e.time(st.seen, from)
	e.time(st.firstStart, from)
	e.float(st.start)
	for _, at := range []int64{st.restarts[0], st.firstUp, st.covered} {
		e.time(at, from)
	}
	e.uint(0)
}

// with are the labels with others beside them, by name and value.
func with(ls slo.Labels, more ...string) slo.Labels {
	out := slices.Clone(ls)
	for i := 0; i < len(more); i += 2 {
		out = append(out, slo.Label{Name: more[i], Value: more[i+1]})
	}
	slices.SortFunc(out, func(x, y slo.Label) int { return strings.Compare(x.Name, y.Name) })
	return out
}

// older is a position that a stream was left at.
func (p position) older() position { return position{p.t - 3_600_000, p.v / 2} }

// spelledAnew are the labels with le as other versions write it.
func spelledAnew(ls slo.Labels) slo.Labels {
	out := slices.Clone(ls)
	for i, l := range out {
		if l.Name == "le" && !strings.ContainsAny(l.Value, ".I") {
			out[i].Value += ".0"
		}
	}
	return out
}

func TestSeriesOfTheFirstFormatGoOn(t *testing.T) {
	known := map[string]func(s *series) []stream{
		"by their labels": func(s *series) []stream { return []stream{{s.labels, s.pos}} },
		"by external labels": func(s *series) []stream {
			return []stream{{with(s.labels, "cluster", "eu", "prometheus_replica", "a"), s.pos}}
		},
		"of two replicas, and once without external labels": func(s *series) []stream {
			return []stream{{s.labels, s.pos.older()}, {with(s.labels, "cluster", "eu", "prometheus_replica", "a"), s.pos.older()},
				{with(s.labels, "cluster", "eu", "prometheus_replica", "b"), s.pos}}
		},
		"by external labels, and then without": func(s *series) []stream {
			return []stream{{with(s.labels, "cluster", "eu", "prometheus_replica", "a"), s.pos.older()}, {s.labels, s.pos}}
		},
		"with numbers spelled in two ways": func(s *series) []stream {
			if anew := spelledAnew(s.labels); !slices.Equal(anew, s.labels) {
				return []stream{{anew, s.pos}, {s.labels, s.pos.older()}}
			}
			return []stream{{s.labels, s.pos}}
		},
	}
	specs := map[string]ledgertest.Spec{
		"restarts":   {Pods: 3, PeakRate: 200, Flat: true, ErrorRatio: 0.01, RestartEvery: time.Hour, Histogram: true, Routes: 2},
		"containers": {Pods: 2, PeakRate: 200, Flat: true, ErrorRatio: 0.01, RestartEvery: 2 * time.Hour, Containers: true, Histogram: true},
		"no starts":  {Pods: 3, PeakRate: 200, Flat: true, ErrorRatio: 0.01, NoStartTime: true},
	}
	for name, streams := range known {
		for kind, spec := range specs {
			for seed := range uint64(2) {
				for _, silence := range []int64{0, 60 * 60_000} {
					t.Run(fmt.Sprintf("%s, %s, seed %d, %d min later", name, kind, seed, silence/60_000), func(t *testing.T) {
						t.Parallel()
						firstGoesOn(t, ledgertest.New(ledgertest.Config{Seed: seed, Length: 4 * time.Hour, ShopSets: []ledgertest.Spec{spec}}), streams, silence)
					})
				}
			}
		}
	}
}

// formerPlan is an SLO whose queries are plain selectors.
func formerPlan() (*slo.SLO, Reading) {
	ind := slo.Indicator{Counter: slo.Yes, Bad: &slo.Query{Text: "bad"}, Total: &slo.Query{Text: "total"}}
	s := &slo.SLO{Name: "s", Objective: 990_000_000, Window: slo.Rolling(time.Hour), Parts: []slo.Part{{Weight: 1, Objective: 990_000_000, Indicator: ind}}}
	return s, func(*slo.Indicator) (Meaning, error) {
		return Meaning{Raw: true, Sides: []Side{{Selectors: []slo.Selector{ledgertest.Bad()}, Plain: true}, {Selectors: []slo.Selector{ledgertest.Total()}, Plain: true}}}, nil
	}
}

// firstGoesOn counts half of a history, writes what is known then in the first format, and
// compares what is counted of the rest from there with what is counted without a break.
func firstGoesOn(t *testing.T, h *ledgertest.History, streams func(*series) []stream, silence int64) {
	t.Helper()
	s, read := formerPlan()
	half := h.Start + 2*60*60_000
	whole := formerLedger(t, "", &bytes.Buffer{}, h, s, read)
	advanceTo(t, whole, half)
	edge := whole.Newest()
	dir := t.TempDir()
	firstWriter{streams: streams}.write(t, dir, whole)
	advanceTo(t, whole, h.End)
	counts := func(l *Ledger) slo.Counts {
		return l.Account(s, "shop-0", time.UnixMilli(h.End)).Counts(0, edge, time.UnixMilli(h.End))
	}
	want := counts(whole)
	if want.Total < 1000 {
		t.Fatalf("too little to see: %+v", want)
	}
	to := half
	for _, by := range []int64{0, 60_000 + silence, 60_000, 60_000, h.End} {
		to = min(to+by, h.End)
		log := &bytes.Buffer{}
		l := formerLedger(t, dir, log, h, s, read)
		if at := l.Newest(); by == 0 && !at.Equal(edge) || log.Len() > 0 {
			t.Fatalf("it begins at %v, want %v; %s", at, edge, log)
		}
		if by > 0 { // else it is opened only
			advanceTo(t, l, to)
		}
		if to == h.End {
			if got := counts(l); got != want {
				t.Errorf("counted %+v, want %+v", got, want)
			}
			if flags := l.Account(s, "shop-0", time.UnixMilli(h.End)).Flags; len(flags) > 0 {
				t.Errorf("flags %v", flags)
			}
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
