package trial

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/shopslo/shopslo/slo"
)

// alertQuery finds the ShopSets of a target for which one of the burn-rate alerts
// that page fires, as rules in Prometheus would.
func alertQuery(target string, s *slo.SLO, alerts []slo.BurnAlert) string {
	ratio := func(d time.Duration) string {
		rate := func(code string) string {
			return fmt.Sprintf(`sum by (shopset) (rate(%s{instance=%q%s}[%s]))`, metric, target, code, d)
		}
		return fmt.Sprintf("%s / %s", rate(`,code="500"`), rate(""))
	}
	var pairs []string
	fitted, _ := slo.BurnAlertsFor(s, alerts)
	for _, a := range fitted {
		if a.Severity == slo.Page {
			limit := a.Factor * s.Objective.BudgetRatio()
			pairs = append(pairs, fmt.Sprintf("(%s > %v and %s > %v)", ratio(a.Long), limit, ratio(a.Short), limit))
		}
	}
	return strings.Join(pairs, " or ")
}

// eval evaluates a query once a minute over (from, to], and hands out its values, the
// oldest of a series first.
func (c *counted) eval(ctx context.Context, query string, from, to time.Time, f func(ls slo.Labels, at time.Time, v float64)) error {
	return c.db.Eval(ctx, query, from.UnixMilli(), to.UnixMilli(), minute, func(found []slo.Series) error {
		t, v := make([]int64, 512), make([]float64, 512)
		for _, s := range found {
			for {
				n, err := s.Samples.Read(t, v)
				if err != nil {
					return err
				}
				if n == 0 {
					break
				}
				for i := range n {
					f(s.Labels, time.UnixMilli(t[i]), v[i])
				}
			}
		}
		return nil
	})
}

// firing gives the minutes at which an alert fires for each ShopSet, the first one
// first. The rules are evaluated once a minute.
func (c *counted) firing(ctx context.Context, targets []string, until int) (map[string][]int, error) {
	out := map[string][]int{}
	for _, t := range targets {
		err := c.eval(ctx, alertQuery(t, c.slo, burnAlerts()), c.clock.zero, c.clock.time(until), func(ls slo.Labels, at time.Time, _ float64) {
			name := ls.Get("shopset")
			out[name] = append(out[name], c.clock.minute(at))
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// noAlert promotes a release for which no alert has fired for so many minutes since
// it came, and holds one at the first that fires.
func (c *counted) noAlert(r Release, firing map[string][]int, wait int) outcome {
	first := wait + 1
	for _, name := range r.ShopSets {
		for _, m := range firing[name] {
			if since := m - c.clock.minute(r.Came); since >= 0 {
				first = min(first, since)
				break
			}
		}
	}
	if first <= wait {
		return outcome{hold, max(1, first)}
	}
	return outcome{promote, wait}
}

// threshold promotes a release of which at most a share of the requests has failed in
// so many minutes since it came, for each ShopSet. No request is no failure.
func (c *counted) threshold(r Release, share float64, wait int) outcome {
	at := r.Came.Add(time.Duration(wait) * minute)
	for _, name := range r.ShopSets {
		n := c.ledger.Account(c.slo, name, at).Counts(0, r.Came, at)
		if n.Total > 0 && (n.Total-n.Good)/n.Total > share {
			return outcome{hold, wait}
		}
	}
	return outcome{promote, wait}
}
