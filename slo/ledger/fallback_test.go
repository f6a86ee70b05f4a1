package ledger_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func glob(t *testing.T, dir, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no %s in %s: %v", pattern, dir, err)
	}
	return paths
}

// flip damages a file.
func flip(t *testing.T, path string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestADamagedCheckpointFallsBackAlsoLater(t *testing.T) {
	h, src, end := week(t)
	quarter := func(n int64) int64 { e := h.Start + (end-h.Start)*n/4; return e - e%60_000 }
	cfg := testConfig(t.TempDir(), h.Start, time.UnixMilli(end), h.Config.Interval, time.Minute)
	p := planOf(src, h.Subjects(), sloOf("s", "bad", "total"))
	run := func(checkpointAfter, to int64) { // one life of the program, up to an edge
		t.Helper()
		cfg.CheckpointAfter = checkpointAfter
		l := open(t, cfg, p, end)
		for at := quarter(0); at <= to; at += 600_000 {
			advance(t, l, at)
		}
		advance(t, l, to)
		closeLedger(t, l)
	}
	check := func(to int64) { // from the files alone
		t.Helper()
		l := open(t, cfg, p, end)
		checkWeek(t, l, h, to)
		closeLedger(t, l)
	}
	newest := func() string { all := glob(t, cfg.Dir, "checkpoint-????????"); return all[len(all)-1] }
	const never = 1 << 40
	run(10_000, quarter(1))
	run(never, quarter(2))
	flip(t, newest())
	check(quarter(2))
	run(never, quarter(3)) // goes on behind the older checkpoint
	check(quarter(3))
	sound := newest()
	run(1, quarter(3)+60_000) // the next checkpoint
	if newest() == sound {
		t.Fatal("there was no new checkpoint")
	}
	flip(t, newest())
	check(quarter(3) + 60_000)
	run(10_000, end)
	check(end)
	if n := len(glob(t, cfg.Dir, "checkpoint-????????")); n != 2 {
		t.Errorf("%d checkpoints are kept, want 2", n)
	}
}
