package main

import (
	"net/http"
	"strings"
	"testing"
)

// postTo sends a notification and gives the status.
func postTo(t *testing.T, address, body string, login func(*http.Request)) int {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if login != nil {
		login(r)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}

// The shape is that of https://mackerel.io/ja/docs/entry/howto/alerts/webhook; check-mailrelay is a check.
const mackerelCheck = `{"orgName":"Shop","event":"alert","imageUrl":null,"memo":"手順書: https://wiki.example/mail","type":"check","message":"Mailrelay CRITICAL: ses deferred 41 %",
"host":{"id":"22D4","name":"a-1","url":"https://mackerel.io/orgs/Shop/hosts/22D4","type":"unknown","status":"working","memo":"","isRetired":false,"roles":[{"fullname":"shop: mail","serviceName":"shop","roleName":"mail"}]},
"alert":{"id":"2bj","url":"https://mackerel.io/orgs/Shop/alerts/2bj","createdAt":1795323912693,"openedAt":1795323912,"status":"critical","isOpen":true,"trigger":"monitor","monitorName":"mailrelay"}}`

func TestMackerelsWebhookOpensAnIncidentAsAlertmanagersDoes(t *testing.T) {
	x := newTeam(t, "http", "alerts:\n  rules:\n    - {match: {source: mackerel, severity: critical}, severity: major}\n")
	address, _ := x.serve()
	x.slack.Deliver(address + "/slack")
	at := address + "/alerts/mackerel"
	for name, want := range map[string]int{"": 401, "?token=wrong": 401, "?token=let-me-in": 200} {
		if got := postTo(t, at+name, mackerelCheck, nil); got != want {
			t.Errorf("%q: %d, want %d", name, got, want)
		}
	}
	if got := postTo(t, at, mackerelCheck, func(r *http.Request) { r.SetBasicAuth("mackerel", "let-me-in") }); got != 200 {
		t.Errorf("basic auth: %d", got)
	}
	for body, want := range map[string]int{`{"event":"sample","message":"Sample Notification from Mackerel"}`: 200, `{}`: 400, `{`: 400, `{"event":"alert","alert":{}}`: 400,
		strings.Replace(mackerelCheck, `"critical"`, `"warning"`, 1): 200} {
		if got := postTo(t, at+"?token=let-me-in", body, nil); got != want {
			t.Errorf("%s: %d, want %d", body, got, want)
		}
	}
	closed := strings.NewReplacer(`"status":"critical","isOpen":true`, `"status":"ok","isOpen":false,"closedAt":1795324912`, "2bj", "2bj").Replace(mackerelCheck)
	if got := postTo(t, at+"?token=let-me-in", closed, nil); got != 200 {
		t.Errorf("a closed one: %d", got)
	}
	x.wait("the channel has it", func() bool {
		c := x.channel("inc-")
		return c != "" && strings.Contains(x.slack.Transcript(c), "🔔 *mailrelay (a-1)")
	})
	shown := x.slack.Transcript(x.channel("inc-"))
	for _, want := range []string{"Mailrelay CRITICAL: ses deferred 41 %", "手順書: <https://wiki.example/mail>", "<https://mackerel.io/orgs/Shop/alerts/2bj|アラート>", "<https://mackerel.io/orgs/Shop/hosts/22D4|ダッシュボード>"} {
		if !strings.Contains(shown, want) {
			t.Errorf("nobody reads %q in\n%s", want, shown)
		}
	}
	_, body := get(t, address+"/api/v1/incidents/inc-1")
	for _, want := range []string{`"shopsets":["a-1"]`, `"severity":"major"`, "発報が止まりました", `"started_at":"2026-11-22T05:05:12Z"`, "https://mackerel.io/orgs/Shop/alerts/2bj"} {
		if !strings.Contains(strings.ReplaceAll(strings.ReplaceAll(body, " ", ""), "\n", ""), want) {
			t.Errorf("the API lacks %s in %s", want, body)
		}
	}
	if _, body := get(t, address+"/api/v1/incidents"); strings.Contains(body, "inc-2") {
		t.Error("two incidents of one alert")
	}
}

func TestAnAlertKeepsItsRunbookAndDashboard(t *testing.T) {
	x := newTeam(t, "http", "alerts:\n  rules:\n    - {severity: major}\n")
	address, _ := x.serve()
	x.slack.Deliver(address + "/slack")
	body := strings.Replace(firing, `"annotations":{`, `"generatorURL":"http://prometheus:9090/graph?g0.expr=up","annotations":{"runbook_url":"https://wiki.example/burn","dashboard_url":"javascript:alert(1)","dashboard":"https://grafana.example/d/slo","description":"カートの成功率が目標を下回っています",`, 1)
	if got := postTo(t, address+"/alerts/alertmanager", body, func(r *http.Request) { r.Header.Set("Authorization", "Bearer let-me-in") }); got != 200 {
		t.Fatal(got)
	}
	x.wait("the channel has it", func() bool {
		c := x.channel("inc-")
		return c != "" && strings.Contains(x.slack.Transcript(c), "カートの成功率")
	})
	shown := x.slack.Transcript(x.channel("inc-"))
	for _, want := range []string{"<https://wiki.example/burn|手順書> · <https://grafana.example/d/slo|ダッシュボード> · <http://prometheus:9090/graph?g0.expr=up|アラート>"} {
		if !strings.Contains(shown, want) {
			t.Errorf("nobody reads %q in\n%s", want, shown)
		}
	}
	if strings.Contains(shown, "javascript") {
		t.Error("a link that is none")
	}
}
