package archtest

import (
	"fmt"
	"go/ast"
	"go/token"
	"path"
	"slices"
	"sort"
	"strings"
)

// Check applies every rule to the tree and gives what breaks them, sorted.
func (t *Tree) Check() []Violation {
	c := &checker{}
	for _, f := range t.Files {
		c.length(f)
		c.testHelpers(f)
		c.argoCD(f)
		if f.Test {
			continue
		}
		c.grounds(t, f)
		c.beside(f)
		c.adapters(t, f)
		c.layers(f)
		c.confined(f)
		c.ports(f)
		c.surroundings(f)
		c.bounded(f)
	}
	c.names(t)
	c.mains(t)
	c.methods(t)
	sort.Slice(c.found, func(i, j int) bool { return c.found[i].String() < c.found[j].String() })
	return c.found
}

type checker struct{ found []Violation }

func (c *checker) add(where, why, format string, args ...any) {
	c.found = append(c.found, Violation{Where: where, What: fmt.Sprintf(format, args...), Why: why})
}

// grounds: rule 1. A vocabulary's root is pure, and knows no other vocabulary; nor
// does anything below it.
func (c *checker) grounds(t *Tree, f *File) {
	for _, g := range grounds {
		if !under(f.Dir, g) {
			continue
		}
		for _, i := range f.Imports {
			if dir, ok := i.local(); ok {
				for _, other := range grounds {
					if other != g && under(dir, other) {
						c.add(i.at(f), "the vocabularies stand alone; cmd brings them together", "%s imports %s", g, dir)
					}
				}
			}
			if f.Dir == g && !i.standard() && !t.leaf(i, true) {
				c.add(i.at(f), "a vocabulary's root has the standard library and leaves of internal/ only, so that it can be read and used alone", "imports %s", i.Path)
			}
			if f.Dir == g && i.outside() {
				c.add(i.at(f), "a vocabulary's root does no I/O and no logging", "imports %s", i.Path)
			}
		}
		if f.Dir == g {
			f.uses(func(pkg, name string, pos token.Pos) {
				if pkg == "time" && slices.Contains([]string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"}, name) {
					c.add(f.at(pos), "a vocabulary's root has no clock: now is an argument", "uses time.%s", name)
				}
			})
		}
	}
}

// outside reports whether an import does I/O or logs.
func (i Import) outside() bool {
	return underAny(i.Path, []string{"os", "net", "log", "database", "syscall", "flag", "embed", "io/ioutil", "testing"}) && i.Path != "net/url"
}

// leaf reports whether an import is a folder right below internal that uses nothing else
// of the module; pure, that it does no I/O either.
func (t *Tree) leaf(i Import, pure bool) bool {
	dir, ok := i.local()
	if !ok || path.Dir(dir) != "internal" {
		return false
	}
	for _, f := range t.Files {
		if f.Dir == dir && !f.Test && slices.ContainsFunc(f.Imports, func(of Import) bool {
			_, local := of.local()
			return local || pure && of.outside()
		}) {
			return false
		}
	}
	return true
}

// beside: what stands beside the house knows no storey of it, tests and their helpers aside.
func (c *checker) beside(f *File) {
	if !under(f.Dir, "internal") || testHelper(f.Dir) || wiring(f.Dir) {
		return
	}
	for _, i := range f.Imports {
		if dir, ok := i.local(); ok && !under(dir, "internal") && !under(dir, "cmd") {
			c.add(i.at(f), "everything may use what is in internal/, so it uses nothing of that", "imports %s", dir)
		}
	}
}

// adapters: rule 2. An adapter knows its vocabulary and its library, no other adapter.
func (c *checker) adapters(t *Tree, f *File) {
	if _, shared := sharedParts[f.Dir]; shared {
		c.shared(t, f)
	}
	own, ok := adapterOf(f.Dir)
	if !ok {
		return
	}
	for _, i := range f.Imports {
		dir, local := i.local()
		if !local {
			continue
		}
		other, ok := adapterOf(dir)
		if !ok || other == own {
			continue
		}
		if _, friends := adapterFriends[[2]string{own, other}]; !friends {
			c.add(i.at(f), "an adapter can be exchanged only where no other needs it", "adapter %s imports adapter %s", own, other)
		}
	}
}

