package mackerel

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/shopslo/shopslo/internal/disk/disktest"
)

// held are the batches of a spool and the newest time that it knows, as another process
// finds them.
func held(t *testing.T, dir string) string {
	t.Helper()
	s, err := OpenSpool(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	times, err := s.waiting()
	if err != nil {
		t.Fatal(err)
	}
	text := "newest " + s.Newest().Format("15:04")
	for _, at := range times {
		points, err := s.read(at)
		if err != nil {
			t.Fatal(err)
		}
		text += fmt.Sprintf(", %s %v", at.Format("15:04"), points)
	}
	return text
}

// What Add has taken outlasts a power cut, and whichever operation of the disk fails, no file
// is a half one.
func TestWhatIsInTheSpoolOutlastsAPowerCut(t *testing.T) {
	noon := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	const before, after = "newest 12:00, 12:00 [{a.b 1 1}]", "newest 12:01, 12:00 [{a.b 1 1}], 12:01 [{a.b 2 2}]"
	for n := 0; ; n++ {
		dir := filepath.Join(t.TempDir(), "spool")
		d := disktest.New(t)
		s, err := openSpool(dir, d)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.add(noon, []Point{{"a.b", 1, 1}}); err != nil {
			t.Fatal(err)
		}
		if got := held(t, d.PowerCut(t, dir, false)); got != before {
			t.Fatalf("a power cut leaves %s", got)
		}
		failed := d.FailOnce(n, errors.New("no space left on device"))
		err = s.add(noon.Add(time.Minute), []Point{{"a.b", 2, 2}})
		if failed() != (err != nil) {
			t.Fatalf("operation %d fails: %v", n, err)
		}
		// Values of a time that is not known to be collected are collected again.
		got := held(t, d.PowerCut(t, dir, false))
		if got != after && (err == nil || got != before && got != "newest 12:00, 12:00 [{a.b 1 1}], 12:01 [{a.b 2 2}]") {
			t.Errorf("operation %d fails (%v): a power cut leaves %s", n, err, got)
		}
		d.Fail(nil)
		if err := s.add(noon.Add(time.Minute), []Point{{"a.b", 2, 2}}); err != nil {
			t.Fatal(err)
		}
		if got := held(t, d.PowerCut(t, dir, false)); got != after {
			t.Errorf("operation %d failed before: a power cut leaves %s", n, got)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if !failed() {
			return
		}
	}
}
