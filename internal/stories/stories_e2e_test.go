//go:build e2e

package stories

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/shopslo/shopslo/fleet"
)

// TestAReleaseOnItsWay tells the stories one after another in the same town, which takes
// long to raise; each begins where the one before has ended.
func TestAReleaseOnItsWay(t *testing.T) {
	w := raise(t)
	for _, story := range []struct {
		name string
		tell func(*testing.T, *town)
	}{
		{"a good release goes through all Tiers, one after another", goodRelease},
		{"a release that fails 2 % of payments burns beta's budget and gets no further, and the fix passes", badRelease},
		{"a cluster that dies in mid-promotion stops it, and when it is back the promotion ends where it should", clusterDies},
		{"an open incident and a freeze hold a release, and an override that lets it pass is on record", standing},
		{"a source that is down, or lies, never lets a release pass", sourceLies},
	} {
		if !t.Run(story.name, func(t *testing.T) { story.tell(t, w) }) {
			return
		}
	}
}

func goodRelease(t *testing.T, w *town) {
	release := w.release(t, "1.1.0", 0)
	all := want(t, w.ask(t, "promote", "--all", "--wait", "10m", "--every", "1s", "-o", "json"), yes).promotions(t)
	if got := all.String(); got != "beta promoted, beta-prod promoted, prod promoted, prod-ha promoted" {
		t.Errorf("%s", got)
	}
	for _, p := range all {
		if p.Release != release || p.Matched == nil || p.Decision == nil || p.Decision.Decision != "promote" {
			text, _ := json.MarshalIndent(p, "", " ")
			t.Errorf("%s", text)
		}
	}
	must(t, w.Shops.WaitVersion(limited(t), "1.1.0"))
	w.inOrder(t, release)
}

func badRelease(t *testing.T, w *town) {
	bad := w.release(t, "1.2.0", 50) // of so many requests to cart and payment one fails: 2 %
	held := want(t, w.ask(t, "promote", "--all", "--wait", "10m", "--every", "1s"), no)
	if !strings.Contains(held.text, "PROMOTED  dev to beta\n") || !strings.Contains(held.text, "HELD  beta to beta-prod\n") {
		t.Errorf("%s", held)
	}
	d := w.ask(t, "gate", "--to", "beta-prod", "-o", "json").decision(t)
	if d.Decision != "hold" || d.Release != bad {
		t.Errorf("%+v", d)
	}
	for _, reason := range append(d.with("since_release", "fail"), d.with("burn_rate", "fail")...) {
		if !strings.HasPrefix(reason, "c-1 ") {
			t.Errorf("not of beta: %s", reason)
		}
	}
	// Nobody takes it back, so it burns the whole budget.
	eventually(t, "beta's budget is used up", func(ctx context.Context) (bool, any) {
		s := <-w.start(ctx, "shopslo.yaml", "gate", "--to", "beta-prod", "-o", "json", "--server", w.ServerURL)
		used := s.decision(t).with("budget", "fail")
		return len(used) > 0, s
	})
	want(t, w.ask(t, "gate", "--to", "beta-prod"), no)
	want(t, w.ask(t, "status"), yes)
	mend(t, w)
	w.ranOnly(t, "1.2.0", bad, "c-1", "c-2")
}

// mend has the fix follow: beta, whose budget is used up, lets in nothing else.
func mend(t *testing.T, w *town) {
	fix := w.release(t, "1.2.1", 0)
	eventually(t, "the gate of beta holds whatever is no fix", func(ctx context.Context) (bool, any) {
		s := <-w.start(ctx, "shopslo.yaml", "gate", "--to", "beta", "--release", fix, "-o", "json", "--server", w.ServerURL)
		d := s.decision(t)
		return d.Decision == "hold" && len(d.with("budget", "fail")) > 0, s
	})
	want(t, w.ask(t, "promote", "--to", "beta", "--fix", "https://git.example/app/pull/7", "--wait", "4m", "--every", "1s"), yes)
	// The budget that the bad release has burned holds the fix as well, until it has
	// left the window.
	w.letsThrough(t, fix, "beta-prod")
	want(t, w.ask(t, "gate", "--to", "beta-prod"), yes)
	want(t, w.ask(t, "promote", "--to", "beta-prod", "--wait", "4m", "--every", "1s"), yes)
	if got := w.branch(t, "beta-prod"); got != fix {
		t.Errorf("beta-prod has %.12s, want the fix %.12s", got, fix)
	}
}

