package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopslo/shopslo/board"
	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/fleet/manifest"
	"github.com/shopslo/shopslo/internal/config"
	"github.com/shopslo/shopslo/internal/git"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/promotion/decisionlog"
)

// boardShops are the shops of newShops with an exporter that sees them, a freeze and an
// incident.
type boardShops struct {
	*shops
	mu   sync.Mutex
	down bool
	sees func(*fleet.Snapshot)
}

func newBoardShops(t testing.TB) *boardShops {
	t.Helper()
	b := &boardShops{shops: newShops(t)}
	witness := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		b.mu.Lock()
		defer b.mu.Unlock()
		f, err := manifest.Load(b.dir, "fleet.yaml")
		if err != nil || b.down {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		json.NewEncoder(w).Encode(b.snapshot(f))
	}))
	t.Cleanup(witness.Close)
	text := scrapeConfig(map[string]*exporter{"b-1": b.beta, "p-1": b.prod})
	text = strings.Replace(text, "gate: {max_age: 30s, min_coverage: 0.01}", fmt.Sprintf(`gate:
  max_age: 30s
  min_coverage: 0.01
  fleet: {url: %q, timeout: 5s}
  incidents: [incidents/*.yaml]
  calendar: [calendar/*.yaml]
  log: {dir: decisions}`, witness.URL), 1)
	writeFiles(t, b.dir, map[string]string{"shopslo.yaml": text, "incidents/README": "", "calendar/stop.yaml": "apiVersion: shopslo.dev/v1alpha1\nkind: Freeze\nmetadata: {name: year-end}\nspec: {reason: \"<b>年末</b>\", by: mai, affects: {tiers: [prod]}, from: 2026-01-01T00:00:00Z, until: 2126-01-01T00:00:00Z}\n"})
	return b
}

// snapshot is what an exporter sees: the good Release below, the last one above.
func (b *boardShops) snapshot(f *fleet.Fleet) fleet.Snapshot {
	now := time.Now().UTC()
	seen := fleet.Seen{History: line{}, Heads: map[fleet.TierName]fleet.Head{"beta": {Release: goodRelease}, "prod": {Release: lastRelease}}}
	for set, release := range map[fleet.ShopSetName]fleet.Release{"b-1": goodRelease, "p-1": lastRelease} {
		seen.Observations = append(seen.Observations, fleet.Observation{ShopSet: set, Sync: fleet.Synced, Health: fleet.Healthy, Release: release,
			ReleaseSince: now.Add(-time.Hour), ObservedAt: now, Images: []string{"cart:v7"}})
	}
	s := fleet.Observe(f, now, seen)
	if b.sees != nil {
		b.sees(&s)
	}
	return s
}

func (b *boardShops) set(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f()
}

// shows waits until a page has all texts.
func (s *serving) shows(t testing.TB, path string, texts ...string) (page string) {
	t.Helper()
	eventually(t, func() string {
		code, body := s.get(t, path)
		for _, text := range texts {
			if code != http.StatusOK || !strings.Contains(body, text) {
				return fmt.Sprintf("%s answers %d and does not show %q:\n%s", path, code, text, body)
			}
		}
		page = body
		return ""
	})
	return page
}

func TestTheBoardShowsWhatServeKnows(t *testing.T) {
	t.Parallel()
	b := newBoardShops(t)
	s := startServe(t, b.config)
	s.waitReady(t)
	b.waitScraped(t)
	b.beta.add(100, 5)
	b.prod.add(50, 0)
	s.waitCounts(t, "cart", "b-1", 105, 5)

	t.Run("the root leads to it, and one look sees Tiers, Releases, budgets and the gate", func(t *testing.T) {
		page := s.shows(t, "/", goodRelease[:8], lastRelease[:8], "beta → prod", "Held back", "Freeze year-end is in force", "52.3% left")
		if strings.Contains(page, "<b>年末</b>") || !strings.Contains(page, "&lt;b&gt;年末") {
			t.Error("what somebody wrote is not escaped")
		}
	})
	t.Run("the pages of a ShopSet and of a gate are there, in Japanese too", func(t *testing.T) {
		s.shows(t, "/board/shopset/b-1", "52.3% left", "<svg class=\"curve\"", "5 of 105 failed")
		s.shows(t, "/board/gate/prod?lang=ja", "リリース凍結 year-end の期間中です。", "Freeze year-end is in force")
	})
	t.Run("an unknown ShopSet is told as such", func(t *testing.T) {
		if code, body := s.get(t, "/board/shopset/z-9"); code != http.StatusNotFound || !strings.Contains(body, "z-9") {
			t.Errorf("%d %s", code, body)
		}
	})
	t.Run("drift is seen", func(t *testing.T) {
		b.set(func() { b.sees = func(f *fleet.Snapshot) { f.ShopSets[0].Sync = fleet.OutOfSync } })
		s.shows(t, "/board/", "differs from git", "OutOfSync")
	})
	t.Run("an exporter that is down is told, and what runs is not known", func(t *testing.T) {
		b.set(func() { b.down = true })
		s.shows(t, "/board/", "Cannot be asked: what runs", "not known what runs")
	})
	t.Run("it changes nothing, and looking is no question to the gate", func(t *testing.T) {
		for _, path := range []string{"/board/", "/board/gate/prod"} {
			resp, err := http.Post(s.url+path, "text/plain", strings.NewReader("x"))
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode != http.StatusMethodNotAllowed {
				t.Errorf("POST %s: %d", path, resp.StatusCode)
			}
		}
		if _, body := s.get(t, "/api/v1/decisions"); !strings.Contains(body, `"decisions":[]`) {
			t.Errorf("looking at the board was logged: %s", body)
		}
	})
}

