package review

import (
	"strconv"
	"strings"
)

func (p *page) releases(r Report) section {
	l := p.lang
	s := section{id: "releases", title: l.of("Releases and gate decisions", "リリースとゲートの判定")}
	if u := r.Releases.Unknown; u != nil {
		s.say(l.unknown(u))
	}
	if len(r.Releases.Items) == 0 && r.Releases.Unknown == nil {
		s.say(l.of("No Release came to a Tier.", "今週 Tier に入ったリリースはありません。"))
	}
	t := &table{heads: columns("Tier", l.of("Release", "リリース"), l.of("Moved", "反映"), l.of("Arrived", "配備完了"), ">"+l.of("Lead time", "リードタイム"), l.of("Gate", "ゲート"), l.of("By", "実施者"),
		l.of("What followed", "その後"))}
	for _, m := range r.Releases.Items {
		name := short(m.Release)
		if m.Back {
			name += l.of(" (rollback)", "（ロールバック）")
		}
		gate := cell{text: l.verdict(m.Gate), tone: verdictTone(m.Gate)}
		switch {
		case m.Back && m.Gate == "":
			gate = cell{text: "–"} // the gate is not asked about a way back
		case m.Merged:
			gate = cell{text: l.of("merged", "マージ")}
		case m.Entry == 0 && r.Decisions.Unknown == nil:
			gate = cell{text: l.of("not in the log: moved by hand", "ログになし（手動）"), tone: warn}
		}
		t.rows = append(t.rows, []cell{{text: m.Tier}, {text: name, link: link(m.Compare)}, {text: l.moment(p.local(m.Moved))}, {text: p.moment(m.Arrived, "–")},
			{text: seconds(m.Lead, l)}, gate, {text: orDash(m.By)}, p.followed(m)})
	}
	s.show(p.cut(t))
	if len(r.Releases.Items) > 0 {
		s.say(l.of("Lead time: since the decision log first named the Release. What followed: up to a day after against up to a day before, by the test of the section Changes.",
			"リードタイムは、判定ログに最初に現れてからの時間です。「その後」は前後最大 1 日ずつを「変化」と同じ検定で比べたものです。"))
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
		return cell{text: l.of("no change", "変化なし"), tone: good}
	case most == nil:
		return cell{text: l.of("unknown: too little to compare", "不明（比較データ不足）"), tone: none}
	}
	how, text := warn, l.of("better", "改善")
	switch {
	case most.harmed():
		how, text = bad, l.of("harm", "悪影響")
	case most.Worse:
		text = l.of("worse, within the budget", "悪化（許容内）")
	default:
		how = good
	}
	return cell{tone: how, text: l.f("%s: %s %s → %s bad (burn rate %s → %s)", "%s：%s 失敗 %s → %s 件（バーンレート %s → %s）", text, most.SLO,
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
		s.say(l.of("The gate decided nothing.", "ゲートの判定はありません。"))
		return
	}
	t := &table{heads: columns(l.of("To", "対象 Tier"), l.of("Release", "リリース"), l.of("Decision", "判定"), ">"+l.of("Asked", "回数"), l.of("Last", "最後"), l.of("First check that did not pass", "最初に通らなかった項目"), ">"+l.of("Log entry", "ログ番号"))}
	for _, d := range r.Decisions.Items {
		t.rows = append(t.rows, []cell{{text: d.Tier}, {text: orDash(short(d.Release))}, {text: l.verdict(d.Verdict), tone: verdictTone(d.Verdict)},
			{text: strconv.Itoa(d.Times)}, {text: l.moment(p.local(d.Last))}, {text: orDash(d.Reason)}, {text: strconv.Itoa(d.Entry)}})
	}
	s.show(p.cut(t))
}

// policy are freezes, overrides, exclusions and silences.
func (p *page) policy(r Report) section {
	l := p.lang
	s := section{id: "policy", title: l.of("Freezes, overrides, exclusions, silences", "リリース凍結・例外承認・計測除外・サイレンス")}
	if u := r.Freezes.Unknown; u != nil {
		s.say(l.unknown(u))
	}
	if u := r.Silences.Unknown; u != nil {
		s.say(l.of("Silences: ", "サイレンス：") + l.unknown(u))
	}
	if len(r.Freezes.Items)+len(r.Overrides.Items)+len(r.Exclusions.Items)+len(r.Silences.Items) == 0 {
		if r.Freezes.Unknown == nil {
			s.say(l.of("None was in force.", "有効だったものはありません。"))
		}
		return s
	}
	t := &table{heads: columns(l.of("Kind", "種別"), l.of("Name", "名前"), l.of("When", "期間"), l.of("Scope", "対象"), l.of("Who", "誰が"), l.of("Why", "理由"))}
	for _, f := range r.Freezes.Items {
		kind := l.of("freeze", "リリース凍結")
		if f.Urgent {
			kind = l.of("emergency stop", "緊急停止")
		}
		t.rows = append(t.rows, []cell{{text: kind}, {text: f.ID}, {text: p.span(f.From, f.Until)}, {text: p.scope(f.Scope)}, {text: orDash(f.Who)}, {text: orDash(f.Why)}})
	}
	for _, o := range r.Overrides.Items {
		why := orDash(o.Why) + l.f(" — waives %s", " — %s を免除", l.list(o.Checks, 5))
		if o.Used != nil {
			why += l.f(", used for %d decisions", "、判定 %d 回で使用", *o.Used)
		}
		t.rows = append(t.rows, []cell{{text: l.of("override", "例外承認"), tone: warn}, {text: o.ID, link: link(o.Link)}, {text: p.span(o.From, o.Until)}, {text: p.scope(o.Scope)}, {text: orDash(o.Who)}, {text: why}})
	}
	for _, x := range r.Exclusions.Items {
		why := orDash(x.Why)
		if len(x.SLOs) > 0 {
			why += l.f(" (%s only)", "（%s のみ）", l.list(x.SLOs, 3))
		}
		t.rows = append(t.rows, []cell{{text: l.of("exclusion", "計測除外")}, {text: x.ID, link: link(x.Link)}, {text: p.span(&x.From, &x.Until)}, {text: p.scope(x.Scope)}, {text: orDash(x.Who)}, {text: why}})
	}
	for _, x := range r.Silences.Items {
		t.rows = append(t.rows, []cell{{text: l.of("silence", "サイレンス")}, {text: firstPart(x.ID)}, {text: p.span(&x.From, &x.Until)}, {text: l.list(x.Matchers, 4)}, {text: orDash(x.Who)}, {text: orDash(x.Why)}})
	}
	s.show(p.cut(t))
	if len(r.Silences.Items) > 0 {
		s.say(l.of("An Alertmanager forgets silences some days after their end (five, unless it is told otherwise): those of the period's first days may be missing.",
			"Alertmanager は終了したサイレンスを数日（既定では 5 日）で忘れるため、期間の初めのものは漏れている可能性があります。"))
	}
	if len(r.Exclusions.Items) > 0 {
		s.say(l.of("What an exclusion leaves out is in none of this report's figures.", "計測から除外された時間は、このレポートのどの数値にも含まれません。"))
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
		return p.lang.of("the whole fleet", "全体")
	}
	return p.lang.list(names, 4)
}

// next is the week to come.
func (p *page) next(r Report) section {
	l := p.lang
	s := section{id: "next", title: l.of("Next week", "来週の予定")}
	if u := r.Next.Unknown; u != nil {
		s.say(l.unknown(u))
	}
	if len(r.Next.Items)+len(r.NextDue) == 0 {
		if r.Next.Unknown == nil {
			s.say(l.of("No freeze is planned, and no action item is due.", "リリース凍結の予定も、期限を迎える再発防止策もありません。"))
		}
		return s
	}
	t := &table{heads: columns(l.of("What", "内容"), l.of("When", "期間"), l.of("Scope", "対象"), l.of("Who", "誰が"))}
	for _, f := range r.Next.Items {
		t.rows = append(t.rows, []cell{{text: l.f("Freeze: %s", "リリース凍結：%s", f.Why)}, {text: p.span(f.From, f.Until)}, {text: p.scope(f.Scope)}, {text: orDash(f.Who)}})
	}
	for _, a := range r.NextDue {
		t.rows = append(t.rows, []cell{{text: l.f("Due: %s", "期限：%s", a.What), link: link(a.Link)}, {text: l.day(p.local(*a.Due).Add(-1))}, {text: "–"}, {text: orDash(a.Owner)}})
	}
	s.show(p.cut(t))
	return s
}
