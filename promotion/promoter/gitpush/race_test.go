package gitpush

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/promotion/promoter"
)

func sshKeygen(t *testing.T, file string) {
	t.Helper()
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file).CombinedOutput(); err != nil {
		t.Fatalf("ssh-keygen: %v\n%s", err, out)
	}
}

// Promotions that begin with the same state, and meet at the push.
func TestOfTwoPromotionsAtOnceOneWinsAndTheOtherIsToldWhy(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		newer bool          // the second promotes another Release
		later time.Duration // than the first, by their clocks
	}{
		{"of the same Release", false, time.Second},
		{"of the same Release, in the same second", false, 0},
		{"of two Releases", true, time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			newer := c.newer
			w := newWorld(t, false)
			r := w.release("tier-0", "cart/x.yaml", "1")
			var asked, pushed sync.WaitGroup
			asked.Add(2)
			pushed.Add(1)
			read := make(chan struct{})
			results := make([]promoter.Promotion, 2)
			var all sync.WaitGroup
			for i := range results {
				p := w.promoter() // a machine of its own
				p.Now = func() time.Time { return now.Add(time.Duration(i) * c.later) }
				gate := p.Gate
				p.Gate = func(ctx context.Context, to fleet.TierName, r fleet.Release) (promotion.Decision, error) {
					asked.Done()
					if i == 0 {
						close(read)
						asked.Wait()
					} else {
						pushed.Wait()
					}
					return gate(ctx, to, r)
				}
				all.Go(func() {
					got, err := p.Promote(ctx, "beta", promoter.Options{})
					if err != nil {
						t.Error(err)
					}
					results[i] = got
					if i == 0 {
						pushed.Done()
					}
				})
				if i == 0 {
					<-read // the second reads what the first did, but for the Release
					if newer {
						w.release("tier-0", "cart/x.yaml", "2")
					}
				}
			}
			all.Wait()
			want := []promoter.Result{promoter.Promoted, promoter.Already}
			if newer { // the first one's Release is not what dev has any more
				want, r = []promoter.Result{promoter.Inconclusive, promoter.Promoted}, w.pointer("tier-0")
			}
			if results[0].Result != want[0] || results[1].Result != want[1] || w.pointer("tier-1") != r {
				t.Fatalf("%s (%s) and %s (%s)\n%s", results[0].Result, results[0].Reason, results[1].Result, results[1].Reason, w.state())
			}
			if n := w.git(w.system, "rev-list", "--count", "tier-1"); n != "3" {
				t.Errorf("%s commits on the system branch, want 3", n)
			}
			if newer && (!strings.Contains(results[0].Reason, promoter.Short(r)) || results[0].ExitCode() != 2) {
				t.Error(results[0].Reason)
			}
		})
	}
}

func TestManyPromotionsAtOnceMakeOneCommit(t *testing.T) {
	t.Parallel()
	for name, shared := range map[string]bool{"each with its own mirrors": false, "all with the same mirrors": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, false)
			r := w.release("tier-0", "cart/x.yaml", "1")
			c := w.config()
			var all sync.WaitGroup
			var mu sync.Mutex
			won := 0
			for i := range 5 {
				if !shared {
					c = w.config()
				}
				p := promoterOf(w.fleet, w.open(c))
				p.Now = func() time.Time { return now.Add(time.Duration(i) * time.Second) }
				all.Go(func() {
					got, err := p.Promote(ctx, "beta", promoter.Options{})
					mu.Lock()
					defer mu.Unlock()
					if got.Result == promoter.Promoted {
						won++
					}
					if err != nil || got.Result != promoter.Promoted && got.Result != promoter.Already {
						t.Errorf("%s (%s), %v", got.Result, got.Reason, err)
					}
				})
			}
			all.Wait()
			if n := w.git(w.system, "rev-list", "--count", "tier-1"); won != 1 || n != "3" || w.pointer("tier-1") != r {
				t.Errorf("%d won, %s commits\n%s", won, n, w.state())
			}
		})
	}
}

// victim is the process that TestAPromotionKilledAnywhereEndsInTheSamePlace kills.
const victim = "GITPUSH_VICTIM"

// TestMain is the victim where the environment says so: it promotes, in a process of
// its own, what is in the folder that the environment names.
func TestMain(m *testing.M) {
	dir := os.Getenv(victim)
	if dir == "" {
		os.Exit(m.Run())
	}
	c := Config{Dir: filepath.Join(dir, "mirrors"), System: filepath.Join(dir, "system.git"), Env: os.Environ(), Git: filepath.Join(dir, "git")}
	if _, err := os.Stat(c.System); err == nil {
		c.App, c.Submodule = filepath.Join(dir, "app.git"), "app"
	} else {
		c.System = filepath.Join(dir, "app.git")
	}
	r, err := Open(ctx, c)
	if err != nil {
		fmt.Println(err)
		os.Exit(4)
	}
	f := testFleet(fatal{})
	got, err := promoterOf(f, r).Promote(ctx, "beta", promoter.Options{PullRequest: os.Getenv("GITPUSH_PULL_REQUEST") != ""})
	fmt.Println(got.Result, got.Reason, err)
	if err != nil {
		os.Exit(4)
	}
	os.Exit(got.ExitCode())
}

// fatal is a testing.TB for what cannot fail.
type fatal struct{ testing.TB }

func (fatal) Helper() {}

