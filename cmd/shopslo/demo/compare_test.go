package demo

import (
	"strings"
	"testing"

	"github.com/shopslo/shopslo/internal/customers"
)

func TestCountsThatContradictTheTruthAreFound(t *testing.T) {
	truth := customers.Tally{Sent: 110, Good: 97, Bad: 3, Lost: 10}
	for name, c := range map[string]struct {
		ledger    counted
		disturbed bool
		wrong     bool
	}{
		"equal":                                     {counted{100, 3}, false, false},
		"a lost request was counted":                {counted{101, 3}, false, false},
		"more than was sent":                        {counted{111, 3}, false, true},
		"one good request is missing":               {counted{99, 3}, false, true},
		"one bad request is missing":                {counted{99, 2}, false, true},
		"a bad one passes for a good one":           {counted{100, 2}, false, true},
		"unseen requests of a process that ended":   {counted{92, 2}, true, false},
		"more than was sent, although it restarted": {counted{121, 1}, true, true},
		"nothing at all":                            {counted{}, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			if err := judge(truth, c.ledger, c.disturbed); (err != nil) != c.wrong {
				t.Errorf("judged %v", err)
			}
		})
	}
}

func TestCountersAreReadBySLOAndShopSet(t *testing.T) {
	page := `# TYPE shopslo_slo_bad_events_total counter
shopslo_slo_bad_events_total{slo="cart-availability",shopset="a-1"} 3
shopslo_slo_bad_events_total{slo="shop-page-latency",shopset="a-1"} 5
# TYPE shopslo_slo_events_total counter
shopslo_slo_events_total{slo="cart-availability",shopset="a-1"} 100
`
	got, err := readCounters(strings.NewReader(page))
	if err != nil || len(got) != 1 || got["a-1"] != (counted{100, 3}) {
		t.Errorf("read %v, %v", got, err)
	}
	for name, page := range map[string]string{
		"no counter at all":    "up 1\n",
		"one counter missing":  "# TYPE shopslo_slo_bad_events_total counter\nshopslo_slo_bad_events_total{slo=\"cart-availability\"} 1\n",
		"a value of no number": strings.Replace(page, " 100", " NaN", 1),
		"no metrics":           "<html>",
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := readCounters(strings.NewReader(page)); err == nil {
				t.Errorf("read %v", got)
			}
		})
	}
}

func FuzzReadCounters(f *testing.F) {
	f.Add("# TYPE shopslo_slo_events_total counter\nshopslo_slo_events_total{slo=\"cart-availability\",shopset=\"a-1\"} 100\n# TYPE shopslo_slo_bad_events_total counter\nshopslo_slo_bad_events_total 1\n")
	f.Add("shopslo_slo_events_total 1e400\n")
	f.Fuzz(func(t *testing.T, page string) {
		got, err := readCounters(strings.NewReader(page))
		for shopset, c := range got {
			if err == nil && !(c.Bad >= 0 && c.Total >= 0) {
				t.Errorf("%q counted %+v", shopset, c)
			}
		}
	})
}
