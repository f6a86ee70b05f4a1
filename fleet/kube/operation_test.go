package kube

import (
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
)

// judged is what an Application says of itself, and what is to be said of it.
type judged struct {
	name, status, want string
	reason, unverified string // a part of each; "": there is none
}

const (
	ofOne  = "metadata: {name: s-1, namespace: argocd}\nspec: {source: {repoURL: git, path: overlays/s-1}}\nstatus:"
	ranOld = `
  reconciledAt: "2026-11-20T12:00:00Z"
  history: [{id: 0, revision: old, deployedAt: "2026-11-20T10:00:00Z", source: {repoURL: git}}]`
	isNew  = "\n  sync: {status: Synced, revision: new}\n  health: {status: Healthy}" + ranOld
	isOld  = "\n  sync: {status: Synced, revision: old}\n  health: {status: Healthy}" + ranOld
	notNew = "\n  sync: {status: OutOfSync, revision: new}\n  health: {status: Healthy}" + ranOld
	// syncing is an operation that began after what is in the history.
	syncing = "\n  operationState:\n    startedAt: \"2026-11-20T11:00:00Z\"\n    operation: {sync: {revision: new}}\n    "
	synced2 = `syncResult: {revision: new, resources: [{kind: Deployment, name: cart, status: Synced, syncPhase: Sync, message: configured}`
)

// some makes an operation one of some resources only.
func some(operation string) string {
	return strings.Replace(operation, "{sync: {", "{sync: {resources: [{kind: Deployment, name: cart}], ", 1)
}

func check(t *testing.T, head string, cases []judged) {
	t.Helper()
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			i := parse(t, head+tt.status)
			if i.fault != nil {
				t.Fatal(i.fault)
			}
			if got := days(i.app); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			for _, text := range [][2]string{{i.app.Reason, tt.reason}, {i.app.Unverified, tt.unverified}} {
				if !strings.Contains(text[0], text[1]) || (text[0] == "") != (text[1] == "") {
					t.Errorf("it says %q, want %q", text[0], text[1])
				}
			}
		})
	}
}

// days writes the state of an Application, with the days of what was deployed.
func days(a appObject) string { return strings.ReplaceAll(describe(a), ":00", "h") }

