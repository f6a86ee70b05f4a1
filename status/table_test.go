package status_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

func table(t *testing.T, r status.Report, colour bool, width ...int) string {
	t.Helper()
	return tableIn(t, text.English, r, colour, width...)
}

func tableIn(t *testing.T, in text.Language, r status.Report, colour bool, width ...int) string {
	t.Helper()
	var out strings.Builder
	if err := r.WriteTable(&out, in, colour, append(width, 0)[0]); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestTable(t *testing.T) {
	r := busy(t)
	cases := []struct {
		file   string
		r      status.Report
		colour bool
	}{
		{"table.txt", r, false},
		{"table-worst-first.txt", r.WorstFirst(), false},
		{"table-colour.txt", r.Filter(status.Filter{Tiers: []fleet.TierName{"beta", "prod"}, SLOs: []string{"cart-availability"}}), true},
		{"table-one-shopset.txt", r.Filter(status.Filter{ShopSets: []fleet.ShopSetName{"c-3"}}), false},
		{"table-states.txt", r.Filter(status.Filter{States: []slo.State{slo.Exhausted, slo.NoData}}), false},
		{"table-empty.txt", r.Filter(status.Filter{SLOs: []string{"nosuch"}}), false},
	}
	for _, c := range cases {
		t.Run(c.file, func(t *testing.T) {
			got := table(t, c.r, c.colour)
			golden(t, c.file, got)
			golden(t, "ja-"+c.file, tableIn(t, text.Japanese, c.r, c.colour))
			for _, line := range strings.Split(got, "\n") {
				if !c.colour && len(line) > 120 {
					t.Errorf("a line of %d columns: %s", len(line), line)
				}
			}
		})
	}
}

func TestTheTableNeverShowsMissingFiguresAsNumbers(t *testing.T) {
	r := status.Compute(at, example(t), []slo.SLO{ratioSLO(t, "x", 0.9)}, slo.DefaultBurnAlerts(), ledger{})
	for _, line := range strings.Split(table(t, r, false), "\n")[1:] {
		if !strings.Contains(line, " no_data ") {
			continue
		}
		fields := strings.Fields(strings.Replace(line, "no data", "no-data", 1))
		want := []string{"x", "no_data", "no-data", "90%", "-", "-", "-", "0.0%", "-"}
		if got := strings.Join(fields[2:], " "); got != strings.Join(want, " ") {
			t.Errorf("row without data reads %q", got)
		}
	}
}

func TestOneBadEventOfManyIsNotShownAsAllGood(t *testing.T) {
	l := ledger{"c-2 x": {perHour: 1e9, bad: 1e-12, covered: 1}}
	r := status.Compute(at, example(t), []slo.SLO{ratioSLO(t, "x", 0.999)}, nil, l)
	if got := table(t, r, false); strings.Contains(got, "100.00%") || !strings.Contains(got, "99.99%") {
		t.Errorf("one bad event in 672 thousand millions is shown as:\n%s", got)
	}
}

func TestDoubtsAreMarkedAndToldOfUnderTheTable(t *testing.T) {
	times := []slo.Flag{
		{Kind: slo.SeveralProcesses, Count: 12, First: at.Add(-time.Hour), Last: at.Add(-time.Minute)},
		{Kind: slo.PartialDrop, Count: 1, First: at.Add(-30 * 24 * time.Hour), Last: at.Add(-29 * 24 * time.Hour)}, // before the window
	}
	later := []slo.Flag{{Kind: slo.SeveralProcesses, Count: 1, First: at.Add(-time.Second), Last: at.Add(-time.Second)}}
	l := ledger{
		"c-2 x": {perHour: 1e4, covered: 1, flags: times},
		"c-1 x": {perHour: 1e4, covered: 1, flags: later},
		"a-2 x": {perHour: 1e4, covered: 1, failure: "the query times out after 30s"},
		"b-1 x": {perHour: 1e4, covered: 1, absent: []slo.Absence{{Kind: slo.NoLabel, Side: "bad", Selector: `http_requests_total{status="500"}`, Label: "status", Nearest: []string{"code"}}}},
		"a-1 x": {perHour: 1e4, covered: 1, expected: 40 * time.Second},
		"b-2 x": {perHour: 1e4, covered: 1, absent: []slo.Absence{{Kind: slo.NoSuch, Side: "bad", Selector: `http_requests_total{code="500"}`}}},
		"c-3 x": {perHour: 1e4, covered: 1, grid: true},
		"a-3 x": {perHour: 1e4, covered: 1, expected: 3 * 24 * time.Hour},
	}
	r := status.Compute(at, example(t), []slo.SLO{ratioSLO(t, "x", 0.999)}, slo.DefaultBurnAlerts(), l)
	golden(t, "table-doubts.txt", table(t, r, false))
	golden(t, "ja-table-doubts.txt", tableIn(t, text.Japanese, r, false, 80))
	data := r.AppendJSON(nil)
	golden(t, "doubts.json", string(data)+"\n")
	validate(t, data)
	got, err := status.Decode(data)
	if err != nil || !reflect.DeepEqual(got, r) {
		t.Errorf("read back it is another report (%v):\n%s", err, got.AppendJSON(nil))
	}
}
