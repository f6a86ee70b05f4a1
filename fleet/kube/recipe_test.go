package kube

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
)

// deployed is a Synced Application with some sources, deployed from the first of two lists
// three days ago and from the second one an hour ago.
func deployed(old, now string, revisions ...string) string {
	one := func(ago time.Duration, i int, sources string) string {
		return fmt.Sprintf("\n  - {revisions: [%s], deployedAt: %q, sources: [%s]}", revisions[i], noon.Add(-ago).Format(time.RFC3339), sources)
	}
	return "a-1@p: |sources: [" + now + "], syncPolicy: {automated: {}}}\nstatus:\n  sync: {status: Synced, revisions: [" + revisions[1] + "], comparedTo: {sources: [" + now +
		"]}}\n  health: {status: Healthy}\n  history:" + one(72*time.Hour, 0, old) + one(time.Hour, 1, now)
}

// A change of what an Application is made of shows, though its Release is the same: its
// parameters, a chart's version, another repository, other folders. Commits that change
// nothing of it do not.
func TestSinceWhenAnApplicationIsMadeOfTheSame(t *testing.T) {
	trees := func(revision, path string) string {
		return map[string]string{"r1 p": "a", "r2 p": "a", "r1 q": "b", "r2 q": "b", "r3 p": "a", "r3 q": "c", "r1 values/a-1": "d", "r2 values/a-1": "d", "r3 values/a-1": "e"}[revision+" "+path]
	}
	const (
		own, second = "{repoURL: x, path: p}", "{repoURL: \"https://x.git\", path: q}"
		chart, lent = "{repoURL: charts, chart: shop, helm: {valueFiles: [$v/values/a-1/prod.yaml, own.yaml]}}", "{repoURL: x, ref: v}"
		alone       = "{repoURL: charts, chart: shop}"
		other       = "{repoURL: other, path: p}"
	)
	images := func(tag string) string {
		return "{repoURL: x, path: p, targetRevision: v" + tag + ", kustomize: {images: [\"cart:" + tag + "\"]}}"
	}
	for _, tt := range []struct{ name, app, want string }{
		{"a commit of other folders", deployed(own, own, "r1", "r2"), "72h0m0s"},
		{"another branch with the same", deployed(own, strings.Replace(own, "p}", "p, targetRevision: b}", 1), "r1", "r1"), "72h0m0s"},
		{"the same parameters", deployed(images("1"), images("1"), "r1", "r2"), "72h0m0s"},
		{"other parameters", deployed(images("1"), images("2"), "r1", "r1"), "1h0m0s"},
		{"no parameters any more", deployed(images("1"), own, "r1", "r1"), "1h0m0s"},
		{"another folder", deployed("{repoURL: x, path: q}", own, "r1", "r1"), "1h0m0s"},
		{"a second folder, which has stayed the same", deployed(own+", "+second, own+", "+second, "r1, r1", "r2, r2"), "72h0m0s"},
		{"a second folder, which has changed", deployed(own+", "+second, own+", "+second, "r1, r1", "r3, r3"), "1h0m0s"},
		{"a chart, and files that are the same", deployed(chart+", "+lent, chart+", "+lent, "1.0.0, r1", "1.0.0, r2"), "72h0m0s"},
		{"a newer chart", deployed(chart+", "+lent, chart+", "+lent, "1.0.0, r1", "2.0.0, r1"), "1h0m0s"},
		{"a chart, and files that have changed", deployed(chart+", "+lent, chart+", "+lent, "1.0.0, r1", "1.0.0, r3"), "1h0m0s"},
		{"a chart, and a file that is in no folder", deployed(strings.Replace(chart, "values/a-1/", "", 1)+", "+lent, strings.Replace(chart, "values/a-1/", "", 1)+", "+lent, "1.0.0, r1", "1.0.0, r2"), "1h0m0s"},
		{"a chart alone", strings.Replace(deployed(alone, alone, "1.0.0", "2.0.0"), "a-1@p", "a-1@", 1), "1h0m0s"},
		{"another repository has moved", deployed(own+", "+other, own+", "+other, "r1, o1", "r1, o2"), "1h0m0s"},
		{"another repository has not", deployed(own+", "+other, own+", "+other, "r1, o1", "r2, o1"), "72h0m0s"},
		{"another repository has moved, and nothing was synced", strings.Replace(deployed(own+", "+other, own+", "+other, "r1, o1", "r1, o1"), "revisions: [r1, o1], compared", "revisions: [r2, o3], compared", 1), "72h0m0s"},
	} {
		o, _ := whole(t, trees, tt.app)
		if since := noon.Sub(o.ChangedSince).String(); since != tt.want || o.Tree == "" {
			t.Errorf("%s: it has been as it is since %v (%s), want %s ago", tt.name, o.ChangedSince, o.Tree, tt.want)
		}
	}
}

