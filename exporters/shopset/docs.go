package shopset

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shopslo/shopslo/fleet"
)

// markdown gives docs/metrics.md: every metric with its type, labels, unit and
// meaning.
func markdown() []byte {
	var b strings.Builder
	b.WriteString(`<!-- Made by "go generate ./exporters/shopset" from exporters/shopset/families.go; do not edit. -->
# What shopset_exporter exports

A figure that is not known has no series; it is never 0. A state set has one series
per state, 1 for the one that holds and 0 for the others. Times are Unix times in
seconds, so an age is ` + "`time() - …_timestamp_seconds`" + `. Labels that name a ShopSet,
Tier or ShopGroup have the names of the fleet's documents.
`)
	for s, about := range scopes {
		fmt.Fprintf(&b, "\n## %s\n", about.title)
		if about.text != "" {
			fmt.Fprintf(&b, "%s\n", about.text)
		}
		b.WriteString("\n| Metric | Type | Labels | Unit | Meaning | No series |\n|---|---|---|---|---|---|\n")
		for f := range families {
			if scopeOf(f) == scope(s) {
				families[f].row(&b)
			}
		}
	}
	b.WriteString(argoCD)
	b.WriteString(versions)
	b.WriteString(branches)
	fmt.Fprintf(&b, "\n## States\n\n- sync status: %s\n- health: %s\n- kind of a violation: %s\n- fault: %s\n",
		words(stateWords(fSync)), words(stateWords(fHealth)), words(stateWords(fTierViolations)), words(texts(fleet.Faults)))
	fmt.Fprintf(&b, "\n## Bounds of histograms\n\nIn seconds.\n\n- `%s`: %s\n- `%s`: %s\n",
		families[fLead].name, bounds(leadBounds), families[fSoak].name, bounds(soakBounds))
	return []byte(b.String())
}

// argoCD says what is made of what Argo CD says.
const argoCD = `
## What is made of an Argo CD Application

| Argo CD says | told |
|---|---|
| Synced at a commit that is not in the history | the commit runs: one that changes nothing leaves no entry |
| the last operation to what runs has Failed, ended in an Error, or goes on (what was verified before may be synced again for 10 minutes) | not verified (` + "`shopset_release_verified` 0, `unverified` in `/api/v1/fleet`" + ` with Argo CD's message and those of hooks); no soak; the gate's checks sync and soak are unknown |
| a sync to another revision has failed or goes on, or was of some resources only | the Release is unknown, with the reason, until what runs is known again |
| an operation that ended before it applied anything: a PreSync hook failed, the API server refused it in the dry run | what ran before runs |
| a dry run | nothing new: the operation before it counts, also in ` + "`shopset_operation_phase`" + `, as far as the exporter has seen it |
| an operation that says Succeeded although a hook or a resource of it failed, or that has no phase | not verified |
| the history is empty (` + "`revisionHistoryLimit: 0`" + `) | the last operation of all resources that succeeded, and what was seen before it |
| OutOfSync at another revision, or with other parameters of the Application (images, values), than what was deployed last | pending, no drift: ` + "`drifted_since`" + ` does not begin. Drift is a difference at the revision that was deployed, or found to be Synced, last; what drifted before a commit came drifts still, and so does an Application of which another resource differs than when the revision was first seen to be pending. A change by hand of what the revision changes as well shows nowhere in Argo CD |
| OutOfSync, and auto-sync off; self-heal off under a drift; a sync window of the AppProject, its own or inherited; the last sync to this very revision failed | held, with the cause (` + "`shopset_sync_held`" + `, ` + "`held`" + `). A sync that goes on is not held, but by a window that stops it, too |
| OutOfSync for resources alone that are to be removed, and prune off | held by that, ` + "`prune-off`" + ` |
| source, destination or hydrator's branch of the spec are others than those that ` + "`sync.comparedTo`" + ` says; ComparisonError, InvalidSpecError or UnknownError beside Synced | sync is Unknown, with the reason |
| the annotation ` + "`argocd.argoproj.io/skip-reconcile`" + ` | all is Unknown: the status stays what it was |
| a last comparison that is older than --max-age, or as far ahead of the exporter's clock | all is Unknown |
| Progressing for more than 10 minutes; nothing was ever deployed | it does not serve: ` + "`shopset_serving`" + ` 0, no redundancy, ` + "`unserved`" + ` says why |
| a Deployment, Service or the like is Missing; an Application is being deleted | the ShopSet is Missing, with the reason |
| a full status without one resource | the ShopSet is Missing: an empty folder is Synced and Healthy for Argo CD |
| Healthy since a later time than when it was last seen to be | there was a break that nobody saw, such as while the exporter was away: the soak begins anew |
| an Application younger than those that were last seen: a new one, or one that was deleted and created again, also while the exporter was away | the soak begins anew; the Release, and what else it has, came not before it was created, and nothing of what the old one deployed counts |
| a change of the ShopSet's own folders in git, of its Application's parameters (images, values), of a chart's version or of another source, whichever Release runs | ` + "`changed_since`" + `: soak and since_release count from the later of both |
| a resource is OutOfSync while the Application is Synced (` + "`IgnoreExtraneous`" + `) | no drift; beside others that differ such a resource counts, since nobody can tell them apart |
| the same commit was synced again and again (self-heal) | the Release came when it was first seen to run, unless another one is known to have run since |
| several sources | the Release is behind one of the repository of ` + "`--git.system`" + `, where there is one; else, and among several of it, behind a folder of a git repository; one that lends its files to others (` + "`ref`" + `) comes after those that do not, then git sources of files alone, then charts. Each entry of the history is read by its own source or sources |
| ` + "`sourceHydrator`" + ` | the path that ` + "`--application.path-pattern`" + ` sees is syncSource's. The Release is behind the dry commit, and so is ` + "`revision`" + `. Argo CD tells only the last one: of what was hydrated before, the exporter knows what it has seen, and the Release is unknown otherwise. That manifests could not be made stands in ` + "`reason`" + ` |
`

