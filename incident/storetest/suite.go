package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/incident"
)

// Store is all that a store can do. Who uses one asks for less.
type Store interface {
	Create(ctx context.Context, key string, i incident.Incident, jobs ...incident.Job) (incident.Incident, bool, error)
	Incident(ctx context.Context, id string) (incident.Incident, error)
	Incidents(ctx context.Context, since time.Time) ([]incident.Incident, error)
	Change(ctx context.Context, id string, change func(incident.Incident) ([]incident.Event, []incident.Job, error)) (incident.Incident, error)
	Enqueue(ctx context.Context, jobs ...incident.Job) error
	Claim(ctx context.Context, now time.Time, lease time.Duration, limit int, skip ...string) ([]incident.Job, error)
	Finish(ctx context.Context, key string) error
	Retry(ctx context.Context, key string, due time.Time, problem string) error
	Remember(ctx context.Context, key, value string) (kept string, first bool, err error)
	Recall(ctx context.Context, key string) (value string, ok bool, err error)
}

// Open gives two connections to one new and empty store, as two programs have them. It
// ends the test where it cannot.
type Open func(t *testing.T) (one, other Store)

// Run is what every store has to pass.
func Run(t *testing.T, open Open) {
	for _, test := range []struct {
		name string
		do   func(t *testing.T, s, other Store)
	}{
		{"an incident comes back as it was stored", roundTrip},
		{"a key is one incident until that is closed", keys},
		{"what is not valid is not stored, and takes no ID", invalid},
		{"what is not there is not found", missing},
		{"events stand in the order of their times, also late ones", lateEvents},
		{"a change that may not be stores nothing of it", refused},
		{"a change that lost a race is made anew", lostRace},
		{"the list holds what is ongoing or has changed since", list},
		{"a job is held, retried and finished", jobs},
		{"jobs come in the order in which they are due", jobOrder},
		{"jobs of one incident keep those of no other waiting", jobTurns},
		{"what is redacted is gone", redacted},
		{"jobs of one line are done one after another", jobLines},
		{"a job's key stays known", jobKeys},
		{"a value is remembered once", values},
		{"a call that has been given up fails", canceled},
		{"programs that create at once share a key and leave no gap", creators},
		{"programs that change at once lose no event", changers},
		{"of programs that claim at once one gets each job", claimers},
		{"random calls give what the store in memory gives", random},
		{"calls broken off at random are done once when done again", broken},
	} {
		t.Run(test.name, func(t *testing.T) {
			one, other := open(t)
			test.do(t, one, other)
		})
	}
}

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

func minute(n int) time.Time { return noon.Add(time.Duration(n) * time.Minute) }

// Sample is an Incident that is valid but for its ID.
func Sample(title string) incident.Incident {
	return incident.Incident{Title: title, Severity: incident.Minor, State: incident.Open, DetectedAt: noon}
}

func create(t *testing.T, s Store, key string, i incident.Incident, jobs ...incident.Job) incident.Incident {
	t.Helper()
	kept, first, err := s.Create(t.Context(), key, i, jobs...)
	if err != nil || !first {
		t.Fatalf("create %q: first %v, %v", i.Title, first, err)
	}
	return kept
}

// apply makes a change of Events.
func apply(ctx context.Context, s Store, id string, events ...incident.Event) (incident.Incident, error) {
	return s.Change(ctx, id, func(incident.Incident) ([]incident.Event, []incident.Job, error) { return events, nil, nil })
}

func note(id string, at time.Time, text string) incident.Event {
	return incident.Event{ID: id, At: at, By: "mai", Kind: incident.Noted, Text: text}
}

func move(at time.Time, to incident.State) incident.Event {
	return incident.Event{At: at, Kind: incident.Moved, Value: string(to)}
}

func equal(t *testing.T, what string, got, want incident.Incident) {
	t.Helper()
	if !same(got, want) {
		t.Fatalf("%s:\ngot  %+v\nwant %+v", what, got, want)
	}
}

