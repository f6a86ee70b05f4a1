// Package dashboards makes dashboards of Mackerel from the SLOs: one of the fleet, and
// one for each SLO. They show the service metrics that mackerel.Pusher sends. Only
// dashboards with our mark in the memo are changed or deleted.
package dashboards

import (
	"fmt"
	"strings"
	"time"

	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/mackerel"
)

// SLO is what a dashboard shows of one.
type SLO struct {
	Name, DisplayName, Service, Description string
	Objective                               float64 // ratio 0–1
	Window                                  string  // "28d"
	ShopSets                                []string
}

// Dashboard is one in the shape of https://mackerel.io/api-docs/entry/dashboards.
type Dashboard struct {
	Title   string   `json:"title"`
	Memo    string   `json:"memo"`
	URLPath string   `json:"urlPath"`
	Widgets []Widget `json:"widgets"`
}

// Widget is a piece of a dashboard.
type Widget struct {
	Type           string          `json:"type"` // graph, value or markdown
	Title          string          `json:"title"`
	Layout         Layout          `json:"layout"`
	Graph          *Reference      `json:"graph,omitempty"`
	Metric         *Reference      `json:"metric,omitempty"`
	Markdown       string          `json:"markdown,omitempty"`
	ReferenceLines []ReferenceLine `json:"referenceLines,omitempty"`
	FractionSize   *int            `json:"fractionSize,omitempty"`
}

// Reference names a graph or a metric of a service.
type Reference struct {
	Type        string `json:"type"` // service
	ServiceName string `json:"serviceName"`
	Name        string `json:"name"`
}

// ReferenceLine is a horizontal line in a graph; its value is at least 0.
type ReferenceLine struct {
	Label string  `json:"label"`
	Value float64 `json:"value"`
}

// Layout is a widget's place on a grid of 24 columns.
type Layout struct {
	X      int `json:"x"`
	Y      int `json:"y"`
	Width  int `json:"width"`
	Height int `json:"height"`
}

// mark is what the memo of a dashboard of ours is.
func mark(service string) string { return "made by shopslo [shopslo:" + service + "]" }

// columns of Mackerel's grid, and the height of our graphs.
const (
	columns = 24
	height  = 8
)

// page fills a grid from left to right, row by row.
type page struct {
	service string
	widgets []Widget
	x, y    int
	row     int // height of the row
}

func (p *page) put(w Widget, width, height int) {
	if p.x+width > columns {
		p.x, p.y, p.row = 0, p.y+p.row, 0
	}
	w.Layout = Layout{p.x, p.y, width, height}
	p.widgets = append(p.widgets, w)
	p.x, p.row = p.x+width, max(p.row, height)
}

func (p *page) markdown(text string, height int) {
	p.put(Widget{Type: "markdown", Markdown: text}, columns, height)
}

func (p *page) graph(title, name string, width int, lines ...ReferenceLine) {
	p.put(Widget{Type: "graph", Title: title, Graph: &Reference{"service", p.service, name}, ReferenceLines: lines}, width, height)
}

// number shows the latest value of a metric.
func (p *page) number(title, name string) {
	digits := 3
	p.put(Widget{Type: "value", Title: title, Metric: &Reference{"service", p.service, name}, FractionSize: &digits}, 4, 4)
}

// Make makes the dashboards of a Mackerel service: the fleet's first, then each SLO's.
// burn are the windows of the burn rates that are sent.
func Make(service string, slos []SLO, burn []time.Duration) []Dashboard {
	out := []Dashboard{fleet(service, slos, burn)}
	for _, s := range slos {
		out = append(out, ofSLO(service, s, burn))
	}
	return out
}

func fleet(service string, slos []SLO, burn []time.Duration) Dashboard {
	p := &page{service: service}
	p.markdown("# Error budgets\nEach line is a ShopSet. Remaining: 1 is untouched, below 0 is overspent. "+
		"Burn rate: 1 exhausts the budget in exactly its window. No line: no data.", 3)
	for _, s := range slos {
		p.graph(s.title()+": budget remaining", mackerel.Graph(s.Name, mackerel.Remaining), columns/2)
		if len(burn) > 0 {
			w := burn[len(burn)/2]
			p.graph(fmt.Sprintf("%s: %s", s.title(), title(mackerel.BurnRate(w))), mackerel.Graph(s.Name, mackerel.BurnRate(w)), columns/2, ReferenceLine{"exhausted in its window", 1})
		}
	}
	return Dashboard{Title: "Error budgets of " + service, Memo: mark(service), URLPath: path(service), Widgets: p.widgets}
}

func ofSLO(service string, s SLO, burn []time.Duration) Dashboard {
	p := &page{service: service}
	about := fmt.Sprintf("# %s\nObjective %s over %s, of each ShopSet.", s.title(), text.Objective(s.Objective)+" %", s.Window)
	if s.Description != "" {
		about += "\n\n" + s.Description
	}
	p.markdown(about, 4)
	for _, set := range s.ShopSets {
		p.number(set+": remaining", mackerel.Metric(s.Name, mackerel.Remaining, set))
	}
	p.graph("Budget remaining", mackerel.Graph(s.Name, mackerel.Remaining), columns/2)
	p.graph("SLI", mackerel.Graph(s.Name, mackerel.SLI), columns/2, ReferenceLine{"objective", s.Objective})
	for _, w := range burn {
		p.graph(title(mackerel.BurnRate(w)), mackerel.Graph(s.Name, mackerel.BurnRate(w)), columns/2, ReferenceLine{"exhausted in its window", 1})
	}
	p.graph("Coverage: part of the window that has data", mackerel.Graph(s.Name, mackerel.Coverage), columns/2)
	return Dashboard{Title: "SLO " + s.title(), Memo: mark(service), URLPath: path(service, s.Name), Widgets: p.widgets}
}

func (s SLO) title() string {
	if s.DisplayName != "" {
		return s.DisplayName
	}
	return s.Name
}

func title(figure string) string {
	words := strings.ReplaceAll(figure, "_", " ")
	return strings.ToUpper(words[:1]) + words[1:]
}

// path is a dashboard's address: Mackerel takes [-A-Za-z0-9_] between slashes.
func path(parts ...string) string {
	clean := []string{"shopslo"}
	for _, part := range parts {
		clean = append(clean, strings.Map(func(r rune) rune {
			if r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
				return r
			}
			return '_'
		}, part))
	}
	return strings.Join(clean, "/")
}