// clusterDies: the fix of the story before goes on, and the cluster of a half of prod
// dies as soon as git has the fix for prod.
func clusterDies(t *testing.T, w *town) {
	fix, before := w.branch(t, "beta-prod"), w.branch(t, "prod-ha")
	moving := w.start(limited(t), "shopslo.yaml", "promote", "--all", "--wait", "10m", "--every", "1s", "-o", "json", "--server", w.ServerURL)
	eventually(t, "prod has the fix in git", func(context.Context) (bool, any) {
		got := w.branch(t, "prod")
		return got == fix, got
	})
	must(t, w.KillAPIServer("eks-b"))
	t.Log("kill -9 of the API server of eks-b, where b-1, b-2 and b-3 are")
	all := want(t, <-moving, no).promotions(t)
	if got := all.String(); got != "beta already, beta-prod already, prod promoted, prod-ha held" {
		t.Errorf("%s", got)
	}
	// The other clusters got it, and have their budgets.
	must(t, w.Shops.WaitVersion(limited(t), "1.2.1", "a-1", "c-3"))
	for range 10 {
		d := w.ask(t, "gate", "--to", "prod-ha", "-o", "json").decision(t)
		if d.Decision == "promote" || len(d.with("sync", "unknown")) == 0 || len(d.with("redundancy", "fail")) == 0 {
			t.Errorf("%+v", d)
		}
	}
	want(t, w.ask(t, "gate", "--to", "prod-ha"), no)
	want(t, w.ask(t, "gate", "--to", "beta"), yes) // dev and beta are in onprem-c
	if got := w.branch(t, "prod-ha"); got != before {
		t.Errorf("prod-ha has %.12s, want %.12s as before", got, before)
	}
	must(t, w.StartAPIServer(limited(t), "eks-b"))
	w.letsThrough(t, fix, "prod-ha")
	all = want(t, w.ask(t, "promote", "--all", "--wait", "10m", "--every", "1s", "-o", "json"), yes).promotions(t)
	if got := all.String(); got != "beta already, beta-prod already, prod already, prod-ha promoted" {
		t.Errorf("%s", got)
	}
	must(t, w.Shops.WaitVersion(limited(t), "1.2.1"))
	w.inOrder(t, fix)
}

const incident = `apiVersion: shopslo.dev/v1alpha1
kind: Incident
metadata: {name: inc-12}
spec:
  title: カートで決済が失敗する
  severity: critical
  state: open
  detectedAt: 2026-11-02T12:00:00+09:00
  affects: {tiers: [beta]}
`

// standing: an incident is open and a freeze is on; an override lets a release pass,
// and an emergency stop does not.
func standing(t *testing.T, w *town) {
	release := w.release(t, "1.3.0", 0)
	w.letsThrough(t, release, "beta")
	w.put(t, "incidents/inc-12.yaml", incident)
	want(t, w.tell(t, "freeze", "--name", "sale", "--tier", "beta", "--for", "12h", "--reason", "年末セール"), yes)
	held := want(t, w.ask(t, "promote", "--to", "beta", "-o", "json"), no).promotions(t)
	d := held[0].Decision
	if held.String() != "beta held" || len(d.with("incident", "fail")) != 1 || len(d.with("freeze", "fail")) != 1 {
		t.Errorf("%+v", d)
	}
	want(t, w.tell(t, "override", "--name", "mend", "--tier", "beta", "--check", "freeze", "--check", "incident", "--release", release,
		"--for", "10m", "--reason", "it mends inc-12"), yes)
	want(t, w.tell(t, "freeze", "--name", "stop", "--emergency", "--reason", "payments fail everywhere"), yes)
	stopped := want(t, w.ask(t, "gate", "--to", "beta", "-o", "json"), no).decision(t)
	if got := stopped.with("freeze", "fail"); len(got) != 1 || !strings.Contains(got[0], "Emergency stop stop") {
		t.Errorf("%+v", stopped)
	}
	w.remove(t, "calendar/stop.yaml")
	asked := want(t, w.ask(t, "gate", "--to", "beta", "-o", "json"), yes)
	passed := asked.decision(t)
	for check, what := range map[string]string{"freeze": "年末セール", "incident": "inc-12"} {
		if got := passed.with(check, "waived"); len(got) != 1 || !strings.Contains(got[0], what) || !strings.Contains(got[0], "mai") || !strings.Contains(got[0], "it mends inc-12") {
			t.Errorf("%s: %q, want what is waived, by whom and why", check, got)
		}
	}
	done := want(t, w.ask(t, "promote", "--to", "beta", "--wait", "4m", "--every", "1s"), yes)
	if !strings.Contains(done.text, "PROMOTED  dev to beta") {
		t.Errorf("%s", done)
	}
	inLog(t, w, asked, passed)
	for _, name := range []string{"incidents/inc-12.yaml", "calendar/sale.yaml", "calendar/mend.yaml"} {
		w.remove(t, name)
	}
}