func roundTrip(t *testing.T, s, other Store) {
	tokyo := time.FixedZone("", 9*3600)
	i := Sample("カートで決済が失敗する 🛒 ' \" \\ \x00 %s ; --")
	i.Severity, i.State, i.Release, i.Link = incident.Critical, incident.Mitigated, "3f2c1ab", "https://example.com/?a=1&b=<x>"
	i.Scope = incident.Scope{ShopSets: []string{"a-1"}, Tiers: []string{"prod", "本番"}}
	i.DetectedAt = time.Date(2026, 11, 2, 21, 0, 0, 123456789, tokyo)
	i.StartedAt = i.DetectedAt.Add(-time.Nanosecond)
	i.Assigned = map[incident.Role]string{incident.Commander: "舞"}
	i.Timeline = []incident.Event{note("a", minute(-9), "一行目\r\n二行目\u2028"), note("", minute(3), "x")}
	want := i
	want.ID = "inc-1"
	equal(t, "as created", create(t, s, "", i), want)

	written := &incident.Postmortem{Summary: "要約", Impact: "影響", Cause: "原因", Trigger: "t", Detection: "d", Resolution: "r",
		WentWell: []string{"w"}, WentWrong: []string{"x", "y"}, Lucky: []string{"z"},
		Actions: []incident.Action{{What: "直す", Owner: "健", Link: "https://example.com/1", Due: time.Date(2026, 12, 1, 0, 0, 0, 0, tokyo), DoneAt: noon}}}
	for k, e := range []incident.Event{
		{Kind: incident.Noted, Text: "𠮷野家", By: "健"},
		{Kind: incident.Escalated, Value: "major", Text: "思ったより軽い"},
		{Kind: incident.Rescoped, Scope: incident.Scope{Fleet: true}},
		{Kind: incident.Appointed, Role: incident.Scribe, Value: "健"},
		{Kind: incident.Renamed, Value: "決済"},
		{Kind: incident.Dated, Time: minute(-30).In(tokyo)},
		{Kind: incident.Suspected, Value: "4444"},
		{Kind: incident.Postmortal, Postmortem: written},
		{Kind: incident.Moved, Value: "closed"},
	} {
		e.ID, e.At = fmt.Sprint("event ", k), minute(10+k).In(tokyo)
		var err error
		if want, err = want.Apply(e); err != nil {
			t.Fatal(err)
		}
		got, err := apply(t.Context(), s, "inc-1", e)
		if err != nil {
			t.Fatalf("%s: %v", e.Kind, err)
		}
		equal(t, "after "+string(e.Kind), got, want)
	}
	got, err := other.Incident(t.Context(), "inc-1")
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "as the other reads it", got, want)
	if _, offset := got.Timeline[len(got.Timeline)-1].At.Zone(); offset != 9*3600 {
		t.Errorf("the time's zone is lost: %v", got.Timeline[len(got.Timeline)-1].At)
	}
}

func keys(t *testing.T, s, other Store) {
	first := create(t, s, "alert 決済", Sample("a"))
	again, isFirst, err := other.Create(t.Context(), "alert 決済", Sample("b"), incident.Job{Key: "j", Kind: "k"})
	if err != nil || isFirst {
		t.Fatalf("the same key: first %v, %v", isFirst, err)
	}
	equal(t, "the same key", again, first)
	if got, _ := s.Claim(t.Context(), noon, time.Minute, 9); len(got) != 0 {
		t.Errorf("jobs of an incident that was not stored: %v", got)
	}
	if next := create(t, s, "other", Sample("c")); next.ID != "inc-2" {
		t.Errorf("the second incident is %s", next.ID)
	}
	create(t, s, "", Sample("d"))
	create(t, s, "", Sample("no key is no key"))
	for _, state := range []incident.State{incident.Resolved, incident.Closed} {
		if _, err := apply(t.Context(), s, first.ID, move(minute(5), state)); err != nil {
			t.Fatal(err)
		}
		got, isFirst, err := s.Create(t.Context(), "alert 決済", Sample("again"))
		if err != nil || isFirst != (state == incident.Closed) || isFirst && got.ID != "inc-5" {
			t.Fatalf("when %s: %s, first %v, %v", state, got.ID, isFirst, err)
		}
	}
	// Reopened, there are two: the newer one is meant.
	if _, err := apply(t.Context(), s, first.ID, move(minute(6), incident.Open)); err != nil {
		t.Fatal(err)
	}
	if got, isFirst, err := s.Create(t.Context(), "alert 決済", Sample("x")); err != nil || isFirst || got.ID != "inc-5" {
		t.Errorf("two of a key: %s, first %v, %v", got.ID, isFirst, err)
	}
}

