package kube

import (
	"hash/fnv"
	"io"
	"slices"

	"github.com/shopslo/shopslo/fleet"
)

// maxDiffering is of how many resources of an Application it is remembered that they differ.
const maxDiffering = 500

// differing are the resources that are out of sync, as hashes, sorted. nil: there are none,
// or too many.
func differing(s *status, is fleet.SyncStatus) []uint32 {
	if is != fleet.OutOfSync {
		return nil
	}
	var all []uint32
	for i := range s.Resources {
		r := &s.Resources[i]
		if r.Status != syncOutOfSync {
			continue
		}
		if len(all) == maxDiffering {
			return nil
		}
		hash := fnv.New32a()
		io.WriteString(hash, r.Kind+"/"+r.Name)
		all = append(all, hash.Sum32())
	}
	slices.Sort(all)
	return slices.Clip(slices.Compact(all))
}

// changesBeside reports whether something was changed while a revision is pending: a resource
// differs that did not when the revision was first seen to be pending. A change of a resource
// that the revision changes as well shows nowhere. Until the operation that goes on is over,
// and was compared after, all may differ.
func (e *entry) changesBeside(old *entry) bool {
	e.waiting = e.app.facts.differ
	is, was := &e.app, &old.app
	switch {
	case is.awaited == "" || was.awaited == "" || is.facts.target != was.facts.target:
		return false
	case !is.facts.last.started.Equal(was.facts.last.started) || is.facts.last.phase != was.facts.last.phase:
		return false
	case !is.facts.last.ended() || !was.ObservedAt.After(was.wanted.ended):
		return false
	case len(old.waiting) == 0 || len(e.waiting) == 0:
		return false
	}
	e.waiting = old.waiting
	return slices.ContainsFunc(is.facts.differ, func(one uint32) bool {
		_, before := slices.BinarySearch(old.waiting, one)
		return !before
	})
}
