package decisiongit

import (
	"bytes"
	"context"
	crypto "crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/promotion/decisionlog"
)

var start = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

func decision(release string) decisionlog.Entry {
	return decisionlog.OfDecision(promotion.Decision{At: start, To: "prod", Release: release, Verdict: promotion.Hold}, "mai")
}

// record is one that no other entry has.
func record(release string) []byte { return fmt.Appendf(nil, "{\"release\": %q}", release) }

// remote makes a repository that is pushed to.
func remote(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "decisions.git")
	gitDo(t, "", "init", "--quiet", "--bare", dir)
	return dir
}

func gitDo(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

func logIn(t *testing.T, dir string) *Log {
	t.Helper()
	l, err := New(Config{Repository: dir, Branch: "decisions", Env: os.Environ()})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func grow(t *testing.T, l *Log, releases ...string) (heads []decisionlog.Head) {
	t.Helper()
	for _, r := range releases {
		h, err := l.Append(t.Context(), decision(r), record(r))
		if err != nil {
			t.Fatal(err)
		}
		heads = append(heads, h)
	}
	return heads
}

func TestEntriesStandInTheBranchAsCommits(t *testing.T) {
	dir := remote(t)
	l := logIn(t, dir)
	if v, err := decisionlog.Verify(t.Context(), l, ""); err != nil || v.Head != (decisionlog.Head{}) {
		t.Errorf("an empty log: %v, %v", v, err)
	}
	heads := grow(t, l, "a", "b", "c")
	var read []string
	head, err := logIn(t, dir).Read(t.Context(), func(line decisionlog.Line) error {
		data, err := line.Record(t.Context())
		read = append(read, fmt.Sprintf("%d %s %s", line.Index, line.Release, data))
		return err
	})
	if want := `1 a {"release": "a"}|2 b {"release": "b"}|3 c {"release": "c"}`; err != nil || head != heads[2] || strings.Join(read, "|") != want {
		t.Errorf("%v, %v, %s", head, err, read)
	}
	if got := gitDo(t, dir, "log", "--format=%s", "decisions"); got != "3: gate prod: hold c\n2: gate prod: hold b\n1: gate prod: hold a" {
		t.Error(got)
	}
	if got := gitDo(t, dir, "show", "decisions~1:record.json"); got != `{"release": "b"}` {
		t.Error(got)
	}
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "shopslo-decisions-*")); len(left) > 0 && os.Getenv("TMPDIR") != "" {
		t.Errorf("left on the disk: %v", left)
	}
}

