package ledger

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/shopslo/shopslo/internal/disk"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger/ledgertest"
)

// realFiles counts a small history and returns the files that it made: checkpoints
// and logs.
func realFiles(t testing.TB) (checkpoints, logs [][]byte) {
	t.Helper()
	dir := t.TempDir()
	h := ledgertest.New(ledgertest.Config{Seed: 3, Length: 3 * time.Hour, ShopSets: []ledgertest.Spec{
		{Pods: 1, PeakRate: 0.2, RestartEvery: time.Hour}, {Pods: 1, NoStartTime: true, Fractional: true, PeakRate: 0.1, RestartEvery: time.Hour}}})
	src := h.Source()
	src.SetExpr("ratio", []ledgertest.Series{{Labels: slo.Labels{{Name: "shopset", Value: "shop-0"}}, Samples: []ledgertest.Sample{{T: h.Start, V: 0.3}, {T: h.Start + 9_000_000, V: 0.7}}}})
	var l *Ledger
	for now := h.Start; now < h.End; now += 600_000 {
		if l == nil {
			l = fuzzLedger(t, dir, src, h)
		}
		if err := l.Advance(context.Background(), time.UnixMilli(now), nil); err != nil {
			t.Fatal(err)
		}
		if (now-h.Start)%3_600_000 == 0 {
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			l = nil
		}
	}
	if l != nil {
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for kind, to := range map[string]*[][]byte{"checkpoint-*": &checkpoints, "log-*": &logs} {
		paths, err := filepath.Glob(filepath.Join(dir, kind))
		if err != nil || len(paths) == 0 {
			t.Fatalf("no %s: %v", kind, err)
		}
		for _, p := range paths {
			b, err := os.ReadFile(p)
			if err != nil {
				t.Fatal(err)
			}
			*to = append(*to, b)
		}
	}
	return checkpoints, logs
}

func fuzzLedger(t testing.TB, dir string, src Source, h *ledgertest.History) *Ledger {
	t.Helper()
	return diskLedger(t, dir, nil, src, h)
}

// diskLedger is fuzzLedger on a disk; nil: the system's.
func diskLedger(t testing.TB, dir string, d disk.FS, src Source, h *ledgertest.History) *Ledger {
	t.Helper()
	l, err := Open(Config{Dir: dir, disk: d, Resolution: time.Minute, Fine: 65 * time.Minute, Backfill: time.Duration(h.End-h.Start) * time.Millisecond, Delay: time.Nanosecond,
		ScrapeInterval: 30 * time.Second, StartTimeMetric: ledgertest.StartTimeMetric, CheckpointAfter: 3000})
	if err != nil {
		t.Fatal(err)
	}
	window := slo.Rolling(time.Hour)
	query := func(text string) *slo.Query { return &slo.Query{Text: text} }
	p := Plan{Sources: map[string]Source{"": src}, Reads: map[string]Reading{"": Selecting(func(text string) ([]slo.Selector, bool) {
		sel := map[string]slo.Selector{"bad": ledgertest.Bad(), "total": ledgertest.Total()}[text]
		return []slo.Selector{sel}, sel != nil
	})}}
	var subjects []*Subject
	for _, s := range h.Subjects() {
		subjects = append(subjects, &Subject{ID: s.ID, Match: s.Labels})
	}
	for k, ind := range []slo.Indicator{
		{Counter: slo.Yes, Bad: query("bad"), Total: query("total")}, {Kind: slo.RawRatio, Value: query("ratio")}} {
		p.Items = append(p.Items, Item{Subjects: subjects, SLO: &slo.SLO{Name: fmt.Sprint("slo-", k), Window: window, Method: []slo.Method{slo.Occurrences, slo.RatioTimeslices}[k], Slice: 7 * time.Minute,
			Parts: []slo.Part{{Weight: 1, Indicator: ind}}}})
	}
	if err := l.Configure(p, time.UnixMilli(h.End)); err != nil {
		t.Fatal(err)
	}
	return l
}

// payloads cuts a file into its records, without their checksums, which no fuzzer
// would guess.
func payloads(b []byte) (out [][]byte) {
	for b = b[len(magic):]; len(b) > 0; {
		p, n := nextFrame(b)
		if p == nil {
			return out
		}
		out, b = append(out, p), b[n:]
	}
	return out
}

func sealed(payload []byte) []byte {
	frame := append(make([]byte, frameHeader), payload...)
	seal(frame)
	return frame
}

func encodeCheckpoint(accounts map[uint32]*account) []byte {
	var e encoder
	b := []byte(magic)
	for _, id := range slices.Sorted(maps.Keys(accounts)) {
		e.b = nil
		appendAccount(&e, accounts[id])
		b = append(b, sealed(e.b)...)
	}
	e.b = nil
	e.byte(endRecord)
	e.uint(uint64(len(accounts)))
	return append(b, sealed(e.b)...)
}

func TestARealCheckpointEncodesToTheSameBytes(t *testing.T) {
	points, _ := realFiles(t)
	for _, b := range points {
		accounts, err := decodeCheckpoint(b)
		if err != nil || len(accounts) == 0 {
			t.Fatalf("%d accounts, %v", len(accounts), err)
		}
		if again := encodeCheckpoint(accounts); !bytes.Equal(b, again) {
			t.Errorf("a checkpoint of %d bytes encodes to %d others", len(b), len(again))
		}
	}
}

// checkAccounts fails where accounts that were read are not what is written of them.
func checkAccounts(t *testing.T, accounts map[uint32]*account) {
	t.Helper()
	for _, a := range accounts {
		for e := a.hist.oldest(); e < a.hist.edge; e += max(a.hist.res, (a.hist.edge-a.hist.oldest())/100) {
			a.hist.between(e, a.hist.edge) // no panic
		}
	}
	once := encodeCheckpoint(accounts)
	read, err := decodeCheckpoint(once)
	if err != nil {
		t.Fatalf("what was read and written cannot be read again: %v", err)
	}
	if again := encodeCheckpoint(read); !bytes.Equal(once, again) {
		t.Fatalf("written as\n%x\nand then as\n%x", once, again)
	}
}

// beginnings are those of all formats.
var beginnings = []string{"shopslo1", magic}

// oldFiles are files of the first format.
func oldFiles(t testing.TB, pattern string) (files [][]byte) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", "format1", pattern))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no %s: %v", pattern, err)
	}
	for _, p := range paths {
		b, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, b)
	}
	return files
}