func TestAnOperationThatHasNotSucceededVerifiesNothing(t *testing.T) {
	check(t, ofOne, []judged{
		{"a PostSync hook failed", isNew + syncing + `phase: Failed
    message: one or more synchronization tasks completed unsuccessfully (retried 5 times).
    retryCount: 5
    ` + synced2 + `, {kind: Job, name: smoke-test, hookType: PostSync, hookPhase: Failed, message: Job has reached the specified backoff limit}]}`,
			"Synced Healthy [new@? old@10h] 0", "",
			"the sync to new has failed: one or more synchronization tasks completed unsuccessfully (retried 5 times); PostSync hook Job smoke-test failed: Job has reached the specified backoff limit"},
		{"a resource could not be synced, and is as it should be now", isNew + syncing + `phase: Failed
    message: one or more objects failed to apply
    syncResult: {revision: new, resources: [{kind: Deployment, name: cart, status: SyncFailed, message: conflict}]}`,
			"Synced Healthy [new@? old@10h] 0", "", "failed to apply; Deployment cart failed: conflict"},
		{"an error", isNew + syncing + "phase: Error\n    message: 'rpc error: timeout'\n    " + synced2 + "]}",
			"Synced Healthy [new@? old@10h] 0", "", "the sync to new has ended in an error: rpc error: timeout"},
		{"hooks are waited for", isNew + syncing + "phase: Running\n    message: waiting for completion of hook batch/Job/smoke-test\n    " + synced2 + "]}",
			"Synced Healthy [new@? old@10h] 0", "", "the sync to new has been running since 2026-11-20T11:00:00Z: waiting for completion of hook batch/Job/smoke-test"},
		{"it is being terminated", isNew + syncing + "phase: Terminating\n    " + synced2 + "]}", "Synced Healthy [new@? old@10h] 0", "", "the sync to new is being terminated"},
		{"a phase of tomorrow", isNew + syncing + "phase: Paused\n    " + synced2 + "]}", "Synced Healthy [new@? old@10h] 0", "", "the sync to new is Paused"},
		{"it begins anew, without a result yet", isNew + syncing + "phase: Running\n    retryCount: 2", "Synced Healthy [new@? old@10h] 0", "", "the sync to new has been running"},
		{"a commit of another folder came after a failed hook", strings.Replace(isNew, "revision: new", "revision: newer", 1) + syncing + "phase: Failed\n    " + synced2 + ", {kind: Job, name: j, hookType: PostSync, hookPhase: Error}]}",
			"Synced Healthy [newer@? old@10h] 0", "", "the sync to new has failed: PostSync hook Job j failed"},
		{"what was verified is synced once more, in vain", isOld + strings.ReplaceAll(syncing+"phase: Failed\n    "+synced2+"]}", "new", "old"),
			"Synced Healthy [old@10h] 0", "", "the sync to old has failed"},
		{"it succeeded", isNew + syncing + "phase: Succeeded\n    " + synced2 + "]}", "Synced Healthy [new@? old@10h] 0", "", ""},
		{"a later one succeeded", isOld + strings.Replace(syncing, "11:00", "09:00", 1) + "phase: Failed\n    " + synced2 + "]}", "Synced Healthy [old@10h] 0", "", ""},
		{"nothing of it was applied, and what ran before runs", isOld + syncing + "phase: Failed\n    syncResult: {revision: new, resources: [{kind: Job, name: migrate, hookType: PreSync, hookPhase: Failed}]}",
			"Synced Healthy [old@10h] 0", "", ""},
		{"it named a revision that is not there", isOld + "\n  operationState: {phase: Error, message: no such revision, startedAt: \"2026-11-20T11:00:00Z\", operation: {sync: {revision: gone}}}",
			"Synced Healthy [old@10h] 0", "", ""},
		{"some resources were synced, and nobody knows of a sync of all", isNew + some(syncing) + "phase: Succeeded\n    " + synced2 + "]}",
			"Synced Healthy [new@? old@10h] 0", "", "no sync of all resources is known to have succeeded: the sync of some resources to new has succeeded"},
		{"some resources were synced, and no history is kept", strings.ReplaceAll(isNew, "history", "story") + some(syncing) + "phase: Succeeded\n    " + synced2 + "]}",
			"Synced Healthy [new@?] 0", "", "no sync of all resources is known to have succeeded"},
		{"some resources were synced to what was verified", isOld + strings.ReplaceAll(some(syncing)+"phase: Succeeded\n    "+synced2+"]}", "new", "old"),
			"Synced Healthy [old@10h] 0", "", ""},
		{"some resources were synced to what was verified, and a commit of another folder came", isNew + strings.ReplaceAll(some(syncing)+"phase: Succeeded\n    "+synced2+"]}", "new", "old"),
			"Synced Healthy [new@? old@10h] 0", "", ""},
		{"a dry run hides what became of it", isNew + strings.Replace(syncing, "{sync: {", "{sync: {dryRun: true, ", 1) + "phase: Succeeded\n    " + synced2 + "]}",
			"Synced Healthy [new@? old@10h] 0", "", "only a dry run is known: the dry run to new has succeeded"},
		{"a dry run over what was verified", isOld + strings.Replace(syncing, "{sync: {", "{sync: {dryRun: true, ", 1) + "phase: Failed\n    " + synced2 + "]}", "Synced Healthy [old@10h] 0", "", ""},
		{"it named a branch, and nobody knows how far it came", isNew + strings.Replace(syncing, "{sync: {revision: new}}", "{sync: {revision: HEAD}}", 1) + "phase: Failed\n    message: refused",
			"Synced Healthy [new@? old@10h] 0", "", "the sync to new has failed: refused"},
		{"it named a branch, and what was verified runs", isOld + strings.Replace(syncing, "{sync: {revision: new}}", "{sync: {revision: HEAD}}", 1) + "phase: Failed\n    message: refused",
			"Synced Healthy [old@10h] 0", "", "the sync to old has failed: refused"},
		{"no history is kept", strings.ReplaceAll(isNew, "history", "story") + syncing + "phase: Failed\n    " + synced2 + "]}", "Synced Healthy [new@?] 0", "", "the sync to new has failed"},
	})
}

