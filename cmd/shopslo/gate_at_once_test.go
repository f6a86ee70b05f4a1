package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion"
)

// What a server keeps from question to question is what cannot have changed: whatever does
// changes the next answer, and what nobody has changed gives the same one.
func TestEachChangeCountsInTheNextAnswer(t *testing.T) {
	s := newStage(t, 0)
	s.withGate(t, "  log: {dir: decisions}\n")
	server := startServe(t, s.config)
	server.waitReady(t)
	eventually(t, func() string {
		if v, _ := server.metric(t, "shopslo_ledger_caught_up"); v != "1" {
			return "it has not caught up"
		}
		return ""
	})
	asked := func() promotion.Record { // as of now, since of other times nothing is kept
		t.Helper()
		code, stdout, stderr := runWith(t, nil, "gate", "--to", "prod", "--server", server.url, "-o", "json")
		valid(t, "gate", stdout)
		return read(t, code, stdout, stderr)
	}
	is := func(what, check string, want promotion.Result, said string) {
		t.Helper()
		r := asked()
		if c := checkBelow(t, r, check); c.Result != want || !strings.Contains(c.Reason, said) {
			t.Errorf("%s: %s is %s: %s", what, check, c.Result, c.Reason)
		}
	}
	counted := func(r promotion.Record) string {
		data, err := json.Marshal([]any{r.Evidence.Comparisons, r.Evidence.Traffic, r.Evidence.Report.Budgets[0].WindowEnd})
		if err != nil || len(r.Evidence.Comparisons) == 0 || len(r.Evidence.Traffic) == 0 {
			t.Fatalf("%v: %s", err, data)
		}
		return string(data)
	}
	first := asked()
	if first.Verdict != promotion.Promote {
		t.Fatalf("it is %s: %v", first.Verdict, first.Checks[0])
	}
	if again := asked(); again.Evidence.Report.Budgets[0].WindowEnd.Equal(first.Evidence.Report.Budgets[0].WindowEnd) && counted(first) != counted(again) {
		t.Errorf("asked again it is another:\n%s\n%s", counted(first), counted(again))
	}
	// What runs.
	s.mu.Lock()
	s.sees = func(f *fleet.Snapshot) int {
		for i := range f.ShopSets {
			if f.ShopSets[i].ShopSet == "b-1" {
				f.ShopSets[i].ReleaseSince = s.at.Add(-30 * time.Minute)
			}
		}
		return 0
	}
	s.mu.Unlock()
	r := asked()
	if came := r.Evidence.Comparisons[0].Came; !came.Equal(s.at.Add(-30*time.Minute)) || !r.Evidence.Traffic[0].Came.Equal(came) {
		t.Errorf("it came at %v", came)
	}
	s.mu.Lock()
	s.sees = func(f *fleet.Snapshot) int {
		for i := range f.ShopSets {
			if f.ShopSets[i].ShopSet == "b-1" {
				f.ShopSets[i].Health = fleet.Degraded
			}
		}
		return 0
	}
	s.mu.Unlock()
	is("a ShopSet that is degraded", "sync", promotion.Fail, "Degraded")
	s.mu.Lock()
	s.sees = nil
	s.mu.Unlock()
	// The calendar, and incidents.
	from, until := s.at.Add(-2*time.Hour).Format(time.RFC3339), s.at.Add(time.Hour).Format(time.RFC3339)
	document := func(kind, spec string) string {
		return "apiVersion: shopslo.dev/v1alpha1\nkind: " + kind + "\nmetadata: {name: x}\nspec: {reason: r, by: mai, " + spec + "}\n"
	}
	writeFiles(t, s.dir, map[string]string{"calendar/f.yaml": document("Freeze", "affects: {tiers: [prod]}, from: "+from+", until: "+until)})
	is("a freeze", "freeze", promotion.Fail, "Freeze x is active")
	writeFiles(t, s.dir, map[string]string{"calendar/o.yaml": document("Override", "checks: [freeze], tiers: [prod], until: "+until)})
	is("an override", "freeze", promotion.Waived, "Waived by mai")
	writeFiles(t, s.dir, map[string]string{"calendar/e.yaml": document("Exclusion", "cause: maintenance, affects: {shopSets: [b-1]}, from: "+from+", until: "+s.at.Add(-90*time.Minute).Format(time.RFC3339))})
	if r := asked(); len(r.Evidence.Excluded) == 0 {
		t.Errorf("an exclusion touches nothing: %v", r.Evidence.Exclusions)
	}
	// Documents.
	writeFiles(t, s.dir, map[string]string{"calendar/f.yaml": "", "calendar/o.yaml": "", "calendar/e.yaml": ""})
	is("no freeze any more", "freeze", promotion.Pass, "No freeze")
	s.edit(t, "slo.yaml", "target: 0.99", "target: 0.9999")
	server.hangUp(t, "documents are reloaded")
	if r := asked(); r.Evidence.Comparisons[0].BudgetRatio > 0.001 || r.Evidence.Report.Budgets[0].Objective.Ratio() != 0.9999 {
		t.Errorf("another objective: %+v", r.Evidence.Comparisons[0])
	}
	s.edit(t, "shopslo.yaml", "at_risk: fixes", "at_risk: fixes, load: {share: 0.5}")
	server.hangUp(t, "documents are reloaded")
	if r := asked(); r.Evidence.Comparisons[0].Load == nil {
		t.Errorf("another policy: %+v", r.Evidence.Comparisons[0])
	}
	must(t, exitOK, "decisions", "verify", "--dir", filepath.Join(s.dir, "decisions"))
}
