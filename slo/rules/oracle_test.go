package rules

import (
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/teststorage"

	"github.com/shopslo/shopslo/exporters/budget"
	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

// history are cumulative good and total of one account, one per minute.
type history struct{ good, total []int64 }

// wild makes a history with quiet hours, gaps in traffic, bursts of errors and long
// slow leaks, so that each pair of burn rates fires and ends.
func wild(r *rand.Rand, minutes int) history {
	h := history{good: []int64{0}, total: []int64{0}}
	traffic, failing := int64(100), 0.0
	for m := 1; m < minutes; m++ {
		if r.IntN(90) == 0 {
			traffic = []int64{0, 3, 100, 4000}[r.IntN(4)]
		}
		if r.IntN(60) == 0 {
			failing = []float64{0, 0, 0.0005, 0.003, 0.01, 0.02, 0.2}[r.IntN(7)]
		}
		bad := int64(0)
		for range min(traffic, 50) {
			if r.Float64() < failing {
				bad += max(1, traffic/50)
			}
		}
		h.total = append(h.total, h.total[m-1]+traffic)
		h.good = append(h.good, h.good[m-1]+traffic-bad)
	}
	return h
}

var began = time.Unix(1_800_000_000, 0).UTC()

func minute(m int) time.Time { return began.Add(time.Duration(m) * time.Minute) }

// Account implements status.Ledger with one history for every ShopSet.
func (h histories) Account(_ *slo.SLO, subject string, at time.Time) slo.Account {
	of := func(t time.Time) int { return max(0, int(t.Sub(began)/time.Minute)) }
	x := h[subject]
	return slo.Account{Start: began, End: at, LastSample: at, Counts: func(_ int, from, to time.Time) slo.Counts {
		a, b := of(from), of(to)
		return slo.Counts{Start: from, End: to, Good: float64(x.good[b] - x.good[a]), Total: float64(x.total[b] - x.total[a]), Covered: minute(b).Sub(minute(a))}
	}}
}

type histories map[string]history

// fires is the slow, obvious answer: bad / (total · (1 − objective)) above the factor
// over both windows, in fractions. The alert is fitted to the SLO. sure is false where
// rounding decides.
func (h history) fires(at int, a slo.BurnAlert, o slo.Objective) (fires, sure bool) {
	factor := new(big.Rat).SetFloat64(a.Factor)
	fires, sure = true, true
	for _, d := range []time.Duration{a.Long, a.Short} {
		from := max(0, at-int(d/time.Minute))
		total := h.total[at] - h.total[from]
		if total == 0 {
			fires = false
			continue
		}
		rate := big.NewRat(total-(h.good[at]-h.good[from]), total)
		rate.Quo(rate, big.NewRat(int64(slo.One-o), int64(slo.One)))
		off, _ := new(big.Rat).Sub(rate, factor).Float64()
		sure = sure && (off > 1e-9 || off < -1e-9)
		fires = fires && rate.Cmp(factor) > 0
	}
	return fires, sure
}

// exported are all samples of a report, as Prometheus stores them.
func exported(t *testing.T, app storage.Appender, report status.Report) {
	t.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(budget.NewCollector(func() (status.Report, budget.Totals) {
		return report, func(string, string) (slo.Counts, bool) { return slo.Counts{}, false }
	}))
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			b := labels.NewBuilder(labels.FromStrings(labels.MetricName, f.GetName(), "job", "shopslo", "instance", "one"))
			for _, l := range m.GetLabel() {
				b.Set(l.GetName(), l.GetValue())
			}
			if _, err := app.Append(0, b.Labels(), report.At.UnixMilli(), m.GetGauge().GetValue()); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// alert is what fires at a time.
type alert struct {
	minute          int
	shopset, window string
	severity        slo.Severity
}

// ruled runs the burn rate rules over what is stored, every step minutes.
func ruled(t *testing.T, q storage.Queryable, rules []rule, minutes, step int) map[alert]bool {
	t.Helper()
	engine, out := promqltest.NewTestEngine(t, false, 5*time.Minute, 1_000_000), map[alert]bool{}
	for _, r := range rules {
		query, err := engine.NewRangeQuery(t.Context(), q, nil, r.expr, minute(step), minute(minutes-1), time.Duration(step)*time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		result := query.Exec(t.Context())
		if result.Err != nil {
			t.Fatal(result.Err)
		}
		for _, series := range result.Value.(promql.Matrix) {
			for _, p := range series.Floats {
				out[alert{int((p.T - began.UnixMilli()) / 60_000), series.Metric.Get("shopset"), r.labels["window"], r.severity}] = true
			}
		}
		query.Close()
	}
	return out
}

// TestRulesFireWhenTheBudgetSaysSo takes random counter histories all the way: the
// budgets are evaluated, exported and stored in a TSDB, and the rules run on them. What
// fires is compared, each step, with slo.Evaluate and with the counters themselves.
func TestRulesFireWhenTheBudgetSaysSo(t *testing.T) {
	const minutes, step = 6 * 24 * 60, 7 // a step is beyond PromQL's lookback: what is gone stays gone
	s := SLO{Name: "cart", Objective: 990_000_000, Window: slo.Rolling(7 * 24 * time.Hour), ShopSets: []ShopSet{{"a-1", "prod"}, {"b-2", "prod"}}}
	f, err := fleet.New(fleet.Declarations{
		Tiers:          []fleet.Tier{{Name: "prod", Branch: "tier-0"}},
		Configurations: []fleet.Configuration{{Name: "production"}}, FailureDomains: []fleet.FailureDomain{{Name: "here"}},
		ShopSets: []fleet.ShopSet{
			{Name: "a-1", Tier: "prod", Configuration: "production", FailureDomain: "here"},
			{Name: "b-2", Tier: "prod", Configuration: "production", FailureDomain: "here"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(7, 11))
	h := histories{"a-1": wild(r, minutes), "b-2": wild(r, minutes)}
	evaluated := []slo.SLO{{Name: s.Name, Objective: s.Objective, Window: s.Window, Parts: []slo.Part{{Weight: 1, Objective: s.Objective}}}}
	alerts := slo.DefaultBurnAlerts()
	fitted, _ := slo.BurnAlertsFor(&evaluated[0], alerts)

	store := teststorage.New(t)
	defer store.Close()
	app := store.Appender(t.Context())
	want, changes := map[alert]bool{}, 0
	for m := step; m < minutes; m += step {
		report := status.Compute(minute(m), f, evaluated, alerts, h)
		exported(t, app, report)
		for _, b := range report.Budgets {
			for _, a := range fitted {
				k := alert{m, string(b.ShopSet), slo.Rolling(a.Long).String(), a.Severity}
				want[k] = slices.ContainsFunc(b.Firing, func(x slo.BurnAlert) bool { return x.Long == a.Long && x.Short == a.Short })
				fires, certain := h[k.shopset].fires(m, a, s.Objective)
				if certain && fires != want[k] {
					t.Fatalf("%+v: slo.Evaluate says %v, the counters say %v", k, want[k], fires)
				}
				before := k
				if before.minute -= step; want[before] != want[k] {
					changes++
				}
			}
		}
	}
	if err := app.Commit(); err != nil {
		t.Fatal(err)
	}
	got := ruled(t, store, burning(&s, alerts), minutes, step)
	firing := map[string]int{}
	for k, fires := range want {
		if got[k] != fires {
			t.Errorf("%+v: the rule says %v, slo.Evaluate %v", k, got[k], fires)
		}
		if fires {
			firing[k.window]++
		}
	}
	if len(firing) < len(fitted) || changes < 50 {
		t.Errorf("the histories show too little: fired %v, changed %d times", firing, changes)
	}
	t.Logf("%d verdicts compared; fired %v; changed %d times", len(want), firing, changes)
}
