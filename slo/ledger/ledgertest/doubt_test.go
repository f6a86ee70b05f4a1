package ledgertest

import (
	"fmt"
	"testing"
	"time"
)

// troubled makes half an hour of processes to which one thing happens again and again.
func troubled(seed uint64, spec Spec) *History {
	spec.Name, spec.Flat = "x", true
	if spec.PeakRate == 0 {
		spec.PeakRate = 40
	}
	if spec.ErrorRatio == 0 {
		spec.ErrorRatio = 0.3
	}
	return New(Config{Seed: seed, Length: 30 * time.Minute, Interval: 10 * time.Second, ShopSets: []Spec{spec}})
}

// counted gives the oracle's figures of all of the history, and the doubts it raises.
func counted(t *testing.T, h *History) (c Counts, doubts string) {
	t.Helper()
	s := h.ShopSet(0)
	o, err := NewOracle(s.Subject, h.Rules(true, false, true), append(s.Samples(All), anchor(h, s.Subject)))
	if err != nil {
		t.Fatal(err)
	}
	after := h.End + 3600*second // also what is decided later
	for _, f := range o.Flags(after) {
		if f.Kind.Doubtful() {
			doubts += fmt.Sprintf("%s×%d ", f.Kind, f.Count)
		}
	}
	c = o.Count(h.Start, after)
	c.Covered = 0
	return c, doubts
}

// TestWhatIsNotExactIsFlagged makes histories of which the rules promise no more than
// that: where the count is not the truth, there is a flag.
func TestWhatIsNotExactIsFlagged(t *testing.T) {
	const minute = time.Minute
	for _, c := range []struct {
		name  string
		spec  Spec
		exact bool // at times it must be
		busy  bool // only busy series tell it from a restart
	}{
		{"a metric is reset while its process lives on", Spec{ResetEvery: 5 * minute, Metrics: 2}, false, false},
		{"a series is forgotten and begins anew", Spec{ForgetEvery: 10 * minute}, false, false},
		{"a metric is reset, and nobody knows of start times", Spec{ResetEvery: 5 * minute, Metrics: 2, NoStartTime: true}, false, true},
		{"one of several workers ends", Spec{Workers: 4, WorkerEvery: 5 * minute, NoStartTime: true}, false, false},
		{"one of several workers ends beside a histogram", Spec{Workers: 3, WorkerEvery: 5 * minute, NoStartTime: true, Histogram: true, Metrics: 2}, false, false},
		{"one of several workers ends under a start time", Spec{Workers: 4, WorkerEvery: 5 * minute}, false, false},
		{"two processes answer in turn", Spec{Pods: 1, Twins: true}, false, false},
		{"processes restart without start times", Spec{RestartEvery: 5 * minute, NoStartTime: true, Metrics: 3, Histogram: true}, true, false},
		{"answers are old without start times", Spec{OldEvery: 5 * minute, NoStartTime: true}, false, false},
		{"single samples are missing or spoiled", Spec{LateSample: minute, InvalidEvery: minute, RestartEvery: 5 * minute}, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			exact, flagged, hidden := 0, 0, 0
			for seed := range uint64(30) {
				spec := c.spec
				spec.PeakRate = []float64{40, 3, 0.5, 0.05}[seed%4]
				if c.busy {
					spec.PeakRate = 40
				}
				h := troubled(seed, spec)
				got, doubts := counted(t, h)
				want := h.ShopSet(0).Events(All).Told(h.Start, h.End)
				switch {
				case got == want:
					exact++
				case doubts != "":
					flagged++
				case c.spec.NoStartTime && h.ShopSet(0).HiddenResets(All) > 0:
					hidden++ // no sample shows it
				default:
					t.Errorf("seed %d: counted %+v, true %+v, no flag", seed, got, want)
				}
			}
			t.Logf("%d exact, %d flagged, %d hidden", exact, flagged, hidden)
			if c.exact && exact == 0 || hidden > 10 {
				t.Error("too few are exact")
			}
		})
	}
}