func TestAnOperationLeavesPartsOfAnotherRevision(t *testing.T) {
	check(t, ofOne, []judged{
		{"it failed", notNew + syncing + "phase: Failed\n    message: one or more objects failed to apply\n    " + synced2 + "]}",
			"OutOfSync Healthy [] 0", "parts of another revision may run: the sync to new has failed: one or more objects failed to apply", ""},
		{"it was of some resources only", notNew + some(syncing) + "phase: Succeeded\n    " + synced2 + "]}",
			"OutOfSync Healthy [] 0", "parts of another revision may run: the sync of some resources to new has succeeded", ""},
		{"it goes on, and what is told was compared before", strings.Replace(isOld, "12:00", "10:30", 1) + syncing + "phase: Running\n    " + synced2 + "]}",
			"Synced Healthy [] 0", "the sync to new has been running", ""},
		{"it failed, and what ran before was found to run", isOld + syncing + "phase: Failed\n    " + synced2 + "]}", "Synced Healthy [old@10h] 0", "", ""},
		{"a PreSync hook failed, so nothing was applied", notNew + syncing + "phase: Failed\n    syncResult: {revision: new, resources: [{kind: Job, name: migrate, hookType: PreSync, hookPhase: Failed, syncPhase: PreSync}]}",
			"OutOfSync Healthy [old@10h] 0", "", ""},
		{"a PreSync hook failed in the end; earlier tries may have come further", notNew + syncing + "phase: Failed\n    retryCount: 1\n    syncResult: {revision: new, resources: [{kind: Job, name: migrate, hookType: PreSync, hookPhase: Failed, syncPhase: PreSync}]}",
			"OutOfSync Healthy [] 0", "PreSync hook Job migrate failed", ""},
		{"a Sync hook failed", notNew + syncing + "phase: Failed\n    syncResult: {revision: new, resources: [{kind: Job, name: migrate, hookType: Sync, hookPhase: Failed, syncPhase: Sync}]}",
			"OutOfSync Healthy [] 0", "Sync hook Job migrate failed", ""},
		{"the API server refused it before anything was applied", notNew + syncing + "phase: Failed\n    message: 'one or more objects failed to apply (dry run)'\n    syncResult: {revision: new, resources: [{kind: Deployment, name: cart, status: SyncFailed}]}",
			"OutOfSync Healthy [old@10h] 0", "", ""},
		{"a dry run failed", notNew + strings.Replace(syncing, "{sync: {", "{sync: {dryRun: true, ", 1) + "phase: Failed\n    syncResult: {revision: new, resources: [{kind: Deployment, name: cart, status: SyncFailed}]}",
			"OutOfSync Healthy [old@10h] 0", "", ""},
		{"a dry run goes on", notNew + strings.Replace(syncing, "{sync: {", "{sync: {dryRun: true, ", 1) + "phase: Running\n    " + synced2 + "]}", "OutOfSync Healthy [old@10h] 0", "", ""},
		{"a dry run succeeded", notNew + strings.Replace(syncing, "{sync: {", "{sync: {dryRun: true, ", 1) + "phase: Succeeded\n    " + synced2 + "]}", "OutOfSync Healthy [old@10h] 0", "", ""},
	})
}

