package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A ShopSet is renamed, in its document first and where it is scraped a while later: its budget
// goes on to the event, with a ledger, read once, and explained; the old name has nothing any more.
func TestServeKeepsTheHistoryOfARenamedShopSet(t *testing.T) {
	x := newExporter(t)
	dir := t.TempDir()
	config := filepath.Join(dir, "shopslo.yaml")
	formerly := strings.Replace(fleetOf("prod: b-1"), "tier: prod,", "tier: prod, formerly: [{name: a-1}],", 1)
	writeFiles(t, dir, map[string]string{"shopslo.yaml": scrapeConfig(map[string]*exporter{"a-1": x}), "fleet.yaml": fleetOf("prod: a-1"), "slos/a.yaml": cartSLO("1h")})
	x.add(100, 0)
	s := startServe(t, config)
	x.waitScraped(t)
	x.add(50, 5)
	s.waitCounts(t, "cart", "a-1", 55, 5)
	writeFiles(t, dir, map[string]string{"fleet.yaml": formerly})
	s.hangUp(t, "documents are reloaded")
	x.add(20, 1) // scraped under the old name yet
	s.waitCounts(t, "cart", "b-1", 76, 6)
	writeFiles(t, dir, map[string]string{"shopslo.yaml": scrapeConfig(map[string]*exporter{"b-1": x})})
	s.hangUp(t, "documents are reloaded")
	x.waitScraped(t)
	x.add(30, 3)
	s.waitCounts(t, "cart", "b-1", 109, 9)
	b := budgetOf(t, s.status(t, time.Time{}), "cart", "b-1")
	if len(b.Flags) > 0 {
		t.Errorf("flags %v", b.Flags)
	}
	if _, metrics := s.get(t, "/metrics"); strings.Contains(metrics, `"a-1"`) || !strings.Contains(metrics, `shopset="b-1"`) {
		t.Error("/metrics has the old name, or not the new one")
	}
	s.stop(t)

	code, stdout, stderr := runWith(t, nil, "explain", "cart", "b-1", "--config", config, "-o", "json")
	var explained struct {
		Parts []struct{ Counted map[string]float64 }
	}
	_ = json.Unmarshal([]byte(stdout), &explained)
	if code != exitOK || !strings.Contains(stdout, `shopset=\"a-1\"`) {
		t.Errorf("explain: %d %s%s", code, stdout, stderr)
	}
	// Without a ledger the source is read anew, under both names.
	alone := strings.Replace(scrapeConfig(map[string]*exporter{"b-1": x}), "dir: ledger,", "dir: none-yet,", 1)
	writeFiles(t, dir, map[string]string{"shopslo.yaml": alone})
	code, stdout, stderr = runWith(t, nil, "status", "--config", config, "-o", "json")
	if code != exitOK {
		t.Fatalf("status: %d %s", code, stderr)
	}
	if b := budgetOf(t, decodeStatus(t, stdout), "cart", "b-1"); b.Total == nil || *b.Total != 109 || *b.Bad != 9 {
		t.Errorf("without a ledger: %s", figures(b))
	}
	// With the ledger, whose history is b-1's now, nobody needs to say formerly.
	writeFiles(t, dir, map[string]string{"shopslo.yaml": scrapeConfig(map[string]*exporter{"b-1": x}), "fleet.yaml": fleetOf("prod: b-1")})
	code, stdout, stderr = runWith(t, nil, "status", "--config", config, "-o", "json")
	if code != exitOK {
		t.Fatalf("status: %d %s", code, stderr)
	}
	if b := budgetOf(t, decodeStatus(t, stdout), "cart", "b-1"); b.Total == nil || *b.Total != 109 || *b.Bad != 9 {
		t.Errorf("without formerly: %s", figures(b))
	}
}

func TestWhatCannotBeFormerlyIsRefused(t *testing.T) {
	sets := func(a, b string) string {
		text := fleetOf("prod: a-1 b-1")
		text = strings.Replace(text, "metadata: {name: a-1}\nspec: {tier: prod,", "metadata: {name: a-1}\nspec: {tier: prod, "+a, 1)
		return strings.Replace(text, "metadata: {name: b-1}\nspec: {tier: prod,", "metadata: {name: b-1}\nspec: {tier: prod, "+b, 1)
	}
	for _, c := range []struct{ name, fleet, says string }{
		{"two claim one name", sets("formerly: [{name: old}],", "formerly: [{name: old}],"), `ShopSet "a-1" was "old" too; a history goes on in one ShopSet only`},
		{"a name that is still there", sets("", "formerly: [{name: a-1}],"), `ShopSet "a-1" is still there; only a name that no ShopSet has any more can be a former one`},
		{"each other", sets("formerly: [{name: b-1}],", "formerly: [{name: a-1}],"), `ShopSets "a-1", "b-1" say to have been one another`},
		{"labels of another one", sets("", `formerly: [{name: old, match: {shopset: a-1}}],`), `{shopset="a-1"} is ShopSet "a-1"'s match too`},
		{"itself", sets("formerly: [{name: a-1}],", ""), `is what the ShopSet is now`},
		{"nothing", sets("formerly: [{}],", ""), `says nothing; give the name that the ShopSet had, or the match, or both`},
		{"a text", sets("formerly: [old],", ""), `formerly[0]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			writeFiles(t, dir, map[string]string{"shopslo.yaml": scrapeConfig(nil), "fleet.yaml": c.fleet, "slos/a.yaml": cartSLO("1h")})
			code, stdout, stderr := runWith(t, nil, "validate", "--config", filepath.Join(dir, "shopslo.yaml"))
			out := stdout + stderr
			if code != 3 || !strings.Contains(out, c.says) || !strings.Contains(out, "formerly") || strings.Count(out, "formerly[") > 1 {
				t.Errorf("exit code %d:\n%s", code, out)
			}
		})
	}
}
