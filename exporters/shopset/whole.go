package shopset

import (
	"bytes"
	"time"

	"github.com/shopslo/shopslo/fleet"
)

// tiers writes what is counted of Tiers.
func (e *Exporter) tiers() {
	s := e.current.State()
	var by [allFamilies]lines
	for i := range s.Tiers {
		t, sum, memory := &s.Tiers[i], e.current.Sums(i), e.recorder.tiers[s.Tiers[i].Tier]
		own := labels("tier", string(t.Tier))
		by[fTierInfo].one(fTierInfo, own, 1, "branch", t.Branch)
		by[fTierOrder].one(fTierOrder, own, float64(t.Order))
		by[fTierShopSets].one(fTierShopSets, own, float64(sum.ShopSets))
		for _, state := range fleet.SyncStatuses {
			by[fTierSync].one(fTierSync, own, float64(sum.Sync[state]), "state", string(state))
		}
		for _, state := range fleet.Healths {
			by[fTierHealth].one(fTierHealth, own, float64(sum.Health[state]), "state", string(state))
		}
		by[fTierOutOfSync].count(fTierOutOfSync, own, sum.OutOfSync)
		if t.Release != "" {
			by[fTierRelease].one(fTierRelease, own, 1, "release", string(t.Release))
		}
		by[fTierReleaseAt].time(fTierReleaseAt, own, t.ReleaseAt)
		by[fTierRunning].one(fTierRunning, own, float64(len(t.Running)))
		by[fTierBehind].count(fTierBehind, own, t.Behind)
		by[fTierAhead].count(fTierAhead, own, t.Ahead)
		if t.InOrder != nil {
			by[fTierInOrder].truth(fTierInOrder, own, *t.InOrder)
		}
		by[fTierSkewed].truth(fTierSkewed, own, t.Skewed)
		by[fTierSkewedSince].time(fTierSkewedSince, own, t.SkewedSince)
		by[fTierSoaking].time(fTierSoaking, own, memory.SoakingSince)
		if i > 0 {
			by[fPromotions].one(fPromotions, own, float64(memory.Promotions))
			by[fLead].histogram(fLead, own, memory.Lead, leadBounds)
		}
		by[fRollbacks].one(fRollbacks, own, float64(memory.Rollbacks))
		by[fSoak].histogram(fSoak, own, memory.Soak, soakBounds)
	}
	violations(s, &by)
	by[fSnapshot].time(fSnapshot, "", s.At)
	for f := fTierInfo; f <= fSoak; f++ {
		e.page.set(f, by[f].buf)
	}
	e.page.set(fSnapshot, by[fSnapshot].buf)
}

// violations counts them by Tier and kind, and names each.
func violations(s *fleet.Snapshot, by *[allFamilies]lines) {
	type key struct {
		tier fleet.TierName
		kind fleet.ViolationKind
	}
	found := map[key]int{}
	for _, v := range s.Violations {
		found[key{v.Tier, v.Kind}]++
		by[fTierViolation].one(fTierViolation, "", 1, "tier", string(v.Tier), "kind", string(v.Kind), "release", string(v.Release))
	}
	for _, t := range s.Tiers {
		for _, k := range fleet.ViolationKinds {
			by[fTierViolations].one(fTierViolations, "", float64(found[key{t.Tier, k}]), "tier", string(t.Tier), "kind", string(k))
		}
	}
}

// Documents is how the reading of the fleet's documents is doing.
type Documents struct {
	// Valid: as they are now, they are the fleet.
	Valid    bool
	Loaded   time.Time       // when they last were; zero: never
	Findings []fleet.Finding // why they are not, or are not quite
	// Good is to be remembered as the last fleet that was valid; nil: there is no new one.
	Good *fleet.Declarations
}

// Documents takes in how the reading of the fleet's documents is doing, at any time.
func (e *Exporter) Documents(d Documents) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if d.Good != nil {
		e.recorder.fleet = d.Good
		e.recorder.changes++
	}
	e.documents = d
	e.findings()
}

// findings writes what is not as it should be in the documents.
func (e *Exporter) findings() {
	var valid, loaded, number, each lines
	found := append(e.documents.Findings[:len(e.documents.Findings):len(e.documents.Findings)], e.fleet.Findings()...)
	valid.truth(fFleetValid, "", e.documents.Valid)
	loaded.time(fFleetLoaded, "", e.documents.Loaded)
	byKind := map[fleet.Kind]int{}
	for _, f := range found {
		byKind[f.Kind]++
		each.one(fFinding, "", 1, "rule", string(f.Rule), "kind", string(f.Kind), "name", f.Name)
	}
	for _, k := range findingKinds {
		number.one(fFindings, "", float64(byKind[k]), "kind", string(k))
	}
	e.page.set(fFleetValid, valid.buf)
	e.page.set(fFleetLoaded, loaded.buf)
	e.page.set(fFindings, number.buf)
	e.page.set(fFinding, dedupe(each.buf))
	e.state.Store(&fleet.DocumentsState{Valid: e.documents.Valid, LoadedAt: e.documents.Loaded, Findings: found})
}

