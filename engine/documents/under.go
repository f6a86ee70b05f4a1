package documents

import (
	"time"

	"github.com/shopslo/shopslo/engine/config"
	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/fleet/manifest"
	"github.com/shopslo/shopslo/internal/document"
	"github.com/shopslo/shopslo/slo/openslo"
)

// Rules are what a Release is judged by, read elsewhere than beside the configuration.
type Rules struct {
	Config *config.Config
	SLOs   []document.File
	// Fleet are the documents of which the Tiers' soak times count.
	Fleet []document.File
}

// Under gives the documents with SLOs and policy from elsewhere: the fleet, and whom to ask,
// stay as they are. The calendar is not read, see CalendarIn. The error is as that of Load.
func (d *Documents) Under(r Rules) (*Documents, error) {
	c, by := *d.Config, r.Config
	c.SLOs, c.BurnRates, c.Budgets, c.Counting = by.SLOs, by.BurnRates, by.Budgets, by.Counting
	c.TargetLabels, c.StartTimeMetric = by.TargetLabels, by.StartTimeMetric
	c.Gate.Policy, c.Gate.Tiers, c.Gate.TierLines = by.Gate.Policy, by.Gate.Tiers, by.Gate.TierLines
	out := &Documents{Config: &c, apart: true, soaks: map[fleet.TierName]time.Duration{}}
	tiers, err := manifest.Of(r.Fleet)
	if err != nil {
		return nil, FaultsOf(err)
	}
	for _, t := range tiers.Tiers() {
		out.soaks[t.Name] = t.Soak
	}
	slos, ofSLOs := openslo.Of(r.SLOs)
	if err := out.take(d.Fleet, nil, slos, ofSLOs); err != nil {
		return nil, err
	}
	return out, nil
}

// CalendarOf lets another configuration say where the calendar is.
func (d *Documents) CalendarOf(c *config.Config) {
	own := *d.Config
	own.Gate.Calendar, own.Gate.CalendarFrom = c.Gate.Calendar, c.Gate.CalendarFrom
	d.Config = &own
}
