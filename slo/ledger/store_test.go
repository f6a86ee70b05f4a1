package ledger_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo/ledger"
	"github.com/shopslo/shopslo/slo/ledger/ledgertest"
)

func open(t *testing.T, cfg ledger.Config, p ledger.Plan, now int64) *ledger.Ledger {
	t.Helper()
	l, err := ledger.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Configure(p, time.UnixMilli(now)); err != nil {
		t.Fatal(err)
	}
	return l
}

func closeLedger(t *testing.T, l *ledger.Ledger) {
	t.Helper()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestCountsEqualTheOracleThroughRestartsAndOutagesOfTheSource(t *testing.T) {
	const res = 10_000
	for seed := range uint64(60) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			h := ledgertest.New(ledgertest.Tiny(seed+5000, false))
			end := h.End - h.End%res
			r := rand.New(rand.NewPCG(seed, 3))
			src, s := h.Source(), sloOf("s", "bad", "total")
			for range 3 { // the source fails now and then, in every way
				from := h.Start + r.Int64N(end-h.Start)
				src.Fail(ledgertest.Fault(r.IntN(4)), from, min(end-1, from+r.Int64N(60_000)))
			}
			dir := t.TempDir()
			cfg := testConfig(dir, h.Start, time.UnixMilli(end), h.Config.Interval, res*time.Millisecond)
			l := open(t, cfg, planOf(src, h.Subjects(), s), end)
			for now := h.Start; now < end; {
				now = min(end, now+1+r.Int64N(60_000))
				src.SetNow(now)
				_ = l.Advance(context.Background(), time.UnixMilli(now+1), nil) // may fail: that is the test
				if r.IntN(3) == 0 {
					closeLedger(t, l)
					l = open(t, cfg, planOf(src, h.Subjects(), s), end)
				}
			}
			src.SetNow(1 << 62)
			if err := l.Advance(context.Background(), time.UnixMilli(end+1), nil); err != nil {
				t.Fatal(err)
			}
			// Late samples that came after their edge was closed make a difference that
			// the oracle cannot know here; without them all is equal.
			if !hasLate(h) {
				oracles, err := ledgertest.NewOracles(h.Subjects(), h.Rules(false, true, true), seriesOf(h, ledgertest.All))
				if err != nil {
					t.Fatal(err)
				}
				for id, o := range oracles {
					checkEdges(t, l, s, id, o, h.Start, end, res)
				}
			}
			closeLedger(t, l)
		})
	}
}

func hasLate(h *ledgertest.History) bool {
	if len(h.Config.Lags) > 0 {
		return true
	}
	for _, s := range h.Config.ShopSets {
		if s.LateEvery > 0 || s.LateSample > 0 {
			return true
		}
	}
	return false
}

// week is a history of a few days that makes several checkpoints' worth of files.
func week(t *testing.T) (*ledgertest.History, ledger.Source, int64) {
	t.Helper()
	specs := ledgertest.Mixed(5)
	for i := range specs {
		specs[i].LateEvery, specs[i].LateSample = 0, 0
	}
	h := ledgertest.New(ledgertest.Config{Seed: 11, Length: 36 * time.Hour, ShopSets: specs})
	return h, h.Source(), h.End - h.End%60_000
}

func checkWeek(t *testing.T, l *ledger.Ledger, h *ledgertest.History, end int64) {
	t.Helper()
	oracles, err := ledgertest.NewOracles(h.Subjects(), h.Rules(false, true, true), seriesOf(h, ledgertest.All))
	if err != nil {
		t.Fatal(err)
	}
	for id, o := range oracles {
		checkEdges(t, l, sloOf("s", "bad", "total"), id, o, h.Start, end, 60_000)
	}
}

