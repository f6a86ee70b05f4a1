//go:build e2e

package stories

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/lab"
)

// patience is how long a step may take on a busy machine. Nothing is measured by it.
const patience = 4 * time.Minute

// Exit codes of shopslo.
const (
	yes          = 0
	no           = 1
	inconclusive = 2
	unreachable  = 4
)

// town is the lab's, asked by a test.
type town struct{ *lab.Town }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func limited(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeoutCause(t.Context(), patience, fmt.Errorf("%s have passed", patience))
	t.Cleanup(cancel)
	return ctx
}

// raise brings the town up. A test that failed shows what its server said.
func raise(t *testing.T) *town {
	t.Helper()
	l := lab.ForTest(t, lab.Options{Resync: 4 * time.Second, ScrapeInterval: time.Second})
	w, err := l.StartTown(limited(t))
	must(t, err)
	return &town{w}
}

// put writes a file of the town's folder.
func (w *town) put(t *testing.T, name, text string) {
	t.Helper()
	must(t, os.WriteFile(filepath.Join(w.Dir, name), []byte(text), 0o644))
}

// remove removes one.
func (w *town) remove(t *testing.T, name string) {
	t.Helper()
	must(t, os.Remove(filepath.Join(w.Dir, name)))
}

// eventually asks until something is so.
func eventually(t *testing.T, what string, check func(context.Context) (ok bool, seen any)) {
	t.Helper()
	ctx := limited(t)
	for {
		ok, seen := check(ctx)
		if ok {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%s: not seen in %s; last:\n%v", what, patience, seen)
		case <-time.After(300 * time.Millisecond):
		}
	}
}

// said is what a command has answered.
type said struct {
	command string
	text    string // its standard output
	faults  string // its standard error
	code    int
}

func (s said) String() string {
	return fmt.Sprintf("$ shopslo %s\n%s%sexit code %d", s.command, s.text, s.faults, s.code)
}

// start starts shopslo with the town's configuration; the answer comes once.
func (w *town) start(ctx context.Context, config string, args ...string) <-chan said {
	done := make(chan said, 1)
	all := append(slices.Clone(args), "--config", config)
	cmd := exec.CommandContext(ctx, w.Exe, all...)
	cmd.Dir = w.Dir
	cmd.Env = append(os.Environ(), "USER=mai", "GITHUB_ACTOR=", "GITLAB_USER_LOGIN=")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	go func() {
		err := cmd.Run()
		s := said{command: strings.Join(args, " "), text: stdout.String(), faults: stderr.String(), code: cmd.ProcessState.ExitCode()}
		if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
			s.faults += err.Error() + "\n"
			s.code = -1
		}
		done <- s
	}()
	return done
}

// ask runs a command that asks the server.
func (w *town) ask(t *testing.T, args ...string) said {
	t.Helper()
	return <-w.start(limited(t), "shopslo.yaml", append(args, "--server", w.ServerURL)...)
}

// tell runs a command that asks nobody.
func (w *town) tell(t *testing.T, args ...string) said {
	t.Helper()
	return <-w.start(limited(t), "shopslo.yaml", args...)
}

// alone runs a command that reads the source itself, without server and ledger.
func (w *town) alone(t *testing.T, args ...string) said {
	t.Helper()
	return <-w.start(limited(t), "alone.yaml", args...)
}

// want fails the story unless a command ended with a code, and shows what it said.
func want(t *testing.T, s said, code int) said {
	t.Helper()
	if s.code != code {
		t.Fatalf("want exit code %d:\n%s", code, s)
	}
	t.Logf("\n%s", s)
	return s
}

// decision is what the stories read of one.
type decision struct {
	Decision string
	Release  string
	Checks   []struct{ Check, ShopSet, SLO, Result, Reason string }
	Log      struct {
		Index int
		Hash  string
	}
}

// with are the checks of a name that have a result; "" is any.
func (d decision) with(check, result string) (reasons []string) {
	for _, c := range d.Checks {
		if c.Check == check && (result == "" || c.Result == result) {
			reasons = append(reasons, strings.TrimSpace(c.ShopSet+" "+c.Reason))
		}
	}
	return reasons
}

func (s said) decision(t *testing.T) decision {
	t.Helper()
	var d decision
	if err := json.Unmarshal([]byte(s.text), &d); err != nil || d.Decision == "" {
		t.Fatalf("no decision (%v): %s", err, s)
	}
	return d
}

