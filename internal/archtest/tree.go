// Package archtest holds the house's rules (docs/architecture.md) as a test: which
// package may import which, who may read the clock or the environment, what a
// package must be called. Each rule says why it is there.
//
// It reads import declarations and syntax, no types, so it needs nothing built.
package archtest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// Module is the import path that every package of this module begins with.
const Module = "github.com/shopslo/shopslo"

// Tree is what the rules look at: the Go files of one module.
type Tree struct{ Files []*File }

// File is one Go file.
type File struct {
	Path    string // with slashes, from the module's root
	Dir     string // "." for the root
	Package string // the package clause's name
	Test    bool   // a _test.go file
	Lines   int
	// Generated files say so in their head.
	Generated bool
	// Imports are the import paths, by the name that the file uses for them.
	Imports []Import
	syntax  *ast.File
	set     *token.FileSet
}

// Import is one import declaration.
type Import struct {
	Path string
	Name string // as used in the file: the alias, or the path's last word
	Line int
}

// Violation is one place that breaks a rule.
type Violation struct {
	Where string // file:line, or a package
	What  string
	Why   string
}

func (v Violation) String() string { return v.Where + ": " + v.What + " (" + v.Why + ")" }

// Load reads every Go file below the root of a module, other modules' and
// testdata left out.
func Load(root fs.FS) (*Tree, error) {
	t := &Tree{}
	err := fs.WalkDir(root, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if p == "." {
				return nil
			}
			if strings.HasPrefix(d.Name(), ".") || strings.HasPrefix(d.Name(), "_") || d.Name() == "testdata" || d.Name() == "node_modules" {
				return fs.SkipDir
			}
			if _, err := fs.Stat(root, path.Join(p, "go.mod")); err == nil {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(p, ".go") {
			return nil
		}
		f, err := loadFile(root, p)
		if err != nil {
			return err
		}
		t.Files = append(t.Files, f)
		return nil
	})
	return t, err
}

func loadFile(root fs.FS, p string) (*File, error) {
	data, err := fs.ReadFile(root, p)
	if err != nil {
		return nil, err
	}
	set := token.NewFileSet()
	syntax, err := parser.ParseFile(set, p, data, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, fmt.Errorf("parse: %w", err)
	}
	f := &File{
		Path: p, Dir: path.Dir(p), Package: syntax.Name.Name,
		Test:      strings.HasSuffix(p, "_test.go"),
		Lines:     strings.Count(string(data), "\n"),
		Generated: ast.IsGenerated(syntax),
		syntax:    syntax, set: set,
	}
	for _, spec := range syntax.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		i := Import{Path: p, Name: lastWord(p), Line: f.line(spec.Pos())}
		if spec.Name != nil {
			i.Name = spec.Name.Name
		}
		f.Imports = append(f.Imports, i)
	}
	return f, nil
}

// lastWord is the name that a package with this path usually has.
func lastWord(p string) string {
	base := path.Base(p)
	if len(base) > 1 && base[0] == 'v' && strings.Trim(base[1:], "0123456789") == "" {
		base = path.Base(path.Dir(p))
	}
	return base
}

func (f *File) line(p token.Pos) int { return f.set.Position(p).Line }

func (f *File) at(p token.Pos) string { return fmt.Sprintf("%s:%d", f.Path, f.line(p)) }

func (i Import) at(f *File) string { return fmt.Sprintf("%s:%d", f.Path, i.Line) }

// local is the folder of an import of this module; ok is false for all others.
func (i Import) local() (dir string, ok bool) {
	if i.Path == Module {
		return ".", true
	}
	return strings.CutPrefix(i.Path, Module+"/")
}

// standard reports whether the import belongs to Go's standard library: its first
// word has no dot.
func (i Import) standard() bool {
	first, _, _ := strings.Cut(i.Path, "/")
	return !strings.Contains(first, ".")
}

// under reports whether p is dir or lies below it. Both have slashes.
func under(p, dir string) bool { return p == dir || strings.HasPrefix(p, dir+"/") }

// underAny reports whether p lies in one of the folders.
func underAny(p string, dirs []string) bool {
	for _, d := range dirs {
		if under(p, d) {
			return true
		}
	}
	return false
}

// uses calls f for each use of an identifier of an imported package, such as
// time.Now, with the import's path.
func (f *File) uses(visit func(pkg, name string, pos token.Pos)) {
	byName := map[string]string{}
	for _, i := range f.Imports {
		byName[i.Name] = i.Path
	}
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if x, ok := sel.X.(*ast.Ident); ok {
			if pkg, ok := byName[x.Name]; ok {
				visit(pkg, sel.Sel.Name, sel.Pos())
			}
		}
		return true
	})
}
