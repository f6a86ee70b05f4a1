package review

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"strings"
	"sync"

	"github.com/shopslo/shopslo/internal/text"
)

//go:embed report.html.tmpl
var pageText string

var pageTemplate = sync.OnceValue(func() *template.Template { return template.Must(template.New("report").Parse(pageText)) })

// HTML writes the Report as one file that needs nothing else: no script, no font, no
// request.
func (r Report) HTML(l text.Language) (string, error) {
	p := r.page(lang{l}, mostShown)
	var b bytes.Buffer
	if err := pageTemplate().Execute(&b, p.view()); err != nil {
		return "", fmt.Errorf("write the review as HTML: %w", err)
	}
	return b.String(), nil
}

// view is the page as the template sees it.
type view struct {
	Lang, Title, Lead, Contents, More string
	Sections                          []sectionView
}

type sectionView struct {
	ID, Title string
	Blocks    []blockView
}

type blockView struct {
	Text   string
	Legend []legendView
	Items  []itemView
	Table  *tableView
}

type legendView struct {
	Bar  template.HTML
	Text string
}

type itemView struct{ Text, Link, Tone string }

type tableView struct {
	Heads []headView
	Rows  [][]cellView
	More  string
}

type headView struct {
	Text  string
	Right bool
}

type cellView struct {
	Text, Link, Tone string
	Right, Long      bool
	Days             template.HTML
	Bar              template.HTML
}

func (p *page) view() view {
	l := p.lang
	v := view{Lang: string(l.Language), Title: p.title, Lead: p.lead, Contents: l.Say(headContents), More: l.Say(linkMore)}
	for _, s := range p.sections {
		sv := sectionView{ID: s.id, Title: s.title}
		for _, b := range s.blocks {
			bv := blockView{Text: b.text}
			for _, it := range b.items {
				bv.Items = append(bv.Items, itemView{it.text, it.link, string(it.tone)})
			}
			for i, text := range b.legend {
				bv.Legend = append(bv.Legend, legendView{template.HTML(`<svg aria-hidden="true" width="14" height="22" viewBox="0 0 14 22">` + dayBar(i-2, 1, "") + `</svg>`), text})
			}
			if b.table != nil {
				bv.Table = p.viewTable(b.table)
			}
			sv.Blocks = append(sv.Blocks, bv)
		}
		v.Sections = append(v.Sections, sv)
	}
	return v
}

func (p *page) viewTable(t *table) *tableView {
	out := &tableView{More: t.more}
	for _, h := range t.heads {
		out.Heads = append(out.Heads, headView{h.text, h.right})
	}
	for _, row := range t.rows {
		var line []cellView
		for i, c := range row {
			cv := cellView{Text: c.text, Link: c.link, Tone: string(c.tone), Right: t.heads[i].right, Long: text.Width(c.text) > 42}
			if c.days != nil {
				cv.Days = stripSVG(p, c.days)
			}
			if c.bar != nil {
				cv.Bar = barSVG(*c.bar)
			}
			line = append(line, cv)
		}
		out.Rows = append(out.Rows, line)
	}
	return out
}

// A day's bar, in pixels.
const dayWidth, dayGap, dayHeight = 12, 2, 22

// dayBar draws one bar; see level.
func dayBar(level, x int, title string) string {
	tall := 3 + 3.6*float64(max(level, 0))
	class := fmt.Sprintf("d%d", max(level, 0))
	switch level {
	case -2:
		class, tall = "dx", dayHeight-1
	case -1:
		class, tall = "dq", 3
	}
	if title != "" {
		title = "<title>" + template.HTMLEscapeString(title) + "</title>"
	}
	return fmt.Sprintf(`<rect class="%s" x="%d" y="%.1f" width="%d" height="%.1f" rx="1.5">%s</rect>`, class, x, dayHeight-tall, dayWidth, tall-.5, title)
}

// stripSVG draws a bar for each day: its height and its colour tell how fast the budget
// burnt, its title the figures.
func stripSVG(p *page, days []Count) template.HTML {
	l := p.lang
	var b strings.Builder
	var all []string
	for i, d := range days {
		told := counts(d, l)
		if d.From != nil {
			told = l.day(p.local(*d.From)) + ": " + told
		}
		if d.Burn != nil {
			told += l.Say(legendBurnRate, rate(*d.Burn))
		}
		all = append(all, told)
		b.WriteString(dayBar(level(d), i*(dayWidth+dayGap)+1, told))
	}
	wide := len(days)*(dayWidth+dayGap) + 1
	return template.HTML(fmt.Sprintf(`<svg class="strip" role="img" width="%d" height="%d" viewBox="0 0 %d %d" aria-label="%s">%s</svg>`,
		wide, dayHeight, wide, dayHeight, template.HTMLEscapeString(strings.Join(all, "; ")), b.String()))
}

// barSVG draws what is left of a budget; the text beside it has the figure.
func barSVG(left float64) template.HTML {
	class := "d0"
	switch {
	case left < 0:
		class = "d5"
	case left < 0.25:
		class = "d3"
	}
	return template.HTML(fmt.Sprintf(`<svg class="bar" aria-hidden="true" width="44" height="8" viewBox="0 0 44 8"><rect class="track" width="44" height="8" rx="2"/><rect class="%s" width="%.1f" height="8" rx="2"/></svg>`,
		class, 44*min(1, max(0.04, left))))
}
