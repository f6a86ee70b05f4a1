package review

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/shopslo/shopslo/slo"
)

func (p *page) findings(r Report) section {
	l := p.lang
	s := section{id: "first", title: l.Say(sayWhatTalkAboutFirst)}
	if len(r.Findings) == 0 {
		s.say(l.Say(sayNothingStandsOutNo))
		return s
	}
	var items []item
	for _, f := range r.Findings {
		items = append(items, item{f.Text.in(l), link(f.Link), toneOf(f.Kind)})
	}
	s.blocks = append(s.blocks, block{items: items})
	return s
}

func toneOf(k Kind) tone {
	switch k {
	case FoundExhausted, FoundHarm, FoundIncident:
		return bad
	case FoundNoData, FoundOutage:
		return none
	}
	return warn
}

func (p *page) actions(r Report) section {
	l := p.lang
	s := section{id: "actions", title: l.Say(sayActionItems)}
	if u := r.Actions.Unknown; u != nil {
		s.say(l.unknown(u))
	}
	if len(r.Actions.Items) == 0 {
		if r.Actions.Unknown == nil {
			s.say(l.Say(sayNoneOpenNoneDone))
		}
		return s
	}
	t := &table{heads: columns(l.Say(headState), l.Say(headWhat), l.Say(headOwner), l.Say(headDue), l.Say(headFrom))}
	for _, a := range r.Actions.Items {
		due := "–"
		if a.Due != nil {
			due = l.day(p.local(*a.Due).AddDate(0, 0, 0).Add(-1))
		}
		if a.State == Done {
			due = l.Say(sayDoneOn, l.day(p.local(*a.Done)))
		}
		tones := map[ActionState]tone{Overdue: bad, Done: good}
		t.rows = append(t.rows, []cell{{text: l.action(a.State), tone: tones[a.State]}, {text: a.What, link: link(a.Link)},
			{text: orDash(a.Owner)}, {text: due}, {text: orDash(a.From)}})
	}
	s.show(p.cut(t))
	return s
}

func (p *page) incidents(r Report) section {
	l := p.lang
	s := section{id: "incidents", title: l.Say(sayIncidents)}
	if u := r.Incidents.Unknown; u != nil {
		s.say(l.unknown(u))
	}
	if len(r.Incidents.Items) == 0 {
		if r.Incidents.Unknown == nil {
			s.say(l.Say(sayNoneBeganEndedOr))
		}
		return s
	}
	t := &table{heads: columns(l.Say(headIncident), l.Say(headSeverity), l.Say(headState), l.Say(headDetected),
		l.Say(headAffects), ">"+l.Say(headToDetect), ">"+l.Say(headToMitigate), ">"+l.Say(headToResolve), l.Say(headPostmortem))}
	for _, x := range r.Incidents.Items {
		what := x.ID + " " + x.Title
		if x.Release != "" {
			what += l.Say(sayReleaseSuspected, short(x.Release))
		}
		scope := l.list(x.Scope, 4)
		switch {
		case x.Fleet:
			scope = l.Say(sayWholeFleet)
		case len(x.Scope) == 0:
			scope = l.Say(sayUnknown)
		}
		written := l.Say(sayUnknown)
		switch {
		case len(x.Lacks) > 0:
			written = l.Say(sayNotComplete)
		case x.Lacks != nil:
			written = l.Say(sayWritten)
		}
		t.rows = append(t.rows, []cell{{text: what, link: link(x.Link)}, {text: l.Say(x.Severity.Word())},
			{text: l.Say(x.State.Word()), tone: map[bool]tone{true: bad}[x.State.Ongoing()]}, {text: l.moment(p.local(x.Detected))}, {text: scope},
			{text: seconds(x.ToDetect, l)}, {text: seconds(x.ToRelieve, l)}, {text: seconds(x.ToResolve, l)}, {text: written}})
	}
	s.show(p.cut(t))
	return s
}

func (p *page) budgets(r Report) section {
	l := p.lang
	s := section{id: "budgets", title: l.Say(sayErrorBudgets)}
	if len(r.Budgets) == 0 {
		s.say(l.Say(sayThereNoBudgetNo))
		return s
	}
	s.say(l.Say(sayCountsAllShopsetsTier))
	s.blocks = append(s.blocks, block{legend: l.legend()})
	s.show(p.cut(p.budgetTable(r.Tiers, false)))
	if len(r.Tiers) == len(r.Budgets) {
		p.doubts(&s, r)
		return s
	}
	rows := r.worstFirst()
	s.say(l.Say(sayByShopsetWorstFirst))
	s.show(p.cut(p.budgetTable(rows, true)))
	for _, b := range rows {
		if b.ExhaustedOn != nil {
			s.say(l.Say(sayExhaustedOnAssumesEvery))
			break
		}
	}
	p.doubts(&s, r)
	return s
}