func FuzzDecodeCheckpoint(f *testing.F) {
	points, _ := realFiles(f)
	for _, b := range append(points, oldFiles(f, "checkpoint-*")...) {
		for _, p := range payloads(b) {
			f.Add(p)
		}
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		if len(payload) == 0 || payload[0] != accountRecord {
			return
		}
		for _, beginning := range beginnings {
			b := append([]byte(beginning), sealed(payload)...)
			b = append(b, sealed([]byte{endRecord, 1})...)
			accounts, err := decodeCheckpoint(b)
			if err == nil {
				checkAccounts(t, accounts)
			}
		}
		_, _ = decodeCheckpoint(payload) // without its frame it is an error at most
	})
}

func FuzzReplay(f *testing.F) {
	points, logs := realFiles(f)
	base := points[len(points)-1]
	old := oldFiles(f, "checkpoint-*")[0]
	for _, b := range append(logs, oldFiles(f, "log-*")...) {
		ps := payloads(b)
		for k, p := range ps {
			f.Add(p, ps[min(k+1, len(ps)-1)], []byte(nil))
		}
		f.Add([]byte(nil), []byte(nil), b)
	}
	f.Fuzz(func(t *testing.T, one, two, rest []byte) {
		for i, from := range [][]byte{nil, base, old, base} {
			accounts := map[uint32]*account{}
			if from != nil {
				var err error
				if accounts, err = decodeCheckpoint(from); err != nil {
					t.Fatal(err)
				}
			}
			b := append([]byte(beginnings[i/2]), sealed(one)...)
			b = append(append(b, sealed(two)...), rest...)
			good, _ := replay(b, accounts)
			if good < len(magic) || good > len(b) {
				t.Fatalf("%d of %d bytes are sound", good, len(b))
			}
			for _, a := range accounts {
				a.index = members{}
			}
			checkAccounts(t, accounts)
			_, _ = replay(rest, accounts)
		}
	})
}
