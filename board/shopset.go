package board

import (
	"slices"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/status"
)

// shopSetPage is all that is known of a ShopSet.
type shopSetPage struct {
	At      time.Time
	Banners []banner
	Cell    shopSetCell
	Config  fleet.ConfigurationName
	Groups  []fleet.ShopGroupName
	Tier    tier
	Windows []time.Duration // of burn rates, the shortest first
	SLOs    []sloPage       // the worst first
	Alerts  []promotion.Alert
	Looked  bool // somebody was asked for alerts
}

// sloPage is a budget with its past.
type sloPage struct {
	*status.Budget
	Curve *curve // nil: nothing was counted
}

// viewShopSet makes the page of a ShopSet. Not ok: the fleet has none of that name.
func viewShopSet(in *Input, name fleet.ShopSetName, past []History, now time.Time) (shopSetPage, bool) {
	set, ok := in.Fleet.ShopSet(name)
	if !ok {
		return shopSetPage{}, false
	}
	p := shopSetPage{At: in.At, Config: set.Configuration, Looked: in.Alerts.Where != "" && in.Alerts.Error == ""}
	tier, _ := in.Fleet.Tier(set.Tier)
	p.Tier = tierView(in, tier)
	var seen *fleet.ShopSetState
	if i := slices.IndexFunc(in.Running.Snapshot.ShopSets, func(s fleet.ShopSetState) bool { return s.ShopSet == name }); i >= 0 {
		seen = &in.Running.Snapshot.ShopSets[i]
	}
	own := in.Budgets.Filter(status.Filter{ShopSets: []fleet.ShopSetName{name}}).WorstFirst()
	p.Cell = cell(in, set, p.Tier.Release.ID, seen, worstBudgets(own)[name], now)
	for _, g := range in.Fleet.GroupsOf(name) {
		p.Groups = append(p.Groups, g.Name)
	}
	p.Banners = touching(banners(in, now), append(texts(p.Groups), string(name), string(set.Tier))...)
	marks := marks(in, set.Tier, seen)
	for i := range own.Budgets {
		b := &own.Budgets[i]
		s := sloPage{Budget: b}
		if j := slices.IndexFunc(past, func(h History) bool { return h.SLO.Name == b.SLO }); j >= 0 {
			s.Curve = newCurve(past[j], marks)
		}
		p.SLOs = append(p.SLOs, s)
		for _, r := range b.BurnRates {
			if !slices.Contains(p.Windows, r.Window) {
				p.Windows = append(p.Windows, r.Window)
			}
		}
	}
	slices.Sort(p.Windows)
	for _, a := range in.Alerts.Items {
		if slices.Contains(a.ShopSets, name) {
			p.Alerts = append(p.Alerts, a)
		}
	}
	return p, true
}

// marks are the Releases that came to a Tier: as logged, and the one that runs.
func marks(in *Input, tier fleet.TierName, seen *fleet.ShopSetState) []Move {
	var out []Move
	for _, m := range in.Moves.Items {
		if m.To == tier {
			out = append(out, m)
		}
	}
	if seen != nil && seen.Release != "" && !seen.ReleaseSince.IsZero() {
		logged := slices.ContainsFunc(out, func(m Move) bool {
			return m.Release == seen.Release && m.At.Sub(seen.ReleaseSince).Abs() < time.Hour
		})
		if !logged {
			out = append(out, Move{At: seen.ReleaseSince, To: tier, Release: seen.Release})
		}
	}
	slices.SortFunc(out, func(a, b Move) int { return a.At.Compare(b.At) })
	return out
}
