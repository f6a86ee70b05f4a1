package shopset

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/fleet/kube"
	"github.com/shopslo/shopslo/fleet/kube/kubetest"
	"github.com/shopslo/shopslo/internal/racetest"
)

// These tests go the whole way: from an event that an API server sends, through the
// real client, to the bytes that Prometheus gets.

// live is a fleet that is watched.
type live struct {
	t       testing.TB
	servers []*kubetest.Server
	watcher *kube.Watcher
	clock   atomic.Int64 // after noon
	sent    int64
}

func (l *live) now() time.Time { return noon.Add(time.Duration(l.clock.Load())) }

func releases(revision string) fleet.Release { return fleet.Release(revision) }

// watch watches servers until the test ends.
func watch(t testing.TB, servers ...*kubetest.Server) *live {
	t.Helper()
	kube.Quiet()
	mapping, err := kube.NewMapping("", "", "")
	if err != nil {
		t.Fatal(err)
	}
	l := &live{t: t, servers: servers}
	var clusters []kube.Cluster
	for i, s := range servers {
		clusters = append(clusters, kube.Cluster{Name: fmt.Sprint("cluster-", i), Config: s.Config()})
	}
	l.watcher, err = kube.New(kube.Config{Mapping: mapping, MaxAge: time.Hour, Grace: time.Minute, Parts: len(servers) > 1, Now: l.now}, clusters)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); l.watcher.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	return l
}

// application is one of five of the i/5-th ShopSet of bigFleet.
func application(i int) kubetest.App {
	return kubetest.App{Name: fmt.Sprint("app-", i), ShopSet: fmt.Sprint("shopset-", i/5), Sync: "Synced", Health: "Healthy",
		Revision: fmt.Sprintf("%040x", 7), Reconciled: noon.Add(-time.Minute)}
}

// set changes an Application, and waits until the watcher has taken it in.
func (l *live) set(server int, a kubetest.App) {
	l.servers[server].Put(kubetest.Applications, a.Name, a.JSON())
	l.sent++
}

func (l *live) arrived() bool {
	n := int64(0)
	for _, c := range l.watcher.Clusters() {
		n += c.Changes
	}
	return n == l.sent
}

func (l *live) loaded(applications int) {
	l.t.Helper()
	kubetest.Eventually(l.t, "all is read and watched", func() bool {
		n := 0
		for i, c := range l.watcher.Clusters() {
			n += c.Applications
			if l.servers[i].Watching(kubetest.Applications) != 1 {
				return false
			}
		}
		return n == applications
	})
}

func TestFromTheEventToTheBytesChangesAreTheSameAsReadingEverything(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	const n = 200
	f := bigFleet(t, n/5)
	east, west := kubetest.New(t), kubetest.New(t)
	l := watch(t, east, west)
	l.loaded(0)
	changing, anew := New(f, newRecorder(), Options{}), New(f, newRecorder(), Options{})
	for _, e := range []*Exporter{changing, anew} {
		e.Refresh(noon, View{Fleet: f})
	}
	same := func(what string) {
		t.Helper()
		l.clock.Add(int64(time.Second))
		seen, _ := l.watcher.Changes(releases)
		changing.Observed(l.now(), seen...)
		anew.Refresh(l.now(), View{Fleet: f, Observations: l.watcher.Observations(releases)})
		sameBytes(t, what, changing, anew)
	}
	there := map[string]int{}
	for step := range racetest.Fewer(80) {
		for range 1 + random.IntN(30) {
			a := application(random.IntN(n))
			where := random.IntN(50) / 49 // a ShopSet may be in two clusters
			if at, ok := there[a.Name]; ok && random.IntN(4) == 0 {
				l.servers[at].Remove(kubetest.Applications, a.Name)
				delete(there, a.Name)
				l.sent++
				continue
			} else if ok {
				where = at
			}
			a.Sync, a.Health = string(fleet.SyncStatuses[random.IntN(3)]), string(fleet.Healths[random.IntN(6)])
			a.Revision = fmt.Sprintf("%040x", random.IntN(3))
			a.Reconciled = noon.Add(-time.Duration(random.IntN(70)) * time.Minute) // some controllers are stopped
			l.set(where, a)
			there[a.Name] = where
		}
		kubetest.Eventually(t, "all changes arrive", l.arrived)
		same(fmt.Sprint("step ", step))
		if step%5 == 0 { // time passes, and makes some too old
			l.clock.Add(int64(time.Duration(random.IntN(9)) * time.Minute))
			same(fmt.Sprint("after step ", step))
		}
	}
	west.Stop()
	kubetest.Eventually(t, "a cluster is lost", func() bool { return l.watcher.Clusters()[1].Err != nil })
	same("a cluster is lost")
	l.clock.Add(int64(2 * time.Minute))
	same("a cluster is lost for longer than is waited for")
	if text := read(t, scrape(t, changing.Metrics(nil), "", "gzip")); !strings.Contains(text, `shopset_application_sync_status{shopset="shopset-`) {
		t.Error("there are no series of Applications")
	}
}

