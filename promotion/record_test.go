package promotion_test

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/promotion/render"
)

// reasons are the sentences of checks. They may be worded better; all else stays.
var reasons = regexp.MustCompile(`"reason": "(?:[^"\\]|\\.)*"`)

// The files were written by an earlier version. Whoever kept such a record can have it
// decided again, and a decision is still written byte for byte in the same shape. They
// are not to be rewritten unless Rules has grown.
func TestRecordsOfBeforeReplay(t *testing.T) {
	files, err := filepath.Glob("testdata/records/*.json")
	if err != nil || len(files) < 8 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			old, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			r, err := promotion.DecodeRecord(old)
			if err != nil {
				t.Fatal(err)
			}
			if d, err := r.Replay("v1.0.0"); err != nil || d.Verdict != r.Verdict {
				t.Errorf("replayed it is %s, %v", d.Verdict, err)
			}
			again, err := promotion.Judge(r.Program, r.Policy, r.Evidence, r.At).AppendJSON(nil)
			if err != nil {
				t.Fatal(err)
			}
			validate(t, again)
			if was, is := reasons.ReplaceAllString(string(old), ""), reasons.ReplaceAllString(string(again)+"\n", ""); was != is {
				t.Errorf("it was\n%s\nit is\n%s", was, is)
			}
		})
	}
}

// What was decided by other rules is refused, and it is said what to do.
func TestARecordOfOtherRulesIsRefused(t *testing.T) {
	old, err := os.ReadFile("testdata/refused/rules-4.json")
	if err != nil {
		t.Fatal(err)
	}
	_, err = promotion.DecodeRecord(old)
	if err == nil || !strings.Contains(err.Error(), "made by rules 4 of shopslo") || !strings.Contains(err.Error(), "replay with that version") {
		t.Errorf("error %v", err)
	}
}

func FuzzReplay(f *testing.F) {
	small := whole(f, "prod") // that a mutation hits something, and does not take long
	small.Source.ShopSets, small.Source.SLOs, small.Target = small.Source.ShopSets[:1], small.Source.SLOs[:1], promotion.Tier{Name: "prod"}
	small.Report.Budgets, small.Report.Alerts, small.Comparisons, small.Groups = small.Report.Budgets[:1], small.Report.Alerts[:1], small.Comparisons[:1], small.Groups[:1]
	for _, e := range []promotion.Evidence{small, {From: "beta", To: "prod", Groups: []promotion.Group{}}} {
		data, err := promotion.Judge("v1", promotion.Policy{}, e, now).AppendJSON(nil)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := promotion.DecodeRecord(data)
		if err != nil {
			return
		}
		d, err := r.Replay("v1")
		if err == nil && d.Verdict != r.Verdict {
			t.Fatalf("%s is replayed as %s", r.Verdict, d.Verdict)
		}
		for _, form := range []func(io.Writer) error{
			func(w io.Writer) error { return render.Markdown(w, text.English, r.Decision) }, func(w io.Writer) error { return render.JUnit(w, r.Decision) },
			func(w io.Writer) error { return render.Explanation(w, text.English, r, 80, false) }, func(w io.Writer) error { return render.SARIF(w, r.Decision, "f", "v") },
		} {
			if err := form(io.Discard); err != nil {
				t.Fatal(err)
			}
		}
	})
}
