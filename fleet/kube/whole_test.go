package kube

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
)

// whole reads Applications, each name: status and more, as those of the ShopSet a-1, which
// should have the components cart and shop-page; three days after the first commit.
func whole(t *testing.T, tree Tree, apps ...string) (fleet.Observation, *store) {
	t.Helper()
	mapping, err := NewMapping("", "", "")
	if err != nil {
		t.Fatal(err)
	}
	w := &Watcher{config: Config{Mapping: mapping, Tree: tree, Components: func(fleet.ShopSetName) []fleet.ComponentName {
		return []fleet.ComponentName{"shop-page", "cart"}
	}}}
	s := newStore(mapping, func() time.Time { return noon }, teller{changed: func() {}, faulty: func(error) {}, taken: func() {}})
	for _, one := range apps {
		name, text, _ := strings.Cut(one, ": ")
		name, path, _ := strings.Cut(name, "@")
		i := parse(t, "metadata: {name: "+name+", namespace: argocd, labels: {shopset.dev/shopset: a-1"+strings.ReplaceAll(text, "|", "}}\nspec: {source: {repoURL: x, path: "+path+"}, ")+"\n  reconciledAt: \"2026-11-01T12:00:00Z\"")
		if i.fault != nil {
			t.Fatal(i.fault, one)
		}
		if err := s.Add(&i); err != nil {
			t.Fatal(err)
		}
	}
	return w.sum("a-1", s.parts("a-1", nil, "x"), nil, func(r string) fleet.Release { return fleet.Release(r) }, noon), s
}

const (
	selfHealing = "|syncPolicy: {automated: {selfHeal: true}}}\nstatus:"
	atR1        = "\n  history: [{revision: r1, deployedAt: \"2026-10-30T12:00:00Z\"}]"
	fineApp     = selfHealing + "\n  sync: {status: Synced, revision: r1}\n  health: {status: Healthy}" + atR1
)

// differs is an Application that differs from git at a revision.
func differs(revision, policy string, more ...string) string {
	return policy + "\n  sync: {status: OutOfSync, revision: " + revision + "}\n  health: {status: Healthy}" + atR1 + strings.Join(more, "")
}

