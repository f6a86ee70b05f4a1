package promotion

import (
	"slices"
	"time"

	"github.com/shopslo/shopslo/fleet"
)

// doubted says in a sentence why what was seen of a ShopSet is no evidence: it is old, of
// the future, or contradicts itself or the documents; "" where it is good.
func (d *deciding) doubted(o *fleet.ShopSetState) string {
	for _, doubt := range []string{d.stale(o), d.misplaced(o), d.impossible(o)} {
		if doubt != "" {
			return doubt
		}
	}
	return ""
}

// stale asks that Argo CD has compared lately: a controller that has stopped leaves a
// status that still looks well.
func (d *deciding) stale(o *fleet.ShopSetState) string {
	switch old := d.now.Sub(o.ObservedAt); {
	case o.ObservedAt.IsZero():
		return d.say("When Argo CD last compared it is unknown.")
	case old > d.p.MaxComparisonAge:
		return d.say("Argo CD's last comparison is %s old (limit %s).", d.age(old), d.age(d.p.MaxComparisonAge))
	case old < -d.p.MaxAge:
		return d.say("Argo CD's last comparison is %s ahead of this clock; check clock synchronization.", d.age(-old))
	}
	return ""
}

// misplaced asks that a ShopSet is where its document has it.
func (d *deciding) misplaced(o *fleet.ShopSetState) string {
	is := d.declared[o.ShopSet]
	switch {
	case is == nil:
		return d.say("The evidence lacks its placement in the document.")
	case o.Tier != is.Tier:
		return differs(d.lang, "Tier", o.Tier, is.Tier)
	case o.Cluster != is.Cluster:
		return differs(d.lang, "cluster", o.Cluster, is.Cluster)
	case o.Configuration != is.Configuration:
		return differs(d.lang, "Configuration", o.Configuration, is.Configuration)
	case !alikeLists(o.Groups, is.Groups):
		return differs(d.lang, "ShopGroups", d.some(words(o.Groups), 5), d.some(words(is.Groups), 5))
	}
	return ""
}

func differs[T ~string](l lang, what string, is, declared T) string {
	return l.say("Reported with %s %s, its document has %s.", what, orElse(string(is), l.say("(none)")), orElse(string(declared), l.say("(none)")))
}

// impossible asks that figures and times can be.
func (d *deciding) impossible(o *fleet.ShopSetState) string {
	for _, n := range []*int{o.Behind, o.OutOfSync} {
		if n != nil && *n < 0 {
			return d.say("Reported with a count of %d, which is impossible.", *n)
		}
	}
	switch {
	case o.DriftEvents != nil && *o.DriftEvents < 0:
		return d.say("Reported with a count of %d, which is impossible.", *o.DriftEvents)
	case o.Missing != nil && *o.Missing < 0:
		return d.say("Reported with a count of %d, which is impossible.", *o.Missing)
	case d.working(o.Workings) != "":
		return d.working(o.Workings)
	case o.Missing != nil && *o.Missing > 0 && o.Sync == fleet.Synced:
		return d.say("It is reported as Synced with %s missing.", d.count(*o.Missing, "resource"))
	case slices.Contains(o.Images, ""):
		return d.say("An image is reported without its name.")
	case d.future(o.ReleaseSince):
		return d.say("The Release is reported to have arrived in the future.")
	case d.future(o.ChangedSince):
		return d.say("Its manifests are reported to have changed in the future.")
	case d.future(o.DriftedSince):
		return d.say("It is reported to differ from git since a time in the future.")
	case d.future(o.PendingSince), d.future(o.HealthSince):
		return d.say("It is reported as pending, or with its health, since a time in the future.")
	case o.Sync == fleet.Synced && (o.Pending != "" || o.Held != "" || !o.PendingSince.IsZero() || len(o.Causes) > 0):
		return d.say("It is reported as Synced, and as pending or held.")
	case len(o.Absent) > 0 && o.Health.Serves():
		return d.say("It is reported as %s without %s.", o.Health, d.some(words(o.Absent), 3))
	case o.Sync == fleet.Synced && !o.DriftedSince.IsZero():
		return d.say("It is reported both as Synced and as different from git.")
	case o.Sync == fleet.Synced && o.OutOfSync != nil && *o.OutOfSync > 0:
		return d.say("It is reported as Synced with %s out of sync.", d.count(*o.OutOfSync, "resource"))
	}
	return ""
}

// working says in a sentence why what Argo CD is said to do cannot be; "" where it can.
func (d *deciding) working(w *fleet.Workings) string {
	if w == nil {
		return ""
	}
	for _, n := range []int{w.Applications, w.Deleting, or(w.Expected)} {
		if n < 0 {
			return d.say("Reported with a count of %d, which is impossible.", n)
		}
	}
	if d.future(w.Running) || d.future(w.Ended) {
		return d.say("Argo CD's operation is reported with a time in the future.")
	}
	return ""
}

// future reports whether a time is later than clocks may differ.
func (d *deciding) future(t time.Time) bool { return t.Sub(d.now) > d.p.MaxAge }

// alikeLists reports whether two lists hold the same, each once, in any order.
func alikeLists[T ~string](a, b []T) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(a, b)
}
