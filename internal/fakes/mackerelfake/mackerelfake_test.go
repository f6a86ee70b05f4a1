package mackerelfake_test

import (
	"errors"
	"io"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	client "github.com/mackerelio/mackerel-client-go"

	"github.com/shopslo/shopslo/internal/fakes/mackerelfake"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func start(t *testing.T, now *time.Time) (*mackerelfake.Fake, *client.Client) {
	t.Helper()
	f := mackerelfake.Start(func() time.Time { return *now })
	t.Cleanup(f.Close)
	c, err := client.NewClientWithOptions(mackerelfake.Key, f.URL, false)
	if err != nil {
		t.Fatal(err)
	}
	return f, c
}

// status is the HTTP status of the client library's error, 0 for none and -1 for
// another error.
func status(err error) int {
	var api *client.APIError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &api):
		return api.StatusCode
	}
	return -1
}

func TestServiceMetricsFollowMackerelsRules(t *testing.T) {
	now := noon
	f, c := start(t, &now)
	f.AddService("shops")
	post := func(name string, at time.Time, v any) int {
		now = now.Add(time.Minute)
		return status(c.PostServiceMetricValues("shops", []*client.MetricValue{{Name: name, Time: at.Unix(), Value: v}}))
	}
	cases := []struct {
		name  string
		does  func() int
		want  int
		holds int // values of slo.a afterwards
	}{
		{"a value is taken", func() int { return post("slo.a", now, 1.5) }, 0, 1},
		{"a value older than 24 hours is answered 200 and dropped", func() int { return post("slo.a", now.Add(-25*time.Hour), 1) }, 0, 1},
		{"the same time again replaces the value", func() int { return post("slo.a", noon, 2.5) }, 0, 1},
		{"a name with a colon is refused", func() int { return post("slo:a", now, 1) }, 400, 1},
		{"a value that is no number is refused", func() int { return post("slo.a", now, "1") }, 400, 1},
		{"a second post in a minute is refused", func() int {
			post("slo.a", noon, 2.5)
			return status(c.PostServiceMetricValues("shops", []*client.MetricValue{{Name: "slo.a", Time: now.Unix(), Value: 1}}))
		}, 429, 1},
		{"an unknown service is refused", func() int {
			return status(c.PostServiceMetricValues("nobody", []*client.MetricValue{{Name: "slo.a", Time: now.Unix(), Value: 1}}))
		}, 404, 1},
	}
	for _, k := range cases {
		t.Run(k.name, func(t *testing.T) {
			if got := k.does(); got != k.want {
				t.Errorf("status %d, want %d", got, k.want)
			}
			if got := f.ServiceMetric("shops", "slo.a"); len(got) != k.holds {
				t.Errorf("holds %v", got)
			}
		})
	}
	if v := f.ServiceMetric("shops", "slo.a"); v[0].Value != 2.5 {
		t.Errorf("holds %v", v)
	}
	got, err := c.FetchServiceMetricValues("shops", "slo.a", noon.Unix(), noon.Add(time.Hour).Unix())
	if err != nil || len(got) != 1 {
		t.Errorf("fetched %v, %v", got, err)
	}
	if _, err := c.FetchServiceMetricValues("shops", "slo.b", 0, 1); status(err) != 404 {
		t.Errorf("an unknown metric: %v", err)
	}
}

func TestMonitorsFollowMackerelsRules(t *testing.T) {
	now := noon
	f, c := start(t, &now)
	f.AddService("shops")
	limit := func(v float64) *float64 { return &v }
	good := client.MonitorServiceMetric{Type: "service", Name: "errors", Service: "shops", Metric: "m", Operator: ">", Warning: limit(1), Duration: 3}
	made, err := c.CreateMonitor(&good)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(m *client.MonitorServiceMetric){
		"a memo of 2049 characters":        func(m *client.MonitorServiceMetric) { m.Memo = strings.Repeat("あ", 2049) },
		"a duration of 11":                 func(m *client.MonitorServiceMetric) { m.Duration = 11 },
		"a missing duration of 15 minutes": func(m *client.MonitorServiceMetric) { m.MissingDurationWarning = 15 },
		"a service that does not exist":    func(m *client.MonitorServiceMetric) { m.Service = "nobody" },
		"an operator that is none":         func(m *client.MonitorServiceMetric) { m.Operator = ">=" },
		"no threshold":                     func(m *client.MonitorServiceMetric) { m.Warning = nil },
		"notifications every five minutes": func(m *client.MonitorServiceMetric) { m.NotificationInterval = 5 },
		"a kind that does not exist":       func(m *client.MonitorServiceMetric) { m.Type = "telepathy" },
		"fields of another kind":           func(m *client.MonitorServiceMetric) { m.Type = "host" },
	} {
		bad := good
		change(&bad)
		if _, err := c.CreateMonitor(&bad); status(err) != 400 {
			t.Errorf("%s is taken: %v", name, err)
		}
	}
	f.AddMonitor(map[string]any{"type": "telepathy", "name": "new kind"})
	f.AddMonitor(map[string]any{"type": "connectivity", "name": "connectivity"})
	if list, err := c.FindMonitors(); err != nil || len(list) != 1 {
		t.Errorf("the client library gives %d monitors and %v; the third should be hidden behind the unknown kind", len(list), err)
	}
	if _, err := c.DeleteMonitor(made.MonitorID()); err != nil || len(f.Monitors()) != 2 {
		t.Errorf("%v, %d left", err, len(f.Monitors()))
	}
}