// TestCreatedTimesMakeCountsExact makes histories that are exact by created times alone: nobody knows
// of start times. What a counter of an older process has counted since it was created within S counts,
// too, though no sample before tells of it.
func TestCreatedTimesMakeCountsExact(t *testing.T) {
	const minute = time.Minute
	for _, c := range []struct {
		name    string
		spec    Spec
		flagged int // so many may be flagged instead, or as well: what is old, or was reset in each of two scrapes
	}{
		{"processes restart", Spec{RestartEvery: 5 * minute, Metrics: 3}, 0},
		{"beside histograms", Spec{RestartEvery: 5 * minute, Histogram: true, Metrics: 2}, 0},
		{"pods are replaced", Spec{DeployEvery: 5 * minute}, 0},
		{"pods live for a moment", Spec{BlinkEvery: minute, Jitter: true}, 0},
		{"targets are not scraped for a while", Spec{GapEvery: 3 * minute, RestartEvery: 4 * minute}, 15},
		{"a metric is reset while its process lives on", Spec{ResetEvery: 5 * minute, Metrics: 2}, 3},
		{"a series is forgotten and begins anew", Spec{ForgetEvery: 5 * minute}, 0},
		{"a source without up", Spec{NoUp: true, RestartEvery: 5 * minute, DeployEvery: 7 * minute}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			flagged := 0
			for seed := range uint64(30) {
				spec := c.spec
				spec.NoStartTime, spec.Created = true, true
				spec.PeakRate = []float64{40, 3, 0.5, 0.05}[seed%4]
				h := troubled(seed, spec)
				got, doubts := counted(t, h)
				es := h.ShopSet(0).Events(All)
				want, begun := es.Told(h.Start, h.End), es.Residual(Begun, h.Start, h.End)
				switch {
				case doubts != "":
					flagged++
				case got.Good < want.Good || got.Bad < want.Bad || got.Good > want.Good+begun.Good || got.Bad > want.Bad+begun.Bad:
					t.Errorf("seed %d: counted %+v, true %+v and at most %+v, no flag", seed, got, want, begun)
				}
			}
			if flagged > c.flagged {
				t.Errorf("%d are flagged", flagged)
			}
		})
	}
}

// TestLabelsThatChangeChangeNothing compares with the same history under labels that stay.
func TestLabelsThatChangeChangeNothing(t *testing.T) {
	const minute = time.Minute
	for _, c := range []struct {
		name  string
		spec  Spec
		exact bool // always; else it may be flagged instead
	}{
		{"all series get a label and lose it", Spec{LabelEvery: 4 * minute}, true},
		{"without start times", Spec{LabelEvery: 4 * minute, NoStartTime: true}, true},
		{"in gaps", Spec{LabelEvery: 2 * minute, GapEvery: 3 * minute}, false},
		{"with restarts and steps of the clock", Spec{LabelEvery: 4 * minute, RestartEvery: 4 * minute, StepEvery: 3 * minute}, false},
		{"some series get a label and lose it", Spec{SomeEvery: 4 * minute, Routes: 2}, false},
		{"targets move and come back", Spec{MoveEvery: 4 * minute}, true},
		{"targets move without start times", Spec{MoveEvery: 4 * minute, NoStartTime: true}, false},
		{"targets of two containers move", Spec{MoveEvery: 4 * minute, Containers: true}, true},
		{"sparse series get a label", Spec{LabelEvery: 4 * minute, PeakRate: 0.1}, false},
		{"all of it", Spec{LabelEvery: 5 * minute, SomeEvery: 5 * minute, MoveEvery: 5 * minute, RestartEvery: 5 * minute, GapEvery: 5 * minute, Histogram: true}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			exact, flagged := 0, 0
			for seed := range uint64(30) {
				got, doubts := counted(t, troubled(seed, c.spec))
				still := c.spec
				still.LabelEvery, still.SomeEvery, still.MoveEvery = 0, 0, 0
				want, _ := counted(t, troubled(seed, still))
				switch {
				case got == want:
					exact++
				case doubts != "" && !c.exact:
					flagged++
				default:
					t.Errorf("seed %d: counted %+v %s, with labels that stay %+v", seed, got, doubts, want)
				}
			}
			t.Logf("%d exact, %d flagged", exact, flagged)
			if c.exact && exact < 30 {
				t.Error("not all are exact")
			}
		})
	}
}
