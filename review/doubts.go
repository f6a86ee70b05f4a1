package review

import (
	"fmt"

	"github.com/shopslo/shopslo/slo"
)

// mostDoubts are listed; the others are counted.
const mostDoubts = 12

// doubts lists what makes budgets doubtful: each once, with the ShopSets that it is of.
func (p *page) doubts(s *section, r Report) {
	type doubt struct{ slo, text string }
	var order []doubt
	sets := map[doubt][]string{}
	for i := range r.Budgets {
		b := &r.Budgets[i]
		for _, text := range p.doubtsOf(b) {
			d := doubt{b.name(), text}
			if sets[d] == nil {
				order = append(order, d)
			}
			sets[d] = append(sets[d], b.ShopSet)
		}
	}
	if len(order) == 0 {
		return
	}
	l := p.lang
	s.say(l.of("Mind:", "注意："))
	for i, d := range order {
		if i == mostDoubts {
			s.say(l.f("and %d more.", "ほか %d 件。", len(order)-i))
			break
		}
		s.say(fmt.Sprintf("%s – %s: %s", d.slo, l.list(sets[d], 3), d.text))
	}
}

// doubtsOf says in words what makes a budget doubtful. Times of flags are left out, which
// would make each ShopSet's another.
func (p *page) doubtsOf(b *Row) []string {
	l := p.lang
	var out []string
	if b.Failure != nil {
		out = append(out, l.f("not being counted (%s).", "集計できていません（%s）。", *b.Failure))
	}
	for _, a := range b.Absent {
		if text := l.absence(a); text != "" {
			out = append(out, text)
		}
	}
	for _, f := range b.Flags {
		out = append(out, l.flag(f.Kind))
	}
	if b.VerdictFrom != nil {
		out = append(out, l.f("too short a history for a state until %s (budgets.least_history).", "履歴が短く、%s まで状態を判断できません（budgets.least_history）。", l.moment(p.local(*b.VerdictFrom))))
	}
	return out
}

// absence is what is not there; "" where that is no news.
func (l Lang) absence(a slo.Absence) string {
	near := ""
	if len(a.Nearest) > 0 {
		near = l.f("; there is %s", "（近いもの：%s）", l.list(a.Nearest, 3))
	}
	switch a.Kind {
	case slo.NoMetric:
		return l.f("the metric in %s does not exist%s. Nobody can tell good from bad.", "%s のメトリクスが存在しません%s。成否を判断できません。", a.Selector, near)
	case slo.NoLabel:
		return l.f("%s asks for the label %s, which does not exist%s. Nobody can tell good from bad.", "%s のラベル %s が存在しません%s。成否を判断できません。", a.Selector, a.Label, near)
	case slo.NoBound:
		return l.f("%s asks for a value of %s that does not exist%s. Nobody can tell good from bad.", "%s の %s にその値がありません%s。成否を判断できません。", a.Selector, a.Label, near)
	case slo.NoSubject:
		return l.f("others send the metric in %s, this ShopSet does not.", "%s はほかから届いていますが、この ShopSet からは届いていません。", a.Selector)
	case slo.Unlabelled:
		return l.f("series of %s do not carry the ShopSet's labels.", "%s の系列に ShopSet のラベルがありません。", a.Selector)
	case slo.LoneLabel:
		return l.f("%s matches on the label %s, which does not exist%s.", "%s の条件にあるラベル %s が存在しません%s。", a.Selector, a.Label, near)
	}
	return ""
}

// flag is what a flag means.
func (l Lang) flag(kind slo.FlagKind) string {
	switch kind {
	case slo.UnknownFirst:
		return l.of("series appeared with counts of unknown age, which were left out.", "いつからの値か分からない系列が現れ、その値は除外しました。")
	case slo.ClockAndDrop:
		return l.of("a start time moved to an implausible time while a counter dropped: taken for a restart.", "起動時刻が不自然に動き、カウンターも減ったため、再起動とみなしました。")
	case slo.UnexplainedDrop:
		return l.of("a counter dropped without a restart: taken for a reset.", "再起動していないのにカウンターが減ったため、リセットとみなしました。")
	case slo.PartialDrop:
		return l.of("a sum dropped by a part: its growth was left out.", "合計値の一部が減りました。その間の増加は除外しました。")
	case slo.UnclearRestart:
		return l.of("another series of the process dropped: taken as going on.", "同じプロセスの別の系列が減りましたが、継続しているとみなしました。")
	case slo.SeveralProcesses:
		return l.of("several processes answer under one name: give each labels of its own.", "複数のプロセスが同じ名前で応答しています。それぞれに固有のラベルを付けてください。")
	case slo.ChangedLabels:
		return l.of("labels changed and series could not be paired: the first counts of the new ones were left out.", "ラベルが変わり、系列を対応付けられませんでした。新しい系列の最初の値は除外しました。")
	}
	return l.f("the figures are flagged (%s).", "数値に疑義があります（%s）。", string(kind))
}
