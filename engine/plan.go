package engine

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/engine/source"
	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger"
	"github.com/shopslo/shopslo/status"
)

// Plan tells the ledger what to count: each SLO for the ShopSets of its Tiers, and of
// those that are judged; nil: of all.
func Plan(d *documents.Documents, all source.Sources, judged []fleet.TierName) ledger.Plan {
	subjects := map[fleet.ShopSetName]*ledger.Subject{}
	for _, set := range d.Fleet.ShopSets() {
		sub := &ledger.Subject{ID: string(set.Name), Source: d.Config.SourceOf(set)}
		sub.Match = labelsOf(set.Match)
		for _, f := range set.Formerly {
			sub.Formerly = append(sub.Formerly, ledger.Former{ID: string(f.Name), Match: labelsOf(f.Match)})
		}
		subjects[set.Name] = sub
	}
	all.Keep(d)
	p := ledger.Plan{Sources: map[string]ledger.Source{}, Reads: map[string]ledger.Reading{}, Intervals: map[string]time.Duration{}, Delays: map[string]time.Duration{}, Part: judged != nil}
	for name, asked := range planned(d) {
		p.Sources[name], p.Reads[name], p.Intervals[name] = all[asked].Source, all[asked].Reading(), d.Config.Sources[asked].ScrapeInterval()
		p.Delays[name] = d.Config.Delay(asked)
	}
	for i := range d.SLOs.SLOs {
		it := ledger.Item{SLO: &d.SLOs.SLOs[i]}
		for _, set := range d.ShopSetsOf(it.SLO) {
			if judged != nil && !slices.Contains(judged, set.Tier) {
				continue
			}
			it.Subjects = append(it.Subjects, subjects[set.Name])
		}
		p.Items = append(p.Items, it)
	}
	return p
}

func labelsOf(match map[string]string) (out slo.Labels) {
	for _, name := range slices.Sorted(maps.Keys(match)) {
		out = append(out, slo.Label{Name: name, Value: match[name]})
	}
	return out
}

// planned are the sources by all names by which a ledger knows them: those of the
// configuration, and those that SLOs give to its only one.
func planned(d *documents.Documents) map[string]string {
	out := map[string]string{}
	for name := range d.Config.Sources {
		out[name] = name
	}
	for _, s := range d.SLOs.SLOs {
		for _, part := range s.Parts {
			for _, q := range part.Indicator.Queries() {
				if q.Source != "" {
					out[q.Source] = d.Config.Asked(q, "")
				}
			}
		}
	}
	return out
}

// known are the names by which the ledger knows sources.
func (e *Engine) known(sources []string) (names []string) {
	for name, source := range planned(e.Docs) {
		if slices.Contains(sources, source) {
			names = append(names, name)
		}
	}
	return names
}

// Newest is the newest edge of what is read from a source; zero where nothing is.
func (e *Engine) Newest(source string) time.Time {
	return e.Ledger.Newest(e.known([]string{source})...)
}

// Reads reports whether anything is counted of a source.
func (e *Engine) Reads(source string) bool {
	counted := e.Ledger.Read()
	return slices.ContainsFunc(e.known([]string{source}), func(name string) bool {
		_, ok := counted[name]
		return ok
	})
}

// Outage is a source that could not be read last time.
type Outage struct {
	Source string // as the configuration names it
	Title  string // for people
	Err    error
}

// Why says why, where Title has said of whom.
func (o Outage) Why() string {
	return strings.TrimPrefix(o.Err.Error(), "data source "+o.Source+": ")
}

// Outages are the sources that could not be read last time, by name.
func (e *Engine) Outages() (out []Outage) {
	names := planned(e.Docs)
	for name, err := range e.Ledger.Read() {
		if err != nil && !errors.Is(err, ledger.ErrUnread) {
			out = append(out, Outage{names[name], e.Sources.Title(names[name]), err})
		}
	}
	slices.SortFunc(out, func(a, b Outage) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Err.Error(), b.Err.Error()))
	})
	return out
}

// Unavailable is the error of outages that may pass; nil: there are none. It wraps
// slo.ErrUnavailable.
func Unavailable(all []Outage) error {
	var errs []error
	for _, o := range all {
		if errors.Is(o.Err, slo.ErrUnavailable) {
			errs = append(errs, o.Err)
		}
	}
	return errors.Join(errs...)
}

// OutagesOf are those from which an SLO is read for a ShopSet of some Tiers.
func (e *Engine) OutagesOf(tiers ...fleet.TierName) []Outage {
	all := e.Outages()
	if len(all) == 0 || !e.Docs.Config.Several() {
		return all
	}
	asked := sourcesOf(e.Docs, status.Filter{Tiers: tiers})
	return slices.DeleteFunc(all, func(o Outage) bool { return !slices.Contains(asked, o.Source) })
}

// sourcesOf are the names of those that budgets are counted from, sorted.
func sourcesOf(d *documents.Documents, of status.Filter) []string {
	asked := map[string]bool{}
	for i := range d.SLOs.SLOs {
		s := &d.SLOs.SLOs[i]
		for _, set := range d.ShopSetsOf(s) {
			if !of.About(s.Name, set) {
				continue
			}
			for _, name := range documents.SourcesFor(d, s, set) {
				asked[name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(asked))
}
