package kube

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"
)

func TestTheSourceThatIsDeployedFrom(t *testing.T) {
	const (
		values = "{repoURL: values, ref: values}"
		lent   = "{repoURL: values, ref: values, path: env/production}"
		folder = "{repoURL: sys, path: overlays/s-1}"
		chart  = "{repoURL: charts, chart: shop}"
		oci    = "{repoURL: 'oci://registry.example/shop', path: .}"
	)
	for _, tt := range []struct {
		name, sources string
		deployed      string // revisions are named r0, r1 and so on
		paths         string
	}{
		{"values stand first, and have a folder too", lent + "," + folder, "r1", "overlays/s-1 env/production"},
		{"values stand last", folder + "," + lent, "r0", "overlays/s-1 env/production"},
		{"a chart with values of a folder", chart + "," + lent, "r1", "env/production"},
		{"a chart with values", chart + "," + values, "r1", ""},
		{"an OCI artifact is no folder of git", oci + "," + folder, "r1", "overlays/s-1 ."},
		{"two charts", chart + "," + chart, "r0", ""},
		{"two folders", "{repoURL: one, path: a}," + folder, "r0", "a overlays/s-1"},
	} {
		i := parse(t, "metadata: {name: s-1}\nspec: {sources: ["+tt.sources+"]}\nstatus:\n  reconciledAt: \"2026-11-20T12:00:00Z\"\n  health: {status: Healthy}\n"+
			"  sync: {status: Synced, revisions: [r0, r1]}\n  history: [{id: 0, revisions: [r0, r1], deployedAt: \"2026-11-20T10:00:00Z\", sources: []}]")
		if want := "Synced Healthy [" + tt.deployed + "@10:00] 0"; describe(i.app) != want || strings.Join(i.paths, " ") != tt.paths {
			t.Errorf("%s: %s of %v, want %s of %s", tt.name, describe(i.app), i.paths, want, tt.paths)
		}
	}
}

