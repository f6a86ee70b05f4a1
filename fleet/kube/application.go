package kube

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/text"
)

// appObject is what the fleet needs to know of an Argo CD Application: about a
// tenth of it.
type appObject struct {
	Sync   fleet.SyncStatus
	Health fleet.Health
	// Deployed is what runs and ran, the newest first; empty: not known. Only the
	// first may have no time.
	Deployed []deployment
	// ObservedAt is when Argo CD last compared; zero: never.
	ObservedAt time.Time
	OutOfSync  *int     // resources; nil: not known
	Images     []string // sorted, each once
	Reason     string   // why something is Unknown
	// Unverified says in a clause which operation has not verified what runs, from
	// UnverifiedFrom on (zero: always); "": what runs was synced successfully.
	Unverified     string
	UnverifiedFrom time.Time

	// awaited is the revision that git asks for and that was not deployed, where the
	// Application is OutOfSync: it is a Release that is pending. "": something else differs.
	awaited string

	present present
	wanted  wanted
	facts   facts
}

// deployment is a revision that was synced.
type deployment struct {
	// Revision is a commit, or a chart's version. Where Argo CD hydrates manifests it
	// is the commit that people wrote (dry), not the one with the manifests.
	Revision string
	At       time.Time // zero: not known
	recipe   recipe    // zero: not known
}

// facts are what Deployed, Reason and Unverified follow from. Revisions are those that
// Argo CD syncs: with a source hydrator, commits of manifests.
type facts struct {
	compared  string // the revision that was compared last
	recipe    recipe // and what else; zero: not known
	target    string // the same of all sources, and their parameters
	newest    string // what was deployed last, of all sources; "": not known
	settled   string // target, when the Application was found to be Synced last
	settledAt time.Time
	history   []deployment // that were synced successfully, the newest first
	unknown   []string     // why something else is Unknown
	differ    []uint32     // resources that are out of sync (differing)
	last      operation    // the last one that was no dry run
	// left is an earlier operation that may have left parts of another revision
	// behind, where the last one applied nothing. nil: there is none, as of whole.
	left *operation
	// whole is the last one of all resources, where the last one is of some only.
	whole      *operation
	hydrates   bool
	hydrations []hydration // the newest first
}

// The parts of an Argo CD Application that are read, under the names and with the
// meanings that Argo CD's own types have (golden_test.go). Those are not used: they link
// 1,200 packages, and decoding them takes twice the time and four times the memory.
type (
	desired struct {
		Source         *source     `json:"source"`
		Sources        []source    `json:"sources"`
		SourceHydrator *hydrator   `json:"sourceHydrator"`
		Project        string      `json:"project"`
		Destination    destination `json:"destination"`
		SyncPolicy     syncPolicy  `json:"syncPolicy"`
	}
	status struct {
		Sync struct {
			Status     string     `json:"status"`
			ComparedTo comparedTo `json:"comparedTo"`
			synced
		} `json:"sync"`
		Health struct {
			Status string    `json:"status"`
			Since  time.Time `json:"lastTransitionTime"`
		} `json:"health"`
		HealthSource string `json:"resourceHealthSource"` // where the health of resources is
		History      []struct {
			DeployedAt time.Time `json:"deployedAt"`
			synced
			origin
		} `json:"history"`
		Resources []resource `json:"resources"`
		Summary   *struct {  // nil: Argo CD has not written all of the status
			Images []string `json:"images"`
		} `json:"summary"`
		Conditions     []condition     `json:"conditions"`
		ReconciledAt   time.Time       `json:"reconciledAt"` // zero: never
		OperationState *operationState `json:"operationState"`
		SourceHydrator hydratorStatus  `json:"sourceHydrator"`
	}
	condition struct {
		Type    string `json:"type"`
		Message string `json:"message"`
	}
)

// isError tells an error from a warning, as Argo CD does.
func (c condition) isError() bool { return strings.HasSuffix(c.Type, "Error") }

