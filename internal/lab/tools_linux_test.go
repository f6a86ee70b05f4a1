package lab

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// toyRoot makes a tree with one tool module, and a cache of its own.
func toyRoot(t *testing.T) (root, cache string) {
	t.Helper()
	goCache, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOCACHE", strings.TrimSpace(string(goCache)))
	cache = t.TempDir()
	t.Setenv("XDG_CACHE_HOME", cache)
	root = t.TempDir()
	src := filepath.Join(root, "internal", "lab", "tools", "toy")
	if err := os.MkdirAll(src, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"go.mod": "module toy\n\ngo 1.26\n", "go.sum": ""} {
		if err := os.WriteFile(filepath.Join(src, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root, filepath.Join(cache, "shopslo", "lab")
}

func TestAModuleThatDoesNotBuildLeavesNothingInTheCache(t *testing.T) {
	root, cache := toyRoot(t)
	m := toolModule{name: "toy", packages: map[string]string{"toy": "toy/nowhere"}}
	_, err := m.build(t.Context(), root, func(string) {})
	if err == nil || !strings.Contains(err.Error(), "toy/nowhere") || !strings.Contains(err.Error(), root) {
		t.Errorf("error %v, want one that names the package and the module's folder", err)
	}
	left, _ := filepath.Glob(filepath.Join(cache, "toy-*"))
	for _, l := range left {
		if !strings.HasSuffix(l, ".lock") {
			t.Errorf("left in the cache: %s", l)
		}
	}
}

func TestWhatIsInTheCacheIsNotBuiltAgain(t *testing.T) {
	root, cache := toyRoot(t)
	m := toolModule{name: "toy"} // of no packages, and so built in no time
	var said []string
	log := func(line string) { said = append(said, line) }
	first, err := m.build(t.Context(), root, log)
	if err != nil {
		t.Fatal(err)
	}
	if len(said) != 2 || filepath.Dir(first) != cache {
		t.Errorf("built in %s, saying %q; want that it begins and ends, in %s", first, said, cache)
	}
	again, err := m.build(t.Context(), root, log)
	if err != nil || again != first || len(said) != 2 {
		t.Errorf("the second time: %s, %v, saying %q; want nothing done", again, err, said)
	}
}

func TestOfTwoWhoWantALockOneWaits(t *testing.T) {
	file := filepath.Join(t.TempDir(), "lock")
	unlock, err := lock(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := lock(ctx, file); err == nil {
		t.Fatal("both have it")
	}
	time.AfterFunc(100*time.Millisecond, unlock)
	second, err := lock(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	second()
}