// worstFirst are the budgets: what pages at the end of the period, then by state; among
// equals the higher Tier (SLOs list them from high to low), and what lost most.
func (r Report) worstFirst() []Row {
	tiers := map[string]int{}
	for _, t := range r.Tiers {
		if _, ok := tiers[t.Tier]; !ok {
			tiers[t.Tier] = len(tiers)
		}
	}
	rank := func(b *Row) int {
		if b.State != slo.Inconsistent && slices.ContainsFunc(r.Pages, func(f Fired) bool {
			return f.AtEnd && f.Severity == slo.Page && f.SLO == b.SLO && f.ShopSet == b.ShopSet
		}) {
			return -1
		}
		return slices.Index(urgency, b.State)
	}
	rows := slices.Clone(r.Budgets)
	slices.SortStableFunc(rows, func(a, b Row) int {
		return cmp.Or(rank(&a)-rank(&b), tiers[a.Tier]-tiers[b.Tier], compareFloat(lost(&b), lost(&a)))
	})
	return rows
}

func (p *page) budgetTable(rows []Row, single bool) *table {
	l := p.lang
	heads := []string{"SLO", "Tier"}
	if single {
		heads = append(heads, "ShopSet")
	}
	heads = append(heads, l.Say(headState), ">"+l.Say(headBudgetLeft), ">SLI",
		">"+l.Say(sayBadAll), l.Say(headDays), l.Say(sayBurnRateVsWeeks))
	if single {
		heads = append(heads, l.Say(headExhaustedOn))
	}
	t := &table{heads: columns(heads...)}
	for _, b := range rows {
		name := b.name() + l.Say(sayMetIn, l.objective(b.Objective), b.Window)
		row := []cell{{text: name}, {text: b.Tier}}
		if single {
			row = append(row, cell{text: b.ShopSet})
		}
		row = append(row, cell{text: p.stateOf(b), tone: stateTone(b.State)}, cell{text: fromTo(l.left(b.Was), l.left(b.left())), bar: b.left()},
			cell{text: fromTo(orDash(l.sli(b.Last, b.Objective)), orDash(l.sli(b.Week, b.Objective)))}, cell{text: counts(b.Week, l)}, cell{days: b.Days}, p.against(b))
		if single {
			on := "–"
			if b.ExhaustedOn != nil {
				on = l.day(p.local(*b.ExhaustedOn).Add(-1))
			}
			row = append(row, cell{text: on})
		}
		t.rows = append(t.rows, row)
	}
	return t
}

// left is what is left of a budget; nil also where its counts contradict each other.
func (r Row) left() *float64 {
	if r.State == slo.Inconsistent {
		return nil
	}
	return r.Remaining
}

// fromTo writes two figures in percent, with one sign for both.
func fromTo(from, to string) string {
	if from == to {
		return to
	}
	if strings.HasSuffix(to, "%") {
		from = strings.TrimRight(from, " %")
	}
	return from + " → " + to
}

// stateOf says of a sum how many ShopSets are in which state.
func (p *page) stateOf(b Row) string {
	text := p.lang.state(b.State)
	if b.State == slo.InsufficientData && b.VerdictFrom != nil {
		text = p.lang.Say(sayHistoryTooShort)
	}
	if b.ShopSets > 1 && b.States[b.State] < b.ShopSets {
		var parts []string
		for _, s := range urgency {
			if n := b.States[s]; n > 0 {
				parts = append(parts, p.lang.Say(sayStateCount, n, p.lang.state(s)))
			}
		}
		text = p.lang.List(parts)
	}
	if c := b.Budget.Coverage; b.ShopSet != "" && c > 0 && c < leastCoverage {
		text += p.lang.Say(sayData, p.lang.percent(c), strings.TrimSpace(p.lang.window(b.Window)))
	}
	if !b.Exact {
		text += p.lang.Say(saySampled)
	}
	return text
}

// leastCoverage is the part of a window below which a budget is shown with how much of it
// has data.
const leastCoverage = 0.95

func stateTone(s slo.State) tone {
	switch s {
	case slo.Exhausted, slo.Inconsistent:
		return bad
	case slo.AtRisk:
		return warn
	case slo.OK:
		return good
	}
	return none
}

func counts(c Count, l lang) string {
	if c.Total == nil {
		return l.Say(daysNoData)
	}
	return number(*c.Bad) + " / " + number(*c.Total)
}

// against compares a week with the four before.
func (p *page) against(b Row) cell {
	l := p.lang
	switch {
	case b.Chance == nil:
		return cell{text: l.Say(sayTooLittleCompare), tone: none}
	case !b.Significant:
		return cell{text: l.Say(trendAsBefore)}
	}
	text := rateOf(b.Baseline.Burn) + " → " + rateOf(b.Week.Burn)
	if b.Baseline.Burn != nil && b.Week.Burn != nil && *b.Week.Burn < *b.Baseline.Burn {
		return cell{text: l.Say(trendBetterThan) + text, tone: good}
	}
	return cell{text: l.Say(trendWorseThan) + text, tone: bad}
}