func TestWhatIsNotThereIsMissing(t *testing.T) {
	const deployment = "\n  resources: [{kind: Deployment, name: cart, status: OutOfSync%s}, {kind: Service, name: cart, status: Synced%s}]"
	for _, tt := range []struct {
		name   string
		apps   []string
		health fleet.Health
		serves bool
		reason string // a part of it, or of why it does not serve; "": there is none
		absent string
	}{
		{"each component has an Application", []string{"a-1-cart: " + fineApp, "a-1-shop-page: " + fineApp}, fleet.Healthy, true, "", ""},
		{"one component has none", []string{"a-1-cart: " + fineApp}, fleet.Missing, false, "component shop-page has no Application", "shop-page"},
		{"components are named by labels", []string{"x: , shopset.dev/component: cart" + fineApp, "z: , shopset.dev/component: api" + fineApp}, fleet.Missing, false, "component shop-page has no Application", "shop-page"},
		{"one Application has two", []string{"x: , shopset.dev/component: cart.shop-page" + fineApp}, fleet.Healthy, true, "", ""},
		{"components are named by paths", []string{"x@overlays/a-1/cart: " + fineApp, "z@overlays/a-1/shop-page: " + fineApp}, fleet.Healthy, true, "", ""},
		{"one of two paths is left", []string{"x@overlays/a-1/shop-page: " + fineApp}, fleet.Missing, false, "component cart has no Application", "cart"},
		{"a name that only begins as a component's", []string{"a-1-shop-page: " + fineApp, "a-1-cart-docs: " + fineApp}, fleet.Missing, false, "component cart has no Application", "cart"},
		{"a name that only ends as a component's", []string{"a-1-cart: " + fineApp, "a-1-old-shop-page: " + fineApp}, fleet.Missing, false, "component shop-page has no Application", "shop-page"},
		{"the component comes first", []string{"cart-a-1: " + fineApp, "shop-page: " + fineApp}, fleet.Healthy, true, "", ""},
		{"one Application makes it all", []string{"a-1: " + fineApp}, fleet.Healthy, true, "", ""},
		{"an Application hangs in its deletion", []string{"a-1-cart: " + fineApp, "a-1-shop-page: }, deletionTimestamp: \"2026-11-01T11:00:00Z\", x: {a: b" + fineApp}, fleet.Missing, false,
			"Application argocd/a-1-shop-page: it is being deleted since 2026-11-01T11:00:00Z", ""},
		{"a Deployment was deleted", []string{"a-1: " + differs("r1", selfHealing, fmt.Sprintf(deployment, ", health: {status: Missing}", ""))}, fleet.Missing, false, "not there: Deployment cart", ""},
		{"a Deployment was changed", []string{"a-1: " + differs("r1", selfHealing, fmt.Sprintf(deployment, ", health: {status: Healthy}", ""))}, fleet.Healthy, true, "", ""},
		{"nobody can tell whether the Deployment is there", []string{"a-1: " + differs("r1", selfHealing, "\n  resourceHealthSource: appTree", fmt.Sprintf(deployment, "", ""))}, fleet.Healthy, false,
			"controller.resource.health.persist", ""},
		{"of a Release that is pending it need not be there", []string{"a-1: " + differs("r2", selfHealing, "\n  resourceHealthSource: appTree", fmt.Sprintf(deployment, "", ""))}, fleet.Healthy, true, "", ""},
		{"a ConfigMap is no part that answers", []string{"a-1: " + differs("r1", selfHealing, "\n  resourceHealthSource: appTree\n  resources: [{kind: ConfigMap, name: c, status: OutOfSync}]")}, fleet.Healthy, true, "", ""},
		{"nothing was ever deployed", []string{"a-1: " + selfHealing + "\n  sync: {status: Unknown}\n  health: {status: Healthy}\n  conditions: [{type: ComparisonError, message: 'overlays/a-9: app path does not exist'}]"},
			fleet.Healthy, false, "app path does not exist", ""},
		{"Progressing for 20 minutes", []string{"a-1: " + strings.Replace(fineApp, "{status: Healthy}", `{status: Progressing, lastTransitionTime: "2026-11-01T11:40:00Z"}`, 1)}, fleet.Progressing, false,
			"Progressing since 2026-11-01T11:40:00Z", ""},
		{"Progressing for 5 minutes", []string{"a-1: " + strings.Replace(fineApp, "{status: Healthy}", `{status: Progressing, lastTransitionTime: "2026-11-01T11:55:00Z"}`, 1)}, fleet.Progressing, true, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o, _ := whole(t, nil, tt.apps...)
			var absent []string
			for _, c := range o.Absent {
				absent = append(absent, string(c))
			}
			if o.Health != tt.health || o.Serves() != tt.serves || strings.Join(absent, " ") != tt.absent {
				t.Errorf("%s, serves %v, without %v; want %s, %v, %q", o.Health, o.Serves(), absent, tt.health, tt.serves, tt.absent)
			}
			if why := o.Reason + o.Unserved; !strings.Contains(why, tt.reason) || (why == "") != (tt.reason == "") {
				t.Errorf("reason %q, unserved %q; want %q", o.Reason, o.Unserved, tt.reason)
			}
		})
	}
}

