package kube

import (
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/util/json"

	"github.com/shopslo/shopslo/fleet"
)

// syncPolicy says what Argo CD does by itself.
type syncPolicy struct {
	// Automated: it syncs; nil: somebody has to ask for it.
	Automated *struct {
		Prune    bool `json:"prune"`
		SelfHeal bool `json:"selfHeal"`
		Off      off  `json:"enabled"` // Argo CD 2 does not know it
	} `json:"automated"`
}

// destination is where an Application deploys to.
type destination struct {
	Server    string `json:"server"`
	Name      string `json:"name"`
	Namespace string `json:"namespace"`
}

// off is a switch that is on unless somebody says otherwise.
type off bool

// UnmarshalJSON reads true, false or null.
func (o *off) UnmarshalJSON(data []byte) error {
	var on *bool
	err := json.Unmarshal(data, &on)
	*o = off(on != nil && !*on)
	return err
}

func conditionType(text string) string {
	if slices.Contains(fleet.ConditionTypes, text) {
		return text
	}
	return fleet.OtherCondition
}

// wanted is what an Application is to do, and has on its hands.
type wanted struct {
	to                    destination
	project, path, target string // path and targetRevision of the source that is deployed from
	auto, selfHeal, prune bool   // what Argo CD does by itself
	conditions            []string
	began, ended          time.Time // of the last operation
	phase                 string
	dry                   bool // it was a dry run: those before it count
}

func wantedOf(c *contents, repository string) wanted {
	w := wanted{project: c.Spec.Project, to: c.Spec.Destination}
	w.path, w.target = c.Spec.deployedFrom(repository)
	if a := c.Spec.SyncPolicy.Automated; a != nil && !bool(a.Off) {
		w.auto, w.selfHeal, w.prune = true, a.SelfHeal, a.Prune
	}
	for _, one := range c.Status.Conditions {
		if t := conditionType(one.Type); !slices.Contains(w.conditions, t) {
			w.conditions = append(w.conditions, t)
		}
	}
	switch o := c.Status.OperationState; {
	case o == nil:
	case o.Operation.Sync != nil && o.Operation.Sync.DryRun:
		w.dry = true
	default:
		w.began, w.ended, w.phase = o.StartedAt.UTC(), o.EndedAt.UTC(), o.Phase
	}
	return w
}
