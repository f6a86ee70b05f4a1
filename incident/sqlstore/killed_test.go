package sqlstore

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/incident/storetest"
)

// The environment of a child: what it writes to, its name, and what it begins with.
const childAddress, childName, childFirst = "SQLSTORE_CHILD", "SQLSTORE_NAME", "SQLSTORE_FIRST"

// child is a program that writes until it is killed, and prints what was acknowledged.
func child() {
	ctx := context.Background()
	fail := func(err error) {
		fmt.Printf("failed %v\n", err)
		os.Exit(1)
	}
	s, err := Open(ctx, os.Getenv(childAddress))
	if err != nil {
		fail(err)
	}
	k := 0
	fmt.Sscan(os.Getenv(childFirst), &k)
	for ; ; k++ {
		name := fmt.Sprintf("%s/%d", os.Getenv(childName), k)
		i, _, err := s.Create(ctx, name, storetest.Sample(name), incident.Job{Key: name, Kind: "tell"})
		if err != nil {
			fail(err)
		}
		fmt.Printf("created %s %s\n", name, i.ID)
		if _, err := s.Change(ctx, i.ID, func(incident.Incident) ([]incident.Event, []incident.Job, error) {
			return []incident.Event{{ID: name, At: time.Unix(int64(k), 0), Kind: incident.Noted, Text: name}, {ID: name + " too", At: time.Unix(int64(k), 0), Kind: incident.Noted, Text: name}},
				[]incident.Job{{Key: name + " too", Kind: "tell"}}, nil
		}); err != nil && !errors.Is(err, incident.ErrTwice) {
			fail(err)
		}
		fmt.Printf("changed %s %s\n", name, i.ID)
		if _, _, err := s.Remember(ctx, name, i.ID); err != nil {
			fail(err)
		}
		fmt.Printf("remembered %s %s\n", name, i.ID)
	}
}

// killed runs children that write to one database and kills them at random, each of them
// several times. What they were told is kept must be there, and nothing twice.
func killed(t *testing.T, address string) {
	const children, lives = 3, 5
	acknowledged := make([]map[string]string, children) // "created NAME" to the incident
	var words atomic.Int64
	var all sync.WaitGroup
	for c := range children {
		acknowledged[c] = map[string]string{}
		all.Go(func() {
			for range lives {
				first := 0
				for what := range acknowledged[c] {
					if strings.HasPrefix(what, "created ") {
						first++
					}
				}
				words.Add(live(t, address, fmt.Sprint("child", c), max(0, first-2), acknowledged[c]))
			}
		})
	}
	all.Wait()
	s := open(t, address)
	kept, err := s.Incidents(t.Context(), time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	titles := map[string]string{}
	for k, i := range kept {
		if id := fmt.Sprintf("inc-%d", len(kept)-k); i.ID != id {
			t.Fatalf("%s stands where %s belongs", i.ID, id)
		}
		if twice, ok := titles[i.Title]; ok {
			t.Errorf("%s is %s and %s", i.Title, twice, i.ID)
		}
		titles[i.Title] = i.ID
	}
	jobs, err := s.Claim(t.Context(), time.Now(), time.Hour, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	claimed := map[string]int{}
	for _, j := range jobs {
		claimed[j.Key]++
	}
	for _, of := range acknowledged {
		for what, id := range of {
			did, name, _ := strings.Cut(what, " ")
			switch did {
			case "created":
				if titles[name] != id || claimed[name] != 1 {
					t.Errorf("%s is %q, was %s, and has %d jobs", name, titles[name], id, claimed[name])
				}
			case "changed":
				i, err := s.Incident(t.Context(), id)
				if err != nil || len(i.Timeline) != 2 || i.Timeline[0].ID != name || claimed[name+" too"] != 1 {
					t.Errorf("%s: %+v, %v, %d jobs", id, i.Timeline, err, claimed[name+" too"])
				}
			case "remembered":
				if value, ok, err := s.Recall(t.Context(), name); value != id || !ok || err != nil {
					t.Errorf("%s: %q, %v, %v", name, value, ok, err)
				}
			}
		}
	}
	if words.Load() < children*lives {
		t.Errorf("only %d calls were acknowledged in %d lives", words.Load(), children*lives)
	}
	t.Logf("%d calls were acknowledged to %d children with %d lives, %d incidents", words.Load(), children, lives, len(kept))
}

// live runs a child for a moment, kills it, and notes and counts what it was told.
func live(t *testing.T, address, name string, first int, acknowledged map[string]string) (told int64) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childAddress+"="+address, childName+"="+name, childFirst+"="+fmt.Sprint(first))
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Error(err)
		return 0
	}
	// The time begins with its first word: how long a start takes says nothing.
	killer := time.AfterFunc(30*time.Second, func() { cmd.Process.Kill() })
	lines := bufio.NewScanner(out)
	for started := false; lines.Scan(); {
		if !started {
			started = true
			killer.Reset(time.Duration(rand.IntN(300_000)) * time.Microsecond)
		}
		words := strings.Fields(lines.Text())
		if len(words) != 3 { // half a line, or a failure
			if strings.HasPrefix(lines.Text(), "failed") {
				t.Error(lines.Text())
			}
			continue
		}
		acknowledged[words[0]+" "+words[1]] = words[2]
		told++
	}
	cmd.Wait()
	return told
}
