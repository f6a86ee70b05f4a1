package kube

import "testing"

const (
	doubted = `
  health: {status: Healthy}
  reconciledAt: "2026-11-20T12:00:00Z"
  history: [{id: 0, revision: old, deployedAt: "2026-11-20T10:00:00Z", source: {repoURL: git}}]
  sync: {status: Synced, revision: old`
	asIs = doubted + "}"
)

// What Argo CD says is of what the Application asked for when it was compared last.
func TestWhatArgoCDHasNotSeenIsUnknown(t *testing.T) {
	const to = ", comparedTo: {source: {repoURL: git, path: overlays/s-1, targetRevision: tier-1}, destination: {server: \"https://10.0.0.1\", namespace: shop}}}"
	head := func(spec string) string {
		return "metadata: {name: s-1, namespace: argocd}\nspec: " + spec + "\nstatus:"
	}
	const there = "destination: {server: \"https://10.0.0.1\", namespace: shop}"
	const well, unknown = "Synced Healthy [old@10h] 0", "Unknown Healthy [old@10h] ?"
	for spec, c := range map[string]judged{
		"{source: {repoURL: git, path: overlays/s-1, targetRevision: tier-1}, " + there + "}":                                             {"nothing", doubted + to, well, "", ""},
		"{source: {repoURL: git, path: overlays/s-1, targetRevision: tier-2}, " + there + "}":                                             {"another branch", doubted + to, unknown, "its source was changed after", ""},
		"{source: {repoURL: git, path: overlays/s-2, targetRevision: tier-1}, " + there + "}":                                             {"another folder", doubted + to, unknown, "its source was changed after", ""},
		"{source: {repoURL: other, path: overlays/s-1, targetRevision: tier-1}, " + there + "}":                                           {"another repository", doubted + to, unknown, "its source was changed after", ""},
		"{sources: [{repoURL: git, path: overlays/s-1, targetRevision: tier-1}, {repoURL: charts, chart: cart}], " + there + "}":          {"one more source", doubted + to, unknown, "its source was changed after", ""},
		"{source: {repoURL: git, path: overlays/s-1, targetRevision: tier-1}, destination: {server: \"https://10.0.0.1\"}}":               {"another namespace", doubted + to, unknown, "its destination was changed after", ""},
		"{source: {repoURL: git, path: overlays/s-1, targetRevision: tier-1}, destination: {name: other, namespace: shop}}":               {"a cluster by its name", doubted + to, unknown, "its destination was changed after", ""},
		"{source: {repoURL: git, path: overlays/s-9, targetRevision: tier-9}, destination: {name: other, namespace: elsewhere}, more: 1}": {"nobody says what it was compared to", asIs, well, "", ""},
	} {
		check(t, head(spec), []judged{c})
	}
	const swapped = ", comparedTo: {source: {repoURL: \"\"}, sources: [{repoURL: charts, chart: cart, targetRevision: \"1\"}, {repoURL: git, path: overlays/s-1}]}}"
	check(t, head("{sources: [{repoURL: git, path: overlays/s-1}, {repoURL: charts, chart: cart, targetRevision: \"2\"}]}"), []judged{
		{"a newer chart", doubted + swapped, "Unknown Healthy [old@10h] ?", "its source was changed after", ""},
	})
}

func TestWhatArgoCDLeavesAloneIsUnknown(t *testing.T) {
	const name = "metadata: {name: s-1, namespace: argocd, annotations: {argocd.argoproj.io/skip-reconcile: \""
	for value, want := range map[string]judged{
		"true":  {"left alone", asIs, "Unknown Unknown [old@10h] ?", "told to leave it alone (argocd.argoproj.io/skip-reconcile)", ""},
		"false": {"not left alone", asIs, "Synced Healthy [old@10h] 0", "", ""},
		"maybe": {"no answer", asIs, "Synced Healthy [old@10h] 0", "", ""},
	} {
		check(t, name+value+"\"}}\nspec: {source: {repoURL: git, path: overlays/s-1}}\nstatus:", []judged{want})
	}
}

