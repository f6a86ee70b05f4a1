package review

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/slo"
)

// Lang is the language that a Report is written in.
type Lang string

// The languages.
const (
	English  Lang = "en"
	Japanese Lang = "ja"
)

// Langs lists them.
var Langs = []Lang{English, Japanese}

// of picks the text of the language.
func (l Lang) of(en, ja string) string {
	if l == Japanese {
		return ja
	}
	return en
}

// f formats the text of the language; its verbs may number their arguments, which the
// order of words needs.
func (l Lang) f(en, ja string, args ...any) string { return fmt.Sprintf(l.of(en, ja), args...) }

// both writes a sentence in both languages.
func both(write func(Lang) string) Text { return Text{write(English), write(Japanese)} }

// in picks the language.
func (t Text) in(l Lang) string { return l.of(t.English, t.Japanese) }

// number writes a count with thousands apart; what is no whole number with two decimals.
func number(f float64) string {
	text := strconv.FormatFloat(math.Abs(f), 'f', 0, 64)
	rest := ""
	if f != math.Trunc(f) {
		text, rest, _ = strings.Cut(strconv.FormatFloat(math.Abs(f), 'f', 2, 64), ".")
		rest = "." + rest
	}
	var b strings.Builder
	if f < 0 {
		b.WriteByte('-')
	}
	for i, c := range text {
		if i > 0 && (len(text)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(c)
	}
	return b.String() + rest
}

// sli writes the ratio of good events in percent with one decimal more than its objective
// has, cut and not rounded: what is not 100 % never looks like it. "" is not known: there
// is no ratio, or counts that contradict each other.
func (l Lang) sli(c Count, objective float64) string {
	if c.SLI == nil || *c.SLI > 1 || *c.SLI < 0 {
		return ""
	}
	_, decimals, _ := strings.Cut(text.Objective(objective), ".")
	places := len(decimals) + 1
	sli := *c.SLI
	if *c.Bad > 0 {
		sli = min(sli, 1-math.Pow10(-places-2))
	}
	return l.percentOf(text.Percent(sli, places))
}

// goal is the objective of an SLO of the report.
func (r Report) goal(slo string) float64 {
	for i := range r.Tiers {
		if r.Tiers[i].SLO == slo {
			return r.Tiers[i].Objective
		}
	}
	return 0
}

func (l Lang) percentOf(number string) string { return l.f("%s %%", "%s%%", number) }

// percent writes a ratio in percent with one decimal.
func (l Lang) percent(ratio float64) string {
	return l.percentOf(strconv.FormatFloat(ratio*100, 'f', 1, 64))
}

// objective writes an objective as people say it: 99.9 %.
func (l Lang) objective(ratio float64) string {
	return l.percentOf(text.Objective(ratio))
}

// rate writes a burn rate.
func rate(f float64) string {
	switch a := math.Abs(f); {
	case a >= 10:
		return number(math.Round(f))
	case a >= 0.095 || a == 0:
		return strconv.FormatFloat(f, 'f', 1, 64)
	}
	return strconv.FormatFloat(f, 'g', 1, 64)
}

// span writes a length of time for people: 3 d 4 h, 25 min, 40 s.
func (l Lang) span(seconds float64) string {
	s := int64(math.Round(seconds))
	part := func(n int64, en, ja string) string { return strconv.FormatInt(n, 10) + " " + l.of(en, ja) }
	join := func(a, b string, n int64) string {
		if n == 0 {
			return a
		}
		return a + " " + b
	}
	switch {
	case s >= 2*86400:
		return join(part(s/86400, "d", "日"), part(s%86400/3600, "h", "時間"), s%86400/3600)
	case s >= 3600:
		return join(part(s/3600, "h", "時間"), part(s%3600/60, "min", "分"), s%3600/60)
	case s >= 60:
		return part((s+30)/60, "min", "分")
	}
	return part(s, "s", "秒")
}

// window writes an SLO's window of days; others stay as the document has them.
func (l Lang) window(text string) string {
	days, ok := strings.CutSuffix(text, "d")
	if _, err := strconv.Atoi(days); !ok || err != nil {
		return text
	}
	return l.f("%s days", " %s 日間", days)
}

var weekdays = []rune("日月火水木金土")

// day writes a day: Mon 9 Nov, 11/9(月).
func (l Lang) day(t time.Time) string {
	if l == Japanese {
		return fmt.Sprintf("%d/%d(%c)", t.Month(), t.Day(), weekdays[t.Weekday()])
	}
	return t.Format("Mon 2 Jan")
}

// moment writes a day and a time of day.
func (l Lang) moment(t time.Time) string { return l.day(t) + " " + t.Format("15:04") }

// state is the name of a budget's state.
func (l Lang) state(s slo.State) string {
	switch s {
	case slo.NoData:
		return l.of("no data", "データなし")
	case slo.Inconsistent:
		return l.of("inconsistent", "矛盾")
	case slo.Exhausted:
		return l.of("exhausted", "枯渇")
	case slo.InsufficientData:
		return l.of("insufficient data", "データ不足")
	case slo.AtRisk:
		return l.of("at risk", "要注意")
	}
	return l.of("ok", "正常")
}

// verdict is what the gate says.
func (l Lang) verdict(v string) string {
	switch v {
	case "promote":
		return l.of("promote", "許可")
	case "hold":
		return l.of("hold", "保留")
	case "inconclusive":
		return l.of("inconclusive", "判断不能")
	case "":
		return l.of("not asked", "記録なし")
	}
	return v
}

// severity is that of a burn rate or an incident.
func (l Lang) severity(s string) string {
	switch s {
	case "page":
		return l.of("page", "呼び出し")
	case "ticket":
		return l.of("ticket", "チケット")
	case "critical":
		return l.of("critical", "緊急")
	case "major":
		return l.of("major", "重大")
	case "minor":
		return l.of("minor", "軽微")
	}
	return s
}

// incidentState is how far an incident is.
func (l Lang) incidentState(s string) string {
	switch s {
	case "open":
		return l.of("open", "対応中")
	case "mitigated":
		return l.of("mitigated", "緩和済み")
	case "resolved":
		return l.of("resolved", "解決済み")
	case "closed":
		return l.of("closed", "完了")
	}
	return s
}

// action is the state of an Action.
func (l Lang) action(s ActionState) string {
	switch s {
	case Overdue:
		return l.of("overdue", "期限切れ")
	case Done:
		return l.of("done", "完了")
	}
	return l.of("open", "未完了")
}

// unknown says why something is not known.
func (l Lang) unknown(u *Unknown) string {
	if u.Reason == NotConfigured {
		return l.f("Unknown, because %s is not configured in shopslo.yaml.", "不明：shopslo.yaml に %s が設定されていません。", u.Key)
	}
	return l.f("Unknown, because it could not be read: %s", "不明：読み取れませんでした（%s）", u.Error)
}

// list joins names, at most so many.
func (l Lang) list(names []string, most int) string {
	comma := l.of(", ", "、")
	if len(names) <= most {
		return strings.Join(names, comma)
	}
	return l.f("%s and %d more", "%s ほか %d 件", strings.Join(names[:most], comma), len(names)-most)
}

// short is a Release as people write it.
func short(release string) string {
	if len(release) > 10 && strings.Trim(release, "0123456789abcdef") == "" {
		return release[:10]
	}
	return release
}

// name is what a budget is called.
func (r Row) name() string {
	if r.Display != "" {
		return r.Display
	}
	return r.SLO
}
