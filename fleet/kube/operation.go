package kube

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/json"

	"github.com/shopslo/shopslo/fleet"
)

// operationState is what Argo CD says of its last operation.
type operationState struct {
	Phase     string    `json:"phase"`
	Message   string    `json:"message"`
	StartedAt time.Time `json:"startedAt"`
	EndedAt   time.Time `json:"finishedAt"` // zero: it goes on
	// RetryCount grows each time that it begins anew, without the result so far.
	RetryCount int64 `json:"retryCount"`
	Operation  struct {
		InitiatedBy struct {
			Automated bool `json:"automated"`
		} `json:"initiatedBy"`
		Sync *struct {
			synced
			DryRun    bool       `json:"dryRun"`
			Resources []struct{} `json:"resources"` // the only ones to sync; none: all
		} `json:"sync"`
	} `json:"operation"`
	SyncResult *struct {
		Resources results `json:"resources"`
		synced
		origin
	} `json:"syncResult"`
}

// results are what became of resources and hooks. Most lists tell of nothing but success;
// of such a one a single empty result stands for all.
type results []resourceResult

// tellingWords are those in a list that is worth reading.
var tellingWords = [][]byte{[]byte(`Failed"`), []byte(`"Error"`), []byte(`"PreSync"`)}

// UnmarshalJSON reads a list.
func (r *results) UnmarshalJSON(data []byte) error {
	if slices.ContainsFunc(tellingWords, func(word []byte) bool { return bytes.Contains(data, word) }) {
		return json.Unmarshal(data, (*[]resourceResult)(r))
	}
	if *r = nil; bytes.Contains(data, []byte("{")) {
		*r = results{{}}
	}
	return nil
}

// resourceResult is what became of a resource or a hook.
type resourceResult struct {
	Kind      string `json:"kind"`
	Name      string `json:"name"`
	Status    string `json:"status"`
	Message   string `json:"message"`
	HookType  string `json:"hookType"`
	HookPhase string `json:"hookPhase"` // also of what is no hook
	SyncPhase string `json:"syncPhase"`
}

// operation is a sync as far as it tells what runs. Its zero value is none.
type operation struct {
	to      string // the revision; "": not known
	phase   string
	says    string // what Argo CD says of one that has not succeeded
	started time.Time
	dry     bool // a dry run: it applies nothing
	some    bool // of some resources only; Argo CD's history leaves it out
	manual  bool // somebody asked for it
	begun   bool // it may have applied something
}

// resyncTime is how long what was verified may be synced once more before that
// counts as a sync that does not come to its end.
const resyncTime = 10 * time.Minute

// read gives the operation; compared is the revision that was compared last, to which
// one goes that names none. There may be none (nil).
func (o *operationState) read(from chosen, compared string) operation {
	if o == nil {
		return operation{}
	}
	out := operation{phase: o.became(), started: o.StartedAt.UTC(), begun: o.RetryCount > 0, manual: !o.Operation.InitiatedBy.Automated}
	if r := o.SyncResult; r != nil {
		out.to = from.revision(r.synced, r.origin)
		out.begun = out.begun || !o.stopped()
	}
	if s := o.Operation.Sync; s != nil {
		out.dry, out.some = s.DryRun, len(s.Resources) > 0
		out.to = cmp.Or(out.to, from.revision(s.synced, origin{}))
	}
	if out.begun {
		out.to = cmp.Or(out.to, compared)
	}
	if out.to != "" && (out.to == from.Target || out.to == "HEAD") {
		out.to = compared // it names a branch
	}
	if out.phase != phaseSucceeded {
		out.says = o.says()
	}
	return out
}

// became is its phase. One without is not known to have succeeded, nor is one that says so
// while a hook or a resource of it failed.
func (o *operationState) became() string {
	switch {
	case o.Phase == "" && (o.SyncResult != nil || o.Operation.Sync != nil):
		return "in no phase"
	case o.Phase == phaseSucceeded && o.SyncResult != nil && slices.ContainsFunc(o.SyncResult.Resources, resourceResult.failed):
		return phaseFailed
	}
	return o.Phase
}

// stopped reports whether it ended before it applied anything: what is to be applied
// was refused, or a PreSync hook failed.
func (o *operationState) stopped() bool {
	if o.Phase != phaseFailed && o.Phase != phaseError || o.SyncResult == nil {
		return false
	}
	return strings.Contains(o.Message, "failed to apply (dry run)") || o.SyncResult.Resources.onlyPreSync()
}

// onlyPreSync reports whether there is nothing but what comes before a sync.
func (r results) onlyPreSync() bool {
	return len(r) > 0 && !slices.ContainsFunc(r, func(one resourceResult) bool {
		return one.HookType != preSync && one.SyncPhase != preSync
	})
}

