package commandstest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// Named fails for each text below a folder that names a command of root's program which is none,
// or a flag that the command lacks. Fewer than least such texts are a failure, too.
//
// What is read are Go files without tests, Markdown and YAML; what is taken for a command stands in
// ` or ', behind "$ ", or is a Go literal from its first word on that has a flag in it.
func Named(t *testing.T, dir string, root *cobra.Command, least int) {
	t.Helper()
	rule := regexp.MustCompile(strings.ReplaceAll("`NAME ([^`]+)`|'NAME ([^']+)'|\\$ NAME ([^`']+)|\"NAME ([^\"]* --[^\"]*)\"", "NAME", root.Name()))
	found := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		name := d.Name()
		switch {
		case err != nil:
			return err
		case d.IsDir() && (name == "testdata" || name == "bench" || strings.HasPrefix(name, ".") && path != dir):
			return fs.SkipDir
		case d.IsDir() || strings.HasSuffix(name, "_test.go") || !strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, ".md") && !strings.HasSuffix(name, ".yaml"):
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for n, line := range strings.Split(string(data), "\n") {
			for _, m := range rule.FindAllStringSubmatch(line, -1) {
				found++
				if err := exists(root, strings.Join(m[1:], "")); err != nil {
					t.Errorf("%s:%d: %s: %v", path, n+1, m[0], err)
				}
			}
		}
		return nil
	})
	if err != nil || found < least {
		t.Errorf("%d texts name a command of %s, want at least %d: %v", found, root.Name(), least, err)
	}
}

// word is a command or a flag; end is where a shell's command ends.
var (
	word = regexp.MustCompile("^-{0,2}[a-z-]+$")
	end  = regexp.MustCompile(` [|&>#]|[;)…\\]|\*\*`)
)

// exists reports why something is no command of root's. Each of several words with | between is tried.
func exists(root *cobra.Command, text string) error {
	if at := end.FindStringIndex(text); at != nil {
		text = text[:at[0]]
	}
	words := strings.Fields(strings.NewReplacer("[", "", "]", "", `"`, "", ",", "").Replace(text))
	for n, w := range words {
		if before, after, several := strings.Cut(w, "|"); several && n < 2 {
			rest := strings.Join(words[n+1:], " ")
			head := strings.Join(words[:n], " ")
			return errors.Join(exists(root, head+" "+before+" "+rest), exists(root, head+" "+after+" "+rest))
		}
	}
	if len(words) == 0 || words[0] == "help" || !word.MatchString(words[0]) {
		return nil // prose
	}
	cmd, rest, err := root.Find(words)
	if err != nil {
		return err
	}
	if cmd == root && !strings.HasPrefix(words[0], "-") {
		return fmt.Errorf("there is no command %q", words[0])
	}
	var args []string
	for n := 0; n < len(rest); n++ {
		name, _, assigned := strings.Cut(strings.TrimLeft(rest[n], "-"), "=")
		if !strings.HasPrefix(rest[n], "-") || name == "" {
			args = append(args, rest[n])
			continue
		}
		flag := cmd.Flag(name)
		if len(name) == 1 && flag == nil {
			flag = cmd.Flags().ShorthandLookup(name)
		}
		switch {
		case name == "help" || name == "h" || name == "version":
		case flag == nil:
			return fmt.Errorf("%s has no flag %s", cmd.CommandPath(), rest[n])
		case !assigned && flag.NoOptDefVal == "":
			n++ // its value
		}
	}
	if cmd.Args != nil && len(args) > 0 && cmd.Args(cmd, nil) == nil {
		return cmd.Args(cmd, args) // more than it takes
	}
	return nil
}
