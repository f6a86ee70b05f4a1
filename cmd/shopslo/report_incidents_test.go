package main

import (
	"context"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/incident/incidentapi"
	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/review"
)

// toldIncidents are those that a bot knows.
type toldIncidents []incident.Incident

func (s toldIncidents) Incident(_ context.Context, id string) (incident.Incident, error) {
	for _, i := range s {
		if i.ID == id {
			return i, nil
		}
	}
	return incident.Incident{}, incident.ErrNotFound
}

func (s toldIncidents) Incidents(context.Context, time.Time) ([]incident.Incident, error) {
	return s, nil
}

func TestTheReviewAsksTheIncidentbot(t *testing.T) {
	s := newWeekStory()
	moved := func(at time.Time, to incident.State) incident.Event {
		return incident.Event{ID: at.String(), At: at, Kind: incident.Moved, Value: string(to)}
	}
	known := toldIncidents{
		{ID: "inc-12", Title: "カートで決済が失敗する", Severity: incident.Major, State: incident.Resolved, StartedAt: s.moved, DetectedAt: s.moved.Add(5 * time.Minute),
			Timeline:   []incident.Event{moved(s.back, incident.Mitigated), moved(s.back.Add(time.Hour), incident.Resolved)},
			Postmortem: &incident.Postmortem{Summary: "s", Actions: []incident.Action{{What: "段階的に配る", Owner: "mai", Due: s.period.From.AddDate(0, 0, 4)}}}},
		{ID: "inc-3", Title: "long ago", Severity: incident.Minor, State: incident.Closed, DetectedAt: s.period.From.AddDate(0, 0, -60),
			Timeline:   []incident.Event{moved(s.period.From.AddDate(0, 0, -59), incident.Resolved)},
			Postmortem: &incident.Postmortem{Actions: []incident.Action{{What: "Still open", Owner: "ken"}}}},
	}
	bot := httptest.NewServer(incidentapi.New(incidentapi.Options{Source: known, Now: time.Now, Token: func() (string, error) { return "b0t-s3cret", nil }}))
	defer bot.Close()
	dir := t.TempDir()
	config := s.documents(t, dir, embeddedHereSource)
	writeFiles(t, dir, map[string]string{"bot-token": "b0t-s3cret\n"})
	data, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	writeFiles(t, dir, map[string]string{"shopslo.yaml": strings.Replace(string(data), "gate:\n", "gate:\n  incidentbot: {url: '"+bot.URL+"', bearer_token_file: bot-token}\n", 1)})
	report := func() review.Report {
		code, stdout, stderr := runWith(t, nil, "report", "--config", filepath.Join(dir, "shopslo.yaml"), "-o", "json")
		if code != exitOK || stderr != "" {
			t.Fatalf("exit code %d: %s", code, stderr)
		}
		valid(t, "review", stdout)
		r, err := review.Decode([]byte(stdout))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	r := report()
	if len(r.Incidents.Items) != 1 || r.Incidents.Items[0].ID != "inc-12" || *r.Incidents.Items[0].ToRelieve != 7200 || *r.Incidents.Items[0].ToResolve != 10800 ||
		*r.Incidents.Items[0].Hurting != 7200 || len(r.Incidents.Items[0].Lacks) == 0 {
		t.Errorf("incidents %+v", r.Incidents.Items)
	}
	found := map[string]review.ActionState{}
	for _, a := range r.Actions.Items {
		found[a.ID] = a.State
	}
	if found["inc-12/1"] != review.Overdue || found["inc-3/1"] != review.Open || found["timeouts"] != review.Overdue {
		t.Errorf("actions %v", found)
	}

	bot.Close()
	r = report()
	if u := r.Incidents.Unknown; u == nil || u.Reason != review.Failed || len(r.Incidents.Items) != 1 || r.Actions.Unknown == nil || r.Actions.Items[0].ID != "timeouts" {
		t.Errorf("the bot is gone: %+v", r.Incidents)
	}
	if strings.Contains(r.Text(text.English, 0), "s3cret") {
		t.Error("the token is told")
	}
}
