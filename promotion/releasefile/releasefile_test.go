package releasefile

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
)

var noon = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

func at(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }

// says is an Entry that was recorded when it came.
func says(minutes int, release string, sets ...fleet.ShopSetName) Entry {
	return Entry{At: at(minutes), Release: release, ShopSets: sets, By: "ci", Recorded: at(minutes)}
}

// file is one with these lines.
func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "releases.jsonl")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const fine = `{"at":"2026-11-30T12:00:00Z","release":"v1","shopsets":["a-1","b-1"],"by":"ci","recorded":"2026-11-30T12:00:00Z"}` + "\n"

func TestWhatRunsIsTheLastReleaseSinceItCameFirst(t *testing.T) {
	path := filepath.Join(t.TempDir(), "releases.jsonl")
	for _, e := range []Entry{says(0, "v1", "a-1", "b-1"), says(10, "v2", "a-1"), says(20, "v2", "a-1", "b-1"), says(30, "v1", "b-1")} {
		if already, err := Add(t.Context(), path, e); err != nil || already {
			t.Fatal(already, err)
		}
	}
	entries, err := Read(path)
	if err != nil || len(entries) != 4 {
		t.Fatalf("%v: %d entries", err, len(entries))
	}
	got := ""
	for _, a := range Running(entries) {
		got += fmt.Sprintf("%s %s %d; ", a.ShopSet, a.Release, int(a.At.Sub(noon).Minutes()))
	}
	// v2 was deployed to a-1 again, which breaks nothing; v1 came back to b-1, which begins anew.
	if want := "a-1 v2 10; b-1 v1 30; "; got != want {
		t.Errorf("runs %q, want %q", got, want)
	}
}

func TestWhatIsThereAlreadyIsNotWrittenTwice(t *testing.T) {
	path := file(t, fine)
	for range 2 {
		again := says(0, "v1", "b-1", "a-1")
		again.Recorded = at(99)
		if already, err := Add(t.Context(), path, again); err != nil || !already {
			t.Errorf("already %v, %v", already, err)
		}
	}
	if data, err := os.ReadFile(path); err != nil || string(data) != fine {
		t.Errorf("%v: the file is now\n%s", err, data)
	}
}

func TestWhatContradictsTheFileIsRefused(t *testing.T) {
	for name, e := range map[string]Entry{
		"another release at the same time": says(0, "v2", "a-1"),
		"the same, of one of them":         says(0, "v1", "a-1"),
		"an earlier time":                  says(-5, "v0", "b-1", "c-1"),
		"the future":                       {At: at(60), Release: "v2", ShopSets: []fleet.ShopSetName{"a-1"}, Recorded: at(10)},
		"no ShopSet":                       says(10, "v2"),
		"a ShopSet twice":                  says(10, "v2", "a-1", "a-1"),
		"a name that is none":              says(10, "v2", "A 1"),
		"no release":                       says(10, "", "a-1"),
		"no time":                          {Release: "v2", ShopSets: []fleet.ShopSetName{"a-1"}, Recorded: at(10)},
		"a name of two lines":              {At: at(10), Release: "v2", ShopSets: []fleet.ShopSetName{"a-1"}, Recorded: at(10), By: "a\nb"},
	} {
		path := file(t, fine)
		if _, err := Add(t.Context(), path, e); err == nil {
			t.Errorf("%s is taken", name)
		}
		if data, err := os.ReadFile(path); err != nil || string(data) != fine {
			t.Errorf("%s: %v: the file is now\n%s", name, err, data)
		}
	}
}

