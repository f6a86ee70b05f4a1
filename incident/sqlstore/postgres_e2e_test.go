//go:build e2e

package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/incident/sqlstore/postgrestest"
	"github.com/shopslo/shopslo/incident/storetest"
)

func TestPostgreSQL(t *testing.T) {
	server := postgrestest.Start(t)
	storetest.Run(t, func(t *testing.T) (one, other storetest.Store) {
		address := server.Database(t)
		return open(t, address), open(t, address)
	})
	t.Run("it keeps what it acknowledged", func(t *testing.T) { killed(t, server.Database(t)) })
	t.Run("programs that start together make the tables once", func(t *testing.T) { startTogether(t, server.Database(t)) })
	t.Run("a database of a newer version is refused", func(t *testing.T) { newer(t, server.Database(t)) })
	t.Run("the current state is what the events make", func(t *testing.T) { replayed(t, open(t, server.Database(t))) })
	t.Run("a program that stops amid a transaction does not hold up others for long", func(t *testing.T) {
		var got string
		if err := open(t, server.Database(t)).write.QueryRow("SHOW idle_in_transaction_session_timeout").Scan(&got); err != nil || got != "30s" {
			t.Errorf("%q, %v", got, err)
		}
	})
	t.Run("a password that is refused is not shown", func(t *testing.T) {
		address := strings.Replace(server.Address("postgres"), "s3cr3t", "wr0ng", 1)
		_, err := Open(t.Context(), address)
		if err == nil || !strings.Contains(err.Error(), "authentication") || strings.Contains(err.Error(), "wr0ng") || strings.Contains(err.Error(), "pässword") {
			t.Errorf("error %v", err)
		}
	})
}

// The server is stopped and started while programs write.
func TestPostgreSQLGoesAwayAndComesBack(t *testing.T) {
	server := postgrestest.Start(t)
	address := server.Database(t)
	stores := []*Store{open(t, address), open(t, address)}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var mu sync.Mutex
	failed, done := 0, map[string]string{}
	var all sync.WaitGroup
	for n := range 4 {
		all.Go(func() {
			for k := 0; ctx.Err() == nil; k++ {
				name := fmt.Sprintf("%d of %d", k, n)
				for { // until it is acknowledged
					call, stop := context.WithTimeout(context.Background(), 5*time.Second)
					id, err := write(call, stores[n%2], name)
					stop()
					mu.Lock()
					if err == nil {
						done[name] = id
						mu.Unlock()
						break
					}
					failed++
					mu.Unlock()
					if strings.Contains(err.Error(), "ssword") {
						t.Errorf("a password is shown: %v", err)
					}
					time.Sleep(20 * time.Millisecond)
				}
			}
		})
	}
	for range 3 {
		time.Sleep(500 * time.Millisecond)
		server.Down(t)
		if err := stores[0].Ping(t.Context()); err == nil {
			t.Error("a server that is down answers")
		}
		server.Up(t)
	}
	time.Sleep(500 * time.Millisecond)
	cancel()
	all.Wait()
	kept, err := stores[0].Incidents(t.Context(), time.Time{})
	if err != nil || len(kept) != len(done) || failed == 0 {
		t.Errorf("%d incidents, %d were acknowledged, %d calls failed: %v", len(kept), len(done), failed, err)
	}
	for k, i := range kept {
		whole, err := stores[1].Incident(t.Context(), i.ID)
		if err != nil || done[i.Title] != i.ID || len(whole.Timeline) != 1 || i.ID != fmt.Sprintf("inc-%d", len(kept)-k) {
			t.Errorf("%s (%s): %d events, acknowledged as %s: %v", i.ID, i.Title, len(whole.Timeline), done[i.Title], err)
		}
	}
	t.Logf("%d incidents, %d calls failed", len(kept), failed)
}

func write(ctx context.Context, s *Store, name string) (string, error) {
	i, _, err := s.Create(ctx, name, storetest.Sample(name))
	if err != nil {
		return "", err
	}
	_, err = s.Change(ctx, i.ID, func(incident.Incident) ([]incident.Event, []incident.Job, error) {
		return []incident.Event{{ID: name, At: time.Unix(1, 0), Kind: incident.Noted, Text: name}}, nil, nil
	})
	if errors.Is(err, incident.ErrTwice) {
		err = nil
	}
	return i.ID, err
}
