package fleet

import (
	"strings"
	"time"
)

// Workings are what Argo CD does with a ShopSet, of all Applications that make it.
type Workings struct {
	// Applications that were seen, and those of them that are being deleted. Expected is
	// how many there should be, one for each component of the ShopSet; nil: nobody can
	// tell, since no Application is of one component.
	Applications, Deleting int
	Expected               *int
	// Phase is that of the last operation, the worst of several; "": there was none.
	Phase OperationPhase
	// Running is since when an operation goes on, the oldest; Ended when the last one
	// ended; zero: none. Took is how long the longest of those that ended took.
	Running, Ended time.Time
	Took           time.Duration
	// AutoSync, SelfHeal and Prune are what Argo CD does by itself with all of them.
	AutoSync, SelfHeal, Prune bool
	// Conditions are how many Applications Argo CD has something to say of, by its type,
	// sorted by type.
	Conditions []ConditionCount
	// Window: a sync window keeps one of them from being synced by Argo CD itself; nil: not
	// known, since AppProjects, or which of them others inherit from, were not read.
	Window *bool
	// Targets are the target revisions that are deployed from, sorted, each once.
	Targets []string
}

// onBranch reports whether all Applications are deployed from a branch, and nothing else;
// nil: not known, as for HEAD, which is whatever branch the repository has for it.
func (w *Workings) onBranch(branch string) *bool {
	if w == nil || branch == "" || len(w.Targets) == 0 {
		return nil
	}
	on, known := true, true
	for _, t := range w.Targets {
		t = strings.TrimPrefix(t, "refs/heads/")
		on, known = on && (t == branch || t == "HEAD"), known && t != "HEAD"
	}
	if on && !known {
		return nil
	}
	return &on
}

// ConditionCount is how many Applications have a condition of a type: one of ConditionTypes,
// or OtherCondition.
type ConditionCount struct {
	Type  string `json:"type"`
	Count int    `json:"count"`
}

// ConditionTypes are the types that Argo CD has, in its words.
var ConditionTypes = []string{
	"ComparisonError", "DeletionError", "InvalidSpecError", "SyncError", "UnknownError",
	"ExcludedResourceWarning", "OrphanedResourceWarning", "RepeatedResourceWarning", "SharedResourceWarning",
}

// OtherCondition stands for every type that is none of these, so that what writes
// conditions cannot make any number of series.
const OtherCondition = "other"

// OperationPhase says what became of an operation, in Argo CD's words.
type OperationPhase string

// The phases of an operation.
const (
	OperationSucceeded   OperationPhase = "Succeeded"
	OperationRunning     OperationPhase = "Running"
	OperationTerminating OperationPhase = "Terminating"
	OperationFailed      OperationPhase = "Failed"
	OperationError       OperationPhase = "Error"
)

// OperationPhases lists all phases, the worst last.
var OperationPhases = []OperationPhase{OperationSucceeded, OperationRunning, OperationTerminating, OperationFailed, OperationError}

// HoldCause says what keeps Argo CD from making what runs the same as git.
type HoldCause string

// The causes.
const (
	AutoSyncOff     HoldCause = "auto-sync-off"    // somebody has to ask for a sync
	SelfHealOff     HoldCause = "self-heal-off"    // a change by hand stays until the next commit
	PruneOff        HoldCause = "prune-off"        // only what is to be removed differs, and somebody has to ask for that
	SyncWindow      HoldCause = "sync-window"      // a window of the AppProject forbids it
	OperationIsOver HoldCause = "operation-failed" // Argo CD does not try the same revision again
)

// HoldCauses lists all causes.
var HoldCauses = []HoldCause{AutoSyncOff, SelfHealOff, PruneOff, SyncWindow, OperationIsOver}
