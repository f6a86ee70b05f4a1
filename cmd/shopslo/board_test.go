package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/fleet/manifest"
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
	s.Git = &fleet.Git{FetchedAt: now, Up: true}
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
		page := s.shows(t, "/", goodRelease[:8], lastRelease[:8], "beta → prod", "Hold", "Freeze year-end is active", "52.3% left")
		if strings.Contains(page, "<b>年末</b>") || !strings.Contains(page, "&lt;b&gt;年末") {
			t.Error("what somebody wrote is not escaped")
		}
	})
	t.Run("the pages of a ShopSet and of a gate are there, in Japanese too", func(t *testing.T) {
		s.shows(t, "/board/shopset/b-1", "52.3% left", "<svg class=\"curve\"", "5 of 105 events were bad")
		s.shows(t, "/board/gate/prod?lang=ja", "リリース凍結 year-end が")
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

func TestTheBoardTellsOfDocumentsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	b := newBoardShops(t)
	s := startServe(t, b.config)
	s.waitReady(t)
	s.shows(t, "/board/", "year-end")
	writeFiles(t, b.dir, map[string]string{filepath.Join("calendar", "broken.yaml"): "kind: Freeze\n"})
	s.shows(t, "/board/", "documents cannot be read", "broken.yaml", "No answer")
}