// large is a fleet that is large.
var large = racetest.Fewer(35_000)

// Many Applications are held in less than 6 kB each, all of what is
// needed to answer a scrape counted; and one that changes costs what it costs among a
// thousand.
func TestManyApplicationsAreSmallAndAChangeCostsTheSame(t *testing.T) {
	perChange := map[int]float64{}
	for _, n := range []int{1000, large} {
		before := heap()
		l, e, _ := many(t, n)
		scrape(t, e.Metrics(nil), "", "gzip")
		e.Snapshot()
		each := (heap() - before) / float64(n)
		t.Logf("%d Applications: %.0f bytes each, resident %s in all", n, each, resident(t))
		if n > 10_000 && each > 6*1024 {
			t.Errorf("%d Applications are held in %.0f bytes each, want less than 6 kB", n, each)
		}
		perChange[n] = allocated(l, e, n, 300)
		runtime.KeepAlive(e)
	}
	t.Logf("bytes allocated for a change: %v", perChange)
	if few, many := perChange[1000], perChange[large]; many > 1.5*few {
		t.Errorf("a change allocates %.0f bytes among %d Applications, %.0f among 1,000: it grows with the fleet", many, large, few)
	}
}

// many has n Applications read and exported.
func many(t testing.TB, n int) (*live, *Exporter, *fleet.Fleet) {
	t.Helper()
	f := bigFleet(t, n/5)
	s := kubetest.New(t)
	s.Many(n, func(i int) []byte { return application(i).JSON() })
	l := watch(t, s)
	l.loaded(n)
	e := New(f, newRecorder(), Options{})
	e.Refresh(noon, View{Fleet: f, Observations: l.watcher.Observations(releases)})
	if got := e.current.Sums(0).Sync[fleet.Synced]; got != n/25 {
		t.Fatalf("%d ShopSets of the first Tier are Synced, want %d", got, n/25)
	}
	return l, e, f
}

// change has one Application change, and takes that in.
func (l *live) change(e *Exporter, n, i int) {
	a := application(i * 7919 % n)
	a.Sync = []string{"OutOfSync", "Synced"}[i%2]
	l.set(0, a)
	for took := 0; took == 0; {
		<-l.watcher.Changed()
		seen, _ := l.watcher.Changes(releases)
		e.Observed(l.now(), seen...)
		took = len(seen)
	}
}

// allocated gives the bytes that a change allocates, the server's work included.
func allocated(l *live, e *Exporter, n, times int) float64 {
	l.change(e, n, 0)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for i := range times {
		l.change(e, n, i+1)
	}
	runtime.ReadMemStats(&after)
	return float64(after.TotalAlloc-before.TotalAlloc) / float64(times)
}

// heap gives the bytes in use after garbage was collected.
func heap() float64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapInuse)
}

// resident gives what the system says that the process holds.
func resident(t *testing.T) string {
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return "unknown (" + err.Error() + ")"
	}
	_, rest, _ := strings.Cut(string(data), "VmRSS:")
	line, _, _ := strings.Cut(rest, "\n")
	return strings.TrimSpace(line)
}

// BenchmarkOneApplication is one that changes, from the event to the bytes.
func BenchmarkOneApplication(b *testing.B) {
	for _, n := range []int{1000, large} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			l, e, _ := many(b, n)
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				l.change(e, n, i)
			}
		})
	}
}
