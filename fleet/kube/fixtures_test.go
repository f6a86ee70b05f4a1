package kube

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// argoDir is the folder of the argo-cd module, as the go program knows it.
func argoDir(t testing.TB) string {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/argoproj/argo-cd/v2").CombinedOutput()
	if err != nil {
		t.Fatalf("where is the argo-cd module: %v\n%s", err, out)
	}
	return strings.TrimSpace(string(out))
}

// fixtures are the Applications that ship inside the argo-cd module, as JSON: those
// in files, and those that its tests have as texts.
func fixtures(t testing.TB) map[string][]byte {
	t.Helper()
	dir := argoDir(t)
	all := map[string][]byte{}
	add := func(name, text string) {
		data, err := yaml.YAMLToJSON([]byte(text))
		if err == nil && strings.Contains(string(data), `"kind":"Application"`) && strings.Contains(string(data), `"apiVersion":"argoproj.io`) {
			all[name] = data
		}
	}
	for _, file := range []string{"controller/testdata/diff-cache.yaml", "docs/operator-manual/application.yaml", "test/manifests/cmp/app.yaml", "test/e2e/testdata/declarative-apps/app.yaml"} {
		data, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		add(file, string(data))
	}
	for _, file := range []string{"controller/appcontroller_test.go", "controller/metrics/metrics_test.go", "controller/sharding/sharding_test.go", "server/application/application_test.go"} {
		set := token.NewFileSet()
		tree, err := parser.ParseFile(set, filepath.Join(dir, file), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			e, ok := n.(ast.Expr)
			if !ok {
				return true
			}
			text, whole := textOf(e)
			if whole && strings.Contains(text, "kind: Application") {
				add(file+":"+strconv.Itoa(set.Position(e.Pos()).Line), text)
			}
			return !whole
		})
	}
	if len(all) < 10 {
		t.Fatalf("only %d Applications in the argo-cd module: %v", len(all), all)
	}
	return all
}

// textOf gives the text of a literal, or of a sum of some; what else is in a sum
// becomes x. Not ok: the expression is neither.
func textOf(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		return text, err == nil && e.Kind == token.STRING
	case *ast.BinaryExpr:
		left, isText := textOf(e.X)
		right, alsoText := textOf(e.Y)
		if e.Op != token.ADD || !isText && !alsoText {
			return "", false
		}
		if !isText {
			left = "x"
		}
		if !alsoText {
			right = "x"
		}
		return left + right, true
	}
	return "", false
}
