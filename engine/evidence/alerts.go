package evidence

import (
	"context"
	"slices"
	"strings"

	"github.com/shopslo/shopslo/engine/config"
	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/engine/host"
	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/promotion/promalerts"
)

// Firing is what one server says that fires, and by which rules; an Alertmanager knows none.
type Firing struct {
	Alerts promotion.Found[promotion.Alert]
	Rules  promotion.Found[promotion.AlertRule]
	of     config.AlertServer
}

// firing asks one server. Of a source's own only what is on its ShopSets is taken.
func (w *Witnesses) firing(ctx context.Context, a config.AlertServer, c *promalerts.Client) *Firing {
	out := &Firing{of: a}
	out.Alerts.Where = "Prometheus at " + host.WithoutUser(a.URL)
	if a.Alertmanager {
		out.Alerts.Where = "Alertmanager at " + host.WithoutUser(a.URL)
	}
	if !a.Everywhere && a.Source != "" {
		out.Alerts.Where = "Source " + a.Source + " (" + out.Alerts.Where + ")"
	}
	found, rules, err := c.Firing(ctx)
	if err != nil {
		out.Alerts.Error = err.Error()
		return out
	}
	out.Alerts.Items = promotion.MatchAlerts(w.Docs.Fleet, found)
	if !a.Alertmanager {
		out.Rules = promotion.Found[promotion.AlertRule]{Where: out.Alerts.Where, Items: promotion.MatchRules(w.Docs.Fleet, rules)}
	}
	if !a.Everywhere && w.Docs.Config.Several() {
		out.own(w.Docs)
	}
	return out
}

// own leaves out what is on ShopSets of other sources: it is asked of those.
func (f *Firing) own(d *documents.Documents) {
	keep := func(sets []fleet.ShopSetName) (own []fleet.ShopSetName, any bool) {
		own = slices.DeleteFunc(slices.Clone(sets), func(name fleet.ShopSetName) bool {
			set, _ := d.Fleet.ShopSet(name)
			return d.Config.SourceOf(set) != f.of.Source
		})
		return own, len(own) > 0 || len(sets) == 0
	}
	var alerts []promotion.Alert
	for _, a := range f.Alerts.Items {
		if own, any := keep(a.ShopSets); any {
			a.ShopSets = own
			alerts = append(alerts, a)
		}
	}
	var rules []promotion.AlertRule
	for _, r := range f.Rules.Items {
		if own, any := keep(r.ShopSets); any {
			r.ShopSets, r.From = own, f.of.Source
			rules = append(rules, r)
		}
	}
	f.Alerts.Items, f.Rules.Items = alerts, rules
}

// AskAlerts adds to evidence what fires on the ShopSets of some Tiers, by which rules, and of which
// sources there have to be some.
func (s Seen) AskAlerts(ev *promotion.Evidence, d *documents.Documents, tiers ...fleet.TierName) {
	ev.Alerts, ev.AlertRules = s.AlertsOn(d, tiers...)
	ev.AlertSources = nil
	for _, f := range s.Alerts {
		if f.of.Everywhere {
			ev.AlertSources = nil
			return
		}
		if d.Config.Several() && tells(d, f.of, tiers) {
			ev.AlertSources = append(ev.AlertSources, f.of.Source)
		}
	}
}

// AlertsOn is what fires on the ShopSets of some Tiers, and by which rules, as far as those
// tell who are asked about them. One that does not answer makes all unknown.
func (s Seen) AlertsOn(d *documents.Documents, tiers ...fleet.TierName) (promotion.Found[promotion.Alert], promotion.Found[promotion.AlertRule]) {
	var asked []Firing
	for _, f := range s.Alerts {
		if tells(d, f.of, tiers) {
			asked = append(asked, f)
		}
	}
	if len(asked) == 1 {
		return asked[0].Alerts, asked[0].Rules
	}
	var alerts promotion.Found[promotion.Alert]
	var rules promotion.Found[promotion.AlertRule]
	var where, silent, failed []string
	for _, f := range asked {
		where = append(where, f.Alerts.Where)
		if f.Alerts.Error != "" {
			silent, failed = append(silent, f.Alerts.Where), append(failed, f.Alerts.Error)
			continue
		}
		alerts.Items = append(alerts.Items, f.Alerts.Items...)
		rules.Items = append(rules.Items, f.Rules.Items...)
		if f.of.Alertmanager {
			rules.Items = append(rules.Items, f.received())
		}
	}
	alerts.Where = together(where)
	if len(failed) > 0 {
		alerts.Where, alerts.Error = together(silent), strings.Join(failed, "; ")
		return alerts, promotion.Found[promotion.AlertRule]{}
	}
	rules.Where = alerts.Where
	return alerts, rules
}

// together names those who are asked.
func together(where []string) string {
	var sources []string
	for _, w := range where {
		if of, ok := strings.CutPrefix(w, "Source "); ok {
			sources = append(sources, of)
		}
	}
	if len(sources) > 1 && len(sources) == len(where) {
		return "Sources " + strings.Join(sources, ", ")
	}
	return strings.Join(where, " and ")
}

// received stands, beside the rules of others, for those whose alerts an Alertmanager gets: they
// are as fresh as the last that it has got.
func (f Firing) received() promotion.AlertRule {
	r := promotion.AlertRule{Name: "of " + f.Alerts.Where, Health: "ok", From: f.of.Source, ShopSets: []fleet.ShopSetName{}, Tiers: []fleet.TierName{}}
	for _, a := range f.Alerts.Items {
		if a.UpdatedAt.After(r.EvaluatedAt) {
			r.EvaluatedAt = a.UpdatedAt
		}
	}
	return r
}

// tells reports whether a server tells of a ShopSet of the Tiers.
func tells(d *documents.Documents, a config.AlertServer, tiers []fleet.TierName) bool {
	return a.Everywhere || !d.Config.Several() || slices.ContainsFunc(d.Fleet.ShopSets(), func(set fleet.ShopSet) bool {
		return slices.Contains(tiers, set.Tier) && d.Config.SourceOf(set) == a.Source
	})
}
