package main

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/incident/incidentapi"
)

func TestABotServesATeamInBothModes(t *testing.T) {
	for _, mode := range []string{"socket", "http"} {
		t.Run(mode, func(t *testing.T) {
			x := newTeam(t, mode, "")
			address, stop := x.serve()
			if mode == "http" {
				x.slack.Deliver(address + "/slack")
			}
			x.wait("ready", func() bool { code, _ := get(t, address+"/-/ready"); return code == 200 })
			if r, err := x.slack.Command(x.mai, x.shops, "open 緊急 カートで決済が失敗する"); err != nil || !strings.Contains(r.Text, "インシデント対応を開始しました（inc-1）") {
				t.Fatalf("%q, %v", r.Text, err)
			}
			x.wait("the status message is pinned", func() bool { c := x.channel("inc-"); return c != "" && len(x.slack.Pinned(c)) == 1 })
			if r, err := x.slack.Command(x.mai, x.channel("inc-"), "scope a-1"); err != nil || r.Text != "記録しました。" {
				t.Fatalf("%q, %v", r.Text, err)
			}
			_, body := get(t, address+"/metrics")
			for _, want := range []string{`incidentbot_incidents_ongoing{severity="critical"} 1`, `incidentbot_slack_calls_total{method="conversations.create",result="ok"} 1`,
				`incidentbot_jobs_total{kind="channel",result="done"} 1`, "incidentbot_store_up 1", "incidentbot_not_stored_total 0", "incidentbot_jobs_waiting ", "incidentbot_jobs_failing 0", "incidentbot_job_delay_seconds_count"} {
				if !strings.Contains(body, want) {
					t.Errorf("/metrics lacks %s", want)
				}
			}
			x.wait("the name is known", func() bool {
				_, body := get(t, address+"/api/v1/incidents/inc-1")
				return strings.Contains(body, `"Mai"`) && strings.Contains(body, "/archives/"+x.channel("inc-"))
			})
			if code := stop(); code != 0 {
				t.Errorf("exit code %d", code)
			}
			// What was stored is there for the command line, without a server.
			code, out, errs := x.run("list")
			if code != 0 || !strings.Contains(out, "inc-1") || !strings.Contains(out, "カートで決済が失敗する") {
				t.Errorf("list: %d %s%s", code, out, errs)
			}
			if code, out, _ = x.run("postmortem", "inc-1"); code != 0 || !strings.Contains(out, "カートで決済が失敗する") || !strings.Contains(out, "Mai") {
				t.Errorf("postmortem: %d %s", code, out)
			}
			if code, out, _ = x.run("show", "inc-1", "-o", "json"); code != 0 || !strings.Contains(out, `"a-1"`) {
				t.Errorf("show: %d %s", code, out)
			}
		})
	}
}

func TestARestartGoesOnWhereTheLastOneStopped(t *testing.T) {
	x := newTeam(t, "http", "")
	address, stop := x.serve()
	x.slack.Deliver(address + "/slack")
	x.slack.Fail("500", "conversations.create", -1)
	if _, err := x.slack.Command(x.mai, x.shops, "open major Search is slow"); err != nil {
		t.Fatal(err)
	}
	stop()
	x.slack.Heal()
	address, _ = x.serve()
	x.slack.Deliver(address + "/slack")
	x.wait("the channel is made after all", func() bool { c := x.channel("search-is-slow"); return c != "" && len(x.slack.Pinned(c)) == 1 })
}

const firing = `{"version":"4","groupKey":"{}:{slo=\"cart\"}","status":"firing","commonLabels":{"severity":"page"},"alerts":[{"status":"firing",
"labels":{"alertname":"ShopsloBudgetBurn","severity":"page","shopset":"a-1","tier":"prod","slo":"cart"},
"annotations":{"summary":"a-1 burns its error budget of cart at 15× the allowed rate"},"startsAt":"2026-11-22T05:00:00Z","fingerprint":"f1"}]}`

