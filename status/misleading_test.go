package status_test

import (
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

func TestAnSLIHasOneDecimalMoreThanItsObjective(t *testing.T) {
	for _, c := range []struct {
		sli       float64
		objective slo.Objective
		want      string
	}{
		{0.9998, 999_500_000, "99.980%"}, {0.99949, 999_500_000, "99.949%"}, {0.9998, 999_000_000, "99.98%"},
		{0.98999, 990_000_000, "98.9%"}, {0.9999999, 999_990_000, "99.9999%"}, {1, 950_000_000, "100.0%"},
	} {
		if got := status.FormatSLI(c.sli, c.objective); got != c.want {
			t.Errorf("%v beside %s reads %s, want %s", c.sli, status.FormatGoal(c.objective), got, c.want)
		}
	}
}

// budgetOf is a budget in a state, with what is left of it.
func budgetOf(tier fleet.TierName, set fleet.ShopSetName, state slo.State, left float64, firing ...slo.BurnAlert) status.Budget {
	total, sli := 1000.0, 0.5
	return status.Budget{SLO: "cart", Tier: tier, ShopSet: set, Objective: 999_500_000,
		Budget: slo.Budget{State: state, Total: &total, SLI: &sli, RemainingRatio: &left, Firing: firing}}
}

func TestWhatPagesNowIsFirstAndThenTheHigherTier(t *testing.T) {
	page, ticket := slo.BurnAlert{Severity: slo.Page, Long: time.Hour}, slo.BurnAlert{Severity: slo.Ticket, Long: 72 * time.Hour}
	r := status.Report{Budgets: []status.Budget{
		budgetOf("beta", "c-1", slo.OK, 0.9),
		budgetOf("beta", "c-2", slo.Exhausted, -9),
		budgetOf("beta", "c-4", slo.AtRisk, 0.8, page),
		budgetOf("prod", "a-1", slo.AtRisk, 0.1, ticket),
		budgetOf("prod", "a-2", slo.Exhausted, -0.1),
		budgetOf("prod", "a-4", slo.Exhausted, -0.2),
		budgetOf("prod", "b-1", slo.Inconsistent, 401, page),
		budgetOf("prod", "b-2", slo.AtRisk, 0.6, page),
	}}
	var got []string
	for _, b := range r.WorstFirst().Budgets {
		got = append(got, string(b.ShopSet))
	}
	if want := "b-2 c-4 b-1 a-4 a-2 c-2 a-1 c-1"; strings.Join(got, " ") != want {
		t.Errorf("the order is %v, want %s", got, want)
	}
}

func TestContradictingCountsLeaveNothingToTell(t *testing.T) {
	b := budgetOf("prod", "b-1", slo.Inconsistent, 401)
	if b.Left() != nil {
		t.Errorf("%v is left", *b.Left())
	}
	if got := table(t, status.Report{Budgets: []status.Budget{b}}, false); strings.Contains(got, "40100") || strings.Contains(got, "50.0") {
		t.Errorf("the table knows more than can be known:\n%s", got)
	}
}

func TestTheTableKeepsToTheWidthOfTheTerminal(t *testing.T) {
	r := busy(t)
	r.Budgets[0].SLO = "カートの可用性とお支払いの可用性と検索の応答時間"
	r.Budgets[1].Notes = []string{strings.Repeat("a note that goes on ", 9)}
	r.Outage = strings.Repeat("dial tcp: connection refused ", 5)
	for _, width := range []int{80, 100, 120, 200} {
		got := table(t, r, false, width)
		for line := range strings.Lines(got) {
			if n := text.Width(strings.TrimSuffix(line, "\n")); n > width {
				t.Errorf("at %d a line has %d columns: %s", width, n, line)
			}
		}
		if left := strings.Contains(got, "left out at a width of 80: EVENTS"); left != (width == 80) {
			t.Errorf("at %d it is wrong about what it leaves out:\n%s", width, got)
		}
		for _, must := range []string{"TIER", "SHOPSET", "STATE", "SLI", "LEFT", "BURN 1h"} {
			if !strings.Contains(got, must) {
				t.Errorf("at %d it lacks %s:\n%s", width, must, got)
			}
		}
	}
}