func invalid(t *testing.T, s, _ Store) {
	bad := Sample("")
	if _, _, err := s.Create(t.Context(), "k", bad, incident.Job{Key: "j", Kind: "k"}); err == nil || !strings.Contains(err.Error(), "title is missing") {
		t.Errorf("no title: %v", err)
	}
	for name, job := range map[string]incident.Job{
		"no key": {Kind: "k"}, "no kind": {Key: "j"}, "no JSON": {Key: "j", Kind: "k", Payload: []byte("{")},
		"no text": {Key: "\xff", Kind: "k"}, "zero": {Key: "j\x00", Kind: "k"}, "long": {Key: strings.Repeat("x", 1001), Kind: "k"}, "odd kind": {Key: "j", Kind: "\x00"},
	} {
		if _, _, err := s.Create(t.Context(), "k", Sample("a"), incident.Job{Key: "good", Kind: "k"}, job); err == nil {
			t.Errorf("a job with %s is created", name)
		}
		if err := s.Enqueue(t.Context(), incident.Job{Key: "good", Kind: "k"}, job); err == nil {
			t.Errorf("a job with %s is enqueued", name)
		}
	}
	if _, _, err := s.Create(t.Context(), "a\x00b", Sample("a")); err == nil {
		t.Error("a key with a zero byte is taken")
	}
	if got, err := s.Claim(t.Context(), noon, time.Minute, 9); err != nil || len(got) != 0 {
		t.Errorf("jobs of what was refused: %v, %v", got, err)
	}
	if got := create(t, s, "k", Sample("a")); got.ID != "inc-1" {
		t.Errorf("the first is %s", got.ID)
	}
	if _, err := s.Change(t.Context(), "inc-1", func(incident.Incident) ([]incident.Event, []incident.Job, error) {
		return []incident.Event{note("", noon, "x")}, []incident.Job{{Key: "j"}}, nil
	}); err == nil {
		t.Error("a job without a kind is stored with a change")
	}
}

func missing(t *testing.T, s, _ Store) {
	create(t, s, "", Sample("a"))
	for _, id := range []string{"inc-2", "inc-01", "inc-+1", "1", "", "inc-", "inc-99999999999999999999", "inc-1 ", "inc-0", "inc--1"} {
		if _, err := s.Incident(t.Context(), id); !errors.Is(err, incident.ErrNotFound) {
			t.Errorf("incident %q: %v", id, err)
		}
		if _, err := apply(t.Context(), s, id, note("", noon, "x")); !errors.Is(err, incident.ErrNotFound) {
			t.Errorf("change %q: %v", id, err)
		}
	}
	for _, key := range []string{"x", "", "\x00"} {
		if err := s.Finish(t.Context(), key); !errors.Is(err, incident.ErrNotFound) {
			t.Errorf("finish %q: %v", key, err)
		}
		if err := s.Retry(t.Context(), key, noon, "p"); !errors.Is(err, incident.ErrNotFound) {
			t.Errorf("retry %q: %v", key, err)
		}
		if value, ok, err := s.Recall(t.Context(), key); ok || err != nil || value != "" {
			t.Errorf("recall %q: %q, %v, %v", key, value, ok, err)
		}
	}
}

