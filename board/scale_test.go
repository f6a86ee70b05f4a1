package board

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

// newBigWorld is a fleet of 1,000 ShopSets with five SLOs each, in five Tiers, on a bad
// day: one in ten is hurt.
func newBigWorld(t testing.TB) (*world, Input) {
	t.Helper()
	d := fleet.Declarations{Configurations: []fleet.Configuration{{Name: "production"}}}
	for i := range 10 {
		d.FailureDomains = append(d.FailureDomains, fleet.FailureDomain{Name: fleet.FailureDomainName(fmt.Sprintf("cluster-%d", i))})
	}
	for i, tier := range []struct {
		name fleet.TierName
		n    int
	}{{"dev", 50}, {"beta", 100}, {"beta-prod", 200}, {"prod", 400}, {"prod-ha", 250}} {
		d.Tiers = append(d.Tiers, fleet.Tier{Name: tier.name, Order: i, Branch: fmt.Sprintf("tier-%d", i), Soak: 24 * time.Hour})
		for j := range tier.n {
			name := fleet.ShopSetName(fmt.Sprintf("%s-%03d", tier.name, j))
			d.ShopSets = append(d.ShopSets, fleet.ShopSet{Name: name, Tier: tier.name, Configuration: "production", FailureDomain: d.FailureDomains[j%10].Name})
			if j%2 == 1 {
				d.ShopGroups = append(d.ShopGroups, fleet.ShopGroup{Name: "group-" + fleet.ShopGroupName(name), ShopSets: []fleet.ShopSetName{d.ShopSets[len(d.ShopSets)-2].Name, name}, FailureDomains: 2})
			}
		}
	}
	f, err := fleet.New(d)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{fleet: f}
	for i := range 5 {
		w.slos = append(w.slos, objective(fmt.Sprintf("objective-number-%d", i), "", 999_000_000))
	}
	hurt := map[fleet.ShopSetName]bool{}
	for i, set := range f.ShopSets() {
		hurt[set.Name] = i%10 == 3
	}
	w.counts = func(name string, set fleet.ShopSetName) counting {
		return counting{perHour: 3600, bad: func(at time.Time) float64 {
			if hurt[set] && at.After(now.Add(-days(2))) {
				return 0.03
			}
			return 0.0004
		}}
	}
	in := Input{At: now, Fleet: f, Budgets: status.Compute(now, f, w.slos, slo.DefaultBurnAlerts(), quick{w}),
		Running: promotion.FleetView{Where: "The exporter", Snapshot: running(f)}, Alerts: promotion.Found[promotion.Alert]{Where: "Prometheus"},
		Incidents: promotion.Found[promotion.Incident]{Where: "files"}, Freezes: promotion.Found[promotion.Freeze]{Where: "files"}}
	for i := range in.Running.Snapshot.ShopSets {
		in.Running.Snapshot.ShopSets[i].Release = older
		if i%17 == 0 {
			in.Running.Snapshot.ShopSets[i].Sync = fleet.OutOfSync
		}
	}
	in.Gates = gates(w, &in)
	return w, in
}

// quick counts with closed sums, since a big world is asked for very many of them.
type quick struct{ *world }

func (q quick) Account(s *slo.SLO, subject string, at time.Time) slo.Account {
	a := q.world.Account(s, subject, at)
	c := q.counts(s.Name, fleet.ShopSetName(subject))
	turn := now.Add(-days(2))
	a.Counts = func(_ int, from, to time.Time) slo.Counts {
		out := slo.Counts{Start: from, End: to, Covered: to.Sub(from)}
		for _, span := range [][2]time.Time{{from, earlier(to, turn)}, {later(from, turn), to}} {
			if h := span[1].Sub(span[0]).Hours(); h > 0 {
				n := c.perHour * h
				out.Total += n
				out.Good += n * (1 - c.bad(span[1]))
			}
		}
		return out
	}
	return a
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// mostBytes is what a page of a big fleet may weigh before it is compressed.
const mostBytes = 500_000

func bigHandler(t testing.TB) *Handler {
	w, in := newBigWorld(t)
	histories := func(name fleet.ShopSetName) (out []History) {
		for i := range w.slos {
			out = append(out, History{&w.slos[i], quick{w}.Account(&w.slos[i], string(name), now)})
		}
		return out
	}
	return New(Options{Source: &fixed{in: in, past: histories}, Now: func() time.Time { return now }, Failed: func(err error) { t.Error(err) }})
}

var bigPages = []string{"/", "/?lang=ja", "/?tier=prod", "/?state=good", "/shopset/prod-003", "/gate/prod", "/gate/prod?lang=ja&result=pass&page=3"}

func TestPagesOfABigFleetStaySmall(t *testing.T) {
	h := bigHandler(t)
	for _, path := range bigPages {
		rec := newRecorder(h, path)
		if n := rec.Body.Len(); rec.Code != http.StatusOK || n > mostBytes || n < 5000 {
			t.Errorf("%s: %d, %d bytes, want at most %d", path, rec.Code, n, mostBytes)
		} else {
			t.Logf("%s: %d bytes", path, n)
		}
	}
}

func BenchmarkPagesOfABigFleet(b *testing.B) {
	h := bigHandler(b)
	for _, path := range bigPages {
		b.Run(path, func(b *testing.B) {
			for b.Loop() {
				req := httptest.NewRequest(http.MethodGet, path, nil)
				req.Header.Set("Accept-Encoding", "gzip")
				rec := httptest.NewRecorder()
				h.ServeHTTP(rec, req)
				b.ReportMetric(float64(rec.Body.Len()), "gzip-bytes")
			}
		})
	}
}
