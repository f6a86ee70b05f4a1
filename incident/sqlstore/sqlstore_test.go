package sqlstore

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/incident/storetest"
)

func TestMain(m *testing.M) {
	if os.Getenv(childAddress) != "" {
		child()
	}
	os.Exit(m.Run())
}

func open(t testing.TB, address string) *Store {
	t.Helper()
	s, err := Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func file(t testing.TB) string {
	t.Helper()
	return "sqlite://" + filepath.Join(t.TempDir(), "a b?c%20#ü.db")
}

func TestSQLite(t *testing.T) {
	storetest.Run(t, func(t *testing.T) (one, other storetest.Store) {
		address := file(t)
		return open(t, address), open(t, address)
	})
}

func TestSQLiteKeepsWhatItAcknowledged(t *testing.T) { killed(t, file(t)) }

func TestProgramsThatStartTogetherMakeTheTablesOnce(t *testing.T) { startTogether(t, file(t)) }

func startTogether(t *testing.T, address string) {
	var all sync.WaitGroup
	for range 12 {
		all.Go(func() {
			s, err := Open(t.Context(), address)
			if err != nil {
				t.Error(err)
				return
			}
			defer s.Close()
			if _, _, err := s.Create(t.Context(), "the same", storetest.Sample("a")); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	s := open(t, address)
	if got, err := s.Incidents(t.Context(), time.Time{}); err != nil || len(got) != 1 {
		t.Errorf("%d incidents, %v", len(got), err)
	}
	var versions int
	if err := s.read.QueryRow(`SELECT count(*) FROM incident_schema`).Scan(&versions); err != nil || versions != 2 {
		t.Errorf("%d migrations noted, %v", versions, err)
	}
}

func TestADatabaseOfANewerVersionIsRefused(t *testing.T) { newer(t, file(t)) }

func newer(t *testing.T, address string) {
	s := open(t, address)
	if _, err := s.write.Exec(`INSERT INTO incident_schema (version) VALUES (99)`); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), address)
	if err == nil || !strings.Contains(err.Error(), "its tables are of version 99, and this program knows 2 at most: a newer program has upgraded them") {
		t.Errorf("error %v", err)
	}
}

func TestAnAddressThatIsNoneIsRefused(t *testing.T) {
	for _, c := range []struct{ name, address, want string }{
		{"nothing", "", "begins with neither sqlite: nor postgres:"},
		{"another database", "mysql://bot:s3cret@db/x", "begins with neither sqlite: nor postgres:"},
		{"a file alone", "/var/lib/incidents.db", "write it like sqlite:incidents.db"},
		{"no file", "sqlite:", "names no file"},
		{"a folder", "sqlite:///tmp/", "names no file"},
		{"a folder that is not there", "sqlite:///nowhere/at/all/x.db", "there is no folder /nowhere/at/all; create it"},
		{"a port that is none", "postgres://bot:s3cret@db:port/x", "cannot be read (write it like postgres://user@host"},
		{"a password that is not escaped", "postgres://bot:s3cret#%zz@db/x", "a special character in a password as %40"},
		{"an option that is none", "postgres://bot:s3cret@db/x?sslmode=s3cret", "cannot be read"},
		{"nobody there", "postgres://bot:s3cret@127.0.0.1:1/x?connect_timeout=2&sslmode=disable", "open the database of incidents: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := Open(t.Context(), c.address)
			if err == nil || s != nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("error %v, want one with %q and no password", err, c.want)
			}
		})
	}
}

func TestAFileThatIsNoDatabaseIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	if err := os.WriteFile(path, []byte(strings.Repeat("this is no database\n", 99)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), "sqlite:"+path); err == nil || !strings.Contains(err.Error(), "not a database") {
		t.Errorf("error %v", err)
	}
}

// Somebody looks into the file with another program, and leaves a transaction open.
func TestAHeldUpDatabaseFailsInTimeAndComesBack(t *testing.T) {
	address := file(t)
	s := open(t, address)
	if _, _, err := s.Create(t.Context(), "", storetest.Sample("a")); err != nil {
		t.Fatal(err)
	}
	other := open(t, address)
	holding, err := other.write.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	begun := time.Now()
	if _, _, err := s.Create(ctx, "", storetest.Sample("b")); err == nil {
		t.Error("created beside a transaction that holds the database")
	}
	if took := time.Since(begun); took > patience/2 {
		t.Errorf("it took %v to give up", took)
	}
	if got, err := s.Incidents(t.Context(), time.Time{}); err != nil || len(got) != 1 {
		t.Errorf("reading meanwhile: %d incidents, %v", len(got), err)
	}
	if err := holding.Rollback(); err != nil {
		t.Fatal(err)
	}
	if i, _, err := s.Create(t.Context(), "", storetest.Sample("b")); err != nil || i.ID != "inc-2" {
		t.Errorf("afterwards: %s, %v", i.ID, err)
	}
}

