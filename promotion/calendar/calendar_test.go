package calendar

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/fleet/manifest"
	"github.com/shopslo/shopslo/promotion"
)

func words(t testing.TB) Words {
	f, err := manifest.Load("../../examples/fleet", "*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return Words{Fleet: f, SLOs: []string{"cart-availability"}, Checks: []string{"burn_rate", "drift", "source"}}
}

const (
	yearEnd = `apiVersion: shopslo.dev/v1alpha1
kind: Freeze
metadata: {name: year-end}
spec:
  reason: 年末年始
  by: mai
  affects: {tiers: [prod, prod-ha]}
  from: 2026-12-28T18:00:00+09:00
  until: 2027-01-04T09:00:00+09:00
`
	weekends = `apiVersion: shopslo.dev/v1alpha1
kind: Freeze
metadata: {name: weekends}
spec:
  reason: nobody is there
  by: ken
  affects: {shopGroups: [main]}
  recurring: {rrule: "FREQ=WEEKLY;BYDAY=FR", at: "18:00", for: 63h, timeZone: Asia/Tokyo}
`
	holidayFreeze = `apiVersion: shopslo.dev/v1alpha1
kind: Freeze
metadata: {name: holidays}
spec: {reason: 祝日, by: ken, affects: {fleet: true}, holidays: {country: JP, eve: "18:00"}}
`
	override = `apiVersion: shopslo.dev/v1alpha1
kind: Override
metadata: {name: relay}
spec: {reason: the relay is down, by: mai, checks: [burn_rate], tiers: [prod], until: 2026-11-23T00:00:00Z}
`
	exclusion = `apiVersion: shopslo.dev/v1alpha1
kind: Exclusion
metadata: {name: db-move}
spec: {reason: the database was moved, cause: maintenance, by: mai, slos: [cart-availability], affects: {shopSets: [a-1]}, from: 2026-11-21T01:00:00+09:00, until: 2026-11-21T02:00:00+09:00}
`
)

func TestDocumentsAreRead(t *testing.T) {
	all := strings.Join([]string{yearEnd, weekends, holidayFreeze, override, exclusion}, "---\n")
	c, err := Parse("c.yaml", []byte(all), words(t))
	if err != nil {
		t.Fatal(err)
	}
	freezes := c.Freezes(jst(2026, 11, 22, 12, 0)) // a Sunday; the next holiday is on Monday
	if len(freezes) != 3 || len(c.Overrides) != 1 || len(c.Exclusions) != 1 {
		t.Fatalf("%d freezes, %d overrides, %d exclusions", len(freezes), len(c.Overrides), len(c.Exclusions))
	}
	for i, want := range []promotion.Freeze{
		{ID: "year-end", From: jst(2026, 12, 28, 18, 0), Until: jst(2027, 1, 4, 9, 0)},
		{ID: "weekends", From: jst(2026, 11, 20, 18, 0), Until: jst(2026, 11, 23, 9, 0)},
		{ID: "holidays", From: jst(2026, 11, 22, 18, 0), Until: jst(2026, 11, 24, 0, 0)},
	} {
		if f := freezes[i]; f.ID != want.ID || !f.From.Equal(want.From) || !f.Until.Equal(want.Until) {
			t.Errorf("%s from %v until %v, want %v", f.ID, f.From, f.Until, want)
		}
	}
	if s := freezes[0].Scope; len(s.Tiers) != 2 || !freezes[2].Scope.Everything() || freezes[1].Scope.Groups[0] != "main" {
		t.Errorf("scopes %+v", freezes)
	}
	if o := c.Overrides[0]; o.Who != "mai" || o.Checks[0] != "burn_rate" || o.Scope.Tiers[0] != "prod" || o.Until.IsZero() {
		t.Errorf("override %+v", o)
	}
	if e := c.Exclusions[0]; e.Cause != "maintenance: the database was moved" || e.Until.Sub(e.From) != time.Hour || e.Scope.ShopSets[0] != "a-1" {
		t.Errorf("exclusion %+v", e)
	}
}

func TestWhatIsOverIsNoFreeze(t *testing.T) {
	c, err := Parse("c.yaml", []byte(yearEnd), words(t))
	if err != nil {
		t.Fatal(err)
	}
	if f := c.Freezes(jst(2027, 1, 4, 9, 0)); len(f) != 0 {
		t.Errorf("still there: %v", f)
	}
}

func TestFaultsOfDocuments(t *testing.T) {
	tests := []struct{ name, text, old, new, want string }{
		{"an unknown tier", yearEnd, "[prod,", "[prd,", `c.yaml:7:21: Freeze "year-end": spec.affects.tiers[0]: unknown Tier "prd" (did you mean "prod"?)`},
		{"nothing affected", yearEnd, "{tiers: [prod, prod-ha]}", "{}", "spec.affects: must set tiers"},
		{"the fleet and a part of it", yearEnd, "{tiers: [prod, prod-ha]}", "{tiers: [prod], fleet: true}", "must not combine fleet: true"},
		{"a single ShopSet", yearEnd, "{tiers: [prod, prod-ha]}", "{shopSets: [a-1]}", "cannot be frozen alone"},
		{"no end", yearEnd, "  until: 2027-01-04T09:00:00+09:00\n", "", "spec.until: is missing"},
		{"an end before the begin", yearEnd, "2027-01-04", "2025-01-04", "spec.until: must be after from"},
		{"no time at all", yearEnd, "  from: 2026-12-28T18:00:00+09:00\n  until: 2027-01-04T09:00:00+09:00\n", "", "must have exactly one of: from and until, recurring, holidays; found nothing"},
		{"two kinds of times", weekends, "  recurring", "  from: 2026-01-01T00:00:00Z\n  recurring", "found recurring, from and until"},
		{"a rule without days", weekends, ";BYDAY=FR", "", "spec.recurring.rrule: must select days"},
		{"an unknown zone", weekends, "Asia/Tokyo", "Asia/Tokio", `invalid time zone "Asia/Tokio"`},
		{"a time of day that is none", weekends, "18:00", "25:00", `invalid time of day "25:00"`},
		{"a country that is not known", holidayFreeze, "JP", "XX", `"XX" must be one of: JP`},
		{"an emergency for a part", yearEnd, "  by: mai", "  by: mai\n  emergency: true", "requires affects: {fleet: true}"},
		{"nobody", override, "by: mai", `by: " "`, "spec.by: must not be empty"},
		{"an unknown check", override, "burn_rate", "burnrate", `unknown check "burnrate" (did you mean "burn_rate"?)`},
		{"an override for ever", override, ", until: 2026-11-23T00:00:00Z", "", "spec.until: is missing"},
		{"an override of what nobody can answer for", override, "[burn_rate]", "[burn_rate, source]", "spec.checks[1]: check source cannot be waived"},
		{"an override of nothing", override, "[burn_rate]", "[]", "spec.checks: must not be empty"},
		{"a cause that is none", exclusion, "cause: maintenance", "cause: bad luck", `unknown cause "bad luck", must be one of: maintenance`},
		{"an unknown SLO", exclusion, "cart-availability", "cart", `unknown SLO "cart"`},
		{"a name given twice", yearEnd, "x", "x", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			text := strings.Replace(test.text, test.old, test.new, 1)
			if test.want == "" {
				text, test.want = text+"---\n"+text, `is already used by another Freeze (c.yaml)`
			}
			c, err := Parse("c.yaml", []byte(text), words(t))
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error:\n%v\nwant one line with\n%s", err, test.want)
			}
			if len(c.freezes)+len(c.Overrides)+len(c.Exclusions) > 0 {
				t.Error("documents beside an error: a Freeze may be missing")
			}
		})
	}
}