func TestAPendingReleaseIsNoDrift(t *testing.T) {
	trees := func(revision, path string) string {
		return map[string]string{"r1": "a", "r2": "b", "other": "a"}[revision]
	}
	const byHand = "|syncPolicy: {automated: {prune: true}}}\nstatus:"
	failed := "\n  operationState: {phase: Failed, message: refused, startedAt: \"2026-11-01T11:00:00Z\", operation: {sync: {revision: r2}}, syncResult: {revision: r2, resources: [{kind: Deployment, name: d, status: SyncFailed}]}}"
	const removed = "\n  resources: [{kind: ConfigMap, name: old, status: OutOfSync, requiresPruning: true}, {kind: ConfigMap, name: a, status: Synced}]"
	for _, tt := range []struct {
		name, app string
		before    string // another state of the same Application
		pending   string
		cause     fleet.HoldCause
		held      string
	}{
		{"a plain release", differs("r2", selfHealing), "", "r2", "", ""},
		{"auto-sync is off", differs("r2", "|}\nstatus:"), "", "r2", fleet.AutoSyncOff, "auto-sync is off"},
		{"its ApplicationSet syncs it in steps", differs("r2", "|}\nstatus:", "\n  operationState: {phase: Succeeded, startedAt: \"2026-10-30T11:00:00Z\", finishedAt: \"2026-10-30T12:00:00Z\", operation: {initiatedBy: {username: applicationset-controller, automated: true}, sync: {}}, syncResult: {revision: r1}}"), "", "r2", fleet.AutoSyncOff, "its ApplicationSet may sync it in steps"},
		{"auto-sync is switched off", differs("r2", "|syncPolicy: {automated: {enabled: false}}}\nstatus:"), "", "r2", fleet.AutoSyncOff, "auto-sync is off"},
		{"its sync has failed", differs("r2", selfHealing, failed), "", "r2", fleet.OperationIsOver, "does not try the same revision again"},
		{"a PreSync hook of it failed", differs("r2", selfHealing, strings.Replace(failed, "kind: Deployment, name: d, status: SyncFailed", "kind: Job, name: j, hookType: PreSync, hookPhase: Failed", 1)), "", "r2", fleet.OperationIsOver, "does not try the same revision again"},
		{"it only removes something", differs("r2", selfHealing, removed), "", "r2", fleet.PruneOff, "prune is off"},
		{"something was left that is to be removed", differs("r1", selfHealing, removed), "", "", fleet.PruneOff, "prune is off"},
		{"what is to be removed is removed soon", differs("r1", byHand, removed), "", "", fleet.SelfHealOff, "self-heal is off"},
		{"more differs than what is to be removed", differs("r2", selfHealing, strings.Replace(removed, "Synced", "OutOfSync", 1)), "", "r2", "", ""},
		{"a change by hand", differs("r1", selfHealing), "", "", "", ""},
		{"a change by hand that stays", differs("r1", byHand), "", "", fleet.SelfHealOff, "self-heal is off"},
		{"a change by hand after a commit that changed nothing", differs("other", selfHealing), strings.Replace(fineApp, "revision: r1}", "revision: other}", 1), "", "", ""},
		{"a change by hand, and a commit after it", differs("r2", selfHealing), differs("r1", selfHealing), "", "", ""},
		{"it was deployed just now, and not compared since", differs("r1", selfHealing, strings.Replace(atR1, "2026-10-30T12:00:00", "2026-11-01T12:00:01", 1)), "", "r1", "", ""},
		{"the first sync is to come", byHand + "\n  sync: {status: OutOfSync, revision: r1}\n  health: {status: Missing}", "", "r1", "", ""},
		{"another of its sources has moved", "|sources: [{repoURL: charts, chart: c}, {repoURL: x, path: p}], syncPolicy: {automated: {}}}\nstatus:\n  sync: {status: OutOfSync, revisions: [1.1.0, r1]}\n  health: {status: Healthy}\n  history: [{revisions: [1.0.0, r1], deployedAt: \"2026-10-30T12:00:00Z\"}]", "", "r1", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			apps := []string{"a-1@overlays/a-1: " + strings.Replace(tt.app, atR1+"\n  history", "\n  history", 1)}
			if tt.before != "" {
				apps = append([]string{"a-1@overlays/a-1: " + tt.before}, apps...)
			}
			o, s := whole(t, trees, apps...)
			if o.Sync != fleet.OutOfSync || o.Pending != tt.pending || o.Drifts() != (tt.pending == "") {
				t.Errorf("%s, pending %q, want %q", o.Sync, o.Pending, tt.pending)
			}
			if drifted := s.entries["argocd/a-1"].drifting; drifted != (tt.pending == "") {
				t.Errorf("it counts as drift: %v", drifted)
			}
			if (o.PendingSince.IsZero()) != (tt.pending == "") {
				t.Errorf("pending since %v", o.PendingSince)
			}
			if !strings.Contains(o.Held, tt.held) || (o.Held == "") != (tt.held == "") || (len(o.Causes) > 0) != (tt.cause != "") || tt.cause != "" && o.Causes[0] != tt.cause {
				t.Errorf("held %q by %v, want %q by %q", o.Held, o.Causes, tt.held, tt.cause)
			}
		})
	}
	same := func(revision string) fleet.Release { return "one" }
	e := entry{app: parse(t, "metadata: {name: a}\nspec: {source: {repoURL: x, path: p}}\nstatus:\n  sync: {status: OutOfSync, revision: other}"+atR1+"\n  reconciledAt: \"2026-11-01T12:00:00Z\"").app}
	if got := e.pending(trees, same); got != "" {
		t.Errorf("nothing of its own has changed in git, and %q is pending", got)
	}
	e.app.wanted.path = "" // a chart, with values of a git repository
	if got := e.pending(func(string, string) string { return "root" }, same); got != "other" {
		t.Errorf("it is of no folder, and %q is pending", got)
	}
	e.app.wanted.path = "p"
	if got := e.pending(func(string, string) string { return "" }, same); got != "other" {
		t.Errorf("git does not tell, and %q is pending", got)
	}
}

