package review

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/internal/outage"
	"github.com/shopslo/shopslo/slo"
)

// mostFindings is how many things can be talked about first.
const mostFindings = 7

// find ranks what to talk about first: kinds by their urgency, of each the worst.
func (c *compiler) find() {
	for _, some := range []func() []Finding{c.outage, c.spent, c.harm, c.ongoing, c.silent, c.worse, c.burning, c.overdue, c.byHand} {
		for _, f := range some() {
			if len(c.r.Findings) < mostFindings {
				c.r.Findings = append(c.r.Findings, f)
			}
		}
	}
}

func (c *compiler) outage() []Finding {
	if c.in.Outage == nil {
		return nil
	}
	return []Finding{{Kind: FoundOutage, Link: "#gaps", Text: both(func(l lang) string {
		return l.Say(sayNotEverythingCouldCounted, outage.Say(l.Language, c.in.Outage.Error))
	})}}
}

// spent are the budgets that are used up, by SLO and Tier, those that lost most in the
// week first.
func (c *compiler) spent() []Finding {
	var found []Finding
	type candidate struct {
		row  *Row
		sets []*Row
	}
	var all []candidate
	for i := range c.r.Tiers {
		row := &c.r.Tiers[i]
		var sets []*Row
		for j := range c.r.Budgets {
			if b := &c.r.Budgets[j]; b.SLO == row.SLO && b.Tier == row.Tier && b.State == slo.Exhausted {
				sets = append(sets, b)
			}
		}
		if len(sets) > 0 {
			slices.SortStableFunc(sets, func(a, b *Row) int { return compareFloat(over(b), over(a)) })
			all = append(all, candidate{row, sets})
		}
	}
	slices.SortStableFunc(all, func(a, b candidate) int { return compareFloat(lost(b.row), lost(a.row)) })
	for i, x := range all {
		if i == 2 {
			break
		}
		first, names, more := x.sets[0], []string{}, len(all)-2
		for _, s := range x.sets {
			names = append(names, s.ShopSet)
		}
		found = append(found, Finding{Kind: FoundExhausted, SLO: x.row.SLO, Tier: x.row.Tier, ShopSet: first.ShopSet, Link: "#budgets", Text: both(func(l lang) string {
			text := l.Say(sayErrorBudgetExhaustedHad,
				x.row.name(), l.list(names, 3), x.row.Tier, first.ShopSet, number(*first.Budget.Bad), number(*first.Budget.Allowed), l.window(first.Window), figure(first.Week.Bad, l))
			if i == 1 && more > 0 {
				text += l.Say(sayMoreGroups, more)
			}
			return text + l.Say(sayFullStop)
		})})
	}
	return found
}

// over is how far a budget is overspent, in budgets.
func over(r *Row) float64 {
	if r.Remaining == nil {
		return 0
	}
	return -*r.Remaining
}

// lost is how many budgets' worth of bad events the week had.
func lost(r *Row) float64 {
	if r.Week.Bad == nil || r.Budget.Allowed == nil || *r.Budget.Allowed <= 0 {
		return 0
	}
	return *r.Week.Bad / *r.Budget.Allowed
}

