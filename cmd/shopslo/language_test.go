package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/shopslo/shopslo/internal/cli/commandstest"
	"github.com/shopslo/shopslo/internal/cli/speech"
	"github.com/shopslo/shopslo/internal/text"
)

func TestTheLanguageIsTheOneAskedForElseThatOfTheLocale(t *testing.T) {
	for name, c := range map[string]struct {
		env  []string
		args []string
		ja   bool
	}{
		"nothing":                         {nil, nil, false},
		"a Japanese locale":               {[]string{"LANG=ja_JP.UTF-8"}, nil, true},
		"messages before LANG":            {[]string{"LANG=ja_JP.UTF-8", "LC_MESSAGES=en_US.UTF-8"}, nil, false},
		"LC_ALL before messages":          {[]string{"LC_MESSAGES=en_US.UTF-8", "LC_ALL=ja_JP.utf8"}, nil, true},
		"another character set":           {[]string{"LANG=ja_JP.eucJP"}, nil, false},
		"C":                               {[]string{"LANG=C.UTF-8"}, nil, false},
		"the flag before all":             {[]string{"LANG=ja_JP.UTF-8", "SHOPSLO_LANG=ja"}, []string{"--lang", "en"}, false},
		"the flag with =":                 {nil, []string{"--lang=ja"}, true},
		"the last flag":                   {nil, []string{"--lang=ja", "--lang", "en"}, false},
		"SHOPSLO_LANG before the locale":  {[]string{"LC_ALL=ja_JP.UTF-8", "SHOPSLO_LANG=en"}, nil, false},
		"SHOPSLO_LANG without any locale": {[]string{"SHOPSLO_LANG=ja"}, nil, true},
	} {
		for _, args := range [][]string{append(c.args, "gate", "--help"), append([]string{"gate", "--help"}, c.args...), append([]string{"help"}, c.args...)} {
			code, stdout, stderr := runWith(t, c.env, args...)
			if code != exitOK || commandstest.SpeaksJapanese(stdout) != c.ja {
				t.Errorf("%s: %q: exit code %d, %s%s", name, args, code, stdout, stderr)
			}
		}
	}
}

func TestALanguageThatIsNoneIsRefusedWithThoseThereAre(t *testing.T) {
	for _, c := range []struct {
		env, args []string
	}{
		{nil, []string{"version", "--lang", "xx"}},
		{nil, []string{"--lang=fr", "version"}},
		{nil, []string{"version", "--lang", ""}},
		{[]string{"SHOPSLO_LANG=jp"}, []string{"version"}},
	} {
		code, stdout, stderr := runWith(t, c.env, c.args...)
		if code != exitUsage || stdout != "" || !strings.Contains(stderr, "en or ja") {
			t.Errorf("%q: exit code %d, %q, %q", c.args, code, stdout, stderr)
		}
	}
}

func TestEveryCommandAndFlagIsInJapanese(t *testing.T) {
	commandstest.InJapanese(t, (&program{}).root(), oneLiners)
}

func TestJapaneseHelpFitsATerminal(t *testing.T) {
	commandstest.Fits(t, (&program{lang: speech.Speech{Language: text.Japanese}}).root(), 90)
}

// Errors of the command line are made in many places: each has its Japanese.
func TestEveryErrorOfUsageIsInJapanese(t *testing.T) {
	n := 0
	for _, folder := range []string{".", "../../engine"} {
		err := filepath.WalkDir(folder, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(node ast.Node) bool {
				call, ok := node.(*ast.CallExpr)
				if !ok || len(call.Args) == 0 {
					return true
				}
				sel, ok := call.Fun.(*ast.SelectorExpr)
				lit, isText := call.Args[0].(*ast.BasicLit)
				if !ok || !isText || sel.Sel.Name != "Errorf" || fmt.Sprint(sel.X) != "usage" {
					return true
				}
				format, _ := strconv.Unquote(lit.Value)
				// As it comes out where arguments say nothing of their own.
				said := regexp.MustCompile(`%(?:\[\d+\])?[svd]`).ReplaceAllString(strings.ReplaceAll(format, "%q", `"7"`), "7")
				if words := strings.Trim(regexp.MustCompile(`--?[a-z-]+`).ReplaceAllString(said, ""), `7":, `); words == "" {
					return true // what somebody else says
				}
				n++
				if got := complaints.Say(text.Japanese, said); !commandstest.SpeaksJapanese(got) {
					t.Errorf("%s: texts_errors.go has no Japanese for %q", name, format)
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if n < 90 {
		t.Errorf("only %d errors found", n)
	}
}

// What a document lacks is said by a tag of its struct, and by the fleet's own checks.
func TestWhatDocumentsLackIsInJapanese(t *testing.T) {
	n := 0
	for _, folder := range []string{"../../engine", "../../fleet/manifest", "../../promotion/calendar", "../../slo/openslo"} {
		err := filepath.WalkDir(folder, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
				return err
			}
			code, err := os.ReadFile(name)
			for _, tag := range regexp.MustCompile("`[^`]*need:(\"(?:[^\"\\\\]|\\\\.)*\")[^`]*`").FindAllSubmatch(code, -1) {
				need, err := strconv.Unquote(string(tag[1]))
				if n++; err != nil || !commandstest.SpeaksJapanese(complaints.Say(text.Japanese, need)) {
					t.Errorf("%s: texts_errors.go has no Japanese for %q: %v", name, need, err)
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if n < 15 {
		t.Errorf("only %d found", n)
	}
}

func TestPhrasebooksSayWhatTheCodeSays(t *testing.T) {
	// Libraries say these, or the code puts them together.
	commandstest.Said(t, "../..", append(complaints.Texts(), answers.Texts()...), regexp.MustCompile(`^(unknown (shorthand )?flag|flag needs an argument|invalid argument|no such file|connect: |read configuration: %s: file|%q is not a duration|(%d|1) faults? in `+
		`|INCONCLUSIVE  Taking|the metric does not exist; nearest|no (freeze|override|exclusion) is|not found in the registry|mapping values are|did not find expected|control characters are|could not find expected|found (character that|unexpected end)|\[%s\] properties are)|it is the lowest Tier|ask for the time: ask|too few samples to tell|of the app repository from|is (rolled back|promoted) to Release`))
}
