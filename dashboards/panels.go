package dashboards

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/grafana/grafana-foundation-sdk/go/bargauge"
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/grafana/grafana-foundation-sdk/go/stat"
	"github.com/grafana/grafana-foundation-sdk/go/statetimeline"
	"github.com/grafana/grafana-foundation-sdk/go/table"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"

	"github.com/shopslo/shopslo/internal/text"
)

// panel is what every panel has.
type panel struct {
	title, about text.Entry
	width        uint32 // of 24
	height       uint32
	unit         string // one of Grafana's; "" is a plain number
	// steps are the colours from their value on, the lowest first.
	steps []dashboard.Threshold
}

// line is one query of a panel over time.
type line struct{ expr, legend string }

// Units and colours, as Grafana calls them.
const (
	share   = "percentunit" // a ratio 0–1
	seconds = "s"
	number  = "short"

	green, yellow, orange, red, grey = "green", "yellow", "orange", "red", "text"
)

// step colours values from v on.
func step(v float64, colour string) dashboard.Threshold {
	return dashboard.Threshold{Value: &v, Color: colour}
}

// from begins a list of steps: the colour of all that is below the first.
func from(colour string, steps ...dashboard.Threshold) []dashboard.Threshold {
	return append([]dashboard.Threshold{{Color: colour}}, steps...)
}

// wanted are the steps of counts that should be 0.
func wanted(bad string) []dashboard.Threshold { return from(green, step(1, bad)) }

// left are the steps of what remains of a budget.
var left = from(red, step(0, orange), step(0.25, green))

func thresholds(steps []dashboard.Threshold) *dashboard.ThresholdsConfigBuilder {
	return dashboard.NewThresholdsConfigBuilder().Mode(dashboard.ThresholdsModeAbsolute).Steps(steps)
}

// next numbers the panels.
func (b *board) next() uint32 { b.panels++; return b.panels }

func now(expr string) *prometheus.DataqueryBuilder {
	return prometheus.NewDataqueryBuilder().Datasource(source()).Expr(expr).Instant()
}

// stat shows one figure as it is now.
func (b *board) stat(p panel, expr string) {
	b.builder.WithPanel(stat.NewPanelBuilder().Id(b.next()).Datasource(source()).
		Title(b.language.Say(p.title)).Description(b.language.Say(p.about)).Span(p.width).Height(p.height).
		Unit(p.unit).Thresholds(thresholds(p.steps)).GraphMode(common.BigValueGraphModeNone).
		ColorScheme(dashboard.NewFieldColorBuilder().Mode(dashboard.FieldColorModeIdThresholds)).
		NoValue(b.language.Say(titleNotKnown)).
		ReduceOptions(common.NewReduceDataOptionsBuilder().Calcs([]string{"lastNotNull"})).
		WithTarget(now(expr)))
}

// bars shows one figure per series as it is now.
func (b *board) bars(p panel, l line) {
	b.builder.WithPanel(bargauge.NewPanelBuilder().Id(b.next()).Datasource(source()).
		Title(b.language.Say(p.title)).Description(b.language.Say(p.about)).Span(p.width).Height(p.height).
		Unit(p.unit).Min(0).Max(1).Thresholds(thresholds(p.steps)).Orientation(common.VizOrientationHorizontal).
		ColorScheme(dashboard.NewFieldColorBuilder().Mode(dashboard.FieldColorModeIdThresholds)).
		ReduceOptions(common.NewReduceDataOptionsBuilder().Calcs([]string{"lastNotNull"})).
		WithTarget(now(l.expr).LegendFormat(l.legend)))
}

// graph shows figures over time. A gap in the data is a gap in the line. With a
// variable named, there is a graph for each of its values.
func (b *board) graph(p panel, each string, lines ...line) {
	g := timeseries.NewPanelBuilder().Id(b.next()).Datasource(source()).
		Title(b.language.Say(p.title)).Description(b.language.Say(p.about)).Span(p.width).Height(p.height).
		Unit(p.unit).LineWidth(1).FillOpacity(0).SpanNulls(common.BoolOrFloat64{Bool: cog.ToPtr(false)}).
		Tooltip(common.NewVizTooltipOptionsBuilder().Mode(common.TooltipDisplayModeMulti).Sort(common.SortOrderDescending))
	if each != "" {
		g.Repeat(each).RepeatDirection(dashboard.PanelRepeatDirectionH).MaxPerRow(4)
	}
	if len(p.steps) > 0 {
		g.Thresholds(thresholds(p.steps)).ThresholdsStyle(common.NewGraphThresholdsStyleConfigBuilder().Mode(common.GraphThresholdsStyleModeDashed))
	}
	for i, l := range lines {
		g.WithTarget(prometheus.NewDataqueryBuilder().Datasource(source()).RefId(ref(i)).Expr(l.expr).Range().LegendFormat(b.words(l.legend)))
	}
	b.builder.WithPanel(g)
}

// state is a word that a number stands for.
type state struct {
	word   text.Entry
	colour string
}

