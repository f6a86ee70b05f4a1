package promotion

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

// literals are the texts of the package's files but its catalogue; saidHere those of them that
// are filled in as they stand.
func literals(t *testing.T) (all, saidHere []string) {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") || name == "texts.go" {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				if sel, ok := n.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "say" {
					if lit, ok := n.Args[0].(*ast.BasicLit); ok {
						text, _ := strconv.Unquote(lit.Value)
						saidHere = append(saidHere, text)
					}
				}
				if sel, ok := n.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "count" {
					if lit, ok := n.Args[1].(*ast.BasicLit); ok {
						noun, _ := strconv.Unquote(lit.Value)
						saidHere = append(saidHere, "%d "+noun+"s")
					}
				}
			case *ast.BasicLit:
				if text, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING {
					all = append(all, text)
				}
			}
			return true
		})
	}
	return append(all, saidHere...), saidHere
}

func TestEverySentenceHasItsJapanese(t *testing.T) {
	all, saidHere := literals(t)
	if len(saidHere) < 100 {
		t.Fatalf("only %d sentences found", len(saidHere))
	}
	dynamic := slices.Concat(Checks(), places, []string{setFleet, setArrival, releaseUnknown, failing, indistinct, string(slo.Events), string(slo.Slices), string(slo.Points), string(slo.Page), string(slo.Ticket)})
	for _, english := range append(dynamic, saidHere...) {
		if _, ok := said[english]; !ok {
			t.Errorf("texts.go has no Japanese for %q", english)
		}
	}
	if len(said) != len(sayings)+len(sayingsSince) {
		t.Errorf("%d of %d entries stand twice", len(sayings)+len(sayingsSince)-len(said), len(said))
	}
	for english := range said {
		if !slices.Contains(all, english) && !slices.Contains(dynamic, english) && english != "the exporter" {
			t.Errorf("nothing says %q", english)
		}
	}
}

func TestDecisionsAreTheSameInJapanese(t *testing.T) {
	files, err := filepath.Glob("testdata/records/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var of struct {
			At     time.Time
			Policy Policy
			Inputs Evidence
		}
		if err := json.Unmarshal(data, &of); err != nil {
			t.Fatal(file, err)
		}
		r := Judge("v1", of.Policy, of.Inputs, of.At)
		d := r.In(text.Japanese)
		if !sameResults(d, r.Decision) {
			t.Fatalf("%s comes out otherwise in Japanese", file)
		}
		for _, c := range d.Checks {
			if strings.IndexFunc(c.Reason, func(r rune) bool { return unicode.In(r, unicode.Hiragana, unicode.Katakana, unicode.Han) }) < 0 {
				t.Errorf("%s: %s: %q", file, c.Check, c.Reason)
			}
			if strings.Contains(c.Reason, "%!") {
				t.Errorf("%s: %s: %q", file, c.Check, c.Reason)
			}
		}
	}
}

func TestARecordThatDoesNotFollowFromItsEvidenceStaysAsItIs(t *testing.T) {
	r := Record{Decision: Decision{Verdict: Hold, Checks: []Check{{Check: CheckBudget, Result: Fail, Reason: "as it was said"}}}}
	if d := r.In(text.Japanese); len(d.Checks) != 1 || d.Checks[0].Reason != "as it was said" {
		t.Errorf("%+v", d)
	}
}

func TestWhatOthersSaidEndsAsASentenceOfTheLanguage(t *testing.T) {
	b := status.Budget{Failure: "the query times out"}
	if got := english.uncounted(&b); got != "Counting is failing: the query times out." {
		t.Errorf("%q", got)
	}
	japanese := lang{text.Japanese}
	for _, got := range []string{japanese.uncounted(&b), japanese.doubtful(english.uncounted(&b))} {
		if got != "集計に失敗: the query times out。" {
			t.Errorf("%q", got)
		}
	}
}
