package fleet

import (
	"cmp"
	"time"
)

// Snapshot is a fleet as it was observed at a time, with what the rules say about
// it. It is plain data that can be written down and read back (json.go); what it
// points to is shared and must not be changed.
type Snapshot struct {
	At       time.Time
	ShopSets []ShopSetState // all of the fleet, lowest Tier first, by name within it
	Tiers    []TierState    // the lowest first
	Groups   []GroupState   // by name
	// Violations of the order of Tiers, the lowest Tier first.
	Violations []Violation
	// Git is how old the branches are that all of this was told from; nil: nobody says,
	// as an exporter of before does not.
	Git *Git
	// Documents say whether the fleet is the one that its documents say; nil: nobody does.
	Documents *DocumentsState
}

// DocumentsState is how the reading of the fleet's documents does.
type DocumentsState struct {
	// Valid: the documents as they are now are the fleet. Else it is the last one that was.
	Valid bool
	// LoadedAt is when they last were read and valid; zero: never since the fleet is known.
	LoadedAt time.Time
	// Findings are what is wrong with them, and what is not as it should be.
	Findings []Finding
}

// Git is how the reading of the git repositories does.
type Git struct {
	// FetchedAt is when the branches last were what the repositories have; zero: never,
	// or none is read.
	FetchedAt time.Time
	Up        bool // the last fetch went well
}

// ShopSetState is a ShopSet with what was seen of it.
type ShopSetState struct {
	Observation
	Tier          TierName
	Configuration ConfigurationName
	// Cluster is the FailureDomain that the ShopSet runs in.
	Cluster FailureDomainName
	Groups  []ShopGroupName // by name
	// onBranch reports whether it is deployed from its Tier's branch; nil: not known.
	OnBranch *bool
	// Behind is how many Releases of the Tier next below the ShopSet lacks; nil:
	// not known, also in the lowest Tier, below which there is none.
	Behind *int
}

// TierState is a Tier with what runs in it.
type TierState struct {
	Tier   TierName
	Order  int
	Branch string
	// Release is what the branch points to, since ReleaseAt; not known: "", zero.
	Release   Release
	ReleaseAt time.Time
	// Running are the Releases that its ShopSets are known to run, sorted.
	Running []Release
	// Ran are Releases that its ShopSets run or are remembered to have run, the
	// last one first; at most maxRan.
	Ran []Release
	// Behind is how many Releases of the Tier next below its branch lacks; nil
	// like ShopSetState.Behind.
	Behind *int
	// Ahead is how many Releases its branch has that the Tier next below lacks; nil
	// like Behind. More than 0: nothing can be promoted to it without undoing them.
	Ahead *int
	// SoakingSince is since when all of its ShopSets have without a break been
	// Observation.Well at one Release; zero: they are not, or nobody remembers.
	SoakingSince time.Time
	// SettledSince is the same where Suspended counts as Healthy.
	SettledSince time.Time
	// Skewed reports whether its ShopSets are known to run different Releases,
	// which they have done SkewedSince.
	Skewed      bool
	SkewedSince time.Time
	// InOrder is false where the Tier runs a Release that no Tier below has had;
	// nil: not known. The lowest Tier is in order.
	InOrder *bool
}

// GroupState is a ShopGroup's redundancy.
type GroupState struct {
	Group    ShopGroupName
	ShopSets []ShopSetName // as the group lists them
	// Required is how many FailureDomains the group asks for. Available is in how
	// many of them a ShopSet of the group serves, one that is not known not being
	// counted; nil: of none of its ShopSets is anything known.
	Required  int
	Available *int
	// Domains are those that count as available, sorted.
	Domains []FailureDomainName
}

// Short reports whether fewer FailureDomains are available than the group asks
// for. What is not known is no redundancy.
func (g GroupState) Short() bool { return g.Available == nil || *g.Available < g.Required }

// Head is what a Tier's branch points to. The zero value is not known.
type Head struct {
	Release Release
	// At is when the branch came to this Release, as its commit says.
	At time.Time
}

// History knows the past of the app repository and of the Tier branches.
type History interface {
	// Behind counts the first-parent commits of than that release lacks: 0 where
	// it has all of them. Not ok: one of the commits is not known.
	Behind(release, than Release) (n int, ok bool)
	// Had reports whether the Tier's branch points to the Release or once did. Not
	// ok: the branch cannot be read, or not far enough back to tell.
	Had(tier TierName, release Release) (had, ok bool)
}

// Seen is everything that a Snapshot is made of.
type Seen struct {
	// Observations of ShopSets, in any order; those without one are Unknown, those
	// that are not of the fleet are left out.
	Observations []Observation
	Heads        map[TierName]Head
	History      History // nil: nothing is known of the past
	// MaxAge is the age from which on an Observation is Unknown; 0: none is.
	MaxAge time.Duration
	// Before is the Snapshot before this one, also one of an earlier process; its
	// zero value: there was none.
	Before Snapshot
}

// Observe makes the Snapshot of a fleet at a time.
func Observe(f *Fleet, now time.Time, seen Seen) Snapshot {
	return NewCurrent(f, now, seen).Snapshot()
}

// after carries on what Argo CD does not remember: since when a ShopSet has
// drifted, and has had its Release. A drift that nobody can see is not over.
func (o Observation) after(p Observation, now time.Time) Observation {
	switch {
	case o.Sync == Synced:
		o.DriftedSince = time.Time{}
	case o.DriftedSince.IsZero() && !p.DriftedSince.IsZero():
		o.DriftedSince = p.DriftedSince
	case o.Drifts() && o.DriftedSince.IsZero():
		o.DriftedSince = cmp.Or(o.ObservedAt, now)
	}
	return o.Remembering(p.Release, p.ReleaseSince)
}