// convert reads an Application's status. Where it has several sources, one that is a
// folder of a git repository is the one that is deployed from (chooseSource); one of the
// fleet's repository, where that is known, comes before all others.
//
// What Argo CD does not say is Unknown, never a good state: an Application that
// was never compared, one without health, one in the middle of a sync.
func convert(c *contents, repository string, skipped bool) appObject {
	s := &c.Status
	is, why := c.sync(skipped)
	out := appObject{
		Sync: is, Health: healthStatus(s.Health.Status),
		ObservedAt: s.ReconciledAt.UTC(), OutOfSync: outOfSync(s, is), Images: s.images(),
	}
	if skipped {
		out.Health = fleet.HealthUnknown
	}
	out.facts = factsOf(c, repository)
	out.facts.differ = differing(s, is)
	out.present, out.wanted = presentOf(c, is), wantedOf(c, repository)
	if out.Sync == fleet.Synced {
		out.facts.settled, out.facts.settledAt = out.facts.target, out.ObservedAt
	}
	if out.Sync == fleet.SyncUnknown {
		out.facts.unknown = append(out.facts.unknown, why)
	} else if out.Health == fleet.HealthUnknown {
		out.facts.unknown = append(out.facts.unknown, "Argo CD says no health")
	}
	if c.Spec.SourceHydrator != nil {
		if why := s.SourceHydrator.failure(); why != "" {
			out.facts.unknown = append(out.facts.unknown, why)
		}
	}
	out.conclude()
	return out
}

func factsOf(c *contents, repository string) facts {
	s, from := &c.Status, chooseSource(c.Spec, repository)
	f := facts{
		compared: from.revision(s.Sync.synced, s.Sync.ComparedTo.origin),
		hydrates: c.Spec.SourceHydrator != nil, hydrations: s.SourceHydrator.hydrations(),
		target: s.Sync.of(s.Sync.ComparedTo.origin), newest: s.lastDeployed(),
	}
	if len(s.Sync.ComparedTo.all()) == 0 {
		f.newest, _, _ = strings.Cut(f.newest, parametersMark) // nobody says with which parameters it was compared
	}
	if !f.hydrates {
		f.recipe = from.recipe(s.Sync.synced, s.Sync.ComparedTo.origin)
	}
	if len(s.History) > 0 {
		f.history = make([]deployment, 0, len(s.History))
	}
	for i := len(s.History) - 1; i >= 0; i-- {
		h := &s.History[i]
		if r := from.revision(h.synced, h.origin); r != "" {
			f.history = append(f.history, deployment{r, h.DeployedAt.UTC(), from.recipe(h.synced, h.origin)})
		}
	}
	f.last = s.OperationState.read(from, f.compared)
	if o := &f.last; len(s.History) == 0 && s.lastDeployed() != "" && o.to != "" {
		r := s.OperationState.SyncResult
		f.history = []deployment{{o.to, s.OperationState.EndedAt.UTC(), from.recipe(r.synced, r.origin)}} // revisionHistoryLimit is 0
	}
	return f
}

// after carries on what an earlier version of the Application told and this one does
// not: what a dry run covers, what an operation left behind, and which commit manifests
// were made of.
func (a appObject) after(b *appObject) appObject {
	f, was := &a.facts, &b.facts
	switch {
	case f.last.dry:
		f.last, f.left, f.whole = was.last, was.left, was.whole
	case f.last.started.Equal(was.last.started):
		f.left, f.whole = was.left, was.whole
	default:
		f.keepFrom(was)
	}
	if len(f.history) == 0 {
		f.history = was.history
	}
	if w := &a.wanted; w.dry {
		w.began, w.ended, w.phase = b.wanted.began, b.wanted.ended, b.wanted.phase
	}
	if f.hydrates {
		f.hydrations = remember(f.hydrations, was.hydrations)
	}
	if f.settled == "" {
		f.settled, f.settledAt = was.settled, was.settledAt
	}
	a.conclude()
	return a
}

// keepFrom keeps the operations before a new one that it does not make up for.
func (f *facts) keepFrom(was *facts) {
	switch {
	case f.last.some:
		f.whole = was.lastWhole()
	case !f.last.applied():
		f.whole = was.whole
	}
	switch {
	case f.last.applied():
	case was.last.applied():
		f.left = was.last.kept()
	default:
		f.left = was.left
	}
}

// lastWhole is the last operation of all resources that applied something.
func (f *facts) lastWhole() *operation {
	for _, o := range []*operation{&f.last, f.left} {
		if o.applied() && !o.some {
			return o.kept()
		}
	}
	return f.whole
}

// awaits is the revision that git asks for and that was not deployed; "" where the
// Application is Synced, or something else differs.
func (a *appObject) awaits() string {
	f := &a.facts
	if a.Sync != fleet.OutOfSync || f.target == "" {
		return ""
	}
	var came time.Time
	if len(f.history) > 0 {
		came = f.history[0].At
	}
	switch settled := f.settled == f.target && !came.After(f.settledAt); {
	case a.ObservedAt.Before(came), !came.IsZero() && a.ObservedAt.Equal(came) && a.wanted.ended.Equal(came):
		// it was compared before that: afterwards it may be as it should be
	case settled || f.target == f.newest:
		return ""
	case f.newest == "" && f.settled == "" && a.present.nothing == "":
		return "" // nobody knows what was deployed
	}
	revisions, _, _ := strings.Cut(f.target, parametersMark)
	return cmp.Or(f.compared, revisions)
}

