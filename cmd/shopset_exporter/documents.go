package main

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/shopslo/shopslo/exporters/shopset"
	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/fleet/kube"
	"github.com/shopslo/shopslo/fleet/manifest"
	"github.com/shopslo/shopslo/internal/document"
)

// documents read the fleet, and keep the last one that was valid.
type documents struct {
	fleet  *fleet.Fleet // what there should be; an empty one where known is false
	known  bool
	kept   bool            // fleet was told to be remembered
	loaded time.Time       // when the documents last were valid; zero: never
	wrong  []fleet.Finding // why they are not now; none: they are
}

// open reads files, or, where the fleet comes from resources, goes on from the last one
// that was valid. The error says why the files are no fleet.
func (d *documents) open(f *flags, remembered *fleet.Declarations, now time.Time) error {
	empty, err := fleet.New(fleet.Declarations{})
	if err != nil {
		return err
	}
	d.fleet = empty
	if !f.resources {
		if d.fleet, err = manifest.Load("", f.fleet...); err == nil {
			d.known, d.loaded = true, now
		}
		return err
	}
	d.wrong = []fleet.Finding{{Rule: fleet.RuleUnread, What: "no cluster's resources were read yet"}}
	if remembered == nil {
		return nil
	}
	if last, err := fleet.New(*remembered); err == nil && len(last.ShopSets()) > 0 {
		d.fleet, d.known, d.kept = last, true, true
	}
	return nil
}

// reload reads files again.
func (d *documents) reload(f *flags, now time.Time) error {
	read, err := manifest.Load("", f.fleet...)
	if err != nil {
		d.wrong = fileFindings(err)
		return err
	}
	d.fleet, d.loaded, d.wrong = read, now, nil
	return nil
}

// fileFindings are what is wrong with files, by file.
func fileFindings(err error) []fleet.Finding {
	var faults document.Faults
	if !errors.As(err, &faults) {
		return []fleet.Finding{{Rule: fleet.RuleUnreadable, What: err.Error()}}
	}
	var out []fleet.Finding
	for _, f := range faults {
		name := f.File
		if f.Line > 0 {
			name = fmt.Sprintf("%s:%d", f.File, f.Line)
		}
		out = append(out, fleet.Finding{Rule: fleet.RuleInvalid, Name: name, What: f.Message})
	}
	return out
}

// take takes the custom resources over where they are a fleet, as a whole. good: they are,
// and another one than was remembered.
func (d *documents) take(read *kube.Documents, clusters []kube.ClusterState, now time.Time) (notes []fleet.Finding, good *fleet.Declarations) {
	notes = read.Findings
	for _, why := range read.Unread {
		notes = append(notes, fleet.Finding{Rule: fleet.RuleUnread, What: why, Do: "grant the right (deploy/rbac), or see to it that the cluster answers"})
	}
	for _, c := range clusters {
		if c.Declared && c.Err == nil && c.ResourcesErr != nil {
			notes = append(notes, fleet.Finding{Rule: fleet.RuleUnread, What: fmt.Sprintf("cluster %s's resources cannot be read any more: %v", c.Name, c.ResourcesErr), Do: "what was read before counts"})
		}
	}
	made, err := fleet.New(read.Declarations)
	var problems fleet.Problems
	if errors.As(err, &problems) {
		notes = append(notes, problems.Findings()...)
	}
	if err == nil && len(made.ShopSets()) == 0 {
		notes = append(notes, fleet.Finding{Rule: fleet.RuleUnread, What: "no cluster has a ShopSet resource", Do: "apply the fleet's documents, or read files with --fleet"})
	}
	d.wrong = nil
	for _, n := range notes {
		if n.Rule != fleet.RuleDiffers {
			d.wrong = append(d.wrong, n)
		}
	}
	if len(d.wrong) > 0 && (err != nil || !d.takesPart(made, len(d.wrong) == len(read.Unread))) {
		return notes, nil
	}
	if !d.known || !reflect.DeepEqual(made.Declarations(), d.fleet.Declarations()) {
		d.fleet, d.known, d.kept = made, true, false
	}
	if len(d.wrong) == 0 {
		d.loaded = now
		if !d.kept {
			d.kept = true
			all := d.fleet.Declarations()
			good = &all
		}
	}
	return notes, good
}

// takesPart reports whether a part of a fleet counts: one that is a fleet by itself is
// better than none, and may grow until it was whole once. Where more is wrong than that
// clusters were never read, ShopSets that are gone may just be unreadable.
func (d *documents) takesPart(made *fleet.Fleet, unreadOnly bool) bool {
	if len(made.ShopSets()) == 0 || d.kept || !d.loaded.IsZero() {
		return false
	}
	return unreadOnly || !slices.ContainsFunc(d.fleet.ShopSets(), func(s fleet.ShopSet) bool {
		_, stays := made.ShopSet(s.Name)
		return !stays
	})
}

// tell says how the documents are doing; notes are what else was found.
func (d *documents) tell(notes []fleet.Finding, good *fleet.Declarations) shopset.Documents {
	if notes == nil {
		notes = d.wrong
	}
	return shopset.Documents{Valid: len(d.wrong) == 0 && d.known, Loaded: d.loaded, Findings: notes, Good: good}
}

// unknown says why there is no fleet; nil where there is one.
func (d *documents) unknown() error {
	if d.known {
		return nil
	}
	var why []string
	for _, f := range d.wrong {
		why = append(why, f.String())
	}
	return fmt.Errorf("it knows no fleet: %s", strings.Join(why, "; "))
}
