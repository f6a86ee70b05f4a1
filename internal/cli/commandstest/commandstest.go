// Package commandstest holds the commands of a program to what all of them promise: each command
// and flag in English and Japanese, and help that fits a terminal; and the commands that texts name
// to those that there are.
package commandstest

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/shopslo/shopslo/internal/cli/commands"
	"github.com/shopslo/shopslo/internal/cli/speech"
	"github.com/shopslo/shopslo/internal/text"
)

// SpeaksJapanese reports whether a text has Japanese letters in it.
func SpeaksJapanese(said string) bool {
	return strings.IndexFunc(said, func(r rune) bool { return unicode.In(r, unicode.Hiragana, unicode.Katakana) }) >= 0
}

// InJapanese fails where a command or flag of the English root has no entry in oneLiners, or an
// entry has no command or flag.
func InJapanese(t *testing.T, root *cobra.Command, oneLiners []text.Entry) {
	t.Helper()
	common, unused := map[string]bool{}, map[string]bool{}
	for _, e := range commands.OneLiners {
		common[text.English.Say(e)] = true
	}
	for _, e := range oneLiners {
		if english := text.English.Say(e); unused[english] || common[english] {
			t.Errorf("%q stands twice in texts.go", english)
		} else {
			unused[english] = true
		}
	}
	seen := common
	see := func(where, english string) {
		if seen[english] || english == "" {
			return
		}
		seen[english] = true
		if !unused[english] {
			t.Errorf("%s: texts.go has no Japanese for %q", where, english)
		}
		delete(unused, english)
	}
	root.InitDefaultHelpCmd()
	each(root, func(c *cobra.Command) {
		see(c.CommandPath(), c.Short)
		for _, flags := range []*pflag.FlagSet{c.LocalNonPersistentFlags(), c.PersistentFlags()} {
			flags.VisitAll(func(f *pflag.Flag) { see(c.CommandPath()+" --"+f.Name, f.Usage) })
		}
	})
	for text := range unused {
		t.Errorf("no command or flag says %q", text)
	}
}

// Fits fails where a line of a command's help is wider than so many columns. Examples are to be
// copied, so they may be wider.
func Fits(t *testing.T, root *cobra.Command, columns int) {
	t.Helper()
	each(root, func(c *cobra.Command) {
		said := c.Long + "\n" + c.UsageString()
		for line := range strings.Lines(strings.ReplaceAll(said, c.Example, "")) {
			if line = strings.TrimRight(line, "\n"); text.Width(line) > columns {
				t.Errorf("%s: %d columns: %s", c.CommandPath(), text.Width(line), line)
			}
		}
	})
}

// Said fails where one of a phrasebook's English texts stands nowhere in the code below root, so that
// nothing says it any more. Of elsewhere are those that libraries say, or that the code puts together.
func Said(t *testing.T, root string, texts []string, elsewhere *regexp.Regexp) {
	t.Helper()
	var code strings.Builder
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") && !strings.HasPrefix(d.Name(), "texts") {
			text, err := os.ReadFile(name)
			code.Write(text)
			return err
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	all := strings.NewReplacer(`\"`, `"`, `\n`, "\n").Replace(code.String())
	for _, english := range texts {
		if elsewhere.MatchString(english) {
			continue
		}
		for _, own := range verbs.Split(english, -1) {
			if own = strings.Trim(own, " :;,.()[]"); len(own) > 20 && !strings.Contains(all, own) {
				t.Errorf("nothing says %q of %q", own, english)
			}
		}
	}
}

// Own are the texts of a program's phrasebook, without those that all programs have.
func Own(complaints *text.Phrasebook) []string {
	own := complaints.Texts()
	for _, common := range speech.Complaints().Texts() {
		own = slices.DeleteFunc(own, func(text string) bool { return text == common })
	}
	return own
}

var verbs = regexp.MustCompile(`%[-+#0]*[0-9]*(?:\.[0-9]+)?(?:\[\d+\])?[a-zA-Z%]|\d+`)

func each(c *cobra.Command, do func(*cobra.Command)) {
	do(c)
	for _, sub := range c.Commands() {
		each(sub, do)
	}
}
