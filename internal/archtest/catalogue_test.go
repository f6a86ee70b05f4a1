package archtest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// catalogue is the file of a package that has all it says in two languages. One with much to
// say has more of them: texts_help.go.
const catalogue = "texts.go"

func isCatalogue(name string) bool {
	return path.Base(name) == catalogue || strings.HasPrefix(path.Base(name), "texts_")
}

// scattered are files that have Japanese beside the code and are no catalogue yet, or never
// will be.
var scattered = map[string]string{
	"internal/text/columns.go":  "rules of line breaking",
	"internal/text/language.go": "units of time, and what joins names",
	"cmd/shopslo/calendar.go":   "an example of a reason that somebody writes",

	"review/words.go": "days of the week",
}

// entryOf gives the two texts of a call of text.Of; ok is false for any other node.
func entryOf(n ast.Node) (english, japanese string, ok bool) {
	call, isCall := n.(*ast.CallExpr)
	if !isCall || len(call.Args) != 2 {
		return "", "", false
	}
	sel, isSel := call.Fun.(*ast.SelectorExpr)
	if !isSel || sel.Sel.Name != "Of" {
		return "", "", false
	}
	if x, isIdent := sel.X.(*ast.Ident); !isIdent || x.Name != "text" {
		return "", "", false
	}
	english, ok1 := constant(call.Args[0])
	japanese, ok2 := constant(call.Args[1])
	return english, japanese, ok1 && ok2
}

func constant(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		return text, err == nil
	case *ast.BinaryExpr:
		x, ok1 := constant(e.X)
		y, ok2 := constant(e.Y)
		return x + y, ok1 && ok2
	}
	return "", false
}

var aVerb = regexp.MustCompile(`%[-+#0]*[0-9]*(?:\.[0-9]+)?(?:\[(\d+)\])?([a-zA-Z%])`)

// verbs are those of a format by the number of their argument, as 1s 2d, sorted.
func verbs(format string) (out []string) {
	next := 1
	for _, m := range aVerb.FindAllStringSubmatch(format, -1) {
		if m[2] == "%" {
			continue
		}
		if m[1] != "" {
			next, _ = strconv.Atoi(m[1])
		}
		out = append(out, fmt.Sprintf("%d%s", next, m[2]))
		next++
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// unlike says what is wrong with the entries of a file, and where Japanese is in none.
func unlike(name string, source any) (out []string, err error) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, source, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if english, japaneseText, ok := entryOf(n); ok {
			at := set.Position(n.Pos())
			switch {
			case !isCatalogue(name):
				out = append(out, fmt.Sprintf("%s: entries stand in %s", at, catalogue))
			case english == "" || japaneseText == "":
				out = append(out, fmt.Sprintf("%s: a language is missing", at))
			case strings.IndexFunc(english, japanese) >= 0:
				out = append(out, fmt.Sprintf("%s: %q is not English", at, english))
			case !slices.Equal(verbs(english), verbs(japaneseText)):
				out = append(out, fmt.Sprintf("%s: the verbs are %v in English, and %v in Japanese", at, verbs(english), verbs(japaneseText)))
			}
		}
		return true
	})
	if isCatalogue(name) {
		return out, nil
	}
	all, err := literals(name, source)
	if why := scattered[strings.TrimPrefix(name, root+"/")]; why != "" {
		if !slices.ContainsFunc(all, func(l literal) bool { return strings.IndexFunc(l.text, japanese) >= 0 }) {
			out = append(out, fmt.Sprintf("%s has no Japanese any more: take it out of the list (%s)", name, why))
		}
		return out, err
	}
	for _, l := range all {
		if strings.IndexFunc(l.text, japanese) >= 0 {
			out = append(out, fmt.Sprintf("%s: Japanese stands in %s of its package, where somebody can review it: %.60q", l.at, catalogue, l.text))
		}
	}
	return out, err
}

func TestWhatPeopleReadInTwoLanguagesStandsInCatalogues(t *testing.T) {
	seen, entries := map[string]bool{}, 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		below := strings.TrimPrefix(path, root+"/")
		if d.IsDir() && (slices.Contains([]string{"bench", "tools", "testdata"}, d.Name()) || strings.HasPrefix(d.Name(), ".") && path != root || testHelper(below)) {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		seen[below] = true
		if isCatalogue(path) {
			entries++
		}
		faults, err := unlike(path, nil)
		for _, f := range faults {
			t.Error(f)
		}
		return err
	})
	if err != nil || entries == 0 {
		t.Fatalf("%d catalogues: %v", entries, err)
	}
	for file := range scattered {
		if !seen[file] {
			t.Errorf("%s is gone: take it out of the list", file)
		}
	}
}

func TestAnEntryThatIsWrongIsFound(t *testing.T) {
	for source, want := range map[string]string{
		`text.Of("%s has %d", "%[2]d 件：%[1]s")`:     "",
		`text.Of("100 %% of %s", "%s の 100 %%")`:    "",
		`text.Of("%s has " + "%d", "%s は " + "%s")`: "the verbs are [1s 2d] in English, and [1s 2s] in Japanese",
		`text.Of("%s and %s", "%s と")`:              "the verbs are",
		`text.Of("%.1f", "%.2f です")`:                "",
		`text.Of("", "はい")`:                         "a language is missing",
		`text.Of("はい", "はい")`:                       "is not English",
	} {
		got, err := unlike("x/texts.go", "package x\nvar a = "+source)
		if err != nil || want == "" && len(got) > 0 || want != "" && (len(got) != 1 || !strings.Contains(got[0], want)) {
			t.Errorf("%s: %q, %v; want %s", source, got, err, want)
		}
	}
	for source, want := range map[string]int{`f("a", "はい")`: 1, `text.Of("a", "はい")`: 2, `f("a") // はい`: 0} {
		if got, err := unlike("x/other.go", "package x\nvar a = "+source); err != nil || len(got) != want {
			t.Errorf("%s: %q, %v", source, got, err)
		}
	}
}
