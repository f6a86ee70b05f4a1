package dashboards

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/teststorage"

	"github.com/shopslo/shopslo/dashboards/metricstest"
	"github.com/shopslo/shopslo/exporters/budget"
	"github.com/shopslo/shopslo/internal/goldentest"
	vocabulary "github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

func files(t testing.TB) map[string][]byte {
	t.Helper()
	made, err := Files()
	if err != nil {
		t.Fatal(err)
	}
	if len(made) != 6 {
		t.Fatalf("%d dashboards, want three in two languages", len(made))
	}
	return made
}

func TestTheFilesAreWhatIsMadeNow(t *testing.T) {
	made := files(t)
	for name, data := range made {
		goldentest.Compare(t, filepath.Join("grafana", name), data)
	}
	there, err := filepath.Glob("grafana/*")
	if err != nil || len(there) != len(made) {
		t.Errorf("grafana/ holds %v (%v), made are %v", there, err, slices.Sorted(maps.Keys(made)))
	}
}

// read is what the tests look at of a dashboard.
type read struct {
	UID        string
	Title      string
	Panels     []readPanel
	Templating struct {
		List []struct {
			Name  string
			Type  string
			Query any
		}
	}
}

type readPanel struct {
	ID                 uint32
	Type               string
	Title, Description string
	GridPos            struct{ X, Y, W, H int }
	Targets            []struct{ Expr, RefID string }
	FieldConfig        struct {
		Overrides []struct{ Matcher struct{ Options any } }
	}
	Transformations []struct {
		ID      string
		Options struct {
			RenameByName map[string]string
			Sort         []struct{ Field string }
		}
	}
}

func boards(t testing.TB) map[string]read {
	t.Helper()
	out := map[string]read{}
	for name, data := range files(t) {
		var r read
		if err := json.Unmarshal(data, &r); err != nil {
			t.Fatal(err)
		}
		out[name] = r
	}
	return out
}

// variable is one of Grafana's in an expression; "$1" of label_replace is none.
var variable = regexp.MustCompile(`\$[a-z_]\w*`)

// filled is an expression as Grafana sends it.
func filled(t testing.TB, expr string) string {
	values := map[string]string{"$slo": "cart", "$tier": ".*", "$shopset": ".*", "$window": "1h", "$__rate_interval": "5m", "$__range": "6h", "$instance": ".*"}
	return variable.ReplaceAllStringFunc(expr, func(v string) string {
		if values[v] == "" {
			t.Errorf("unknown variable %s in %s", v, expr)
		}
		return values[v]
	})
}

// expressions are all that a dashboard asks for: its panels' queries, and the series
// that its variables are chosen from.
func expressions(t testing.TB, b read) []string {
	t.Helper()
	var out []string
	for _, p := range b.Panels {
		for _, q := range p.Targets {
			out = append(out, filled(t, q.Expr))
		}
	}
	for _, v := range b.Templating.List {
		if text, ok := v.Query.(string); ok && v.Type == "query" {
			series, label, found := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(text, "label_values("), ")"), "}, ")
			if series += "}"; !found {
				series, label, _ = strings.Cut(strings.TrimSuffix(series, "}"), ", ")
			}
			out = append(out, "count by ("+label+") ("+filled(t, series)+")")
		}
	}
	return out
}

func TestEveryExpressionAsksForWhatIsExported(t *testing.T) {
	metrics := metricstest.Exported(t, "../docs/metrics.md")
	for name, b := range boards(t) {
		if strings.HasPrefix(name, "serve") {
			continue // cmd/shopslo, which has those metrics, looks at it
		}
		all := expressions(t, b)
		if len(all) < 15 {
			t.Errorf("%s: only %d expressions found", name, len(all))
		}
		for _, expr := range all {
			if err := metrics.Check(expr); err != nil {
				t.Errorf("%s: %v\n%s", name, err, expr)
			}
		}
	}
}

func TestBothLanguagesShowTheSame(t *testing.T) {
	all := boards(t)
	kana := func(s string) bool {
		return strings.ContainsFunc(s, func(c rune) bool { return c >= 0x3040 && c <= 0x9fff })
	}
	for _, name := range []string{"fleet", "slo", "serve"} {
		en, ja := all[name+".json"], all[name+".ja.json"]
		if !slices.Equal(expressions(t, en), expressions(t, ja)) {
			t.Errorf("%s: the expressions differ", name)
		}
		if en.UID == ja.UID || kana(en.Title) || !kana(ja.Title) || len(en.Panels) != len(ja.Panels) {
			t.Errorf("%s: %q %q, %q %q", name, en.UID, en.Title, ja.UID, ja.Title)
		}
		for i, p := range en.Panels {
			q := ja.Panels[i]
			if p.Title == "" || q.Title == "" || kana(p.Title) || kana(p.Description) || p.Type != "row" && (p.Description == "" || !kana(q.Description)) {
				t.Errorf("%s: %q %q, %q %q", name, p.Title, p.Description, q.Title, q.Description)
			}
		}
	}
}