// lastDeployed is the revision of all sources that was deployed last, with their parameters;
// "": not known.
func (s *status) lastDeployed() string {
	if n := len(s.History); n > 0 {
		return s.History[n-1].of(s.History[n-1].origin)
	}
	if o := s.OperationState; o != nil && o.Phase == phaseSucceeded && o.SyncResult != nil && o.Operation.Sync != nil &&
		!o.Operation.Sync.DryRun && len(o.Operation.Sync.Resources) == 0 {
		return o.SyncResult.of(o.SyncResult.origin)
	}
	return ""
}

// conclude tells from the facts what runs, and whether it is verified.
func (a *appObject) conclude() {
	f, runs := &a.facts, a.facts.deployed(a.Sync)
	reasons := slices.Clone(f.unknown)
	a.awaited = shared(a.awaits())
	a.Unverified, a.UnverifiedFrom = "", time.Time{}
	between := a.between(&f.last)
	if between == "" {
		between = a.between(f.left)
	}
	switch {
	case between != "":
		runs = nil
		reasons = slices.Insert(reasons, 0, between)
	case len(runs) > 0:
		var why string
		why, a.UnverifiedFrom = f.unverified(runs[0].Revision)
		a.Unverified = shared(why)
	}
	if f.hydrates {
		var why string
		if runs, why = f.dry(runs); why != "" {
			reasons = append(reasons, why)
		}
	}
	a.Deployed, a.Reason = runs, shared(strings.Join(reasons, "; "))
}

// deployed lists what runs and ran. Where the Application is Synced that is
// what was compared, since a commit that changes nothing moves it without a new
// entry in the history; else it is what the history has, which holds successful
// syncs only.
func (f *facts) deployed(sync fleet.SyncStatus) []deployment {
	if sync != fleet.Synced || f.compared == "" || len(f.history) > 0 && f.history[0].Revision == f.compared {
		return f.history
	}
	first := deployment{Revision: f.compared, recipe: f.recipe}
	if len(f.history) > 0 {
		first.recipe = f.history[0].recipe // nothing of it came since, or it would have been synced
	}
	return slices.Insert(slices.Clone(f.history), 0, first)
}

// outOfSync counts the resources that differ; nil: not known. Those that Argo CD is
// told not to mind (IgnoreExtraneous) have the status OutOfSync, but leave the
// Application Synced; beside others that differ nobody can tell them apart.
func outOfSync(s *status, is fleet.SyncStatus) *int {
	n := 0
	switch is {
	case fleet.SyncUnknown:
		return nil
	case fleet.OutOfSync:
		for i := range s.Resources {
			if s.Resources[i].Status == syncOutOfSync {
				n++
			}
		}
	}
	return &n
}

func syncStatus(code string) fleet.SyncStatus {
	switch code {
	case syncSynced:
		return fleet.Synced
	case syncOutOfSync:
		return fleet.OutOfSync
	}
	return fleet.SyncUnknown
}

func healthStatus(code string) fleet.Health {
	switch code {
	case healthHealthy:
		return fleet.Healthy
	case healthProgressing:
		return fleet.Progressing
	case healthSuspended:
		return fleet.Suspended
	case healthDegraded:
		return fleet.Degraded
	case healthMissing:
		return fleet.Missing
	}
	return fleet.HealthUnknown
}

// unknownSync says why Argo CD cannot compare: it has a condition for it, as a rule.
func unknownSync(s *status) string {
	for i := range s.Conditions {
		if c := &s.Conditions[i]; c.isError() {
			return fmt.Sprintf("Argo CD cannot compare: %s: %s", c.Type, oneLine(c.Message))
		}
	}
	if s.ReconciledAt.IsZero() {
		return "Argo CD has not compared it yet"
	}
	return "Argo CD says no sync status"
}

// oneLine makes the beginning of a message fit a sentence.
func oneLine(message string) string { return text.Line(message, 160) }

func (s *status) images() []string {
	if s.Summary == nil || len(s.Summary.Images) == 0 {
		return nil
	}
	sorted := slices.Clone(s.Summary.Images)
	slices.Sort(sorted)
	return slices.Clip(slices.Compact(sorted))
}