// What has parameters, or a source, that were not deployed waits for that: nothing was
// changed by hand.
func TestOtherParametersArePending(t *testing.T) {
	images := func(tag string) string {
		return "{repoURL: x, path: p, kustomize: {images: [\"cart:" + tag + "\"]}}"
	}
	for _, tt := range []struct {
		name, asked, revision string
		drifts                bool
	}{
		{"the same parameters", "1", "r1", true},
		{"other parameters", "2", "r1", false},
		{"other parameters, and a commit of other folders", "2", "r2", false},
		{"a commit of other folders", "1", "r2", true},
		{"nobody says which parameters", "", "r1", true},
	} {
		text := differs(tt.revision, selfHealing)
		if tt.asked != "" {
			text = strings.Replace(text, "revision: "+tt.revision+"}", "revision: "+tt.revision+", comparedTo: {source: "+images(tt.asked)+"}}", 1)
		}
		text = strings.Replace(text, "Z\"}]", "Z\", source: "+images("1")+"}]", 1)
		o, s := whole(t, func(string, string) string { return "same" }, "a-1@p: "+text)
		sum := sumPendingOf(s, o.ShopSet)
		if o.Sync != fleet.OutOfSync || (sum == "") != tt.drifts {
			t.Errorf("%s: %s, %s; pending %q, it drifts by hand: %v", tt.name, o.Sync, o.Reason, sum, tt.drifts)
		}
	}
}

// sumPendingOf is what is pending where all revisions are of one Release.
func sumPendingOf(s *store, set fleet.ShopSetName) string {
	o := fleet.Observation{Sync: fleet.OutOfSync}
	sumPending(&o, s.parts(set, nil, "x"), func(string, string) string { return "same" }, func(string) fleet.Release { return "one" })
	return o.Pending
}

// An Application that was deleted, and created again under the same name, has deployed
// nothing of what the one before did, though nobody saw it go.
func TestAnApplicationThatIsCreatedAgainInheritsNothing(t *testing.T) {
	created := func(day int, app string) string {
		return fmt.Sprintf("a-1: }, creationTimestamp: \"2026-10-%02dT12:00:00Z\", annotations: {", day) + app
	}
	const never = selfHealing + "\n  sync: {status: OutOfSync, revision: r2}\n  health: {status: Healthy}"
	running := strings.Replace(fineApp, "status:", "status:\n  operationState: {phase: Failed, startedAt: \"2026-10-30T13:00:00Z\", operation: {sync: {revision: r1}}, syncResult: {revision: r1, resources: [{kind: Job, name: j, status: SyncFailed}]}}", 1)
	for _, tt := range []struct {
		name, before, after  string
		revision, unverified string
		notBefore            int // the day
	}{
		{"nothing was deployed since", created(1, fineApp), created(31, never), "", "", 0},
		{"it is the same one", created(1, fineApp), created(1, never), "r1", "", 1},
		{"what failed before", created(1, running), created(29, fineApp), "r1", "", 29},
		{"what fails", created(1, fineApp), created(1, running), "r1", "the sync to r1 has failed", 1},
	} {
		o, _ := whole(t, nil, tt.before, tt.after)
		if o.Revision != tt.revision || !strings.HasPrefix(o.Unverified, tt.unverified) || (o.Unverified == "") != (tt.unverified == "") {
			t.Errorf("%s: %q runs, want %q; %s", tt.name, o.Revision, tt.revision, o.Unverified)
		}
		if tt.notBefore > 0 && !o.ReleaseNotBefore.Equal(time.Date(2026, 10, tt.notBefore, 12, 0, 0, 0, time.UTC).Add(-clockSlack)) {
			t.Errorf("%s: the Release came not before %v, want the %dth", tt.name, o.ReleaseNotBefore, tt.notBefore)
		}
	}
}

// What is trusted for a while is not trusted for longer where it began in the future.
func TestWhatBeganInTheFutureIsNotTrusted(t *testing.T) {
	running := func(began string) string {
		return strings.Replace(fineApp, "status:", "status:\n  operationState: {phase: Running, startedAt: \""+began+"\", operation: {sync: {revision: r1}}, syncResult: {revision: r1}}", 1)
	}
	progressing := func(since string) string {
		return strings.Replace(fineApp, "status: Healthy", "status: Progressing, lastTransitionTime: \""+since+"\"", 1)
	}
	for _, tt := range []struct {
		began   string
		trusted bool
	}{
		{"2026-11-01T11:49:00Z", false}, {"2026-11-01T11:51:00Z", true}, {"2026-11-01T12:00:30Z", true}, {"2026-11-01T12:02:00Z", false},
	} {
		o, _ := whole(t, nil, "a-1: "+running(tt.began))
		if (o.Unverified == "") != tt.trusted {
			t.Errorf("a sync that goes on since %s: %q", tt.began, o.Unverified)
		}
		o, _ = whole(t, nil, "a-1: "+progressing(tt.began))
		if (o.Unserved == "") != tt.trusted {
			t.Errorf("Progressing since %s: %q", tt.began, o.Unserved)
		}
	}
}