// shared: what several adapters need must not tie them to each other's technology.
func (c *checker) shared(t *Tree, f *File) {
	for _, i := range f.Imports {
		dir, local := i.local()
		if !i.standard() && !(local && slices.Contains(grounds, dir)) && !t.leaf(i, false) && !underAny(i.Path, sharedReads[f.Dir]) {
			c.add(i.at(f), "what adapters share knows bytes and words only", "%s imports %s", f.Dir, i.Path)
		}
	}
}

// The storeys, from below.
const (
	nowhere = iota - 1 // such as internal/
	ground
	answering
	facing
	running
	serving
	wired
)

// floor gives the storey of a folder: arrows point down only.
func floor(dir string) (int, string) {
	switch {
	case under(dir, "cmd"):
		return wired, "wiring"
	case underAny(dir, services):
		return serving, "a service"
	case underAny(dir, engines):
		return running, "the engine"
	case underAny(dir, faces):
		return facing, "a face"
	case underAny(dir, answers):
		return answering, "an answer"
	case underAny(dir, grounds):
		return ground, "ground"
	}
	return nowhere, ""
}

// program is the folder of the program that something below cmd belongs to.
func program(dir string) string { return strings.Join(strings.SplitN(dir, "/", 3)[:2], "/") }

// layers: the house's arrows point down, answers meet adapters only in cmd, and
// settings are read by cmd alone.
func (c *checker) layers(f *File) {
	own, ownName := floor(f.Dir)
	_, selfAdapter := adapterOf(f.Dir)
	for _, i := range f.Imports {
		dir, local := i.local()
		if !local {
			continue
		}
		if other, name := floor(dir); own > nowhere && other > own {
			c.add(i.at(f), "an arrow always points down", "%s (%s) imports %s (%s)", f.Dir, ownName, dir, name)
		}
		if slices.Contains(wirings, dir) && !wiring(f.Dir) && !testHelper(f.Dir) {
			c.add(i.at(f), "it is a part of programs", "imports %s", dir)
		}
		if under(dir, "cmd") && (path.Dir(dir) == "cmd" || !under(f.Dir, program(dir))) {
			c.add(i.at(f), "a program is nobody's library, and what is below it is its own", "imports %s", dir)
		}
		if _, isAdapter := adapterOf(dir); isAdapter && own == answering && !selfAdapter {
			c.add(i.at(f), "an answer names ports; the engine chooses the adapters", "%s imports adapter %s", f.Dir, dir)
		}
		if under(dir, "engine/config") && own < running && !under(f.Dir, "engine/config") {
			c.add(i.at(f), "settings are arguments; what runs the answers alone knows the file", "imports %s", dir)
		}
		if under(dir, "internal/server") && (own < facing || own == running) && !under(f.Dir, "internal/server") {
			c.add(i.at(f), "the HTTP shell belongs to faces, services and wiring", "imports %s", dir)
		}
		if own == wired && underAny(dir, opened) {
			c.add(i.at(f), "a program asks the engine or a service, which opens it", "imports %s", dir)
		}
	}
}

// confined: rule 3. Heavy or foreign libraries stay where they belong.
func (c *checker) confined(f *File) {
	if testHelper(f.Dir) {
		return
	}
	for _, r := range confined {
		for _, i := range f.Imports {
			if under(i.Path, r.library) && !underAny(i.Path, r.except) && !underAny(f.Dir, r.only) {
				c.add(i.at(f), r.why, "imports %s; only %s may", i.Path, strings.Join(r.only, " and "))
			}
		}
	}
}

// argoCD: rule 3. Of Argo CD there is one small package, in one place.
func (c *checker) argoCD(f *File) {
	for _, i := range f.Imports {
		if underAny(i.Path, argoLibraries) && (i.Path != argoGroup || f.Dir != argoUser) {
			c.add(i.at(f), argoWhy, "imports %s; only %s may, and only %s", i.Path, argoUser, argoGroup)
		}
	}
}

