package decisionlog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopslo/shopslo/promotion"
)

var start = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

func decision(release string) Entry {
	return OfDecision(promotion.Decision{At: start, To: "prod", Release: release, Verdict: promotion.Hold,
		Checks:    []promotion.Check{{Check: "budget", ShopSet: "a-1", SLO: "cart", Result: promotion.Fail, Reason: "予算がない。"}, {Check: "slo", Result: promotion.Pass}},
		Overrides: []promotion.InForce{{Override: promotion.Override{ID: "o", Who: "mai", Why: "so"}, Waives: 2}},
		Fix:       &promotion.Fix{URL: "https://x.example"}}, "mai")
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

// grow appends entries, each with a record of its own.
func grow(t testing.TB, l *Log, n int) []Head {
	t.Helper()
	var heads []Head
	for range n {
		h, err := l.Append(t.Context(), decision("abc"), recordAfter(l.Head()))
		if err != nil {
			t.Fatal(err)
		}
		heads = append(heads, h)
	}
	return heads
}

func recordAfter(h Head) []byte { return fmt.Appendf(nil, `{"version": 1, "number": %d}`, h.Index+1) }

func contents(t testing.TB, dir, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func put(t testing.TB, dir, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
		t.Fatal(err)
	}
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
	var lines []Line
	head, err := l.Read(t.Context(), func(line Line) error {
		record, err := line.Record(t.Context())
		if want := recordAfter(Head{Index: line.Index - 1}); !bytes.Equal(record, want) {
			t.Errorf("the record of entry %d is %s, want %s", line.Index, record, want)
		}
		lines = append(lines, line)
		return err
	})
	if err != nil || head != last || len(lines) != 5 || head.Index != 5 {
		t.Fatalf("%v, %v, %d entries", head, err, len(lines))
	}
	e := lines[4]
	if e.Prev != lines[3].Hash || e.Hash != last.Hash || e.Kind != Gate || e.By != "mai" || e.Decision != promotion.Hold || len(e.Checks) != 1 || e.Checks[0].Reason != "予算がない。" ||
		e.Overrides[0].Who != "mai" || e.Fix != "https://x.example" || e.Entry.Record != hash([]byte(`{"version": 1, "number": 5}`)) {
		t.Errorf("%+v", e)
	}
}

// A process may be killed after any byte of a line.
func TestALineThatWasCutOffIsForgotten(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	grow(t, l, 1)
	given := contents(t, dir, headFile) // noted only after the line is there
	second := grow(t, l, 1)[0]
	l.Close()
	whole := contents(t, dir, File)
	for cut := bytes.IndexByte(whole, '\n') + 1; cut < len(whole); cut++ {
		put(t, dir, File, whole[:cut])
		put(t, dir, headFile, given)
		l, err := Open(dir)
		if err != nil || l.Head().Index != 1 {
			t.Fatalf("cut after %d bytes: %v", cut, err)
		}
		if got := grow(t, l, 1)[0]; got != second {
			t.Fatalf("cut after %d bytes: the next head is %v, want %v", cut, got, second)
		}
		l.Close()
	}
	put(t, dir, File, whole)
	put(t, dir, headFile, given)
	if l := open(t, dir); l.Head() != second {
		t.Errorf("a whole line is lost: %v", l.Head())
	}
}

// TestAppendsUntilItIsKilled is no test by itself: the process that the next one kills.
func TestAppendsUntilItIsKilled(t *testing.T) {
	dir := os.Getenv("DECISIONLOG_KILL")
	if dir == "" {
		return
	}
	l, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for {
		h, err := l.Append(context.Background(), decision("abc"), bytes.Repeat(recordAfter(l.Head()), 500))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Printf("acknowledged %d %s\n", h.Index, h.Hash)
	}
}

func TestAKilledServerLosesNothingThatItAcknowledged(t *testing.T) {
	dir := t.TempDir()
	acknowledged := map[int]string{}
	for range 12 {
		cmd := exec.Command(os.Args[0], "-test.run=^TestAppendsUntilItIsKilled$")
		cmd.Env = append(os.Environ(), "DECISIONLOG_KILL="+dir)
		var out bytes.Buffer
		cmd.Stdout = &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(100+rand.IntN(150)) * time.Millisecond)
		cmd.Process.Kill()
		cmd.Wait()
		for line := range strings.Lines(out.String()) {
			var n int
			var h string
			if strings.HasSuffix(line, "\n") {
				if got, _ := fmt.Sscanf(line, "acknowledged %d %s\n", &n, &h); got == 2 {
					acknowledged[n] = h
				}
			}
		}
		has := map[int]string{}
		if _, err := (Folder{dir}).Read(t.Context(), func(l Line) error { has[l.Index] = l.Hash; _, err := l.Record(t.Context()); return err }); err != nil {
			t.Fatal(err)
		}
		for n, h := range acknowledged {
			if has[n] != h {
				t.Fatalf("entry %d was acknowledged as %s, the log has %q", n, h, has[n])
			}
		}
	}
	if len(acknowledged) < 12 {
		t.Fatalf("only %d appends were acknowledged: nothing was tried", len(acknowledged))
	}
}