// A git that kills its caller, with kill -9, after the n-th thing that it does, or amid it
// together with git itself. Before it is after the one before.
const killer = `#!/bin/sh
echo "$1" >> '%[1]s/calls'; n=$(wc -l < '%[1]s/calls')
if [ $n -eq "$KILL_AT" ]; then
  case $KILL_HOW in
  after) git "$@" > /dev/null 2>&1; kill -9 $PPID; exit 1;;
  amid) git "$@" > /dev/null 2>&1 & sleep 0.00$(( $(od -An -N1 -tu1 /dev/urandom) %% 10 )); kill -9 $! $PPID; exit 1;;
  esac
fi
exec git "$@"
`

func (w *world) runVictim(at int, how string, more ...string) (string, error) {
	w.t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(testEnv(), append(more, victim+"="+w.dir, fmt.Sprint("KILL_AT=", at), "KILL_HOW="+how)...)
	os.Remove(filepath.Join(w.dir, "calls"))
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestAPromotionKilledAnywhereEndsInTheSamePlace(t *testing.T) {
	t.Parallel()
	for _, kind := range []struct {
		name    string
		single  bool
		request bool
		how     []string
		writes  int
	}{
		{"with a submodule", false, false, []string{"after", "amid"}, 10},
		{"in a single repository", true, false, []string{"after", "amid"}, 3},
		{"as a pull request", false, true, []string{"after"}, 10},
	} {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			var env []string
			if kind.request {
				env = append(env, "GITPUSH_PULL_REQUEST=1")
			}
			template := newWorld(t, kind.single)
			template.release("tier-0", "cart/x.yaml", "1")
			first := template.copy(t)
			if out, err := first.runVictim(0, "", env...); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			want, writes := first.everything(), 0
			for i, call := range first.calls() {
				if reads[call] { // to be killed there is to be killed after the write before
					continue
				}
				writes++
				for _, how := range kind.how {
					t.Run(fmt.Sprintf("%s call %d, git %s", how, i+1, call), func(t *testing.T) {
						t.Parallel()
						template.copy(t).survives(i+1, how, want, env)
					})
				}
			}
			if writes < kind.writes {
				t.Errorf("only %d calls of git that write were tried", writes)
			}
		})
	}
}

// survives kills a promotion at a call of git, runs it again, and compares.
func (w *world) survives(at int, how, want string, env []string) {
	w.t.Helper()
	if out, err := w.runVictim(at, how, env...); err == nil {
		w.t.Fatalf("not killed\n%s", out)
	}
	w.neverHalf()
	if out, err := w.runVictim(0, "", env...); err != nil {
		w.t.Fatalf("after it was killed: %v\n%s", err, out)
	}
	if got := w.everything(); got != want {
		w.t.Fatalf("killed, and run again:\n%s\nwant\n%s", got, want)
	}
}

// reads are the commands of git that change nothing anywhere.
var reads = map[string]bool{"rev-parse": true, "ls-tree": true, "merge-base": true, "cat-file": true, "log": true, "rev-list": true, "diff-tree": true, "for-each-ref": true}

// copy is a world of its own that begins like this one.
func (w *world) copy(t testing.TB) *world {
	t.Helper()
	c := *w
	c.t, c.dir = t, t.TempDir()
	if err := os.CopyFS(c.dir, os.DirFS(w.dir)); err != nil {
		t.Fatal(err)
	}
	c.app, c.system = filepath.Join(c.dir, "app.git"), filepath.Join(c.dir, filepath.Base(w.system))
	if err := os.WriteFile(filepath.Join(c.dir, "git"), fmt.Appendf(nil, killer, c.dir), 0o700); err != nil {
		t.Fatal(err)
	}
	return &c
}

// neverHalf: whatever was interrupted, what a cluster reads is the old or the new.
func (w *world) neverHalf() {
	w.t.Helper()
	pointers := w.pointers()
	for i, tier := range w.fleet.Tiers() {
		if w.git(w.app, "branch", "--list", "--contains", pointers[i], tier.Branch) == "" {
			w.t.Fatalf("%s refers to a Release that is not on its app branch\n%s", tier.Branch, w.state())
		}
	}
	w.git(w.system, "fsck", "--strict", "--no-dangling")
}

// everything is the state with all branches, the ones of pull requests included.
func (w *world) everything() string {
	return w.state() + w.git(w.system, "for-each-ref", "--format=%(refname) %(tree) %(parent)")
}

// calls are the commands of git that the last victim ran.
func (w *world) calls() []string {
	w.t.Helper()
	data, err := os.ReadFile(filepath.Join(w.dir, "calls"))
	if err != nil {
		w.t.Fatal(err)
	}
	return strings.Fields(string(data))
}

func FuzzParseChanges(f *testing.F) {
	f.Add("\x01" + strings.Repeat("0f", 20) + " a subject\x00\ncart/x.yaml\x00README.md\x00")
	f.Add("\x01" + strings.Repeat("0f", 32) + " \x00")
	f.Fuzz(func(t *testing.T, text string) {
		for _, c := range parseChanges(text) {
			if strings.ContainsAny(c.Subject, "\x00\x01\n\x1b") || !strings.Contains(text, c.ID) {
				t.Errorf("%q gives %+v", text, c)
			}
		}
	})
}

func FuzzParsePast(f *testing.F) {
	f.Add("\x01\n\n:160000 160000 " + strings.Repeat("a", 40) + " " + strings.Repeat("b", 40) + " M\tapp\n")
	f.Add(strings.Repeat("0f", 20) + "\n")
	f.Fuzz(func(t *testing.T, text string) {
		past := parsePast(text)
		for i, r := range past {
			if !strings.Contains(text, string(r)) || i > 0 && past[i-1] == r {
				t.Errorf("%q gives %v", text, past)
			}
		}
	})
}