// What the table says of an incident now is what its events make of what it was.
func TestTheCurrentStateIsWhatTheEventsMake(t *testing.T) { replayed(t, open(t, file(t))) }

func replayed(t *testing.T, s *Store) {
	i := storetest.Sample("a")
	i.Timeline = []incident.Event{{At: i.DetectedAt, Kind: incident.Noted, Text: "with it"}}
	if _, _, err := s.Create(t.Context(), "", i); err != nil {
		t.Fatal(err)
	}
	for k, e := range []incident.Event{
		{Kind: incident.Renamed, Value: "決済"}, {Kind: incident.Moved, Value: "resolved"}, {Kind: incident.Noted, Text: "late"},
		{Kind: incident.Moved, Value: "open"}, {Kind: incident.Appointed, Role: incident.Scribe, Value: "健"},
	} {
		e.At = i.DetectedAt.Add(time.Duration(10-k) * time.Minute)
		if _, err := s.Change(t.Context(), "inc-1", func(incident.Incident) ([]incident.Event, []incident.Job, error) {
			return []incident.Event{e}, nil, nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	var text []byte
	if err := s.read.QueryRow(`SELECT opened FROM incidents`).Scan(&text); err != nil {
		t.Fatal(err)
	}
	var replay incident.Incident
	if err := json.Unmarshal(text, &replay); err != nil {
		t.Fatal(err)
	}
	rows, err := s.read.Query(`SELECT event FROM incident_events ORDER BY seq`)
	err = each(rows, err, func() error {
		var e incident.Event
		if err := rows.Scan(&text); err != nil {
			return err
		}
		if err := json.Unmarshal(text, &e); err != nil {
			return err
		}
		var err error
		replay, err = replay.Apply(e)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	now, err := s.Incident(t.Context(), "inc-1")
	if err != nil {
		t.Fatal(err)
	}
	a, _ := json.Marshal(now)
	b, _ := json.Marshal(replay)
	if string(a) != string(b) || len(replay.Timeline) != 6 {
		t.Errorf("the events make\n%s\nthe store says\n%s", b, a)
	}
}

func TestSQLiteIsSetUpToLoseNothing(t *testing.T) {
	s := open(t, file(t))
	for query, want := range map[string]string{"PRAGMA journal_mode": "wal", "PRAGMA synchronous": "2", "PRAGMA foreign_keys": "1"} {
		var got string
		for name, db := range map[string]*sql.DB{"reading": s.read, "writing": s.write} {
			if err := db.QueryRow(query).Scan(&got); err != nil || got != want {
				t.Errorf("%s: %s is %q, want %q: %v", name, query, got, want, err)
			}
		}
	}
	if _, err := s.read.Exec(`DELETE FROM incident_jobs`); err == nil {
		t.Error("a connection for reading writes")
	}
}

// What was taken away stands in no file of the database any more.
func TestWhatWasTakenAwayIsInNoFile(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	s, err := Open(ctx, "sqlite:"+filepath.Join(dir, "incidents.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	now := time.Now()
	i, _, err := s.Create(ctx, "key", incident.Incident{ID: "new", Title: "Search is slow", Severity: incident.Major, State: incident.Open, DetectedAt: now})
	if err != nil {
		t.Fatal(err)
	}
	add := func(e incident.Event, jobs ...incident.Job) {
		t.Helper()
		e.At = now
		if _, err := s.Change(ctx, i.ID, func(incident.Incident) ([]incident.Event, []incident.Job, error) {
			return []incident.Event{e}, jobs, nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	stands := func() (n int) {
		files, err := filepath.Glob(filepath.Join(dir, "*"))
		if err != nil || len(files) == 0 {
			t.Fatal(files, err)
		}
		for _, f := range files {
			data, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			n += bytes.Count(data, []byte("hunter2"))
		}
		return n
	}
	add(incident.Event{ID: "secret", Kind: incident.Noted, Text: "hunter2"}, incident.Job{Key: "say", Kind: "say", Payload: []byte(`{"text":"hunter2"}`)})
	if err := s.Finish(ctx, "say"); err != nil {
		t.Fatal(err)
	}
	if stands() == 0 {
		t.Fatal("it was never there")
	}
	add(incident.Event{ID: "away", Kind: incident.Redacted, Value: "secret"})
	if n := stands(); n != 0 {
		t.Errorf("it stands there %d times", n)
	}
}

func TestADatabaseIsNotForEverybodyToRead(t *testing.T) {
	file := filepath.Join(t.TempDir(), "incidents.db")
	s, err := Open(t.Context(), "sqlite:"+file)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, name := range []string{file, file + "-wal"} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm()&0o027 != 0 {
			t.Errorf("%s has %v", name, info.Mode())
		}
	}
}
