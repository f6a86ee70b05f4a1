package board

import (
	"slices"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion"
)

// gateSummary is the gate's answer about a Tier, in short.
type gateSummary struct {
	To, From fleet.TierName
	Verdict  promotion.Verdict // "": there is none, see Error
	Error    string
	Release  fleet.Release // that would go; "": not known
	// Arrived is set where the Tier's branch has that Release already: nothing waits.
	Arrived   bool
	Changes   string   // the address that shows what the Tier would get; "" : none
	Reasons   []reason // the first, those that are known to be wrong before those not known
	More      int      // other reasons
	Checks    int
	Overrides int // that waived something
}

// reason is what some checks say: the first of them, and how many say the like.
type reason struct {
	promotion.Check
	Others int
}

// mostReasons is how many of a gate's reasons stand on the board.
const mostReasons = 3

func gateOf(in *Input, to fleet.TierName) *Gate {
	for i := range in.Gates {
		if in.Gates[i].To == to {
			return &in.Gates[i]
		}
	}
	return nil
}

// gated reports whether the gate is asked about a Tier.
func gated(in *Input, to fleet.TierName) bool {
	return slices.ContainsFunc(in.Fleet.Gated(), func(t fleet.Tier) bool { return t.Name == to })
}

func gateView(in *Input, to fleet.TierName) *gateSummary {
	v := &gateSummary{To: to}
	if below, ok := in.Fleet.Below(to); ok {
		v.From = below.Name
	}
	g := gateOf(in, to)
	if g == nil || g.Record == nil {
		v.Error = clean(in.Unread)
		if g != nil && g.Error != "" {
			v.Error = clean(g.Error)
		}
		return v
	}
	d := &g.Record.Decision
	v.Verdict, v.Release, v.Checks = d.Verdict, fleet.Release(d.Release), len(d.Checks)
	for _, o := range d.Overrides {
		if o.Waives > 0 {
			v.Overrides++
		}
	}
	if t := tierState(in, to); t != nil {
		v.Arrived = v.From != "" && t.Release != "" && t.Release == v.Release
	}
	v.Reasons = reasons(d.Checks)
	if v.More = max(0, len(v.Reasons)-mostReasons); v.More > 0 {
		v.Reasons = v.Reasons[:mostReasons]
	}
	if !v.Arrived {
		v.Changes = link(g.Changes)
	}
	return v
}

// stopsFirst puts emergency stops before all other checks.
func stopsFirst(checks []promotion.Check) []promotion.Check {
	var stops, others []promotion.Check
	for _, c := range checks {
		if isStop(c) {
			stops = append(stops, c)
		} else {
			others = append(others, c)
		}
	}
	return append(stops, others...)
}

// isStop reports whether a check has found an emergency stop.
func isStop(c promotion.Check) bool {
	stop, _ := c.Evidence.Get("emergency").(bool)
	return stop && c.Check == promotion.CheckFreeze && c.Result == promotion.Fail
}

// reasons sums up emergency stops, what failed, and then what is not known: one for each
// check.
func reasons(checks []promotion.Check) []reason {
	var out []reason
	for _, c := range stopsFirst(checks) {
		if c.Result != promotion.Fail && c.Result != promotion.Unknown {
			continue
		}
		i := slices.IndexFunc(out, func(r reason) bool { return r.Check.Check == c.Check && r.Result == c.Result })
		if i >= 0 {
			out[i].Others++
		} else {
			out = append(out, reason{Check: c})
		}
	}
	return out
}

// gatePage is all that the gate says about a Tier.
type gatePage struct {
	At      time.Time
	Gate    *gateSummary
	Banners []banner
	Results []resultCount // in their order, those of none left out
	Result  promotion.Result
	Checks  []promotion.Check // of this page, of Result or of all
	First   int               // the number of the first of them, from 1
	Page    int               // from 1
	Pages   int
	Policy  []setting
	Asked   []witness
}

// resultCount is how many checks came to a result.
type resultCount struct {
	Result promotion.Result
	N      int
}

// setting is one of the gate's policy, as shopslo.yaml names it.
type setting struct{ Name, Value string }

// witness is who was asked for something; What is one of runs, alerts, incidents, freezes,
// overrides, exclusions. Where is "" where nobody was.
type witness struct{ What, Where, Error string }

// checksPerPage keeps the page of a gate over thousands of ShopSets readable.
const checksPerPage = 250

var allResults = []promotion.Result{promotion.Fail, promotion.Unknown, promotion.Waived, promotion.Pass, promotion.NotChecked}

// viewGate makes the page of the gate into a Tier: of checks of one result, or of all
// where it is "". Not ok: there is no such gate.
func viewGate(in *Input, to fleet.TierName, result promotion.Result, page int, now time.Time) (gatePage, bool) {
	if !gated(in, to) {
		return gatePage{}, false
	}
	names := []string{string(to)}
	for _, set := range in.Fleet.ShopSetsOf(to) {
		names = append(names, string(set.Name))
	}
	p := gatePage{At: in.At, Gate: gateView(in, to), Banners: touching(banners(in, now), names...), Result: result, Page: 1, Pages: 1}
	g := gateOf(in, to)
	if g == nil || g.Record == nil {
		return p, true
	}
	r := g.Record
	count := map[promotion.Result]int{}
	var picked []promotion.Check
	for _, c := range stopsFirst(r.Checks) {
		count[c.Result]++
		if result == "" || c.Result == result {
			picked = append(picked, c)
		}
	}
	for _, name := range allResults {
		if count[name] > 0 {
			p.Results = append(p.Results, resultCount{name, count[name]})
		}
	}
	p.Pages = max(1, (len(picked)+checksPerPage-1)/checksPerPage)
	p.Page = min(max(1, page), p.Pages)
	from := (p.Page - 1) * checksPerPage
	p.Checks, p.First = picked[from:min(len(picked), from+checksPerPage)], from+1
	p.Policy, p.Asked = settings(r.Policy), asked(&r.Evidence)
	return p, true
}

func asked(e *promotion.Evidence) []witness {
	runs := witness{"runs", clean(e.Fleet.Where), clean(e.Fleet.Error)}
	if e.Fleet.Where == "" {
		runs.Where, runs.Error = clean(e.Arrivals.Where), clean(e.Arrivals.Error)
	}
	return []witness{
		runs, {"alerts", clean(e.Alerts.Where), clean(e.Alerts.Error)},
		{"incidents", clean(e.Incidents.Where), clean(e.Incidents.Error)}, {"freezes", clean(e.Freezes.Where), clean(e.Freezes.Error)},
		{"overrides", clean(e.Overrides.Where), clean(e.Overrides.Error)}, {"exclusions", clean(e.Exclusions.Where), clean(e.Exclusions.Error)},
	}
}

// tierOfCheck is the Tier that a check is about; "" where it is about none.
func tierOfCheck(c promotion.Check) string { return clean(string(c.Tier)) }

// Brief is the answer without its checks, for the page that lists them.
func (g *gateSummary) Brief() *gateSummary {
	brief := *g
	brief.Checks = 0
	return &brief
}
