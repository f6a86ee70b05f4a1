package review

import (
	"strings"
	"testing"

	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/slo"
)

func TestTheTextKeepsToTheWidthOfTheTerminal(t *testing.T) {
	p := weekOf(t)
	for name, in := range map[string]Input{"week": sampleWeek(p), "unknown": nothingKnown(p), "hostile": hostile(sampleWeek(p), strings.Repeat("お支払い", 30))} {
		for _, l := range text.Languages {
			for _, width := range []int{0, 40, 80, 100, 240} {
				report := Compile(in).Text(l, width)
				for line := range strings.Lines(report) {
					line = strings.TrimSuffix(line, "\n")
					n, most := text.Width(line), width
					if most == 0 {
						most = 80
					}
					if n > most && !strings.HasPrefix(strings.TrimSpace(line), "http") {
						t.Errorf("%s, %s: at %d a line has %d columns: %s", name, l, width, n, line)
					}
				}
			}
		}
	}
}

func TestATableThatIsTooWideIsWrittenRowByRow(t *testing.T) {
	r := Compile(sampleWeek(weekOf(t)))
	for l, want := range map[text.Language]string{text.English: "ShopSet: a-1", text.Japanese: "ShopSet: a-1"} {
		if !strings.Contains(r.Text(l, 80), want) || strings.Contains(r.Text(l, 240), want) {
			t.Errorf("%s: rows are not written as %q at 80 columns, or are at 240", l, want)
		}
	}
}

func TestARowOfContradictingCountsHasNoFigures(t *testing.T) {
	left, sli, bad := 401.0, 1.4, 0.0
	row := Row{SLO: "cart", Tier: "prod", ShopSet: "a-1", ShopSets: 1, State: slo.Inconsistent, Objective: 0.9995, Remaining: &left,
		Week: Count{SLI: &sli, Bad: &bad}, Exact: true}
	for _, l := range text.Languages {
		r := Report{Zone: "UTC", Budgets: []Row{row}, Tiers: []Row{row}}
		if text := r.Text(l, 200); strings.Contains(text, "40100") || strings.Contains(text, "140.0") {
			t.Errorf("%s: the text knows more than can be known:\n%s", l, text)
		}
	}
	for l, want := range map[text.Language]string{text.English: "99.980 %", text.Japanese: "99.980%"} {
		sli, bad := 0.9998, 2.0
		if got := (lang{l}).sli(Count{SLI: &sli, Bad: &bad}, 0.9995); got != want {
			t.Errorf("beside an objective of 99.95 an SLI reads %q, want %q", got, want)
		}
	}
}

func TestWhatPagesAtTheEndStandsFirstAndThenTheHigherTier(t *testing.T) {
	row := func(tier, set string, state slo.State) Row {
		return Row{SLO: "cart", Tier: tier, ShopSet: set, State: state}
	}
	r := Report{
		Tiers:   []Row{row("prod", "", slo.Exhausted), row("beta", "", slo.Exhausted)},
		Budgets: []Row{row("beta", "c-1", slo.Exhausted), row("beta", "c-2", slo.AtRisk), row("prod", "a-1", slo.Exhausted), row("prod", "a-2", slo.OK), row("prod", "b-2", slo.Inconsistent)},
		Pages: []Fired{{SLO: "cart", ShopSet: "c-2", Burn: Burn{Severity: slo.Page, AtEnd: true}}, {SLO: "cart", ShopSet: "a-2", Burn: Burn{Severity: slo.Page}},
			{SLO: "cart", ShopSet: "a-1", Burn: Burn{Severity: slo.Ticket, AtEnd: true}}},
	}
	var got []string
	for _, b := range r.worstFirst() {
		got = append(got, b.ShopSet)
	}
	if want := "c-2 b-2 a-1 c-1 a-2"; strings.Join(got, " ") != want {
		t.Errorf("the order is %v, want %s", got, want)
	}
}
