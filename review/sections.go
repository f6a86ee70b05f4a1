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
	s := section{id: "first", title: l.of("What to talk about first", "最初に話すこと")}
	if len(r.Findings) == 0 {
		s.say(l.of("Nothing stands out: no budget is exhausted or about to be, nothing changed beyond noise, and no action item is overdue.",
			"特記事項はありません。枯渇した、または枯渇しそうなバジェット、偶然とは言えない変化、期限切れの再発防止策はいずれもありません。"))
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
	s := section{id: "actions", title: l.of("Action items", "再発防止策")}
	if u := r.Actions.Unknown; u != nil {
		s.say(l.unknown(u))
	}
	if len(r.Actions.Items) == 0 {
		if r.Actions.Unknown == nil {
			s.say(l.of("None is open, and none was done this week.", "未完了のもの、今週完了したものはありません。"))
		}
		return s
	}
	t := &table{heads: columns(l.of("State", "状態"), l.of("What", "内容"), l.of("Owner", "担当"), l.of("Due", "期限"), l.of("From", "発生元"))}
	for _, a := range r.Actions.Items {
		due := "–"
		if a.Due != nil {
			due = l.day(p.local(*a.Due).AddDate(0, 0, 0).Add(-1))
		}
		if a.State == Done {
			due = l.f("done %s", "%s 完了", l.day(p.local(*a.Done)))
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
	s := section{id: "incidents", title: l.of("Incidents", "インシデント")}
	if u := r.Incidents.Unknown; u != nil {
		s.say(l.unknown(u))
	}
	if len(r.Incidents.Items) == 0 {
		if r.Incidents.Unknown == nil {
			s.say(l.of("None began, ended or went on this week.", "今週発生・終息・継続したものはありません。"))
		}
		return s
	}
	t := &table{heads: columns(l.of("Incident", "インシデント"), l.of("Severity", "重大度"), l.of("State", "状態"), l.of("Detected", "検知"),
		l.of("Affects", "影響範囲"), ">"+l.of("To detect", "検知まで"), ">"+l.of("To mitigate", "緩和まで"), ">"+l.of("To resolve", "解決まで"), l.of("Postmortem", "ポストモーテム"))}
	for _, x := range r.Incidents.Items {
		what := x.ID + " " + x.Title
		if x.Release != "" {
			what += l.f(" (Release %s suspected)", "（リリース %s の疑い）", short(x.Release))
		}
		scope := l.list(x.Scope, 4)
		switch {
		case x.Fleet:
			scope = l.of("the whole fleet", "全体")
		case len(x.Scope) == 0:
			scope = l.of("unknown", "不明")
		}
		written := l.of("unknown", "不明")
		switch {
		case len(x.Lacks) > 0:
			written = l.of("not complete", "未完成")
		case x.Lacks != nil:
			written = l.of("written", "記入済み")
		}
		ongoing := x.State == "open" || x.State == "mitigated"
		t.rows = append(t.rows, []cell{{text: what, link: link(x.Link)}, {text: l.severity(x.Severity)},
			{text: l.incidentState(x.State), tone: map[bool]tone{true: bad}[ongoing]}, {text: l.moment(p.local(x.Detected))}, {text: scope},
			{text: seconds(x.ToDetect, l)}, {text: seconds(x.ToRelieve, l)}, {text: seconds(x.ToResolve, l)}, {text: written}})
	}
	s.show(p.cut(t))
	return s
}

func (p *page) budgets(r Report) section {
	l := p.lang
	s := section{id: "budgets", title: l.of("Error budgets", "エラーバジェット")}
	if len(r.Budgets) == 0 {
		s.say(l.of("There is no budget: no SLO applies to a ShopSet.", "バジェットがありません：どの ShopSet にも SLO が適用されていません。"))
		return s
	}
	s.say(l.of("Counts of all ShopSets of a Tier, summed. Arrows lead from the week before to this one. A day's bar is its burn rate:", "Tier 内の全 ShopSet の件数を合計。矢印は先週から今週への変化。日別の棒はその日のバーンレート："))
	s.blocks = append(s.blocks, block{legend: l.legend()})
	s.show(p.cut(p.budgetTable(r.Tiers, false)))
	if len(r.Tiers) == len(r.Budgets) {
		p.doubts(&s, r)
		return s
	}
	rows := r.worstFirst()
	s.say(l.of("By ShopSet, the worst first:", "ShopSet 別（悪い順）："))
	s.show(p.cut(p.budgetTable(rows, true)))
	for _, b := range rows {
		if b.ExhaustedOn != nil {
			s.say(l.of("“Exhausted on” assumes that every day to come counts what the last seven did on average, while old days leave the window.",
				"「枯渇予測」は、今後も直近 7 日の平均が毎日続き、古い日が期間から外れていくと仮定したものです。"))
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
	heads = append(heads, l.of("State", "状態"), ">"+l.of("Budget left", "残り"), ">SLI",
		">"+l.of("Bad / all", "失敗／全件"), l.of("Days", "日別"), l.of("Burn rate vs 4 weeks", "バーンレート（直前 4 週比）"))
	if single {
		heads = append(heads, l.of("Exhausted on", "枯渇予測"))
	}
	t := &table{heads: columns(heads...)}
	for _, b := range rows {
		name := b.name() + l.f(" (%s in %s)", "（%s／%s）", l.objective(b.Objective), b.Window)
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
		text = p.lang.of("history too short", "履歴不足")
	}
	if b.ShopSets > 1 && b.States[b.State] < b.ShopSets {
		var parts []string
		for _, s := range urgency {
			if n := b.States[s]; n > 0 {
				parts = append(parts, p.lang.f("%d %s", "%[2]s %[1]d", n, p.lang.state(s)))
			}
		}
		text = strings.Join(parts, p.lang.of(", ", "、"))
	}
	if c := b.Budget.Coverage; b.ShopSet != "" && c > 0 && c < leastCoverage {
		text += p.lang.f(" (data for %s of %s)", "（%[2]sの %[1]s のみデータあり）", p.lang.percent(c), strings.TrimSpace(p.lang.window(b.Window)))
	}
	if !b.Exact {
		text += p.lang.of(" (sampled)", "（定点評価）")
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

func counts(c Count, l Lang) string {
	if c.Total == nil {
		return l.of("no data", "データなし")
	}
	return number(*c.Bad) + " / " + number(*c.Total)
}

// against compares a week with the four before.
func (p *page) against(b Row) cell {
	l := p.lang
	switch {
	case b.Chance == nil:
		return cell{text: l.of("too little to compare", "比較データ不足"), tone: none}
	case !b.Significant:
		return cell{text: l.of("as before", "変化なし")}
	}
	text := rateOf(b.Baseline.Burn) + " → " + rateOf(b.Week.Burn)
	if b.Baseline.Burn != nil && b.Week.Burn != nil && *b.Week.Burn < *b.Baseline.Burn {
		return cell{text: l.of("▼ better: ", "▼ 改善 ") + text, tone: good}
	}
	return cell{text: l.of("▲ worse: ", "▲ 悪化 ") + text, tone: bad}
}

func (p *page) changes(r Report) section {
	l := p.lang
	s := section{id: "changes", title: l.of("Changes", "変化")}
	if r.Compared == 0 {
		s.say(l.f("Unknown: it takes %d days with traffic in the four weeks before to compare with.", "不明：直前 4 週にアクセスのある日が %d 日以上必要です。", leastDays))
		return s
	}
	if len(r.Changes) == 0 {
		s.say(l.f("%d comparisons with the four weeks before: nothing changed beyond noise.", "直前 4 週との比較 %d 件：偶然とは言えない変化はありません。", r.Compared))
	}
	t := &table{heads: columns("SLO", "Tier", "ShopSet", l.of("Change", "変化"), ">"+l.of("Four weeks before", "直前 4 週"), ">"+l.of("This week", "今週"), ">"+l.of("Burn rate", "バーンレート"), ">"+l.of("By noise alone", "偶然だけの確率"))}
	for _, c := range r.Changes {
		what, how := l.of("▼ better", "▼ 改善"), good
		if c.Worse {
			what, how = l.of("▲ worse", "▲ 悪化"), bad
		}
		set := c.ShopSet
		if set == "" {
			set = l.of("all", "全体")
		}
		t.rows = append(t.rows, []cell{{text: c.SLO}, {text: c.Tier}, {text: set}, {text: what, tone: how}, {text: orDash(l.sli(c.Before, r.goal(c.SLO)))}, {text: orDash(l.sli(c.After, r.goal(c.SLO)))},
			{text: rateOf(c.Before.Burn) + " → " + rateOf(c.After.Burn)}, {text: l.chance(*c.Chance)}})
	}
	s.show(p.cut(t))
	s.say(l.f("Listed is what an exact test of the counts and a t-test with the spread of the days before both find, at 1 %% divided by %d comparisons, and where the burn rate moves by 0.1 or more.",
		"件数の正確検定と、以前の日ごとのばらつきによる t 検定の両方で有意（1%% ÷ 比較 %d 件）であり、バーンレートが 0.1 以上動いたものだけを載せています。", r.Compared))
	return s
}

func (p *page) pages(r Report) section {
	l := p.lang
	s := section{id: "pages", title: l.of("Pages and tickets", "呼び出しとチケット")}
	if r.Looked.FineFrom == nil {
		s.say(l.of("Unknown: nothing was counted.", "不明：集計データがありません。"))
		return s
	}
	if len(r.Pages) == 0 {
		s.say(l.of("No burn rate was above an alert's threshold.", "バーンレートがアラートのしきい値を超えたことはありません。"))
	}
	t := &table{heads: columns(l.of("Severity", "種別"), "SLO", "Tier", "ShopSet", ">"+l.of("Times", "回数"), l.of("First", "最初"), l.of("Last end", "最後の終わり"), ">"+l.of("How long in all", "合計時間"), ">"+l.of("Highest burn rate", "最大バーンレート"))}
	for _, g := range grouped(r.Pages) {
		end := l.moment(p.local(g.Until))
		if g.AtEnd {
			end = l.of("goes on", "継続中")
		}
		tones := map[slo.Severity]tone{slo.Page: bad, slo.Ticket: warn}
		t.rows = append(t.rows, []cell{{text: l.severity(string(g.Severity)), tone: tones[g.Severity]}, {text: g.SLO}, {text: g.Tier}, {text: g.ShopSet},
			{text: number(float64(g.times))}, {text: l.moment(p.local(g.From))}, {text: end}, {text: l.span(g.long.Seconds())}, {text: l.f("%s over %s", "%s（%s）", rate(g.Peak), l.span(g.PeakWindow))}})
	}
	s.show(p.cut(t))
	s.say(l.of("These are the times when the counted burn rates were above an alert's threshold; whether anybody was called is not known here.",
		"集計したバーンレートがアラートのしきい値を超えていた時間です。実際に通知されたかどうかはここでは分かりません。"))
	if r.Looked.FineFrom.After(r.From) {
		s.say(l.f("Before %[1]s only one edge every %[2]s is kept: shorter ones may be missing.", "%[1]s より前は %[2]sごとの記録しか残っていないため、それより短いものは漏れている可能性があります。",
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
	s := section{id: "gaps", title: l.of("Data gaps", "データの欠落")}
	if r.Outage != nil {
		s.say(l.unknown(r.Outage))
	}
	if len(r.Gaps) == 0 {
		if r.Outage == nil {
			s.say(l.of("None of five minutes or more.", "5 分以上の欠落はありません。"))
		}
		return s
	}
	t := &table{heads: columns("ShopSet", "Tier", "SLO", ">"+l.of("Without data", "データなしの時間"), l.of("Days", "該当日"))}
	for _, g := range r.Gaps {
		var days []string
		for _, d := range g.Days {
			days = append(days, l.day(p.local(d)))
		}
		long := l.span(g.Missing)
		if g.All {
			long = l.of("all of the week", "期間すべて")
			days = nil
		}
		t.rows = append(t.rows, []cell{{text: g.ShopSet}, {text: g.Tier}, {text: l.list(g.SLOs, 3)}, {text: long, tone: none}, {text: orDash(strings.Join(days, l.of(", ", "、")))}})
	}
	s.show(p.cut(t))
	s.say(l.of("No data is not a pass: what happened then is unknown.", "データなしは合格ではありません。その間に何が起きたかは不明です。"))
	return s
}
