package watched

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/promotion"
)

// named is a kind by its name.
func named(t *testing.T, name string) *kind {
	t.Helper()
	for _, all := range [][]kind{earlier, fresh} {
		if i := slices.IndexFunc(all, func(k kind) bool { return k.name == name }); i >= 0 {
			all[i].size = max(all[i].size, 1)
			return &all[i]
		}
	}
	t.Fatalf("there is no kind %q", name)
	return nil
}

var usual = Params{Seed: 7, Closing: 2}

func TestTheSameSeedMakesTheSameWorld(t *testing.T) {
	k := named(t, "good, common bursts")
	last := func(p Params, number int) counts {
		s := newWorld(k, p, number).shops[0]
		return s.each[len(s.each)-1]
	}
	if a, b := last(usual, 3), last(usual, 3); a != b {
		t.Errorf("%v and %v", a, b)
	}
	if last(usual, 3) == last(usual, 4) || last(usual, 3) == last(Params{Seed: 8, Closing: 2}, 3) {
		t.Error("another one is the same")
	}
}

func TestTheAccountTellsWhatWasCounted(t *testing.T) {
	w := newWorld(named(t, "5× on all of 2"), usual, 1)
	s, came := w.shops[0], midnight.Add(time.Duration(w.came)*time.Minute)
	at := func(minute int) time.Time { return came.Add(time.Duration(minute) * time.Minute) }
	a := s.account(came, at(100))
	if !a.End.Equal(at(98)) {
		t.Errorf("the newest edge is %v after it came", a.End.Sub(came))
	}
	since := a.Counts(0, came, a.End)
	_, before := s.edge(0)
	_, now := s.edge(98)
	if since.Total != now.total-before.total || since.Total-since.Good != now.bad-before.bad || !since.Start.Equal(came) {
		t.Errorf("%+v since, from %v to %v", since, before, now)
	}
	week := a.Counts(0, at(-7*day), came)
	if off := week.End.Sub(week.Start) - 7*24*time.Hour; off < 0 || off >= time.Hour {
		t.Errorf("a week is %v", week.End.Sub(week.Start))
	}
	if first := a.Counts(0, at(-100*day), at(-99*day)); first.Total != 0 {
		t.Errorf("before anything was counted it was %v", first.Total)
	}
	if r := since.Total - since.Good; r < 0.003*since.Total || r > 0.008*since.Total {
		t.Errorf("%v of %v fail, want 0.5 %%", r, since.Total)
	}
}

func TestTheCheckTellsGoodFromBad(t *testing.T) {
	for name, want := range map[string]promotion.Verdict{
		"good, two ShopSets": promotion.Promote, "good, one ShopSet": promotion.Promote, "bad at once": promotion.Hold,
		"10× on one of 2": promotion.Hold,
	} {
		k := *named(t, name)
		if k.share > 0 {
			k.size = 2
		}
		make := k.make
		k.make = func(r *rand.Rand, w *world) {
			for _, s := range w.shops {
				s.rate, s.usual = 600, 0.0001
			}
			if make != nil {
				make(r, w)
			}
		}
		c, err := judge(newWorld(&k, usual, 1), promotion.SincePolicy{})
		if err != nil {
			t.Fatal(err)
		}
		if got := c.first(0); got.verdict != want || got.after > 60 {
			t.Errorf("%s: %+v, want %s", name, got, want)
		}
	}
}

func TestASoakTimeOnlyDelaysPromotions(t *testing.T) {
	c := course{looks: []int{1, 2, 3}, verdicts: []promotion.Verdict{promotion.Inconclusive, promotion.Promote, promotion.Hold}}
	if got := c.first(0); got != (outcome{promotion.Promote, 2}) {
		t.Errorf("%+v", got)
	}
	if got := c.first(3); got != (outcome{promotion.Hold, 3}) || !c.ever(promotion.Promote) {
		t.Errorf("with a soak time %+v", got)
	}
}

func TestTheTablesHaveEachKindAndTheGoals(t *testing.T) {
	r, err := Run(t.Context(), Params{Seed: 1, Each: 1, Earlier: 10, Closing: 2, Only: func(name string) bool { return name == "good" || name == "5× on all of 2" }}, t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	var tables bytes.Buffer
	if err := r.Markdown(&tables); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"| 5× on all of 2 | 1 | 0.0 % |", "| good | 2 |", "| gate | 30 min |", "| gate, harm 3 | 0 min |"} {
		if !strings.Contains(tables.String(), want) {
			t.Errorf("no %q in\n%s", want, tables.String())
		}
	}
	if g := r.Goals(); len(g) != 11 || g[0].Is != "0.0 %" || !g[0].Met {
		t.Errorf("%d goals: %+v", len(g), g)
	}
}
