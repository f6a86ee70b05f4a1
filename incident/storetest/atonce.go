package storetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/shopslo/shopslo/incident"
)

// programs is how many of them run at once in a test.
const programs = 8

// atOnce calls do for each program, all at once.
func atOnce(one, other Store, do func(n int, s Store)) {
	var all sync.WaitGroup
	for n := range programs {
		s := one
		if n%2 == 1 {
			s = other
		}
		all.Go(func() { do(n, s) })
	}
	all.Wait()
}

func creators(t *testing.T, one, other Store) {
	const keys = 5
	var mu sync.Mutex
	firsts, ids := map[string]int{}, map[string]map[string]bool{}
	atOnce(one, other, func(n int, s Store) {
		for k := range keys {
			key := fmt.Sprint("alert ", k)
			job := incident.Job{Key: "tell of " + key, Kind: "tell"}
			i, first, err := s.Create(t.Context(), key, Sample(fmt.Sprint(n)), job)
			if err != nil {
				t.Error(err)
				return
			}
			if _, _, err := s.Create(t.Context(), "", Sample("without a key")); err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			if first {
				firsts[key]++
			}
			if ids[key] == nil {
				ids[key] = map[string]bool{}
			}
			ids[key][i.ID] = true
			mu.Unlock()
		}
	})
	for key := range ids {
		if firsts[key] != 1 || len(ids[key]) != 1 {
			t.Errorf("%s: %d were first, incidents %v", key, firsts[key], ids[key])
		}
	}
	noGap(t, one, keys+programs*keys)
	if jobs, err := one.Claim(t.Context(), noon, time.Minute, 99); err != nil || len(jobs) != keys {
		t.Errorf("%d jobs, %v", len(jobs), err)
	}
}

// noGap asks that the incidents are inc-1 to inc-want.
func noGap(t *testing.T, s Store, want int) {
	t.Helper()
	all, err := s.Incidents(t.Context(), time.Time{})
	if err != nil || len(all) != want {
		t.Fatalf("%d incidents, want %d: %v", len(all), want, err)
	}
	for k, i := range all {
		if id := fmt.Sprintf("inc-%d", want-k); i.ID != id {
			t.Fatalf("%s stands where %s belongs", i.ID, id)
		}
	}
}

func changers(t *testing.T, one, other Store) {
	const each = 6
	create(t, one, "", Sample("a"))
	atOnce(one, other, func(n int, s Store) {
		for k := range each {
			id := fmt.Sprintf("event %d of %d", k, n)
			if _, err := apply(t.Context(), s, "inc-1", note(id, minute(k), id)); err != nil {
				t.Error(err)
			}
			// Delivered again, by the neighbour's mistake, at the same time.
			if _, err := apply(t.Context(), s, "inc-1", note(id, minute(k), id)); !errors.Is(err, incident.ErrTwice) {
				t.Errorf("again: %v", err)
			}
		}
	})
	got, err := other.Incident(t.Context(), "inc-1")
	if err != nil || len(got.Timeline) != programs*each {
		t.Errorf("%d events, want %d: %v", len(got.Timeline), programs*each, err)
	}
}

func claimers(t *testing.T, one, other Store) {
	const all = 60
	var jobs []incident.Job
	for k := range all {
		jobs = append(jobs, incident.Job{Key: fmt.Sprint(k), Kind: "k"})
	}
	if err := one.Enqueue(t.Context(), jobs...); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	got := map[string]int{}
	atOnce(one, other, func(_ int, s Store) {
		for {
			jobs, err := s.Claim(t.Context(), noon, time.Hour, 4)
			if err != nil {
				t.Error(err)
			}
			if len(jobs) == 0 {
				return
			}
			for _, j := range jobs {
				mu.Lock()
				got[j.Key]++
				mu.Unlock()
				if err := s.Finish(t.Context(), j.Key); err != nil {
					t.Error(err)
				}
			}
		}
	})
	if len(got) != all {
		t.Errorf("%d of %d jobs were claimed", len(got), all)
	}
	for key, times := range got {
		if times != 1 {
			t.Errorf("job %s was claimed %d times", key, times)
		}
	}
}

// broken breaks calls off at random, as a program that is killed does, and does them
// again until they are acknowledged.
func broken(t *testing.T, one, other Store) {
	const each = 10
	var mu sync.Mutex
	given := 0
	atOnce(one, other, func(n int, s Store) {
		r := rand.New(rand.NewPCG(uint64(n), 7))
		// until does something until it is acknowledged, the first times for a moment only.
		until := func(call func(ctx context.Context) error) {
			for k := 0; ; k++ {
				ctx, cancel := t.Context(), context.CancelFunc(func() {})
				if k < 3 {
					ctx, cancel = context.WithTimeout(ctx, time.Duration(r.IntN(2000))*time.Microsecond)
				}
				err := call(ctx)
				cancel()
				if err == nil {
					return
				}
				mu.Lock()
				given++
				mu.Unlock()
				if k > 3 {
					t.Errorf("not to be done: %v", err)
					return
				}
			}
		}
		for k := range each {
			name := fmt.Sprintf("%d of %d", k, n)
			var id string
			until(func(ctx context.Context) error {
				i, _, err := s.Create(ctx, name, Sample(name), incident.Job{Key: "job " + name, Kind: "k"})
				id = i.ID
				return err
			})
			until(func(ctx context.Context) error {
				_, err := apply(ctx, s, id, note(name, minute(k), name), move(minute(k), incident.Resolved))
				if errors.Is(err, incident.ErrTwice) {
					return nil
				}
				return err
			})
		}
	})
	noGap(t, one, programs*each)
	all, err := other.Incidents(t.Context(), time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range all {
		whole, err := one.Incident(t.Context(), i.ID)
		if err != nil || len(whole.Timeline) != 2 || whole.State != incident.Resolved {
			t.Errorf("%s: %+v, %v", i.ID, whole, err)
		}
	}
	if jobs, err := one.Claim(t.Context(), noon, time.Hour, 999); err != nil || len(jobs) != programs*each {
		t.Errorf("%d jobs, want %d: %v", len(jobs), programs*each, err)
	}
	t.Logf("%d calls were broken off", given)
}