// inLog: the decision can be made again, and is in the server's log with the override.
func inLog(t *testing.T, w *town, asked said, d decision) {
	w.put(t, "decision.json", asked.text)
	if again := want(t, w.tell(t, "gate", "--replay", "decision.json", "-o", "json"), yes).decision(t); again.Decision != d.Decision {
		t.Errorf("made again it is %s", again.Decision)
	}
	log := "data/decisions/decisions.jsonl"
	want(t, w.tell(t, "decisions", "verify", "--dir", filepath.Dir(log), "--head", d.Log.Hash), yes)
	text, err := os.ReadFile(filepath.Join(w.Dir, log))
	must(t, err)
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if d.Log.Index < 1 || d.Log.Index > len(lines) {
		t.Fatalf("it is line %d of %d", d.Log.Index, len(lines))
	}
	for _, part := range []string{`"promote"`, d.Release, "mend", "it mends inc-12", "mai"} {
		if line := lines[d.Log.Index-1]; !strings.Contains(line, part) {
			t.Errorf("%s is not in the log: %s", part, line)
		}
	}
}

// sourceLies: what the gate asks is down, then tells of the past, then of a half of the
// fleet, and never is that a promotion.
func sourceLies(t *testing.T, w *town) {
	before, release := w.branch(t, "beta-prod"), w.release(t, "1.4.0", 0)
	w.letsThrough(t, release, "beta")
	want(t, w.ask(t, "promote", "--to", "beta", "--wait", "4m", "--every", "1s"), yes)
	w.letsThrough(t, release, "beta-prod")

	w.KillPrometheus()
	refused(t, w, "Prometheus is down", unreachable, "source", "alert")
	must(t, w.StartPrometheus(limited(t)))
	w.letsThrough(t, release, "beta-prod")

	w.Exporter.Kill()
	refused(t, w, "the exporter is down", unreachable, "source", "sync", "soak")
	must(t, w.StartExporter(limited(t)))
	w.letsThrough(t, release, "beta-prod")

	w.blind(t, w.Fleet.ShopSets()...)
	refused(t, w, "no shop is scraped any more, so all that is known is of the past", inconclusive, "freshness")
	w.sees(t, w.Fleet.ShopSetsOf("dev")...)
	w.sees(t, w.Fleet.ShopSetsOf("beta")...)
	w.sees(t, w.Fleet.ShopSetsOf("prod")...)
	eventually(t, "of c-1 there is data again", func(ctx context.Context) (bool, any) {
		s := <-w.start(ctx, "shopslo.yaml", "gate", "--to", "beta-prod", "-o", "json", "--server", w.ServerURL)
		unknown := strings.Join(append(s.decision(t).with("freshness", "unknown"), s.decision(t).with("burn_rate", "unknown")...), "\n")
		return !strings.Contains(unknown, "c-1 "), s
	})
	refused(t, w, "half of the ShopSets send nothing, the target's among them", inconclusive, "freshness")
	w.sees(t, w.Fleet.ShopSets()...)

	if got := w.branch(t, "beta-prod"); got != before {
		t.Errorf("beta-prod has %.12s, want %.12s as before", got, before)
	}
	w.letsThrough(t, release, "beta-prod")
	want(t, w.ask(t, "promote", "--to", "beta-prod", "--wait", "4m", "--every", "1s"), yes)
	if got := w.branch(t, "beta-prod"); got != release {
		t.Errorf("beta-prod has %.12s, want %.12s", got, release)
	}
}

// refused waits until the gate is as it has to be, with checks that are unknown, and
// then asks the server and without it, and the promoter: nobody lets it pass.
func refused(t *testing.T, w *town, why string, code int, checks ...string) {
	t.Helper()
	t.Logf("%s", why)
	before := w.branch(t, "beta-prod")
	eventually(t, why, func(ctx context.Context) (bool, any) {
		s := <-w.start(ctx, "shopslo.yaml", "gate", "--to", "beta-prod", "-o", "json", "--server", w.ServerURL)
		d := s.decision(t)
		for _, check := range checks {
			if len(d.with(check, "unknown")) == 0 {
				return false, s
			}
		}
		return s.code == code, s
	})
	want(t, w.ask(t, "gate", "--to", "beta-prod"), code)
	want(t, w.alone(t, "gate", "--to", "beta-prod"), code)
	want(t, w.ask(t, "promote", "--to", "beta-prod"), code)
	if got := w.branch(t, "beta-prod"); got != before {
		t.Errorf("beta-prod has %.12s, want %.12s as before", got, before)
	}
}

// blind has Prometheus scrape ShopSets no longer, sees has it scrape them.
func (w *town) blind(t *testing.T, sets ...fleet.ShopSet) {
	t.Helper()
	for _, set := range sets {
		must(t, w.RemoveTarget("shop", strings.TrimPrefix(w.Shops.URLs()[set.Name], "http://")))
	}
}

func (w *town) sees(t *testing.T, sets ...fleet.ShopSet) {
	t.Helper()
	for _, set := range sets {
		must(t, w.AddTarget("shop", w.Shops.URLs()[set.Name]+"/metrics", map[string]string{"shopset": string(set.Name)}))
	}
}
