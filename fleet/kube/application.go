package kube

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/argoproj/argo-cd/v2/pkg/apis/application/v1alpha1"
	"github.com/argoproj/gitops-engine/pkg/health"
	"github.com/argoproj/gitops-engine/pkg/sync/common"

	"github.com/shopslo/shopslo/fleet"
)

// Application is what the fleet needs to know of an Argo CD Application: about a
// tenth of it.
type Application struct {
	Sync   fleet.SyncStatus
	Health fleet.Health
	// Deployed is what runs and ran, the newest first; empty: not known. Only the
	// first may have no time.
	Deployed []Deployment
	// ObservedAt is when Argo CD last compared; zero: never.
	ObservedAt time.Time
	OutOfSync  *int     // resources; nil: not known
	Images     []string // sorted, each once
	Reason     string   // why something is Unknown
}

// Deployment is a revision that was synced.
type Deployment struct {
	Revision string    // a commit, or a chart's version
	At       time.Time // zero: not known
}

// The parts of an Argo CD Application that are read, under the names and with the
// meanings that Argo CD's own types have; decoding those takes twice the time, and four
// times the memory.
type (
	desired struct {
		Source  *source  `json:"source"`
		Sources []source `json:"sources"`
	}
	source struct {
		Path  string `json:"path"`
		Chart string `json:"chart"`
	}
	status struct {
		Sync struct {
			Status    v1alpha1.SyncStatusCode `json:"status"`
			Revision  string                  `json:"revision"`
			Revisions []string                `json:"revisions"`
		} `json:"sync"`
		Health struct {
			Status health.HealthStatusCode `json:"status"`
		} `json:"health"`
		History []struct {
			Revision   string    `json:"revision"`
			Revisions  []string  `json:"revisions"`
			DeployedAt time.Time `json:"deployedAt"`
		} `json:"history"`
		Resources []struct {
			Status v1alpha1.SyncStatusCode `json:"status"`
		} `json:"resources"`
		Summary struct {
			Images []string `json:"images"`
		} `json:"summary"`
		Conditions     []v1alpha1.ApplicationCondition `json:"conditions"`
		ReconciledAt   time.Time                       `json:"reconciledAt"` // zero: never
		OperationState *operationState                 `json:"operationState"`
	}
	operationState struct {
		Phase      common.OperationPhase `json:"phase"`
		StartedAt  time.Time             `json:"startedAt"`
		SyncResult *struct {
			Revision  string   `json:"revision"`
			Revisions []string `json:"revisions"`
		} `json:"syncResult"`
	}
)

// sources gives all of them; a single one does not count beside several.
func (d desired) sources() []source {
	if len(d.Sources) == 0 && d.Source != nil {
		return []source{*d.Source}
	}
	return d.Sources
}

// convert reads an Application's status. Where it has several sources, the first
// that is a folder of a git repository is the one that is deployed from; the others
// are charts and values.
//
// What Argo CD does not say is Unknown, never a good state: an Application that
// was never compared, one without health, one in the middle of a sync.
func convert(c *contents) Application {
	s := &c.Status
	out := Application{
		Sync: syncStatus(s.Sync.Status), Health: healthStatus(s.Health.Status),
		ObservedAt: s.ReconciledAt.UTC(), Images: images(s.Summary.Images),
	}
	source := chooseSource(c.Spec)
	out.Deployed = deployments(s, source, out.Sync)
	var reasons []string
	if between := betweenRevisions(s, source, out.Deployed); out.Sync != fleet.Synced && between != "" {
		out.Deployed = nil
		reasons = append(reasons, between)
	}
	if out.Sync == fleet.SyncUnknown {
		reasons = append(reasons, unknownSync(s))
	} else {
		n := 0
		for i := range s.Resources {
			if s.Resources[i].Status == v1alpha1.SyncStatusCodeOutOfSync {
				n++
			}
		}
		out.OutOfSync = &n
	}
	if out.Health == fleet.HealthUnknown && out.Sync != fleet.SyncUnknown {
		reasons = append(reasons, "Argo CD says no health")
	}
	out.Reason = strings.Join(reasons, "; ")
	return out
}