// ports: rule 4. An exported interface of ground or answers has one to three
// methods, says what its outcomes are, and names no foreign type.
func (c *checker) ports(f *File) {
	if n, _ := floor(f.Dir); n != ground && n != answering {
		return
	}
	if _, isAdapter := adapterOf(f.Dir); isAdapter || testHelper(f.Dir) {
		return
	}
	for _, decl := range f.syntax.Decls {
		gen, ok := decl.(*ast.GenDecl)
		if !ok || gen.Tok != token.TYPE {
			continue
		}
		for _, s := range gen.Specs {
			spec := s.(*ast.TypeSpec)
			iface, ok := spec.Type.(*ast.InterfaceType)
			if !ok || !spec.Name.IsExported() || constraint(iface) {
				continue
			}
			if n := iface.Methods.NumFields(); n < 1 || n > 3 {
				c.add(f.at(spec.Pos()), "a port has one to three methods, else nobody implements it twice", "interface %s has %d methods", spec.Name.Name, n)
			}
			c.portDoc(f, spec.Name.Name, iface)
			c.portTypes(f, spec.Name.Name, iface)
		}
	}
}

// constraint reports whether an interface is a set of types, not a port.
func constraint(i *ast.InterfaceType) bool {
	for _, m := range i.Methods.List {
		switch m.Type.(type) {
		case *ast.BinaryExpr, *ast.UnaryExpr:
			return true
		}
	}
	return false
}

func (c *checker) portDoc(f *File, name string, i *ast.InterfaceType) {
	for _, m := range i.Methods.List {
		if _, ok := m.Type.(*ast.FuncType); ok && m.Doc == nil && m.Comment == nil {
			c.add(f.at(m.Pos()), "a port documents its outcomes: data, no data, error", "method %s of %s has no comment", m.Names[0].Name, name)
		}
	}
}

func (c *checker) portTypes(f *File, name string, i *ast.InterfaceType) {
	paths := map[string]Import{}
	for _, imp := range f.Imports {
		paths[imp.Name] = imp
	}
	ast.Inspect(i, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if x, ok := sel.X.(*ast.Ident); ok {
			imp, found := paths[x.Name]
			_, local := imp.local()
			if found && !local && !imp.standard() {
				c.add(f.at(sel.Pos()), "a port speaks in ground types, so that every vendor can stand behind it", "interface %s names %s.%s of %s", name, x.Name, sel.Sel.Name, imp.Path)
			}
		}
		return true
	})
}

// own are the things that only cmd may touch, by package.
var own = map[string][]string{
	"os":   {"Getenv", "LookupEnv", "Environ", "ExpandEnv", "Setenv", "Unsetenv", "Args", "Exit", "Stdin", "Stdout", "Stderr"},
	"time": {"Now", "Since", "Until"},
	"log":  {"Fatal", "Fatalf", "Fatalln"},
	// What is one for the whole process.
	"log/slog":      {"SetDefault"},
	"os/signal":     {"Notify", "NotifyContext", "Ignore", "Reset"},
	"runtime/debug": {"SetGCPercent", "SetMemoryLimit"},
}

// surroundings: rule 5. Only cmd reads flags, the environment and the clock, exits, or sets
// what is one for the whole process.
func (c *checker) surroundings(f *File) {
	const why = "only cmd reads flags, the environment and the clock, or exits: everything else takes them as arguments"
	if wiring(f.Dir) || testHelper(f.Dir) {
		return
	}
	for _, i := range f.Imports {
		if i.Path == "flag" || i.Path == "github.com/spf13/cobra" || i.Path == "github.com/spf13/pflag" {
			c.add(i.at(f), why, "imports %s", i.Path)
		}
	}
	f.uses(func(pkg, name string, pos token.Pos) {
		if slices.Contains(own[pkg], name) {
			c.add(f.at(pos), why, "uses %s.%s", pkg, name)
		}
	})
}

// bounded: what people and other programs hand over is read with a limit; os.ReadFile is for
// the files that a package wrote itself, and the kernel's.
func (c *checker) bounded(f *File) {
	if f.Test || testHelper(f.Dir) || slices.Contains(readsItsOwn, f.Dir) {
		return
	}
	f.uses(func(pkg, name string, pos token.Pos) {
		if pkg == "os" && name == "ReadFile" {
			c.add(f.at(pos), "a file may be endless, or a pipe that nobody writes to: use internal/disk", "uses os.ReadFile")
		}
	})
}

// testHelpers: rule 6. What exists for tests is imported by tests alone.
func (c *checker) testHelpers(f *File) {
	if f.Test || testHelper(f.Dir) {
		return
	}
	for _, i := range f.Imports {
		if dir, ok := i.local(); ok && testHelper(dir) {
			c.add(i.at(f), "what exists for tests must not reach users", "imports %s", dir)
		}
	}
}

