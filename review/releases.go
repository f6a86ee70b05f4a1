package review

import (
	"strconv"
	"strings"
)

func (p *page) releases(r Report) section {
	l := p.lang
	s := section{id: "releases", title: l.Say(sayReleasesGateDecisions)}
	if u := r.Releases.Unknown; u != nil {
		s.say(l.unknown(u))
	}
	if len(r.Releases.Items) == 0 && r.Releases.Unknown == nil {
		s.say(l.Say(sayNoReleaseCameTier))
	}
	t := &table{heads: columns("Tier", l.Say(headRelease), l.Say(headMoved), l.Say(headArrived), ">"+l.Say(headLeadTime), l.Say(headGate), l.Say(headBy),
		l.Say(headWhatFollowed))}
	for _, m := range r.Releases.Items {
		name := short(m.Release)
		if m.Back {
			name += l.Say(sayRollback)
		}
		gate := cell{text: l.verdict(m.Gate), tone: verdictTone(m.Gate)}
		switch {
		case m.Back && m.Gate == "":
			gate = cell{text: "–"} // the gate is not asked about a way back
		case m.Merged:
			gate = cell{text: l.Say(sayMerged)}
		case m.Entry == 0 && r.Decisions.Unknown == nil:
			gate = cell{text: l.Say(sayNotLogMovedBy), tone: warn}
		}
		t.rows = append(t.rows, []cell{{text: m.Tier}, {text: name, link: link(m.Compare)}, {text: l.moment(p.local(m.Moved))}, {text: p.moment(m.Arrived, "–")},
			{text: seconds(m.Lead, l)}, gate, {text: orDash(m.By)}, p.followed(m)})
	}
	s.show(p.cut(t))
	if len(r.Releases.Items) > 0 {
		s.say(l.Say(sayLeadTimeSinceDecision))
	}
	p.decisions(&s, r)
	return s
}

// followed says what came after a Release, of the SLO that it changed most.
func (p *page) followed(m Move) cell {
	l := p.lang
	var most *Change
	compared := false
	for i := range m.Effects {
		e := &m.Effects[i]
		compared = compared || e.Chance != nil
		if e.Significant && (most == nil || e.harmed() && !most.harmed() || e.harmed() == most.harmed() && e.moved() > most.moved()) {
			most = e
		}
	}
	switch {
	case most == nil && compared:
		return cell{text: l.Say(sayNoChange), tone: good}
	case most == nil:
		return cell{text: l.Say(sayUnknownTooLittleCompare), tone: none}
	}
	how, text := warn, l.Say(effectBetter)
	switch {
	case most.harmed():
		how, text = bad, l.Say(effectHarm)
	case most.Worse:
		text = l.Say(effectWorse)
	default:
		how = good
	}
	return cell{tone: how, text: l.Say(sayBadBurnRate, text, most.SLO,
		counts(most.Before, l), counts(most.After, l), rateOf(most.Before.Burn), rateOf(most.After.Burn))}
}

func verdictTone(v string) tone {
	switch v {
	case "promote":
		return good
	case "hold":
		return bad
	}
	return none
}

func (p *page) decisions(s *section, r Report) {
	l := p.lang
	if u := r.Decisions.Unknown; u != nil {
		if r.Releases.Unknown == nil || *r.Releases.Unknown != *u {
			s.say(l.unknown(u))
		}
		return
	}
	if len(r.Decisions.Items) == 0 {
		s.say(l.Say(sayGateDecidedNothing))
		return
	}
	t := &table{heads: columns(l.Say(headTo), l.Say(headRelease), l.Say(headDecision), ">"+l.Say(headAsked), l.Say(headLast), l.Say(sayFirstCheckDidNot), ">"+l.Say(headLogEntry))}
	for _, d := range r.Decisions.Items {
		t.rows = append(t.rows, []cell{{text: d.Tier}, {text: orDash(short(d.Release))}, {text: l.verdict(d.Verdict), tone: verdictTone(d.Verdict)},
			{text: strconv.Itoa(d.Times)}, {text: l.moment(p.local(d.Last))}, {text: orDash(d.Reason)}, {text: strconv.Itoa(d.Entry)}})
	}
	s.show(p.cut(t))
}

