// Package starter writes a first configuration, fleet and SLOs for those who have none: it
// asks a source what is there, and says why it chose what it writes.
//
// What it writes is a beginning that counts right, not what a team would decide: the
// objective is what was reached lately, and each choice names what else would do.
package starter

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/shopslo/shopslo/engine/usage"
	"github.com/shopslo/shopslo/slo"
)

// Source is asked what is there.
type Source interface {
	// Names lists the values of a label of the series that a selector picks; all, where it
	// is empty. From and to are Unix milliseconds.
	Names(ctx context.Context, label string, of slo.Selector, from, to int64) ([]string, error)
	// Eval evaluates an expression at from+step, … to, and calls f once with the series that
	// have a value.
	Eval(ctx context.Context, expr string, from, to int64, step time.Duration, f func([]slo.Series) error) error
}

// Options say what is wanted; zero values are chosen from what is there.
type Options struct {
	Single  bool   // one ShopSet in one Tier
	Service string // whose requests: a value of the label job
	Label   string // that tells ShopSets apart
	Tier    string // that tells Tiers apart
	Now     time.Time
	Asking  func(what string) // is told what the source is asked next; may be nil
}

// Found is what a source has, and what was chosen of it.
type Found struct {
	Single    bool     `json:"single"`     // that was asked for
	Metrics   int      `json:"metrics"`    // how many names of metrics there are
	Metric    string   `json:"metric"`     // the counter of requests
	Others    []string `json:"others"`     // counters that would do as well
	CodeLabel string   `json:"code_label"` // that tells bad requests; "" where there is none
	Bad       string   `json:"bad"`        // the regular expression of the values that are bad
	Service   string   `json:"service"`    // the value of job that queries are of; "": of all
	Services  []string `json:"services"`   // all values of job
	Label     string   `json:"label"`      // that tells ShopSets apart; "": there is one
	Labels    []string `json:"labels"`     // others that would do
	TierLabel string   `json:"tier_label"` // that tells Tiers apart; "": there is one
	Cells     []Cell   `json:"shopsets"`
	Tiers     []string `json:"tiers"`           // lowest first
	Interval  string   `json:"scrape_interval"` // "": not known
	SLOs      []Chosen `json:"slos"`
}

// Cell is a ShopSet.
type Cell struct {
	Name  string            `json:"name"`
	Tier  string            `json:"tier"`
	Match map[string]string `json:"match"`
}

// Chosen is an SLO and why it is as it is.
type Chosen struct {
	Name      string   `json:"name"`
	Good      string   `json:"good,omitempty"` // queries; one of Good and Bad
	Bad       string   `json:"bad,omitempty"`
	Total     string   `json:"total"`
	Objective float64  `json:"objective"`
	Lately    *float64 `json:"lately"` // the share of the last day that was good; nil: there was nothing
	Bound     string   `json:"bound,omitempty"`
	Unit      string   `json:"unit,omitempty"` // of the bound
}

// survey asks one source.
type survey struct {
	Options
	src   Source
	names []string // of all metrics
	found Found
}

// Look asks a source what is there, and chooses. The error that is one of usage says what
// to name, where nothing can be chosen.
func Look(ctx context.Context, src Source, o Options) (Found, error) {
	s := &survey{Options: o, src: src, found: Found{Single: o.Single}}
	for _, step := range []func(context.Context) error{s.metrics, s.requests, s.service, s.cells, s.tiers, s.interval, s.slos} {
		if err := step(ctx); err != nil {
			return s.found, err
		}
	}
	return s.found, nil
}

func (s *survey) asking(format string, args ...any) {
	if s.Asking != nil {
		s.Asking(fmt.Sprintf(format, args...))
	}
}

// recent is how far back what is there is looked for.
const recent = 15 * time.Minute

func (s *survey) values(ctx context.Context, label string, of slo.Selector) ([]string, error) {
	return s.src.Names(ctx, label, of, s.Now.Add(-recent).UnixMilli(), s.Now.UnixMilli())
}

// sample is a series of an answer, with its newest value.
type sample struct {
	labels map[string]string
	value  float64
}

// mostSeries bounds an answer that is kept.
const mostSeries = 10_000