func TestSyncedBesideAnErrorOfTheComparisonIsUnknown(t *testing.T) {
	check(t, ofOne, []judged{
		{"it cannot be compared", asIs + "\n  conditions: [{type: ComparisonError, message: no such app path}]", "Unknown Healthy [old@10h] ?", "Argo CD says Synced, and ComparisonError: no such app path", ""},
		{"its project is not there", asIs + "\n  conditions: [{type: InvalidSpecError, message: no project}]", "Unknown Healthy [old@10h] ?", "InvalidSpecError: no project", ""},
		{"a sync has failed", asIs + "\n  conditions: [{type: SyncError, message: refused}]", "Synced Healthy [old@10h] 0", "", ""},
		{"a warning", asIs + "\n  conditions: [{type: SharedResourceWarning, message: shared}]", "Synced Healthy [old@10h] 0", "", ""},
	})
}

func TestAnOperationThatContradictsItselfVerifiesNothing(t *testing.T) {
	const op = "\n  operationState:\n    startedAt: \"2026-11-20T09:59:00Z\"\n    finishedAt: \"2026-11-20T10:00:00Z\"\n    operation: {sync: {revision: old}}\n    "
	const result = "\n    syncResult: {revision: old, resources: [{kind: Deployment, name: cart, status: Synced, syncPhase: Sync}"
	const well = "Synced Healthy [old@10h] 0"
	check(t, ofOne, []judged{
		{"it is in order", asIs + op + "phase: Succeeded" + result + "]}", well, "", ""},
		{"a hook of it failed", asIs + op + "phase: Succeeded" + result + ", {kind: Job, name: smoke, hookType: PostSync, hookPhase: Failed, message: refused}]}", well, "", "PostSync hook Job smoke failed: refused"},
		{"a resource of it failed", asIs + op + "phase: Succeeded" + result + ", {kind: Service, name: cart, status: SyncFailed, message: refused}]}", well, "", "Service cart failed: refused"},
		{"it has no phase", asIs + op + "message: what" + result + "]}", well, "", "the sync to old is in no phase"},
		{"it failed, by a clock that was put back", asIs + op + "phase: Failed" + result + "]}", well, "", "the sync to old has failed"},
	})
}

// A full status without one resource is not that of something that runs.
func TestAnApplicationWithoutResourcesIsMissing(t *testing.T) {
	for _, tt := range []struct{ status, named string }{
		{asIs + "\n  summary: {}", "all of it (Argo CD lists no resource)"},
		{asIs + "\n  summary: {images: [a]}", ""},
		{asIs + "\n  summary: {}\n  resources: [{kind: ConfigMap, name: a, status: Synced}]", ""},
		{asIs, ""}, // not all of a status
	} {
		if i := parse(t, ofOne+tt.status); i.app.present.named != tt.named {
			t.Errorf("%s: %q is missing, want %q", tt.status, i.app.present.named, tt.named)
		}
	}
}

// Where Argo CD keeps no history, its last operation says what came when.
func TestWithoutAHistoryTheLastOperationCounts(t *testing.T) {
	const none = "\n  health: {status: Healthy}\n  reconciledAt: \"2026-11-20T12:00:00Z\"\n  sync: {status: Synced, revision: new}\n"
	op := func(phase, to string) string {
		return "  operationState: {phase: " + phase + ", startedAt: \"2026-11-20T10:58:00Z\", finishedAt: \"2026-11-20T11:00:00Z\", operation: {sync: {revision: " + to + "}}, syncResult: {revision: " + to + "}}"
	}
	check(t, ofOne, []judged{
		{"it has succeeded", none + op("Succeeded", "new"), "Synced Healthy [new@11h] 0", "", ""},
		{"it has failed", none + op("Failed", "new"), "Synced Healthy [new@?] 0", "", "the sync to new has failed"},
		{"a commit changed nothing since", none + op("Succeeded", "old"), "Synced Healthy [new@? old@11h] 0", "", ""},
	})
}
