package promotion

import (
	"time"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

// LoadPolicy asks that a Release has carried as much as the busiest time of the day
// before it came: what breaks at the peak only is as good as new before it.
type LoadPolicy struct {
	// Share 0–1 of the busiest time's events that it has to have carried; 0: none.
	Share float64 `json:"share,omitempty"`
	// Window is how long a busy time is; 0 means an hour.
	Window time.Duration `json:"window,omitempty"`
	// Day is how far back the busiest is looked for; 0 means 24 hours.
	Day time.Duration `json:"day,omitempty"`
}

func (p LoadPolicy) withDefaults() LoadPolicy {
	set(&p.Window, time.Hour)
	set(&p.Day, 24*time.Hour)
	return p
}

// Load is the most events that there were in one window of time.
type Load struct {
	Before *float64 `json:"before"` // in the day before the Release came; nil: no data
	Since  *float64 `json:"since"`  // nil: no window of that length has passed, or no data
}

// load looks at the first part of an SLO.
func load(a slo.Account, came time.Time, p LoadPolicy) *Load {
	return &Load{Before: busiest(a, came.Add(-p.Day), came, p.Window), Since: busiest(a, came, a.End, p.Window)}
}

// busiest is the most events in a window within a time, looked at twice a window;
// nil where there is no data of a whole one.
func busiest(a slo.Account, from, to time.Time, window time.Duration) *float64 {
	most, found := 0.0, false
	from = later(from, a.Start) // whatever is claimed, nothing is known before
	for end := to; !end.Add(-window).Before(from); end = end.Add(-window / 2) {
		c := a.Counts(0, end.Add(-window), end)
		if off := c.End.Sub(c.Start) - window; c.Covered > 0 && off.Abs() <= window/10 {
			most, found = max(most, c.Total), true
		}
	}
	if !found {
		return nil
	}
	return &most
}

// checkLoad asks of each SLO for each ShopSet below whether the Release has carried
// the load that policy asks for.
func (d *deciding) checkLoad(t tier) []Check {
	p := d.p.Load
	switch need := d.p.Needs[CheckLoad]; {
	case p.Share > 0 || need == Off:
	case need == Required:
		return []Check{t.check(CheckLoad).says(Unknown, d.say("Required but not configured: load (set gate.load.share)."))}
	default: // nobody asked, which is no news
		return nil
	}
	if checks, done := d.unarrived(CheckLoad, t, setArrival); done {
		return checks
	}
	found := d.e.compared()
	var checks []Check
	for _, name := range t.ShopSets {
		for _, slo := range t.SLOs {
			of := found[pair{name, slo}]
			if len(of) == 0 {
				checks = append(checks, d.uncompared(CheckLoad, t, name, slo))
				continue
			}
			c := of[0] // the load is of the first part
			check := t.check(CheckLoad).of(name, slo)
			check.figure("came", instant(c.Came))
			check.Result, check.Reason = d.judgeLoad(c, &check.Evidence)
			d.excluded(&check, looked{from: c.Came.Add(-p.Day)})
			checks = append(checks, check)
		}
	}
	return checks
}

func (d *deciding) judgeLoad(c *Comparison, figures *Figures) (Result, string) {
	p := d.p.Load
	switch {
	case c.Came.IsZero():
		return Unknown, d.say("When %s arrived on %s is unknown.", d.which(), c.ShopSet)
	case c.Came.After(d.now):
		return Unknown, d.say("%s arrived on %s %s after the evaluation time.", d.capital(d.which()), c.ShopSet, d.age(c.Came.Sub(d.now)))
	case c.Load == nil && c.Doubt != "":
		return Unknown, d.doubtful(c.Doubt)
	case c.Load == nil || c.Load.Before == nil:
		return Unknown, d.say("No data for the %s before the Release arrived, so the peak load is unknown.", d.age(p.Day))
	case !isCount(c.Load.Before) || c.Load.Since != nil && !isCount(c.Load.Since):
		return Unknown, d.say("The peak load is not a valid count.")
	case c.Load.Since == nil:
		return Unknown, d.say("The Release arrived %s ago: no data for a full %s since.", d.age(d.now.Sub(c.Came)), d.age(p.Window))
	}
	before, since := *c.Load.Before, *c.Load.Since
	*figures = figures.with("busiest_before", before).with("busiest_since", since).with("share", p.Share)
	carried := d.say("Peak load on the Release is %s %s in %s, and was %s in the %s before",
		status.FormatCount(since), d.unit(c.Unit), d.age(p.Window), status.FormatCount(before), d.age(p.Day))
	if since >= p.Share*before {
		return Pass, d.say("%s (%s required).", carried, status.FormatShare(&p.Share))
	}
	return Unknown, d.say("%s (%s required, not reached yet).", carried, status.FormatShare(&p.Share))
}
