package config

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/document"
	"github.com/shopslo/shopslo/promotion"
)

const beforeGate = "source: {prometheus: {url: http://p, bearer_token_file: token, tenant: shops, headers: {X-Team: sre}}}\nfleet: [f]\nslos: [s]\n"

func TestATierHasRulesOfItsOwnAndTheRestOfAll(t *testing.T) {
	c, err := Parse("/etc/c.yaml", []byte(beforeGate+`gate:
  max_age: 2m
  soak: 0
  checks: {sync: required, images: off}
  tiers:
    prod-ha: {at_risk: fixes, soak: 2d, checks: {images: required}, since_release: {harm: 0.5, harm_to_one: 0.02, baseline: 14d}, load: {share: 0.7, window: 2h, day: 7d}, traffic: {fail_below: 0.1, targets: {a-3: 2}}}
    prod:
`))
	if err != nil {
		t.Fatal(err)
	}
	none, two := time.Duration(0), 48*time.Hour
	all := promotion.Policy{MaxAge: 2 * time.Minute, Soak: &none, Needs: map[string]promotion.Need{"sync": "required", "images": "off"}}
	own := promotion.Policy{MaxAge: 2 * time.Minute, Soak: &two, AtRisk: "fixes", Since: promotion.SincePolicy{Harm: 0.5, HarmToOne: 0.02, Baseline: 14 * 24 * time.Hour},
		Load:    promotion.LoadPolicy{Share: 0.7, Window: 2 * time.Hour, Day: 7 * 24 * time.Hour},
		Traffic: &promotion.TrafficPolicy{FailBelow: 0.1, Targets: map[fleet.ShopSetName]int{"a-3": 2}}, Needs: map[string]promotion.Need{"sync": "required", "images": "required"}}
	for tier, want := range map[string]promotion.Policy{"beta": all, "prod": all, "prod-ha": own} {
		if got := c.Gate.Rules(tier); !reflect.DeepEqual(got, want) {
			t.Errorf("%s has\n%+v, want\n%+v", tier, got, want)
		}
	}
}

func TestWhomTheGateAsks(t *testing.T) {
	c, err := Parse("/etc/c.yaml", []byte(beforeGate+`gate:
  fleet: {url: https://exporter:9877/x, basic_auth: {username: u, password_file: pw}, tls: {ca_file: ca.pem}, timeout: 3s}
  alerts: {}
  incidents: [incidents/*.yaml]
  incidentbot: {url: https://incidentbot:8080/x, bearer_token_file: bot-token}
`))
	if err != nil {
		t.Fatal(err)
	}
	want := &Remote{URL: "https://exporter:9877/x", BasicAuth: &BasicAuth{"u", document.Secret{File: "/etc/pw"}}, TLS: TLS{CAFile: "/etc/ca.pem"}, Timeout: 3 * time.Second}
	if !reflect.DeepEqual(c.Gate.Fleet, want) {
		t.Errorf("fleet is %+v", c.Gate.Fleet)
	}
	if want := (&Remote{URL: "https://incidentbot:8080/x", BearerToken: document.Secret{File: "/etc/bot-token"}, Timeout: 10 * time.Second}); !reflect.DeepEqual(c.Gate.IncidentBot, want) {
		t.Errorf("the incidentbot is %+v", c.Gate.IncidentBot)
	}
	alerts := &Alerts{Remote: Remote{URL: "http://p", BearerToken: document.Secret{File: "/etc/token"}, Timeout: 10 * time.Second,
		Headers: map[string]string{"X-Team": "sre", "X-Scope-OrgID": "shops"}}}
	if !reflect.DeepEqual(c.AlertServers, []AlertServer{{Alerts: *alerts}}) {
		t.Errorf("alerts are asked of %+v, want the source's %+v", c.AlertServers, alerts)
	}
	if c.Default.Prometheus.Headers["X-Scope-OrgID"] != "" {
		t.Error("the source's headers were changed")
	}
}

