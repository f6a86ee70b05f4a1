package kube

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/shopslo/shopslo/fleet"
)

// comparedTo is what an Application asked for when it was compared last.
type comparedTo struct {
	origin
	Destination destination `json:"destination"`
}

// sync is what Argo CD says of an Application; Unknown where that is not about what the
// Application asks for now, or Argo CD contradicts itself, and why in a clause.
func (c *contents) sync(skipped bool) (is fleet.SyncStatus, why string) {
	s := &c.Status
	is = syncStatus(s.Sync.Status)
	switch what := c.changed(); {
	case is == fleet.SyncUnknown:
		return is, unknownSync(s)
	case skipped:
		return fleet.SyncUnknown, "Argo CD is told to leave it alone (" + skipReconcile + ")"
	case what != "":
		return fleet.SyncUnknown, "its " + what + " was changed after Argo CD compared it last"
	case is == fleet.Synced:
		for i := range s.Conditions {
			if c := &s.Conditions[i]; slices.Contains(uncomparable, c.Type) {
				return fleet.SyncUnknown, fmt.Sprintf("Argo CD says Synced, and %s: %s", c.Type, oneLine(c.Message))
			}
		}
	}
	return is, ""
}

// skipReconcile is the annotation by which Argo CD neither compares nor syncs an Application:
// its status stays what it was.
const skipReconcile = "argocd.argoproj.io/skip-reconcile"

// skips reports whether the annotation says so, as Argo CD reads it.
func skips(annotation string) bool {
	yes, err := strconv.ParseBool(annotation)
	return err == nil && yes
}

// uncomparable are the conditions by which an Application cannot be compared as a whole.
var uncomparable = []string{"ComparisonError", "InvalidSpecError", "UnknownError"}

// changed names what of the spec is another than when it was compared last; "": nothing, or
// nobody says what it was compared to.
func (c *contents) changed() string {
	was := &c.Status.Sync.ComparedTo
	before := was.Sources
	if len(before) == 0 && was.Source.RepoURL != "" {
		before = []source{was.Source}
	}
	now := c.Spec.asked()
	switch {
	case was.Destination.other(&c.Spec.Destination):
		return "destination"
	case len(before) == 0 || len(now) == 0:
		return ""
	case len(before) != len(now) || slices.ContainsFunc(before, func(was source) bool { return !slices.ContainsFunc(now, was.asks) }):
		return "source"
	}
	return ""
}

// asked gives the sources as they are written: of a hydrator, what it writes.
func (d *desired) asked() []source {
	switch {
	case d.SourceHydrator != nil:
		h := d.SourceHydrator
		return []source{{RepoURL: h.DrySource.RepoURL, Path: h.SyncSource.Path, Target: h.SyncSource.Branch}}
	case len(d.Sources) > 0:
		return d.Sources
	case d.Source != nil:
		return []source{*d.Source}
	}
	return nil
}

// asks reports whether another source asks for the same; what s does not say may be anything.
func (s source) asks(other source) bool {
	same := func(a, b string) bool { return a == "" || a == b }
	return same(plainURL(s.RepoURL), plainURL(other.RepoURL)) && same(s.Path, other.Path) && same(s.Chart, other.Chart) &&
		same(s.Ref, other.Ref) && same(s.Target, other.Target)
}

// other reports whether a destination is known to be another one. Argo CD may find the
// server of one that has a name.
func (d *destination) other(now *destination) bool {
	return d.Name != "" && d.Name != now.Name || d.Namespace != "" && d.Namespace != now.Namespace ||
		d.Name == "" && d.Server != "" && d.Server != now.Server
}