func TestReleasesThatWereMovedAreFoundInTheServersLog(t *testing.T) {
	l, err := decisionlog.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	now := time.Now().UTC().Truncate(time.Second)
	for _, e := range []decisionlog.Entry{
		{Kind: decisionlog.Promote, At: now.Add(-40 * 24 * time.Hour), To: "prod", Release: "aaaaaaa", Result: "promoted"}, // long ago
		{Kind: decisionlog.Gate, At: now.Add(-3 * time.Hour), To: "prod", Release: "bbbbbbb", Decision: promotion.Promote},
		{Kind: decisionlog.Promote, At: now.Add(-3 * time.Hour), To: "prod", Release: "bbbbbbb", Result: "promoted"},
		{Kind: decisionlog.Promote, At: now.Add(-2 * time.Hour), To: "prod", Release: "ccccccc", Result: "refused"},
		{Kind: decisionlog.Rollback, At: now.Add(-time.Hour), To: "prod", Release: "aaaaaaa", Result: "rolled_back"},
	} {
		if _, err := l.Append(t.Context(), e, []byte("{}")); err != nil {
			t.Fatal(err)
		}
	}
	c := &config.Config{}
	c.Gate.Log = &config.DecisionLog{Dir: "there"}
	b := &boardSource{s: &service{book: &logbook{reader: l, config: c}}}
	got := b.logged(t.Context(), now)
	want := []board.Move{{At: now.Add(-3 * time.Hour), To: "prod", Release: "bbbbbbb"}, {At: now.Add(-time.Hour), To: "prod", Release: "aaaaaaa", Back: true}}
	if got.Where == "" || got.Error != "" || !reflect.DeepEqual(got.Items, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	c.Gate.Log = &config.DecisionLog{Git: &config.LogBranch{Repository: "far", Branch: "away"}} // nobody waits for git
	if got := (&boardSource{s: b.s}).logged(t.Context(), now); got.Where != "" {
		t.Errorf("a log in git gives %+v", got)
	}
}

func TestSubjectsComeFromTheMirrorOfPromote(t *testing.T) {
	dir := t.TempDir()
	run := func(args ...string) string {
		t.Helper()
		cmd := exec.Command("git", args...)
		cmd.Env = append(git.Isolated(os.Environ()), "GIT_DIR="+filepath.Join(dir, "app.git"), "GIT_AUTHOR_NAME=x", "GIT_AUTHOR_EMAIL=x@example.com", "GIT_COMMITTER_NAME=x", "GIT_COMMITTER_EMAIL=x@example.com")
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(args, err)
		}
		return strings.TrimSpace(string(out))
	}
	c := &config.Promotion{}
	c.Git.Dir, c.Git.Submodule = dir, "app"
	now := time.Now()
	s := subjects{known: map[fleet.Release]string{}, asked: map[fleet.Release]time.Time{}}
	if got := s.of(t.Context(), c, &fleet.Snapshot{Tiers: []fleet.TierState{{Release: goodRelease}}}, now); len(got) != 0 {
		t.Errorf("without a mirror there are %v", got)
	}
	run("init", "--quiet", "--bare")
	first := fleet.Release(run("commit-tree", "-m", "cart: <b>retry</b>\n\nbody", run("hash-object", "-t", "tree", "-w", "/dev/null")))
	seen := &fleet.Snapshot{Tiers: []fleet.TierState{{Release: goodRelease}, {Release: first}, {Release: "--output=x"}}}
	if got := s.of(t.Context(), c, seen, now); len(got) != 1 || got[first] != "cart: <b>retry</b>" {
		t.Errorf("got %v", got)
	}
	if err := os.RemoveAll(filepath.Join(dir, "app.git")); err != nil {
		t.Fatal(err)
	}
	if got := s.of(t.Context(), c, seen, now.Add(time.Hour)); got[first] == "" {
		t.Error("what was known is forgotten")
	}
	if got := s.of(t.Context(), nil, seen, now); len(got) != 0 {
		t.Errorf("where nothing is promoted from here there are %v", got)
	}
}

func TestTheBoardTellsOfDocumentsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	b := newBoardShops(t)
	s := startServe(t, b.config)
	s.waitReady(t)
	s.shows(t, "/board/", "year-end")
	writeFiles(t, b.dir, map[string]string{filepath.Join("calendar", "broken.yaml"): "kind: Freeze\n"})
	s.shows(t, "/board/", "documents cannot be read", "broken.yaml", "No answer")
}