// A dry run, and an operation that applied nothing, take the place of the operation
// before in what Argo CD tells.
func TestWhatAnOperationLeftBehindIsRememberedWhileNothingIsApplied(t *testing.T) {
	failed := syncing + "phase: Failed\n    " + synced2 + "]}"
	later := strings.Replace(syncing, "11:00", "11:30", 1)
	dry := strings.Replace(later, "{sync: {", "{sync: {dryRun: true, ", 1) + "phase: Failed\n    " + synced2 + "]}"
	succeeded := strings.Replace(failed, "Failed", "Succeeded", 1)
	selective := some(later) + "phase: Succeeded\n    " + synced2 + "]}"
	noResult := later + "phase: Error\n    message: project not found"
	for _, tt := range []struct {
		name                     string
		steps                    []string
		want, reason, unverified string
	}{
		{"a dry run after a failed sync", []string{notNew + failed, notNew + dry}, "OutOfSync Healthy [] 0", "parts of another revision may run: the sync to new has failed", ""},
		{"two dry runs", []string{notNew + failed, notNew + dry, notNew + strings.Replace(dry, "11:30", "11:40", 1)}, "OutOfSync Healthy [] 0", "the sync to new has failed", ""},
		{"an operation without a result after a failed sync", []string{notNew + failed, notNew + noResult}, "OutOfSync Healthy [] 0", "the sync to new has failed", ""},
		{"a dry run after that", []string{notNew + failed, notNew + noResult, notNew + strings.Replace(dry, "11:30", "11:40", 1)}, "OutOfSync Healthy [] 0", "the sync to new has failed", ""},
		{"a dry run after a failed hook", []string{isNew + failed, isNew + dry}, "Synced Healthy [new@? old@10h] 0", "", "the sync to new has failed"},
		{"a sync that succeeded after all", []string{notNew + failed, notNew + dry, isNew + later + "phase: Succeeded\n    " + synced2 + "]}"}, "Synced Healthy [new@? old@10h] 0", "", ""},
		{"some resources after a failed hook", []string{isNew + failed, isNew + selective}, "Synced Healthy [new@? old@10h] 0", "", "the sync to new has failed"},
		{"some resources after an operation without a result", []string{isNew + failed, isNew + strings.Replace(noResult, "11:30", "11:20", 1), isNew + selective}, "Synced Healthy [new@? old@10h] 0", "", "the sync to new has failed"},
		{"some resources twice", []string{isNew + failed, isNew + selective, isNew + strings.Replace(selective, "11:30", "11:40", 1)}, "Synced Healthy [new@? old@10h] 0", "", "the sync to new has failed"},
		{"a dry run after some resources", []string{isNew + failed, isNew + selective, isNew + strings.Replace(dry, "11:30", "11:40", 1)}, "Synced Healthy [new@? old@10h] 0", "", "the sync to new has failed"},
		{"an operation without a result after a failed hook", []string{isNew + failed, isNew + strings.Replace(noResult, "{revision: new}", "{}", 1)}, "Synced Healthy [new@? old@10h] 0", "", "the sync to new has failed"},
		{"some resources after a sync that succeeded, without a history", []string{strings.ReplaceAll(isNew, "history", "story") + succeeded, strings.ReplaceAll(isNew, "history", "story") + selective}, "Synced Healthy [new@?] 0", "", ""},
		{"all resources after some", []string{isNew + failed, isNew + selective, isNew + strings.Replace(succeeded, "11:00", "11:40", 1)}, "Synced Healthy [new@? old@10h] 0", "", ""},
		{"a dry run after a sync that succeeded", []string{isNew + succeeded, isNew + strings.Replace(dry, "Failed", "Succeeded", 1)}, "Synced Healthy [new@? old@10h] 0", "", ""},
		{"some resources after a dry run", []string{isNew + dry, isNew + strings.Replace(selective, "11:30", "11:40", 1)}, "Synced Healthy [new@? old@10h] 0", "", "no sync of all resources is known"},
		{"what could not be read for a while", []string{notNew + failed, "\n  reconciledAt: soon", notNew + dry}, "OutOfSync Healthy [] 0", "the sync to new has failed", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newStore(Mapping{label: defaultLabel}, func() time.Time { return noon }, teller{changed: func() {}, faulty: func(error) {}, taken: func() {}})
			for _, status := range tt.steps {
				i := parse(t, strings.Replace(ofOne, "{name", "{labels: {shopset.dev/shopset: s-1}, name", 1)+status)
				if err := s.Add(&i); err != nil {
					t.Fatal(err)
				}
			}
			a := s.entries["argocd/s-1"].app
			if got := days(a); got != tt.want || !strings.Contains(a.Reason, tt.reason) || (a.Reason == "") != (tt.reason == "") ||
				!strings.Contains(a.Unverified, tt.unverified) || (a.Unverified == "") != (tt.unverified == "") {
				t.Errorf("%s, reason %q, unverified %q; want %s, %q, %q", got, a.Reason, a.Unverified, tt.want, tt.reason, tt.unverified)
			}
		})
	}
}

