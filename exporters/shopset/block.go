package shopset

import (
	"bytes"
	"slices"

	"github.com/shopslo/shopslo/fleet"
)

// Application is one of the Argo CD Applications that a ShopSet consists of, for
// those who ask for series of each.
type Application struct {
	Name      string
	Sync      fleet.SyncStatus
	Health    fleet.Health
	OutOfSync *int // resources; nil: not known
}

// block is what one ShopSet contributes to a scrape. It does not change.
type block struct {
	text []byte
	ends [perShopSet]uint32 // where each family's lines end
}

// of gives the lines of a family.
func (b *block) of(f int) []byte {
	if b == nil {
		return nil
	}
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

func (w *blockWriter) write(o *fleet.ShopSetState, apps []Application) *block {
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
		case fAppSync, fAppHealth, fAppOutOfSync:
			l.applications(f, common, apps)
		}
		b.ends[f] = uint32(len(l.buf))
	}
	b.text = l.buf
	return b
}

// clone gives a block that stays.
func (b *block) clone() *block {
	return &block{text: bytes.Clone(b.text), ends: b.ends}
}

func (l *lines) applications(f int, common string, apps []Application) {
	for _, a := range apps {
		own := common + "," + labels("application", a.Name)
		switch f {
		case fAppSync:
			states(l, f, own, fleet.SyncStatuses, orUnknown(a.Sync, fleet.SyncStatuses, fleet.SyncUnknown))
		case fAppHealth:
			states(l, f, own, fleet.Healths, orUnknown(a.Health, fleet.Healths, fleet.HealthUnknown))
		case fAppOutOfSync:
			l.count(f, own, a.OutOfSync)
		}
	}
}

func orUnknown[S comparable](s S, all []S, unknown S) S {
	if slices.Contains(all, s) {
		return s
	}
	return unknown
}
