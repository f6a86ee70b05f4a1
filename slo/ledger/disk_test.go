package ledger

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo/ledger/ledgertest"
)

// diskHistory is a history of hours and its source.
func diskHistory() (*ledgertest.History, *ledgertest.Source) {
	h := ledgertest.New(ledgertest.Config{Seed: 3, Length: 3 * time.Hour, ShopSets: []ledgertest.Spec{{Pods: 2, PeakRate: 5, RestartEvery: time.Hour, DeployEvery: time.Hour}}})
	src := h.Source()
	src.SetExpr("ratio", nil)
	return h, src
}

// undisturbed is what a ledger knows that counted up to an edge without a fault.
func undisturbed(t *testing.T, h *ledgertest.History, src Source, edge int64) string {
	t.Helper()
	l := fuzzLedger(t, t.TempDir(), src, h)
	for e := h.Start + 600_000; e <= edge; e += 600_000 {
		if err := l.Advance(context.Background(), time.UnixMilli(e+1), nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return encodeAll(l)
}

// checkOnce fails where not everything up to an edge is counted, and just once.
func checkOnce(t *testing.T, l *Ledger, h *ledgertest.History, src Source, edge int64) {
	t.Helper()
	if l.sorted()[0].hist.edge != edge || encodeAll(l) != undisturbed(t, h, src, edge) {
		t.Fatalf("counted up to %d, want %d; the ledger knows something else than one that had no fault", l.sorted()[0].hist.edge, edge)
	}
}

func TestALogThatFailsIsReplacedAndNothingIsCountedTwice(t *testing.T) {
	for name, spoil := range map[string]func(t *testing.T, s *store){
		"its file is closed": func(t *testing.T, s *store) {
			if err := s.file.Close(); err != nil {
				t.Fatal(err)
			}
		},
		"its file may not be written": func(t *testing.T, s *store) {
			f, err := os.Open(s.path("log"))
			if err != nil {
				t.Fatal(err)
			}
			_ = s.file.Close()
			s.file = f
		},
		"its disk is full and cannot be cut": func(t *testing.T, s *store) {
			f, err := os.OpenFile("/dev/full", os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			_ = s.file.Close()
			s.file = f
		},
	} {
		t.Run(name, func(t *testing.T) {
			h, src := diskHistory()
			dir := t.TempDir()
			l := fuzzLedger(t, dir, src, h)
			l.store.threshold = 1 << 30
			edge := h.Start
			for k := range 10 {
				if k == 4 || k == 7 {
					spoil(t, l.store)
					if err := l.Advance(context.Background(), time.UnixMilli(edge+600_001), nil); !errors.Is(err, ErrStore) {
						t.Fatalf("got %v, want %v", err, ErrStore)
					}
					if got := l.sorted()[0].hist.edge; got != edge {
						t.Fatalf("a tick that was not written is counted: up to %d, want %d", got, edge)
					}
				}
				edge += 600_000
				if err := l.Advance(context.Background(), time.UnixMilli(edge+1), nil); err != nil {
					t.Fatal(err)
				}
			}
			checkOnce(t, l, h, src, edge)
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			l = fuzzLedger(t, dir, src, h)
			checkOnce(t, l, h, src, edge)
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// encodeAll writes everything that a ledger knows.
func encodeAll(l *Ledger) string {
	accounts := map[uint32]*account{}
	for _, a := range l.accounts {
		accounts[a.id] = a
	}
	return string(encodeCheckpoint(accounts))
}

func TestACheckpointThatFailsLeavesTheOldGenerationGoingOn(t *testing.T) {
	for _, inTheWay := range []string{"log-00000001", "checkpoint-00000001.tmp", "checkpoint-00000001"} {
		t.Run(inTheWay, func(t *testing.T) {
			h, src := diskHistory()
			dir := t.TempDir()
			l := fuzzLedger(t, dir, src, h)
			l.store.threshold = 1 // a checkpoint after each tick
			obstacle := filepath.Join(dir, inTheWay)
			if err := os.Mkdir(obstacle, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(obstacle, "x"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
			edge := h.Start
			for range 5 {
				edge += 600_000
				if err := l.Advance(context.Background(), time.UnixMilli(edge+1), nil); !errors.Is(err, ErrStore) {
					t.Fatalf("got %v, want %v", err, ErrStore)
				}
				checkOnce(t, l, h, src, edge)
			}
			if err := os.RemoveAll(obstacle); err != nil {
				t.Fatal(err)
			}
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			// What the failed checkpoints left does not hide the log that went on.
			l = fuzzLedger(t, dir, src, h)
			checkOnce(t, l, h, src, edge)
			edge += 600_000
			if err := l.Advance(context.Background(), time.UnixMilli(edge+1), nil); err != nil {
				t.Fatal(err)
			}
			checkOnce(t, l, h, src, edge)
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}
