package demo

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/shopslo/shopslo/engine/config"
	"github.com/shopslo/shopslo/fleet/manifest"
	"github.com/shopslo/shopslo/internal/customers"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/openslo"
)

func written(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	var list []address
	for _, p := range shops {
		list = append(list, address{Name: p.Name, Address: "127.0.0.1:12345"})
	}
	if err := writeFiles(dir, list); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestTheConfigurationIsOneThatShopsloReads(t *testing.T) {
	dir := written(t)
	c, err := config.Load(filepath.Join(dir, configFile))
	if err != nil {
		t.Fatal(err)
	}
	e := c.Default.Embedded
	if e == nil || e.ScrapeInterval != time.Second {
		t.Fatalf("source %+v, want an embedded one with an interval of a second", c.Default)
	}
	for _, p := range shops {
		if !bytes.Contains(e.ScrapeConfigs, []byte(p.Name)) {
			t.Errorf("ShopSet %s is not scraped", p.Name)
		}
	}
	if c.Ledger.Resolution != time.Second {
		t.Errorf("resolution %v, want a second", c.Ledger.Resolution)
	}
	// In the file the factor is stated for 30 days; in a minute it is 1.2.
	for _, b := range c.BurnRates {
		if f := b.Factor / (30 * 24 * 60); f < 1.19 || f > 1.21 {
			t.Errorf("burn rate %+v has the factor %v in a window of a minute", b, f)
		}
	}
}

func TestTheShopsAreTheShopSetsOfTheFleetDocuments(t *testing.T) {
	f, err := manifest.Load(written(t), "fleet/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	tiers := map[string]string{}
	for _, s := range f.ShopSets() {
		tiers[string(s.Name)] = string(s.Tier)
	}
	if len(tiers) != len(shops) {
		t.Errorf("%d ShopSets in the documents, %d shops", len(tiers), len(shops))
	}
	for _, p := range shops {
		if tiers[p.Name] != p.Tier {
			t.Errorf("shop %s is of tier %q, in the documents of %q", p.Name, p.Tier, tiers[p.Name])
		}
	}
	if profileOf(releasedTo).Tier != "beta" || profileOf(killed).Tier != gateTo {
		t.Error("the story's ShopSets are in other Tiers than it tells")
	}
}

func TestTheSLOsAreReadAndOfAMinute(t *testing.T) {
	docs, err := openslo.Load(written(t), []string{"slos/*.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, s := range docs.SLOs {
		names[s.Name] = true
		if s.Window.Length != time.Minute {
			t.Errorf("%s has a window of %v, want a minute", s.Name, s.Window)
		}
		if s.Parts[0].Indicator.Counter != slo.Yes {
			t.Errorf("%s is not counted from counters", s.Name)
		}
	}
	if len(names) != 2 || !names[cartSLO] || !names["shop-page-latency"] {
		t.Errorf("SLOs are %v", names)
	}
}

func TestTheFleetIsThatOfTheExamples(t *testing.T) {
	examples, err := filepath.Glob("../../../examples/fleet/*.yaml")
	if err != nil || len(examples) == 0 {
		t.Fatalf("no documents in examples/fleet: %v", err)
	}
	copies, _ := filepath.Glob("files/fleet/*.yaml")
	if len(copies) != len(examples) {
		t.Errorf("%d copies of %d documents; run go generate", len(copies), len(examples))
	}
	for _, name := range examples {
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join("files/fleet", filepath.Base(name)))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("files/fleet/%s differs from the example (%v); run go generate", filepath.Base(name), err)
		}
	}
}

func TestPeaksStayBelowTheBound(t *testing.T) {
	var to []customers.Shop
	for _, p := range shops {
		to = append(to, customers.Shop{ShopSet: p.Name, Peak: p.Peak})
	}
	if _, err := customers.New(to, nil, 1); err != nil {
		t.Error(err)
	}
}
