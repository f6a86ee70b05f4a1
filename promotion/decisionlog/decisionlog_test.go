package decisionlog

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopslo/shopslo/promotion"
)

func decision(to string) promotion.Decision {
	return promotion.Decision{At: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), To: "prod", Release: to, Verdict: promotion.Hold,
		Checks:    []promotion.Check{{Check: "budget", ShopSet: "a-1", SLO: "cart", Result: promotion.Fail, Reason: "予算がない。"}, {Check: "slo", Result: promotion.Pass}},
		Overrides: []promotion.InForce{{Override: promotion.Override{ID: "o", Who: "mai", Why: "so"}, Waives: 2}},
		Fix:       &promotion.Fix{URL: "https://x.example"}}
}

func open(t testing.TB, dir string) *Log {
	t.Helper()
	l, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func grow(t testing.TB, l *Log, n int) []Head {
	t.Helper()
	var heads []Head
	for range n {
		h, err := l.Append(decision("abc"), []byte(`{"version": 1}`))
		if err != nil {
			t.Fatal(err)
		}
		heads = append(heads, h)
	}
	return heads
}

func TestALogGoesOnWhereItStopped(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	heads := grow(t, l, 3)
	l.Close()
	l = open(t, dir)
	if l.Head() != heads[2] {
		t.Errorf("opened again its head is %v, it was %v", l.Head(), heads[2])
	}
	last := grow(t, l, 2)[1]
	data, err := os.ReadFile(filepath.Join(dir, File))
	if err != nil {
		t.Fatal(err)
	}
	var entries []Entry
	head, err := Verify(bytes.NewReader(data), func(e Entry) { entries = append(entries, e) })
	if err != nil || head != last || len(entries) != 5 || head.Index != 5 {
		t.Fatalf("%v, %v, %d entries", head, err, len(entries))
	}
	e := entries[4]
	if e.Prev != hash(bytes.Split(data, []byte("\n"))[3]) || e.Decision != promotion.Hold || len(e.Checks) != 1 || e.Checks[0].Reason != "予算がない。" ||
		e.Overrides[0].Who != "mai" || e.Fix != "https://x.example" || e.Record != hash([]byte(`{"version": 1}`)) {
		t.Errorf("%+v", e)
	}
}

// A process may be killed after any byte of a line.
func TestALineThatWasCutOffIsForgotten(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	heads := grow(t, l, 2)
	l.Close()
	path := filepath.Join(dir, File)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	first := bytes.IndexByte(whole, '\n') + 1
	for cut := first; cut < len(whole); cut++ {
		if err := os.WriteFile(path, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		l, err := Open(dir)
		if err != nil || l.Head() != heads[0] {
			t.Fatalf("cut after %d bytes: %v, head %v", cut, err, l.Head())
		}
		if got := grow(t, l, 1)[0]; got != heads[1] {
			t.Fatalf("cut after %d bytes: the next head is %v, want %v", cut, got, heads[1])
		}
		l.Close()
	}
}

func TestNobodyCanChangeTheLogUnseen(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	published := grow(t, l, 4)[3]
	data, err := os.ReadFile(filepath.Join(dir, File))
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(data, []byte("\n"))[:4]
	for name, forged := range map[string][]byte{
		"a decision made better": bytes.Replace(data, []byte(`"hold"`), []byte(`"promote"`), 1),
		"one taken out":          bytes.Join([][]byte{lines[0], lines[2], lines[3]}, nil),
		"two swapped":            bytes.Join([][]byte{lines[0], lines[2], lines[1], lines[3]}, nil),
		"no JSON":                append([]byte("x\n"), data...),
	} {
		if _, err := Verify(bytes.NewReader(forged), nil); !errors.Is(err, ErrBroken) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	for name, forged := range map[string][]byte{ // which only the published head tells
		"the last changed":  append(bytes.Join(lines[:3], nil), bytes.Replace(lines[3], []byte(`"hold"`), []byte(`"promote"`), 1)...),
		"the last left out": bytes.Join(lines[:3], nil),
	} {
		if head, err := Verify(bytes.NewReader(forged), nil); err != nil || head == published {
			t.Errorf("%s: head %v, error %v", name, head, err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, File), bytes.Join([][]byte{lines[0], lines[2]}, nil), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); !errors.Is(err, ErrBroken) {
		t.Errorf("a broken log is opened: %v", err)
	}
}

func TestASecondWriterIsFoundOut(t *testing.T) {
	dir := t.TempDir()
	one, two := open(t, dir), open(t, dir)
	grow(t, one, 1)
	if _, err := two.Append(decision("abc"), nil); err == nil || !strings.Contains(err.Error(), "somebody else") {
		t.Errorf("error %v", err)
	}
}

func TestDecisionsAtOnceAreOneChain(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 10 {
				if _, err := l.Append(decision("abc"), nil); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	f, err := os.Open(filepath.Join(dir, File))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if head, err := Verify(f, nil); err != nil || head.Index != 80 || head != l.Head() {
		t.Errorf("%v, %v", head, err)
	}
}

func FuzzVerify(f *testing.F) {
	dir := f.TempDir()
	l := open(f, dir)
	grow(f, l, 3)
	data, err := os.ReadFile(filepath.Join(dir, File))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte("{}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		n := 0
		head, err := Verify(bytes.NewReader(data), func(Entry) { n++ })
		if n != head.Index || err == nil && n != bytes.Count(data, []byte("\n")) {
			t.Errorf("%d entries of %d lines, head %v, error %v", n, bytes.Count(data, []byte("\n")), head, err)
		}
	})
}
