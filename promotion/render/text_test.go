package render_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/goldentest"
	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/promotion/render"
)

// golden compares with testdata/name.
func golden(t *testing.T, name, got string) {
	t.Helper()
	goldentest.Compare(t, "testdata/"+name, got)
}

// decided are the decisions of promotion's records, by file, as they come out now.
func decided(t testing.TB) map[string]promotion.Record {
	t.Helper()
	files, err := filepath.Glob("../testdata/records/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	out := map[string]promotion.Record{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var of struct {
			At     time.Time
			Policy promotion.Policy
			Inputs promotion.Evidence
		}
		if err := json.Unmarshal(data, &of); err != nil {
			t.Fatal(file, err)
		}
		out[strings.TrimSuffix(filepath.Base(file), ".json")] = promotion.Judge("v1.2.3", of.Policy, of.Inputs, of.At)
	}
	return out
}

// big is a decision about so many ShopSets of two Tiers whose budgets are used up.
func big(shopSets int) promotion.Decision {
	d := promotion.Decision{From: "beta", To: "prod", EvidenceTier: "beta", Verdict: promotion.Hold}
	tiers := []promotion.Check{{Tier: "beta", Role: promotion.RoleEvidence}, {Tier: "prod", Role: promotion.RoleTarget}}
	for i := range shopSets {
		for _, slo := range []string{"cart-availability", "page-latency"} {
			c := tiers[i%2]
			c.Check, c.Result, c.ShopSet, c.SLO = promotion.CheckBudget, promotion.Fail, fleet.ShopSetName(fmt.Sprintf("s-%05d", i)), slo
			c.Reason = "Error budget (28d) is exhausted: 30,240 of 24,192,000 events of " + slo + " were bad (24,192 allowed)."
			d.Checks = append(d.Checks, c)
		}
	}
	return d
}

// Japanese has no blanks, and each letter takes two columns.
func TestAJapaneseReasonIsWrapped(t *testing.T) {
	d := decided(t)["hold"].Decision
	d.Checks[0].Reason = strings.Repeat("年末の売り出しのあいだは誰も変更しないでください。", 6)
	var out strings.Builder
	if err := render.Text(&out, text.English, d, 60, false); err != nil {
		t.Fatal(err)
	}
	whole := strings.Join(strings.Fields(out.String()), "")
	if !strings.Contains(whole, d.Checks[0].Reason) {
		t.Errorf("the reason is not there in whole:\n%s", out.String())
	}
	for line := range strings.SplitSeq(out.String(), "\n") {
		if n := text.Width(line); n > 60 {
			t.Errorf("a line of %d columns: %s", n, line)
		}
	}
}

func TestText(t *testing.T) {
	for name, r := range decided(t) {
		for _, in := range text.Languages {
			d := r.In(in)
			for _, columns := range []int{0, 80} {
				var out strings.Builder
				if err := render.Text(&out, in, d, columns, false); err != nil {
					t.Fatal(err)
				}
				for _, line := range strings.Split(out.String(), "\n") {
					if n := text.Width(line); n > max(columns, 80) && columns > 0 || n > 100 {
						t.Errorf("%s: a line of %d columns: %s", name, n, line)
					}
				}
				switch {
				case in == text.Japanese && columns == 80 && name != "whole":
					golden(t, "ja-"+name+".txt", out.String())
				case in == text.English && columns == 0 && name != "whole":
					golden(t, name+".txt", out.String())
				}
			}
		}
	}
}

func TestTextOfABigFleetStaysShort(t *testing.T) {
	var out strings.Builder
	if err := render.Text(&out, text.English, big(400), 0, false); err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(out.String(), "\n"); lines > 60 || !strings.Contains(out.String(), "and 388 more; use -o json for the full list") {
		t.Errorf("%d lines:\n%.3000s", lines, out.String())
	}
}

func TestColours(t *testing.T) {
	var plain, coloured strings.Builder
	d := decided(t)["hold"].Decision
	if err := render.Text(&plain, text.English, d, 0, false); err != nil {
		t.Fatal(err)
	}
	if err := render.Text(&coloured, text.English, d, 0, true); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(plain.String(), "\x1b") || !strings.HasPrefix(coloured.String(), "\x1b[31mHOLD\x1b[0m") {
		t.Errorf("colours are not where they were asked for: %q", coloured.String()[:40])
	}
	if bare := strings.NewReplacer("\x1b[31m", "", "\x1b[0m", "").Replace(coloured.String()); bare != plain.String() {
		t.Error("colours change the text's lines")
	}
}