func (p *page) changes(r Report) section {
	l := p.lang
	s := section{id: "changes", title: l.Say(sayChanges)}
	if r.Compared == 0 {
		s.say(l.Say(sayUnknownTakesDaysTraffic, leastDays))
		return s
	}
	if len(r.Changes) == 0 {
		s.say(l.Say(sayComparisonsFourWeeksBefore, r.Compared))
	}
	t := &table{heads: columns("SLO", "Tier", "ShopSet", l.Say(headChange), ">"+l.Say(headFourWeeksBefore), ">"+l.Say(headThisWeek), ">"+l.Say(headBurnRate), ">"+l.Say(headByNoiseAlone))}
	for _, c := range r.Changes {
		what, how := l.Say(trendBetter), good
		if c.Worse {
			what, how = l.Say(trendWorse), bad
		}
		set := c.ShopSet
		if set == "" {
			set = l.Say(sayAll)
		}
		t.rows = append(t.rows, []cell{{text: c.SLO}, {text: c.Tier}, {text: set}, {text: what, tone: how}, {text: orDash(l.sli(c.Before, r.goal(c.SLO)))}, {text: orDash(l.sli(c.After, r.goal(c.SLO)))},
			{text: rateOf(c.Before.Burn) + " → " + rateOf(c.After.Burn)}, {text: l.chance(*c.Chance)}})
	}
	s.show(p.cut(t))
	s.say(l.Say(sayListedWhatExactTest, r.Compared))
	return s
}

func (p *page) pages(r Report) section {
	l := p.lang
	s := section{id: "pages", title: l.Say(sayPagesTickets)}
	if r.Looked.FineFrom == nil {
		s.say(l.Say(sayUnknownNothingCounted))
		return s
	}
	if len(r.Pages) == 0 {
		s.say(l.Say(sayNoBurnRateAbove))
	}
	t := &table{heads: columns(l.Say(headKindOfAlert), "SLO", "Tier", "ShopSet", ">"+l.Say(headTimes), l.Say(headFirst), l.Say(headLastEnd), ">"+l.Say(headHowLongAll), ">"+l.Say(headHighestBurnRate))}
	for _, g := range grouped(r.Pages) {
		end := l.moment(p.local(g.Until))
		if g.AtEnd {
			end = l.Say(sayGoesOn)
		}
		tones := map[slo.Severity]tone{slo.Page: bad, slo.Ticket: warn}
		t.rows = append(t.rows, []cell{{text: l.severity(g.Severity), tone: tones[g.Severity]}, {text: g.SLO}, {text: g.Tier}, {text: g.ShopSet},
			{text: number(float64(g.times))}, {text: l.moment(p.local(g.From))}, {text: end}, {text: l.span(g.long.Seconds())}, {text: l.Say(sayOver, rate(g.Peak), l.span(g.PeakWindow))}})
	}
	s.show(p.cut(t))
	s.say(l.Say(sayTheseTimesWhenCounted))
	if r.Looked.FineFrom.After(r.From) {
		s.say(l.Say(sayBeforeOnlyOneEdge,
			l.moment(p.local(*r.Looked.FineFrom)), l.span(r.Looked.Coarse)))
	}
	return s
}

// fires are all times of one severity of one budget.
type fires struct {
	Fired
	times int
	long  time.Duration
}

// grouped joins them, pages first, those that took longest first.
func grouped(all []Fired) []fires {
	type id struct {
		severity           slo.Severity
		slo, tier, shopSet string
	}
	at := map[id]int{}
	var out []fires
	for _, f := range all {
		key := id{f.Severity, f.SLO, f.Tier, f.ShopSet}
		i, ok := at[key]
		if !ok {
			i, at[key] = len(out), len(out)
			out = append(out, fires{Fired: f})
		}
		g := &out[i]
		g.times, g.long, g.AtEnd = g.times+1, g.long+f.Until.Sub(f.From), g.AtEnd || f.AtEnd
		g.Burn = g.with(f.Burn)
	}
	slices.SortStableFunc(out, func(a, b fires) int {
		return cmp.Or(one(b.Severity == slo.Page)-one(a.Severity == slo.Page), cmp.Compare(b.long, a.long))
	})
	return out
}

func (p *page) gaps(r Report) section {
	l := p.lang
	s := section{id: "gaps", title: l.Say(sayDataGaps)}
	if r.Outage != nil {
		s.say(l.unknown(r.Outage))
	}
	if len(r.Gaps) == 0 {
		if r.Outage == nil {
			s.say(l.Say(sayNoneFiveMinutesOr))
		}
		return s
	}
	t := &table{heads: columns("ShopSet", "Tier", "SLO", ">"+l.Say(headWithoutData), l.Say(headDaysWithout))}
	for _, g := range r.Gaps {
		var days []string
		for _, d := range g.Days {
			days = append(days, l.day(p.local(d)))
		}
		long := l.span(g.Missing)
		if g.All {
			long = l.Say(sayAllWeek)
			days = nil
		}
		t.rows = append(t.rows, []cell{{text: g.ShopSet}, {text: g.Tier}, {text: l.list(g.SLOs, 3)}, {text: long, tone: none}, {text: orDash(l.List(days))}})
	}
	s.show(p.cut(t))
	s.say(l.Say(sayNoDataNotPass))
	return s
}
