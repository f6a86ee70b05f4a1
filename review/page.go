package review

import (
	"strings"
	"time"
)

// page is a Report in one language, before it is Markdown, HTML or text.
type page struct {
	lang     lang
	zone     *time.Location
	most     int // rows of a table
	title    string
	lead     string
	sections []section
}

// section is one of a page. Its id is the same in every language.
type section struct {
	id, title string
	blocks    []block
}

// block is a paragraph, a list, a table or a legend: what is not empty.
type block struct {
	text   string
	legend []string
	items  []item
	table  *table
}

// item is one of a numbered list.
type item struct {
	text, link string
	tone       tone
}

// table has a line of heads, and as many cells in each row.
type table struct {
	heads []head
	rows  [][]cell
	more  string // what is said of rows that are left out
}

type head struct {
	text  string
	right bool // figures
}

// cell is one of a table.
type cell struct {
	text, link string
	tone       tone
	days       []Count  // a strip, instead of text
	bar        *float64 // what is left of a budget, beside text
}

// tone is how good something is; never the only sign of it.
type tone string

const (
	plain tone = "" // nothing to tell
	good  tone = "good"
	warn  tone = "warn"
	bad   tone = "bad"
	none  tone = "none" // nobody knows
)

func (s *section) say(text string) {
	if text != "" {
		s.blocks = append(s.blocks, block{text: text})
	}
}

func (s *section) show(t *table) {
	if len(t.rows) > 0 {
		s.blocks = append(s.blocks, block{table: t})
	}
}

// columns makes the heads; those that begin with ">" are of figures.
func columns(names ...string) []head {
	out := make([]head, len(names))
	for i, n := range names {
		text, right := strings.CutPrefix(n, ">")
		out[i] = head{text, right}
	}
	return out
}

// cut leaves out rows behind the most that are shown.
func (p *page) cut(t *table) *table {
	if n := len(t.rows) - p.most; n > 0 {
		t.rows = t.rows[:p.most]
		t.more = p.lang.Say(sayMoreRowsLeftOut, n)
	}
	return t
}

// level is how high a day stands in a strip: 0 where nothing is bad, 5 where six budgets
// or more burn; below 0: no data (-2) or no traffic (-1).
func level(d Count) int {
	switch {
	case d.Total == nil:
		return -2
	case d.Burn == nil:
		return -1
	case *d.Burn == 0:
		return 0
	}
	for i, limit := range []float64{0.5, 1, 2, 6} {
		if *d.Burn < limit {
			return i + 1
		}
	}
	return 5
}

// legend says what the levels of a strip mean, the lowest first.
func (l lang) legend() []string {
	return []string{l.Say(daysNoData), l.Say(daysNoTraffic), l.Say(daysNothingBad), l.Say(daysBelowHalf),
		l.Say(daysWithinBudget), l.Say(daysBelowTwo), l.Say(daysBelowSix), l.Say(daysOrMore)}
}

// letters show the levels of a strip where nothing can be drawn.
var letters = []rune("?·▁▂▃▅▆█")

// strip writes days as letters.
func strip(days []Count) string {
	var b strings.Builder
	for _, d := range days {
		b.WriteRune(letters[level(d)+2])
	}
	return b.String()
}

// local is a time in the page's zone.
func (p *page) local(t time.Time) time.Time { return t.In(p.zone) }

func (p *page) moment(t *time.Time, otherwise string) string {
	if t == nil {
		return otherwise
	}
	return p.lang.moment(p.local(*t))
}

// span writes when something began and ended.
func (p *page) span(from, until *time.Time) string {
	l := p.lang
	return p.moment(from, l.Say(sayBefore)) + l.Say(sayUntil) + p.moment(until, l.Say(sayUntilLifted))
}

func seconds(s *float64, l lang) string {
	if s == nil {
		return "–"
	}
	return l.span(*s)
}

// link keeps what is no address of the web, nor a section, from becoming a link.
func link(to string) string {
	if strings.HasPrefix(to, "https://") || strings.HasPrefix(to, "http://") || strings.HasPrefix(to, "#") {
		return to
	}
	return ""
}

// page makes the page; most bounds the rows of a table.
func (r Report) page(l lang, most int) *page {
	zone, err := time.LoadLocation(r.Zone)
	if err != nil {
		zone = time.UTC
	}
	p := &page{lang: l, zone: zone, most: most}
	p.title = l.Say(saySloReview, r.Week)
	last := p.local(r.Until).Add(-time.Nanosecond)
	p.lead = l.Say(sayFromTo, l.day(p.local(r.From)), l.day(last), r.Zone)
	if r.Until.Sub(r.From) <= 24*time.Hour {
		p.lead = l.Say(titleWeek, l.day(last), r.Zone)
	}
	if r.Partial {
		p.lead += l.Say(saySoFarUntil, l.moment(p.local(r.Until)))
	}
	p.sections = []section{
		p.findings(r), p.actions(r), p.incidents(r), p.budgets(r), p.changes(r), p.pages(r), p.releases(r), p.policy(r), p.gaps(r), p.next(r),
	}
	return p
}
