package review

import (
	"slices"
	"time"

	"github.com/shopslo/shopslo/slo"
)

// Compile makes the Report.
func Compile(in Input) Report {
	p := in.Period
	r := Report{
		Version: version, At: in.At.UTC(), Week: p.Name, From: p.From.UTC(), Until: p.Until.UTC(), Partial: p.Partial,
		Zone: p.From.Location().String(), Outage: in.Outage, Incidents: in.Incidents, Releases: in.Releases, Decisions: in.Decisions,
		Freezes: in.Freezes, Overrides: in.Overrides, Exclusions: in.Exclusions, Silences: in.Silences, Next: in.NextFreezes,
	}
	c := &compiler{in: in, r: &r}
	c.actions()
	c.rows()
	c.changes()
	c.fired()
	c.effects()
	c.gaps()
	c.find()
	return r.filled()
}

// filled makes nil lists empty ones: in JSON they are [], not null.
func (r Report) filled() Report {
	r.Findings, r.Tiers, r.Budgets, r.Changes = orEmpty(r.Findings), orEmpty(r.Tiers), orEmpty(r.Budgets), orEmpty(r.Changes)
	r.Pages, r.Gaps, r.NextDue = orEmpty(r.Pages), orEmpty(r.Gaps), orEmpty(r.NextDue)
	r.Actions.Items, r.Incidents.Items, r.Releases.Items = orEmpty(r.Actions.Items), orEmpty(r.Incidents.Items), orEmpty(r.Releases.Items)
	r.Decisions.Items, r.Freezes.Items, r.Overrides.Items = orEmpty(r.Decisions.Items), orEmpty(r.Freezes.Items), orEmpty(r.Overrides.Items)
	r.Exclusions.Items, r.Silences.Items, r.Next.Items = orEmpty(r.Exclusions.Items), orEmpty(r.Silences.Items), orEmpty(r.Next.Items)
	for i := range r.Releases.Items {
		r.Releases.Items[i].Effects = orEmpty(r.Releases.Items[i].Effects)
	}
	for i := range r.Incidents.Items {
		x := &r.Incidents.Items[i]
		x.Scope = orEmpty(x.Scope)
	}
	for _, list := range [][]Freeze{r.Freezes.Items, r.Next.Items} {
		for i := range list {
			list[i].Scope = orEmpty(list[i].Scope)
		}
	}
	for i := range r.Overrides.Items {
		x := &r.Overrides.Items[i]
		x.Checks, x.Scope = orEmpty(x.Checks), orEmpty(x.Scope)
	}
	for i := range r.Exclusions.Items {
		x := &r.Exclusions.Items[i]
		x.SLOs, x.Scope = orEmpty(x.SLOs), orEmpty(x.Scope)
	}
	for i := range r.Silences.Items {
		r.Silences.Items[i].Matchers = orEmpty(r.Silences.Items[i].Matchers)
	}
	return r
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// compiler makes a Report step by step.
type compiler struct {
	in  Input
	r   *Report
	sum map[of]*group
	ids []of // of sum, in the order of the Report
}

// of names the budgets of an SLO in a Tier.
type of struct{ slo, tier string }

// group are the budgets of an SLO in a Tier, and their sum.
type group struct {
	all          []*Measured
	days, before []Tally
	budget, was  Tally
	states       map[slo.State]int
}

// actions sorts them: overdue ones first, then by when they are due. What was done before
// the period is history.
func (c *compiler) actions() {
	p := c.in.Period
	c.r.Actions.Unknown = c.in.Actions.Unknown
	for _, a := range c.in.Actions.Items {
		a.State = a.at(p.Until)
		if a.State == Done && !a.Done.After(p.From) {
			continue
		}
		c.r.Actions.Items = append(c.r.Actions.Items, a)
		if next := p.Until.AddDate(0, 0, 7); a.State == Open && a.Due != nil && !a.Due.After(next) {
			c.r.NextDue = append(c.r.NextDue, a)
		}
	}
	order := []ActionState{Overdue, Open, Done}
	slices.SortStableFunc(c.r.Actions.Items, func(a, b Action) int {
		if d := slices.Index(order, a.State) - slices.Index(order, b.State); d != 0 {
			return d
		}
		return due(a).Compare(due(b))
	})
}

// due is when an Action is, in the far future where nobody says.
func due(a Action) time.Time {
	if a.Due == nil {
		return time.Unix(1<<40, 0)
	}
	return *a.Due
}

// rows makes a Row of each budget, and of those of a Tier together.
func (c *compiler) rows() {
	c.sum = map[of]*group{}
	for i := range c.in.Measured {
		m := &c.in.Measured[i]
		row := Row{
			SLO: m.SLO, Display: m.DisplayName, Owner: m.Owner, Tier: string(m.Tier), ShopSet: string(m.ShopSet), ShopSets: 1, Objective: m.Objective.Ratio(),
			Window: m.Window, Unit: m.Unit, Exact: m.Exact, State: m.State, StateBefore: m.StateBefore, Notes: orEmpty(m.Notes),
		}
		row.Flags, row.Absent = orEmpty(m.Flags), orEmpty(m.Absent)
		if m.Failure != "" {
			row.Failure = &m.Failure
		}
		if !m.VerdictFrom.IsZero() {
			t := m.VerdictFrom.UTC()
			row.VerdictFrom = &t
		}
		row.States = map[slo.State]int{m.State: 1}
		row.figures(m.Days, m.Before, m.Last, m.Budget, m.Was)
		if !m.ExhaustedOn.IsZero() {
			t := m.ExhaustedOn.UTC()
			row.ExhaustedOn = &t
		}
		c.r.Budgets = append(c.r.Budgets, row)
		c.join(m)
	}
	c.order()
	for _, id := range c.ids {
		g := c.sum[id]
		m := g.all[0]
		row := Row{
			SLO: m.SLO, Display: m.DisplayName, Owner: m.Owner, Tier: id.tier, ShopSets: len(g.all), States: g.states,
			Objective: m.Objective.Ratio(), Window: m.Window, Unit: m.Unit, Exact: true, State: worst(g.states), StateBefore: slo.NoData, Notes: []string{},
		}
		was := map[slo.State]int{}
		var last Tally
		for _, x := range g.all {
			row.Exact = row.Exact && x.Exact
			was[x.StateBefore]++
			last = last.plus(x.Last)
		}
		row.StateBefore = worst(was)
		row.figures(g.days, g.before, last, g.budget, g.was)
		c.r.Tiers = append(c.r.Tiers, row)
	}
}

// figures fills in what was counted.
func (r *Row) figures(days, before []Tally, last, budget, was Tally) {
	r.Week, r.Last, r.Baseline, r.Budget = count(sum(days)), count(last), count(sum(before)), count(budget)
	r.Remaining, r.Was = remaining(budget), remaining(was)
	for _, d := range days {
		r.Days = append(r.Days, count(d))
	}
	r.Days = orEmpty(r.Days)
}

func remaining(t Tally) *float64 {
	if !t.known() || t.Allowed <= 0 {
		return nil
	}
	r := (t.Allowed - t.Bad) / t.Allowed
	return &r
}

func one(is bool) int {
	if is {
		return 1
	}
	return 0
}

// join adds a budget to those of its Tier.
func (c *compiler) join(m *Measured) {
	id := of{m.SLO, string(m.Tier)}
	g := c.sum[id]
	if g == nil {
		g = &group{days: make([]Tally, len(m.Days)), before: make([]Tally, len(m.Before)), states: map[slo.State]int{}}
		c.sum[id] = g
		c.ids = append(c.ids, id)
	}
	g.all = append(g.all, m)
	g.states[m.State]++
	for i, d := range m.Days {
		g.days[i] = g.days[i].plus(d)
	}
	for i, d := range m.Before {
		g.before[i] = g.before[i].plus(d)
	}
	g.budget, g.was = g.budget.plus(m.Budget), g.was.plus(m.Was)
}

// order sorts the sums by SLO, as they come, and the highest Tier first: there the
// customers are. The fleet's order has the lowest first.
func (c *compiler) order() {
	slos, tiers := map[string]int{}, map[string]int{}
	for _, id := range c.ids {
		if _, ok := slos[id.slo]; !ok {
			slos[id.slo] = len(slos)
		}
		if _, ok := tiers[id.tier]; !ok {
			tiers[id.tier] = len(tiers)
		}
	}
	slices.SortStableFunc(c.ids, func(a, b of) int {
		if a.slo != b.slo {
			return slos[a.slo] - slos[b.slo]
		}
		return tiers[b.tier] - tiers[a.tier]
	})
}

// urgency is the order in which states are to be talked about.
var urgency = []slo.State{slo.Inconsistent, slo.Exhausted, slo.AtRisk, slo.NoData, slo.InsufficientData, slo.OK}

func worst(states map[slo.State]int) slo.State {
	for _, s := range urgency {
		if states[s] > 0 {
			return s
		}
	}
	return slo.NoData
}

// changes compares every row with the four periods before. A Tier of one ShopSet is
// compared once.
func (c *compiler) changes() {
	type test struct {
		row *Row
		ch  Change
	}
	var tests []test
	add := func(row *Row, days, before []Tally) {
		ch := change(before, sum(before), sum(days), 1)
		if ch.Chance == nil {
			return
		}
		ch.SLO, ch.Tier, ch.ShopSet = row.SLO, row.Tier, row.ShopSet
		tests = append(tests, test{row, ch})
	}
	for i := range c.r.Budgets {
		m := &c.in.Measured[i]
		add(&c.r.Budgets[i], m.Days, m.Before)
	}
	same := map[*Row]*Row{} // the row of a Tier of one ShopSet is the ShopSet's
	for i, id := range c.ids {
		g := c.sum[id]
		if len(g.all) > 1 {
			add(&c.r.Tiers[i], g.days, g.before)
			continue
		}
		for j := range c.in.Measured {
			if &c.in.Measured[j] == g.all[0] {
				same[&c.r.Budgets[j]] = &c.r.Tiers[i]
			}
		}
	}
	c.r.Compared = len(tests)
	for _, t := range tests {
		t.ch.Significant = *t.ch.Chance*float64(len(tests)) < significance && t.ch.moved() >= leastChange
		t.row.Chance, t.row.Significant = t.ch.Chance, t.ch.Significant
		if sum := same[t.row]; sum != nil {
			sum.Chance, sum.Significant = t.ch.Chance, t.ch.Significant
		}
		if t.ch.Significant {
			c.r.Changes = append(c.r.Changes, t.ch)
		}
	}
	byChance(c.r.Changes)
}

// fired lists pages and tickets, the pages first, in the order of time.
func (c *compiler) fired() {
	c.r.Looked = Looked{}
	for i := range c.in.Measured {
		m := &c.in.Measured[i]
		if !m.FineFrom.IsZero() && (c.r.Looked.FineFrom == nil || m.FineFrom.After(*c.r.Looked.FineFrom)) {
			t := m.FineFrom.UTC()
			c.r.Looked.FineFrom, c.r.Looked.Coarse = &t, m.Coarse.Seconds()
		}
		for _, b := range m.Burns {
			b.From, b.Until = b.From.UTC(), b.Until.UTC()
			c.r.Pages = append(c.r.Pages, Fired{SLO: m.SLO, Tier: string(m.Tier), ShopSet: string(m.ShopSet), Burn: b})
		}
	}
	slices.SortStableFunc(c.r.Pages, func(a, b Fired) int {
		if a.Severity != b.Severity {
			return one(b.Severity == slo.Page) - one(a.Severity == slo.Page)
		}
		return a.From.Compare(b.From)
	})
}

// effects compares what was counted around each Release.
func (c *compiler) effects() {
	n := 0
	moves := slices.Clone(c.r.Releases.Items)
	c.r.Releases.Items = moves
	for i := range moves {
		for _, e := range c.in.Effects[i] {
			var before []Tally
			if g := c.sum[of{e.SLO, moves[i].Tier}]; g != nil {
				before = g.before
			}
			ch := change(before, e.Before, e.After, 1)
			ch.SLO, ch.Tier = e.SLO, moves[i].Tier
			n += one(ch.Chance != nil)
			moves[i].Effects = append(moves[i].Effects, ch)
		}
	}
	for i := range moves {
		for j := range moves[i].Effects {
			e := &moves[i].Effects[j]
			e.Significant = e.Chance != nil && *e.Chance*float64(n) < significance && e.moved() >= leastChange
		}
	}
}

// harmed reports whether a Release was followed by harm: significantly more bad events,
// and faster than the objective allows.
func (c Change) harmed() bool {
	return c.Significant && c.Worse && c.After.Burn != nil && *c.After.Burn >= 1
}

// leastGap is what a restart may take, and no gap to talk about.
const leastGap = 5 * time.Minute

// gaps joins the SLOs of a ShopSet that lack the same.
func (c *compiler) gaps() {
	edges := c.in.Period.edges()
	for i := range c.in.Measured {
		m := &c.in.Measured[i]
		g := Gap{ShopSet: string(m.ShopSet), Tier: string(m.Tier), SLOs: []string{m.SLO}, Days: []time.Time{}}
		all := m.week()
		missing := all.Span - all.Covered
		if missing < leastGap {
			continue
		}
		g.Missing, g.All = missing.Seconds(), !all.known()
		for j, d := range m.Days {
			if d.Span-d.Covered >= time.Minute {
				g.Days = append(g.Days, edges[j].UTC())
			}
		}
		if n := len(c.r.Gaps); n > 0 && c.r.Gaps[n-1].like(g) {
			c.r.Gaps[n-1].SLOs = append(c.r.Gaps[n-1].SLOs, m.SLO)
			continue
		}
		c.r.Gaps = append(c.r.Gaps, g)
	}
	slices.SortStableFunc(c.r.Gaps, func(a, b Gap) int {
		switch {
		case a.Missing > b.Missing:
			return -1
		case a.Missing < b.Missing:
			return 1
		}
		return 0
	})
}

func (g Gap) like(o Gap) bool {
	return g.ShopSet == o.ShopSet && g.Missing == o.Missing && slices.Equal(g.Days, o.Days)
}