// policy are freezes, overrides, exclusions and silences.
func (p *page) policy(r Report) section {
	l := p.lang
	s := section{id: "policy", title: l.Say(sayFreezesOverridesExclusionsSilences)}
	if u := r.Freezes.Unknown; u != nil {
		s.say(l.unknown(u))
	}
	if u := r.Silences.Unknown; u != nil {
		s.say(l.Say(saySilences) + l.unknown(u))
	}
	if len(r.Freezes.Items)+len(r.Overrides.Items)+len(r.Exclusions.Items)+len(r.Silences.Items) == 0 {
		if r.Freezes.Unknown == nil {
			s.say(l.Say(sayNoneForce))
		}
		return s
	}
	t := &table{heads: columns(l.Say(headKind), l.Say(headName), l.Say(headWhen), l.Say(headScope), l.Say(headWho), l.Say(headWhy))}
	for _, f := range r.Freezes.Items {
		kind := l.Say(sayFreeze)
		if f.Urgent {
			kind = l.Say(sayEmergencyStop)
		}
		t.rows = append(t.rows, []cell{{text: kind}, {text: f.ID}, {text: p.span(f.From, f.Until)}, {text: p.scope(f.Scope)}, {text: orDash(f.Who)}, {text: orDash(f.Why)}})
	}
	for _, o := range r.Overrides.Items {
		why := orDash(o.Why) + l.Say(sayWaives, l.list(o.Checks, 5))
		if o.Used != nil {
			why += l.Say(sayUsedDecisions, *o.Used)
		}
		t.rows = append(t.rows, []cell{{text: l.Say(sayOverride), tone: warn}, {text: o.ID, link: link(o.Link)}, {text: p.span(o.From, o.Until)}, {text: p.scope(o.Scope)}, {text: orDash(o.Who)}, {text: why}})
	}
	for _, x := range r.Exclusions.Items {
		why := orDash(x.Why)
		if len(x.SLOs) > 0 {
			why += l.Say(sayOnly, l.list(x.SLOs, 3))
		}
		t.rows = append(t.rows, []cell{{text: l.Say(sayExclusion)}, {text: x.ID, link: link(x.Link)}, {text: p.span(&x.From, &x.Until)}, {text: p.scope(x.Scope)}, {text: orDash(x.Who)}, {text: why}})
	}
	for _, x := range r.Silences.Items {
		t.rows = append(t.rows, []cell{{text: l.Say(saySilence)}, {text: firstPart(x.ID)}, {text: p.span(&x.From, &x.Until)}, {text: l.list(x.Matchers, 4)}, {text: orDash(x.Who)}, {text: orDash(x.Why)}})
	}
	s.show(p.cut(t))
	if len(r.Silences.Items) > 0 {
		s.say(l.Say(sayAlertmanagerForgetsSilencesSome))
	}
	if len(r.Exclusions.Items) > 0 {
		s.say(l.Say(sayWhatExclusionLeavesOut))
	}
	return s
}

// firstPart is enough of a UUID for people.
func firstPart(id string) string {
	first, _, _ := strings.Cut(id, "-")
	return first
}

func (p *page) scope(names []string) string {
	if len(names) == 0 {
		return p.lang.Say(sayWholeFleet)
	}
	return p.lang.list(names, 4)
}

// next is the week to come.
func (p *page) next(r Report) section {
	l := p.lang
	s := section{id: "next", title: l.Say(sayNextWeek)}
	if u := r.Next.Unknown; u != nil {
		s.say(l.unknown(u))
	}
	if len(r.Next.Items)+len(r.NextDue) == 0 {
		if r.Next.Unknown == nil {
			s.say(l.Say(sayNoFreezePlannedNo))
		}
		return s
	}
	t := &table{heads: columns(l.Say(headWhat), l.Say(headWhen), l.Say(headScope), l.Say(headWho))}
	for _, f := range r.Next.Items {
		t.rows = append(t.rows, []cell{{text: l.Say(sayFreezeOf, f.Why)}, {text: p.span(f.From, f.Until)}, {text: p.scope(f.Scope)}, {text: orDash(f.Who)}})
	}
	for _, a := range r.NextDue {
		t.rows = append(t.rows, []cell{{text: l.Say(sayDueOf, a.What), link: link(a.Link)}, {text: l.day(p.local(*a.Due).Add(-1))}, {text: "–"}, {text: orDash(a.Owner)}})
	}
	s.show(p.cut(t))
	return s
}