func TestEachRevisionIsOfTheSourcesOfItsTime(t *testing.T) {
	const (
		head    = "metadata: {name: s-1}\nspec: {sources: [{repoURL: values, ref: values}, {repoURL: sys, path: overlays/s-1}]}\nstatus:\n  reconciledAt: \"2026-11-20T12:00:00Z\"\n  health: {status: Healthy}\n"
		swapped = "sources: [{repoURL: sys, path: overlays/s-1}, {repoURL: values, ref: values}]"
		at      = `deployedAt: "2026-11-20T10:00:00Z"`
	)
	for _, tt := range []struct{ name, status, want string }{
		{"they were in another order", "  sync: {status: Synced, revisions: [s2, v2], comparedTo: {" + swapped + "}}\n  history: [{revisions: [s1, v1], " + at + ", " + swapped + "}]", "Synced Healthy [s2@? s1@10:00] 0"},
		{"it was a single one", "  sync: {status: OutOfSync, revisions: [v2, s2]}\n  history: [{revision: s1, " + at + ", source: {repoURL: sys, path: overlays/s-1}}]", "OutOfSync Healthy [s1@10:00] 0"},
		{"it was a single one, in another folder", "  sync: {status: OutOfSync, revisions: [v2, s2]}\n  history: [{revision: s1, " + at + ", source: {repoURL: sys, path: old/s-1}}]", "OutOfSync Healthy [s1@10:00] 0"},
		{"it was a single one of another repository", "  sync: {status: OutOfSync, revisions: [v2, s2]}\n  history: [{revision: o1, " + at + ", source: {repoURL: old, path: overlays/s-1}}]", "OutOfSync Healthy [] 0"},
		{"it was a single one, and nobody says which", "  sync: {status: OutOfSync, revisions: [v2, s2]}\n  history: [{revision: s1, " + at + "}]", "OutOfSync Healthy [] 0"},
		{"older entries were a single one", "  sync: {status: Synced, revisions: [v2, s2]}\n  history: [{revision: s2, deployedAt: \"2026-11-19T09:00:00Z\", source: {repoURL: sys, path: overlays/s-1}}, {revisions: [v2, s2], " + at + ", sources: [{repoURL: values, ref: values}, {repoURL: sys, path: overlays/s-1}]}]",
			"Synced Healthy [s2@10:00 s2@09:00] 0"},
		{"it was of another repository", "  sync: {status: OutOfSync, revisions: [v2, s2]}\n  history: [{revisions: [c1, x1], " + at + ", sources: [{repoURL: charts, chart: c}, {repoURL: old, path: overlays/s-1}]}]", "OutOfSync Healthy [x1@10:00] 0"},
		{"an operation, too", "  sync: {status: OutOfSync, revisions: [v2, s2]}\n  history: [{revisions: [v1, s1], " + at + "}]\n" +
			"  operationState: {phase: Failed, startedAt: \"2026-11-20T11:00:00Z\", operation: {sync: {}}, syncResult: {revisions: [s1, v2], " + swapped + "}}", "OutOfSync Healthy [s1@10:00] 0"},
	} {
		if i := parse(t, head+tt.status); describe(i.app) != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, describe(i.app), tt.want)
		}
	}
	i := parse(t, "metadata: {name: s-1}\nspec: {source: {repoURL: sys, path: a}}\nstatus: {reconciledAt: \"2026-11-20T12:00:00Z\", health: {status: Healthy}, sync: {status: OutOfSync, revision: s2}, "+
		"history: [{revisions: [v1, s1], "+at+", "+strings.Replace(swapped, "[{repoURL: sys, path: overlays/s-1}, {repoURL: values, ref: values}]", "[{repoURL: values, ref: values}, {repoURL: sys, path: a}]", 1)+"}]}")
	if describe(i.app) != "OutOfSync Healthy [s1@10:00] 0" {
		t.Errorf("there were several: %s", describe(i.app))
	}
	i = parse(t, "metadata: {name: s-1}\nspec: {source: {repoURL: sys, path: a}}\nstatus: {reconciledAt: \"2026-11-20T12:00:00Z\", health: {status: Healthy}, sync: {status: OutOfSync, revision: s2}, "+
		"history: [{revisions: [b1, s1], "+at+", sources: [{repoURL: base, path: b}, {repoURL: sys, path: a}]}]}")
	if describe(i.app) != "OutOfSync Healthy [s1@10:00] 0" {
		t.Errorf("there were several folders: %s", describe(i.app))
	}
}