// versions says what the facts need of Argo CD.
const versions = `
## What the facts need of Argo CD

| fact | 2.14 | 3.x | setting of Argo CD that it needs |
|---|---|---|---|
| sync, health, Release, images | yes | yes | ` + "`timeout.reconciliation`" + ` above 0: with 0 Argo CD compares when something changes only, so that all is Unknown after ` + "`--max-age`" + `, with a log line and the reason; set ` + "`--max-age 0`" + ` then, and let ` + "`gate.max_comparison_age`" + ` be as long |
| whether what runs is verified: operation, hooks, dry runs | yes | yes | |
| since when a Release runs, from the history | yes | yes | ` + "`revisionHistoryLimit`" + ` of 2 or more (10 without) |
| what is pending, and what drifts | yes | yes | the history, as above; ` + "`--git.system`" + ` to tell a commit of other folders apart after a restart |
| how many Applications there are and should be, that one is being deleted, that a component has none | yes | yes | Applications by component: the label ` + "`shopset.dev/component`" + ` (several joined by dots), a group ` + "`(?P<component>…)`" + ` in a pattern, or its name in that of the Application or its folder |
| that some resource is missing, in ` + "`health`" + ` | yes | up to 3.3; since 3.4 only where all are | |
| which resources are missing | yes | where it is kept | ` + "`controller.resource.health.persist: \"true\"`" + ` in argocd-cmd-params-cm (2.14 has it so, 3.0 and later have not). Without it nobody can tell whether a Deployment that is out of sync is there: the ShopSet does not count for redundancy while it drifts, and ` + "`unserved`" + ` says so |
| since when it has its health | yes | yes | |
| auto-sync, self-heal, prune | yes | also ` + "`automated.enabled`" + ` | |
| sync windows, of the AppProject and of those that it inherits from (` + "`globalProjects`" + `) | yes | also ` + "`syncOverrun`" + ` | the right to list AppProjects and the ConfigMap argocd-cm, as deploy/rbac has it; they are read each minute. Where the ConfigMap may not be read, only a window of the AppProject itself that blocks is known |
| conditions; phase, age and duration of the last operation, since when one goes on | yes | yes | |
| whether the target revision is the Tier's branch | yes | yes | ` + "`targetRevision`" + ` names the branch; a commit, a tag or HEAD is another one |
| a change by hand beside a Release that is pending | yes | yes | the exporter saw the revision become pending, and the change is of another resource |
| dry commits of ` + "`sourceHydrator`" + ` | in a preview | yes | the hydrator |

## Which component an Application is of

A component of a ShopSet's document that no Application is of makes the ShopSet Missing, as soon as some Application is of one:
where one Application has all components, nobody can tell, and ` + "`shopset_components_missing`" + ` has no series.
`

// branches says how old what is told of them is.
const branches = `
## How old branches are

` + "`/api/v1/fleet`" + ` tells the same as JSON ([fleet.schema.json](fleet.schema.json)). Its ` + "`git.fetched_at`" + ` is when the branches last were,
for certain, what stands there: at the last fetch that brought nothing new, or at the one that brought it. ` + "`shopslo gate`" + `
asks for its age.
`

func (f *family) row(b *strings.Builder) {
	kinds := map[kind]string{stateSet: "state set (gauge)", infos: "info (gauge)"}
	typ, ok := kinds[f.kind]
	if !ok {
		typ = string(f.kind)
	}
	fmt.Fprintf(b, "| `%s` | %s | %s | %s | %s | %s |\n", f.name, typ, words(strings.Fields(f.labels)), f.unit(), f.help, f.absent)
}

func words(list []string) string {
	quoted := slices.Clone(list)
	for i := range quoted {
		quoted[i] = "`" + quoted[i] + "`"
	}
	return strings.Join(quoted, ", ")
}

func bounds(list []float64) string {
	var out []string
	for _, b := range list {
		out = append(out, fmt.Sprint(int64(b)))
	}
	return strings.Join(out, ", ")
}

// stateWords gives the values of a family's label for states or kinds.
func stateWords(f int) []string {
	switch f {
	case fSync:
		return texts(fleet.SyncStatuses)
	case fHealth:
		return texts(fleet.Healths)
	}
	return texts(fleet.ViolationKinds)
}

func texts[S ~string](list []S) []string {
	var out []string
	for _, s := range list {
		out = append(out, string(s))
	}
	return out
}
