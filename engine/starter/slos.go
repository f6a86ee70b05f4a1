package starter

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/shopslo/shopslo/slo"
)

// objectives are those that people have, the strictest first.
var objectives = []float64{0.9995, 0.999, 0.995, 0.99, 0.98, 0.95, 0.9}

// reached is the strictest objective that a share reaches; of what is not known, 99 %.
func reached(share *float64) float64 {
	if share == nil {
		return 0.99
	}
	for _, o := range objectives {
		if *share >= o {
			return o
		}
	}
	return objectives[len(objectives)-1]
}

// slos chooses what is measured.
func (s *survey) slos(ctx context.Context) error {
	if s.found.CodeLabel != "" {
		if err := s.availability(ctx); err != nil {
			return err
		}
	}
	return s.latency(ctx)
}

func (s *survey) availability(ctx context.Context) error {
	s.asking("how many requests were good over the last day")
	m, err := slo.NewMatcher(s.found.CodeLabel, slo.Regexp, s.found.Bad)
	if err != nil {
		return err
	}
	total := s.selector(s.found.Metric)
	bad := append(slices.Clone(total), m)
	c := Chosen{Name: "availability", Bad: bad.String(), Total: total.String()}
	share, err := s.share(ctx, bad.String(), total.String())
	if err != nil {
		return err
	}
	if share != nil {
		good := 1 - *share
		c.Lately = &good
	}
	c.Objective = reached(c.Lately)
	s.found.SLOs = append(s.found.SLOs, c)
	return nil
}

// share is how much of all events of the last day some are; nil where there were none.
func (s *survey) share(ctx context.Context, some, all string) (*float64, error) {
	part, err := s.eval(ctx, "sum(increase("+some+"[1d]))")
	if err != nil {
		return nil, err
	}
	whole, err := s.eval(ctx, "sum(increase("+all+"[1d]))")
	if err != nil || len(whole) == 0 || !(whole[0].value > 0) {
		return nil, err
	}
	n := 0.0
	if len(part) > 0 {
		n = part[0].value
	}
	n /= whole[0].value
	return &n, nil
}

// mostIn is the share of requests that the bound of a latency SLO is to hold.
const mostIn = 0.99

// latency chooses the bound of a histogram below which most requests were lately.
func (s *survey) latency(ctx context.Context) error {
	name := histogramOf(s.found.Metric, s.names)
	if name == "" {
		return nil
	}
	s.asking("how long requests took over the last day")
	sel := s.selector(name)
	by, err := s.eval(ctx, fmt.Sprintf("sum by (le) (increase(%s[1d]))", sel))
	if err != nil {
		return err
	}
	bounds, all := boundsOf(by)
	if len(bounds) == 0 {
		return nil
	}
	c := Chosen{Name: "latency", Total: s.selector(strings.TrimSuffix(name, "_bucket") + "_count").String()}
	chosen := bounds[len(bounds)-1]
	if all > 0 {
		for _, b := range bounds {
			if b.count >= mostIn*all {
				chosen = b
				break
			}
		}
		share := min(chosen.count/all, 1)
		c.Lately = &share
	}
	c.Bound, c.Objective = chosen.le, reached(c.Lately)
	for _, unit := range []string{"seconds", "milliseconds"} {
		if strings.Contains(name, "_"+unit) {
			c.Unit = unit
		}
	}
	c.Good = append(sel, slo.Matcher{Name: "le", Value: chosen.le}).String()
	s.found.SLOs = append(s.found.SLOs, c)
	return nil
}

// bound is one of a histogram, and how many events were within.
type bound struct {
	le    string
	value float64
	count float64
}

// boundsOf are the finite bounds, the lowest first, and how many events there were.
func boundsOf(by []sample) (finite []bound, all float64) {
	for _, m := range by {
		v, err := strconv.ParseFloat(m.labels["le"], 64)
		switch {
		case err != nil:
		case math.IsInf(v, 1):
			all = m.value
		default:
			finite = append(finite, bound{m.labels["le"], v, m.value})
		}
	}
	slices.SortFunc(finite, func(a, b bound) int {
		if a.value < b.value {
			return -1
		}
		return 1
	})
	return finite, all
}