func TestWhatIsWrittenIsReadAgain(t *testing.T) {
	scope := promotion.Scope{Tiers: []fleet.TierName{"prod"}, Groups: []fleet.ShopGroupName{"main"}}
	freeze := promotion.Freeze{ID: "f", Reason: "r: #1", By: "mai", Scope: scope, From: jst(2026, 11, 20, 18, 0), Until: jst(2026, 11, 23, 9, 0)}
	recurs := freeze
	recurs.ID, recurs.From, recurs.Until = "g", time.Time{}, time.Time{}
	over := promotion.Override{ID: "o", Who: "ken", Why: "w", Link: "https://example.com/1", Checks: []string{"drift"}, Until: jst(2026, 11, 23, 0, 0),
		Release: "abc", Scope: promotion.Scope{Tiers: []fleet.TierName{"prod"}}}
	excl := promotion.Exclusion{ID: "e", Who: "ken", Cause: "third_party: the relay", From: jst(2026, 11, 1, 0, 0), Until: jst(2026, 11, 2, 0, 0),
		Scope: promotion.Scope{ShopSets: []fleet.ShopSetName{"a-1"}}}
	texts := make([][]byte, 4)
	var errs [4]error
	texts[0], errs[0] = FreezeText(freeze, nil)
	texts[1], errs[1] = FreezeText(recurs, &Recurrence{"FREQ=WEEKLY;BYDAY=FR", "18:00", "2d15h", "Asia/Tokyo"})
	texts[2], errs[2] = OverrideText(over)
	texts[3], errs[3] = ExclusionText(excl)
	if err := errors.Join(errs[:]...); err != nil {
		t.Fatal(err)
	}
	c, err := Parse("c.yaml", bytes.Join(texts, []byte("---\n")), words(t))
	if err != nil {
		t.Fatalf("%v\n%s", err, bytes.Join(texts, []byte("---\n")))
	}
	recurs.From, recurs.Until = freeze.From, freeze.Until
	same := func(what string, got, want any) {
		if g, w := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); g != w {
			t.Errorf("%s\n got %s\nwant %s", what, g, w)
		}
	}
	inTokyo := func(f promotion.Freeze) promotion.Freeze {
		f.From, f.Until = f.From.In(tokyo), f.Until.In(tokyo)
		return f
	}
	got := c.Freezes(jst(2026, 11, 21, 0, 0))
	same("freeze", inTokyo(got[0]), freeze)
	same("recurring", inTokyo(got[1]), recurs)
	over.Until = over.Until.In(c.Overrides[0].Until.Location())
	same("override", c.Overrides, []promotion.Override{over})
	excl.From, excl.Until = excl.From.In(c.Exclusions[0].From.Location()), excl.Until.In(c.Exclusions[0].Until.Location())
	same("exclusion", c.Exclusions, []promotion.Exclusion{excl})
	if _, err := FreezeText(recurs, &Recurrence{At: "9", For: "x", TimeZone: "y"}); err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("error %v, want three lines", err)
	}
}

func TestSaveNeverReplacesAFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "freezes")
	text, err := FreezeText(promotion.Freeze{ID: "stop", Reason: "火事", By: "mai", Emergency: true, From: jst(2026, 11, 22, 0, 0)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	path, err := Save(dir, "stop", text, words(t))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Save(dir, "stop", text, words(t)); err == nil || !strings.Contains(err.Error(), "already exists") {
		t.Errorf("error %v", err)
	}
	if _, err := Save(dir, "../x", text, words(t)); err == nil {
		t.Error("a name that leaves the folder was taken")
	}
	c, err := Load(dir, words(t), "*.yaml")
	if err != nil || len(c.Freezes(jst(2026, 11, 22, 1, 0))) != 1 || !c.Freezes(jst(2026, 11, 22, 1, 0))[0].Emergency {
		t.Errorf("read again: %+v, %v", c, err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 || filepath.Base(path) != "stop.yaml" {
		t.Errorf("left behind: %v", entries)
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{yearEnd, weekends, holidayFreeze, override, exclusion} {
		f.Add(text)
	}
	w := words(f)
	now := jst(2026, 11, 22, 12, 0)
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Parse("f", []byte(text), w)
		if err != nil {
			return
		}
		for _, f := range c.Freezes(now) {
			if !f.Until.IsZero() && !f.Until.After(now) {
				t.Errorf("freeze %s is over since %v", f.ID, f.Until)
			}
		}
	})
}
