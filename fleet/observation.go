package fleet

import (
	"slices"
	"time"
)

// Release is what moves up the Tiers: a commit of the app repository, as its full
// hexadecimal id. "" means that it is not known.
type Release string

// SyncStatus says whether what runs is what git asks for, in Argo CD's words.
type SyncStatus string

// The sync states.
const (
	Synced      SyncStatus = "Synced"
	OutOfSync   SyncStatus = "OutOfSync" // what runs differs from what git asks for: it drifts, or a Release is pending
	SyncUnknown SyncStatus = "Unknown"
)

// SyncStatuses lists all sync states.
var SyncStatuses = []SyncStatus{Synced, OutOfSync, SyncUnknown}

// Health says how what runs is doing, in Argo CD's words.
type Health string

// The health states.
const (
	Healthy       Health = "Healthy"
	Progressing   Health = "Progressing" // not healthy yet, may become so
	Suspended     Health = "Suspended"   // paused by somebody
	Degraded      Health = "Degraded"
	Missing       Health = "Missing" // not there at all
	HealthUnknown Health = "Unknown"
)

// Healths lists all health states.
var Healths = []Health{Healthy, Progressing, Suspended, Degraded, Missing, HealthUnknown}

// Serves reports whether something in this state is expected to answer customers:
// a rollout goes on beside what ran before, and a paused one leaves it alone.
// Unknown does not count.
func (h Health) Serves() bool { return h == Healthy || h == Progressing || h == Suspended }

// WorstSync sums up the parts of one whole: a part known to be out of sync
// decides, then one that is not known. No part at all is Unknown.
func WorstSync(parts ...SyncStatus) SyncStatus {
	switch {
	case slices.Contains(parts, OutOfSync):
		return OutOfSync
	case len(parts) == 0 || slices.ContainsFunc(parts, func(s SyncStatus) bool { return s != Synced }):
		return SyncUnknown
	}
	return Synced
}

// healthRanks are the health states from the worst to the best, as they sum up:
// what is known to be bad decides, and what is not known is never good.
var healthRanks = []Health{Missing, Degraded, HealthUnknown, Progressing, Suspended, Healthy}

// WorstHealth sums up the parts of one whole. No part at all is Unknown, and so is
// a word that is none of Healths.
func WorstHealth(parts ...Health) Health {
	worst := len(healthRanks)
	for _, h := range parts {
		rank := slices.Index(healthRanks, h)
		if rank < 0 {
			rank = slices.Index(healthRanks, HealthUnknown)
		}
		worst = min(worst, rank)
	}
	if worst == len(healthRanks) {
		return HealthUnknown
	}
	return healthRanks[worst]
}

// Observation is what was seen of one ShopSet. Its zero value, but for the name,
// is a ShopSet that nothing is known of.
type Observation struct {
	ShopSet ShopSetName
	// Source names where it was seen, such as a kubeconfig context; "" where
	// nothing was.
	Source string
	Sync   SyncStatus // "" is Unknown
	Health Health     // "" is Unknown
	// Release is what runs. "" where it is not known, also where parts of the
	// ShopSet run different ones.
	Release Release
	// Revision is the deployed commit of the repository that Argo CD reads, behind
	// which the Release is; "" like Release.
	Revision string
	// ReleaseSince is when the Release came to the ShopSet, at the latest; zero: not
	// known. It did not come before ReleaseNotBefore; zero: nobody knows, it may have
	// come long before. Argo CD keeps ten syncs, and one that heals a drift is a sync.
	ReleaseSince, ReleaseNotBefore time.Time
	// ChangedSince is since when what the ShopSet's own folders of the system repository have
	// is deployed, with the parameters and other sources that it has beside them, at the
	// latest, whichever Release runs; ChangedNotBefore is like ReleaseNotBefore. Zero: not
	// known. Tree is the same while all that is; "": not known.
	ChangedSince, ChangedNotBefore time.Time
	Tree                           string
	// Unverified says in a clause why what runs is not verified although it may be
	// Synced and Healthy: the operation that brought it has not succeeded. "": it has,
	// or nothing is known of what runs.
	Unverified string
	// Unserved says in a clause why it is not taken to answer customers although its Health
	// may be good: nothing was ever deployed, or it is Progressing for too long. "": it is.
	Unserved string
	// Missing is how many resources are not there that git asks for; nil: not known.
	Missing *int
	// Absent are the components that no Application is of, though others have one each.
	Absent []ComponentName
	// Pending is the revision that waits to be deployed, where that alone is why the ShopSet
	// is OutOfSync: git has moved on since the last deployment, and nothing was changed by
	// hand. It has been waiting since PendingSince. "": none, or the ShopSet drifts.
	Pending      string
	PendingSince time.Time
	// Held says in a clause what keeps Argo CD from making an OutOfSync ShopSet the same as
	// git, by Causes, sorted; "": nothing that is known.
	Held   string
	Causes []HoldCause
	// HealthSince is since when Health is what it is; zero: not known.
	HealthSince time.Time
	// CreatedAt is when the youngest of its Applications was created; zero: not known.
	CreatedAt time.Time
	// DriftedSince is since when the ShopSet has drifted: what runs differs from what was
	// deployed last. As somebody saw it begin; zero: it does not, or nobody did.
	DriftedSince time.Time
	// DriftEvents counts how often a drift began while somebody watched, also one
	// that healed itself at once; nil: nobody watches.
	DriftEvents *int64
	// ObservedAt is when Argo CD last compared; the oldest where several
	// Applications make the ShopSet. Zero: never.
	ObservedAt time.Time
	// OutOfSync is how many resources differ; nil: not known.
	OutOfSync *int
	// Images that run, sorted, each once. In a rollout old and new are among them.
	Images []string
	// Parts are the Applications that make the ShopSet, each once, by Source,
	// namespace and name; nil where nobody asked for them.
	Parts []Part
	// Reason says in a clause why something is Unknown, what is Missing, or why what git asks for
	// never comes; "" where nothing is.
	Reason string
	// Workings are what Argo CD does with it; nil: not known.
	Workings *Workings
	// Untold: an exporter of before told this, which says nothing of what is missing, pending
	// or held.
	Untold bool
}