func TestWhatWasVerifiedMayBeSyncedAgainForAWhile(t *testing.T) {
	again := parse(t, ofOne+isOld+strings.ReplaceAll(syncing+"phase: Running\n    "+synced2+"]}", "new", "old")).app
	first := parse(t, ofOne+isNew+syncing+"phase: Running\n    "+synced2+"]}").app
	began := time.Date(2026, 11, 20, 11, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name  string
		app   appObject
		after time.Duration
		want  bool
	}{
		{"the first sync has to end", first, 0, false}, {"the second may go on", again, resyncTime - time.Second, true},
		{"not for ever", again, resyncTime, false},
	} {
		o := sum("s-1", []part{{cluster: "c", entry: &entry{key: "argocd/s-1", app: tt.app}}}, func(r string) fleet.Release { return fleet.Release(r) }, began.Add(tt.after), 0)
		if (o.Unverified == "") != tt.want {
			t.Errorf("%s: %q", tt.name, o.Unverified)
		}
	}
	two := sum("s-1", []part{{cluster: "c", entry: &entry{key: "argocd/x", app: parse(t, ofOne+isNew).app}}, {cluster: "c", entry: &entry{key: "argocd/y", app: first}}}, func(string) fleet.Release { return "" }, began, 0)
	if !strings.HasPrefix(two.Unverified, "Application argocd/y: the sync to new") {
		t.Errorf("of several Applications it is not said which: %q", two.Unverified)
	}
}

func TestResourcesThatArgoCDIsToldNotToMindAreNoDrift(t *testing.T) {
	const resources = "\n  resources: [{kind: Deployment, name: cart, status: Synced}, {kind: Secret, name: of-operator, status: OutOfSync, requiresPruning: true}]"
	check(t, ofOne, []judged{
		{"the Application is Synced", isOld + resources, "Synced Healthy [old@10h] 0", "", ""},
		{"the Application is not", notNew + resources, "OutOfSync Healthy [old@10h] 1", "", ""},
		{"a hook has no status", notNew + "\n  resources: [{kind: Job, name: j, hook: true}, {kind: Secret, name: s, status: OutOfSync}]", "OutOfSync Healthy [old@10h] 1", "", ""},
	})
}

func TestSelfHealsDoNotMoveTheRelease(t *testing.T) {
	entries := func(list ...string) *entry {
		text := ""
		for i := 0; i < len(list); i += 2 {
			text += "\n  - {revision: " + list[i] + ", deployedAt: \"" + list[i+1] + "\"}"
		}
		return &entry{app: parse(t, ofOne+"\n  sync: {status: Synced, revision: r}\n  health: {status: Healthy}\n  reconciledAt: \"2026-11-29T12:00:00Z\"\n  history:"+text).app}
	}
	known := func(r string) fleet.Release { return fleet.Release(strings.TrimSuffix(r, "lost")) }
	for _, tt := range []struct {
		name            string
		e               *entry
		since, earliest string
	}{
		{"another one ran before", entries("q", "2026-11-19T10:00:00Z", "r", "2026-11-20T10:00:00Z", "r", "2026-11-29T11:00:00Z"), "11-20T10", "11-20T10"},
		{"self-heals are all that is kept", entries("r", "2026-11-29T11:00:00Z", "r", "2026-11-29T12:00:00Z"), "11-29T11", "01-01T00"},
		{"nobody knows what ran before", entries("lost", "2026-11-19T10:00:00Z", "r", "2026-11-29T11:00:00Z"), "11-29T11", "01-01T00"},
	} {
		o := tt.e.observe("s-1", known)
		if got, earliest := o.ReleaseSince.Format("01-02T15"), o.ReleaseNotBefore.Format("01-02T15"); got != tt.since || earliest != tt.earliest {
			t.Errorf("%s: since %s, not before %s; want %s, %s", tt.name, got, earliest, tt.since, tt.earliest)
		}
	}
}