func syncStatus(code v1alpha1.SyncStatusCode) fleet.SyncStatus {
	switch code {
	case v1alpha1.SyncStatusCodeSynced:
		return fleet.Synced
	case v1alpha1.SyncStatusCodeOutOfSync:
		return fleet.OutOfSync
	}
	return fleet.SyncUnknown
}

func healthStatus(code health.HealthStatusCode) fleet.Health {
	switch code {
	case health.HealthStatusHealthy:
		return fleet.Healthy
	case health.HealthStatusProgressing:
		return fleet.Progressing
	case health.HealthStatusSuspended:
		return fleet.Suspended
	case health.HealthStatusDegraded:
		return fleet.Degraded
	case health.HealthStatusMissing:
		return fleet.Missing
	}
	return fleet.HealthUnknown
}

// unknownSync says why Argo CD cannot compare: it has a condition for it, as a rule.
func unknownSync(s *status) string {
	for i := range s.Conditions {
		if c := &s.Conditions[i]; c.IsError() {
			return fmt.Sprintf("Argo CD cannot compare: %s: %s", c.Type, oneLine(c.Message))
		}
	}
	if s.ReconciledAt.IsZero() {
		return "Argo CD has not compared it yet"
	}
	return "Argo CD says no sync status"
}

// oneLine makes the beginning of a message fit a sentence.
func oneLine(text string) string {
	const most = 160
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}

// chooseSource gives the index of the source that a ShopSet is deployed from; -1
// where an Application has a single one.
func chooseSource(d desired) int {
	if len(d.Sources) == 0 {
		return -1
	}
	folder := func(s source) bool { return s.Chart == "" && s.Path != "" }
	return max(0, slices.IndexFunc(d.Sources, folder))
}

// revision gives the source's one of a list of revisions, or the single revision.
func revision(source int, single string, several []string) string {
	switch {
	case source >= 0 && source < len(several):
		return several[source]
	case source <= 0:
		return single
	}
	return ""
}

// deployments lists what runs and ran. Where the Application is Synced that is
// what was compared, since a commit that changes nothing moves it without a new
// entry in the history; else it is what the history has, which holds successful
// syncs only.
func deployments(s *status, source int, sync fleet.SyncStatus) []Deployment {
	var all []Deployment
	for i := len(s.History) - 1; i >= 0; i-- {
		h := &s.History[i]
		if r := revision(source, h.Revision, h.Revisions); r != "" {
			all = append(all, Deployment{r, h.DeployedAt.UTC()})
		}
	}
	compared := revision(source, s.Sync.Revision, s.Sync.Revisions)
	if sync == fleet.Synced && compared != "" && (len(all) == 0 || all[0].Revision != compared) {
		all = slices.Insert(all, 0, Deployment{Revision: compared})
	}
	return all
}

// betweenRevisions says why it cannot be told what runs: a sync to another revision is
// going on, or was given up. "" where that is not so.
func betweenRevisions(s *status, source int, deployed []Deployment) string {
	o := s.OperationState
	if o == nil || o.SyncResult == nil || o.Phase == common.OperationSucceeded || o.Phase == "" {
		return ""
	}
	to := revision(source, o.SyncResult.Revision, o.SyncResult.Revisions)
	if to == "" || len(deployed) > 0 && (deployed[0].Revision == to || deployed[0].At.After(o.StartedAt)) {
		return ""
	}
	return fmt.Sprintf("a sync to %s is %s, so parts of it may run", to, strings.ToLower(string(o.Phase)))
}

func images(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	sorted := slices.Clone(list)
	slices.Sort(sorted)
	return slices.Clip(slices.Compact(sorted))
}