// What is changed by hand beside a pending revision is a drift, as far as it shows.
func TestADriftBesideAPendingRelease(t *testing.T) {
	at := func(revision string, more ...string) string {
		return "a-1: " + differsIn(revision, more...)
	}
	const failed = "\n  operationState: {phase: Failed, startedAt: \"2026-11-01T11:00:00Z\", finishedAt: \"%s\", operation: {sync: {revision: r2}}, syncResult: {revision: r2, resources: [{kind: Deployment, name: d, status: SyncFailed}]}}"
	early, late := fmt.Sprintf(failed, "2026-11-01T11:05:00Z"), fmt.Sprintf(failed, "2026-11-01T12:00:00Z")
	cart, both, other := "cart", "cart mail", "mail"
	for _, tt := range []struct {
		name   string
		steps  []string
		drifts bool
	}{
		{"nothing else differs", []string{at("r2", cart), at("r2", cart)}, false},
		{"another resource differs, too", []string{at("r2", cart), at("r2", both)}, true},
		{"another resource differs instead", []string{at("r2", cart), at("r2", other)}, true},
		{"one is as it should be now", []string{at("r2", both), at("r2", cart)}, false},
		{"it is taken back, and the revision is pending still", []string{at("r2", cart), at("r2", both), at("r2", cart)}, true},
		{"another revision is pending", []string{at("r2", cart), at("r3", both)}, false},
		{"another revision is pending, and then somebody changes something", []string{at("r2", cart), at("r3", cart), at("r3", both)}, true},
		{"it was seen with both", []string{at("r2", both)}, false},
		{"nobody said which differed", []string{at("r2", ""), at("r2", both)}, false},
		{"a sync of it failed between", []string{at("r2", cart), at("r2", both, early)}, false},
		{"after a sync of it failed", []string{at("r2", cart, early), at("r2", both, early)}, true},
		{"it was not compared since a sync of it failed", []string{at("r2", cart, late), at("r2", both, late)}, false},
		{"a sync of it goes on", []string{at("r2", cart), at("r2", cart, strings.Replace(early, "Failed", "Running", 1)), at("r2", both, strings.Replace(early, "Failed", "Running", 1))}, false},
	} {
		o, s := whole(t, nil, tt.steps...)
		if e := s.entries["argocd/a-1"]; e.drifting != tt.drifts || (o.Pending == "") != tt.drifts || o.Drifts() != tt.drifts || (e.events > 0) != tt.drifts {
			t.Errorf("%s: it drifts: %v, %d times; pending %q", tt.name, e.drifting, e.events, o.Pending)
		}
	}
	many := strings.Repeat("x ", maxDiffering+1)
	for i := range maxDiffering + 1 {
		many = strings.Replace(many, "x ", fmt.Sprintf("r%d ", i), 1)
	}
	if o, _ := whole(t, nil, at("r2", cart), at("r2", many)); o.Pending == "" {
		t.Error("what are too many is told")
	}
}

