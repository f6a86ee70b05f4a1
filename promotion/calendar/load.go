package calendar

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/document"
	"github.com/shopslo/shopslo/internal/nearest"
	"github.com/shopslo/shopslo/promotion"
)

// Calendar holds all documents, in the order of their files.
type Calendar struct {
	Overrides  []promotion.Override
	Exclusions []promotion.Exclusion
	freezes    []freeze
}

type freeze struct {
	promotion.Freeze
	table timetable
}

// Freezes gives those that are on, and the recurring and later ones with the time
// when they will be on next.
func (c Calendar) Freezes(now time.Time) []promotion.Freeze {
	var out []promotion.Freeze
	for _, f := range c.freezes {
		if s, ok := f.table.around(now); ok {
			f.From, f.Until = s.begin, s.end
			out = append(out, f.Freeze)
		}
	}
	return out
}

// Over reports whether no freeze of a calendar is on at a time or later. It looks forty years
// ahead: leap days that are Mondays are that far apart.
func (c Calendar) Over(now time.Time) bool {
	return !slices.ContainsFunc(c.freezes, func(f freeze) bool {
		return slices.ContainsFunc(f.table(now, now.AddDate(40, 0, 0)), func(s span) bool { return s.end.IsZero() || s.end.After(now) })
	})
}

// Causes are those that an Exclusion may have.
var Causes = []string{"maintenance", "third_party", "attack", "load_test", "measurement"}

// Words are the names that documents may refer to. A nil list is not checked.
type Words struct {
	Fleet  *fleet.Fleet
	SLOs   []string
	Checks []string // that an Override may set aside
}

// Load reads the documents of the files that glob patterns match; relative patterns
// start at the folder base. No file is an empty Calendar. The error is
// document.Faults, every fault at once; nothing else is returned with it, since a
// Freeze may be among what could not be read.
func Load(base string, words Words, patterns ...string) (Calendar, error) {
	objects, faults := document.Load(base, apiVersion, kinds, patterns...)
	return read(objects, faults, words)
}

// Parse reads the documents of one file's content; name stands in the faults.
func Parse(name string, data []byte, words Words) (Calendar, error) {
	return Of([]document.File{{Name: name, Data: data}}, words)
}

// Of is Load of files that are read already.
func Of(files []document.File, words Words) (Calendar, error) {
	var objects []*document.Object
	var faults document.Faults
	for _, f := range files {
		o, wrong := document.Parse(f.Name, f.Data, apiVersion, kinds)
		objects, faults = append(objects, o...), append(faults, wrong...)
	}
	return read(objects, faults, words)
}

func read(objects []*document.Object, faults document.Faults, words Words) (Calendar, error) {
	r := &reader{words: words, faults: faults, seen: map[string]string{}}
	for _, o := range objects {
		r.object(o)
	}
	if err := r.faults.Err(); err != nil {
		return Calendar{}, err
	}
	return r.out, nil
}

// reader checks documents and gathers what is wrong with them.
type reader struct {
	words  Words
	out    Calendar
	faults document.Faults
	seen   map[string]string // kind and name → file
	o      *document.Object
}

func (r *reader) fault(path, format string, args ...any) {
	if f, ok := r.o.Fault(path, format, args...); ok {
		r.faults = append(r.faults, f)
	}
}

func (r *reader) object(o *document.Object) {
	r.o = o
	if file, twice := r.seen[o.Kind+" "+o.Name]; twice && o.Name != "" {
		r.fault("metadata.name", "is already used by another %s (%s)", o.Kind, file)
	}
	r.seen[o.Kind+" "+o.Name] = o.File
	switch d := o.Value.(type) {
	case *freezeDocument:
		r.freeze(d)
	case *overrideDocument:
		r.override(d)
	case *exclusionDocument:
		r.exclusion(d)
	}
}

func (r *reader) freeze(d *freezeDocument) {
	s := d.Spec
	r.people(s.Reason, s.By)
	f := promotion.Freeze{ID: d.Metadata.Name, Reason: s.Reason, By: s.By, Emergency: s.Emergency, Scope: r.scope(s.Affects)}
	if len(s.Affects.ShopSets) > 0 {
		r.fault("spec.affects.shopSets", "cannot be frozen alone, because whole Tiers are promoted; use tiers or shopGroups")
	}
	if s.Emergency && !s.Affects.Fleet {
		r.fault("spec.emergency", "requires affects: {fleet: true}")
	}
	if s.Emergency && (s.Recurring != nil || s.Holidays != nil) {
		r.fault("spec.emergency", "cannot recur; set from, and delete the document when it is over")
	}
	r.out.freezes = append(r.out.freezes, freeze{f, r.table(s)})
}

// table finds out when a Freeze is on: exactly one way has to be given.
func (r *reader) table(s freezeSpec) timetable {
	var ways []string
	for _, key := range []string{"recurring", "holidays"} {
		if r.o.Has("spec." + key) {
			ways = append(ways, key)
		}
	}
	if r.o.Has("spec.from") || r.o.Has("spec.until") {
		ways = append(ways, "from and until")
	}
	switch {
	case len(ways) != 1:
		found := "nothing"
		if len(ways) > 0 {
			found = strings.Join(ways, ", ")
		}
		r.fault("spec", "must have exactly one of: from and until, recurring, holidays; found %s", found)
	case s.Recurring != nil:
		return r.recurring(s.Recurring)
	case s.Holidays != nil:
		if s.Holidays.Country != "JP" {
			r.fault("spec.holidays.country", "%q must be one of: JP", s.Holidays.Country)
		}
		return holidays(s.Holidays.Eve, s.Holidays.TimeZone.or(japan))
	default:
		r.order(s.From, s.Until, s.Emergency)
		return once(s.From, s.Until)
	}
	return nil
}

