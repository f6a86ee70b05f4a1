package archtest

import (
	"go/ast"
	"go/token"
	"strings"
)

// maxLines is the length up to which a file can be read at a sitting.
const maxLines = 500

// maxFunction is how many lines of code fit a screen. Long texts in them, such as a command's
// help, do not count.
const maxFunction = 60

// longFunctions may be longer.
var longFunctions = map[string]string{
	"slo/source/promseries: read": "its bit buffer stays in registers, which makes it twice as fast as a call per sample",
}

// length: rule 7. A file that nobody reads to its end hides things, and so does a function.
func (c *checker) length(f *File) {
	if f.Test || f.Generated {
		return
	}
	if f.Lines > maxLines {
		c.add(f.Path, "a file can be read at a sitting", "%d lines, at most %d", f.Lines, maxLines)
	}
	for _, decl := range f.syntax.Decls {
		fn, ok := decl.(*ast.FuncDecl)
		if !ok || testHelper(f.Dir) || longFunctions[f.Dir+": "+fn.Name.Name] != "" {
			continue
		}
		if n := f.line(fn.End()) - f.line(fn.Pos()) + 1 - texts(fn); n > maxFunction {
			c.add(f.at(fn.Pos()), "a function fits a screen", "%s has %d lines, at most %d", fn.Name.Name, n, maxFunction)
		}
	}
}

// texts are how many lines the texts in a function have, but for the first of each.
func texts(fn *ast.FuncDecl) (lines int) {
	ast.Inspect(fn, func(n ast.Node) bool {
		if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
			lines += strings.Count(l.Value, "\n")
		}
		return true
	})
	return lines
}
