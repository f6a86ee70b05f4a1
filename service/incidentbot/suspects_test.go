package incidentbot

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/incident/suspect"
	"github.com/shopslo/shopslo/internal/ask"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/promotion/decisionlog"
	"github.com/shopslo/shopslo/promotion/fleetapi"
)

// history is what an exporter and a `shopslo serve` tell of some hours.
type history struct {
	snapshot fleet.Snapshot
	log      decisionlog.List
	records  map[int]string
	status   string
}

// serve answers as both do, where it is let in by basic auth as the exporter and by a token as
// shopslo.
func (h *history) serve(t *testing.T) *suspects {
	mux := http.NewServeMux()
	answer := func(w http.ResponseWriter, v any) {
		if err := json.NewEncoder(w).Encode(v); err != nil {
			t.Error(err)
		}
	}
	mux.HandleFunc("GET /api/v1/fleet", func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "bot" || password != "pw" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		answer(w, h.snapshot)
	})
	bearer := func(do func(w http.ResponseWriter, r *http.Request)) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "Bearer t" {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			do(w, r)
		}
	}
	mux.HandleFunc("GET /api/v1/decisions", bearer(func(w http.ResponseWriter, _ *http.Request) { answer(w, h.log) }))
	mux.HandleFunc("GET /api/v1/decisions/{n}", bearer(func(w http.ResponseWriter, r *http.Request) {
		var n int
		fmt.Sscan(r.PathValue("n"), &n)
		fmt.Fprint(w, h.records[n])
	}))
	mux.HandleFunc("GET /api/v1/status", bearer(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, h.status) }))
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	exporter, err := fleetapi.New(s.URL, &http.Client{Transport: credentials{"bot", func() (string, error) { return "pw", nil }}})
	if err != nil {
		t.Fatal(err)
	}
	out := &suspects{exporter: exporter, address: s.URL, now: func() time.Time { return began.Add(6 * time.Minute) },
		server: ask.Server{Client: &http.Client{Transport: credentials{"", func() (string, error) { return "t", nil }}}, Most: maxStatus}}
	for _, set := range [][2]string{{"c-1", "beta"}, {"a-2", "beta-prod"}, {"b-1", "beta-prod"}, {"a-1", "prod"}, {"b-2", "prod"}, {"c-3", "prod"}, {"a-3", "prod-ha"}, {"b-3", "prod-ha"}} {
		out.fleet = append(out.fleet, suspect.ShopSet{Name: set[0], Tier: set[1], Components: []string{"lb", "proxy", "shop-page", "cart", "api"}})
	}
	return out
}

var began = time.Date(2026, 11, 30, 14, 0, 0, 0, time.UTC)

func commit(r *rand.Rand) string {
	return fmt.Sprintf("%016x%016x%08x", r.Uint64(), r.Uint64(), r.Uint32())
}

// inject makes hours in which Releases climb the Tiers and configurations change, and a fault of
// one of them: what it reached burns. It gives what is at fault.
func inject(r *rand.Rand, s *suspects) (*history, incident.Incident, string) {
	h := &history{records: map[int]string{}}
	components := []string{"lb", "proxy", "shop-page", "cart", "api"}
	log := func(e decisionlog.Entry) int {
		e.Index = len(h.log.Lines) + 1
		h.log.Lines = append(h.log.Lines, decisionlog.Line{Entry: e, Hash: strings.Repeat("a", 64)})
		return e.Index
	}
	type came struct {
		what, tier, component string
		at                    time.Time
		sets                  []string
	}
	var all []came
	states := map[string]*fleet.ShopSetState{}
	for _, set := range s.fleet {
		states[set.Name] = &fleet.ShopSetState{Observation: fleet.Observation{ShopSet: fleet.ShopSetName(set.Name), Sync: fleet.Synced, Health: fleet.Healthy,
			Release: "old", ReleaseSince: began.Add(-100 * time.Hour), ChangedSince: began.Add(-100 * time.Hour)}, Tier: fleet.TierName(set.Tier)}
	}
	minutes := 330 // before it began; each change comes later than the one before
	for range 3 + r.IntN(3) {
		minutes -= 20 + r.IntN(50)
		at := began.Add(-time.Duration(max(minutes, 3)) * time.Minute)
		tier := []string{"beta", "beta-prod", "prod", "prod-ha"}[r.IntN(4)]
		c := came{what: commit(r), tier: tier, component: components[r.IntN(5)], at: at}
		overlay := r.IntN(4) == 0
		for _, set := range s.fleet {
			if set.Tier != tier || overlay && len(c.sets) > 0 {
				continue
			}
			c.sets = append(c.sets, set.Name)
			o := states[set.Name]
			if overlay {
				o.Revision, o.ChangedSince = c.what, at
			} else {
				o.Release, o.ReleaseSince = fleet.Release(c.what), at.Add(time.Duration(r.IntN(120))*time.Second)
			}
		}
		if !overlay {
			log(decisionlog.Entry{Kind: decisionlog.Gate, To: tier, Release: c.what, At: at.Add(-time.Minute), Decision: promotion.Promote})
			n := log(decisionlog.Entry{Kind: decisionlog.Promote, To: tier, Release: c.what, Replaces: commit(r), At: at.Add(-30 * time.Second), Result: "promoted"})
			h.records[n] = fmt.Sprintf(`{"version":1,"promotions":[{"compare":"https://git.example/compare/x...%s","changes":[{"component":%q,"commits":[{"commit":"c","subject":"change it"}]}]}]}`, c.what, c.component)
		}
		all = append(all, c)
	}
	fault := all[r.IntN(len(all))]
	onset := fault.at.Add(time.Duration(3+r.IntN(15)) * time.Minute)
	var budgets []string
	for _, set := range s.fleet {
		rate := r.Float64()
		for _, hit := range fault.sets {
			if hit == set.Name {
				rate = 8 + 30*r.Float64()
			}
		}
		budgets = append(budgets, fmt.Sprintf(`{"slo":"%s-availability","window":"28d","shopset":%q,"tier":%q,"burn_rates":{"5m":%f,"1h":%f}}`, fault.component, set.Name, set.Tier, rate, rate/3))
		h.snapshot.ShopSets = append(h.snapshot.ShopSets, *states[set.Name])
	}
	h.snapshot.At = began
	h.status = `{"version":1,"budgets":[` + strings.Join(budgets, ",") + `]}`
	return h, incident.Incident{ID: "inc-1", Title: "SLO が燃えています", State: incident.Open, StartedAt: onset, DetectedAt: onset.Add(time.Minute), Scope: incident.Scope{ShopSets: fault.sets[:1]}}, fault.what
}