func TestAlertsComeInPagesNewestFirst(t *testing.T) {
	now := noon
	f, c := start(t, &now)
	id := f.AddMonitor(map[string]any{"type": "connectivity", "name": "connectivity"})
	for i := range 250 {
		closed := noon
		if i%50 == 0 {
			closed = time.Time{}
		}
		f.OpenAlert(id, "", noon.Add(-time.Duration(i)*time.Hour), closed)
	}
	seen, pages, next := 0, 0, ""
	for {
		page, err := c.FindWithClosedAlertsByNextID(next)
		if err != nil {
			t.Fatal(err)
		}
		seen, pages, next = seen+len(page.Alerts), pages+1, page.NextID
		if next == "" {
			break
		}
	}
	if seen != 250 || pages != 3 {
		t.Errorf("%d alerts on %d pages", seen, pages)
	}
	if open, err := c.FindAlerts(); err != nil || len(open.Alerts) != 5 || open.Alerts[0].OpenedAt != noon.Unix() {
		t.Errorf("open: %v, %v", open, err)
	}
}

func TestDashboardsAndAnnotationsFollowMackerelsRules(t *testing.T) {
	now := noon
	f, c := start(t, &now)
	f.AddService("shops")
	widget := func(x, y, w, h int64) client.Widget {
		return client.Widget{Type: "graph", Title: "g", Graph: client.Graph{Type: "service", ServiceName: "shops", Name: "slo"}, Layout: client.Layout{X: x, Y: y, Width: w, Height: h}}
	}
	d := &client.Dashboard{Title: "Fleet", URLPath: "fleet", Widgets: []client.Widget{widget(0, 0, 12, 6), widget(12, 0, 12, 6)}}
	if _, err := c.CreateDashboard(d); err != nil {
		t.Fatal(err)
	}
	if _, err := c.CreateDashboard(d); status(err) != 409 {
		t.Errorf("the same path again: %v", err)
	}
	for name, widgets := range map[string][]client.Widget{
		"two that overlap": {widget(0, 0, 12, 6), widget(6, 0, 12, 6)}, "one beyond the right edge": {widget(20, 0, 6, 6)}, "one that is too small": {widget(0, 0, 3, 6)},
	} {
		if _, err := c.CreateDashboard(&client.Dashboard{Title: "x", URLPath: "x", Widgets: widgets}); status(err) != 400 {
			t.Errorf("%s: %v", name, err)
		}
	}
	a := &client.GraphAnnotation{Title: "release", Service: "shops", From: noon.Unix(), To: noon.Unix()}
	if _, err := c.CreateGraphAnnotation(a); err != nil {
		t.Fatal(err)
	}
	if list, err := c.FindGraphAnnotations("shops", noon.Unix()-1, noon.Unix()+1); err != nil || len(list) != 1 {
		t.Errorf("%v %v", list, err)
	}
	a.Title = strings.Repeat("x", 251)
	if _, err := c.CreateGraphAnnotation(a); status(err) != 400 {
		t.Errorf("a title of 251 characters: %v", err)
	}
}