func TestFaultsOfTheGate(t *testing.T) {
	for _, c := range []struct{ name, gate, want string }{
		{"a word that is none", "{at_risk: some}", `gate.at_risk: "some" is not one of all, fixes, none`},
		{"an unknown check", "{checks: {snyc: required}}", `gate.checks.snyc: unknown check "snyc" (did you mean "sync"?)`},
		{"a need that is none", "{tiers: {prod: {checks: {sync: maybe}}}}", `gate.tiers.prod.checks.sync: "maybe" is not one of required, optional, off`},
		{"a check that cannot be off", "{checks: {source: off}}", `gate.checks.source: check source cannot be off`},
		{"an unknown key of a Tier", "{tiers: {prod: {fleet: {}}}}", `gate.tiers.prod.fleet: unknown key`},
		{"an exporter without an address", "{fleet: {timeout: 3s}}", "gate.fleet.url: is missing"},
		{"a password in the file", "{fleet: {url: http://x, password: secret}}", "no secret stands in this file"},
		{"an Alertmanager without an address", "{alerts: {kind: alertmanager}}", "gate.alerts.url: is missing"},
		{"two ways to show who asks", "{fleet: {url: http://x, bearer_token_file: f, basic_auth: {username: u, password_file: p}}}", "choose one"},
		{"an incidentbot that is no URL", "{incidentbot: {url: incidentbot}}", "gate.incidentbot.url"},
		{"a token for nobody", "{incidentbot: {bearer_token_file: f}}", "gate.incidentbot.url: is missing; write it like http://incidentbot:9878"},
		{"a token in the file", "{incidentbot: {url: http://x, bearer_token: secret}}", "a secret does not stand in this file"},
		{"no harm at all", "{since_release: {harm: 0}}", "must be a burn rate above 0"},
		{"more than all requests", "{since_release: {harm_to_one: 2}}", "since_release.harm_to_one: 2 is not a ratio"},
		{"a busy time of no length", "{load: {window: 0h}}", "gate.load.window"},
		{"a failure that is worse than unknown", "{traffic: {unknown_below: 0.1}}", "fail_below (0.2) must not be above unknown_below (0.1)"},
		{"no target", "{traffic: {targets: {a-1: 0}}}", "gate.traffic.targets.a-1: 0 is not a number of targets"},
		{"certainty", "{since_release: {confidence: 1}}", "must be below 1"},
		{"a negative soak", "{soak: -1h}", "must be longer than 0"},
		{"no severity", "{fail_on: []}", "gate.fail_on: is empty"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse("c.yaml", []byte(beforeGate+"gate: "+c.gate+"\n"))
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "c.yaml:4") || strings.Contains(err.Error(), "secret ") && !strings.Contains(err.Error(), "stand in this file") && !strings.Contains(err.Error(), "no secret") {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

func TestWhereRulesAndCalendarAreReadFrom(t *testing.T) {
	c, err := Parse("/etc/shopslo.yaml", []byte(least+"gate: {calendar: [c.yaml], rules_from: {branch: main, dir: ops}, calendar_from: {repository: calendar.git, branch: main}}\n"))
	if err != nil || *c.Gate.RulesFrom != (Place{Branch: "main", Dir: "ops"}) || c.Gate.CalendarFrom.Place != (Place{Repository: "/etc/calendar.git", Branch: "main"}) {
		t.Errorf("%+v, %+v, %v", c.Gate.RulesFrom, c.Gate.CalendarFrom, err)
	}
	for text, want := range map[string]string{
		"rules_from: {}": "gate.rules_from: is empty; name a repository, a branch or both",
		"rules_from: {repository: \"https://a:hunter2@git.example/x\"}": "gate.rules_from.repository: https://***@git.example/x holds a password",
		"rules_from: {branch: -x}":                                      "gate.rules_from.branch",
		"rules_from: {branch: main, dir: ../x}":                         "gate.rules_from.dir: leaves the repository",
		"calendar: [c.yaml], calendar_from: {repository: /r.git}":       "gate.calendar_from.branch: is missing",
		"calendar_from: {repository: /r.git, branch: main}":             "gate.calendar_from: stands alone; name the files in gate.calendar",
	} {
		if _, err := Parse("c.yaml", []byte(least+"gate: {"+text+"}\n")); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", text, err)
		}
	}
}