// eval gives the value of an expression now.
func (s *survey) eval(ctx context.Context, expr string) (out []sample, err error) {
	now := s.Now.Truncate(time.Second)
	err = s.src.Eval(ctx, expr, now.Add(-time.Second).UnixMilli(), now.UnixMilli(), time.Second, func(all []slo.Series) error {
		if len(all) > mostSeries {
			return fmt.Errorf("%s has %d series; name what you want with --service or --label", expr, len(all))
		}
		for _, one := range all {
			m := sample{labels: map[string]string{}}
			for _, l := range one.Labels {
				m.labels[l.Name] = l.Value
			}
			value, ok, err := newest(one.Samples)
			if err != nil {
				return err
			}
			if m.value = value; ok {
				out = append(out, m)
			}
		}
		return nil
	})
	return out, err
}

// newest is the last value of a series; ok is false where it has none.
func newest(samples slo.Samples) (v float64, ok bool, err error) {
	var t [16]int64
	var values [16]float64
	for {
		n, err := samples.Read(t[:], values[:])
		if err != nil || n == 0 {
			return v, ok, err
		}
		v, ok = values[n-1], true
	}
}

// metrics lists the names of all metrics.
func (s *survey) metrics(ctx context.Context) (err error) {
	s.asking("which metrics there are")
	s.names, err = s.values(ctx, "__name__", nil)
	s.found.Metrics = len(s.names)
	if err == nil && len(s.names) == 0 {
		err = errors.New("the source has no metric of the last 15 minutes; let it scrape something first")
	}
	if err != nil || s.Service == "" {
		return err
	}
	jobs, err := s.values(ctx, "job", nil)
	if err == nil && !slices.Contains(jobs, s.Service) {
		err = usage.Errorf("--service: there is no job %q%s", s.Service, usage.DidYouMean(s.Service, jobs))
	}
	return err
}

// requests chooses the counter of requests.
func (s *survey) requests(ctx context.Context) error {
	var fallback string
	for _, name := range ranked(s.names) {
		s.asking("what labels %s has", name)
		some, err := s.eval(ctx, fmt.Sprintf("topk(50, %s%s)", name, s.ofService()))
		if err != nil {
			return err
		}
		if len(some) == 0 {
			continue
		}
		label, err := s.codeLabel(ctx, name, some)
		switch {
		case err != nil:
			return err
		case label == "" && fallback == "" && slices.Contains(s.names, bucketOf(name)):
			fallback = name
		case label != "" && s.found.Metric == "":
			s.found.Metric, s.found.CodeLabel = name, label
		case label != "":
			s.found.Others = append(s.found.Others, name)
		}
	}
	s.found.Metric = cmp.Or(s.found.Metric, fallback)
	if s.found.Metric == "" {
		return usage.Errorf("none of the source's %d metrics is a counter of requests by code, or a histogram of how long they took, as far as its name tells; write the SLO by hand: docs/queries.md says how", len(s.names))
	}
	return nil
}

// ofService is the matcher of the service that was asked for.
func (s *survey) ofService() string {
	if s.Service == "" {
		return ""
	}
	return fmt.Sprintf("{job=%q}", s.Service)
}

// service chooses whose requests are counted, where several jobs have the metric.
func (s *survey) service(ctx context.Context) error {
	s.asking("who has %s", s.found.Metric)
	jobs, err := s.eval(ctx, fmt.Sprintf("topk(100, sum by (job) (increase(%s[1h])))", s.found.Metric))
	if err == nil && len(jobs) == 0 { // it has just begun
		jobs, err = s.eval(ctx, fmt.Sprintf("topk(100, sum by (job) (%s))", s.found.Metric))
	}
	if err != nil {
		return err
	}
	slices.SortStableFunc(jobs, func(a, b sample) int { return cmp.Compare(b.value, a.value) })
	for _, j := range jobs {
		if name := j.labels["job"]; name != "" {
			s.found.Services = append(s.found.Services, name)
		}
	}
	if s.found.Service = s.Service; s.Service == "" && len(s.found.Services) > 0 {
		s.found.Service = s.found.Services[0]
	}
	return nil
}

// selector picks the metric of the service.
func (s *survey) selector(name string) slo.Selector {
	sel := slo.Selector{{Name: "__name__", Value: name}}
	if s.found.Service != "" {
		sel = append(sel, slo.Matcher{Name: "job", Value: s.found.Service})
	}
	return sel
}
