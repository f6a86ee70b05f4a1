package main

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
)

// mutant is a file of which one piece is replaced.
type mutant struct {
	file     string
	text     []byte
	from, to int // bytes
	by       string
}

// others are what an operator is replaced by: its opposite, and the next boundary.
var others = map[token.Token][]string{
	token.EQL: {"!="}, token.NEQ: {"=="}, token.LAND: {"||"}, token.LOR: {"&&"},
	token.LSS: {"<=", ">="}, token.LEQ: {"<", ">"}, token.GTR: {">=", "<="}, token.GEQ: {">", "<"},
	token.ADD: {"-"}, token.SUB: {"+"}, token.MUL: {"/"}, token.QUO: {"*"}, token.REM: {"*"},
}

// mutantsOf gives all of a file's.
func mutantsOf(file string) ([]mutant, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	files := token.NewFileSet()
	parsed, err := parser.ParseFile(files, file, text, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	if ast.IsGenerated(parsed) {
		return nil, nil
	}
	var all []mutant
	add := func(from, to token.Pos, by string) {
		all = append(all, mutant{file, text, files.Position(from).Offset, files.Position(to).Offset, by})
	}
	around := func(n ast.Node, before, after string) {
		add(n.Pos(), n.End(), before+string(text[files.Position(n.Pos()).Offset:files.Position(n.End()).Offset])+after)
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BinaryExpr:
			for _, by := range others[n.Op] {
				add(n.OpPos, n.OpPos+token.Pos(len(n.Op.String())), by)
			}
		case *ast.IfStmt:
			if _, compared := n.Cond.(*ast.BinaryExpr); !compared {
				around(n.Cond, "!(", ")")
			}
		case *ast.ReturnStmt:
			for _, e := range n.Results {
				returned(e, add, around)
			}
		case *ast.BlockStmt:
			for _, s := range n.List {
				removed(s, around)
			}
		case *ast.CaseClause:
			for _, s := range n.Body {
				removed(s, around)
			}
		case *ast.CommClause:
			for _, s := range n.Body {
				removed(s, around)
			}
		}
		return true
	})
	return all, nil
}

// returned swallows an error that is returned, and turns a yes into a no.
func returned(e ast.Expr, add func(from, to token.Pos, by string), around func(n ast.Node, before, after string)) {
	name := ""
	switch e := e.(type) {
	case *ast.Ident:
		name = e.Name
	case *ast.SelectorExpr:
		name = e.Sel.Name
	case *ast.CallExpr:
		if f, ok := e.Fun.(*ast.SelectorExpr); ok && (f.Sel.Name == "Errorf" || f.Sel.Name == "Join") {
			name = "err"
		}
	}
	switch {
	case name == "true":
		add(e.Pos(), e.End(), "false")
	case name == "false":
		add(e.Pos(), e.End(), "true")
	case strings.HasPrefix(strings.ToLower(name), "err"):
		around(e, "func() error { _ = ", "; return nil }()")
	}
}

// removed leaves a statement out, but keeps what it uses. Logging is left alone.
func removed(s ast.Stmt, around func(n ast.Node, before, after string)) {
	switch s := s.(type) {
	case *ast.AssignStmt:
		if s.Tok == token.DEFINE {
			return
		}
	case *ast.ExprStmt:
		if logs(s.X) {
			return
		}
	case *ast.IncDecStmt, *ast.BranchStmt, *ast.DeferStmt, *ast.GoStmt, *ast.SendStmt:
	default:
		return
	}
	around(s, "if false { ", " }")
}

// logs tells a call of a logger by its name.
func logs(e ast.Expr) bool {
	call, ok := e.(*ast.CallExpr)
	if !ok {
		return false
	}
	f, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	on := f.X
	if sel, ok := on.(*ast.SelectorExpr); ok {
		on = sel.Sel
	}
	id, ok := on.(*ast.Ident)
	return ok && strings.Contains(strings.ToLower(id.Name), "log") && !strings.Contains(f.Sel.Name, "Close")
}

// overlay writes the mutated file, and what `go test -overlay` reads.
func (m mutant) overlay(dir string) (string, error) {
	mutated := filepath.Join(dir, "mutant.go")
	if err := os.WriteFile(mutated, []byte(string(m.text[:m.from])+m.by+string(m.text[m.to:])), 0o600); err != nil {
		return "", err
	}
	data, err := json.Marshal(map[string]map[string]string{"Replace": {m.file: mutated}})
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "overlay.json")
	return path, os.WriteFile(path, data, 0o600)
}

// diff shows the lines that differ, below their place.
func (m mutant) diff(root string) string {
	text := string(m.text)
	begin, end := strings.LastIndexByte(text[:m.from], '\n')+1, len(text)
	if n := strings.IndexByte(text[m.to:], '\n'); n >= 0 {
		end = m.to + n
	}
	name := m.file
	if abs, err := filepath.Abs(root); err == nil {
		if rel, err := filepath.Rel(abs, m.file); err == nil {
			name = rel
		}
	}
	lines := func(sign, s string) string { return sign + strings.ReplaceAll(s, "\n", "\n"+sign) }
	return fmt.Sprintf("%s:%d: survived\n%s\n%s\n", name, 1+strings.Count(text[:m.from], "\n"),
		lines("-", text[begin:end]), lines("+", text[begin:m.from]+m.by+text[m.to:end]))
}
