// Package releases takes down in the releases file when a Release came where.
package releases

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/engine/usage"
	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/promotion/releasefile"
)

// Said is what somebody says of a Release; a server takes it as JSON.
type Said struct {
	Release  string    `json:"release"`
	Tiers    []string  `json:"tiers,omitempty"`    // where it came to: all ShopSets of these,
	ShopSets []string  `json:"shopsets,omitempty"` // and these
	At       time.Time `json:"at,omitzero"`        // when all of them had it; zero: now
	By       string    `json:"by,omitempty"`       // who says so; "" : nobody does
}

// Added is what was made of it, and what a server answers.
type Added struct {
	Version int               `json:"version"` // 1
	File    string            `json:"file"`    // its name, without the folder
	Entry   releasefile.Entry `json:"entry"`
	Already bool              `json:"already"` // it was there, and is the newest
}

// Add appends what was said to the file of the configuration. What cannot be is an error of
// usage.
func Add(ctx context.Context, d *documents.Documents, s Said, now time.Time) (Added, error) {
	e, already, err := add(ctx, d, s, now)
	if err != nil {
		return Added{}, err
	}
	return Added{1, filepath.Base(d.Config.Gate.Releases.File), e, already}, nil
}

func add(ctx context.Context, d *documents.Documents, s Said, now time.Time) (e releasefile.Entry, already bool, err error) {
	r := d.Config.Gate.Releases
	if r == nil {
		return e, false, usage.Errorf("%s: gate.releases is missing; add it, such as gate: {releases: {file: releases.jsonl}}", d.Config.Path)
	}
	if s.At.IsZero() {
		s.At = now
	}
	e = releasefile.Entry{At: s.At.UTC().Truncate(time.Second), Release: s.Release, By: s.By, Recorded: now.UTC().Truncate(time.Second)}
	if err := promotion.CheckReleaseName(s.Release); err != nil {
		return e, false, usage.Errorf("--release: %v", err)
	}
	if s.At.After(now) {
		return e, false, usage.Errorf("--at: %s is in the future; give the time when all ShopSets had the release", s.At.Format(time.RFC3339))
	}
	if e.ShopSets, err = where(d, s); err != nil {
		return e, false, err
	}
	if err := e.Check(); err != nil {
		return e, false, usage.Errorf("%v", err)
	}
	already, err = releasefile.Add(ctx, r.File, e)
	if errors.Is(err, releasefile.ErrContradicts) {
		return e, false, usage.Errorf("%v", err)
	}
	if err != nil {
		return e, false, fmt.Errorf("%s: gate.releases.file: %w", d.Config.Path, err)
	}
	return e, already, nil
}

// where are the ShopSets that it came to, by name.
func where(d *documents.Documents, s Said) (sets []fleet.ShopSetName, err error) {
	for _, name := range s.Tiers {
		if _, ok := d.Fleet.Tier(fleet.TierName(name)); !ok {
			return nil, usage.Errorf("--tier: the fleet has no Tier %q%s", name, usage.DidYouMean(name, documents.TierNames(d)))
		}
		of := d.Fleet.ShopSetsOf(fleet.TierName(name))
		if len(of) == 0 {
			return nil, usage.Errorf("--tier: %s has no ShopSet, so nothing runs there", name)
		}
		for _, set := range of {
			sets = append(sets, set.Name)
		}
	}
	for _, name := range s.ShopSets {
		if _, ok := d.Fleet.ShopSet(fleet.ShopSetName(name)); !ok {
			return nil, usage.Errorf("--shopset: the fleet has no ShopSet %q%s", name, usage.DidYouMean(name, documents.ShopSetNames(d)))
		}
		sets = append(sets, fleet.ShopSetName(name))
	}
	if len(sets) == 0 {
		return nil, usage.Errorf("where did it arrive? give --tier or --shopset")
	}
	slices.Sort(sets)
	return slices.Compact(sets), nil
}