func TestEveryChangedOrMissingByteIsFound(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	grow(t, l, 4)
	l.Close()
	for _, name := range []string{File, headFile} {
		whole := contents(t, dir, name)
		for i := range whole {
			for what, forged := range map[string][]byte{
				"flipped":  bytes.Join([][]byte{whole[:i], {whole[i] ^ 1}, whole[i+1:]}, nil),
				"left out": bytes.Join([][]byte{whole[:i], whole[i+1:]}, nil),
				"doubled":  bytes.Join([][]byte{whole[:i+1], whole[i:]}, nil),
				"the end":  whole[:i],
			} {
				put(t, dir, name, forged)
				if _, err := Verify(t.Context(), Folder{dir}, ""); !errors.Is(err, ErrBroken) && !bytes.Equal(forged, whole) {
					t.Fatalf("byte %d of %s, %s: %v", i, name, what, err)
				}
			}
		}
		put(t, dir, name, whole)
	}
	name := filepath.Join(records, "000002.json.gz")
	whole := contents(t, dir, name)
	for i := range whole {
		forged := bytes.Clone(whole)
		forged[i] ^= 1
		put(t, dir, name, forged)
		if _, err := Verify(t.Context(), Folder{dir}, ""); !errors.Is(err, ErrBroken) {
			if read, _ := unpack(forged); !bytes.Equal(read, recordAfter(Head{Index: 1})) { // gzip's own bytes say nothing of the record
				t.Fatalf("byte %d of a record: %v", i, err)
			}
		} else if !strings.Contains(err.Error(), "entry 2") {
			t.Fatalf("byte %d of a record: %v", i, err)
		}
	}
	put(t, dir, name, append(bytes.Clone(whole), whole...))
	if _, err := Verify(t.Context(), Folder{dir}, ""); !errors.Is(err, ErrBroken) {
		t.Errorf("a doubled record: %v", err)
	}
	if err := os.Remove(filepath.Join(dir, name)); err != nil {
		t.Fatal(err)
	}
	if _, err := Verify(t.Context(), Folder{dir}, ""); !errors.Is(err, ErrBroken) || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a lost record: %v", err)
	}
}

// Entries in any other order, or fewer of them, are no log.
func TestEveryOtherOrderOfEntriesIsFound(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	published := grow(t, l, 5)[4]
	l.Close()
	lines := bytes.SplitAfter(contents(t, dir, File), []byte("\n"))[:5]
	for range 2000 {
		var forged [][]byte
		for range rand.IntN(7) {
			forged = append(forged, lines[rand.IntN(5)])
		}
		text := bytes.Join(forged, nil)
		if bytes.Equal(text, bytes.Join(lines, nil)) {
			continue
		}
		put(t, dir, File, text)
		if _, err := Verify(t.Context(), Folder{dir}, ""); !errors.Is(err, ErrBroken) {
			t.Fatalf("%s: %v", text, err)
		}
		if _, err := Open(dir); !errors.Is(err, ErrBroken) {
			t.Fatalf("a broken log is opened: %v", err)
		}
	}
	// Who also makes the head fit is found out by what was published.
	put(t, dir, File, bytes.Join(lines[:3], nil))
	if err := os.Remove(filepath.Join(dir, headFile)); err != nil {
		t.Fatal(err)
	}
	if v, err := Verify(t.Context(), Folder{dir}, ""); err != nil || v.Head.Index != 3 {
		t.Errorf("%v, %v", v, err)
	}
	if _, err := Verify(t.Context(), Folder{dir}, published.Hash); !errors.Is(err, ErrBroken) || !strings.Contains(err.Error(), published.Hash) {
		t.Errorf("a published head that is gone: %v", err)
	}
}

