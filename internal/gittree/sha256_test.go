package gittree

import (
	"path/filepath"
	"testing"
)

func TestARepositoryOfSHA256IsRead(t *testing.T) {
	w := &world{t: t, date: "2026-10-01T00:00:00Z", bare: filepath.Join(t.TempDir(), "shop.git"), checked: filepath.Join(t.TempDir(), "shop")}
	w.git("", "init", "--quiet", "--bare", "--object-format=sha256", w.bare)
	w.git(w.bare, "config", "uploadpack.allowFilter", "true")
	w.git("", "init", "--quiet", "--object-format=sha256", w.checked)
	w.git(w.checked, "remote", "add", "origin", w.bare)
	w.push("tier-3", map[string]string{"ops/slos/cart.yaml": "old"})
	tree, err := fetch(t, Remote{URL: w.bare, Env: env()}, "tier-3")
	if err != nil {
		t.Fatal(err)
	}
	if files, err := tree.Read(t.Context(), "ops/slos/cart.yaml"); err != nil || len(files) != 1 || string(files[0].Data) != "old" {
		t.Errorf("%v, %v", files, err)
	}
}
