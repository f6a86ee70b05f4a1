package peer

import (
	"math"
	"testing"

	"github.com/shopslo/shopslo/bench/history"
)

func TestMiscountsAreHeldAgainstWhatSamplesTell(t *testing.T) {
	truth := []history.Truth{
		{ID: "exact", Total: 1001, Bad: 2, SeenTotal: 1000, SeenBad: 1},
		{ID: "less", SeenTotal: 500, SeenBad: 2},
		{ID: "more", SeenTotal: 400, SeenBad: 1},
		{ID: "absent", SeenTotal: 100},
		{ID: "silent"},
	}
	r := Increased{ShopSets: map[string]Counts{
		"exact": {Total: 1000, Bad: 1}, "less": {Total: 499, Bad: 1}, "more": {Total: 409, Bad: 1}, "silent": {},
	}}
	m := r.Miscounts(truth)
	if m.Of != 5 || m.Off != 3 {
		t.Errorf("%d of %d are off, want 3 of 5", m.Off, m.Of)
	}
	if math.Abs(m.Total-110.0/2000) > 1e-12 || math.Abs(m.Bad-1.0/4) > 1e-12 {
		t.Errorf("off by %v of all and %v of the bad events, want 0.055 and 0.25", m.Total, m.Bad)
	}
}

func TestRemainingBudgetsOfCounts(t *testing.T) {
	left := Increased{ShopSets: map[string]Counts{"half": {Total: 10_000, Bad: 5}, "silent": {}}}.Remaining()
	if math.Abs(left["half"]-0.5) > 1e-9 || !math.IsNaN(left["silent"]) {
		t.Errorf("remaining %v, want 0.5, and no figure without traffic", left)
	}
}