func TestAnAlertOpensAnIncidentThatTheGateHears(t *testing.T) {
	x := newTeam(t, "http", "alerts:\n  rules:\n    - {match: {severity: page}, severity: major}\n")
	address, _ := x.serve()
	post := func(token string) int {
		r, err := http.NewRequest(http.MethodPost, address+"/alerts/alertmanager", strings.NewReader(firing))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	if code := post("wrong"); code != http.StatusUnauthorized {
		t.Errorf("a wrong token gives %d", code)
	}
	for range 3 {
		if code := post("let-me-in"); code != http.StatusOK {
			t.Fatalf("an alert gives %d", code)
		}
	}
	client, err := incidentapi.NewClient(address, &http.Client{Timeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	all, err := client.Ongoing(context.Background())
	if err != nil || len(all) != 1 || len(all[0].Scope.ShopSets) != 1 || all[0].Scope.ShopSets[0] != "a-1" || all[0].Severity != "major" {
		t.Fatalf("%+v, %v", all, err)
	}
	x.wait("its channel", func() bool { return x.channel("burns-its-error-budget") != "" })
}

func TestCheckSaysWhatHasToBeMended(t *testing.T) {
	x := newTeam(t, "socket", "    always: [UNOBODY1]\n")
	code, out, errs := x.run("check")
	for _, want := range []string{"ok    settings", "2 Tiers, 2 ShopSets", "ok    store", "ok    bot token: incidentbot in workspace fake", "ok    channel " + x.announce,
		"ok    @sre", "FAIL  UNOBODY1: nobody can be invited: user_not_found"} {
		if !strings.Contains(out, want) {
			t.Errorf("check lacks %q:\n%s%s", want, out, errs)
		}
	}
	if code != 1 {
		t.Errorf("exit code %d", code)
	}
	x.slack.Fail("500", "", -1)
	if code, out, _ := x.run("check"); code != 4 || !strings.Contains(out, "FAIL  bot token: not known, since Slack does not answer") {
		t.Errorf("with a Slack that is down: exit code %d\n%s", code, out)
	}
}

func TestSettingsThatCannotBeUsedSayWhyAndWhere(t *testing.T) {
	tests := []struct{ name, old, new, want string }{
		{"an unknown key", "language: ja", "langauge: ja", `incidentbot.yaml:1:1: langauge: unknown key (did you mean "language"?)`},
		{"a language that is none", "language: ja", "language: fr", `incidentbot.yaml:1:11: language: is "fr"; it can be en or ja`},
		{"a time zone that is none", "Asia/Tokyo", "Tokyo", `2:12: time_zone: "Tokyo" is no time zone`},
		{"a channel by its name", "announce: [", "announce: [general, ", "write a channel's ID"},
		{"a severity that is none", "{critical:", "{bad:", `"bad" is no severity`},
		{"somebody by name", "@sre", "sre", "write the ID of a person"},
		{"a ShopSet that the fleet lacks", "    severity:", "    shopsets: {x-9: [U12345678]}\n    severity:", `the fleet's documents have no "x-9"`},
		{"a mode that is none", "mode: http", "mode: carrier-pigeon", "it can be socket or http"},
		{"a file that is not there", "signing_secret_file: signing", "signing_secret_file: nothing", "slack.signing_secret"},
		{"a token of alerts that is not there", "language: ja", "language: ja\nalerts: {token_file: nothing}", "alerts.token"},
		{"a token of the API that is not there", "language: ja", "language: ja\napi: {token_file: nothing}", "api.token"},
		{"a time below zero", "language: ja", "language: ja\nreminders: {archive_after: -1d}", "reminders.archive_after: is -24h; it cannot be below 0"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			x := newTeam(t, "http", "")
			path := filepath.Join(x.dir, "incidentbot.yaml")
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			changed := strings.Replace(string(data), test.old, test.new, 1)
			if changed == string(data) {
				t.Fatalf("%q is not there", test.old)
			}
			x.write("incidentbot.yaml", changed)
			for _, command := range []string{"check", "serve"} {
				code, _, errs := x.run(command)
				if code != 3 || !strings.Contains(errs, test.want) {
					t.Errorf("%s: exit code %d: %s\nwant %s", command, code, errs, test.want)
				}
				if strings.Contains(errs, "xoxb-") || strings.Contains(errs, "0123456789abcdef") {
					t.Errorf("%s: a secret is told: %s", command, errs)
				}
			}
		})
	}
}

func TestWhatIsNotThereHasAnExitCode(t *testing.T) {
	x := newTeam(t, "socket", "")
	tests := []struct {
		name string
		args []string
		code int
		want string
	}{
		{"an incident", []string{"show", "inc-9"}, 1, "inc-9"},
		{"a command", []string{"frobnicate"}, 3, "unknown command"},
		{"an ID", []string{"postmortem"}, 3, "name one incident"},
		{"a format", []string{"list", "-o", "xml"}, 3, "is not text or json"},
		{"no incident is no error", []string{"list"}, 0, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if code, out, errs := x.run(test.args...); code != test.code || !strings.Contains(errs, test.want) {
				t.Errorf("exit code %d: %s%s", code, out, errs)
			}
		})
	}
}

func TestATokenThatSlackRefusesEndsTheBot(t *testing.T) {
	x := newTeam(t, "socket", "")
	x.write("app-token", "xapp-of-somebody-else\n")
	path := filepath.Join(x.dir, "incidentbot.yaml")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	x.write("incidentbot.yaml", strings.Replace(string(data), "slack:\n", "slack:\n  app_token_file: app-token\n", 1))
	code, _, errs := x.run("serve", "--web.listen-address", "127.0.0.1:0")
	if code != 4 || !strings.Contains(errs, "is the app-level token right") || strings.Contains(errs, "somebody-else") {
		t.Errorf("exit code %d: %s", code, errs)
	}
}

// A token with which the Web API works and no connection can be made, such as one without
// connections:write.
func TestASocketThatDoesNotOpenIsFoundByCheckAndLoggedByServe(t *testing.T) {
	x := newTeam(t, "socket", "")
	if code, out, errs := x.run("check"); code != 0 || !strings.Contains(out, "ok    Socket Mode") {
		t.Fatalf("exit code %d: %s%s", code, out, errs)
	}
	x.slack.Refuse("missing_scope", "apps.connections.open", -1)
	code, out, _ := x.run("check")
	if code != 1 || !strings.Contains(out, "FAIL  Socket Mode: no connection can be opened: missing_scope; is the app-level token") {
		t.Errorf("exit code %d: %s", code, out)
	}
	address, stop := x.serve()
	x.wait("it is counted", func() bool {
		_, body := get(t, address+"/metrics")
		return strings.Contains(body, "incidentbot_socket_up 0") && strings.Contains(body, `incidentbot_socket_connections_total{result="open"} 0`) &&
			!strings.Contains(body, `incidentbot_socket_connections_total{result="failed"} 0`)
	})
	stop()
	if log := x.log.String(); !strings.Contains(log, "cannot connect to Slack's Socket Mode") || !strings.Contains(log, "missing_scope") || strings.Contains(log, "xapp-") {
		t.Errorf("logged: %s", log)
	}
}
