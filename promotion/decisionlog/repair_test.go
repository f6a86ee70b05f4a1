package decisionlog

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// damaged is a log of 8 entries, closed, and the heads that were published.
func damaged(t *testing.T, harm func(dir string)) (dir string, heads []Head) {
	t.Helper()
	dir = t.TempDir()
	l := open(t, dir)
	heads = grow(t, l, 8)
	l.Close()
	harm(dir)
	return dir, heads
}

// changed rewrites line n of a log, from 1.
func changed(t *testing.T, n int, how func([]byte) []byte) func(string) {
	return func(dir string) {
		lines := bytes.SplitAfter(contents(t, dir, File), []byte("\n"))
		lines[n-1] = how(lines[n-1])
		put(t, dir, File, bytes.Join(lines, nil))
	}
}

func holds(line []byte) []byte {
	return bytes.Replace(line, []byte(`"hold"`), []byte(`"promote"`), 1)
}

// ranges writes what is lost.
func ranges(lost []Lost) string {
	var all []string
	for _, l := range lost {
		word, _, _ := strings.Cut(l.Why, " ")
		all = append(all, fmt.Sprintf("%d-%d %s", l.From, l.To, strings.TrimSuffix(word, ":")))
	}
	return strings.Join(all, ", ")
}

func TestARepairKeepsAllThatIsIntactAndTellsWhatIsLost(t *testing.T) {
	gone := func([]byte) []byte { return nil }
	for name, c := range map[string]struct {
		harm        func(dir string)
		kept, again int
		lost        string
		records     []int
	}{
		"an entry in the middle was changed":   {changed(t, 4, holds), 3, 4, "4-4 changed", nil},
		"an entry in the middle is unreadable": {changed(t, 4, func([]byte) []byte { return []byte("\x00\x00\n") }), 3, 4, "4-4 missing", nil},
		"an entry in the middle is gone":       {changed(t, 4, gone), 3, 4, "4-4 missing", nil},
		"the first entry is gone":              {changed(t, 1, gone), 0, 7, "1-1 missing", nil},
		"the last entry is gone":               {changed(t, 8, gone), 7, 0, "8-8 missing", nil},
		"the last entry was changed":           {changed(t, 8, holds), 7, 0, "8-8 changed", nil},
		"an entry's own number was changed": {changed(t, 4, func(line []byte) []byte {
			return bytes.Replace(line, []byte(`"index":4`), []byte(`"index":9`), 1)
		}), 3, 4, "4-4 missing, 9-9 changed", nil},
		"two apart are gone": {func(dir string) { changed(t, 6, gone)(dir); changed(t, 3, gone)(dir) }, 2, 4, "3-3 missing, 6-6 missing", nil},
		"the end is gone": {func(dir string) {
			put(t, dir, File, bytes.Join(bytes.SplitAfter(contents(t, dir, File), []byte("\n"))[:5], nil))
		},
			5, 0, "6-8 missing", nil},
		"the file is gone":    {func(dir string) { os.Remove(filepath.Join(dir, File)) }, 0, 0, "1-8 missing", nil},
		"the head is damaged": {func(dir string) { put(t, dir, headFile, []byte("x")) }, 8, 0, "", nil},
		"a record is gone":    {func(dir string) { os.Remove(Folder{dir}.recordFile(3)) }, 8, 0, "", []int{3}},
		"a record is another's": {func(dir string) {
			os.Link(Folder{dir}.recordFile(5), Folder{dir}.recordFile(3)+"x")
			os.Rename(Folder{dir}.recordFile(3)+"x", Folder{dir}.recordFile(3))
		}, 8, 0, "", []int{3}},
		"a record behind a loss": {func(dir string) { changed(t, 4, gone)(dir); os.Remove(Folder{dir}.recordFile(6)) }, 3, 4, "4-4 missing", []int{5}},
		"lines stand in another order": {func(dir string) {
			lines := bytes.SplitAfter(contents(t, dir, File), []byte("\n"))
			slices.Reverse(lines)
			put(t, dir, File, bytes.Join(lines, nil))
		}, 8, 0, "", nil},
		"a line stands twice":       {changed(t, 4, func(line []byte) []byte { return append(bytes.Clone(line), line...) }), 8, 0, "", nil},
		"somebody wrote in between": {changed(t, 4, func(line []byte) []byte { return append([]byte("# note\n"), line...) }), 8, 0, "", nil},
		"a huge line is no entry":   {changed(t, 4, func([]byte) []byte { return append(bytes.Repeat([]byte("a"), maxLine+5), '\n') }), 3, 4, "4-4 missing", nil},
		"and a last line is cut off": {func(dir string) {
			changed(t, 4, gone)(dir)
			put(t, dir, File, append(contents(t, dir, File), `{"index":9,`...))
		}, 3, 4, "4-4 missing", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, heads := damaged(t, c.harm)
			before, _ := os.ReadFile(filepath.Join(dir, File))
			if l, err := Open(dir); err == nil {
				l.Close()
				if c.records == nil {
					t.Error("it is opened as it is")
				}
			}
			left := filesIn(t, dir)
			plan, _, err := PlanRepair(t.Context(), dir, start)
			if now := filesIn(t, dir); err != nil || !maps.Equal(now, left) {
				t.Errorf("looking has changed the folder: %v", err)
			}
			r, head, err := RepairFolder(t.Context(), dir, start, "mai")
			if err != nil || r == nil {
				t.Fatal(r, err)
			}
			if r.Kept != c.kept || len(r.Again) != c.again || ranges(r.Lost) != c.lost || !slices.Equal(r.LostRecords, c.records) && len(c.records) > 0 {
				t.Errorf("%+v", r)
			}
			if plan.Aside = r.Aside; !reflect.DeepEqual(plan, r) {
				t.Errorf("planned was %+v, done was %+v", plan, r)
			}
			if aside, _ := os.ReadFile(filepath.Join(dir, r.Aside, File)); !bytes.Equal(aside, before) {
				t.Error("what was there is not set aside as it was")
			}
			v, err := Verify(t.Context(), Folder{dir}, heads[1].Hash)
			if (err != nil) != (c.kept < 2 && c.again == 0) || v.Head != head || len(v.Repairs) != 1 || len(v.LostRecords) != len(c.records) {
				t.Errorf("%+v, %v", v, err)
			}
			if c.lost != "" && c.again == 4 {
				if v, err := Verify(t.Context(), Folder{dir}, heads[7].Hash); err != nil || v.Was != 8 || v.Published != head.Index-1 {
					t.Errorf("what was published before is not found again: %+v, %v", v, err)
				}
			}
			l := open(t, dir)
			grow(t, l, 1)
			l.Close()
			if again, _, err := RepairFolder(t.Context(), dir, start, ""); again != nil || err != nil {
				t.Errorf("repaired twice: %+v, %v", again, err)
			}
		})
	}
}

