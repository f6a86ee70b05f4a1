package calendar

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion"
)

func TestWhatCountsAsReadBefore(t *testing.T) {
	read := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
	was := promotion.Exclusion{ID: "db", From: read.Add(time.Hour), Until: read.Add(2 * time.Hour), Scope: promotion.Scope{ShopSets: []fleet.ShopSetName{"b-1", "b-2"}}}
	for _, c := range []struct {
		name   string
		change func(*promotion.Exclusion)
		before bool
	}{
		{"the same", func(*promotion.Exclusion) {}, true},
		{"another name", func(x *promotion.Exclusion) { x.ID = "move" }, true},
		{"one that ends sooner", func(x *promotion.Exclusion) { x.Until = x.Until.Add(-time.Minute) }, true},
		{"one of a ShopSet less", func(x *promotion.Exclusion) { x.Scope.ShopSets = x.Scope.ShopSets[:1] }, true},
		{"one of an SLO alone", func(x *promotion.Exclusion) { x.SLOs = []string{"cart"} }, true},
		{"one that ends later", func(x *promotion.Exclusion) { x.Until = x.Until.Add(time.Minute) }, false},
		{"one that begins sooner", func(x *promotion.Exclusion) { x.From = x.From.Add(-time.Minute) }, false},
		{"one that begins later", func(x *promotion.Exclusion) { x.From = x.From.Add(time.Minute) }, false},
		{"one of everything", func(x *promotion.Exclusion) { x.Scope = promotion.Scope{} }, false},
		{"one of another ShopSet", func(x *promotion.Exclusion) { x.Scope.ShopSets = []fleet.ShopSetName{"b-3"} }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "exclusions.json")
			r, err := OpenFirstRead(path)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := r.Read([]promotion.Exclusion{was}, read); err != nil || !got[0].Known.Equal(read) {
				t.Fatal(got, err)
			}
			if r, err = OpenFirstRead(path); err != nil { // the process has been started again
				t.Fatal(err)
			}
			is := was
			c.change(&is)
			got, err := r.Read([]promotion.Exclusion{is}, read.Add(time.Minute))
			if err != nil || got[0].Known.Equal(read) != c.before {
				t.Errorf("known since %v, %v", got[0].Known, err)
			}
		})
	}
}

func TestWhatIsTakenAwayIsForgotten(t *testing.T) {
	read := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
	x := []promotion.Exclusion{{ID: "db", From: read.Add(time.Hour), Until: read.Add(2 * time.Hour)}}
	r, _ := OpenFirstRead("")
	for i, all := range [][]promotion.Exclusion{x, nil, x} {
		if got, err := r.Read(all, read.Add(time.Duration(i)*time.Minute)); err != nil || i == 2 && !got[0].Known.Equal(read.Add(2*time.Minute)) {
			t.Error(got, err)
		}
	}
}

func TestWhatCannotBeRememberedIsNotKnown(t *testing.T) {
	now := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
	x := []promotion.Exclusion{{ID: "db", From: now.Add(time.Hour), Until: now.Add(2 * time.Hour)}}
	dir := t.TempDir()
	r, err := OpenFirstRead(filepath.Join(dir, "nowhere", "exclusions.json"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := r.Read(x, now); err == nil || !got[0].Known.IsZero() {
		t.Errorf("known since %v, %v", got[0].Known, err)
	}
	path := filepath.Join(dir, "exclusions.json")
	if err := os.WriteFile(path, []byte("{half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if r, err = OpenFirstRead(path); err == nil {
		t.Error("half a file is read without a word")
	}
	if got, err := r.Read(x, now); err != nil || !got[0].Known.Equal(now) {
		t.Errorf("known since %v, %v", got[0].Known, err)
	}
}
