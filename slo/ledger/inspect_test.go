package ledger_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger"
)

// anHour is a directory in which an open ledger has counted an hour of formatSource.
func anHour(t *testing.T) (l *ledger.Ledger, dir string, slos []*slo.SLO) {
	t.Helper()
	dir = t.TempDir()
	cfg := formatConfig(dir)
	cfg.CheckpointAfter = 4 << 10 // so that there are several generations
	p, slos := formatPlan()
	l = open(t, cfg, p, formatEnd)
	for minute := int64(1); minute <= 60; minute++ {
		advance(t, l, formatStart+minute*60_000)
	}
	return l, dir, slos
}

// contents are the names and contents of a directory's files.
func contents(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	names, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		data, err := os.ReadFile(filepath.Join(dir, n.Name()))
		fmt.Fprintf(&b, "%s %x %v\n", n.Name(), data, err)
	}
	return b.String()
}

func TestWhatFilesHoldIsReadBesideAServer(t *testing.T) {
	l, dir, slos := anHour(t)
	before := contents(t, dir)
	i, err := ledger.Inspect(dir)
	if err != nil || !i.Sound() {
		t.Fatalf("%+v, %v", i, err)
	}
	if after := contents(t, dir); after != before {
		t.Error("files were changed")
	}
	i.Name(l)
	for _, s := range slos {
		total, ok := l.Totals(s, "a-1")
		if !ok || s.Method != slo.Occurrences {
			continue
		}
		found := slices.IndexFunc(i.Accounts, func(k ledger.Kept) bool { return k.Subject == "a-1" && slices.Contains(k.SLOs, s.Name) })
		if found < 0 {
			t.Errorf("%s: none of %+v", s.Name, i.Accounts)
			continue
		}
		k := i.Accounts[found]
		if *k.Good != total.Good || *k.Total != total.Total || !k.Start.Equal(total.Start) || !k.End.Equal(total.End) || k.Covered != total.Covered {
			t.Errorf("%s: %+v, want %+v", s.Name, k, total)
		}
		if s.Name == "availability" && (k.Series != 4 || k.Targets != 2 || k.Processes != 2 || k.Match.String() != `{shopset="a-1"}` || !slices.Equal(k.Metrics, []string{"http_requests_total"})) {
			t.Errorf("%+v", k)
		}
	}
}

func TestASnapshotGoesOnAsTheLedgerDoes(t *testing.T) {
	l, dir, _ := anHour(t)
	i, err := ledger.Inspect(dir)
	if err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), "copy")
	if err := i.Snapshot(to); err != nil {
		t.Fatal(err)
	}
	if err := i.Snapshot(to); err == nil || !strings.Contains(err.Error(), "is not empty") {
		t.Errorf("written over: %v", err)
	}
	p, slos := formatPlan()
	copied := open(t, formatConfig(to), p, formatEnd)
	for _, minute := range []int64{60, 90, 180} {
		advance(t, l, formatStart+minute*60_000)
		advance(t, copied, formatStart+minute*60_000)
		if a, b := formatFigures(l, slos, formatStart, formatStart+minute*60_000), formatFigures(copied, slos, formatStart, formatStart+minute*60_000); a != b || a == "" {
			t.Errorf("after %d min the ledger has\n%s\nand its copy\n%s", minute, a, b)
		}
	}
}

func TestDamageIsFoundAndAnUnfinishedEndIsNone(t *testing.T) {
	_, dir, _ := anHour(t)
	whole, err := ledger.Inspect(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, kind string
		change     func([]byte) []byte
		problem    string
	}{
		{"a log that ends in the middle of a record", "log", func(b []byte) []byte { return b[:len(b)-3] }, ""},
		{"a log of which a byte differs", "log", func(b []byte) []byte { b[40] ^= 1; return b }, "damaged after byte"},
		{"a checkpoint that was cut", "checkpoint", func(b []byte) []byte { return b[:len(b)-3] }, "damaged after byte"},
		{"a checkpoint of which a byte differs", "checkpoint", func(b []byte) []byte { b[len(b)/2] ^= 1; return b }, "damaged after byte"},
		{"a file that is none", "checkpoint", func([]byte) []byte { return []byte("hello, world") }, "damaged after byte 0 of 12"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			changed, newest := t.TempDir(), ""
			if err := os.CopyFS(changed, os.DirFS(dir)); err != nil {
				t.Fatal(err)
			}
			for _, f := range whole.Files {
				if strings.HasPrefix(f.Name, tt.kind) && f.Used && f.Name > newest && f.Records > 1 {
					newest = f.Name
				}
			}
			path := filepath.Join(changed, newest)
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, tt.change(data), 0o600); err != nil {
				t.Fatal(err)
			}
			i, err := ledger.Inspect(changed)
			if err != nil || i.Sound() != (tt.problem == "") {
				t.Fatalf("%+v, %v", i.Files, err)
			}
			for _, f := range i.Files {
				if f.Name == newest && (!strings.HasPrefix(f.Problem, tt.problem) || f.Unfinished != (tt.problem == "")) {
					t.Errorf("%+v", f)
				}
			}
		})
	}
	alone := t.TempDir()
	for _, f := range whole.Files {
		if strings.HasPrefix(f.Name, "log") && f.Used {
			if err := os.Link(filepath.Join(dir, f.Name), filepath.Join(alone, f.Name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if i, err := ledger.Inspect(alone); err != nil || i.Sound() || len(i.Accounts) > 0 {
		t.Errorf("logs without their checkpoint: %+v, %v", i, err)
	}
	if _, err := ledger.Inspect(filepath.Join(dir, "none")); err == nil {
		t.Error("a folder that there is not")
	}
}
