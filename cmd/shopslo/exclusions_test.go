package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/promotion"
)

// exclude writes an exclusion of the shops below into the calendar.
func (s *stage) exclude(t *testing.T, name string, from, until time.Time) {
	t.Helper()
	excludeIn(t, s.dir, name, from, until)
}

func excludeIn(t *testing.T, dir, name string, from, until time.Time) {
	t.Helper()
	writeFiles(t, dir, map[string]string{"calendar/" + name + ".yaml": fmt.Sprintf("apiVersion: shopslo.dev/v1alpha1\nkind: Exclusion\nmetadata: {name: %s}\n"+
		"spec: {reason: the database was moved, cause: maintenance, by: mai, affects: {shopSets: [b-1]}, from: %s, until: %s}\n",
		name, from.Format(time.RFC3339), until.Format(time.RFC3339))})
}

// keep gives the configuration a folder for the ledger.
func (s *stage) keep(t *testing.T, more string) {
	t.Helper()
	data, err := os.ReadFile(s.config)
	if err != nil {
		t.Fatal(err)
	}
	writeFiles(t, s.dir, map[string]string{"shopslo.yaml": string(data) + "ledger: {dir: ledger}\n" + more})
}

// read gives the decision that was printed as JSON.
func read(t *testing.T, code int, stdout, stderr string) promotion.Record {
	t.Helper()
	r, err := promotion.DecodeRecord([]byte(stdout))
	if err != nil || r.ExitCode() != code {
		t.Fatalf("exit code %d, %v:\n%s%s", code, err, stdout, stderr)
	}
	if _, err := r.Replay(r.Program); err != nil {
		t.Error(err)
	}
	return r
}

// checkBelow is the check of the ShopSet below.
func checkBelow(t *testing.T, r promotion.Record, name string) promotion.Check {
	t.Helper()
	for _, c := range r.Checks {
		if c.Check == name && (c.ShopSet == "b-1" || c.ShopSet == "") {
			return c
		}
	}
	t.Fatalf("no check %s of b-1 in %v", name, r.Checks)
	return promotion.Check{}
}

// The faulty 20 minutes, and a margin.
func (s *stage) fault() (from, until time.Time) { return s.since(), s.since().Add(21 * time.Minute) }

func TestAnExclusionWrittenAfterwardsHidesNothing(t *testing.T) {
	s := newStageFor(t, 0.3, 20*time.Minute)
	if code, stdout, stderr := s.gate(t); code != exitNo {
		t.Fatalf("without an exclusion, exit code %d:\n%s%s", code, stdout, stderr)
	}
	from, until := s.fault()
	s.exclude(t, "db-move", from, until)
	check := func(t *testing.T, r promotion.Record) {
		t.Helper()
		if r.Verdict != promotion.Hold {
			t.Errorf("decided %s", r.Verdict)
		}
		for _, name := range []string{"since_release", "budget"} {
			if c := checkBelow(t, r, name); c.Result != promotion.Fail || !strings.Contains(c.Reason, "Exclusion db-move does not apply since the Release arrived") {
				t.Errorf("%s is %s: %s", name, c.Result, c.Reason)
			}
		}
	}
	t.Run("without a server", func(t *testing.T) {
		code, stdout, stderr := s.gate(t, "-o", "json")
		valid(t, "gate", stdout)
		check(t, read(t, code, stdout, stderr))
	})
	t.Run("with a server", func(t *testing.T) {
		s.keep(t, "")
		check(t, s.gateOfServer(t))
	})
}

// gateOfServer starts a server, and asks it.
func (s *stage) gateOfServer(t *testing.T) promotion.Record {
	t.Helper()
	server := startServe(t, s.config)
	defer server.stop(t)
	server.waitReady(t)
	code, stdout, stderr := runWith(t, nil, "gate", "--to", "prod", "--server", server.url, "--at", s.at.Format(time.RFC3339), "-o", "json")
	return read(t, code, stdout, stderr)
}

