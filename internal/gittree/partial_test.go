package gittree

import (
	"crypto/rand"
	"fmt"
	"io/fs"
	"path/filepath"
	"testing"
)

// sizeOf is how many bytes a folder has on the disk.
func sizeOf(t *testing.T, dir string) (n int64) {
	t.Helper()
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			info, err := d.Info()
			n += info.Size()
			return err
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// A temporary folder of a pod has little room, and an application's repository needs much.
func TestOnlyFilesThatAreReadAreFetched(t *testing.T) {
	for name, remote := range map[string]struct {
		filter, protocol string
		small            bool
	}{
		"a remote that filters":                      {"true", "2", true},
		"one that filters, and gives no single file": {"true", "0", false},
		"one that knows no filters":                  {"false", "2", false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.git(w.bare, "config", "uploadpack.allowFilter", remote.filter)
			for n := range 3 {
				w.push("main", map[string]string{"assets/a.bin": rand.Text() + string(noise(300_000)), "ops/slos/cart.yaml": fmt.Sprintf("cart %d", n)})
			}
			g, err := Remote{URL: w.bare, Env: env(), Settings: [][2]string{{"protocol.version", remote.protocol}}}.Open(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer g.Close()
			tree, err := g.Fetch(t.Context(), "main")
			if err != nil {
				t.Fatal(err)
			}
			read := func(tree *Tree, want string) {
				t.Helper()
				if files, err := tree.Read(t.Context(), "ops/slos/api.yaml", "ops/slos/cart.yaml"); err != nil || len(files) != 2 || string(files[0].Data) != "api" || string(files[1].Data) != want {
					t.Errorf("%s, %v; want %s", files, err, want)
				}
			}
			read(tree, "cart 2")
			commits, err := g.History(t.Context(), "main", "ops/slos")
			if err != nil || len(commits) < 3 {
				t.Fatal(commits, err)
			}
			for n := range 3 {
				then, err := g.At(t.Context(), "main", commits[n])
				if err != nil {
					t.Fatal(err)
				}
				read(then, fmt.Sprintf("cart %d", 2-n))
			}
			if got := sizeOf(t, g.dir); remote.small != (got < 200_000) {
				t.Errorf("%d bytes were fetched", got)
			}
		})
	}
}

// noise is what cannot be compressed.
func noise(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}
