// Package storetest says what a store of incidents has to do: Run is one suite for all
// of them, and Memory the slow and obvious store that the others are compared with.
package storetest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/shopslo/shopslo/incident"
)

// Memory is a store that forgets everything when its program ends. The zero value is
// empty and ready. It is safe for concurrent use.
type Memory struct {
	mu        sync.Mutex
	incidents []*kept
	jobs      []*job // in the order in which they came
	values    map[string]string
}

type kept struct {
	incident.Incident
	key string
}

type job struct {
	incident.Job
	until time.Time // held until then
	done  bool
}

// Create stores a new Incident, to which it gives an ID, and its Jobs. Jobs without an
// Incident get this one's ID. Where the key was used for an Incident that is not closed,
// it gives that one, and false, and stores nothing. An empty key was never used.
func (m *Memory) Create(ctx context.Context, key string, i incident.Incident, jobs ...incident.Job) (incident.Incident, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return incident.Incident{}, false, err
	}
	if key != "" {
		if err := incident.ValidateKey(key); err != nil {
			return incident.Incident{}, false, err
		}
		for _, old := range slices.Backward(m.incidents) {
			if old.key == key && old.State != incident.Closed {
				return clone(old.Incident), false, nil
			}
		}
	}
	i.ID = fmt.Sprintf("inc-%d", len(m.incidents)+1)
	if err := errors.Join(i.Validate(), validate(jobs)); err != nil {
		return incident.Incident{}, false, err
	}
	m.incidents = append(m.incidents, &kept{clone(i), key})
	m.add(i.ID, jobs)
	return clone(i), true, nil
}

// Incident gives one; ErrNotFound where there is none.
func (m *Memory) Incident(ctx context.Context, id string) (incident.Incident, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	k, err := m.find(ctx, id)
	if err != nil {
		return incident.Incident{}, err
	}
	return clone(k.Incident), nil
}

// Incidents gives the Outlines of all that are ongoing, or were at or after since, or of
// which an Event says that it happened then; zero: all. Newest first, by their IDs.
func (m *Memory) Incidents(ctx context.Context, since time.Time) ([]incident.Incident, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []incident.Incident
	for _, k := range slices.Backward(m.incidents) {
		if since.IsZero() || k.State.Ongoing() || !k.Changed().Before(micro(since)) {
			out = append(out, clone(k.Outline()))
		}
	}
	return out, ctx.Err()
}

// Change applies the Events that change returns, and stores the Jobs.
func (m *Memory) Change(ctx context.Context, id string, change func(incident.Incident) ([]incident.Event, []incident.Job, error)) (incident.Incident, error) {
	now, err := m.Incident(ctx, id)
	if err != nil {
		return incident.Incident{}, err
	}
	events, jobs, err := change(clone(now))
	if err != nil {
		return incident.Incident{}, err
	}
	m.mu.Lock()
	k, err := m.find(ctx, id)
	if err == nil && !same(k.Incident, now) { // a lost race
		m.mu.Unlock()
		return m.Change(ctx, id, change)
	}
	defer m.mu.Unlock()
	if err := errors.Join(err, validate(jobs)); err != nil {
		return incident.Incident{}, err
	}
	for _, e := range events {
		if now, err = now.Apply(e); err != nil {
			return incident.Incident{}, err
		}
	}
	k.Incident = clone(now)
	m.add(id, jobs)
	return clone(now), nil
}

// Enqueue stores Jobs of no Incident, or of the one that they name.
func (m *Memory) Enqueue(ctx context.Context, jobs ...incident.Job) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := errors.Join(ctx.Err(), validate(jobs)); err != nil {
		return err
	}
	m.add("", jobs)
	return nil
}