// timeline shows which state held when; the series' value is the state's number.
func (b *board) timeline(p panel, l line, states []state) {
	b.builder.WithPanel(statetimeline.NewPanelBuilder().Id(b.next()).Datasource(source()).
		Title(b.language.Say(p.title)).Description(b.language.Say(p.about)).Span(p.width).Height(p.height).
		Mappings(b.mapped(states)).ShowValue(common.VisibilityModeNever).
		WithTarget(prometheus.NewDataqueryBuilder().Datasource(source()).Expr(l.expr).Range().LegendFormat(l.legend)))
}

// mapped turns numbers into words with colours.
func (b *board) mapped(states []state) []dashboard.ValueMapping {
	options := map[string]dashboard.ValueMappingResult{}
	for i, s := range states {
		options[strconv.Itoa(i)] = dashboard.ValueMappingResult{Text: cog.ToPtr(b.language.Say(s.word)), Color: cog.ToPtr(s.colour), Index: cog.ToPtr(int32(i))}
	}
	return []dashboard.ValueMapping{{ValueMap: &dashboard.ValueMap{Type: dashboard.MappingTypeValueToText, Options: options}}}
}

// coloured turns words of Argo CD into colours, and leaves them as they are.
func coloured(words map[string]string) []dashboard.ValueMapping {
	options := map[string]dashboard.ValueMappingResult{}
	for i, w := range slices.Sorted(maps.Keys(words)) {
		options[w] = dashboard.ValueMappingResult{Text: cog.ToPtr(w), Color: cog.ToPtr(words[w]), Index: cog.ToPtr(int32(i))}
	}
	return []dashboard.ValueMapping{{ValueMap: &dashboard.ValueMap{Type: dashboard.MappingTypeValueToText, Options: options}}}
}

// column is one of a table: a label of the rows, or the value of a query.
type column struct {
	title text.Entry
	label string // "" where it is a value
	expr  string // "" where another column's query has the label
	unit  string
	steps []dashboard.Threshold
	words []dashboard.ValueMapping
	link  string // an address; may have ${__data.fields.NAME}
}

// table joins the columns' queries by the labels that they share: a row for each
// combination, empty where a query has nothing. It is sorted by the column of that
// number.
func (b *board) table(p panel, sortBy int, descending bool, columns []column) {
	t := table.NewPanelBuilder().Id(b.next()).Datasource(source()).
		Title(b.language.Say(p.title)).Description(b.language.Say(p.about)).Span(p.width).Height(p.height)
	names, order, hidden := map[string]string{}, map[string]int{}, map[string]bool{"Time": true}
	queries, single := 0, count(columns) == 1
	for i, c := range columns {
		value := ""
		if c.expr != "" {
			if value = "Value"; !single { // Grafana numbers the values of several queries only
				value += " #" + ref(queries)
			}
			t.WithTarget(now(c.expr).RefId(ref(queries)).Format(prometheus.PromQueryFormatTable))
			queries++
		}
		field := c.label
		if field == "" {
			field = value
		} else if value != "" {
			hidden[value] = true
		}
		title := b.language.Say(c.title)
		names[field], order[field] = title, i
		if look := c.look(); len(look) > 0 {
			t.OverrideByName(title, look)
		}
	}
	b.builder.WithPanel(t.
		WithTransformation(dashboard.DataTransformerConfig{Id: "merge", Options: map[string]any{}}).
		WithTransformation(dashboard.DataTransformerConfig{Id: "organize", Options: map[string]any{"excludeByName": hidden, "indexByName": order, "renameByName": names}}).
		WithTransformation(dashboard.DataTransformerConfig{Id: "sortBy", Options: map[string]any{
			"sort": []map[string]any{{"field": b.language.Say(columns[sortBy].title), "desc": descending}}}}))
}

// count is how many queries the columns have.
func count(columns []column) int {
	n := 0
	for _, c := range columns {
		if c.expr != "" {
			n++
		}
	}
	return n
}

// look is how a column differs from plain text.
func (c *column) look() []dashboard.DynamicConfigValue {
	var out []dashboard.DynamicConfigValue
	add := func(id string, v any) { out = append(out, dashboard.DynamicConfigValue{Id: id, Value: v}) }
	if c.unit != "" {
		add("unit", c.unit)
	}
	if len(c.steps) > 0 {
		add("thresholds", dashboard.ThresholdsConfig{Mode: dashboard.ThresholdsModeAbsolute, Steps: c.steps})
	}
	if len(c.words) > 0 {
		add("mappings", c.words)
	}
	if len(c.steps)+len(c.words) > 0 {
		add("custom.cellOptions", map[string]string{"type": "color-text"})
	}
	if c.link != "" {
		add("links", []map[string]any{{"title": "", "url": c.link}})
	}
	return out
}

// ref names the queries of a panel.
func ref(i int) string { return string(rune('A' + i)) }

// words replaces legends that are words, not labels.
func (b *board) words(legend string) string {
	if w, ok := legends[legend]; ok {
		return b.language.Say(w)
	}
	return legend
}

// at names a ShopSet in legends.
const at = "{{shopset}} ({{tier}})"

// per keeps one series per set of labels: replicas of serve or exporter say the same.
func per(labels, metric string) string { return fmt.Sprintf("max by (%s) (%s)", labels, metric) }