func (r *reader) recurring(s *recurSpec) timetable {
	if s.For.Duration <= 0 {
		r.fault("spec.recurring.for", "must be greater than 0")
	}
	if s.TimeZone.Location == nil {
		return nil // a fault already
	}
	table, err := recurring(s.RRule, s.At, s.For.Duration, s.TimeZone.Location, s.Starting)
	if err != nil {
		r.fault("spec.recurring.rrule", "%v", err)
	}
	return table
}

func (r *reader) override(d *overrideDocument) {
	s := d.Spec
	r.people(s.Reason, s.By)
	r.order(s.From, s.Until, false)
	for path, list := range map[string][]string{"spec.checks": s.Checks, "spec.tiers": s.Tiers} {
		if len(list) == 0 {
			r.fault(path, "must not be empty")
		}
	}
	for i, check := range s.Checks {
		if promotion.Fixed(check) {
			r.fault(fmt.Sprintf("spec.checks[%d]", i), "check %s cannot be waived", check)
		}
	}
	r.out.Overrides = append(r.out.Overrides, promotion.Override{
		ID: d.Metadata.Name, Why: s.Reason, Who: s.By, Link: s.Link, Release: s.Release, From: s.From, Until: s.Until,
		Checks: refer[string](r, "spec.checks", "check", s.Checks, r.words.Checks),
		Scope:  promotion.Scope{Tiers: r.tiers("spec.tiers", s.Tiers)},
	})
}

func (r *reader) exclusion(d *exclusionDocument) {
	s := d.Spec
	r.people(s.Reason, s.By)
	r.order(s.From, s.Until, false)
	if !slices.Contains(Causes, s.Cause) {
		r.unknown("spec.cause", "cause", s.Cause, Causes)
	}
	r.out.Exclusions = append(r.out.Exclusions, promotion.Exclusion{
		ID: d.Metadata.Name, Who: s.By, Cause: s.Cause + ": " + s.Reason, Link: s.Link, From: s.From, Until: s.Until,
		SLOs:  refer[string](r, "spec.slos", "SLO", s.SLOs, r.words.SLOs),
		Scope: r.scope(s.Affects),
	})
}

// people: who and why have to be said.
func (r *reader) people(reason, by string) {
	for path, text := range map[string]string{"spec.reason": reason, "spec.by": by} {
		if strings.TrimSpace(text) == "" {
			r.fault(path, "must not be empty")
		}
	}
}

// order: an end after the begin. Only what may last for ever needs no end.
func (r *reader) order(from, until time.Time, endless bool) {
	switch {
	case until.IsZero() && !endless:
		r.fault("spec.until", "is missing")
	case !until.IsZero() && !until.After(from):
		r.fault("spec.until", "must be after from")
	}
}

// scope checks what a document affects against the fleet.
func (r *reader) scope(s scope) promotion.Scope {
	switch lists := len(s.Tiers) + len(s.ShopGroups) + len(s.ShopSets); {
	case s.Fleet && lists > 0:
		r.fault("spec.affects", "must not combine fleet: true with tiers, shopGroups or shopSets")
	case !s.Fleet && lists == 0:
		r.fault("spec.affects", "must set tiers, shopGroups, shopSets or fleet: true")
	}
	out := promotion.Scope{Tiers: r.tiers("spec.affects.tiers", s.Tiers)}
	var groups, sets []string
	if f := r.words.Fleet; f != nil {
		groups, sets = []string{}, []string{}
		for _, g := range f.ShopGroups() {
			groups = append(groups, string(g.Name))
		}
		for _, set := range f.ShopSets() {
			sets = append(sets, string(set.Name))
		}
	}
	out.Groups = refer[fleet.ShopGroupName](r, "spec.affects.shopGroups", "ShopGroup", s.ShopGroups, groups)
	out.ShopSets = refer[fleet.ShopSetName](r, "spec.affects.shopSets", "ShopSet", s.ShopSets, sets)
	return out
}

func (r *reader) tiers(path string, list []string) []fleet.TierName {
	var known []string
	if r.words.Fleet != nil {
		for _, t := range r.words.Fleet.Tiers() {
			known = append(known, string(t.Name))
		}
	}
	return refer[fleet.TierName](r, path, "Tier", list, known)
}

// refer checks that the names of a list are known; a nil list of known ones is not
// checked.
func refer[Name ~string](r *reader, path, what string, list, known []string) []Name {
	var out []Name
	for i, name := range list {
		out = append(out, Name(name))
		if known != nil && !slices.Contains(known, name) {
			r.unknown(fmt.Sprintf("%s[%d]", path, i), what, name, known)
		}
	}
	return out
}

func (r *reader) unknown(path, what, name string, known []string) {
	if near, ok := nearest.Word(name, known); ok {
		r.fault(path, "unknown %s %q (did you mean %q?)", what, name, near)
		return
	}
	r.fault(path, "unknown %s %q, must be one of: %s", what, name, strings.Join(known, ", "))
}

// or gives the zone, or the one given where it was left out.
func (z zone) or(other *time.Location) *time.Location {
	if z.Location == nil {
		return other
	}
	return z.Location
}

// japan is Japan's zone: no summer time since 1951.
var japan = time.FixedZone("Asia/Tokyo", 9*60*60)