// Claim takes up to limit Jobs that are due, that nobody holds, and before which no Job of
// their line waits, and holds them for lease. Kinds in skip are left alone. Of each Incident
// the first one comes before the second one of any. The Attempts of a Job count this one.
func (m *Memory) Claim(ctx context.Context, now time.Time, lease time.Duration, limit int, skip ...string) ([]incident.Job, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	now = micro(now)
	var ready []*job
	waits := map[string]bool{} // lines
	for _, j := range m.jobs {
		if j.done {
			continue
		}
		if !j.Due.After(now) && !j.until.After(now) && (j.Line == "" || !waits[j.Line]) && !slices.Contains(skip, j.Kind) {
			ready = append(ready, j)
		}
		waits[j.Line] = true
	}
	slices.SortStableFunc(ready, func(a, b *job) int { return a.Due.Compare(b.Due) })
	turn, before := map[*job]int{}, map[string]int{}
	for _, j := range ready {
		turn[j] = before[j.Incident]
		before[j.Incident]++
	}
	slices.SortStableFunc(ready, func(a, b *job) int { return cmp.Compare(turn[a], turn[b]) })
	var out []incident.Job
	for _, j := range ready[:min(len(ready), max(limit, 0))] {
		j.Attempts++
		j.until = micro(now.Add(lease))
		out = append(out, cloneJob(j.Job))
	}
	return out, nil
}

// Finish forgets that a Job has to be done; its key stays known. ErrNotFound where
// there never was one.
func (m *Memory) Finish(ctx context.Context, key string) error {
	return m.job(ctx, key, func(j *job) { j.done = true })
}

// Retry gives a Job back, due later. One that is finished stays so.
func (m *Memory) Retry(ctx context.Context, key string, due time.Time, problem string) error {
	return m.job(ctx, key, func(j *job) {
		if !j.done {
			j.Due, j.Problem, j.until = micro(due), incident.Storable(problem), time.Time{}
			if problem == "" { // it only waits
				j.Attempts = max(0, j.Attempts-1)
			}
		}
	})
}

// Remember keeps a value under a key unless there is one.
func (m *Memory) Remember(ctx context.Context, key, value string) (string, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := errors.Join(ctx.Err(), incident.ValidateKey(key), incident.ValidateValue(value)); err != nil {
		return "", false, err
	}
	if old, ok := m.values[key]; ok {
		return old, false, nil
	}
	if m.values == nil {
		m.values = map[string]string{}
	}
	m.values[key] = value
	return value, true, nil
}

// Recall gives the value under a key; false: there is none.
func (m *Memory) Recall(ctx context.Context, key string) (string, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	value, ok := m.values[key]
	return value, ok, ctx.Err()
}

func (m *Memory) find(ctx context.Context, id string) (*kept, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for _, k := range m.incidents {
		if k.ID == id {
			return k, nil
		}
	}
	return nil, fmt.Errorf("incident %s: %w", id, incident.ErrNotFound)
}

func (m *Memory) job(ctx context.Context, key string, change func(*job)) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, j := range m.jobs {
		if j.Key == key {
			change(j)
			return nil
		}
	}
	return fmt.Errorf("job %q: %w", key, incident.ErrNotFound)
}

func (m *Memory) add(id string, jobs []incident.Job) {
	for _, j := range jobs {
		if slices.ContainsFunc(m.jobs, func(old *job) bool { return old.Key == j.Key }) {
			continue
		}
		j = cloneJob(j)
		j.Incident, j.Due, j.Attempts, j.Problem = cmp.Or(j.Incident, id), micro(j.Due), 0, ""
		m.jobs = append(m.jobs, &job{Job: j})
	}
}

func validate(jobs []incident.Job) error {
	var errs []error
	for _, j := range jobs {
		errs = append(errs, j.Validate())
	}
	return errors.Join(errs...)
}

// micro is the time as stores keep it: the first microsecond that is not before it.
func micro(t time.Time) time.Time {
	return time.UnixMicro(t.Add(time.Microsecond - 1).UnixMicro()).UTC()
}

// clone goes through JSON, as every store does.
func clone(i incident.Incident) incident.Incident {
	text, err := json.Marshal(i)
	if err != nil {
		panic(err)
	}
	var out incident.Incident
	if err := json.Unmarshal(text, &out); err != nil {
		panic(err)
	}
	return out
}

func cloneJob(j incident.Job) incident.Job {
	j.Payload = slices.Clone(j.Payload)
	return j
}

// same reports whether two Incidents are equal, as JSON.
func same(a, b incident.Incident) bool {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return string(x) == string(y)
}
