package kube

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopslo/shopslo/fleet"
)

// resource is one that an Application consists of.
type resource struct {
	Kind   string `json:"kind"`
	Name   string `json:"name"`
	Status string `json:"status"`
	// Hook: it runs in an operation, and is not there otherwise.
	Hook bool `json:"hook"`
	// Prune: it is there, and should not be.
	Prune  bool `json:"requiresPruning"`
	Health struct {
		Status string `json:"status"`
	} `json:"health"`
}

func (r resource) differs() bool { return r.Status == syncOutOfSync }

// appTree is where the health of resources is that is not in the Application: Argo CD
// then has it for its own page alone.
const appTree = "appTree"

// assessed are the kinds whose health Argo CD judges by itself. One of them that is not
// there is missed; a ConfigMap is not, though the Application is OutOfSync for it.
var assessed = []string{
	"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Rollout", "Pod", "Service", "Ingress",
	"PersistentVolumeClaim", "Job", "CronJob", "HorizontalPodAutoscaler", "APIService", "Workflow",
}

// present is what of an Application is there.
type present struct {
	// missing counts the resources that are not there; nil: not known.
	missing *int
	// named are the first of these that are missed.
	named string
	// untold says in a clause why nobody can tell whether some are missing; "": it is told.
	untold string
	// nothing says in a clause why nothing of it was ever deployed; "": something was.
	nothing string
	// prunes: all that is out of sync is there, and should not be.
	prunes   bool
	created  time.Time // zero: not known
	deleting time.Time // since when the Application is being deleted; zero: it is not
	since    time.Time // of its health; zero: not known
}

// clockSlack is how far the clocks of an API server and of Argo CD may differ.
const clockSlack = time.Minute

// trusted reports whether something that is trusted for a while is trusted still. One that
// ends later than it could has begun in the future: clocks differ.
func trusted(until, now time.Time, while time.Duration) bool {
	return now.Before(until) && !until.After(now.Add(while+clockSlack))
}

// notBefore is when the Application was created: it has deployed nothing before. Zero: not
// known.
func (p *present) notBefore() time.Time {
	if p.created.IsZero() {
		return time.Time{}
	}
	return p.created.Add(-clockSlack)
}

// another reports whether two are of two Applications of one name.
func (p *present) another(other *present) bool {
	return !p.created.IsZero() && !other.created.IsZero() && !p.created.Equal(other.created)
}

func presentOf(c *contents, is fleet.SyncStatus) present {
	s := &c.Status
	p := present{since: s.Health.Since.UTC(), nothing: s.neverDeployed()}
	switch {
	case is == fleet.SyncUnknown:
		return p
	case len(s.Resources) == 0 && s.Summary != nil && len(s.Summary.Images) == 0:
		p.named = "all of it (Argo CD lists no resource)"
		return p
	}
	missing, names, untold := 0, []string(nil), 0
	p.prunes = is == fleet.OutOfSync && slices.ContainsFunc(s.Resources, resource.differs) &&
		!slices.ContainsFunc(s.Resources, func(r resource) bool { return r.differs() && !r.Prune })
	for i := range s.Resources {
		r := &s.Resources[i]
		switch {
		case r.Hook || r.Prune:
		case r.Health.Status == healthMissing:
			missing++
			if slices.Contains(assessed, r.Kind) {
				names = append(names, r.Kind+" "+r.Name)
			}
		case r.Status == syncOutOfSync && r.Health.Status == "" && slices.Contains(assessed, r.Kind) && r.Kind != "CronJob": // 2.14 judges none
			untold++
		}
	}
	p.named = fewNames(names)
	if untold > 0 && is == fleet.OutOfSync {
		p.untold = "Argo CD does not tell whether what is out of sync is there at all: its controller keeps no health of resources (controller.resource.health.persist)"
		if s.HealthSource != appTree {
			p.untold = "Argo CD tells no health of what is out of sync"
		}
		return p
	}
	p.missing = &missing
	return p
}

// fewNames lists the first of what may be many.
func fewNames(names []string) string {
	const most = 3
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}

// neverDeployed says in a clause why nothing of an Application was ever deployed: nothing
// is in its history, what is there was not found to be as it should be, and no operation
// has succeeded. Argo CD says Healthy where there is nothing that could be ill.
func (s *status) neverDeployed() string {
	o := s.OperationState
	switch {
	case len(s.History) > 0 || s.Sync.Status == syncSynced:
		return ""
	case o != nil && o.Phase == phaseSucceeded && (o.Operation.Sync == nil || !o.Operation.Sync.DryRun):
		return ""
	}
	for i := range s.Conditions {
		if c := &s.Conditions[i]; c.isError() {
			return fmt.Sprintf("nothing was ever deployed: %s: %s", c.Type, oneLine(c.Message))
		}
	}
	return "nothing was ever deployed"
}

// progressTime is how long something may be Progressing and be taken to serve all the
// same, beside what ran before: a Deployment gives up after 10 minutes, others never do.
const progressTime = 10 * time.Minute

// away says in a clause why an Application serves nobody although it may be Healthy, from
// a time on (zero: always); "": it does, as far as its health says. since is since when
// it has had its health.
func (p *present) away(health fleet.Health, drifting bool, since time.Time) (why string, from time.Time) {
	switch {
	case p.nothing != "":
		return p.nothing, time.Time{}
	case health == fleet.Progressing && !since.IsZero():
		return "it has been Progressing since " + since.Format(time.RFC3339) + ", " + progressTime.String() + " at most are trusted", since.Add(progressTime)
	case drifting && p.untold != "":
		return p.untold, time.Time{}
	}
	return "", time.Time{}
}
