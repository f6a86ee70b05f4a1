package shopset

import (
	"slices"

	"github.com/shopslo/shopslo/fleet"
)

// block is what one ShopSet or group contributes to a scrape.
type block struct {
	text []byte
	ends [perShopSet]uint32 // where the lines of each of its families end
}

// of gives the lines of a family, the first of its sheet being 0.
func (b *block) of(f int) []byte {
	start := uint32(0)
	if f > 0 {
		start = b.ends[f-1]
	}
	return b.text[start:b.ends[f]]
}

// blockWriter writes blocks, into memory of its own that the next one overwrites:
// most turn out to be as they were.
type blockWriter struct {
	lines lines
	block block
}

// shopSet writes the lines of a ShopSet.
func (w *blockWriter) shopSet(o *fleet.ShopSetState) *block {
	l, b := &w.lines, &w.block
	l.buf = l.buf[:0]
	common := labels("shopset", string(o.ShopSet), "tier", string(o.Tier))
	seen := o.Sync != fleet.SyncUnknown || o.Health != fleet.HealthUnknown
	for f := range perShopSet {
		switch f {
		case fInfo:
			l.one(f, common, 1, "configuration", string(o.Configuration), "failure_domain", string(o.Cluster), "cluster", o.Source)
		case fMember:
			for _, g := range o.Groups {
				l.one(f, common, 1, "group", string(g))
			}
		case fSync:
			states(l, f, common, fleet.SyncStatuses, o.Sync)
		case fHealth:
			states(l, f, common, fleet.Healths, o.Health)
		case fOutOfSync:
			l.count(f, common, o.OutOfSync)
		case fDriftedSince:
			l.time(f, common, o.DriftedSince)
		case fDriftEvents:
			if o.DriftEvents != nil {
				l.one(f, common, float64(*o.DriftEvents))
			}
		case fReleaseInfo:
			if o.Release != "" {
				l.one(f, common, 1, "release", string(o.Release), "revision", o.Revision)
			}
		case fReleaseSince:
			l.time(f, common, o.ReleaseSince)
		case fChangedSince:
			l.time(f, common, o.ChangedSince)
		case fVerified:
			if o.Unverified != "" || o.Revision != "" {
				l.truth(f, common, o.Unverified == "")
			}
		case fBehind:
			l.count(f, common, o.Behind)
		case fImages, fMutable:
			if n := len(o.Images); seen && f == fImages {
				l.one(f, common, float64(n))
			} else if seen {
				l.one(f, common, float64(len(o.MutableImages())))
			}
		case fObserved:
			l.time(f, common, o.ObservedAt)
		default:
			if f >= fAppSync {
				l.applications(f, common, o.Parts)
			} else {
				l.working(f, common, o)
			}
		}
		b.ends[f] = uint32(len(l.buf))
	}
	b.text = l.buf
	return b
}

// group writes the redundancy of a ShopGroup.
func (w *blockWriter) group(g *fleet.GroupState) *block {
	l, b := &w.lines, &w.block
	l.buf = l.buf[:0]
	own := labels("group", string(g.Group))
	for f := range perGroup {
		switch family := fGroupAvailable + f; family {
		case fGroupAvailable:
			l.count(family, own, g.Available)
		case fGroupRequired:
			l.one(family, own, float64(g.Required))
		case fGroupIntact:
			l.truth(family, own, !g.Short())
		}
		b.ends[f] = uint32(len(l.buf))
	}
	b.text = l.buf
	return b
}

// working writes what Argo CD does with a ShopSet, and whether it serves.
func (l *lines) working(f int, common string, o *fleet.ShopSetState) {
	switch f {
	case fServing:
		if o.Health != fleet.HealthUnknown {
			l.truth(f, common, o.Serves())
		}
		return
	case fMissing:
		l.count(f, common, o.Missing)
		return
	case fPendingSince:
		l.time(f, common, o.PendingSince)
		return
	case fHeld:
		if o.Sync == fleet.OutOfSync {
			for _, c := range fleet.HoldCauses {
				l.truth(f, common, slices.Contains(o.Causes, c), "cause", string(c))
			}
		}
		return
	case fHealthSince:
		l.time(f, common, o.HealthSince)
		return
	}
	if o.Workings != nil {
		l.argoCD(f, common, o, o.Workings)
	}
}

// argoCD writes what is known only where Applications were seen.
func (l *lines) argoCD(f int, common string, o *fleet.ShopSetState, w *fleet.Workings) {
	switch f {
	case fAbsent:
		if w.Expected != nil {
			l.one(f, common, float64(len(o.Absent)))
		}
	case fApps:
		l.one(f, common, float64(w.Applications))
	case fAppsExpected:
		l.count(f, common, w.Expected)
	case fAppsDeleting:
		l.one(f, common, float64(w.Deleting))
	case fPhase, fRunning, fEnded, fTook:
		l.operation(f-fPhase, f, common, w)
	case fAutoSync:
		l.truth(f, common, w.AutoSync)
	case fSelfHeal:
		l.truth(f, common, w.SelfHeal)
	case fPrune:
		l.truth(f, common, w.Prune)
	case fWindow:
		if w.Window != nil {
			l.truth(f, common, *w.Window)
		}
	case fConditions:
		for _, c := range w.Conditions {
			l.one(f, common, float64(c.Count), "type", c.Type)
		}
	case fOnBranch:
		if o.OnBranch != nil {
			l.truth(f, common, *o.OnBranch)
		}
	}
}

// operation writes one of the four figures of the last operation, fPhase being the first.
func (l *lines) operation(which, f int, own string, w *fleet.Workings) {
	switch which + fPhase {
	case fPhase:
		if w.Phase != "" {
			states(l, f, own, fleet.OperationPhases, w.Phase)
		}
	case fRunning:
		l.time(f, own, w.Running)
	case fEnded:
		l.time(f, own, w.Ended)
	case fTook:
		if !w.Ended.IsZero() {
			l.one(f, own, w.Took.Seconds())
		}
	}
}

func (l *lines) applications(f int, common string, parts []fleet.Part) {
	for i := range parts {
		p := &parts[i]
		own := common + "," + labels("cluster", p.Source, "namespace", p.Namespace, "application", p.Name)
		switch f {
		case fAppSync:
			states(l, f, own, fleet.SyncStatuses, orUnknown(p.Sync, fleet.SyncStatuses, fleet.SyncUnknown))
		case fAppHealth:
			states(l, f, own, fleet.Healths, orUnknown(p.Health, fleet.Healths, fleet.HealthUnknown))
		case fAppOutOfSync:
			l.count(f, own, p.OutOfSync)
		case fAppHealthSince:
			l.time(f, own, p.HealthSince)
		case fAppPhase, fAppRunning, fAppEnded, fAppTook:
			l.operation(f-fAppPhase, f, own, &p.Workings)
		case fAppAutoSync:
			l.truth(f, own, p.Workings.AutoSync)
		case fAppDeleting:
			l.truth(f, own, p.Workings.Deleting > 0)
		}
	}
}

func orUnknown[S comparable](s S, all []S, unknown S) S {
	if slices.Contains(all, s) {
		return s
	}
	return unknown
}
