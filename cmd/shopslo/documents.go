package main

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/fleet/manifest"
	"github.com/shopslo/shopslo/internal/config"
	strict "github.com/shopslo/shopslo/internal/document"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/promotion/promoter/gitpush"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/openslo"
	"github.com/shopslo/shopslo/status"
)

// documents are the configuration and what it names, read and checked.
type documents struct {
	config *config.Config
	fleet  *fleet.Fleet
	slos   *openslo.Documents
	notes  []note
	// inexact are findings on SLOs that could be counted exactly and are not, meant are
	// notes on how SLOs are counted.
	inexact []finding
	meant   []note
	// exclusions are those of the calendar, as it was when this was read.
	exclusions []promotion.Exclusion
	// fine is how far back every edge is wanted, where that is further than burn rates look.
	fine time.Duration
	// witnesses are whom the gate asks; made when it first does.
	witnesses func() (*witnesses, error)
}

// note is something that is worth knowing and is no fault.
type note struct {
	Place string `json:"place"` // file, or file:line
	Text  string `json:"text"`
}

// fault is one thing that must be changed before anything can be computed.
type fault struct {
	File string `json:"file"`
	// Line and Column count from 1; nil where they are not known.
	Line   *int   `json:"line"`
	Column *int   `json:"column"`
	Text   string `json:"text"`
	shown  string // the fault on one line, as its reader writes it
}

// counted turns 0, by which the readers mean that they do not know, into nil.
func counted(n int) *int {
	if n == 0 {
		return nil
	}
	return &n
}

// faults are all faults of configuration and documents.
type faults []fault

func (f faults) Error() string {
	text := ""
	for i := range f {
		text += f[i].shown + "\n"
	}
	return text
}

