package mackerelapi_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/internal/fakes/mackerelfake"
	"github.com/shopslo/shopslo/internal/mackerelhttp"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/source/mackerelapi"
	"github.com/shopslo/shopslo/slo/source/sourcetest"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func start(t testing.TB) (*mackerelfake.Fake, *mackerelapi.Source) {
	t.Helper()
	f := mackerelfake.Start(func() time.Time { return noon })
	t.Cleanup(f.Close)
	s, err := mackerelapi.New(mackerelhttp.Config{URL: f.URL, Key: mackerelfake.Key, Timeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return f, s
}

// The fake holds values of every second, where Mackerel has one a minute: the suite's
// data are finer, and what it checks is the grid.
func TestConformance(t *testing.T) {
	f, s := start(t)
	base := noon.Add(-12 * time.Hour).UnixMilli()
	for _, series := range sourcetest.Data(base) {
		if series.Labels.Get(slo.MetricName) == "grid" {
			for i, at := range series.T {
				f.SetServiceMetric("suite", "grid.shop", time.UnixMilli(at), 2*series.V[i])
			}
		}
	}
	f.SetServiceMetric("suite", "other.shop", noon, 1)
	sourcetest.Run(t, sourcetest.Backend{Source: s, Base: base, GridOnly: "service(suite, grid.{job}, every=1m)"})
}

// eval writes what an expression gives in the ten minutes before noon: a line for each
// series, a sign for each minute, "." for none.
func eval(t testing.TB, s *mackerelapi.Source, expr string) string {
	t.Helper()
	text, err := tryEval(t, s, expr)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func tryEval(t testing.TB, s *mackerelapi.Source, expr string) (string, error) {
	from, to := noon.Add(-10*time.Minute).UnixMilli(), noon.UnixMilli()
	got, err := sourcetest.CollectEval(t.Context(), s, expr, from, to, time.Minute)
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(got)) {
		signs := slices.Repeat([]string{"."}, 10)
		for i, at := range got[name].T {
			signs[(at-from)/60_000-1] = fmt.Sprint(got[name].V[i])
		}
		fmt.Fprintln(&b, name, strings.Join(signs, " "))
	}
	return b.String(), err
}

// ago is a time some minutes before noon.
func ago(minutes float64) time.Time { return noon.Add(-time.Duration(minutes * float64(time.Minute))) }

func TestServiceMetrics(t *testing.T) {
	f, s := start(t)
	for i, minute := range []float64{12, 10, 9.5, 9.2, 8, 5, 0} {
		f.SetServiceMetric("shops", "cart.errors.a-1", ago(minute), float64(i))
	}
	f.SetServiceMetric("shops", "cart.errors.b-2", ago(3.5), 7)
	f.SetServiceMetric("shops", "cart.errors.b-2.more", ago(3), 8)
	f.SetServiceMetric("shops-c-3", "errors", ago(1), 9)
	for expr, want := range map[string]string{
		"service(shops, cart.errors.{shopset})":           "{shopset=\"a-1\"} 3 4 . . 5 . . . . 6\n{shopset=\"b-2\"} . . . . . . 7 . . .\n",
		"sum(service(shops, cart.errors.{shopset}))":      "{shopset=\"a-1\"} 5 4 . . 5 . . . . 6\n{shopset=\"b-2\"} . . . . . . 7 . . .\n",
		"avg(service(shops, cart.errors.a-1))":            "{} 2.5 4 . . 5 . . . . 6\n",
		"min(service(shops, cart.errors.a-1))":            "{} 2 4 . . 5 . . . . 6\n",
		"max( service( shops , cart.errors.a-1 ) )":       "{} 3 4 . . 5 . . . . 6\n",
		"service(shops, cart.errors.{shopset}, every=3m)": "{shopset=\"a-1\"} 3 4 4 4 5 5 5 . . 6\n{shopset=\"b-2\"} . . . . . . 7 7 7 .\n",
		"service(shops-{shopset}, errors)":                "{shopset=\"c-3\"} . . . . . . . . 9 .\n",
		"service(shops, cart.errors.{shopset}.{kind})":    "{kind=\"more\", shopset=\"b-2\"} . . . . . . 8 . . .\n",
		"service(shops, no.such.metric)":                  "",
		"service(nobody, cart.errors)":                    "",
		"service(shops, \"cart.errors.b-2\")":             "{} . . . . . . 7 . . .\n",
		"service(shops, cart.errors.{}.{kind})":           "{kind=\"more\"} . . . . . . 8 . . .\n",
	} {
		if got := eval(t, s, expr); got != want {
			t.Errorf("%s\n got %s\nwant %s", expr, got, want)
		}
	}
	if got, err := tryEval(t, s, "service(shops, cart.errors.{})"); err == nil || !strings.Contains(err.Error(), "cart.errors.a-1") {
		t.Errorf("two metrics that become one series: %s %v", got, err)
	}
}

func TestHostMetrics(t *testing.T) {
	f, s := start(t)
	a, b := f.AddHost("web-a-1-01", "shops:web"), f.AddHost("web-b-2-01", "shops:web", "shops:batch")
	db := f.AddHost("db", "shops:db")
	for i, id := range []string{a, b, db} {
		f.SetHostMetric(id, "custom.cart.p99", ago(2), float64(i+1))
	}
	f.SetHostStatus(db, "poweroff") // since a minute; before that it worked
	label := func(host, id, more string) string { return fmt.Sprintf("{host=%q, host_id=%q%s}", host, id, more) }
	for expr, want := range map[string]string{
		"host(db, custom.cart.p99)":               label("db", db, "") + " . . . . . . . 3 . .\n",
		"role(shops:web, custom.cart.{what})":     label("web-a-1-01", a, `, what="p99"`) + " . . . . . . . 1 . .\n" + label("web-b-2-01", b, `, what="p99"`) + " . . . . . . . 2 . .\n",
		"role(shops:{role}, custom.cart.p99)":     label("db", db, `, role="db"`) + " . . . . . . . 3 . .\n" + label("web-a-1-01", a, `, role="web"`) + " . . . . . . . 1 . .\n" + label("web-b-2-01", b, `, role="batch"`) + " . . . . . . . 2 . .\n",
		"host(web-{shopset}-01, custom.cart.p99)": label("web-a-1-01", a, `, shopset="a-1"`) + " . . . . . . . 1 . .\n" + label("web-b-2-01", b, `, shopset="b-2"`) + " . . . . . . . 2 . .\n",
		"host(nobody, custom.cart.p99)":           "",
	} {
		if got := eval(t, s, expr); got != want {
			t.Errorf("%s\n got %s\nwant %s", expr, got, want)
		}
	}
}

func TestMinutesWithAnOpenAlert(t *testing.T) {
	f, s := start(t)
	f.AddMonitor(map[string]any{"type": "telepathy", "name": "a kind that no library knows"})
	monitor := func(shopset string) string {
		return f.AddMonitor(map[string]any{"type": "service", "name": "cart errors " + shopset, "service": "shops", "metric": "cart." + shopset})
	}
	a, b := monitor("a-1"), monitor("b-2")
	monitor("c-3") // never had a value
	for minute := range 10 {
		if minute < 4 || minute > 6 {
			f.SetServiceMetric("shops", "cart.a-1", ago(float64(minute)), 1)
		}
	}
	f.OpenAlert(a, "", ago(7), ago(5.5)) // in the minutes that end 6 and 5 before noon; the gap is where it ends
	f.OpenAlert(a, "", ago(3), ago(3))   // opened and closed at once
	f.OpenAlert(a, "", ago(100), ago(50))
	f.OpenAlert(b, "", ago(50_000), time.Time{}) // long before the window, and still open
	want := "{shopset=\"a-1\"} 0 0 0 1 1 . 0 0 0 0\n{shopset=\"b-2\"} 1 1 1 1 1 1 1 1 1 1\n"
	if got := eval(t, s, "alert(cart errors {shopset})"); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	t.Run("an alert that opens, and one that closes, are seen", func(t *testing.T) {
		id := f.OpenAlert(a, "", ago(1), time.Time{})
		if got := eval(t, s, "alert(cart errors a-1)"); got != "{} 0 0 0 1 1 . 0 0 0 1\n" {
			t.Error(got)
		}
		f.CloseAlert(id, ago(0.5))
		for range 250 { // so many newer ones that the first page does not show it
			f.OpenAlert(b, "", ago(0.2), ago(0.1))
		}
		if got := eval(t, s, "alert(cart errors a-1)"); got != "{} 0 0 0 1 1 . 0 0 0 1\n" {
			t.Error(got)
		}
		before := f.Count("GET /api/v0/alerts")
		eval(t, s, "alert(cart errors a-1)")
		if n := f.Count("GET /api/v0/alerts") - before; n != 2 { // the newest page, and the one that is open beyond it
			t.Errorf("%d requests for alerts that are known", n)
		}
	})
}

func TestAlertsOfHostsAndOfMonitorsWithoutAMetric(t *testing.T) {
	f, s := start(t)
	a, b := f.AddHost("web-a-1-01", "shops:web"), f.AddHost("web-a-1-02", "shops:web")
	f.AddHost("db", "shops:db")
	cpu := f.AddMonitor(map[string]any{"type": "host", "name": "CPU %", "metric": "cpu%", "scopes": []any{"shops: web"}})
	up := f.AddMonitor(map[string]any{"type": "connectivity", "name": "connectivity"})
	site := f.AddMonitor(map[string]any{"type": "external", "name": "shop page (top, a-1)"})
	for minute := range 10 {
		if minute > 3 {
			f.SetHostMetric(a, "cpu.user.percentage", ago(float64(minute)), 1)
		}
		f.SetHostMetric(b, "cpu.user.percentage", ago(float64(minute)), 1)
	}
	f.OpenAlert(cpu, a, ago(9), ago(8))
	f.OpenAlert(up, b, ago(2), time.Time{})
	f.OpenAlert(site, "", ago(1), time.Time{})
	for expr, want := range map[string]string{
		"alert(CPU %)":                   "{} 0 1 0 0 0 0 0 0 0 0\n",
		"alert(CPU %, web-{shopset}-{})": "{shopset=\"a-1\"} 0 1 0 0 0 0 0 0 0 0\n",
		"alert(CPU %, web-a-1-01)":       "{} 0 1 0 0 0 0 . . . .\n",
		"alert(CPU %, web-a-1-02)":       "{} 0 0 0 0 0 0 0 0 0 0\n",
		"alert(CPU %, db)":               "",
		"alert(nobody)":                  "",
		`alert("shop page (top, {shopset})", since=2026-11-20T11:55:00Z)`: "{shopset=\"a-1\"} . . . . . 0 0 0 0 1\n",
		"alert(connectivity, web-{}-{}-{}, since=2026-11-20T11:55:00Z)":   "",
		"alert(connectivity, web-a-1-{n}, since=2026-11-20T11:55:00Z)":    "{n=\"01\"} . . . . . 0 0 0 0 0\n{n=\"02\"} . . . . . 0 0 0 1 1\n",
	} {
		if want == "" && strings.Contains(expr, "web-{}") {
			want = "{} . . . . . 0 0 0 1 1\n"
		}
		if got := eval(t, s, expr); got != want {
			t.Errorf("%s\n got %s\nwant %s", expr, got, want)
		}
	}
	if _, err := tryEval(t, s, "alert(connectivity)"); err == nil || !strings.Contains(err.Error(), "since=") {
		t.Errorf("a monitor that nothing shows to watch: %v", err)
	}
}

func TestFaultsAreErrorsAndNeverData(t *testing.T) {
	for _, fault := range []mackerelfake.Fault{mackerelfake.DropAfterWrite, mackerelfake.TooMany, mackerelfake.Broken, mackerelfake.HalfReply, mackerelfake.Page, mackerelfake.WrongJSON} {
		for _, part := range []string{"metric-names", "/metrics", "monitors", "alerts"} {
			f, s := start(t)
			f.SetServiceMetric("shops", "cart.a-1", ago(1), 1)
			id := f.AddMonitor(map[string]any{"type": "service", "name": "m", "service": "shops", "metric": "cart.a-1"})
			f.OpenAlert(id, "", ago(3), ago(2))
			f.Fail(fault, part, 1000)
			expr := "service(shops, cart.{x})"
			if part == "monitors" || part == "alerts" {
				expr = "alert(m)"
			}
			got, err := tryEval(t, s, expr)
			if err == nil || got != "" || strings.Contains(err.Error(), mackerelfake.Key) || errors.Is(err, slo.ErrUnavailable) != (fault != mackerelfake.WrongJSON) {
				t.Errorf("%s of %s: %q, %v", fault, part, got, err)
			}
			f.Heal()
			if got := eval(t, s, expr); got == "" {
				t.Errorf("%s of %s: nothing afterwards", fault, part)
			}
			f.Close()
		}
	}
}

func TestALongSpanIsReadMinuteByMinute(t *testing.T) {
	f, s := start(t)
	for minute := range 3 * 24 * 60 {
		f.SetServiceMetric("shops", "cart", ago(float64(minute)), float64(minute))
	}
	got, err := sourcetest.CollectEval(t.Context(), s, "service(shops, cart)", ago(3*24*60).UnixMilli(), noon.UnixMilli(), time.Minute)
	if err != nil || len(got["{}"].T) != 3*24*60 {
		t.Errorf("%d values, %v", len(got["{}"].T), err)
	}
}

func TestQueriesThatAreWrongSayWhy(t *testing.T) {
	for text, want := range map[string]string{
		"":                             "write service(",
		"rate(x[5m])":                  "is not known",
		"cart.errors":                  "write service(",
		"service(shops)":               "takes two names",
		"service(shops, )":             "a name is empty",
		"service(shops, a, b)":         "takes two names",
		"service(shops, {a}.{a})":      "stands twice",
		"service({a}, {a})":            "stands twice",
		"service(shops, {a-b})":        "not a label's name",
		"service(shops, {a)":           "not closed",
		"service(\"shops, a)":          "a quote is not closed",
		"role(web, cart)":              "not SERVICE:ROLE",
		"sum(alert(x))":                "does not go with alert",
		"sum(service(a, b, every=5m))": "every= belongs",
		"service(a, b, every=soon)":    "not a duration",
		"service(a, b, since=2026)":    "not a time",
		"service(a, b, since=2026-11-01T00:00:00Z)": "since= belongs to alert",
		"nothing(a, b)":  "is not known",
		"sum(sum(a, b))": "is not known",
	} {
		if _, err := mackerelapi.Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"service(shops, cart.errors.{shopset})", "sum(role(shops:web, custom.a.b))", `alert("a, b", host, since=2026-11-01T00:00:00+09:00)`, "service(a,b,every=5m)", "alert({}"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, err := mackerelapi.Parse(text)
		if err != nil && fmt.Sprint(q) != fmt.Sprint(mackerelapi.Query{}) {
			t.Errorf("%q is wrong (%v) and gives a query all the same", text, err)
		}
	})
}

func TestMackerelsTime(t *testing.T) {
	_, s := start(t)
	got, err := s.Now(t.Context())
	if since := time.Since(got); err != nil || since < -time.Second || since > time.Minute {
		t.Errorf("%v, %v: the fake's HTTP server has this machine's clock", got, err)
	}
}

// A query monitor has many series, and an alert is of one of them.
func TestAlertsOfAQueryMonitorAreToldApartByTheirSeries(t *testing.T) {
	f, s := start(t)
	m := f.AddMonitor(map[string]any{"type": "query", "name": "errors", "legend": "errors of {{ shop.set }}", "query": "shop_errors"})
	of := func(shopset, pod string) map[string]string { return map[string]string{"shop.set": shopset, "pod": pod} }
	f.OpenSeries(m, of("a-1", "x"), ago(8), ago(7))
	f.OpenSeries(m, of("a-1", "y"), ago(5), ago(4))
	f.OpenSeries(m, of("b-2", "x"), ago(50_000), time.Time{}) // long before the window
	const since = ", since=2026-11-20T11:00:00Z)"
	for expr, want := range map[string]string{
		"alert(errors" + since:                 "{pod=\"x\", shop_set=\"a-1\"} 0 0 1 0 0 0 0 0 0 0\n{pod=\"x\", shop_set=\"b-2\"} 1 1 1 1 1 1 1 1 1 1\n{pod=\"y\", shop_set=\"a-1\"} 0 0 0 0 0 1 0 0 0 0\n",
		"alert(errors of {{shop.set}}" + since: "{shop_set=\"a-1\"} 0 0 1 0 0 1 0 0 0 0\n{shop_set=\"b-2\"} 1 1 1 1 1 1 1 1 1 1\n",
	} {
		if got := eval(t, s, expr); got != want {
			t.Errorf("%s\n got %s\nwant %s", expr, got, want)
		}
	}
	if _, err := tryEval(t, s, "alert(errors of {{}}"+since); err == nil || !strings.Contains(err.Error(), "names no label") {
		t.Errorf("%v", err)
	}
}
