// Package documents reads the configuration and all that it names, the fleet, the SLOs and
// the calendar, checks that they fit together, and tells what follows from them: it asks
// no source.
package documents

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopslo/shopslo/engine/config"
	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/fleet/manifest"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/openslo"
	"github.com/shopslo/shopslo/status"
)

// Documents are the configuration and what it names, read and checked.
type Documents struct {
	Config *config.Config
	Fleet  *fleet.Fleet
	SLOs   *openslo.Documents
	Notes  []Note
	// inexact are findings on SLOs that could be counted exactly and are not, or whose
	// queries make no ratio; meant are notes on how SLOs are counted.
	inexact []Finding
	Meant   []Note
	// Exclusions are those of the calendar, as it was when this was read.
	Exclusions []promotion.Exclusion
	// apart: SLOs and calendar are not of one commit. calendarFiles: nil where it lies
	// beside the configuration.
	apart         bool
	calendarFiles CalendarFiles
	received      []promotion.Exclusion // those of the calendar, with since when its branch has them
	// soaks are what the Tiers' documents ask for where the rules were read; nil: those of Fleet.
	soaks map[fleet.TierName]time.Duration
	// Brought: the checkout of a Release has the releases file in git, so that the Release may
	// have written it.
	Brought bool
	// Fine is how far back every edge is wanted, where that is further than burn rates look.
	Fine time.Duration
}

// Load reads a configuration and all documents. The error is a faults wherever
// something in a file is to be changed, with every fault of all files.
func Load(file string) (*Documents, error) {
	c, err := config.Load(file)
	if err != nil {
		return nil, FaultsOf(err)
	}
	d := &Documents{Config: c}
	tiers, ofFleet := manifest.LoadFor(sourceNames(c), c.Dir, c.Fleet...)
	slos, ofSLOs := openslo.Load(c.Dir, c.SLOs)
	if err := d.take(tiers, ofFleet, slos, ofSLOs); err != nil {
		return nil, err
	}
	return d, nil
}