func TestHydratedManifestsAreOfTheCommitThatPeopleWrote(t *testing.T) {
	const head = "metadata: {name: cart, namespace: argocd}\nspec: {sourceHydrator: {drySource: {repoURL: sys, path: charts/shop, targetRevision: tier-1}, syncSource: {targetBranch: env/s-1, path: overlays/s-1}}}\nstatus:\n  health: {status: Healthy}\n  reconciledAt: \"2026-11-20T12:00:00Z\""
	history := "\n  history: [{revision: wet1, deployedAt: \"2026-11-19T10:00:00Z\"}, {revision: wet2, deployedAt: \"2026-11-20T10:00:00Z\"}]"
	hydrated := func(wet, dry string) string {
		return "\n  sourceHydrator: {currentOperation: {phase: Hydrated, drySHA: " + dry + ", hydratedSHA: " + wet + ", startedAt: \"2026-11-20T09:59:00Z\"}, lastSuccessfulOperation: {drySHA: " + dry + ", hydratedSHA: " + wet + "}}"
	}
	sync := func(status, revision string) string {
		return "\n  sync: {status: " + status + ", revision: " + revision + "}"
	}
	check(t, head, []judged{
		{"it runs the last one", sync("Synced", "wet2") + history + hydrated("wet2", "dry2"), "Synced Healthy [dry2@10h] 0", "", ""},
		{"hydrating the next one failed", sync("Synced", "wet2") + history + "\n  sourceHydrator: {currentOperation: {phase: Failed, drySHA: dry3, message: helm failed}, lastSuccessfulOperation: {drySHA: dry2, hydratedSHA: wet2}}", "Synced Healthy [dry2@10h] 0", "the manifests of dry3 could not be made (source hydrator): helm failed", ""},
		{"a commit that left the manifests as they were", sync("Synced", "wet2") + history + strings.Replace(hydrated("wet2", "dry3"), "09:59", "11:00", 1), "Synced Healthy [dry3@11h] 0", "", ""},
		{"the next one has not come yet", sync("OutOfSync", "wet3") + history + hydrated("wet3", "dry3"), "OutOfSync Healthy [] 0", "Argo CD does not say of which commit the manifests of wet2 were made", ""},
		{"nothing was hydrated yet", sync("Synced", "wet2") + history, "Synced Healthy [] 0", "of which commit the manifests of wet2", ""},
		{"a hook failed", sync("Synced", "wet3") + history + hydrated("wet3", "dry3") + strings.ReplaceAll(syncing, "new", "wet3") + "phase: Failed\n    " + strings.Replace(synced2, "new", "wet3", 1) + "]}", "Synced Healthy [dry3@?] 0", "", "the sync to wet3 has failed"},
	})
	if i := parse(t, head+sync("Synced", "wet2")); !slices.Equal(i.paths, []string{"overlays/s-1"}) {
		t.Errorf("it is found by %v", i.paths)
	}
	// What was told before is remembered.
	s := newStore(Mapping{label: defaultLabel}, func() time.Time { return noon }, teller{changed: func() {}, faulty: func(error) {}, taken: func() {}})
	for _, step := range [][2]string{
		{sync("Synced", "wet2") + history + hydrated("wet2", "dry2"), "Synced Healthy [dry2@10:00] 0"},
		{sync("OutOfSync", "wet3") + history + hydrated("wet3", "dry3"), "OutOfSync Healthy [dry2@10:00] 0"},
		{sync("Synced", "wet3") + history + hydrated("wet3", "dry3"), "Synced Healthy [dry3@? dry2@10:00] 0"},
	} {
		i := parse(t, head+step[0])
		if err := s.Add(&i); err != nil {
			t.Fatal(err)
		}
		if got := describe(s.entries["argocd/cart"].app); got != step[1] {
			t.Errorf("got %s, want %s", got, step[1])
		}
	}
}

func TestTheFleetsRepositoryDecidesAmongSources(t *testing.T) {
	const (
		other  = "{repoURL: 'https://git.example.com/platform.git', path: base}"
		values = "{repoURL: 'git@git.example.com:team/system.git', ref: values}"
		chart  = "{repoURL: charts, chart: shop}"
		folder = "{repoURL: 'https://git.example.com/team/system', path: overlays/a-1}"
	)
	for _, tt := range []struct{ name, repository, sources, deployed string }{
		{"values of the fleet's repository and a folder of another", "https://git.example.com/team/system.git", other + "," + values, "r1"},
		{"without a word of it, the folder", "", other + "," + values, "r0"},
		{"of several of it, the folder", "ssh://git@git.example.com/team/system.git", values + "," + folder, "r1"},
		{"a chart with values", "https://bot@Git.example.com/team/system/", chart + "," + values, "r1"},
		{"none is of it", "https://git.example.com/elsewhere.git", values + "," + other, "r1"},
	} {
		data, err := yaml.YAMLToJSON([]byte("metadata: {name: s-1}\nspec: {sources: [" + tt.sources + "]}\nstatus:\n  reconciledAt: \"2026-11-20T12:00:00Z\"\n  health: {status: Healthy}\n" +
			"  sync: {status: Synced, revisions: [r0, r1]}\n  history: [{id: 0, revisions: [r0, r1], deployedAt: \"2026-11-20T10:00:00Z\", sources: []}]"))
		i := item{repository: tt.repository}
		if err == nil {
			err = json.Unmarshal(data, &i)
		}
		if want := "Synced Healthy [" + tt.deployed + "@10:00] 0"; err != nil || describe(i.app) != want {
			t.Errorf("%s: %s, want %s (%v)", tt.name, describe(i.app), want, err)
		}
	}
}
