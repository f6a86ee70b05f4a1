package promotion_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

// A mutation of evidence; it works on a copy of the report's budgets.
type mutation struct {
	name   string
	change func(*rand.Rand, *promotion.Evidence)
}

// anyBudget changes one budget, whichever.
func anyBudget(change func(*status.Budget)) func(*rand.Rand, *promotion.Evidence) {
	return func(r *rand.Rand, e *promotion.Evidence) {
		if n := len(e.Report.Budgets); n > 0 {
			change(&e.Report.Budgets[r.IntN(n)])
		}
	}
}

// lossy takes something away that a promotion needs.
var lossy = []mutation{
	{"a budget is missing", func(r *rand.Rand, e *promotion.Evidence) {
		if n := len(e.Report.Budgets); n > 0 {
			i := r.IntN(n)
			e.Report.Budgets = slices.Delete(e.Report.Budgets, i, i+1)
		}
	}},
	{"all budgets are missing", func(_ *rand.Rand, e *promotion.Evidence) { e.Report.Budgets = nil }},
	{"a ShopSet is silent", anyBudget(silence)},
	{"a budget has no counts", anyBudget(func(b *status.Budget) { b.Good, b.Total, b.Bad = nil, nil, nil })},
	{"a budget has no state", anyBudget(func(b *status.Budget) { b.State = "" })},
	{"a window has no end", anyBudget(func(b *status.Budget) { b.WindowEnd = time.Time{} })},
	{"no sample was seen", anyBudget(func(b *status.Budget) { b.LastSample = time.Time{} })},
	{"the newest sample is old", anyBudget(func(b *status.Budget) { b.LastSample = b.LastSample.Add(-time.Hour) })},
	{"a window is hardly covered", anyBudget(func(b *status.Budget) { b.Coverage = 0.1 })},
	{"burn rates are missing", anyBudget(func(b *status.Budget) { b.BurnRates = nil })},
	{"a burn rate is missing", anyBudget(func(b *status.Budget) { b.BurnRates = slices.Clone(b.BurnRates[min(1, len(b.BurnRates)):]) })},
	{"burn rates have half their data and no traffic", anyBudget(quiet(0.5))},
	{"no alert is configured", func(_ *rand.Rand, e *promotion.Evidence) { e.Report.Alerts = nil }},
	{"no ShopSet shows the Release", func(_ *rand.Rand, e *promotion.Evidence) { e.Source.ShopSets = nil }},
	{"no SLO is for the evidence", func(_ *rand.Rand, e *promotion.Evidence) { e.Source.SLOs = nil }},
	{"no SLO is for the target", func(_ *rand.Rand, e *promotion.Evidence) { e.Target.SLOs = nil }},
	{"no Tier shows the Release", func(_ *rand.Rand, e *promotion.Evidence) { e.Source = promotion.Tier{} }},
	{"groups are missing", func(_ *rand.Rand, e *promotion.Evidence) { e.Groups = nil }},
	{"a source is away", func(_ *rand.Rand, e *promotion.Evidence) { away(e) }},
}

// bad adds bad news.
var bad = []mutation{
	{"a budget is exhausted", anyBudget(func(b *status.Budget) {
		if b.Total != nil && b.Allowed != nil {
			exhaust(b)
		}
	})},
	{"counts contradict themselves", anyBudget(func(b *status.Budget) {
		if b.Good != nil {
			b.State = slo.Inconsistent
		}
	})},
	{"a page alert fires", anyBudget(fire(slo.Page))},
	{"a ticket alert fires", anyBudget(func(b *status.Budget) { fire(slo.Ticket)(b) })},
	{"a group loses a FailureDomain", func(r *rand.Rand, e *promotion.Evidence) {
		if n := len(e.Groups); n > 0 {
			e.Groups[r.IntN(n)].Domains = nil
		}
	}},
	{"a source is away", func(_ *rand.Rand, e *promotion.Evidence) { away(e) }},
	{"a second budget of a pair is exhausted", func(r *rand.Rand, e *promotion.Evidence) {
		if n := len(e.Report.Budgets); n > 0 {
			b := e.Report.Budgets[r.IntN(n)]
			if b.Total != nil && b.Allowed != nil {
				exhaust(&b)
				e.Report.Budgets = append(e.Report.Budgets, b)
			}
		}
	}},
}

