package review

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/shopslo/shopslo/internal/outage"
	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/slo"
)

// lang is the language that a Report is written in.
type lang struct{ text.Language }

// both writes a sentence in both languages.
func both(write func(lang) string) Text {
	return Text{write(lang{text.English}), write(lang{text.Japanese})}
}

// in picks the language.
func (t Text) in(l lang) string {
	if l.Language == text.Japanese {
		return t.Japanese
	}
	return t.English
}

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
func (l lang) sli(c Count, objective float64) string {
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

func (l lang) percentOf(number string) string { return l.Say(sayPercent, number) }

// percent writes a ratio in percent with one decimal.
func (l lang) percent(ratio float64) string {
	return l.percentOf(strconv.FormatFloat(ratio*100, 'f', 1, 64))
}

// objective writes an objective as people say it: 99.9 %.
func (l lang) objective(ratio float64) string {
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
func (l lang) span(seconds float64) string {
	d := time.Duration(math.Round(seconds)) * time.Second
	if d < time.Minute {
		return l.Duration(d, time.Second, 1)
	}
	return l.Duration(d, time.Minute, 2)
}

// window writes an SLO's window of days; others stay as the document has them.
func (l lang) window(text string) string {
	days, ok := strings.CutSuffix(text, "d")
	if _, err := strconv.Atoi(days); !ok || err != nil {
		return text
	}
	return l.Say(sayWindowDays, days)
}

var weekdays = []rune("日月火水木金土")

// day writes a day: Mon 9 Nov, 11/9(月).
func (l lang) day(t time.Time) string {
	if l.Language == text.Japanese {
		return fmt.Sprintf("%d/%d(%c)", t.Month(), t.Day(), weekdays[t.Weekday()])
	}
	return t.Format("Mon 2 Jan")
}

// moment writes a day and a time of day.
func (l lang) moment(t time.Time) string { return l.day(t) + " " + t.Format("15:04") }

// state is the name of a budget's state.
func (l lang) state(s slo.State) string {
	switch s {
	case slo.NoData:
		return l.Say(daysNoData)
	case slo.Inconsistent:
		return l.Say(wordInconsistent)
	case slo.Exhausted:
		return l.Say(wordExhausted)
	case slo.InsufficientData:
		return l.Say(wordInsufficientData)
	case slo.AtRisk:
		return l.Say(wordAtRisk)
	}
	return l.Say(wordOk)
}

// verdict is what the gate says.
func (l lang) verdict(v string) string {
	switch v {
	case "promote":
		return l.Say(wordPromote)
	case "hold":
		return l.Say(wordHold)
	case "inconclusive":
		return l.Say(wordInconclusive)
	case "":
		return l.Say(wordNotAsked)
	}
	return v
}

// severity is that of a burn rate.
func (l lang) severity(s slo.Severity) string {
	if s == slo.Page {
		return l.Say(wordPage)
	}
	return l.Say(wordTicket)
}

// action is the state of an Action.
func (l lang) action(s ActionState) string {
	switch s {
	case Overdue:
		return l.Say(wordOverdue)
	case Done:
		return l.Say(wordDone)
	}
	return l.Say(wordActionOpen)
}

// unknown says why something is not known.
func (l lang) unknown(u *Unknown) string {
	if u.Reason == NotConfigured {
		return l.Say(sayUnknownBecauseNotConfigured, u.Key)
	}
	return l.Say(sayUnknownBecauseCouldNot, outage.Say(l.Language, u.Error))
}

// list joins names, at most so many.
func (l lang) list(names []string, most int) string {
	if len(names) <= most {
		return l.List(names)
	}
	return l.Say(sayListMore, l.List(names[:most]), len(names)-most)
}

// short is a Release as people write it.
func short(release string) string {
	if len(release) > 10 && strings.Trim(release, "0123456789abcdef") == "" {
		return release[:10]
	}
	return release
}

// name is what a budget is called, and whose it is.
func (r Row) name() string {
	name := cmp.Or(r.Display, r.SLO)
	if r.Owner != "" {
		name += " (" + r.Owner + ")"
	}
	return name
}
