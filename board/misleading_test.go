package board

import (
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

// shownWords are the words of a page in a language.
func shownWords(t *testing.T, h *Handler, path string, l text.Language) string {
	t.Helper()
	doc, err := html.Parse(newRecorder(h, path, "Accept-Language", string(l)).Body)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(strings.Fields(words(doc)), " ")
}

func TestAnSLIIsNeverCutToLessThanItsObjectiveHas(t *testing.T) {
	h, _ := doubted(t, func(b *status.Budget) {
		sli := 0.9998
		b.SLI, b.Objective = &sli, 999_500_000
	})
	for l, want := range map[text.Language]string{text.English: "SLI99.980%", text.Japanese: "SLI99.980%"} {
		if words := shownWords(t, h, "/shopset/c-1", l); !strings.Contains(words, want) {
			t.Errorf("%s: the page does not say %q:\n%s", l, want, words)
		}
	}
}

func TestOfContradictingCountsNothingIsLeft(t *testing.T) {
	h, _ := doubted(t, func(b *status.Budget) {
		left, sli := 401.0, 1.4
		b.State, b.RemainingRatio, b.SLI = slo.Inconsistent, &left, &sli
	})
	for l, want := range map[text.Language]string{text.English: "left: not known", text.Japanese: "残り: 不明"} {
		for _, path := range []string{"/", "/shopset/c-1"} {
			words := shownWords(t, h, path, l)
			if !strings.Contains(words, want) || strings.Contains(words, "40100") || strings.Contains(words, "140.0") {
				t.Errorf("%s in %s: it should say %q, and no figure:\n%s", path, l, want, words)
			}
		}
	}
	contrary := counting{perHour: 1000, bad: func(time.Time) float64 { return -0.5 }}
	counts := func(part int, from, to time.Time) slo.Counts {
		return slo.Counts{Start: from, End: to, Good: 1500, Total: 1000, Covered: to.Sub(from)}
	}
	past := history(now.Add(-days(40)), contrary)
	past.Account.Counts = counts
	if c := newCurve(past, nil); !c.Empty() {
		t.Error("the curve knows what was left")
	}
}

// the Tier prod has a ShopSet of each kind.
func failingProd(t *testing.T) Input {
	t.Helper()
	_, in := newWorld(t)
	in.Budgets.Budgets = slices.Clone(in.Budgets.Budgets)
	set := func(name fleet.ShopSetName, state slo.State, left float64, firing ...slo.BurnAlert) {
		i := slices.IndexFunc(in.Budgets.Budgets, func(b status.Budget) bool { return b.ShopSet == name })
		b := &in.Budgets.Budgets[i]
		b.State, b.RemainingRatio, b.Firing = state, &left, firing
	}
	set("a-1", slo.Exhausted, -9)
	set("c-3", slo.AtRisk, 0.7, slo.BurnAlert{Severity: slo.Page, Long: time.Hour, Short: 5 * time.Minute, Factor: 14.4})
	return in
}

func TestWhatPagesNowStandsFirst(t *testing.T) {
	in := failingProd(t)
	var got []string
	for _, c := range viewFleet(&in, filter{Tier: "prod"}, now).Tiers[0].Cells {
		got = append(got, string(c.Name)+" "+c.Causes[0].What)
	}
	if want := []string{"c-3 pages", "b-2 degraded", "a-1 exhausted"}; !slices.Equal(got, want) {
		t.Errorf("the order is %v, want %v", got, want)
	}
	sorted := []shopSetCell{{Name: "a", Level: bad, Causes: []cause{{bad, "exhausted"}}}, {Name: "b", Level: warn, Causes: []cause{{warn, causeDrift}}}, {Name: "c", Level: bad, Causes: []cause{{bad, "inconsistent"}}}}
	if sortCells(sorted); sorted[0].Name != "c" || sorted[2].Name != "b" {
		t.Errorf("the order is %v", sorted)
	}
}

func TestAnEmergencyStopIsTheFirstReason(t *testing.T) {
	checks := []promotion.Check{{Check: "drift", Result: promotion.Fail}, {Check: "budget", Result: promotion.Fail}, {Check: "sync", Result: promotion.Fail},
		{Check: "freeze", Result: promotion.Fail, Evidence: promotion.Figures{{Name: "freeze", Value: "sale"}}}, {Check: "soak", Result: promotion.Unknown},
		{Check: "freeze", Result: promotion.Fail, Evidence: promotion.Figures{{Name: "freeze", Value: "fire"}, {Name: "emergency", Value: true}}, Reason: "Emergency stop fire is active."}}
	h, source := newHandler(t)
	in := source.in
	in.Gates = slices.Clone(in.Gates)
	for i, g := range in.Gates {
		if g.To == "prod" {
			record := *g.Record
			record.Checks = checks
			in.Gates[i].Record = &record
		}
	}
	source.set(in)
	v := gateView(&in, "prod")
	if r := v.Reasons[0]; !isStop(r.Check) || r.Others != 1 {
		t.Errorf("the first reason is %+v", r)
	}
	p, _ := viewGate(&in, "prod", "", 1, now)
	if !isStop(p.Checks[0]) || len(p.Checks) != len(checks) {
		t.Errorf("the gate's page begins with %+v", p.Checks[0])
	}
	if words := shownWords(t, h, "/", text.English); !strings.Contains(words, "Emergency stop fire") {
		t.Errorf("the board says nothing of the stop:\n%s", words)
	}
}

func TestTheTabsTitleBeginsWithTheWorst(t *testing.T) {
	p := fleetPage{Counts: []levelCount{{bad, 3}, {warn, 12}, {good, 9}}}
	for l, want := range map[text.Language]string{text.English: "✕3 ▲12 Fleet board", text.Japanese: "✕3 ▲12 フリートボード"} {
		if got := tabTitle(p, say(l, "title")); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestLevelsAreFailingAndHealthy(t *testing.T) {
	h, _ := newHandler(t)
	words := shownWords(t, h, "/", text.English)
	for _, w := range []string{"Failing", "Healthy"} {
		if !strings.Contains(words, w) {
			t.Errorf("the board does not say %q", w)
		}
	}
	for _, w := range []string{"Hurt", "Well"} {
		if strings.Contains(words, w) {
			t.Errorf("the board says %q", w)
		}
	}
}

func TestSeveritiesAreTheGlossarys(t *testing.T) {
	for s, want := range map[incident.Severity][2]string{"critical": {"severity critical", "重大度 緊急"}, "minor": {"severity minor", "重大度 軽微"}, "sev1": {"severity sev1", "重大度 sev1"}} {
		h, source := newHandler(t)
		in := source.in
		in.Incidents.Items = []promotion.Incident{{ID: "inc-1", Title: "it", Severity: s}}
		source.set(in)
		for i, l := range text.Languages {
			if words := shownWords(t, h, "/", l); !strings.Contains(words, want[i]) {
				t.Errorf("%s: the board does not say %q:\n%s", l, want[i], words)
			}
		}
	}
}