func TestLinesThatAreNoneAreNamed(t *testing.T) {
	for name, c := range map[string]struct{ line, want string }{
		"no JSON":          {"v2 came", ":2: is no entry"},
		"an empty line":    {"", ":2: is no entry"},
		"an unknown key":   {`{"at":"2026-11-30T13:00:00Z","release":"v2","shopset":["a-1"],"by":"","recorded":"2026-11-30T13:00:00Z"}`, `:2: is no entry: json: unknown field "shopset"`},
		"a key twice":      {`{"at":"2026-11-30T13:00:00Z","release":"v2","release":"v3","shopsets":["a-1"],"by":"","recorded":"2026-11-30T13:00:00Z"}`, `:2: has the key "release" twice`},
		"more behind it":   {strings.TrimSpace(strings.Replace(fine, ":00:00Z", ":30:00Z", 2)) + "{}", "more follows behind it"},
		"no time":          {`{"release":"v2","shopsets":["a-1"],"by":"","recorded":"2026-11-30T13:00:00Z"}`, `"at" or "recorded" is missing`},
		"the future":       {`{"at":"2026-12-30T13:00:00Z","release":"v2","shopsets":["a-1"],"by":"","recorded":"2026-11-30T13:00:00Z"}`, "which was in the future"},
		"an earlier time":  {`{"at":"2026-11-30T11:00:00Z","release":"v2","shopsets":["b-1"],"by":"","recorded":"2026-11-30T13:00:00Z"}`, "and line 1 that v1 did at 2026-11-30T12:00:00Z, which is no earlier"},
		"the line twice":   {strings.TrimSpace(fine), "which is no earlier"},
		"a very long line": {`{"by":"` + strings.Repeat("x", mostLine) + `"}`, "has more than 256 KiB"},
	} {
		t.Run(name, func(t *testing.T) {
			path := file(t, fine+c.line+"\n"+strings.Replace(fine, "12:00:00Z", "23:00:00Z", 2))
			if _, err := Read(path); err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), path+":2: ") {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
			if _, err := Add(t.Context(), path, says(999, "v9", "a-1")); err == nil {
				t.Error("it is added to")
			}
		})
	}
}

// Who was killed while he wrote leaves a part of a line: wherever it ends, it is told, nothing
// is appended to it, and taken away when somebody asks for that.
func TestAnUnfinishedLineIsToldAndTakenAway(t *testing.T) {
	second := strings.Replace(fine, "12:00:00Z", "13:00:00Z", 2)
	for _, n := range []int{1, 40, len(second) - 1} {
		path := file(t, fine+second[:n])
		if _, err := Read(path); err == nil || !strings.Contains(err.Error(), ":2: its last line is unfinished") {
			t.Errorf("error %v", err)
		}
		if _, err := Add(t.Context(), path, says(999, "v9", "a-1")); err == nil {
			t.Error("it is added to")
		}
		if torn, err := Repair(t.Context(), path); err != nil || torn != second[:n] {
			t.Errorf("%v: took away %q", err, torn)
		}
		if entries, err := Read(path); err != nil || len(entries) != 1 {
			t.Errorf("%v: %d entries", err, len(entries))
		}
		if torn, err := Repair(t.Context(), path); err != nil || torn != "" {
			t.Errorf("%v: took away %q of whole lines", err, torn)
		}
	}
	if _, err := Repair(t.Context(), file(t, "nonsense\n"+second[:9])); err == nil {
		t.Error("a file with another fault is repaired")
	}
}

func TestManyWritersLoseNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "releases.jsonl")
	var all sync.WaitGroup
	const writers, each = 8, 10
	for w := range writers {
		all.Go(func() {
			for i := range each {
				if _, err := Add(t.Context(), path, says(i+1, fmt.Sprintf("v%d", i), fleet.ShopSetName(fmt.Sprintf("s-%d", w)))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if entries, err := Read(path); err != nil || len(entries) != writers*each {
		t.Errorf("%v: %d entries, want %d", err, len(entries), writers*each)
	}
}

func TestAFileHasBounds(t *testing.T) {
	if _, err := Read(file(t, strings.Repeat(" ", mostBytes+1))); err == nil || !strings.Contains(err.Error(), "more than 16 MiB") {
		t.Error(err)
	}
	if _, err := Read(t.TempDir()); err == nil || !strings.Contains(err.Error(), "is no file") {
		t.Error(err)
	}
	if _, err := Add(t.Context(), filepath.Join(t.TempDir(), "no", "releases.jsonl"), says(0, "v1", "a-1")); err == nil || !strings.Contains(err.Error(), "there is no folder") {
		t.Error(err)
	}
	if entries, err := Read(filepath.Join(t.TempDir(), "none")); err != nil || entries != nil {
		t.Error(entries, err)
	}
}

// What is read can be written, and is then read as the same.
func FuzzLine(f *testing.F) {
	f.Add([]byte(strings.TrimSpace(fine)))
	f.Add([]byte(`{"at":1,"At":2}`))
	f.Add([]byte(`{"by":{"by":[{}]}}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		e, err := decode(line)
		if err != nil {
			return
		}
		path := filepath.Join(t.TempDir(), "f")
		if _, err := Add(t.Context(), path, e); err != nil {
			t.Fatalf("%+v was read, and cannot be written: %v", e, err)
		}
		if again, err := Read(path); err != nil || len(again) != 1 || !again[0].same(e) {
			t.Fatalf("%v: %+v, want %+v", err, again, e)
		}
	})
}
