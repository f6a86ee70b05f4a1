package archtest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

// concept is a row of docs/glossary.md.
type concept struct {
	what, english, japanese string
	not                     []string
}

// spoken are the folders whose texts people read.
var spoken = []string{"board", "cmd", "dashboards", "exporters", "incident", "internal/cli", "mackerel", "plugins", "promotion", "review", "slo/rules", "status"}

func glossary(t *testing.T) (out []concept) {
	t.Helper()
	text, err := os.ReadFile("../../docs/glossary.md")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) != 4 || strings.HasPrefix(line, "|---") || strings.HasPrefix(line, "| Concept") {
			continue
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		out = append(out, concept{cells[0], cells[1], cells[2], strings.Split(cells[3], ", ")})
	}
	if len(out) < 20 {
		t.Fatalf("docs/glossary.md has %d concepts", len(out))
	}
	return out
}

// literal is a text in the source.
type literal struct{ at, text string }

// literals are the texts of a Go file but for imports and tags of structs.
func literals(name string, source any) ([]literal, error) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, source, parser.SkipObjectResolution)
	if err != nil {
		return nil, fmt.Errorf("parse %s: %w", name, err)
	}
	var out []literal
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.Field:
			return n.Tag == nil
		case *ast.BasicLit:
			if text, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING {
				out = append(out, literal{set.Position(n.Pos()).String(), text})
			}
		}
		return true
	})
	return out, nil
}

func told(t *testing.T) (out []literal) {
	t.Helper()
	for _, folder := range spoken {
		err := filepath.WalkDir("../../"+folder, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			some, err := literals(path, nil)
			out = append(out, some...)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// says reports whether a text has a word in it: an English one whole, in any case, a
// Japanese one anywhere, one that begins with ja: as it is written, in Japanese texts.
func says(text, word string) bool {
	if rest, ok := strings.CutPrefix(word, "ja:"); ok {
		return strings.IndexFunc(text, japanese) >= 0 && strings.Contains(text, rest)
	}
	if strings.IndexFunc(word, japanese) >= 0 {
		return strings.Contains(text, word)
	}
	return regexp.MustCompile(`(?i)\b` + regexp.QuoteMeta(word) + `\b`).MatchString(text)
}

func japanese(r rune) bool {
	return unicode.In(r, unicode.Hiragana, unicode.Katakana, unicode.Han)
}

// forbidden finds what the glossary has another word for.
func forbidden(concepts []concept, all []literal) (out []string) {
	for _, l := range all {
		for _, c := range concepts {
			// A word that is a part of the right one is no fault there.
			text := strings.ReplaceAll(l.text, c.japanese, "")
			for _, word := range c.not {
				if says(text, word) {
					out = append(out, fmt.Sprintf("%s: %q is %q or %q in docs/glossary.md: %.80q", l.at, word, c.english, c.japanese, l.text))
				}
			}
		}
	}
	return out
}

func TestTextsTakeTheirWordsFromTheGlossary(t *testing.T) {
	concepts, all := glossary(t), told(t)
	for _, fault := range forbidden(concepts, all) {
		t.Error(fault)
	}
	for _, c := range concepts {
		for _, word := range []string{c.english, c.japanese} {
			if !slices.ContainsFunc(all, func(l literal) bool { return says(l.text, word) }) {
				t.Errorf("nobody says %q, the glossary's word for %q", word, c.what)
			}
		}
	}
}

func TestTheGlossaryHasOneWordForEachConcept(t *testing.T) {
	seen := map[string]string{}
	for _, c := range glossary(t) {
		for language, word := range map[string]string{"English": c.english, "Japanese": c.japanese} {
			if word == "" || strings.ContainsAny(word, ",、/") {
				t.Errorf("%q has %q in %s: one word", c.what, word, language)
			}
			if other := seen[language+word]; other != "" {
				t.Errorf("%q is both %q and %q", word, other, c.what)
			}
			seen[language+word] = c.what
		}
		for _, word := range c.not {
			if word == "" || word == c.english || word == c.japanese {
				t.Errorf("%q: not %q", c.what, word)
			}
		}
	}
}

func TestAWordThatIsNotTheGlossarysIsFound(t *testing.T) {
	for source, found := range map[string]int{
		`package p; const x = "the budget is Used Up"`:                     1,
		`package p; var x = f("", "バジェットを使い切りました")`:                        1,
		`package p; var x, y = "Release の数", "A Release"`:                  1,
		`package p; var x = "凍結の予定"`:                                       1,
		`package p; var x = "リリース凍結の予定"`:                                   0,
		"package p; type T struct { H int `json:\"hurt\"` }":               0,
		`package p; import "hurt"; var x = "unhurt" // it is used up here`: 0,
	} {
		some, err := literals("planted.go", source)
		if err != nil {
			t.Fatal(err)
		}
		if got := forbidden(glossary(t), some); len(got) != found {
			t.Errorf("%s: %d found: %v", source, len(got), got)
		}
	}
}