// promotions are what promote -o json tells.
type promotions []struct {
	From, To, Release, Result, Reason string
	Matched                           *time.Time `json:"matched_at"`
	Decision                          *decision
}

func (s said) promotions(t *testing.T) promotions {
	t.Helper()
	var r struct{ Promotions promotions }
	if err := json.Unmarshal([]byte(s.text), &r); err != nil {
		t.Fatalf("%v: %s", err, s)
	}
	return r.Promotions
}

// String tells them in a line: beta promoted, beta-prod held.
func (all promotions) String() string {
	var list []string
	for _, p := range all {
		list = append(list, p.To+" "+p.Result)
	}
	return strings.Join(list, ", ")
}

// letsThrough waits until the gate lets a Release go to a Tier.
func (w *town) letsThrough(t *testing.T, release, tier string) {
	t.Helper()
	eventually(t, "the gate of "+tier+" lets it pass", func(ctx context.Context) (bool, any) {
		s := <-w.start(ctx, "shopslo.yaml", "gate", "--to", tier, "--release", release, "--server", w.ServerURL)
		return s.code == yes, s
	})
}

// branch is the Release of a Tier's system branch.
func (w *town) branch(t *testing.T, tier fleet.TierName) string {
	t.Helper()
	release, _, err := w.Repos.Deployed(limited(t), tier)
	must(t, err)
	return release
}

// release merges a version to the lowest Tier. failOneIn 0: it is a good one.
func (w *town) release(t *testing.T, version string, failOneIn int) string {
	t.Helper()
	settings := map[string]string{}
	if failOneIn > 0 {
		settings["failOneIn"] = fmt.Sprint(failOneIn)
	}
	release, err := w.Repos.ReleaseWith(limited(t), "dev", lab.ShopComponent, version, settings)
	must(t, err)
	t.Logf("%s is merged to tier-0, as %.12s", version, release)
	return release
}

// applied is when Argo CD has applied a Release to a ShopSet.
func (w *town) applied(t *testing.T, set fleet.ShopSet, release string) (d lab.Deployment, ok bool) {
	t.Helper()
	all, err := w.Deployments(limited(t), string(set.FailureDomain), string(set.Name), lab.ShopComponent)
	must(t, err)
	i := slices.IndexFunc(all, func(d lab.Deployment) bool { return d.Release == release })
	if i < 0 {
		return d, false
	}
	return all[i], true
}

// inOrder fails unless Argo CD has applied a Release to the whole fleet, Tier after
// Tier: to none before the last ShopSet of the Tier below had it.
func (w *town) inOrder(t *testing.T, release string) {
	t.Helper()
	var below time.Time
	order := ""
	for _, tier := range w.Fleet.Tiers() {
		latest := below
		for _, set := range w.Fleet.ShopSetsOf(tier.Name) {
			d, ok := w.applied(t, set, release)
			if !ok {
				t.Fatalf("Argo CD has not applied %.12s to %s", release, set.Name)
			}
			order += fmt.Sprintf("%s  %s  %s\n", d.Done.UTC().Format(time.TimeOnly), tier.Name, set.Name)
			if !below.IsZero() && !d.Begun.After(below) {
				t.Errorf("Argo CD began with %s at %s, and was done with the Tier below %s at %s only", set.Name, d.Begun, tier.Name, below)
			}
			if d.Done.After(latest) {
				latest = d.Done
			}
		}
		below = latest
	}
	t.Logf("Argo CD has applied %.12s:\n%s", release, order)
}

// ranOnly fails unless a version ran in these ShopSets alone, at any time, as Argo CD
// has it for its Release and Prometheus for its processes.
func (w *town) ranOnly(t *testing.T, version, release string, sets ...fleet.ShopSetName) {
	t.Helper()
	for _, set := range w.Fleet.ShopSets() {
		if _, ok := w.applied(t, set, release); ok != slices.Contains(sets, set.Name) {
			t.Errorf("%s has had %s: %v", set.Name, version, ok)
		}
	}
	ran, err := w.Query(limited(t), `count by (shopset) (count_over_time(shop_build_info{version="`+version+`"}[1h]))`)
	must(t, err)
	var seen []fleet.ShopSetName
	for _, s := range ran {
		seen = append(seen, fleet.ShopSetName(s.Metric["shopset"]))
	}
	slices.Sort(seen)
	if !slices.Equal(seen, sets) {
		t.Errorf("Prometheus has seen %s in %v, want %v", version, seen, sets)
	}
}
