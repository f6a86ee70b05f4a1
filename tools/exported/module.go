package main

import (
	"go/ast"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/tools/go/packages"
)

// name is an exported name. Tests see another object for it, so its place tells which it is.
type name struct {
	object types.Object
	place  token.Position
	pkg    string
	used   bool // by another package's product code, or by something used
	tested bool // the same, by tests
}

type module struct {
	fset       token.FileSet
	names      map[string]*name // by place
	imported   map[string]bool  // packages that some other one imports, not only its tests
	templates  string           // their text
	interfaces []*types.Interface
}

// load reads the packages of all modules, with their tests.
func (m *module) load(tags string, dirs []string) error {
	var all []*packages.Package
	for i, dir := range dirs {
		loaded, err := packages.Load(&packages.Config{
			Mode: packages.NeedName | packages.NeedFiles | packages.NeedSyntax | packages.NeedTypes | packages.NeedTypesInfo |
				packages.NeedImports | packages.NeedForTest,
			Dir: dir, Fset: &m.fset, Tests: true, BuildFlags: []string{"-tags=" + tags},
		}, "./...")
		if err != nil {
			return err
		}
		for _, p := range loaded {
			if len(p.Errors) > 0 {
				return p.Errors[0]
			}
			if i == 0 && p.ForTest == "" && p.Name != "main" {
				m.declare(p)
			}
		}
		all = append(all, loaded...)
	}
	for _, p := range all {
		m.collect(p)
	}
	return nil
}

// declare notes a package's exported names, but those of generated files.
func (m *module) declare(p *packages.Package) {
	generated := map[string]bool{}
	for _, f := range p.Syntax {
		generated[m.fset.Position(f.Pos()).Filename] = ast.IsGenerated(f)
	}
	add := func(o types.Object) {
		if at := m.fset.Position(o.Pos()); o.Exported() && !generated[at.Filename] {
			m.names[at.String()] = &name{object: o, place: at, pkg: p.PkgPath}
		}
	}
	for _, n := range p.Types.Scope().Names() {
		o := p.Types.Scope().Lookup(n)
		add(o)
		if t, ok := o.Type().(*types.Named); ok && t.Obj() == o {
			for f := range t.Methods() {
				add(f)
			}
		}
	}
	if len(p.GoFiles) == 0 {
		return
	}
	for _, pattern := range []string{"*.html", "*.tmpl", "*/*.html", "*/*.tmpl"} {
		files, _ := filepath.Glob(filepath.Join(filepath.Dir(p.GoFiles[0]), pattern))
		for _, f := range files {
			text, _ := os.ReadFile(f)
			m.templates += string(text)
		}
	}
}

func (m *module) of(o types.Object) *name { return m.names[m.fset.Position(o.Pos()).String()] }

// collect notes what a package uses of others, and the interfaces that it sees.
func (m *module) collect(p *packages.Package) {
	for id, o := range p.TypesInfo.Uses {
		n := m.of(o)
		if o.Pkg() == nil || n == nil || n.pkg == p.PkgPath {
			continue
		}
		test := strings.HasSuffix(m.fset.Position(id.Pos()).Filename, "_test.go")
		n.used, n.tested = n.used || !test, n.tested || test
	}
	if p.ForTest == "" && !strings.HasSuffix(p.PkgPath, ".test") {
		for path := range p.Imports {
			m.imported[path] = true
		}
	}
	note := func(t types.Type) {
		if i, ok := t.Underlying().(*types.Interface); ok && i.NumMethods() > 0 {
			m.interfaces = append(m.interfaces, i)
		}
	}
	for _, t := range p.TypesInfo.Types {
		if t.IsType() {
			note(t.Type)
		}
	}
	for _, q := range p.Types.Imports() {
		for _, n := range q.Scope().Names() {
			if t, ok := q.Scope().Lookup(n).(*types.TypeName); ok {
				note(t.Type())
			}
		}
	}
}

// asked tells whether an interface or a template may call the method.
func (m *module) asked(n *name) bool {
	f, ok := n.object.(*types.Func)
	if !ok || f.Signature().Recv() == nil {
		return false
	}
	switch f.Name() {
	case "Unwrap", "Is", "As": // package errors asks without a named interface
		return true
	}
	if strings.Contains(m.templates, "."+f.Name()) {
		return true
	}
	own := shape(f)
	for _, i := range m.interfaces {
		for want := range i.Methods() {
			if want.Name() == f.Name() && shape(want) == own {
				return true
			}
		}
	}
	return false
}

// shape is what a method takes and gives; the same type is another object in each load.
func shape(f *types.Func) string { return signature(f.Signature()) }

func signature(s *types.Signature) string {
	var b strings.Builder
	for _, t := range []*types.Tuple{s.Params(), s.Results()} {
		for v := range t.Variables() {
			text := strings.ReplaceAll(types.TypeString(v.Type(), (*types.Package).Path), "interface{}", "any")
			if f, ok := v.Type().(*types.Signature); ok { // whose parameters may have names
				text = "func(" + signature(f) + ")"
			}
			b.WriteString(text + ",")
		}
		b.WriteString(";")
	}
	return b.String()
}

// spread marks the types that used names show, and the constants of used types.
func (m *module) spread() {
	for changed := true; changed; {
		changed = false
		mark := func(from, to *name) {
			if from == nil || to == nil || (to.used || !from.used) && (to.tested || !from.tested) {
				return
			}
			to.used, to.tested, changed = to.used || from.used, to.tested || from.tested, true
		}
		for _, n := range m.names {
			for _, o := range shown(n.object) {
				mark(n, m.of(o))
			}
			if c, ok := n.object.(*types.Const); ok {
				if t, ok := c.Type().(*types.Named); ok {
					mark(m.of(t.Obj()), n)
				}
			}
		}
	}
}
