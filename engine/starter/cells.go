package starter

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/shopslo/shopslo/engine/usage"
	"github.com/shopslo/shopslo/slo"
)

// codeLabel is the label that tells bad requests; "" where there is none.
func (s *survey) codeLabel(ctx context.Context, name string, some []sample) (string, error) {
	for _, label := range codeLabels {
		if !carried(some, label) {
			continue
		}
		values, err := s.values(ctx, label, slo.Selector{{Name: "__name__", Value: name}})
		if err != nil {
			return "", err
		}
		if bad := badOf(values); bad != "" {
			if s.found.Bad == "" {
				s.found.Bad = bad
			}
			return label, nil
		}
	}
	return "", nil
}

// carried reports whether all series have a label.
func carried(some []sample, label string) bool {
	return len(some) > 0 && !slices.ContainsFunc(some, func(m sample) bool { return m.labels[label] == "" })
}

// cells chooses what tells ShopSets apart.
func (s *survey) cells(ctx context.Context) error {
	s.asking("what tells parts of the fleet apart")
	some, err := s.eval(ctx, "topk(200, "+s.found.Metric+s.ofService()+")")
	if err != nil {
		return err
	}
	if !s.Single {
		if err := s.chooseLabel(ctx, some); err != nil {
			return err
		}
	}
	return s.chooseService(ctx)
}

// chooseLabel chooses the label of ShopSets.
func (s *survey) chooseLabel(ctx context.Context, some []sample) error {
	all := map[string][]string{} // values by label
	for _, label := range slices.Sorted(maps.Keys(some[0].labels)) {
		if label == s.Label || carried(some, label) && !noCells.MatchString(label) && !slices.Contains(tierLabels, label) {
			values, err := s.values(ctx, label, slo.Selector{{Name: "__name__", Value: s.found.Metric}})
			if err != nil {
				return err
			}
			all[label] = values
		}
	}
	if s.Label != "" {
		if len(all[s.Label]) == 0 {
			return usage.Errorf("--label: %s has no label %q%s", s.found.Metric, s.Label, usage.DidYouMean(s.Label, slices.Collect(maps.Keys(some[0].labels))))
		}
		s.found.Label = s.Label
		return nil
	}
	var fit []string
	for label, values := range all {
		known := slices.Contains(cellLabels, label)
		if n := len(values); n >= fewestCells && n <= mostCells && (known || !slices.ContainsFunc(values, func(v string) bool { return !looksLikeCell.MatchString(v) })) {
			fit = append(fit, label)
		}
	}
	slices.SortFunc(fit, func(a, b string) int { return cmp.Or(likely(a)-likely(b), strings.Compare(a, b)) })
	if len(fit) > 0 {
		s.found.Label, s.found.Labels = fit[0], fit[1:]
	}
	return nil
}

// likely is how soon a label is taken for one of ShopSets.
func likely(label string) int {
	if i := slices.Index(cellLabels, label); i >= 0 {
		return i
	}
	return len(cellLabels)
}

// chooseService decides whether queries are of one job. Where each ShopSet has a job of its
// own, or there is one only, they are of all.
func (s *survey) chooseService(ctx context.Context) error {
	if s.Service != "" || s.found.Service == "" || s.Single {
		return nil
	}
	if len(s.found.Services) == 1 {
		s.found.Service = ""
		return nil
	}
	if s.found.Label == "" {
		return nil
	}
	pairs, err := s.eval(ctx, fmt.Sprintf("count by (job, %s) (%s)", s.found.Label, s.found.Metric))
	if err != nil {
		return err
	}
	cells := map[string]int{}
	for _, p := range pairs {
		cells[p.labels["job"]]++
	}
	if slices.Max(slices.Collect(maps.Values(cells))) == 1 {
		s.found.Service = ""
	}
	return nil
}

// tiers chooses what tells Tiers apart, and makes the ShopSets.
func (s *survey) tiers(ctx context.Context) error {
	some, err := s.eval(ctx, "topk(200, "+s.selector(s.found.Metric).String()+")")
	if err != nil {
		return err
	}
	if !s.Single {
		if s.found.TierLabel, err = s.tierLabel(ctx, some); err != nil {
			return err
		}
	}
	if s.found.Label == "" && s.found.TierLabel == "" {
		return s.oneCell()
	}
	pairs, err := s.eval(ctx, fmt.Sprintf("count by (%s) (%s)", strings.Join(nonEmpty(s.found.Label, s.found.TierLabel), ", "), s.selector(s.found.Metric)))
	if err != nil {
		return err
	}
	s.makeCells(pairs)
	return nil
}