// The temporary folder of a pod has little room, and a log's records are large.
func TestOnlyRecordsThatAreReadAreFetched(t *testing.T) {
	for name, of := range map[string]struct {
		filter, protocol string
		small            bool
	}{
		"a remote that filters":                        {"true", "2", true},
		"one that filters, and gives no single record": {"true", "0", false},
		"one that knows no filters":                    {"false", "2", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("TMPDIR", t.TempDir())
			dir := remote(t)
			gitDo(t, dir, "config", "uploadpack.allowFilter", of.filter)
			l, err := New(Config{Repository: dir, Branch: "decisions", Env: append(os.Environ(),
				"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=protocol.version", "GIT_CONFIG_VALUE_0="+of.protocol)})
			if err != nil {
				t.Fatal(err)
			}
			large := map[int][]byte{}
			for n := 1; n <= 5; n++ {
				large[n] = fmt.Appendf(nil, "{%q: %q}", crypto.Text(), noise(60_000))
				if _, err := l.Append(t.Context(), decision(fmt.Sprint(n)), large[n]); err != nil {
					t.Fatal(err)
				}
			}
			_, err = l.Read(t.Context(), func(line decisionlog.Line) error {
				if line.Index == 3 {
					if got, err := line.Record(t.Context()); err != nil || !bytes.Equal(got, large[3]) {
						t.Errorf("the record of 3: %d bytes, %v", len(got), err)
					}
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
			if _, err := l.Read(t.Context(), func(line decisionlog.Line) error {
				if got := onDisk(t, os.TempDir()); line.Index == 5 && of.small != (got < 60_000) && of.protocol == "2" {
					t.Errorf("%d bytes were fetched", got)
				}
				return nil
			}); err != nil {
				t.Error(err)
			}
			if v, err := decisionlog.Verify(t.Context(), l, ""); err != nil || v.Head.Index != 5 {
				t.Errorf("%+v, %v", v, err)
			}
		})
	}
}

// A record that cannot be fetched any more is not one that is gone.
func TestARecordOfALogThatIsAwayIsNotBroken(t *testing.T) {
	dir := remote(t)
	gitDo(t, dir, "config", "uploadpack.allowFilter", "true")
	l := logIn(t, dir)
	grow(t, l, "a", "b")
	_, err := l.Read(t.Context(), func(line decisionlog.Line) error {
		if line.Index == 1 {
			return os.Rename(dir, dir+".away")
		}
		_, err := line.Record(t.Context())
		return err
	})
	if !errors.Is(err, decisionlog.ErrUnreachable) || errors.Is(err, decisionlog.ErrBroken) {
		t.Error(err)
	}
}

// noise is what can hardly be compressed.
func noise(n int) string {
	var b strings.Builder
	for b.Len() < n {
		b.WriteString(crypto.Text())
	}
	return b.String()
}

// onDisk is how many bytes a folder has.
func onDisk(t *testing.T, dir string) (n int64) {
	t.Helper()
	if err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			n += info.Size()
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

// child appends so many entries, and says so after each; kind of a second machine.
func child(dir, name string) (*exec.Cmd, *bytes.Buffer) {
	cmd := exec.Command(os.Args[0], "-test.run=^TestAppendsForAnotherProcess$")
	cmd.Env = append(os.Environ(), "DECISIONGIT_REMOTE="+dir, "DECISIONGIT_NAME="+name)
	out := &bytes.Buffer{}
	cmd.Stdout = out
	return cmd, out
}

// TestAppendsForAnotherProcess is no test by itself: the process that others start.
func TestAppendsForAnotherProcess(t *testing.T) {
	dir, name := os.Getenv("DECISIONGIT_REMOTE"), os.Getenv("DECISIONGIT_NAME")
	if dir == "" {
		return
	}
	l := logIn(t, dir)
	for n := range 6 {
		release := fmt.Sprintf("%s-%d", name, n)
		h, err := l.Append(context.Background(), decision(release), record(release))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Printf("acknowledged %s %s\n", release, h.Hash)
	}
}

// acknowledged reads what a child said.
func acknowledged(out string) map[string]string {
	said := map[string]string{}
	for line := range strings.Lines(out) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "acknowledged" && strings.HasSuffix(line, "\n") {
			said[f[1]] = f[2]
		}
	}
	return said
}

// entries gives all of a log, the hash by the release; each must be there once.
func entries(t *testing.T, l *Log) map[string]string {
	t.Helper()
	has := map[string]string{}
	if _, err := l.Read(t.Context(), func(line decisionlog.Line) error {
		if has[line.Release] != "" {
			t.Errorf("%s is there twice", line.Release)
		}
		has[line.Release] = line.Hash
		_, err := line.Record(t.Context())
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return has
}

func TestOfProcessesThatAppendAtOnceNoneIsLost(t *testing.T) {
	dir := remote(t)
	var outs []*bytes.Buffer
	var cmds []*exec.Cmd
	for _, name := range []string{"one", "two", "three"} {
		cmd, out := child(dir, name)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		cmds, outs = append(cmds, cmd), append(outs, out)
	}
	told := map[string]string{}
	for i, cmd := range cmds {
		if err := cmd.Wait(); err != nil {
			t.Fatalf("%v\n%s", err, outs[i])
		}
		for release, h := range acknowledged(outs[i].String()) {
			told[release] = h
		}
	}
	has := entries(t, logIn(t, dir))
	if len(told) != 18 || len(has) != 18 {
		t.Errorf("%d told, %d there", len(told), len(has))
	}
	for release, h := range told {
		if has[release] != h {
			t.Errorf("%s was acknowledged as %s and is there as %q", release, h, has[release])
		}
	}
}

func TestAKilledAppendTakesNothingWithIt(t *testing.T) {
	dir := remote(t)
	told := map[string]string{}
	for n := range 8 {
		cmd, out := child(dir, fmt.Sprint(n))
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(150+rand.IntN(300)) * time.Millisecond)
		cmd.Process.Kill()
		cmd.Wait()
		for release, h := range acknowledged(out.String()) {
			told[release] = h
		}
	}
	last := fmt.Sprint(len(told))
	grow(t, logIn(t, dir), "last"+last)
	has := entries(t, logIn(t, dir))
	for release, h := range told {
		if has[release] != h {
			t.Errorf("%s was acknowledged as %s and is there as %q", release, h, has[release])
		}
	}
	if len(told) == 0 {
		t.Error("nothing was acknowledged: nothing was tried")
	}
}

// wrapper stands in for git; after is run in its place at a push.
func wrapper(t *testing.T, push string) string {
	t.Helper()
	real, err := exec.LookPath("git")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "git")
	text := fmt.Sprintf("#!/bin/sh\n[ \"$1\" = push ] || exec %s \"$@\"\ngit=%s\n%s\n", real, real, push)
	if err := os.WriteFile(file, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestAnAppendWhoseAnswerGotLostIsLookedFor(t *testing.T) {
	dir := remote(t)
	grow(t, logIn(t, dir), "a")
	l := logIn(t, dir)
	l.config.Git = wrapper(t, `$git "$@" >/dev/null; echo "fatal: the remote end hung up unexpectedly" >&2; exit 128`)
	head := grow(t, l, "b")[0]
	if has := entries(t, logIn(t, dir)); len(has) != 2 || has["b"] != head.Hash {
		t.Errorf("%v, head %v", has, head)
	}
	l.config.Git = wrapper(t, `echo "fatal: the remote end hung up unexpectedly" >&2; exit 128`)
	if _, err := l.Append(t.Context(), decision("c"), record("c")); !errors.Is(err, decisionlog.ErrUnreachable) || strings.Contains(err.Error(), "not known") {
		t.Errorf("%v", err)
	}
	if has := entries(t, logIn(t, dir)); len(has) != 2 {
		t.Errorf("%v", has)
	}
}

func TestAPushThatIsNotTakenIsNoEntry(t *testing.T) {
	dir := remote(t)
	if err := os.WriteFile(filepath.Join(dir, "hooks", "pre-receive"), []byte("#!/bin/sh\necho no >&2\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := logIn(t, dir).Append(t.Context(), decision("a"), record("a")); err == nil || !strings.Contains(err.Error(), "rejected the push") {
		t.Errorf("%v", err)
	}
	if _, err := logIn(t, filepath.Join(dir, "none")).Append(t.Context(), decision("a"), record("a")); !errors.Is(err, decisionlog.ErrUnreachable) {
		t.Errorf("%v", err)
	}
	if _, err := logIn(t, filepath.Join(dir, "none")).Read(t.Context(), nil); !errors.Is(err, decisionlog.ErrUnreachable) {
		t.Errorf("%v", err)
	}
}

// forge writes the branch anew, with other entries.
func forge(t *testing.T, dir string, commits [][2]string) {
	t.Helper()
	parent := ""
	for _, c := range commits {
		tree := ""
		for i, name := range []string{"entry.json", "record.json"} {
			file := filepath.Join(t.TempDir(), name)
			if err := os.WriteFile(file, []byte(c[i]), 0o600); err != nil {
				t.Fatal(err)
			}
			tree += "100644 blob " + gitDo(t, dir, "hash-object", "-w", file) + "\t" + name + "\n"
		}
		cmd := exec.Command("git", "mktree")
		cmd.Dir, cmd.Stdin = dir, strings.NewReader(tree)
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		args := []string{"commit-tree", "-m", "x", strings.TrimSpace(string(out))}
		if parent != "" {
			args = append(args, "-p", parent)
		}
		parent = gitDo(t, dir, args...)
	}
	gitDo(t, dir, "update-ref", "refs/heads/decisions", parent)
}

func TestAHistoryThatWasWrittenAnewIsFound(t *testing.T) {
	dir := remote(t)
	l := logIn(t, dir)
	published := grow(t, l, "a", "b", "c")[2]
	var all [][2]string
	if _, err := l.Read(t.Context(), func(line decisionlog.Line) error {
		data, err := line.Record(t.Context())
		all = append(all, [2]string{string(line.Text) + "\n", string(data)})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	better := strings.Replace(all[1][0], "hold", "promote", 1)
	for name, c := range map[string]struct {
		forged [][2]string
		entry  string
	}{
		"one left out":        {[][2]string{all[0], all[2]}, "entry 2"},
		"two swapped":         {[][2]string{all[1], all[0], all[2]}, "entry 1"},
		"a decision changed":  {[][2]string{all[0], {better, all[1][1]}, all[2]}, "entry 3"},
		"a record changed":    {[][2]string{all[0], {all[1][0], "{}"}, all[2]}, "entry 2"},
		"an entry of no line": {[][2]string{all[0], {"{\n}\n", ""}}, "entry 2"},
		"no JSON":             {[][2]string{{"x\n", ""}}, "entry 1"},
		"the end left out":    {all[:2], published.Hash},
		"the last changed":    {[][2]string{all[0], all[1], {strings.Replace(all[2][0], "hold", "promote", 1), all[2][1]}}, published.Hash},
	} {
		t.Run(name, func(t *testing.T) {
			forge(t, dir, c.forged)
			if _, err := decisionlog.Verify(t.Context(), l, published.Hash); !errors.Is(err, decisionlog.ErrBroken) || !strings.Contains(err.Error(), c.entry) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestABranchOfSomethingElseIsLeftAlone(t *testing.T) {
	dir := remote(t)
	work := filepath.Join(t.TempDir(), "work")
	gitDo(t, "", "init", "--quiet", "--initial-branch=decisions", work)
	gitDo(t, work, "commit", "--quiet", "--allow-empty", "-m", "x")
	gitDo(t, work, "push", "--quiet", dir, "decisions")
	before := gitDo(t, dir, "rev-parse", "decisions")
	if _, err := logIn(t, dir).Append(t.Context(), decision("a"), record("a")); err == nil || !strings.Contains(err.Error(), "separate branch") {
		t.Errorf("%v", err)
	}
	if now := gitDo(t, dir, "rev-parse", "decisions"); now != before {
		t.Error("the branch was changed")
	}
	if _, err := logIn(t, dir).Read(t.Context(), nil); !errors.Is(err, decisionlog.ErrBroken) {
		t.Errorf("%v", err)
	}
}

func TestAMergeIsNoEntry(t *testing.T) {
	dir := remote(t)
	l := logIn(t, dir)
	grow(t, l, "a", "b")
	merge := gitDo(t, dir, "commit-tree", "-m", "x", "-p", "decisions", "-p", "decisions~1", "decisions^{tree}")
	gitDo(t, dir, "update-ref", "refs/heads/decisions", merge)
	if _, err := decisionlog.Verify(t.Context(), l, ""); !errors.Is(err, decisionlog.ErrBroken) || !strings.Contains(err.Error(), "merge commit") {
		t.Errorf("%v", err)
	}
}

func TestASecretInTheAddressIsInNoError(t *testing.T) {
	if _, err := New(Config{Repository: "https://u:hunter2@git.example/x", Branch: "decisions"}); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("%v", err)
	}
	if _, err := New(Config{Repository: "/x", Branch: "a..b"}); err == nil {
		t.Error("a branch that cannot be is taken")
	}
	l, err := New(Config{Repository: "https://hunter2@127.0.0.1:1/x", Branch: "decisions", Env: os.Environ()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Append(t.Context(), decision("a"), nil); !errors.Is(err, decisionlog.ErrUnreachable) || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("%v", err)
	}
}

func FuzzBatch(f *testing.F) {
	id := strings.Repeat("0f", 20)
	f.Add(id+" blob 2\n{}\nx:entry.json missing\n"+id+" tree 0\n\n", 3)
	f.Add(id+" blob -1\n", 1)
	f.Fuzz(func(t *testing.T, out string, n int) {
		n = min(max(n, 0), 50)
		if blobs, err := batch(out, n); err == nil && len(blobs) != n {
			t.Errorf("%d blobs of %d", len(blobs), n)
		}
	})
}
