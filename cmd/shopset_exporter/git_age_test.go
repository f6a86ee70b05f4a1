package main

import (
	"os"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
)

// The fleet that is told is no younger than its branches: while git is away, it says
// since when, and when it is back, the age is that of what it brings.
func TestTheFleetSaysHowOldItsBranchesAre(t *testing.T) {
	system, first, second := repository(t)
	server := newAPIServer(t)
	server.set("a-1", "Synced", first)
	began := time.Now().Add(-time.Second)
	e := start(t, "--fleet", examples, "--kubeconfig", kubeconfig(t, map[string]*apiServer{"x": server}),
		"--git.system", system, "--git.dir", t.TempDir(), "--git.interval", "1s", "--refresh", "1s")
	e.waitFor(`shopset_exporter_git_up 1`)
	e.waitFor(`shopset_sync_status{shopset="a-1",tier="prod",state="Synced"} 1`)
	until := func(what string, right func(fleet.Snapshot) bool) fleet.Snapshot {
		t.Helper()
		var s fleet.Snapshot
		for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
			if s = e.fleet(); s.Git != nil && right(s) {
				return s
			} else if time.Now().After(deadline) {
				t.Fatalf("%s: %+v", what, s.Git)
			}
		}
	}
	fetched := until("it was fetched", func(s fleet.Snapshot) bool { return s.Git.Up && s.Git.FetchedAt.After(began) }).Git.FetchedAt
	until("nothing new is as good as something new", func(s fleet.Snapshot) bool { return s.Git.FetchedAt.After(fetched) })
	if err := os.Rename(system, system+".away"); err != nil {
		t.Fatal(err)
	}
	away := until("it is away", func(s fleet.Snapshot) bool { return !s.Git.Up }).Git.FetchedAt
	time.Sleep(2 * time.Second)
	if s := e.fleet(); !s.Git.FetchedAt.Equal(away) || s.Git.Up {
		t.Errorf("while it is away: %+v, since %v", s.Git, away)
	}
	git(t, system+".away", "branch", "-f", "tier-3", second)
	if err := os.Rename(system+".away", system); err != nil {
		t.Fatal(err)
	}
	until("it is back, with what is new", func(s fleet.Snapshot) bool {
		moved := string(s.Tiers[3].Release) == second
		if s.Git.FetchedAt.After(away.Add(2*time.Second)) && !moved {
			t.Fatalf("the branches are said to be of %v, and are not: %+v", s.Git.FetchedAt, s.Tiers[3])
		}
		return moved && s.Git.FetchedAt.After(away)
	})
}