func TestMaintenanceThatAServerKnewOfIsLeftOut(t *testing.T) {
	s := newStageFor(t, 0.3, 20*time.Minute)
	s.keep(t, "")
	from, until := s.fault()
	s.exclude(t, "db-move", from, until)
	if r := s.gateOfServer(t); r.Verdict != promotion.Hold {
		t.Fatalf("decided %s", r.Verdict)
	}
	// As if the server had read it an hour before it began.
	file := filepath.Join(s.dir, "ledger", "exclusions.json")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(data), `"known":"`)
	was, _, _ := strings.Cut(rest, `"`)
	if !found {
		t.Fatalf("%s", data)
	}
	planned := strings.ReplaceAll(string(data), was, from.Add(-time.Hour).Format(time.RFC3339))
	remember := func(t *testing.T) { writeFiles(t, s.dir, map[string]string{"ledger/exclusions.json": planned}) }
	remember(t)
	t.Run("and a soak goes on", func(t *testing.T) {
		r := s.gateOfServer(t)
		if c := checkBelow(t, r, "since_release"); r.Verdict != promotion.Promote || c.Result != promotion.Pass || !strings.Contains(c.Reason, "db-move") {
			t.Errorf("decided %s: %v", r.Verdict, c)
		}
		for _, name := range []string{"budget", "burn_rate", "coverage", "since_release", "traffic"} {
			if c := checkBelow(t, r, name); !strings.Contains(c.Reason, "db-move") {
				t.Errorf("%s does not name it: %s", name, c.Reason)
			}
		}
	})
	t.Run("also where it ended sooner", func(t *testing.T) {
		remember(t)
		s.exclude(t, "db-move", from, until.Add(-30*time.Second))
		if r := s.gateOfServer(t); r.Verdict != promotion.Promote {
			t.Errorf("decided %s", r.Verdict)
		}
	})
	for name, change := range map[string]func(*testing.T){
		"but not where it has grown": func(t *testing.T) { remember(t); s.exclude(t, "db-move", from, until.Add(time.Minute)) },
		"nor where nobody remembers": func(t *testing.T) {
			s.exclude(t, "db-move", from, until)
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
		},
		"nor where it is longer than the policy lets": func(t *testing.T) {
			remember(t)
			s.exclude(t, "db-move", from, until)
			data, err := os.ReadFile(s.config)
			if err != nil {
				t.Fatal(err)
			}
			writeFiles(t, s.dir, map[string]string{"shopslo.yaml": strings.Replace(string(data), "  max_age: 10m", "  max_age: 10m\n  longest_exclusion: 10m", 1)})
		},
	} {
		t.Run(name, func(t *testing.T) {
			change(t)
			if r := s.gateOfServer(t); r.Verdict != promotion.Hold {
				t.Errorf("decided %s", r.Verdict)
			}
		})
	}
}

func TestAGateWithoutAServerTakesCommitDatesWherePolicySaysSo(t *testing.T) {
	s := newStageFor(t, 0.3, 20*time.Minute)
	from, until := s.fault()
	for _, c := range []struct {
		name  string
		trust bool
		do    func(commit func(at time.Time, until time.Time))
		code  int
		want  string
	}{
		{"planned, but dates are not trusted", false, func(commit func(at, until time.Time)) { commit(from.Add(-time.Hour), until) }, exitNo, "no server read it before its time began"},
		{"planned", true, func(commit func(at, until time.Time)) { commit(from.Add(-time.Hour), until) }, exitOK, ""},
		{"planned, and ended sooner", true, func(commit func(at, until time.Time)) {
			commit(from.Add(-time.Hour), until)
			commit(from.Add(time.Minute), until.Add(-time.Second))
		}, exitOK, ""},
		{"written afterwards", true, func(commit func(at, until time.Time)) { commit(until, until) }, exitNo, "brought it at " + until.UTC().Format(time.RFC3339)},
		{"grown afterwards", true, func(commit func(at, until time.Time)) {
			commit(from.Add(-time.Hour), until.Add(-time.Minute))
			commit(until, until)
		}, exitNo, "after its time began"},
		{"taken away, and written again", true, func(commit func(at, until time.Time)) {
			commit(from.Add(-time.Hour), until)
			commit(from.Add(-time.Minute), time.Time{})
			commit(until, until)
		}, exitNo, "after its time began"},
		{"with a date from before the commit that it stands on", true, func(commit func(at, until time.Time)) {
			commit(until, time.Time{})
			commit(from.Add(-time.Hour), until)
		}, exitNo, "after its time began"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := calendarRepository(t)
			o.committed = from.Add(-2 * time.Hour).Format(time.RFC3339)
			writeFiles(t, o.dir, map[string]string{"calendar/README": "x"})
			o.push("main")
			c.do(func(at, until time.Time) {
				o.committed = at.Format(time.RFC3339)
				if !until.IsZero() {
					excludeIn(t, o.dir, "db-move", from, until)
				} else if err := os.RemoveAll(filepath.Join(o.dir, "calendar/db-move.yaml")); err != nil {
					t.Fatal(err)
				}
				o.push("main")
			})
			text := readFile(t, s.config)
			s.withGate(t, fmt.Sprintf("  calendar_from: {repository: %q, branch: main, trust_commit_dates: %v}\n", o.bare, c.trust))
			if code, said := s.said(t); code != c.code || !strings.Contains(said, c.want) {
				t.Errorf("exit code %d, want %d with %q: %s", code, c.code, c.want, said)
			}
			writeFiles(t, s.dir, map[string]string{"shopslo.yaml": text})
		})
	}
}

func TestAnExclusionOfTheTimeBeforeIsNamedByWhatComparesWithIt(t *testing.T) {
	s := newStage(t, 0)
	s.exclude(t, "db-move", s.since().Add(-3*time.Hour), s.since().Add(-2*time.Hour))
	r := s.decides(t, "")
	for name, names := range map[string]bool{"budget": true, "since_release": true, "coverage": true, "traffic": false, "freshness": false} {
		if c := checkBelow(t, r, name); strings.Contains(c.Reason, "db-move") != names {
			t.Errorf("%s: %s", name, c.Reason)
		}
	}
}