// findingKinds are those that findings may be of; "" is none of them, or several.
var findingKinds = []fleet.Kind{fleet.KindTier, fleet.KindConfiguration, fleet.KindFailureDomain, fleet.KindShopSet, fleet.KindShopGroup, ""}

// dedupe leaves out lines that are there already: a document may be wrong in several ways.
func dedupe(text []byte) []byte {
	seen := map[string]bool{}
	var out []byte
	for line := range bytes.Lines(text) {
		if !seen[string(line)] {
			seen[string(line)] = true
			out = append(out, line...)
		}
	}
	return out
}

// Health is how the exporter itself is doing.
type Health struct {
	Clusters []ClusterHealth // each of another name
	Git      *GitHealth      // nil: no repository is read
	State    StateHealth
}

// ClusterHealth is how the reading of one cluster is doing.
type ClusterHealth struct {
	Name    string
	Up      bool
	Reached time.Time // when it last answered; zero: never
	// WatchErrors counts the lists and watches that failed.
	WatchErrors int64
	// Applications that there are; those that belong to no ShopSet; those of an
	// unknown shape.
	Applications, Strangers, Faulty int
	Faults                          map[fleet.Fault]int64
	Changes                         int64         // of Applications, that were taken in
	ListTook                        time.Duration // the last list; 0: there was none
	// SecretsRefused: which other clusters its Argo CD knows could not be read.
	SecretsRefused bool
	Compared       time.Time // when Argo CD last compared one of its Applications; zero: never
}

// GitHealth is how the reading of the repositories is doing.
type GitHealth struct {
	Up      bool      // the last fetch went well
	Fetched time.Time // when one last did; zero: never
	Errors  int64     // fetches, and readings of branches, that failed
	// Current is when the branches last were, for certain, what the last Refresh read:
	// at a fetch that brought nothing new since, or at the one before it. Zero: never.
	Current time.Time
}

// StateHealth is how the writing of the state file is doing.
type StateHealth struct {
	Written time.Time // zero: not yet
	Errors  int64
}

// Health takes in how the exporter itself is doing, at any time.
func (e *Exporter) Health(h Health) {
	git := fleet.Git{}
	if h.Git != nil {
		git = fleet.Git{FetchedAt: h.Git.Current, Up: h.Git.Up}
	}
	e.git.Store(&git)
	var by [allFamilies]lines
	for _, c := range h.Clusters {
		own := labels("cluster", c.Name)
		by[fClusterUp].truth(fClusterUp, own, c.Up)
		by[fClusterReached].time(fClusterReached, own, c.Reached)
		by[fClusterErrors].one(fClusterErrors, own, float64(c.WatchErrors))
		by[fClusterApps].one(fClusterApps, own, float64(c.Applications))
		by[fClusterStrangers].one(fClusterStrangers, own, float64(c.Strangers))
		by[fClusterFaulty].one(fClusterFaulty, own, float64(c.Faulty))
		for _, f := range fleet.Faults {
			by[fClusterFaults].one(fClusterFaults, own, float64(c.Faults[f]), "fault", string(f))
		}
		by[fClusterChanges].one(fClusterChanges, own, float64(c.Changes))
		if c.SecretsRefused {
			by[fClusterSecrets].one(fClusterSecrets, own, 1)
		}
		by[fClusterCompared].time(fClusterCompared, own, c.Compared)
		if c.ListTook > 0 {
			by[fClusterList].one(fClusterList, own, c.ListTook.Seconds())
		}
	}
	if g := h.Git; g != nil {
		by[fGitUp].truth(fGitUp, "", g.Up)
		by[fGitFetched].time(fGitFetched, "", g.Fetched)
		by[fGitErrors].one(fGitErrors, "", float64(g.Errors))
	}
	by[fStateWritten].time(fStateWritten, "", h.State.Written)
	by[fStateErrors].one(fStateErrors, "", float64(h.State.Errors))
	for f := fClusterUp; f <= fStateErrors; f++ {
		e.page.set(f, by[f].buf)
	}
}

func buildLines(b Build) []byte {
	var l lines
	l.one(fBuild, "", 1, "version", b.Version, "revision", b.Revision, "goversion", b.Go)
	return l.buf
}
