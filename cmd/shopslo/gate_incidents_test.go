package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/incident/incidentapi"
	"github.com/shopslo/shopslo/incident/storetest"
	"github.com/shopslo/shopslo/promotion"
)

// botStage is a stage beside an incidentbot that lets in who shows the token.
type botStage struct {
	*stage
	store storetest.Memory
	bot   *httptest.Server
}

func newBotStage(t *testing.T) *botStage {
	t.Helper()
	s := &botStage{stage: newStage(t, 0)}
	s.bot = httptest.NewServer(incidentapi.New(incidentapi.Options{Source: &s.store, Now: time.Now, Token: func() (string, error) { return "b0t-s3cret", nil }}))
	t.Cleanup(s.bot.Close)
	writeFiles(t, s.dir, map[string]string{"bot-token": "b0t-s3cret\n"})
	s.edit(t, "  incidents: [incidents/*.yaml]\n", "  incidents: [incidents/*.yaml]\n  incidentbot: {url: '"+s.bot.URL+"', bearer_token_file: bot-token}\n")
	return s
}

func (s *botStage) edit(t *testing.T, old, new string) {
	t.Helper()
	text, err := os.ReadFile(s.config)
	if err != nil || !strings.Contains(string(text), old) {
		t.Fatalf("%q is not in %s: %v", old, text, err)
	}
	if err := os.WriteFile(s.config, []byte(strings.Replace(string(text), old, new, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// open opens an incident of Tiers, and moves it through states.
func (s *botStage) open(t *testing.T, tiers []string, states ...incident.State) {
	t.Helper()
	i := storetest.Sample("カートで決済が失敗する")
	i.Scope.Tiers, i.DetectedAt = tiers, s.at.Add(-time.Hour)
	i, _, err := s.store.Create(t.Context(), "", i)
	if err != nil {
		t.Fatal(err)
	}
	for _, to := range states {
		if _, err := s.store.Change(t.Context(), i.ID, func(incident.Incident) ([]incident.Event, []incident.Job, error) {
			return []incident.Event{{At: s.at, Kind: incident.Moved, Value: string(to)}}, nil, nil
		}); err != nil {
			t.Fatal(err)
		}
	}
}

const openInFile = "apiVersion: shopslo.dev/v1alpha1\nkind: Incident\nmetadata: {name: old-7}\nspec: {title: a disk, severity: minor, state: open, detectedAt: 2026-11-02T12:00:00+09:00, affects: {tiers: [prod]}}\n"

func TestTheGateAsksAnIncidentbot(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(*testing.T, *botStage)
		code int
		want string
	}{
		{"nothing is open", func(*testing.T, *botStage) {}, exitOK, ""},
		{"an incident of the target", func(t *testing.T, s *botStage) { s.open(t, []string{"prod"}) }, exitNo, "Incident inc-1 (カートで決済が失敗する) is open and affects prod"},
		{"one that no longer hurts, its cause being there", func(t *testing.T, s *botStage) { s.open(t, []string{"prod"}, incident.Mitigated) }, exitNo, "inc-1"},
		{"an incident of the Tier that shows how the Release behaves", func(t *testing.T, s *botStage) { s.open(t, []string{"beta"}) }, exitNo, "is open and affects beta since"},
		{"one of a Tier that there is not", func(t *testing.T, s *botStage) { s.open(t, []string{"prd"}) }, exitNo, "may affect everything, since it names an unknown Tier (prd)"},
		{"one of which nobody knows what it hurts", func(t *testing.T, s *botStage) { s.open(t, nil) }, exitNo, "may affect everything"},
		{"one elsewhere, and others that are over", func(t *testing.T, s *botStage) {
			writeFiles(t, s.dir, map[string]string{"fleet.yaml": fleetOf("beta: b-1", "prod: p-1", "later: l-1")})
			s.open(t, []string{"later"})
			s.open(t, []string{"prod"}, incident.Resolved)
			s.open(t, []string{"prod"}, incident.Resolved, incident.Closed)
		}, exitOK, ""},
		{"one reopened", func(t *testing.T, s *botStage) { s.open(t, []string{"prod"}, incident.Resolved, incident.Open) }, exitNo, "inc-1"},
		{"one in a file, none of the bot", func(t *testing.T, s *botStage) {
			writeFiles(t, s.dir, map[string]string{"incidents/o.yaml": openInFile})
		}, exitNo, "Incident old-7 (a disk)"},
		{"one of a ShopSet that was renamed since", func(t *testing.T, s *botStage) {
			writeFiles(t, s.dir, map[string]string{"incidents/o.yaml": strings.Replace(openInFile, "{tiers: [prod]}", "{shopSets: [p-old]}", 1),
				"fleet.yaml": strings.Replace(fleetOf("beta: b-1", "prod: p-1"), "{tier: prod,", "{tier: prod, formerly: [{name: p-old}],", 1)})
		}, exitNo, "Incident old-7 (a disk) is open and affects prod"},
		{"one of a ShopSet that there is not", func(t *testing.T, s *botStage) {
			writeFiles(t, s.dir, map[string]string{"incidents/o.yaml": strings.Replace(openInFile, "{tiers: [prod]}", "{shopSets: [p1]}", 1)})
		}, exitNo, "Incident old-7 (a disk) is open and may affect everything, since it names an unknown ShopSet (p1)"},
		{"both are told", func(t *testing.T, s *botStage) {
			s.open(t, []string{"prod"})
			writeFiles(t, s.dir, map[string]string{"incidents/o.yaml": openInFile})
		}, exitNo, "Incident inc-1"},
		{"without files", func(t *testing.T, s *botStage) {
			s.edit(t, "  incidents: [incidents/*.yaml]\n", "")
			s.open(t, []string{"prod"})
		}, exitNo, "inc-1"},
		{"a bot that is down", func(_ *testing.T, s *botStage) { s.bot.Close() }, exitUnavailable, "connection refused"},
		{"a bot that is down, without files", func(t *testing.T, s *botStage) {
			s.edit(t, "  incidents: [incidents/*.yaml]\n", "")
			s.bot.Close()
		}, exitUnavailable, "Cannot check incident: the incidentbot at http://127.0.0.1"},
		{"a bot that is down beside an open incident in a file", func(t *testing.T, s *botStage) {
			writeFiles(t, s.dir, map[string]string{"incidents/o.yaml": openInFile})
			s.bot.Close()
		}, exitNo, "Incident old-7 (a disk) is open"},
		{"a wrong token", func(t *testing.T, s *botStage) { writeFiles(t, s.dir, map[string]string{"bot-token": "wr0ng-s3cret"}) }, exitUnavailable, "401 Unauthorized: check the token"},
		{"no token file", func(t *testing.T, s *botStage) {
			if err := os.Remove(s.dir + "/bot-token"); err != nil {
				t.Fatal(err)
			}
		}, exitUnavailable, "bot-token"},
		{"another server", func(t *testing.T, s *botStage) {
			other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "{}") }))
			t.Cleanup(other.Close)
			s.edit(t, s.bot.URL, other.URL)
		}, exitUnavailable, "the answer is of version 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newBotStage(t)
			c.do(t, s)
			code, stdout, stderr := s.gate(t)
			said := strings.Join(strings.Fields(stdout+stderr), " ")
			if code != c.code || !strings.Contains(said, c.want) || strings.Contains(said, "s3cret") {
				t.Errorf("exit code %d, want %d with %q:\n%s%s", code, c.code, c.want, stdout, stderr)
			}
			if _, stdout, _ := s.gate(t, "-o", "json"); checkOf(t, stdout, "incident") != map[int]promotion.Result{exitOK: promotion.Pass, exitNo: promotion.Fail, exitUnavailable: promotion.Unknown}[code] {
				t.Errorf("the check of incidents:\n%s", stdout)
			}
		})
	}
}

// checkOf is the result of the first check of a name.
func checkOf(t *testing.T, answer, name string) promotion.Result {
	t.Helper()
	d, err := promotion.Decode([]byte(answer))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range d.Checks {
		if c.Check == name {
			return c.Result
		}
	}
	return ""
}

func TestAServersGateAsksTheIncidentbotEachTime(t *testing.T) {
	s := newBotStage(t)
	server := startServe(t, s.config)
	ask := func() promotion.Result {
		resp, err := http.Post(server.url+"/api/v1/gate?to=prod", "application/json", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return checkOf(t, string(body), "incident")
	}
	if got := ask(); got != promotion.Pass {
		t.Errorf("before: %s", got)
	}
	s.open(t, []string{"prod"})
	if got := ask(); got != promotion.Fail {
		t.Errorf("with an incident: %s", got)
	}
	s.bot.Close()
	if got := ask(); got != promotion.Unknown {
		t.Errorf("with the bot away: %s", got)
	}
}
