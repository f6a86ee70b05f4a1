package calendar

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/shopslo/shopslo/internal/disk/disktest"
	"github.com/shopslo/shopslo/promotion"
)

var errFull = errors.New("no space left on device")

// A document that was saved is there after a power cut: an emergency stop, say. Where saving
// fails there is none, so that it can be tried again.
func TestASavedDocumentOutlastsAPowerCut(t *testing.T) {
	text, err := FreezeText(promotion.Freeze{ID: "stop", Reason: "火事", By: "mai", Emergency: true, From: jst(2026, 11, 22, 0, 0)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	has := func(dir string) string {
		t.Helper()
		data, err := os.ReadFile(filepath.Join(dir, "stop.yaml"))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		return string(data)
	}
	for n := 0; ; n++ {
		dir := t.TempDir()
		d := disktest.New(t, dir)
		failed := d.FailOnce(n, errFull)
		path, err := save(d, dir, "stop", text, words(t))
		if err == nil {
			if left := has(d.PowerCut(t, dir, false)); left != string(text) || path != filepath.Join(dir, "stop.yaml") {
				t.Fatalf("saved as %s, a power cut leaves %q", path, left)
			}
			if !failed() {
				return
			}
			continue // what is not taken away beside it does no harm
		}
		if !failed() || !errors.Is(err, errFull) || has(dir) != "" {
			t.Errorf("operation %d fails: %v, and there is %q", n, err, has(dir))
		}
		if _, err := save(d, dir, "stop", text, words(t)); err != nil {
			t.Errorf("operation %d has failed before: %v", n, err)
		}
	}
}

// When an Exclusion was first read is remembered through a power cut, or not known.
func TestFirstReadOutlastsAPowerCut(t *testing.T) {
	now := jst(2026, 11, 1, 9, 0)
	planned := promotion.Exclusion{ID: "db", From: now.Add(time.Hour), Until: now.Add(2 * time.Hour)}
	for n := 0; ; n++ {
		dir := t.TempDir()
		path := filepath.Join(dir, "exclusions.json")
		r, err := OpenFirstRead(path)
		if err != nil {
			t.Fatal(err)
		}
		d := disktest.New(t, dir)
		r.disk = d
		failed := d.FailOnce(n, errFull)
		got, err := r.Read([]promotion.Exclusion{planned}, now)
		if failed() != (err != nil) || got[0].Known.IsZero() != (err != nil) {
			t.Fatalf("operation %d fails: known since %v, %v", n, got[0].Known, err)
		}
		again, opened := OpenFirstRead(filepath.Join(d.PowerCut(t, dir, false), "exclusions.json"))
		later, read := again.Read([]promotion.Exclusion{planned}, now.Add(time.Minute))
		if opened != nil || read != nil || err == nil && !later[0].Known.Equal(now) {
			t.Errorf("operation %d fails: after a power cut it is known since %v, %v, %v", n, later[0].Known, opened, read)
		}
		if !failed() {
			return
		}
	}
}
