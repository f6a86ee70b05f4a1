package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/shopslo/shopslo/incident"
)

func claim(t *testing.T, s Store, at time.Time, limit int, want ...string) []incident.Job {
	t.Helper()
	got, err := s.Claim(t.Context(), at, 10*time.Minute, limit)
	var keys []string
	for _, j := range got {
		keys = append(keys, j.Key)
	}
	if err != nil || fmt.Sprint(keys) != fmt.Sprint(want) {
		t.Fatalf("claimed at %s: %q, %v; want %q", at.Format(time.TimeOnly), keys, err, want)
	}
	return got
}

func jobs(t *testing.T, s, other Store) {
	create(t, s, "", Sample("a"), incident.Job{Key: "鍵", Kind: "tell", Payload: []byte(`{"a": "<決済> \u0000"}`), Due: minute(5)},
		incident.Job{Key: "of another", Incident: "inc-77", Kind: "tell", Due: minute(60)})
	claim(t, s, minute(5).Add(-time.Microsecond), 9)
	got := claim(t, s, minute(5), 9, "鍵")[0]
	if got.Incident != "inc-1" || got.Kind != "tell" || string(got.Payload) != `{"a": "<決済> \u0000"}` || !got.Due.Equal(minute(5)) || got.Attempts != 1 || got.Problem != "" {
		t.Errorf("%+v", got)
	}
	claim(t, other, minute(15).Add(-time.Microsecond), 9) // held
	if got := claim(t, other, minute(15), 9, "鍵")[0]; got.Attempts != 2 || got.Problem != "" {
		t.Errorf("after the lease: %+v", got)
	}
	if err := s.Retry(t.Context(), "鍵", minute(20), "Slack says \xff\x00 no"); err != nil {
		t.Fatal(err)
	}
	claim(t, s, minute(19), 9)
	if got := claim(t, s, minute(20), 9, "鍵")[0]; got.Attempts != 3 || got.Problem != "Slack says \uFFFD\uFFFD no" || !got.Due.Equal(minute(20)) {
		t.Errorf("retried: %+v", got)
	}
	for n := range 2 { // without a problem it only waits, however often
		if err := s.Retry(t.Context(), "鍵", minute(21+n), ""); err != nil {
			t.Fatal(err)
		}
		if got := claim(t, s, minute(21+n), 9, "鍵")[0]; got.Attempts != 3 || got.Problem != "" {
			t.Errorf("waited: %+v", got)
		}
	}
	for range 2 {
		if err := other.Finish(t.Context(), "鍵"); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Retry(t.Context(), "鍵", minute(0), "late"); err != nil {
		t.Fatal(err)
	}
	if got := claim(t, s, minute(99), 9, "of another")[0]; got.Incident != "inc-77" || len(got.Payload) != 0 {
		t.Errorf("%+v", got)
	}
	if err := s.Finish(t.Context(), "none"); !errors.Is(err, incident.ErrNotFound) {
		t.Errorf("finish what is not there: %v", err)
	}
}

func jobOrder(t *testing.T, s, _ Store) {
	job := func(key string, due time.Time) incident.Job { return incident.Job{Key: key, Kind: "k", Due: due} }
	if err := s.Enqueue(t.Context(), job("late", minute(9)), job("at once", time.Time{}), job("b", minute(1)), job("a", minute(1))); err != nil {
		t.Fatal(err)
	}
	if err := s.Enqueue(t.Context(), job("c", minute(1))); err != nil {
		t.Fatal(err)
	}
	claim(t, s, minute(50), 0)
	claim(t, s, minute(50), -1)
	if got := claim(t, s, minute(50), 2, "at once", "b"); !got[0].Due.IsZero() || got[0].Incident != "" {
		t.Errorf("%+v", got[0])
	}
	claim(t, s, minute(50), 99, "a", "c", "late")
	if err := s.Enqueue(t.Context()); err != nil {
		t.Error(err)
	}
}

// Of each incident the first job comes before the second one of any, however many one has.
func jobTurns(t *testing.T, s, other Store) {
	for n := range 5 {
		for _, id := range []string{"inc-1", "inc-2"}[:1+n/4] {
			if err := s.Enqueue(t.Context(), incident.Job{Key: fmt.Sprintf("%s %d", id, n), Incident: id, Kind: fmt.Sprintf("k%d", n%2)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	claim(t, s, minute(0), 3, "inc-1 0", "inc-2 4", "inc-1 1")
	if got, err := other.Claim(t.Context(), minute(0), time.Minute, 9, "k0"); err != nil || len(got) != 1 || got[0].Key != "inc-1 3" {
		t.Errorf("without a kind: %v, %v", got, err)
	}
	claim(t, s, minute(0), 9, "inc-1 2", "inc-1 4")
}

func redacted(t *testing.T, s, other Store) {
	create(t, s, "", Sample("a"))
	if _, err := apply(t.Context(), s, "inc-1", note("secret", noon, "the password is hunter2")); err != nil {
		t.Fatal(err)
	}
	if _, err := apply(t.Context(), other, "inc-1", incident.Event{ID: "r", At: noon, By: "mai", Kind: incident.Redacted, Value: "secret", Text: "a password"}); err != nil {
		t.Fatal(err)
	}
	i, err := s.Incident(t.Context(), "inc-1")
	if err != nil || len(i.Timeline) != 2 || i.Timeline[0].Text != "" || !i.Timeline[0].Redacted || i.Timeline[0].ID != "secret" || i.Timeline[1].Text != "a password" {
		t.Errorf("%+v, %v", i.Timeline, err)
	}
	if _, err := apply(t.Context(), s, "inc-1", incident.Event{At: noon, Kind: incident.Redacted, Value: "never was"}); err == nil {
		t.Error("what never was is redacted")
	}
}

func jobLines(t *testing.T, s, other Store) {
	for n, line := range []string{"a", "a", "", "b", "a"} {
		if err := s.Enqueue(t.Context(), incident.Job{Key: fmt.Sprint(n), Kind: "k", Line: line, Due: minute(9 - n)}); err != nil {
			t.Fatal(err)
		}
	}
	claim(t, s, minute(8), 9, "3", "2") // 1 and 4 wait for 0, which is not due
	if got := claim(t, other, minute(9), 9, "0")[0]; got.Line != "a" {
		t.Errorf("%+v", got)
	}
	if err := s.Retry(t.Context(), "0", minute(12), "no"); err != nil {
		t.Fatal(err)
	}
	claim(t, s, minute(11), 9) // what fails holds up those behind it
	claim(t, s, minute(12), 9, "0")
	for n, next := range []string{"1", "4", ""} {
		if err := other.Finish(t.Context(), []string{"0", "1", "4"}[n]); err != nil {
			t.Fatal(err)
		}
		if next != "" {
			claim(t, s, minute(13), 9, next)
		}
	}
}

func jobKeys(t *testing.T, s, other Store) {
	one := incident.Job{Key: "j", Kind: "first", Attempts: 7, Problem: "made up"}
	create(t, s, "", Sample("a"), one, incident.Job{Key: "j", Kind: "second"})
	create(t, other, "", Sample("b"), incident.Job{Key: "j", Kind: "third"})
	if got := claim(t, s, noon, 9, "j")[0]; got.Kind != "first" || got.Attempts != 1 || got.Problem != "" {
		t.Errorf("%+v", got)
	}
	if err := s.Finish(t.Context(), "j"); err != nil {
		t.Fatal(err)
	}
	if err := other.Enqueue(t.Context(), one); err != nil {
		t.Fatal(err)
	}
	claim(t, s, minute(99), 9)
}

func values(t *testing.T, s, other Store) {
	for _, test := range []struct {
		s     Store
		value string
		first bool
	}{{s, "C0123 チャンネル", true}, {other, "C9", false}, {s, "", false}} {
		kept, first, err := test.s.Remember(t.Context(), "channel of inc-1", test.value)
		if err != nil || kept != "C0123 チャンネル" || first != test.first {
			t.Errorf("%q: %q, %v, %v", test.value, kept, first, err)
		}
	}
	if kept, first, err := s.Remember(t.Context(), "empty", ""); err != nil || kept != "" || !first {
		t.Errorf("an empty value: %q, %v, %v", kept, first, err)
	}
	for key, want := range map[string]string{"channel of inc-1": "C0123 チャンネル", "empty": ""} {
		if value, ok, err := other.Recall(t.Context(), key); value != want || !ok || err != nil {
			t.Errorf("recall %q: %q, %v, %v", key, value, ok, err)
		}
	}
	for _, bad := range [][2]string{{"", "v"}, {"a\x00", "v"}, {"k", "\xff"}} {
		if _, _, err := s.Remember(t.Context(), bad[0], bad[1]); err == nil {
			t.Errorf("%q is remembered", bad)
		}
	}
}

func canceled(t *testing.T, s, _ Store) {
	create(t, s, "", Sample("a"), incident.Job{Key: "j", Kind: "k"})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, call := range map[string]func() error{
		"create":    func() error { _, _, err := s.Create(ctx, "", Sample("b")); return err },
		"incident":  func() error { _, err := s.Incident(ctx, "inc-1"); return err },
		"incidents": func() error { _, err := s.Incidents(ctx, time.Time{}); return err },
		"change":    func() error { _, err := apply(ctx, s, "inc-1", note("", noon, "x")); return err },
		"enqueue":   func() error { return s.Enqueue(ctx, incident.Job{Key: "i", Kind: "k"}) },
		"claim":     func() error { _, err := s.Claim(ctx, noon, time.Minute, 1); return err },
		"finish":    func() error { return s.Finish(ctx, "j") },
		"retry":     func() error { return s.Retry(ctx, "j", noon, "") },
		"remember":  func() error { _, _, err := s.Remember(ctx, "k", "v"); return err },
		"recall":    func() error { _, _, err := s.Recall(ctx, "k"); return err },
	} {
		if err := call(); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
	}
	claim(t, s, noon, 9, "j")
}