func nonEmpty(all ...string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(text string) bool { return text == "" })
}

// oneCell is the ShopSet of a fleet that has one.
func (s *survey) oneCell() error {
	job := cmp.Or(s.found.Service, slices.Concat(s.found.Services, []string{""})[0])
	if job == "" {
		return usage.Errorf("%s has no label job, and nothing else tells what is yours; name a label with --label", s.found.Metric)
	}
	s.found.Cells = []Cell{{Name: slug(job), Tier: "prod", Match: map[string]string{"job": job}}}
	s.found.Tiers, s.found.Service = []string{"prod"}, ""
	return nil
}

// tierLabel is the label of Tiers; "" where there is none.
func (s *survey) tierLabel(ctx context.Context, some []sample) (string, error) {
	if s.Tier != "" {
		if !carried(some, s.Tier) {
			return "", usage.Errorf("--tier-label: not all series of %s have a label %q", s.found.Metric, s.Tier)
		}
		return s.Tier, nil
	}
	for _, label := range tierLabels {
		if !carried(some, label) || label == s.found.Label {
			continue
		}
		values, err := s.values(ctx, label, s.selector(s.found.Metric))
		if err != nil {
			return "", err
		}
		if len(values) <= len(tierOrder) && !slices.ContainsFunc(values, func(v string) bool { return tierOrder[strings.ToLower(v)] == 0 }) {
			return label, nil
		}
	}
	return "", nil
}

// makeCells makes a ShopSet of each value, or where a value is in several Tiers, of each pair.
func (s *survey) makeCells(pairs []sample) {
	tiers := map[string]int{} // of how many Tiers a value is
	for _, p := range pairs {
		tiers[p.labels[s.found.Label]]++
	}
	taken := map[string]bool{}
	for _, p := range pairs {
		value, tier := p.labels[s.found.Label], cmp.Or(p.labels[s.found.TierLabel], "prod")
		c := Cell{Name: slug(cmp.Or(value, tier)), Tier: slug(tier), Match: map[string]string{}}
		if value != "" {
			c.Match[s.found.Label] = value
		}
		if value == "" || tiers[value] > 1 {
			c.Match[s.found.TierLabel] = p.labels[s.found.TierLabel]
			if value != "" {
				c.Name += "-" + slug(tier)
			}
		}
		for n, name := 2, c.Name; taken[c.Name]; n++ {
			c.Name = fmt.Sprintf("%s-%d", name, n)
		}
		taken[c.Name] = true
		s.found.Cells = append(s.found.Cells, c)
		if !slices.Contains(s.found.Tiers, c.Tier) {
			s.found.Tiers = append(s.found.Tiers, c.Tier)
		}
	}
	slices.SortFunc(s.found.Tiers, byTier)
	slices.SortFunc(s.found.Cells, func(a, b Cell) int { return cmp.Or(byTier(a.Tier, b.Tier), strings.Compare(a.Name, b.Name)) })
}

// intervals are those that people scrape at.
var intervals = []time.Duration{time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 20 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute}

// interval finds how often the metric is scraped. A series that has just begun says too
// little, so that the shortest of two spans counts.
func (s *survey) interval(ctx context.Context) error {
	s.asking("how often it is scraped")
	best := time.Duration(0)
	for _, span := range []time.Duration{2 * time.Minute, 20 * time.Minute} {
		n, err := s.eval(ctx, fmt.Sprintf("max(count_over_time(%s[%ds]))", s.selector(s.found.Metric), int(span.Seconds())))
		if err != nil {
			return err
		}
		if len(n) == 1 && n[0].value >= 2 {
			if one := time.Duration(float64(span) / n[0].value); best == 0 || one < best {
				best = one
			}
		}
	}
	if best == 0 {
		return nil
	}
	near := slices.MinFunc(intervals, func(a, b time.Duration) int { return cmp.Compare((a - best).Abs(), (b - best).Abs()) })
	s.found.Interval = slo.Rolling(near).String()
	return nil
}