// says gives Argo CD's message, and those of the first hooks and resources that failed.
func (o *operationState) says() string {
	const most = 2
	var all []string
	if o.Message != "" {
		all = append(all, strings.TrimSuffix(oneLine(o.Message), "."))
	}
	if o.SyncResult == nil {
		return strings.Join(all, "; ")
	}
	for _, r := range o.SyncResult.Resources {
		if !r.failed() {
			continue
		}
		if len(all) > most {
			all = append(all, "…")
			break
		}
		all = append(all, r.String())
	}
	return strings.Join(all, "; ")
}

func (r resourceResult) failed() bool {
	return r.Status == resultSyncFailed || r.HookPhase == phaseFailed || r.HookPhase == phaseError
}

// String tells one that failed.
func (r resourceResult) String() string {
	text := strings.TrimSpace(r.Kind + " " + r.Name)
	if r.HookType != "" {
		text = r.HookType + " hook " + text
	}
	if text += " failed"; r.Message != "" {
		text += ": " + strings.TrimSuffix(oneLine(r.Message), ".")
	}
	return text
}

// kept gives it as one that is kept beside others.
func (o *operation) kept() *operation { k := *o; return &k }

func (o *operation) succeeded() bool { return o.phase == "" || o.phase == phaseSucceeded }

func (o *operation) ended() bool {
	return o.phase != phaseRunning && o.phase != phaseTerminating
}

// applied reports whether it may have changed what runs.
func (o *operation) applied() bool { return o != nil && o.phase != "" && !o.dry && o.begun }

// String says what became of it, in a clause.
func (o *operation) String() string {
	text := "the sync"
	switch {
	case o.dry:
		text = "the dry run"
	case o.some:
		text = "the sync of some resources"
	}
	if o.to != "" {
		text += " to " + o.to
	}
	switch o.phase {
	case phaseSucceeded:
		text += " has succeeded"
	case phaseFailed:
		text += " has failed"
	case phaseError:
		text += " has ended in an error"
	case phaseRunning:
		text += " has been running since " + o.started.Format(time.RFC3339)
	case phaseTerminating:
		text += " is being terminated"
	default:
		text += " is " + oneLine(o.phase)
	}
	if o.says != "" {
		text += ": " + o.says
	}
	return text
}

// between says why it cannot be told what runs: a sync to another revision is
// going on, or was given up, or was of some resources only. "" where that is not so.
func (a *appObject) between(o *operation) string {
	f := &a.facts
	switch {
	case !o.applied() || o.to == "" || o.succeeded() && !o.some:
		return ""
	case len(f.history) > 0 && (f.history[0].Revision == o.to || f.history[0].At.After(o.started)):
		return ""
	case a.Sync == fleet.Synced && (f.compared == o.to || !a.ObservedAt.Before(o.started)):
		return "" // what runs is what was compared
	}
	return "parts of another revision may run: " + o.String()
}

// unverified says which operation has not verified the revision that runs, and from
// when on that holds.
func (f *facts) unverified(runs string) (why string, from time.Time) {
	for _, o := range []*operation{&f.last, f.left, f.whole} {
		if why, from = f.failing(o, runs); why != "" {
			return why, from
		}
	}
	return f.unproven(runs), time.Time{}
}

// failing says what became of an operation that has not succeeded with what runs.
func (f *facts) failing(o *operation, runs string) (why string, from time.Time) {
	if o == nil || o.dry || o.succeeded() || f.followed(o) {
		return "", time.Time{}
	}
	before := len(f.history) > 0 && f.history[0].Revision == runs // it was verified then
	if o.to != runs && (before || !o.applied()) {
		return "", time.Time{}
	}
	if before && !o.ended() {
		from = o.started.Add(resyncTime)
	}
	return o.String(), from
}

// unproven says that nothing is known of a sync of the whole that came before a dry run, or
// one of some resources: Argo CD tells of the last operation only.
func (f *facts) unproven(runs string) string {
	o := &f.last
	switch {
	case o.dry && f.verified(runs):
		return ""
	case o.dry:
		return "only a dry run is known: " + o.String()
	case !o.succeeded():
		o = f.left
	}
	if o == nil || !o.some || !o.succeeded() || f.deployedAfter(o) || f.verified(runs) || f.verified(o.to) {
		return ""
	}
	return "no sync of all resources is known to have succeeded: " + o.String()
}

// followed reports whether something was deployed since an operation. Nothing was since the
// last one, where that has ended without success, whatever clocks say.
func (f *facts) followed(o *operation) bool {
	return f.deployedAfter(o) && (o != &f.last || !o.ended())
}

func (f *facts) deployedAfter(o *operation) bool {
	return len(f.history) > 0 && f.history[0].At.After(o.started)
}

// verified reports whether the last sync of the whole that succeeded was to a revision.
func (f *facts) verified(revision string) bool {
	if len(f.history) > 0 && f.history[0].Revision == revision {
		return true
	}
	return revision != "" && f.whole != nil && f.whole.phase == phaseSucceeded && f.whole.to == revision
}
