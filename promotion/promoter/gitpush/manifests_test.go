package gitpush

import (
	"errors"
	"strings"
	"testing"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion/promoter"
)

func TestTheFilesAreThoseOfTheTierWithTheRelease(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	old := w.pointer("tier-1")
	r := w.release("tier-0", "cart/configmap.yaml", "version: 2\n\nnot the end", "api/empty", "", "big.bin", strings.Repeat("x", largestFile+1))
	p := w.open(w.config())
	tiers := w.fleet.Tiers()
	if _, err := p.Read(ctx, tiers); err != nil {
		t.Fatal(err)
	}
	for release, want := range map[fleet.Release]string{r: "version: 2\n\nnot the end", old: "version: 1.0.0"} {
		files, err := p.Files(ctx, tiers[1], release)
		if err != nil || string(files["app/cart/configmap.yaml"]) != want || string(files["overlays/s-1/kustomization.yaml"]) != "resources: []" {
			t.Errorf("%v, %q", err, files)
		}
		if _, ok := files["app/api/empty"]; ok != (release == r) || files["app/big.bin"] != nil || files["overlays/s-0/kustomization.yaml"] != nil {
			t.Errorf("%q", files)
		}
	}
	if _, err := p.Files(ctx, tiers[1], fleet.Release(strings.Repeat("0", 40))); !errors.Is(err, promoter.ErrUnknown) {
		t.Errorf("error %v", err)
	}
}

func FuzzParseBatch(f *testing.F) {
	f.Add("abc blob 3\nx\ny\nabc blob 0\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		all, err := parseBatch(text)
		n := 0
		for _, one := range all {
			n += len(one) + 1
		}
		if err == nil && (text != "") != (len(all) > 0) || n > len(text) {
			t.Errorf("%q gives %q", text, all)
		}
	})
}