// names: rule 7. One package comment per package, folder name = package name, and
// no name that says nothing.
func (c *checker) names(t *Tree) {
	comments, seen := map[string][]string{}, map[string]bool{}
	for _, f := range t.Files {
		if f.Test {
			continue
		}
		if !seen[f.Dir] && slices.Contains(vague, f.Package) {
			c.add(f.Dir, "a package's name says what it holds", "package %s", f.Package)
		}
		seen[f.Dir] = true
		if f.Package != "main" && f.Package != path.Base(f.Dir) && f.Dir != "." {
			c.add(f.Path, "folder name = package name, so that an import line tells the name", "package %s in folder %s", f.Package, path.Base(f.Dir))
		}
		if f.syntax.Doc != nil {
			comments[f.Dir] = append(comments[f.Dir], f.Path)
		}
	}
	for dir := range seen {
		switch files := comments[dir]; len(files) {
		case 1:
		case 0:
			c.add(dir, "a package says what it is for", "no file has a package comment")
		default:
			c.add(dir, "two package comments are read as one text in an order nobody chose", "package comments in %s", strings.Join(files, " and "))
		}
	}
}

// mains: rule 5's second half. main is os.Exit(run(ctx, args, env, stdout, stderr)),
// so that tests run the whole program in-process.
func (c *checker) mains(t *Tree) {
	const why = "main is os.Exit(run(ctx, args, env, stdout, stderr)), so that tests run the whole program in-process"
	for _, f := range t.Files {
		if f.Test || f.Package != "main" {
			continue
		}
		for _, decl := range f.syntax.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if ok && fn.Recv == nil && fn.Name.Name == "main" && !exitsWithRun(fn.Body) {
				c.add(f.at(fn.Pos()), why, "main does something else")
			}
		}
	}
}

func exitsWithRun(body *ast.BlockStmt) bool {
	if body == nil || len(body.List) != 1 {
		return false
	}
	stmt, ok := body.List[0].(*ast.ExprStmt)
	if !ok {
		return false
	}
	exit, ok := stmt.X.(*ast.CallExpr)
	if !ok || len(exit.Args) != 1 {
		return false
	}
	sel, ok := exit.Fun.(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != "Exit" {
		return false
	}
	if x, ok := sel.X.(*ast.Ident); !ok || x.Name != "os" {
		return false
	}
	run, ok := exit.Args[0].(*ast.CallExpr)
	if !ok || len(run.Args) != 5 {
		return false
	}
	name, ok := run.Fun.(*ast.Ident)
	return ok && name.Name == "run"
}

// CheckDeps gives the packages among deps (import paths, as of go list -deps) that
// the program of the folder cmd/NAME must not link.
func CheckDeps(program string, deps []string) []Violation {
	c := &checker{}
	for _, r := range heavy {
		prefix, star := strings.CutSuffix(r.program, "*")
		if program != r.program && !(star && strings.HasPrefix(program, prefix)) {
			continue
		}
		for _, d := range deps {
			if under(d, r.library) && (d != argoGroup || r.library == argoGroup) {
				c.add("cmd/"+program, r.why, "links %s", d)
			}
		}
	}
	return c.found
}

// methods: a type with very many methods is several, which is easiest to become where all
// comes together. What it embeds is not counted.
func (c *checker) methods(t *Tree) {
	type named struct{ dir, name string }
	count := map[named]int{}
	for _, f := range t.Files {
		if n, _ := floor(f.Dir); n < running || f.Test {
			continue
		}
		for _, decl := range f.syntax.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv != nil {
				count[named{f.Dir, receiver(fn.Recv.List[0].Type)}]++
			}
		}
	}
	for of, n := range count {
		if n > maxMethods {
			c.add(of.dir, "nobody sees what such a type is for", "%s has %d methods, at most %d", of.name, n, maxMethods)
		}
	}
}

// receiver is the name of a method's type.
func receiver(x ast.Expr) string {
	switch x := x.(type) {
	case *ast.StarExpr:
		return receiver(x.X)
	case *ast.IndexExpr:
		return receiver(x.X)
	case *ast.IndexListExpr:
		return receiver(x.X)
	case *ast.Ident:
		return x.Name
	}
	return ""
}
