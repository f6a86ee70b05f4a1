package main

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/incident/sqlstore"
)

// filled makes a store with three incidents: one of two months ago that was resolved
// within an hour, one of yesterday that was never closed, and one of last year.
func filled(t *testing.T, x *team, now time.Time) {
	t.Helper()
	store, err := sqlstore.Open(context.Background(), "sqlite:"+filepath.Join(x.dir, "incidents.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	for _, one := range []struct {
		title    string
		severity incident.Severity
		start    time.Time
		actions  []incident.Action
		over     bool
	}{
		{"去年の障害", incident.Critical, now.AddDate(-1, 0, 0), []incident.Action{{What: "an action of last year"}}, true},
		{"カートで決済が失敗する", incident.Critical, now.AddDate(0, -2, 0), []incident.Action{
			{What: "タイムアウトを 3 秒に下げる", Owner: "mai", Due: now.AddDate(0, 0, -9)}, {What: "watch retries"},
			{What: "done", DoneAt: now}}, true},
		{"Slow pages", incident.Minor, now.AddDate(0, 0, -1), nil, false},
	} {
		i, _, err := store.Create(context.Background(), one.title, incident.Incident{Title: one.title, Severity: one.severity, State: incident.Open,
			StartedAt: one.start, DetectedAt: one.start.Add(10 * time.Minute)})
		if err != nil {
			t.Fatal(err)
		}
		events := []incident.Event{{At: one.start.Add(30 * time.Minute), Kind: incident.Moved, Value: "mitigated"}}
		if one.over {
			events = append(events, incident.Event{At: one.start.Add(time.Hour), Kind: incident.Moved, Value: "resolved"},
				incident.Event{At: one.start.Add(2 * time.Hour), Kind: incident.Postmortal, Postmortem: &incident.Postmortem{Summary: "s", Actions: one.actions}})
		}
		if _, err := store.Change(context.Background(), i.ID, func(incident.Incident) ([]incident.Event, []incident.Job, error) { return events, nil, nil }); err != nil {
			t.Fatal(err)
		}
	}
}

func TestASummaryTellsOfTheLastMonths(t *testing.T) {
	x := newTeam(t, "socket", "")
	now := time.Now().Truncate(time.Second)
	filled(t, x, now)
	code, out, errs := x.run("summary")
	for _, want := range []string{"インシデント 2 件", "うち継続中 1 件", "緊急 1、重大 0、軽微 1", "検知まで  10分", "2 / 2", "緩和まで  30分", "解決まで  1時間", "1 / 2",
		"影響していた時間の合計：1時間", "未完成のポストモーテム：inc-2, inc-1", "未完了の再発防止策 3 件（うち期限切れ 1 件）", "期限切れ  mai   inc-2"} {
		if !strings.Contains(out, want) {
			t.Errorf("it lacks %q", want)
		}
	}
	if code != 0 || !strings.Contains(out, "an action of last year") || t.Failed() {
		t.Errorf("exit code %d:\n%s%s", code, out, errs)
	}
	if code, out, _ := x.run("summary", "--since", "2000-01-01", "--lang", "en"); code != 0 || !strings.Contains(out, "3 incidents since 2000-01-01 00:00 JST, 1 of them ongoing: 2 critical") ||
		!strings.Contains(out, "3 action items are open, 1 of them overdue") {
		t.Errorf("exit code %d:\n%s", code, out)
	}
}

func TestASummaryOfNothingSaysSo(t *testing.T) {
	x := newTeam(t, "socket", "")
	if code, out, errs := x.run("summary", "--lang", "en"); code != 0 || !strings.HasPrefix(out, "0 incidents since ") || strings.Contains(out, "MEDIAN") {
		t.Errorf("exit code %d:\n%s%s", code, out, errs)
	}
	for _, since := range []string{"yesterday", "-3d", "0s", "2026-13-01"} {
		if code, _, errs := x.run("summary", "--since", since); code != 3 || !strings.Contains(errs, "neither a day") {
			t.Errorf("--since %s: exit code %d: %s", since, code, errs)
		}
	}
}

func TestASummaryHasTheShapeOfItsSchema(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile("../../docs/incident-summary.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	empty, full := newTeam(t, "socket", ""), newTeam(t, "socket", "")
	filled(t, full, time.Now())
	for _, x := range []*team{empty, full} {
		_, out, errs := x.run("summary", "-o", "json")
		answer, err := jsonschema.UnmarshalJSON(strings.NewReader(out))
		if err != nil {
			t.Fatal(err, out, errs)
		}
		if err := schema.Validate(answer); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	}
}