// differsIn is a self-healing Application of which some Deployments differ from a revision.
func differsIn(revision string, more ...string) string {
	resources := "\n  resources: ["
	for name := range strings.FieldsSeq(more[0]) {
		resources += "{kind: Deployment, name: " + name + ", status: OutOfSync, health: {status: Healthy}}, "
	}
	return differs(revision, selfHealing, append([]string{resources + "]"}, more[1:]...)...)
}

// What its own folders have is there since the last of its Applications has it.
func TestSinceWhenAShopSetsOwnFoldersAreAsTheyAre(t *testing.T) {
	trees := func(revision, path string) string {
		return path + map[string]string{"r1": "old", "r2": "new", "r3": "new"}[revision]
	}
	app := func(entries ...string) string {
		text := selfHealing + "\n  sync: {status: Synced, revision: r3}\n  health: {status: Healthy}\n  history:"
		for i, revision := range entries {
			text += fmt.Sprintf("\n  - {revision: %s, deployedAt: \"2026-10-2%dT12:00:00Z\"}", revision, i)
		}
		return text
	}
	for _, tt := range []struct {
		name string
		tree Tree
		apps []string
		want string // the day; "": not known
	}{
		{"the change came with the second commit", trees, []string{"a-1@p: " + app("r1", "r2", "r3")}, "21"},
		{"the oldest that is kept has it already", trees, []string{"a-1@p: " + app("r2", "r3")}, "20"},
		{"the last of several counts", trees, []string{"a-1-cart@p: " + app("r1", "r2", "r3"), "a-1-shop-page@q: " + app("r1", "r1", "r3")}, "22"},
		{"one is not from a folder", trees, []string{"a-1-cart@p: " + app("r1", "r2", "r3"), "a-1-shop-page: " + app("r1", "r3")}, ""},
		{"no repository is read", nil, []string{"a-1@p: " + app("r1", "r2", "r3")}, ""},
		{"git does not know what runs", func(string, string) string { return "" }, []string{"a-1@p: " + app("r1", "r3")}, ""},
	} {
		o, _ := whole(t, tt.tree, tt.apps...)
		got := ""
		if !o.ChangedSince.IsZero() {
			got = o.ChangedSince.Format("02")
		}
		if got != tt.want || (o.Tree == "") != (tt.want == "") {
			t.Errorf("%s: since %q, tree %q; want %q", tt.name, got, o.Tree, tt.want)
		}
	}
}

func TestWhatArgoCDDoesWithAShopSet(t *testing.T) {
	ended := "\n  operationState: {phase: Succeeded, startedAt: \"2026-11-01T10:00:00Z\", finishedAt: \"2026-11-01T10:01:30Z\", operation: {sync: {}}, syncResult: {revision: r1}}"
	running := "\n  operationState: {phase: Running, startedAt: \"2026-11-01T11:58:00Z\", operation: {sync: {}}, syncResult: {revision: r1}}"
	since := func(app, at string) string {
		return strings.Replace(app, "{status: Healthy}", "{status: Healthy, lastTransitionTime: \""+at+"\"}", 1)
	}
	o, _ := whole(t, nil,
		"a-1-cart: "+since(strings.Replace(fineApp, "|syncPolicy", "|x: y, syncPolicy", 1), "2026-11-01T09:00:00Z")+ended+"\n  conditions: [{type: OrphanedResourceWarning}, {type: SyncError}, {type: \"a plugin's\"}]",
		"a-1-shop-page: "+since(strings.Replace(fineApp, "selfHeal: true", "prune: true", 1), "2026-11-01T08:00:00Z")+running+"\n  conditions: [{type: SyncError}, {type: x1}, {type: x2}]")
	w := o.Workings
	if w.Applications != 2 || w.Deleting != 0 || w.Expected == nil || *w.Expected != 2 || !w.AutoSync || w.SelfHeal || w.Prune {
		t.Errorf("%+v", w)
	}
	if w.Phase != fleet.OperationRunning || w.Took != 90*time.Second || w.Ended.Format("15:04:05") != "10:01:30" || w.Running.Format("15:04") != "11:58" {
		t.Errorf("operation %s, took %v, ended %v, running since %v", w.Phase, w.Took, w.Ended, w.Running)
	}
	if got := fmt.Sprint(w.Conditions); got != "[{OrphanedResourceWarning 1} {SyncError 2} {other 2}]" {
		t.Errorf("conditions %s", got)
	}
	if o.HealthSince.Format("15:04") != "09:00" {
		t.Errorf("Healthy since %v: it is since the last part was", o.HealthSince)
	}
}