// take takes what was read of the fleet and the SLOs, each with what is wrong with it, and
// checks that all fits together.
func (d *Documents) take(tiers *fleet.Fleet, ofFleet error, slos *openslo.Documents, ofSLOs error) error {
	var found, fleetFaults, sloFaults Faults
	var errs []error
	collect := func(err error, to *Faults) {
		if f, ok := errors.AsType[Faults](FaultsOf(err)); ok {
			*to = f
		} else if err != nil {
			errs = append(errs, err)
		}
	}
	d.Fleet, d.SLOs = tiers, slos
	if !d.apart {
		collect(unread(d.Config, "fleet", d.Config.Fleet), &fleetFaults)
		collect(unread(d.Config, "slos", d.Config.SLOs), &sloFaults)
	}
	collect(ofFleet, &fleetFaults)
	collect(ofSLOs, &sloFaults)
	found = slices.Concat(fleetFaults, sloFaults)
	if d.SLOs != nil {
		for _, n := range d.SLOs.Notes {
			if n.Source != "" && len(d.Config.Named) > 0 { // which has it, or sources tells that it has not
				continue
			}
			d.Notes = append(d.Notes, Note{Place: n.Position.String(), Text: n.Message})
		}
		if wrong := append(sources(d), d.queries()...); len(wrong) > 0 {
			found = append(found, wrong...)
		} else {
			var misread Faults
			collect(d.Understand(nil), &misread)
			found = append(found, misread...)
		}
	}
	if len(sloFaults) == 0 && d.SLOs != nil {
		found = append(found, d.retention()...)
		found = append(found, d.slices()...)
		d.judge()
	}
	if d.Fleet != nil && !d.apart {
		found = append(found, d.gateTiers()...)
		found = append(found, branches(d)...)
	}
	if d.Fleet != nil && d.SLOs != nil && d.Config.Gate.CalendarFrom == nil && !d.apart {
		var ofCalendar Faults
		c, _, err := d.Calendar()
		collect(err, &ofCalendar)
		d.Exclusions, found = c.Exclusions, append(found, ofCalendar...)
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	if len(found) > 0 {
		return found
	}
	return nil
}

// judge gives the SLOs what the configuration says of all budgets, and notes which
// burn-rate alerts are not as configured: once for all SLOs of which that is so.
func (d *Documents) judge() {
	alerts := d.Alerts()
	var said []string // in the order in which they come
	of := map[string][]*slo.SLO{}
	for i := range d.SLOs.SLOs {
		s := &d.SLOs.SLOs[i]
		s.LeastHistory = d.Config.Budgets.LeastHistory
		_, reasons := slo.BurnAlertsFor(s, alerts)
		for _, why := range reasons {
			if of[why] == nil {
				said = append(said, why)
			}
			of[why] = append(of[why], s)
		}
	}
	for _, why := range said {
		at, _ := d.SLOs.Origin(of[why][0].Name)
		d.Notes = append(d.Notes, Note{Place: at.String(), Text: named(of[why]) + ": " + why})
	}
}

// named names SLOs in a sentence.
func named(all []*slo.SLO) string {
	var names []string
	for _, s := range all {
		names = append(names, strconv.Quote(s.Name))
	}
	if len(names) == 1 {
		return "SLO " + names[0]
	}
	return "SLOs " + strings.Join(names, ", ")
}

// queries checks that every query is in the language of its source. The same text in several
// SLOs is told once per place.
func (d *Documents) queries() Faults {
	var out Faults
	for i := range d.SLOs.SLOs {
		s := &d.SLOs.SLOs[i]
		for k := range s.Parts {
			for _, q := range s.Parts[k].Indicator.Queries() {
				at, _ := d.SLOs.QueryOrigin(q)
				for _, source := range AskedFor(d, s, &s.Parts[k]) {
					understood, err := d.classify(source, q.Text)
					if err != nil {
						f := Fault{File: at.File, Line: counted(at.Line), Text: "SLO \"" + s.Name + "\": query" + inSource(d, source) + ": " + err.Error()}
						f.shown = at.String() + ": " + f.Text
						out = append(out, f)
					}
					for _, w := range understood.Warnings {
						n := Note{Place: at.String(), Text: w}
						if !slices.Contains(d.Notes, n) {
							d.Notes = append(d.Notes, n)
						}
					}
				}
			}
		}
	}
	return once(out)
}

// retention checks that the ledger keeps enough for the longest window.
func (d *Documents) retention() Faults {
	if _, err := d.Config.Ledger.RetentionFor(d.LongestWindow()); err != nil {
		return Faults{{File: d.Config.Path, Text: err.Error(), shown: d.Config.Path + ": " + err.Error()}}
	}
	return nil
}

// slices checks that time slices are whole buckets of the ledger.
func (d *Documents) slices() Faults {
	var out Faults
	res := d.Config.Ledger.Resolution
	for i := range d.SLOs.SLOs {
		s := &d.SLOs.SLOs[i]
		if s.Method == slo.Occurrences || s.Slice%res == 0 {
			continue
		}
		at, _ := d.SLOs.Origin(s.Name)
		f := Fault{File: at.File, Line: counted(at.Line), Text: fmt.Sprintf("SLO %q: its time slices of %v are no multiple of ledger.resolution, %v: change one of the two", s.Name, s.Slice, res)}
		f.shown = at.String() + ": " + f.Text
		out = append(out, f)
	}
	return out
}

// LongestWindow is the length of the longest window of all SLOs. A calendar
// window's length depends on when it is asked for, so this takes the longest that
// its unit can have.
func (d *Documents) LongestWindow() time.Duration {
	const day = 24 * time.Hour
	units := map[slo.CalendarUnit]time.Duration{
		slo.Day: 25 * time.Hour, slo.Week: 7*day + time.Hour, slo.Month: 31*day + time.Hour,
		slo.Quarter: 92*day + time.Hour, slo.Year: 366 * day,
	}
	var longest time.Duration
	for i := range d.SLOs.SLOs {
		w := d.SLOs.SLOs[i].Window
		longest = max(longest, w.Length, time.Duration(w.Count)*units[w.Unit])
	}
	return longest
}

// ShopSetsOf are the ShopSets that an SLO applies to; each has a budget of its own.
func (d *Documents) ShopSetsOf(s *slo.SLO) []fleet.ShopSet {
	return slices.DeleteFunc(slices.Clone(d.Fleet.ShopSets()), func(set fleet.ShopSet) bool { return !status.Applies(s, set.Tier) })
}