func TestHostsMetricsAndGraphDefinitions(t *testing.T) {
	now := noon
	f, c := start(t, &now)
	id, err := c.CreateHost(&client.CreateHostParam{Name: "web-1", RoleFullnames: []string{"shops:web"}})
	if err != nil {
		t.Fatal(err)
	}
	if hosts, err := c.FindHosts(&client.FindHostsParam{Service: "shops", Roles: []string{"web"}}); err != nil || len(hosts) != 1 || hosts[0].ID != id {
		t.Errorf("%v %v", hosts, err)
	}
	if err := c.PostHostMetricValuesByHostID(id, []*client.MetricValue{{Name: "custom.a.b", Time: noon.Unix(), Value: 0.0}}); err != nil {
		t.Error(err)
	}
	if v := f.HostMetric(id, "custom.a.b"); len(v) != 1 || v[0].Value != 0 {
		t.Errorf("a zero arrives as %v", v)
	}
	if err := c.CreateGraphDefs([]*client.GraphDefsParam{{Name: "custom.a", Unit: "integer", Metrics: []*client.GraphDefsMetric{{Name: "custom.a.b"}}}}); err != nil || len(f.GraphDefs()) != 1 {
		t.Errorf("%v %v", err, f.GraphDefs())
	}
	for name, d := range map[string]*client.GraphDefsParam{
		"a unit that does not exist":  {Name: "custom.b", Unit: "parsecs"},
		"a name without custom":       {Name: "b"},
		"a metric of another graph":   {Name: "custom.b", Metrics: []*client.GraphDefsMetric{{Name: "custom.c.d"}}},
		"a metric two levels further": {Name: "custom.b", Metrics: []*client.GraphDefsMetric{{Name: "custom.b.c.d"}}},
	} {
		if err := c.CreateGraphDefs([]*client.GraphDefsParam{d}); status(err) != 400 {
			t.Errorf("%s: %v", name, err)
		}
	}
	wild := &client.GraphDefsParam{Name: "custom.mail.#", Metrics: []*client.GraphDefsMetric{{Name: "custom.mail.#.sent"}}}
	if err := c.CreateGraphDefs([]*client.GraphDefsParam{wild}); err != nil {
		t.Fatal(err)
	}
	for i, there := range []bool{true, true, false, false} {
		if now = now.Add(2 * time.Hour); i == 2 {
			now = now.Add(2 * time.Hour)
		}
		if err := c.PostHostMetricValuesByHostID(id, []*client.MetricValue{{Name: "custom.mail.shop.sent", Time: now.Unix(), Value: 1}}); err != nil {
			t.Fatal(err)
		}
		if defs := f.GraphDefs(); (defs["custom.mail.#"].Name != "") != there || defs["custom.a"].Name == "" {
			t.Errorf("%d: definitions %v", i, defs)
		}
	}
	report := &client.CheckReport{Source: client.NewCheckSourceHost(id), Name: "mail", Status: client.CheckStatusOK, Message: strings.Repeat("x", 1025), OccurredAt: noon.Unix()}
	if err := c.PostCheckReports(&client.CheckReports{Reports: []*client.CheckReport{report}}); status(err) != 400 {
		t.Errorf("a message of 1,025 characters: %v", err)
	}
}

func TestEachFaultDoesWhatItSays(t *testing.T) {
	for fault, want := range map[mackerelfake.Fault]struct {
		values int
		fails  bool
	}{
		mackerelfake.DropAfterWrite: {1, true}, mackerelfake.DropBefore: {0, true}, mackerelfake.TooMany: {0, true}, mackerelfake.Broken: {0, true},
		mackerelfake.HalfReply: {1, true}, mackerelfake.Page: {0, true}, mackerelfake.WrongJSON: {1, false},
	} {
		now := noon
		f, c := start(t, &now)
		f.AddService("shops")
		f.Fail(fault, "POST /api/v0/services/shops/tsdb", 1)
		err := c.PostServiceMetricValues("shops", []*client.MetricValue{{Name: "a", Time: noon.Unix(), Value: math.Pi}})
		if n := len(f.ServiceMetric("shops", "a")); (err != nil) != want.fails || n != want.values {
			t.Errorf("%s: %v, %d values", fault, err, n)
		}
	}
}

func TestAWrongKeyAndUnknownFieldsAreRefused(t *testing.T) {
	now := noon
	f, _ := start(t, &now)
	f.AddService("shops")
	for name, k := range map[string]struct {
		key, body string
		want      int
	}{
		"a wrong key":          {"another", `[]`, 403},
		"an unknown field":     {mackerelfake.Key, `[{"name":"a","time":1,"value":1,"colour":"red"}]`, 400},
		"a value without time": {mackerelfake.Key, `[{"name":"a","value":1}]`, 400},
	} {
		r, _ := http.NewRequest(http.MethodPost, f.URL+"/api/v0/services/shops/tsdb", strings.NewReader(k.body))
		r.Header.Set("X-Api-Key", k.key)
		r.Header.Set("Content-Type", "application/json")
		now = now.Add(time.Minute)
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if resp.StatusCode != k.want {
			t.Errorf("%s: %s", name, resp.Status)
		}
	}
}
