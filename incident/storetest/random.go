package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/shopslo/shopslo/incident"
)

// random makes the same calls to the store and to one in memory, and compares what they
// answer.
func random(t *testing.T, one, other Store) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	var model Memory
	counts := map[string]int{}
	for k := range 400 {
		s := one
		if r.IntN(2) == 0 {
			s = other
		}
		name, call := pick(r)
		counts[name]++
		got, want := call(t, s), call(t, &model)
		if got != want {
			t.Fatalf("call %d, %s:\ngot  %s\nwant %s", k, name, got, want)
		}
	}
	t.Log(counts)
}

// pick chooses a call and its arguments; what it answers comes as text.
func pick(r *rand.Rand) (string, func(*testing.T, Store) string) {
	id := fmt.Sprintf("inc-%d", 1+r.IntN(12))
	key := fmt.Sprint("key ", r.IntN(8))
	at := minute(r.IntN(600)).Add(time.Duration(r.IntN(2000)))
	job := incident.Job{Key: fmt.Sprint("job ", r.IntN(60)), Kind: string("kl"[r.IntN(2)]), Due: at, Payload: []byte(fmt.Sprint(r.IntN(9))),
		Line: []string{"", "", "a", "b"}[r.IntN(4)]}
	state, which := incident.States[r.IntN(4)], r.IntN(100)
	switch {
	case which < 12:
		i := Sample(fmt.Sprint("title ", r.IntN(100)))
		i.DetectedAt, i.State = at, state
		if r.IntN(9) == 0 {
			i.Severity = "bad"
		}
		return "create", func(t *testing.T, s Store) string {
			got, first, err := s.Create(t.Context(), key, i, job)
			return answer(err, got, first)
		}
	case which < 45:
		events := []incident.Event{note(fmt.Sprint("event ", r.IntN(300)), at, "x"), {At: at, Kind: incident.Moved, Value: string(state)}}
		events = slices.Clone(events[r.IntN(2) : 1+r.IntN(2)])
		return "change", func(t *testing.T, s Store) string {
			got, err := s.Change(t.Context(), id, func(now incident.Incident) ([]incident.Event, []incident.Job, error) {
				return events, []incident.Job{job}, nil
			})
			return answer(err, got)
		}
	case which < 55:
		return "incident", func(t *testing.T, s Store) string {
			got, err := s.Incident(t.Context(), id)
			return answer(err, got)
		}
	case which < 62:
		return "incidents", func(t *testing.T, s Store) string {
			got, err := s.Incidents(t.Context(), at)
			return answer(err, got)
		}
	case which < 75:
		lease, limit := time.Duration(r.IntN(60))*time.Minute, r.IntN(5)
		skip := []string{"l"}[:r.IntN(2)]
		return "claim", func(t *testing.T, s Store) string {
			got, err := s.Claim(t.Context(), at, lease, limit, skip...)
			return answer(err, got)
		}
	case which < 82:
		return "finish", func(t *testing.T, s Store) string { return answer(s.Finish(t.Context(), job.Key)) }
	case which < 89:
		return "retry", func(t *testing.T, s Store) string { return answer(s.Retry(t.Context(), job.Key, at, key)) }
	case which < 95:
		return "remember", func(t *testing.T, s Store) string {
			kept, first, err := s.Remember(t.Context(), key, id)
			return answer(err, kept, first)
		}
	}
	return "recall", func(t *testing.T, s Store) string {
		value, ok, err := s.Recall(t.Context(), key)
		return answer(err, value, ok)
	}
}

// answer is an answer as text; errors are told apart as callers can.
func answer(err error, all ...any) string {
	switch {
	case errors.Is(err, incident.ErrNotFound):
		return "not found"
	case errors.Is(err, incident.ErrTwice):
		return "twice"
	case err != nil:
		return "refused"
	}
	text, err := json.MarshalIndent(all, "", " ")
	if err != nil {
		return err.Error()
	}
	return string(text)
}
