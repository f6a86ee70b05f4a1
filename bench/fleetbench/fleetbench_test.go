package fleetbench

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet/manifest"
)

var noon = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

func revisions() []string {
	var all []string
	for n := range commits {
		all = append(all, fmt.Sprintf("%040x", n))
	}
	return all
}

// seen is what the tests read of an Application.
type seen struct {
	Metadata struct {
		Name            string
		ResourceVersion string
		Labels          map[string]string
	}
	Status struct {
		Sync      struct{ Status, Revision string }
		History   []struct{ Revision string }
		Resources []struct{ Status string }
	}
}

func TestTheDocumentsAreAFleetWithoutFindings(t *testing.T) {
	for _, c := range []struct{ applications, clusters, shopSets, groups int }{{0, 50, 0, 0}, {100, 50, 20, 10}, {1000, 50, 200, 100}, {50, 1, 10, 5}} {
		file := filepath.Join(t.TempDir(), "fleet.yaml")
		if err := os.WriteFile(file, []byte(NewFleet(c.applications, c.clusters, revisions(), noon).Documents()), 0o666); err != nil {
			t.Fatal(err)
		}
		f, err := manifest.Load("", file)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(f.ShopSets()); n != c.shopSets {
			t.Errorf("%+v: %d ShopSets", c, n)
		}
		if n := len(f.ShopGroups()); n != c.groups {
			t.Errorf("%+v: %d ShopGroups", c, n)
		}
		if found := f.Findings(); len(found) > 0 {
			t.Errorf("%+v: %v", c, found)
		}
	}
}

func TestAnApplicationIsTheSameEachTimeAndSaysWhatIsExpected(t *testing.T) {
	f := NewFleet(1000, 50, revisions(), noon)
	for round := range 3 {
		want, got := f.Expected(), Expected{}
		for i := range f.Applications {
			text := f.JSON(i)
			if !bytes.Equal(text, f.JSON(i)) {
				t.Fatalf("Application %d is not the same twice", i)
			}
			var a seen
			if err := json.Unmarshal(text, &a); err != nil {
				t.Fatal(err)
			}
			n := 0
			for _, r := range a.Status.Resources {
				if r.Status == "OutOfSync" {
					n++
				}
			}
			if (n > 0) != (a.Status.Sync.Status == "OutOfSync") {
				t.Fatalf("Application %d is %s with %d resources out of sync", i, a.Status.Sync.Status, n)
			}
			if n > 0 {
				got.OutOfSync++
			}
			if !f.hasUnknown(i) {
				got.Resources += n
			}
			if h := a.Status.History; len(h) != historyLength || h[len(h)-1].Revision != a.Status.Sync.Revision {
				t.Fatalf("Application %d: the history %v does not end with %s", i, h, a.Status.Sync.Revision)
			}
		}
		if got != want || got.OutOfSync == 0 {
			t.Fatalf("round %d: expected %+v, the Applications say %+v", round, want, got)
		}
		f.change(100, noon)
	}
}

func TestAServerGivesItsApplicationsAndTellsOfChanges(t *testing.T) {
	f := NewFleet(100, 2, revisions(), noon)
	s, err := Serve(f)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	listed := func(url string) (names []string) {
		resp, err := http.Get(url + applicationsPath)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var list struct{ Items []seen }
		if err := json.NewDecoder(resp.Body).Decode(&list); err != nil {
			t.Fatal(err)
		}
		for _, a := range list.Items {
			names = append(names, a.Metadata.Name)
		}
		return names
	}
	both := slices.Sorted(slices.Values(append(listed(s.Clusters[0]), listed(s.Clusters[1])...)))
	if all := slices.Sorted(slices.Values(listed(s.All))); len(all) != 100 || !slices.Equal(all, both) {
		t.Fatalf("the server of all has %d Applications, those of the clusters %d", len(all), len(both))
	}
	first := listed(s.Clusters[0])

	s.Change(10) // before anybody watches: told of since version 1
	watch := func(url string) *bufio.Scanner {
		resp, err := http.Get(url + applicationsPath + "?watch=true&resourceVersion=1")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { resp.Body.Close() })
		lines := bufio.NewScanner(resp.Body)
		lines.Buffer(nil, 1<<20)
		return lines
	}
	all, one := watch(s.All), watch(s.Clusters[0])
	s.Change(10)
	next := func(lines *bufio.Scanner) seen {
		var event struct {
			Type   string
			Object seen
		}
		if !lines.Scan() {
			t.Fatal(lines.Err())
		}
		if err := json.Unmarshal(lines.Bytes(), &event); err != nil || event.Type != "MODIFIED" {
			t.Fatalf("%v: %s", err, lines.Bytes())
		}
		return event.Object
	}
	versions, mine := map[string]bool{}, 0
	for range 20 {
		a := next(all)
		versions[a.Metadata.ResourceVersion] = true
		if slices.Contains(first, a.Metadata.Name) {
			mine++
		}
	}
	if len(versions) != 20 {
		t.Errorf("20 changes have %d versions", len(versions))
	}
	for range mine {
		if a := next(one); !slices.Contains(first, a.Metadata.Name) {
			t.Errorf("cluster 0 tells of %s, which it has not", a.Metadata.Name)
		}
	}
}

func TestEachTiersBranchIsACommitBehindTheOneBelow(t *testing.T) {
	dir := t.TempDir()
	all, err := Repository(dir, noon)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != commits {
		t.Fatalf("%d commits", len(all))
	}
	for i := range tiers {
		head, err := git(dir, "", "rev-parse", fmt.Sprintf("tier-%d", i))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.TrimSpace(head); got != all[commits-1-i] {
			t.Errorf("tier-%d is at %s, want %s", i, got, all[commits-1-i])
		}
	}
}

func TestAScrapeSaysWhatIsAsked(t *testing.T) {
	for _, c := range []struct {
		body string
		want float64
		ok   bool
	}{
		{"# TYPE n counter\nn 1.5e3\nm 2\n", 1500, true},
		{"x\nn 7", 7, true},
		{"nn 7\n", 0, false},
		{"x\nn seven\n", 0, false},
		{"", 0, false},
	} {
		got, err := value(c.body, "n")
		if got != c.want || (err == nil) != c.ok {
			t.Errorf("%q: %v, %v", c.body, got, err)
		}
	}
}

func FuzzValue(f *testing.F) {
	f.Add("# x\nn 1\n")
	f.Add("\nn ")
	f.Fuzz(func(t *testing.T, body string) {
		if _, err := value(body, "n"); err == nil && !strings.Contains(body, "\nn ") {
			t.Errorf("%q has no n, but a value", body)
		}
	})
}

func TestTheMedianRoundCounts(t *testing.T) {
	got := medians([]Scrape{{3, 9, 1, 5}, {1, 7, 3, 5}, {2, 8, 2, 6}})
	if want := (Scrape{2, 8, 2, 6}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
