package promotion

import (
	"slices"
	"sync"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

// control is what was counted for the ShopSets of the target whose Release has not changed
// since the one that is judged came: what changes there as well is not its doing.
type control struct {
	volumes [3][2]byPart // of the time since, of the last hour and ten minutes; a week back and a day
	targets []liveTargets
}

// byPart are sums by the part of an SLO.
type byPart []Others

func (b byPart) of(part int) *Others {
	if part >= len(b) {
		return nil
	}
	o := b[part]
	return o.orNil()
}

// liveTargets are how many there are now, and were at the same hour a week back and a day.
type liveTargets struct {
	now    int
	before [2]int
}

// control looks at each SLO once, whatever the number of ShopSets that are judged.
func (w *weighing) control(slos []slo.SLO) {
	w.controls = map[string]*control{}
	if w.first.IsZero() {
		return
	}
	var all sync.WaitGroup
	for i := range slos {
		s := &slos[i]
		if !status.Applies(s, w.e.Source.Name) || !status.Applies(s, w.e.Target.Name) {
			continue
		}
		c := &control{targets: make([]liveTargets, len(s.Parts))}
		w.controls[s.Name] = c
		all.Go(func() { c.measure(w, s) })
	}
	all.Wait()
}

func (c *control) measure(w *weighing, s *slo.SLO) {
	for kind := range c.volumes {
		for n := range c.volumes[kind] {
			c.volumes[kind][n] = make(byPart, len(s.Parts))
		}
	}
	for _, set := range w.e.Target.ShopSets {
		on := w.running[set]
		served := slices.ContainsFunc(w.group[set], func(other fleet.ShopSetName) bool { return slices.Contains(w.e.Source.ShopSets, other) })
		if served { // with one of those that are judged: shops may have moved to it
			continue
		}
		if on.release == "" || on.release == w.e.Release || on.since.IsZero() || on.since.After(w.first) {
			continue
		}
		if a := w.ledger.Account(s, string(set), w.at); a.Counts != nil && a.End.After(w.first) {
			c.add(w, s, &a)
		}
	}
}

// add adds one ShopSet.
func (c *control) add(w *weighing, s *slo.SLO, a *slo.Account) {
	since := min(a.End.Sub(w.first), longestSince)
	backs := w.backs(a.End)
	for part := range s.Parts {
		for kind, length := range [3]time.Duration{since, min(since, recent), min(since, settled)} {
			for n, back := range backs {
				c.volumes[kind][n][part].add(a, part, a.End, length, back)
			}
		}
		if a.Live == nil {
			continue
		}
		c.targets[part].now += a.Live(part, a.End)
		for n, back := range backs {
			c.targets[part].before[n] += a.Live(part, a.End.Add(-back))
		}
	}
}

// settled is how long before a Release came its targets are looked at where nothing is known
// of the same hour: a rollout has the old and the new ones at once.
const settled = 10 * time.Minute

// targets are those of one ShopSet; nil: not known.
func (w *weighing) targets(s *slo.SLO, part int, a *slo.Account) *Targets {
	if a.Live == nil {
		return nil
	}
	t := &Targets{Now: a.Live(part, a.End)}
	c := w.controls[s.Name]
	if c != nil {
		t.ControlNow = c.targets[part].now
	}
	for n, back := range w.backs(a.End) {
		if live := a.Live(part, a.End.Add(-back)); live > 0 {
			if t.Before = &live; c != nil {
				t.ControlBefore = c.targets[part].before[n]
			}
			return t
		}
	}
	if live := a.Live(part, w.first.Add(-settled)); live > 0 {
		t.Before = &live
	}
	return t
}