// Part is one of the Argo CD Applications that a ShopSet consists of.
type Part struct {
	Source    string // as Observation.Source
	Namespace string
	Name      string
	Sync      SyncStatus
	Health    Health
	OutOfSync *int // resources; nil: not known
	// HealthSince is since when Health is what it is; zero: not known.
	HealthSince time.Time
	// Workings are what Argo CD does with it alone.
	Workings Workings
}

// Unknown gives the Observation of a ShopSet that nothing is known of, and why.
func Unknown(name ShopSetName, reason string) Observation {
	return Observation{ShopSet: name, Sync: SyncUnknown, Health: HealthUnknown, Reason: reason}
}

// Unseen gives the Observation of a ShopSet that nobody sees, anywhere.
func Unseen(name ShopSetName) Observation { return Unknown(name, "nothing was seen of it") }

// forget turns what was seen into Unknown. What began before and is not known to
// be over stays, as do its counts.
func (o Observation) forget(reason string) Observation {
	u := Unknown(o.ShopSet, reason)
	u.Source, u.ObservedAt = o.Source, o.ObservedAt
	u.DriftedSince, u.DriftEvents, u.Parts = o.DriftedSince, o.DriftEvents, o.Parts
	return u
}

// At judges an Observation at a time: one older than maxAge is Unknown, since a
// stopped controller leaves a status that still looks well. A maxAge of 0 takes
// any age.
func (o Observation) At(now time.Time, maxAge time.Duration) Observation {
	if o.Sync == "" {
		o.Sync = SyncUnknown
	}
	if o.Health == "" {
		o.Health = HealthUnknown
	}
	switch age := now.Sub(o.ObservedAt); {
	case o.ObservedAt.IsZero():
		if o.Reason == "" {
			o.Reason = "nobody has looked at it"
		}
		return o.forget(o.Reason)
	case maxAge > 0 && -age > maxAge:
		return o.forget("Argo CD's last comparison has a time that is still to come, " + o.ObservedAt.UTC().Format(time.RFC3339) + ", so that nobody can tell its age; clocks differ")
	case maxAge > 0 && age > maxAge:
		// The time, not the age: what does not change reads the same each time.
		return o.forget("Argo CD has not looked at it since " + o.ObservedAt.UTC().Format(time.RFC3339) + ", and " +
			maxAge.String() + " at most are trusted; is its controller down, or timeout.reconciliation 0?")
	}
	return o
}

// RememberingTree carries on since when the ShopSet's own folders have been as they are, as
// Remembering does for the Release.
func (o Observation) RememberingTree(tree string, before time.Time) Observation {
	of := Observation{Release: Release(o.Tree), ReleaseSince: o.ChangedSince, ReleaseNotBefore: o.ChangedNotBefore, ObservedAt: o.ObservedAt}
	o.ChangedSince = of.Remembering(Release(tree), before).ReleaseSince
	return o
}

// since gives since when the Release has run, where it was remembered to run before, as
// far as known since then. What came in between and is over shows as a Release that did
// not come before a later time.
func (o Observation) since(release Release, before time.Time) time.Time {
	switch {
	case o.Release == "":
		return time.Time{}
	case o.Release != release:
		return o.ReleaseSince
	case o.ReleaseSince.IsZero(), before.Before(o.ReleaseSince) && !before.IsZero() && !before.Before(o.ReleaseNotBefore):
		return before
	}
	return o.ReleaseSince
}

// Remembering carries on since when the Release has run: it was remembered to run
// before, as far as known since then.
func (o Observation) Remembering(release Release, before time.Time) Observation {
	o.ReleaseSince = o.since(release, before)
	if o.Release != "" && o.ReleaseSince.IsZero() && release != "" && o.Release != release {
		o.ReleaseSince = o.ObservedAt // it changed since somebody last looked
	}
	return o
}

// Well reports whether what runs is what git asks for, is healthy, and was brought by
// an operation that succeeded.
func (o *Observation) Well() bool {
	return o.Sync == Synced && o.Health == Healthy && o.Unverified == ""
}

// settled is Well, and what is Suspended as well: somebody paused it, such as a CronJob.
func (o *Observation) settled() bool {
	return o.Sync == Synced && (o.Health == Healthy || o.Health == Suspended) && o.Unverified == ""
}

// Serves reports whether it is expected to answer customers.
func (o *Observation) Serves() bool { return o.Health.Serves() && o.Unserved == "" }

// Drifts reports whether what runs differs from what was deployed last.
func (o *Observation) Drifts() bool { return o.Sync == OutOfSync && o.Pending == "" }

// MutableImages gives the images whose tag can come to mean something else, so
// that going back to them needs a rebuild: those with the tag latest, or with
// neither tag nor digest, which means the same.
func (o Observation) MutableImages() []string {
	var mutable []string
	for _, image := range o.Images {
		if mutableImage(image) {
			mutable = append(mutable, image)
		}
	}
	return mutable
}