func TestDamagedFilesAreSetAsideAndCountedAgain(t *testing.T) {
	h, src, end := week(t)
	half := (h.Start + end) / 2
	half -= half % 60_000
	damages := map[string]func([]byte) []byte{
		"a flipped bit in the middle":  func(b []byte) []byte { b[len(b)/2] ^= 4; return b },
		"a flipped bit at the start":   func(b []byte) []byte { b[3] ^= 1; return b },
		"a wrong length in the middle": func(b []byte) []byte { b[len(magicOf(b))+3] = 0x3f; return b },
		"cut in the middle":            func(b []byte) []byte { return b[:len(b)*2/3] },
		"cut to nothing":               func(b []byte) []byte { return nil },
		"half of it zeros":             func(b []byte) []byte { clear(b[len(b)/2:]); return b },
		"garbage at the end":           func(b []byte) []byte { return append(b, "not a record at all, far from it"...) },
	}
	for name, damage := range damages {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			var log strings.Builder
			cfg := testConfig(dir, h.Start, time.UnixMilli(end), h.Config.Interval, time.Minute)
			cfg.Log = textLog(&log)
			p := planOf(src, h.Subjects(), sloOf("s", "bad", "total"))
			l := open(t, cfg, p, end)
			advanceAtRandom(t, rand.New(rand.NewPCG(1, 1)), l, nil, h.Start, half, 7_200_000)
			closeLedger(t, l)

			path := filepath.Join(dir, "log-00000000")
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, damage(b), 0o600); err != nil {
				t.Fatal(err)
			}
			l = open(t, cfg, p, end)
			aside, _ := filepath.Glob(filepath.Join(dir, "*.damaged*"))
			// An end that makes no sense is what a crash in the middle of a write leaves.
			if cut := strings.HasPrefix(name, "cut") || strings.HasPrefix(name, "garbage"); cut != (len(aside) == 0) {
				t.Errorf("set aside %v, log %s", aside, log.String())
			} else if !cut && !strings.Contains(log.String(), "damaged") {
				t.Errorf("no word of the damage: %s", log.String())
			}
			if err := l.Advance(context.Background(), time.UnixMilli(end+1), nil); err != nil {
				t.Fatal(err)
			}
			checkWeek(t, l, h, end)
			closeLedger(t, l)

			l = open(t, cfg, p, end) // what it wrote after the damage is sound
			checkWeek(t, l, h, end)
			closeLedger(t, l)
		})
	}
}

func textLog(w io.Writer) *slog.Logger { return slog.New(slog.NewTextHandler(w, nil)) }

func magicOf(b []byte) []byte { return b[:8] }

func TestADamagedCheckpointFallsBackToTheGenerationBefore(t *testing.T) {
	h, src, end := week(t)
	for _, all := range []bool{false, true} {
		t.Run(fmt.Sprintf("all checkpoints damaged %t", all), func(t *testing.T) {
			dir := t.TempDir()
			cfg := testConfig(dir, h.Start, time.UnixMilli(end), h.Config.Interval, time.Minute)
			cfg.CheckpointAfter = 10_000
			p := planOf(src, h.Subjects(), sloOf("s", "bad", "total"))
			l := open(t, cfg, p, end)
			advanceAtRandom(t, rand.New(rand.NewPCG(1, 1)), l, nil, h.Start, end, 3_600_000)
			closeLedger(t, l)
			points, _ := filepath.Glob(filepath.Join(dir, "checkpoint-????????"))
			if len(points) != 2 {
				t.Fatalf("checkpoints: %v, want two generations", points)
			}
			if !all {
				points = points[1:]
			}
			for _, path := range points {
				b, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				b[len(b)/2] ^= 1
				if err := os.WriteFile(path, b, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			l = open(t, cfg, p, end)
			if !all { // nothing is lost, not even without the source
				checkWeek(t, l, h, end)
			}
			if err := l.Advance(context.Background(), time.UnixMilli(end+1), nil); err != nil {
				t.Fatal(err)
			}
			checkWeek(t, l, h, end)
			closeLedger(t, l)
		})
	}
}

func TestADirectoryInUseIsRefused(t *testing.T) {
	dir := t.TempDir()
	cfg := ledger.Config{Dir: dir}
	l, err := ledger.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer closeLedger(t, l)
	if _, err := ledger.Open(cfg); err == nil || !strings.Contains(err.Error(), dir) {
		t.Fatalf("second Open: %v, want an error that names %s", err, dir)
	}
}
