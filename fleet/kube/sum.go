package kube

import (
	"cmp"
	"slices"
	"time"

	"github.com/shopslo/shopslo/fleet"
)

// Releases tells the Release behind a deployed revision; "" where it is not known.
type Releases func(revision string) fleet.Release

// Tree tells the hash of what is in a folder at a revision; "" where it is not known.
type Tree func(revision, path string) string

// sum makes one Observation of the Applications that a ShopSet consists of: the
// worst of their states, the oldest of their comparisons, and the Release where
// all run the same. now and maxAge judge each by itself, so that one stopped
// controller among several shows.
func sum(name fleet.ShopSetName, parts []part, releases Releases, now time.Time, maxAge time.Duration) fleet.Observation {
	total := fleet.Observation{ShopSet: name}
	var syncs []fleet.SyncStatus
	var healths []fleet.Health
	outOfSync, events, images := new(int), new(int64), []string(nil)
	onset, onsetKnown := time.Time{}, true
	for i, p := range parts {
		e := p.entry
		o := e.observe(name, releases).At(now, maxAge)
		syncs, healths = append(syncs, o.Sync), append(healths, o.Health)
		if o.Unverified != "" && trusted(e.app.UnverifiedFrom, now, resyncTime) {
			o.Unverified = ""
		}
		if o.Unverified != "" && len(parts) > 1 {
			o.Unverified = "Application " + e.key + ": " + o.Unverified
		}
		if total.Unverified == "" || o.Unverified != "" && o.Unverified < total.Unverified {
			total.Unverified = o.Unverified
		}
		if total.Reason == "" || o.Reason != "" && o.Reason < total.Reason {
			total.Reason = o.Reason
		}
		if i == 0 || o.ObservedAt.Before(total.ObservedAt) {
			total.ObservedAt = o.ObservedAt
		}
		if outOfSync != nil && o.OutOfSync != nil {
			*outOfSync += *o.OutOfSync
		} else {
			outOfSync = nil
		}
		*events += e.events
		total.CreatedAt = latest(total.CreatedAt, e.app.present.created)
		images = append(images, o.Images...)
		if e.drifting {
			onsetKnown = onsetKnown && !e.driftedSince.IsZero()
			if onset.IsZero() || e.driftedSince.Before(onset) {
				onset = e.driftedSince
			}
		}
		sumRelease(&total, o, i == 0)
	}
	total.Sync, total.Health = fleet.WorstSync(syncs...), fleet.WorstHealth(healths...)
	total.OutOfSync, total.DriftEvents = outOfSync, events
	if onsetKnown {
		total.DriftedSince = onset
	}
	slices.Sort(images)
	total.Images = slices.Compact(images)
	return total
}

// single gives the Applications of a ShopSet one by one, as sum judges them; those of
// a cluster that is lost are Unknown.
func single(parts []part, lost map[string]string, now time.Time, maxAge time.Duration) []fleet.Part {
	out := make([]fleet.Part, 0, len(parts))
	for _, p := range parts {
		one := fleet.Part{Source: p.cluster, Namespace: p.namespace(), Name: p.name(), Sync: fleet.SyncUnknown, Health: fleet.HealthUnknown}
		if lost[p.cluster] == "" {
			o := fleet.Observation{Sync: p.app.Sync, Health: p.app.Health, OutOfSync: p.app.OutOfSync, ObservedAt: p.app.ObservedAt}.At(now, maxAge)
			one.Sync, one.Health, one.OutOfSync = o.Sync, o.Health, o.OutOfSync
			if o.Health == p.app.Health {
				one.HealthSince = p.healthSince
			}
			one.Workings = *workings([]part{p})
		}
		out = append(out, one)
	}
	slices.SortFunc(out, func(a, b fleet.Part) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	return out
}

// sumRelease keeps Release and Revision while all parts have the same. A Release
// has come to a ShopSet when it has come to the last of its parts.
func sumRelease(total *fleet.Observation, o fleet.Observation, first bool) {
	if first {
		total.Release, total.Revision, total.ReleaseSince, total.ReleaseNotBefore = o.Release, o.Revision, o.ReleaseSince, o.ReleaseNotBefore
		return
	}
	if total.Revision != o.Revision {
		total.Revision = ""
	}
	if total.Release != o.Release {
		total.Release = ""
	}
	switch {
	case total.Release == "" || total.ReleaseSince.IsZero() || o.ReleaseSince.IsZero():
		total.ReleaseSince, total.ReleaseNotBefore = time.Time{}, time.Time{}
		return
	case o.ReleaseSince.After(total.ReleaseSince):
		total.ReleaseSince = o.ReleaseSince
	}
	if o.ReleaseNotBefore.After(total.ReleaseNotBefore) {
		total.ReleaseNotBefore = o.ReleaseNotBefore
	}
}

// observe gives one Application as if it were the whole ShopSet.
func (e *entry) observe(name fleet.ShopSetName, releases Releases) fleet.Observation {
	o := fleet.Observation{
		ShopSet: name, Sync: e.app.Sync, Health: e.app.Health, ObservedAt: e.app.ObservedAt,
		OutOfSync: e.app.OutOfSync, Images: e.app.Images, Reason: e.app.Reason, Unverified: e.app.Unverified,
	}
	if len(e.app.Deployed) == 0 {
		return o
	}
	o.Revision = e.app.Deployed[0].Revision
	o.Release = releases(o.Revision)
	if o.Release == "" {
		return o
	}
	// Deployments of the same Release in a row are one. Where even the oldest one
	// known has this Release it may be older still; that one is the best there is.
	for _, d := range e.app.Deployed {
		if other := releases(d.Revision); other != o.Release {
			if other != "" {
				o.ReleaseNotBefore = o.ReleaseSince
			}
			break
		}
		if !d.At.IsZero() {
			o.ReleaseSince = d.At
		}
	}
	o.ReleaseNotBefore = latest(o.ReleaseNotBefore, e.app.present.notBefore())
	return o
}