// load reads the configuration and all documents. The error is a faults wherever
// something in a file is to be changed, with every fault of all files.
func (p *program) load() (*documents, error) {
	c, err := config.Load(p.configFile)
	if err != nil {
		return nil, faultsOf(err)
	}
	d := &documents{config: c, witnesses: sync.OnceValues(func() (*witnesses, error) { return newWitnesses(c, p.surroundings()) })}
	var found, fleetFaults, sloFaults faults
	var errs []error
	collect := func(err error, to *faults) {
		if f, ok := errors.AsType[faults](faultsOf(err)); ok {
			*to = f
		} else if err != nil {
			errs = append(errs, err)
		}
	}
	d.fleet, err = manifest.Load(c.Dir, c.Fleet...)
	collect(err, &fleetFaults)
	d.slos, err = openslo.Load(c.Dir, c.SLOs)
	collect(err, &sloFaults)
	found = slices.Concat(fleetFaults, sloFaults)
	if d.slos != nil {
		for _, n := range d.slos.Notes {
			d.notes = append(d.notes, note{Place: n.Position.String(), Text: n.Message})
		}
		if wrong := d.queries(); len(wrong) > 0 {
			found = append(found, wrong...)
		} else {
			var misread faults
			collect(d.understand(nil), &misread)
			found = append(found, misread...)
		}
	}
	if len(sloFaults) == 0 && d.slos != nil {
		found = append(found, d.retention()...)
		found = append(found, d.slices()...)
		d.judge()
	}
	if d.fleet != nil {
		found = append(found, d.gateTiers()...)
	}
	if d.fleet != nil && d.slos != nil {
		var ofCalendar faults
		c, _, err := d.calendar()
		collect(err, &ofCalendar)
		d.exclusions, found = c.Exclusions, append(found, ofCalendar...)
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	if len(found) > 0 {
		return nil, found
	}
	return d, nil
}

// faultsOf turns the faults of any reader into ours; other errors stay as they are.
func faultsOf(err error) error {
	found, ok := errors.AsType[strict.Faults](err)
	if !ok {
		return err
	}
	var out faults
	for _, f := range found {
		out = append(out, fault{File: f.File, Line: counted(f.Line), Column: counted(f.Column), Text: f.Message, shown: f.Error()})
	}
	return out
}

// judge gives the SLOs what the configuration says of all budgets, and notes which
// burn-rate alerts are not as configured.
func (d *documents) judge() {
	alerts := d.config.BurnRates
	for i := range d.slos.SLOs {
		s := &d.slos.SLOs[i]
		s.LeastHistory = d.config.Budgets.LeastHistory
		at, _ := d.slos.Origin(s.Name)
		_, reasons := slo.BurnAlertsFor(s, alerts)
		for _, why := range reasons {
			d.notes = append(d.notes, note{Place: at.String(), Text: fmt.Sprintf("SLO %q: %s", s.Name, why)})
		}
	}
}

// queries checks that every query is PromQL. The same text in several SLOs is told
// once per place.
func (d *documents) queries() faults {
	var out faults
	seen := map[string]bool{}
	for i := range d.slos.SLOs {
		s := &d.slos.SLOs[i]
		for _, part := range s.Parts {
			for _, q := range part.Indicator.Queries() {
				at, _ := d.slos.QueryOrigin(q)
				understood, err := d.classify(q.Text)
				if err != nil {
					f := fault{File: at.File, Line: counted(at.Line), Text: "SLO \"" + s.Name + "\": query: " + err.Error()}
					if f.shown = at.String() + ": " + f.Text; !seen[f.shown] {
						out = append(out, f)
					}
					seen[f.shown] = true
				}
				for _, w := range understood.Warnings {
					n := note{Place: at.String(), Text: w}
					if !slices.Contains(d.notes, n) {
						d.notes = append(d.notes, n)
					}
				}
			}
		}
	}
	return out
}

// retention checks that the ledger keeps enough for the longest window.
func (d *documents) retention() faults {
	if _, err := d.config.Ledger.RetentionFor(d.longestWindow()); err != nil {
		return faults{{File: d.config.Path, Text: err.Error(), shown: d.config.Path + ": " + err.Error()}}
	}
	return nil
}

// slices checks that time slices are whole buckets of the ledger.
func (d *documents) slices() faults {
	var out faults
	res := d.config.Ledger.Resolution
	for i := range d.slos.SLOs {
		s := &d.slos.SLOs[i]
		if s.Method == slo.Occurrences || s.Slice%res == 0 {
			continue
		}
		at, _ := d.slos.Origin(s.Name)
		f := fault{File: at.File, Line: counted(at.Line), Text: fmt.Sprintf("SLO %q: its time slices of %v are no multiple of ledger.resolution, %v: change one of the two", s.Name, s.Slice, res)}
		f.shown = at.String() + ": " + f.Text
		out = append(out, f)
	}
	return out
}

// longestWindow is the length of the longest window of all SLOs. A calendar
// window's length depends on when it is asked for, so this takes the longest that
// its unit can have.
func (d *documents) longestWindow() time.Duration {
	const day = 24 * time.Hour
	units := map[slo.CalendarUnit]time.Duration{
		slo.Day: 25 * time.Hour, slo.Week: 7*day + time.Hour, slo.Month: 31*day + time.Hour,
		slo.Quarter: 92*day + time.Hour, slo.Year: 366 * day,
	}
	var longest time.Duration
	for i := range d.slos.SLOs {
		w := d.slos.SLOs[i].Window
		longest = max(longest, w.Length, time.Duration(w.Count)*units[w.Unit])
	}
	return longest
}

// finding is something that loads but is not as it should be.
type finding struct {
	Rule string `json:"rule"`
	Text string `json:"text"`
	*lacking
}

// findings are what `validate` answers "no" for.
func (d *documents) findings() []finding {
	out := []finding{}
	for _, f := range d.fleet.Findings() {
		out = append(out, finding{Rule: string(f.Rule), Text: f.String()})
	}
	for _, u := range status.UnknownTiers(d.fleet, d.slos.SLOs) {
		out = append(out, finding{Rule: "unknown-tier", Text: u.String()})
	}
	for i := range d.slos.SLOs {
		s := &d.slos.SLOs[i]
		if len(d.shopSetsOf(s)) == 0 {
			out = append(out, finding{Rule: "no-shopset", Text: "slo \"" + s.Name + "\" applies to no ShopSet, so nothing is judged by it; correct its tiers, or remove it"})
		}
	}
	out = append(out, d.inexact...)
	if c := d.config.Promotion; c != nil {
		if err := gitpush.CheckHook(c.Hooks); err != nil {
			out = append(out, finding{Rule: "promotion-hook", Text: "promotion.hooks: " + err.Error()})
		}
	}
	return out
}

// shopSetsOf are the ShopSets that an SLO applies to; each has a budget of its own.
func (d *documents) shopSetsOf(s *slo.SLO) []fleet.ShopSet {
	return slices.DeleteFunc(slices.Clone(d.fleet.ShopSets()), func(set fleet.ShopSet) bool { return !status.Applies(s, set.Tier) })
}