// What is told of the last operation: one that has ended does not go on, whatever Argo CD
// leaves out, and a dry run is none.
func TestTheLastOperation(t *testing.T) {
	operation := func(phase, more string) string {
		return "a-1: " + fineApp + "\n  operationState: {phase: " + phase + ", startedAt: \"2026-11-01T10:00:00Z\"" + more + "}"
	}
	const synced, ended = ", operation: {sync: {}}, syncResult: {revision: r1}", ", finishedAt: \"2026-11-01T10:05:00Z\""
	dry := strings.Replace(synced, "{sync: {}}", "{sync: {dryRun: true}}", 1)
	for _, tt := range []struct {
		name  string
		steps []string
		want  string
	}{
		{"it failed, and nobody says when", []string{operation("Failed", synced)}, "Failed, running since 00:00, ended 00:00"},
		{"it goes on", []string{operation("Running", synced)}, "Running, running since 10:00, ended 00:00"},
		{"it is being terminated", []string{operation("Terminating", synced)}, "Terminating, running since 10:00, ended 00:00"},
		{"it ended", []string{operation("Error", synced+ended)}, "Error, running since 00:00, ended 10:05"},
		{"only a dry run is known", []string{operation("Failed", dry+ended)}, ", running since 00:00, ended 00:00"},
		{"a dry run after it", []string{operation("Succeeded", synced+ended), operation("Running", dry), operation("Failed", dry)}, "Succeeded, running since 00:00, ended 10:05"},
	} {
		o, _ := whole(t, nil, tt.steps...)
		if got := fmt.Sprintf("%s, running since %s, ended %s", o.Workings.Phase, o.Workings.Running.Format("15:04"), o.Workings.Ended.Format("15:04")); got != tt.want {
			t.Errorf("%s: %s; want %s", tt.name, got, tt.want)
		}
	}
}

// Time alone makes a ShopSet another.
func TestWhatIsDueIsFoundWhenItIs(t *testing.T) {
	_, s := whole(t, nil, "a-1: "+strings.Replace(fineApp, "{status: Healthy}", `{status: Progressing, lastTransitionTime: "2026-11-01T11:55:00Z"}`, 1), "b: "+fineApp)
	for _, tt := range []struct {
		after time.Duration
		want  int
	}{{time.Minute, 0}, {5*time.Minute - time.Second, 0}, {5 * time.Minute, 1}, {6 * time.Minute, 0}} {
		s.changes(map[fleet.ShopSetName]struct{}{})
		got := map[fleet.ShopSetName]struct{}{}
		s.now = func() time.Time { return noon.Add(tt.after) }
		s.ripen(s.now())
		if s.changes(got); len(got) != tt.want {
			t.Errorf("after %v %d have changed, want %d", tt.after, len(got), tt.want)
		}
	}
}

// What was Progressing when it was first seen, and does not say since when, has been for as
// long as it was seen at least.
func TestWhatIsProgressingSinceNobodyKnowsWhenServesForAWhile(t *testing.T) {
	_, s := whole(t, nil, "a-1: "+strings.Replace(fineApp, "{status: Healthy}", "{status: Progressing}", 1), "b: "+fineApp)
	for after, want := range map[time.Duration]bool{9 * time.Minute: true, progressTime: false} {
		var o fleet.Observation
		o.Health = fleet.Progressing
		sumServing(&o, s.parts("a-1", nil, "x"), noon.Add(after))
		if o.Serves() != want {
			t.Errorf("after %v it serves: %v (%s)", after, o.Serves(), o.Unserved)
		}
	}
}