func TestOfInjectedFaultsTheRightChangeComesFirst(t *testing.T) {
	const n = 40
	first := 0
	for seed := range uint64(n) {
		r := rand.New(rand.NewPCG(seed, 7))
		h := &history{}
		s := h.serve(t)
		made, i, fault := inject(r, s)
		*h = *made
		report, err := s.Suspects(context.Background(), i)
		if err != nil || len(report.Unknown) > 0 || len(report.Suspects) == 0 {
			t.Fatalf("seed %d: %+v, %v", seed, report, err)
		}
		if report.Suspects[0].Release == fault {
			first++
		} else {
			t.Logf("seed %d: %+v", seed, report.Suspects[0])
		}
	}
	if first < n*9/10 {
		t.Errorf("the right one comes first in %d of %d", first, n)
	}
}

func TestASuspectIsToldWithAllThatIsKnownOfIt(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	release, before := commit(r), commit(r)
	h := &history{records: map[int]string{2: `{"version":1,"promotions":[{"compare":"https://git.example/compare/a...b","changes":[{"component":"cart","commits":[{"commit":"c","subject":"retry payments"}]}]}]}`}}
	h.log.Lines = []decisionlog.Line{
		{Entry: decisionlog.Entry{Index: 1, Kind: decisionlog.Gate, To: "prod", Release: release, At: began.Add(-20 * time.Minute), Decision: promotion.Hold,
			Checks: []decisionlog.Check{{Check: "budget", Reason: "a-2 has 3 % left."}}, Overrides: []decisionlog.Override{{ID: "o", Who: "ken", Waives: 1}}}},
		{Entry: decisionlog.Entry{Index: 2, Kind: decisionlog.Promote, To: "prod", Release: release, Replaces: before, At: began.Add(-15 * time.Minute), Result: "promoted", User: "mai"}},
	}
	h.snapshot.ShopSets = []fleet.ShopSetState{{Observation: fleet.Observation{ShopSet: "a-1", Release: fleet.Release(release), ReleaseSince: began.Add(-10 * time.Minute)}, Tier: "prod"}}
	h.status = `{"version":1,"budgets":[{"slo":"cart","window":"28d","shopset":"a-1","tier":"prod","burn_rates":{"5m":67.2,"1h":67.2}}]}`
	s := h.serve(t)
	report, err := s.Suspects(t.Context(), incident.Incident{ID: "inc-1", Title: "x", State: incident.Open, DetectedAt: began})
	if err != nil || len(report.Suspects) != 1 {
		t.Fatalf("%+v, %v", report, err)
	}
	got := report.Suspects[0]
	if got.Replaces != before || got.By != "mai" || got.Compare != "https://git.example/compare/a...b" || got.Components[0].Name != "cart" || got.Components[0].Subjects[0] != "retry payments" ||
		got.Gate.Decision != "hold" || got.Gate.Waived[0] != "ken" || got.Reached[0].ShopSet != "a-1" || len(report.Burns) != 1 || report.Burns[0].Share == nil {
		t.Errorf("%+v\n%+v", got, report.Burns)
	}
	// Who does not answer is named, and the others count.
	s.server.Client = &http.Client{Transport: credentials{"", func() (string, error) { return "wrong", nil }}}
	report, err = s.Suspects(t.Context(), incident.Incident{ID: "inc-1", Title: "x", State: incident.Open, DetectedAt: began})
	if err != nil || len(report.Suspects) != 1 || len(report.Unknown) != 2 || !strings.Contains(report.Unknown[0].Why, "401") || report.Unknown[0].What != suspect.Moved {
		t.Errorf("%+v, %v", report, err)
	}
}

func TestWhoHangsIsNamedInTime(t *testing.T) {
	h := &history{status: `{"version":1,"budgets":[]}`}
	s := h.serve(t)
	hangs := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer hangs.Close()
	var err error
	if s.exporter, err = fleetapi.New(hangs.URL, &http.Client{}); err != nil {
		t.Fatal(err)
	}
	s.patience = 100 * time.Millisecond
	report, err := s.Suspects(t.Context(), incident.Incident{ID: "inc-1", Title: "x", State: incident.Open, DetectedAt: began})
	if err != nil || len(report.Unknown) != 1 || report.Unknown[0].What != suspect.Running {
		t.Errorf("%+v, %v", report, err)
	}
}