func compareFloat(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func figure(f *float64, l lang) string {
	if f == nil {
		return l.Say(sayUnknownNumber)
	}
	return number(*f)
}

// harm are the Releases that harm followed, the clearest first.
func (c *compiler) harm() []Finding {
	type candidate struct {
		move *Move
		e    *Change
	}
	var all []candidate
	for i := range c.r.Releases.Items {
		m := &c.r.Releases.Items[i]
		var most *Change
		for j := range m.Effects {
			if e := &m.Effects[j]; e.harmed() && (most == nil || e.moved() > most.moved()) {
				most = e
			}
		}
		if most != nil {
			all = append(all, candidate{m, most})
		}
	}
	slices.SortStableFunc(all, func(a, b candidate) int { return compareFloat(b.e.moved(), a.e.moved()) })
	var found []Finding
	for i, x := range all {
		if i == 2 {
			break
		}
		link := x.move.Compare
		if link == "" {
			link = "#releases"
		}
		found = append(found, Finding{Kind: FoundHarm, SLO: x.e.SLO, Tier: x.move.Tier, Release: x.move.Release, Link: link, Text: both(func(l lang) string {
			return l.Say(sayReleaseCameOnGot,
				short(x.move.Release), x.move.Tier, l.moment(x.move.Moved.In(c.zone())), x.e.SLO, figure(x.e.Before.Bad, l), figure(x.e.Before.Total, l), rateOf(x.e.Before.Burn),
				figure(x.e.After.Bad, l), figure(x.e.After.Total, l), rateOf(x.e.After.Burn))
		})})
	}
	return found
}

func (c *compiler) zone() *time.Location { return c.in.Period.From.Location() }

func rateOf(f *float64) string {
	if f == nil {
		return "–"
	}
	return rate(*f)
}

// ongoing is the worst incident whose cause is still there.
func (c *compiler) ongoing() []Finding {
	var most *Incident
	n := 0
	for i := range c.r.Incidents.Items {
		x := &c.r.Incidents.Items[i]
		if !x.State.Ongoing() {
			continue
		}
		n++
		if most == nil || slices.Index(incident.Severities, x.Severity) < slices.Index(incident.Severities, most.Severity) {
			most = x
		}
	}
	if most == nil {
		return nil
	}
	link := most.Link
	if link == "" {
		link = "#incidents"
	}
	return []Finding{{Kind: FoundIncident, Release: most.Release, Link: link, Text: both(func(l lang) string {
		how := l.Say(sayStillOpen)
		if most.State == incident.Mitigated {
			how = l.Say(sayMitigatedButItsCause)
		}
		text := l.Say(sayIncidentSSDetected,
			most.ID, l.Say(most.Severity.Word()), most.Title, l.moment(most.Detected.In(c.zone())), how)
		if n > 1 {
			text += l.Say(sayOngoingAll, n)
		}
		return text + l.Say(sayFullStop)
	})}}
}

// silent are the ShopSets that sent nothing at all, else those that lack most.
func (c *compiler) silent() []Finding {
	if len(c.r.Gaps) == 0 {
		return nil
	}
	var names, others []string
	g := c.r.Gaps[0]
	for _, x := range c.r.Gaps {
		to := &others
		if x.All && g.All {
			to = &names
		}
		if !slices.Contains(*to, x.ShopSet) && x.ShopSet != g.ShopSet {
			*to = append(*to, x.ShopSet)
		}
	}
	names = append([]string{g.ShopSet}, names...)
	if !g.All && g.Missing < 0.05*c.in.Period.Until.Sub(c.in.Period.From).Seconds() {
		return nil // a gap to be listed, not to be talked about first
	}
	return []Finding{{Kind: FoundNoData, Tier: g.Tier, ShopSet: g.ShopSet, Link: "#gaps", Text: both(func(l lang) string {
		text := l.Say(sayNoDataTimeS, g.ShopSet, l.span(g.Missing), l.list(g.SLOs, 3))
		if g.All {
			text = l.Say(sayNoDataAtAll, l.list(names, 5), l.list(g.SLOs, 3))
		}
		if len(others) > 0 {
			text += l.Say(sayHadGaps, l.list(others, 3))
		}
		return text + l.Say(sayFullStop)
	})}}
}

// worse is the change for the worse that is the furthest from noise; that of a Tier
// where its sum has changed too.
func (c *compiler) worse() []Finding {
	var most *Change
	more := 0
	for i := range c.r.Changes {
		x := &c.r.Changes[i]
		if !x.Worse || c.told(x) {
			continue
		}
		if more++; most == nil || x.moved() > most.moved() {
			most = x
		}
	}
	if most == nil {
		return nil
	}
	return []Finding{{Kind: FoundWorse, SLO: most.SLO, Tier: most.Tier, ShopSet: most.ShopSet, Link: "#changes", Text: both(func(l lang) string {
		text := l.Say(sayGotWorseGoodEvents,
			most.SLO, most.who(), orDash(l.sli(most.After, c.r.goal(most.SLO))), orDash(l.sli(most.Before, c.r.goal(most.SLO))), rateOf(most.After.Burn), rateOf(most.Before.Burn), l.chance(*most.Chance))
		if more > 1 {
			text += l.Say(sayMoreChangedWorse, more-1)
		}
		return text + l.Say(sayFullStop)
	})}}
}

// told reports whether a Release has been found to have done the change.
func (c *compiler) told(x *Change) bool {
	return slices.ContainsFunc(c.r.Findings, func(f Finding) bool { return f.Kind == FoundHarm && f.SLO == x.SLO && f.Tier == x.Tier })
}

// who is the ShopSet, or the Tier where it is about its sum.
func (c Change) who() string {
	if c.ShopSet != "" {
		return c.ShopSet
	}
	return c.Tier
}

// chance writes a probability: below 0.1 % nobody needs its digits.
func (l lang) chance(p float64) string {
	if p < 0.001 {
		return l.Say(chanceTiny)
	}
	return l.percent(p)
}

// burning is the budget that will be exhausted first.
func (c *compiler) burning() []Finding {
	var first *Row
	n := 0
	for i := range c.r.Budgets {
		b := &c.r.Budgets[i]
		if b.ExhaustedOn == nil {
			continue
		}
		if n++; first == nil || b.ExhaustedOn.Before(*first.ExhaustedOn) {
			first = b
		}
	}
	if first == nil {
		return nil
	}
	on := first.ExhaustedOn.In(c.zone()).Add(-time.Nanosecond)
	return []Finding{{Kind: FoundBurning, SLO: first.SLO, Tier: first.Tier, ShopSet: first.ShopSet, Link: "#budgets", Text: both(func(l lang) string {
		text := l.Say(sayItsBudgetLeftWill, first.name(), first.ShopSet, l.left(first.Remaining), l.day(on))
		if n > 1 {
			text += l.Say(saySoWillMore, n-1)
		}
		return text + l.Say(sayFullStop)
	})}}
}

func (l lang) left(r *float64) string {
	if r == nil || *r > 1 { // more than all: counts contradict each other
		return "–"
	}
	return l.percent(*r)
}

// overdue are the promises that were not kept.
func (c *compiler) overdue() []Finding {
	var late []Action
	for _, a := range c.r.Actions.Items {
		if a.State == Overdue {
			late = append(late, a)
		}
	}
	if len(late) == 0 {
		return nil
	}
	a := late[0]
	link := a.Link
	if link == "" {
		link = "#actions"
	}
	return []Finding{{Kind: FoundOverdue, Link: link, Text: both(func(l lang) string {
		days := c.in.Period.Until.Sub(*a.Due).Seconds()
		text := l.Say(sayOverdueBy, a.What, orDash(a.Owner), l.span(days))
		if n := len(late); n > 1 {
			text += l.Say(sayActionsOverdueAll, n)
		}
		return text + l.Say(sayFullStop)
	})}}
}

func orDash(text string) string {
	if strings.TrimSpace(text) == "" {
		return "–"
	}
	return text
}

// byHand are Releases that came to a Tier and are not in the log.
func (c *compiler) byHand() []Finding {
	var names []string
	for _, m := range c.r.Releases.Items {
		if m.Entry == 0 && !m.Merged {
			names = append(names, fmt.Sprintf("%s (%s)", short(m.Release), m.Tier))
		}
	}
	if len(names) == 0 || c.r.Decisions.Unknown != nil {
		return nil
	}
	return []Finding{{Kind: FoundReleases, Link: "#releases", Text: both(func(l lang) string {
		return l.Say(sayDecisionLogNothingAbout, l.list(names, 3))
	})}}
}
