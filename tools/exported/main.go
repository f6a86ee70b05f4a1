// Command exported fails where a module exports a name that no other package uses: a
// function, type, variable, constant, or method.
//
// Used are also the types that the declaration of a used name shows, the constants of a
// used type, and methods that an interface asks for or a template names. An external
// test is another package. Packages that only tests import, and generated files, are left out.
//
// Usage: exported [-tags TAGS] [-tests] DIR… (folders of modules; the first one's names are judged)
package main

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	tags := flag.String("tags", "", "build `tags`")
	tests := flag.Bool("tests", false, "list what tests alone use as well")
	flag.Parse()
	if flag.NArg() == 0 {
		fmt.Fprintln(os.Stderr, "usage: exported [-tags TAGS] [-tests] DIR…")
		os.Exit(3)
	}
	root, err := filepath.Abs(flag.Arg(0))
	if err != nil {
		fmt.Fprintln(os.Stderr, "exported:", err)
		os.Exit(3)
	}
	m := module{names: map[string]*name{}, imported: map[string]bool{}}
	if err := m.load(*tags, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "exported:", err)
		os.Exit(3)
	}
	found := m.unused(*tests)
	for _, n := range found {
		file, err := filepath.Rel(root, n.place.Filename)
		if err != nil {
			file = n.place.Filename
		}
		who := "no other package uses"
		if n.tested {
			who = "only tests use"
		}
		fmt.Printf("%s:%d:%d: %s %s\n", file, n.place.Line, n.place.Column, who, n.object.Name())
	}
	if len(found) > 0 {
		os.Exit(1)
	}
}

// unused are the names that nobody uses, in the order of the files.
func (m *module) unused(tests bool) []*name {
	m.spread()
	var left []*name
	for _, n := range m.names {
		if n.used || n.tested && !tests || !m.imported[n.pkg] || m.asked(n) {
			continue
		}
		left = append(left, n)
	}
	slices.SortFunc(left, func(a, b *name) int {
		return cmp.Or(strings.Compare(a.place.Filename, b.place.Filename), a.place.Line-b.place.Line)
	})
	return left
}
