package mackerel

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

// Point is one value of a service metric.
type Point struct {
	Name  string  `json:"name"`
	Time  int64   `json:"time"` // Unix seconds
	Value float64 `json:"value"`
}

// The figures of a budget that become metrics, slo.SLO.FIGURE.SHOPSET. Mackerel draws
// metrics that differ in their last part only as one graph, so that each SLO and figure
// is a graph with a line for each ShopSet. Burn rates are burn_rate_5m and so on.
const (
	SLI       = "sli"              // ratio 0–1
	Remaining = "budget_remaining" // ratio; 1 is untouched, below 0 is overspent
	Coverage  = "coverage"         // ratio 0–1 of the window that has data
	burnRate  = "burn_rate_"
)

// Graph is the name of the graph of an SLO's figure: what its metrics share.
func Graph(slo, figure string) string { return "slo." + part(slo) + "." + figure }

// Metric is the name of one ShopSet's metric.
func Metric(slo, figure, shopset string) string { return Graph(slo, figure) + "." + part(shopset) }

// BurnRate is the figure of the burn rate over a window.
func BurnRate(window time.Duration) string { return burnRate + slo.Rolling(window).Text }

// part makes a name one part of a metric's name: Mackerel allows [-a-zA-Z0-9_] in it,
// and a dot begins the next part. SLOs and ShopSets have no underscore, so that two
// names stay two.
func part(name string) string { return strings.NewReplacer(":", "_", ".", "_").Replace(name) }

// metricName is what Mackerel takes: https://mackerel.io/api-docs/entry/service-metrics.
// It documents no length; ours is that of a file's name.
var metricName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-zA-Z0-9._-]{1,255}$`) })

// Points gives the metrics of all budgets that stand at a time, an edge. A budget whose
// newest figures are older has none, nor has a figure that does not exist: an old value
// never goes as a new one, and nothing as 0. The error names what cannot be a metric.
func Points(r status.Report, at time.Time) ([]Point, error) {
	var out []Point
	owner := map[string]string{}
	for i := range r.Budgets {
		b := &r.Budgets[i]
		if !b.WindowEnd.Equal(at) {
			continue
		}
		who := fmt.Sprintf("SLO %q of ShopSet %q", b.SLO, b.ShopSet)
		for _, f := range figures(b) {
			name := Metric(b.SLO, f.name, string(b.ShopSet))
			if !metricName().MatchString(name) {
				return nil, fmt.Errorf("%s cannot be a metric of Mackerel: %q has a character other than a-z A-Z 0-9 . _ -, or is longer than 255", who, name)
			}
			if other, taken := owner[name]; taken {
				return nil, fmt.Errorf("%s and %s would both be the metric %q: rename one", other, who, name)
			}
			owner[name] = who
			out = append(out, Point{name, at.Unix(), f.value})
		}
	}
	return out, nil
}

type figure struct {
	name  string
	value float64
}

// figures are those of a budget that exist.
func figures(b *status.Budget) []figure {
	out := []figure{{Coverage, b.Coverage}}
	add := func(name string, v *float64) {
		if v != nil {
			out = append(out, figure{name, *v})
		}
	}
	add(SLI, b.SLI)
	add(Remaining, b.RemainingRatio)
	for i := range b.BurnRates {
		add(BurnRate(b.BurnRates[i].Window), b.BurnRates[i].Rate)
	}
	return slices.DeleteFunc(out, func(f figure) bool { return math.IsNaN(f.value) || math.IsInf(f.value, 0) })
}