func lateEvents(t *testing.T, s, _ Store) {
	i := Sample("a")
	i.Timeline = []incident.Event{note("first", minute(5), "first")}
	create(t, s, "", i)
	for _, e := range []incident.Event{
		note("x", minute(20), "twenty"), note("y", minute(5), "five again"), note("z", minute(-60), "before"), move(minute(10), incident.Resolved),
	} {
		if _, err := apply(t.Context(), s, "inc-1", e); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Incident(t.Context(), "inc-1")
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, e := range got.Timeline {
		texts = append(texts, e.Text)
	}
	if want := []string{"before", "first", "five again", "", "twenty"}; !slices.Equal(texts, want) {
		t.Errorf("timeline %q, want %q", texts, want)
	}
	if _, err := apply(t.Context(), s, "inc-1", note("first", minute(99), "again")); !errors.Is(err, incident.ErrTwice) {
		t.Errorf("an event that the incident was created with: %v", err)
	}
}

func refused(t *testing.T, s, _ Store) {
	create(t, s, "", Sample("a"))
	if _, err := apply(t.Context(), s, "inc-1", note("e", noon, "x")); err != nil {
		t.Fatal(err)
	}
	mine := errors.New("not today")
	for _, test := range []struct {
		name   string
		events []incident.Event
		err    error
		want   error
	}{
		{"its own error", []incident.Event{note("f", noon, "x")}, mine, mine},
		{"an event known", []incident.Event{note("f", noon, "x"), note("e", minute(1), "x")}, nil, incident.ErrTwice},
		{"an event twice", []incident.Event{note("f", noon, "x"), note("f", minute(1), "x")}, nil, incident.ErrTwice},
		{"an event that may not be", []incident.Event{note("f", noon, "x"), move(minute(2), incident.Open)}, nil, nil},
	} {
		_, err := s.Change(t.Context(), "inc-1", func(incident.Incident) ([]incident.Event, []incident.Job, error) {
			return test.events, []incident.Job{{Key: "j", Kind: "k"}}, test.err
		})
		if err == nil || test.want != nil && !errors.Is(err, test.want) || test.err != nil && err != test.err {
			t.Errorf("%s: error %v", test.name, err)
		}
	}
	got, err := s.Incident(t.Context(), "inc-1")
	if err != nil || len(got.Timeline) != 1 {
		t.Errorf("%d events, %v", len(got.Timeline), err)
	}
	if jobs, err := s.Claim(t.Context(), noon, time.Minute, 9); err != nil || len(jobs) != 0 {
		t.Errorf("jobs %v, %v", jobs, err)
	}
	// A change without an event is none, but its jobs are.
	if _, err := s.Change(t.Context(), "inc-1", func(incident.Incident) ([]incident.Event, []incident.Job, error) {
		return nil, []incident.Job{{Key: "j", Kind: "k"}}, nil
	}); err != nil {
		t.Fatal(err)
	}
	if jobs, err := s.Claim(t.Context(), noon, time.Minute, 9); err != nil || len(jobs) != 1 || jobs[0].Incident != "inc-1" {
		t.Errorf("jobs %v, %v", jobs, err)
	}
}

func lostRace(t *testing.T, s, other Store) {
	create(t, s, "", Sample("a"))
	calls := 0
	got, err := s.Change(t.Context(), "inc-1", func(now incident.Incident) ([]incident.Event, []incident.Job, error) {
		if calls++; calls == 1 {
			if _, err := apply(t.Context(), other, "inc-1", move(minute(1), incident.Mitigated)); err != nil {
				return nil, nil, err
			}
		}
		return []incident.Event{note("", minute(2), string(now.State))}, nil, nil
	})
	if err != nil || calls != 2 || len(got.Timeline) != 2 || got.Timeline[1].Text != "mitigated" {
		t.Errorf("%d calls, %v, %+v", calls, err, got.Timeline)
	}
}

func list(t *testing.T, s, other Store) {
	if got, err := s.Incidents(t.Context(), time.Time{}); err != nil || len(got) != 0 {
		t.Fatalf("none: %v, %v", got, err)
	}
	for k, at := range []int{0, 10, 20, 30} {
		i := Sample(fmt.Sprint("title ", k+1))
		i.DetectedAt = minute(at)
		create(t, s, "", i)
	}
	for _, change := range []struct {
		id    string
		event incident.Event
	}{
		{"inc-1", move(minute(100), incident.Resolved)},
		{"inc-1", note("", minute(1), "after the move, of before it")},
		{"inc-2", move(minute(110).Add(300*time.Nanosecond), incident.Resolved)},
		{"inc-3", move(minute(12), incident.Mitigated)},
		{"inc-4", move(minute(120), incident.Closed)},
	} {
		if _, err := apply(t.Context(), s, change.id, change.event); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		name  string
		since time.Time
		want  string
	}{
		{"all", time.Time{}, "inc-4 inc-3 inc-2 inc-1"},
		{"at the very time", minute(100), "inc-4 inc-3 inc-2 inc-1"},
		{"just after", minute(100).Add(time.Nanosecond), "inc-4 inc-3 inc-2"},
		{"in another zone", minute(105).In(time.FixedZone("", 9*3600)), "inc-4 inc-3 inc-2"},
		{"the ongoing ones only", minute(9999), "inc-3"},
	} {
		got, err := other.Incidents(t.Context(), test.since)
		var ids []string
		for _, i := range got {
			ids = append(ids, i.ID)
			whole, err := s.Incident(t.Context(), i.ID)
			if err != nil {
				t.Fatal(err)
			}
			equal(t, "outline of "+i.ID, i, whole.Outline())
		}
		if err != nil || strings.Join(ids, " ") != test.want {
			t.Errorf("%s: %v, %v; want %s", test.name, ids, err, test.want)
		}
	}
}