func TestTheFirstBrokenEntryIsNamed(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	grow(t, l, 4)
	whole := contents(t, dir, File)
	put(t, dir, File, bytes.Replace(whole, []byte(`"index":3`), []byte(`"index":7`), 1))
	if _, err := Verify(t.Context(), l, ""); err == nil || !strings.Contains(err.Error(), "entry 3: the chain is broken") {
		t.Errorf("%v", err)
	}
	put(t, dir, File, append([]byte("x\n"), whole...))
	if _, err := Verify(t.Context(), l, ""); err == nil || !strings.Contains(err.Error(), "entry 1: the chain is broken") {
		t.Errorf("%v", err)
	}
	if err := os.Remove(filepath.Join(dir, File)); err != nil {
		t.Fatal(err)
	}
	if _, err := Verify(t.Context(), l, ""); err == nil || !strings.Contains(err.Error(), "entry 1: the chain is broken") {
		t.Errorf("%v", err)
	}
}

func TestDecisionsAtOnceAreOneChain(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	var all, reading sync.WaitGroup
	done := make(chan struct{})
	reading.Go(func() { // a reader never takes an append for a fault
		for {
			if _, err := Verify(t.Context(), Folder{dir}, ""); err != nil {
				t.Error(err)
				return
			}
			select {
			case <-done:
				return
			default:
			}
		}
	})
	for range 8 {
		all.Go(func() {
			for range 10 {
				if _, err := l.Append(t.Context(), decision("abc"), []byte("{}")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	close(done)
	reading.Wait()
	if v, err := Verify(t.Context(), Folder{dir}, ""); err != nil || v.Head.Index != 80 || v.Head != l.Head() {
		t.Errorf("%v, %v", v, err)
	}
}

func TestAFolderWithoutALogIsEmptyAndOneThatIsNotThereAnError(t *testing.T) {
	dir := t.TempDir()
	if v, err := Verify(t.Context(), Folder{dir}, ""); v.Head != (Head{}) || err != nil {
		t.Errorf("%v, %v", v, err)
	}
	if _, err := Verify(t.Context(), Folder{filepath.Join(dir, "none")}, ""); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

func FuzzReadLines(f *testing.F) {
	dir := f.TempDir()
	grow(f, open(f, dir), 3)
	f.Add(contents(f, dir, File))
	f.Add([]byte("{}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		n := 0
		head, size, err := ReadLines(bytes.NewReader(data), func(Line) error { n++; return nil })
		if n != head.Index || err == nil && n != bytes.Count(data, []byte("\n")) || size > int64(len(data)) || bytes.Count(data[:size], []byte("\n")) != n {
			t.Errorf("%d entries of %d lines in %d bytes, head %v, error %v", n, bytes.Count(data, []byte("\n")), size, head, err)
		}
	})
}

func FuzzUnpack(f *testing.F) {
	dir := f.TempDir()
	grow(f, open(f, dir), 1)
	f.Add(contents(f, dir, filepath.Join(records, "000001.json.gz")))
	f.Fuzz(func(t *testing.T, packed []byte) {
		if data, err := unpack(packed); err == nil && len(packed) < 18 {
			t.Errorf("%q is taken from %d bytes", data, len(packed))
		}
	})
}

func TestARecordIsUnpackedAsItWasWhateverItsSize(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, size := range []int{0, 1, packedAlone - 1, 2 * packedAlone, 5*packedAlone + 7} {
		record := make([]byte, size)
		for i := range record {
			record[i] = byte('a' + r.IntN(8))
		}
		packed, err := pack(record)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := unpack(packed); err != nil || !bytes.Equal(again, record) {
			t.Fatalf("%d bytes: %d come back, %v", size, len(again), err)
		}
		if again, err := unpack(append(packed, "x"...)); err == nil {
			t.Errorf("%d bytes and something after them: %d come back", size, len(again))
		}
		if again, err := unpack(packed[:len(packed)-1]); err == nil {
			t.Errorf("%d bytes, cut: %d come back", size, len(again))
		}
	}
}