func TestPanelsHaveAPlaceOfTheirOwn(t *testing.T) {
	for name, b := range boards(t) {
		ids, taken := map[uint32]string{}, map[[2]int]string{}
		for _, p := range b.Panels {
			if p.Type != "row" && (p.ID == 0 || ids[p.ID] != "") {
				t.Errorf("%s: %q has the number %d of %q", name, p.Title, p.ID, ids[p.ID])
			}
			ids[p.ID] = p.Title
			for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
				for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
					if other := taken[[2]int{x, y}]; other != "" || x >= 24 {
						t.Fatalf("%s: %q lies on %q, or beyond the edge", name, p.Title, other)
					}
					taken[[2]int{x, y}] = p.Title
				}
			}
		}
	}
}

func TestColumnsHaveNamesOfTheirOwn(t *testing.T) {
	tables := 0
	for name, b := range boards(t) {
		for _, p := range b.Panels {
			if p.Type != "table" {
				continue
			}
			tables++
			names := map[string]bool{}
			for _, c := range p.Transformations[1].Options.RenameByName {
				if names[c] {
					t.Errorf("%s: %s: two columns %q", name, p.Title, c)
				}
				names[c] = true
			}
			for _, o := range p.FieldConfig.Overrides {
				if !names[o.Matcher.Options.(string)] {
					t.Errorf("%s: %s: the look of %q is nobody's", name, p.Title, o.Matcher.Options)
				}
			}
			if sort := p.Transformations[2].Options.Sort; len(sort) != 1 || !names[sort[0].Field] {
				t.Errorf("%s: %s: sorted by %v", name, p.Title, sort)
			}
		}
	}
	if tables != 2*6 {
		t.Errorf("%d tables looked at", tables)
	}
}

var at0 = time.Unix(1_800_000_000, 0)

// store takes in an exposition a few times, a minute apart.
func store(t *testing.T, s storage.Storage, families []*dto.MetricFamily) {
	t.Helper()
	app := s.Appender(t.Context())
	for _, f := range families {
		for _, m := range f.GetMetric() {
			b := labels.NewBuilder(labels.FromStrings(labels.MetricName, f.GetName(), "job", "any", "instance", "one"))
			for _, l := range m.GetLabel() {
				b.Set(l.GetName(), l.GetValue())
			}
			for minute := range 5 {
				v := m.GetGauge().GetValue() + m.GetCounter().GetValue() + m.GetUntyped().GetValue()
				if _, err := app.Append(0, b.Labels(), at0.Add(time.Duration(minute-4)*time.Minute).UnixMilli(), v); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if err := app.Commit(); err != nil {
		t.Fatal(err)
	}
}

// TestEveryPanelShowsSomethingOfATroubledFleet runs the queries on what the exporters
// really write, so that labels fit and joins match.
func TestEveryPanelShowsSomethingOfATroubledFleet(t *testing.T) {
	s := teststorage.New(t)
	defer s.Close()
	text, err := os.Open("../exporters/shopset/testdata/troubled.prom")
	if err != nil {
		t.Fatal(err)
	}
	defer text.Close()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	fleet, err := parser.TextToMetricFamilies(text)
	if err != nil {
		t.Fatal(err)
	}
	store(t, s, slices.Collect(maps.Values(fleet)))
	some := func(v float64) *float64 { return &v }
	report := status.Report{At: at0, Budgets: []status.Budget{
		{SLO: "cart", ShopSet: "a-1", Tier: "prod", Objective: 990_000_000, LastSample: at0, Budget: vocabulary.Budget{
			State: vocabulary.AtRisk, Coverage: 0.9, SLI: some(0.98), RemainingRatio: some(-1), BurnRates: []vocabulary.BurnRate{{Window: time.Hour, Rate: some(2)}}}},
	}}
	registry := prometheus.NewRegistry()
	registry.MustRegister(budget.NewCollector(func() (status.Report, budget.Totals) {
		return report, func(string, string) (vocabulary.Counts, bool) {
			return vocabulary.Counts{Start: at0.Add(-time.Hour), End: at0, Good: 98, Total: 100, Covered: time.Hour}, true
		}
	}))
	budgets, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	store(t, s, budgets)
	engine := promqltest.NewTestEngine(t, false, 5*time.Minute, 100_000)
	for _, name := range []string{"fleet.json", "slo.json"} {
		for _, expr := range expressions(t, boards(t)[name]) {
			q, err := engine.NewInstantQuery(t.Context(), s, nil, expr, at0)
			if err != nil {
				t.Fatalf("%s: %v", expr, err)
			}
			result := q.Exec(t.Context())
			if result.Err != nil {
				t.Errorf("%s: %s: %v", name, expr, result.Err)
			} else if v := result.Value.(promql.Vector); len(v) == 0 {
				t.Errorf("%s shows nothing: %s", name, expr)
			}
			q.Close()
		}
	}
}