// filesIn are the contents of a folder, but of the lock that whoever opens the log takes.
func filesIn(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	if err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && d.Name() != lockFile {
			all[path] = string(contents(t, "", path))
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestNothingIsRepairedOfAnIntactLog(t *testing.T) {
	for name, harm := range map[string]func(string){
		"intact":                           func(string) {},
		"with a last line that is cut off": func(dir string) { put(t, dir, File, append(contents(t, dir, File), `{"index":9,`...)) },
	} {
		t.Run(name, func(t *testing.T) {
			dir, heads := damaged(t, harm)
			r, head, err := RepairFolder(t.Context(), dir, start, "")
			if r != nil || head != heads[7] || err != nil {
				t.Errorf("%+v, %v, %v", r, head, err)
			}
			if left, _ := filepath.Glob(filepath.Join(dir, asidePattern)); len(left) > 0 {
				t.Errorf("set aside: %v", left)
			}
		})
	}
}

func TestARepairIsRefusedWhileAServerRuns(t *testing.T) {
	dir := t.TempDir()
	open(t, dir)
	if _, _, err := RepairFolder(t.Context(), dir, start, ""); !errors.Is(err, errHeld) || !strings.Contains(err.Error(), "pid ") {
		t.Errorf("%v", err)
	}
}

// What two servers of before the lock left: both went on from entry 3, and the line of the
// one lies over that of the other.
func TestOfTwoServersThatWroteAtOnceBothAreKept(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	l := open(t, dir)
	grow(t, l, 3)
	l.Close()
	if err := os.CopyFS(other+"/log", os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	append1 := func(dir, release string, n int) {
		l := open(t, dir)
		for i := range n {
			if _, err := l.Append(t.Context(), decision(release), fmt.Appendf(nil, "%s %d", release, i)); err != nil {
				t.Fatal(err)
			}
		}
		l.Close()
	}
	append1(dir, strings.Repeat("a", 40), 3)
	append1(other+"/log", "b", 1)
	whole := contents(t, dir, File)
	over := contents(t, other+"/log", File)
	copy(whole, over)
	put(t, dir, File, whole)
	packed := contents(t, other+"/log", filepath.Join(records, "000004.json.gz"))
	put(t, dir, filepath.Join(records, "000004.json.gz"), packed)
	r, _, err := RepairFolder(t.Context(), dir, start, "")
	if err != nil || r.Kept != 3 || ranges(r.Lost) != "4-4 changed" || len(r.Again) != 2 {
		t.Errorf("%+v, %v", r, err)
	}
	if v, err := Verify(t.Context(), Folder{dir}, ""); err != nil || v.Head.Index != 6 {
		t.Errorf("%+v, %v", v, err)
	}
}

// Whatever is damaged, a repair ends in a log that can be read and has all entries that
// were not touched.
func TestOfAnyDamageTheRestIsKept(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	whole := t.TempDir()
	l := open(t, whole)
	grow(t, l, 6)
	l.Close()
	for n := range 150 {
		dir := filepath.Join(t.TempDir(), "log")
		if err := os.CopyFS(dir, os.DirFS(whole)); err != nil {
			t.Fatal(err)
		}
		text := contents(t, dir, File)
		at := r.IntN(len(text))
		from := text[at:min(len(text), at+1+r.IntN(80))]
		for i := range from {
			from[i] ^= byte(1 + r.IntN(255))
		}
		put(t, dir, File, text)
		told, _, err := RepairFolder(t.Context(), dir, start.Add(time.Duration(n)*time.Second), "")
		if err != nil {
			t.Fatalf("%d: %v", n, err)
		}
		if told == nil { // the line feed at the end of all
			continue
		}
		if kept := told.Kept + len(told.Again); kept < 6-2 || kept == 6 {
			t.Fatalf("%d: byte %d: %+v", n, at, told)
		}
		if _, err := Verify(t.Context(), Folder{dir}, ""); err != nil {
			t.Fatalf("%d: byte %d: %v", n, at, err)
		}
	}
}