// clone copies what mutations change.
func clone(e promotion.Evidence) promotion.Evidence {
	e.Report.Budgets, e.Groups, e.Outages = slices.Clone(e.Report.Budgets), slices.Clone(e.Groups), slices.Clone(e.Outages)
	return e
}

func TestNothingMissingIsEverPromoted(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	whole := healthy(t, "prod")
	if d := promotion.Decide(promotion.Policy{}, whole, now); d.Verdict != promotion.Promote {
		t.Fatalf("whole evidence gives %s: the test shows nothing", d.Verdict)
	}
	for _, m := range lossy {
		t.Run(m.name, func(t *testing.T) {
			for range 50 {
				e := clone(whole)
				m.change(r, &e)
				for range r.IntN(4) { // and whatever else is wrong
					lossy[r.IntN(len(lossy))].change(r, &e)
					bad[r.IntN(len(bad))].change(r, &e)
				}
				if d := promotion.Decide(promotion.Policy{}, e, now); d.Verdict == promotion.Promote || d.ExitCode() == 0 {
					t.Fatalf("it is promoted:\n%s", d.AppendJSON(nil))
				}
			}
		})
	}
}

var rank = map[promotion.Verdict]int{promotion.Hold: 0, promotion.Inconclusive: 1, promotion.Promote: 2}

func TestBadNewsNeverMakeADecisionBetter(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	start := map[promotion.Verdict]int{}
	whole := healthy(t, "prod")
	for range 4000 {
		e := clone(whole)
		for range r.IntN(4) {
			lossy[r.IntN(len(lossy))].change(r, &e)
		}
		for range r.IntN(3) {
			bad[r.IntN(len(bad))].change(r, &e)
		}
		before := promotion.Decide(promotion.Policy{}, e, now)
		start[before.Verdict]++
		worse := clone(e)
		m := bad[r.IntN(len(bad))]
		m.change(r, &worse)
		if after := promotion.Decide(promotion.Policy{}, worse, now); rank[after.Verdict] > rank[before.Verdict] {
			t.Fatalf("%s turns %s into %s:\n%s", m.name, before.Verdict, after.Verdict, after.AppendJSON(nil))
		}
	}
	for v := range rank {
		if start[v] < 50 {
			t.Errorf("only %d cases began with %s: the test has lost its bite", start[v], v)
		}
	}
}

func TestTheOrderOfEvidenceDoesNotMatter(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	whole := healthy(t, "prod")
	for range 500 {
		e := clone(whole)
		for range r.IntN(4) {
			lossy[r.IntN(len(lossy))].change(r, &e)
			bad[r.IntN(len(bad))].change(r, &e)
		}
		want := promotion.Decide(promotion.Policy{}, e, now).AppendJSON(nil)
		shuffle(r, &e)
		if got := promotion.Decide(promotion.Policy{}, e, now).AppendJSON(nil); !bytes.Equal(got, want) {
			t.Fatalf("shuffled evidence gives\n%s\nnot\n%s", got, want)
		}
	}
}

func shuffle(r *rand.Rand, e *promotion.Evidence) {
	e.Report.Budgets, e.Groups, e.Outages = shuffled(r, e.Report.Budgets), shuffled(r, e.Groups), shuffled(r, e.Outages)
	e.Report.Alerts = shuffled(r, e.Report.Alerts)
	for _, t := range []*promotion.Tier{&e.Source, &e.Target} {
		t.ShopSets, t.SLOs = shuffled(r, t.ShopSets), shuffled(r, t.SLOs)
	}
}

func shuffled[T any](r *rand.Rand, list []T) []T {
	list = slices.Clone(list)
	r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list
}

func TestDecideDoesNotChangeItsEvidence(t *testing.T) {
	e := healthy(t, "prod")
	before := e.Report.AppendJSON(nil)
	first := promotion.Decide(promotion.Policy{}, e, now).AppendJSON(nil)
	if !bytes.Equal(promotion.Decide(promotion.Policy{}, e, now).AppendJSON(nil), first) {
		t.Error("the same evidence gives two decisions")
	}
	if !bytes.Equal(e.Report.AppendJSON(nil), before) {
		t.Error("the evidence was changed")
	}
}
