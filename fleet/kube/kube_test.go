package kube

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/fleet/kube/kubetest"
)

var noon = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// clock is a time that a test sets.
type clock struct{ atomic.Int64 }

func (c *clock) now() time.Time     { return noon.Add(time.Duration(c.Load())) }
func (c *clock) to(d time.Duration) { c.Store(int64(d)) }

func watching(t testing.TB, c *clock, change func(*Config), servers ...*kubetest.Server) *Watcher {
	t.Helper()
	m, err := NewMapping("", "", "overlays/(?P<shopset>[^/]+)")
	if err != nil {
		t.Fatal(err)
	}
	config := Config{Mapping: m, MaxAge: 10 * time.Minute, Now: c.now}
	if change != nil {
		change(&config)
	}
	var clusters []Cluster
	for i, s := range servers {
		clusters = append(clusters, at(s, string(rune('a'+i))))
	}
	w, err := New(config, clusters)
	if err != nil {
		t.Fatal(err)
	}
	run(t, w)
	return w
}

// app is an Application of a ShopSet.
func app(shopSet, sync, health string) string {
	return fmt.Sprintf(`
metadata: {labels: {shopset.dev/shopset: %s}}
spec: {source: {repoURL: x, path: p}}
status:
  sync: {status: %s, revision: r1}
  health: {status: %s}
  reconciledAt: "2026-11-01T11:59:00Z"
  history: [{id: 0, revision: r1, deployedAt: "2026-11-01T10:00:00Z", source: {repoURL: x}}]
  resources: [{kind: A, status: %s}]
  summary: {images: [shop:1, shop:1]}`, shopSet, sync, health, sync)
}

func releases(revision string) fleet.Release { return fleet.Release("release-of-" + revision) }

// lines describes all observations, one per word.
func lines(w *Watcher) string {
	var all []string
	for _, o := range w.Observations(releases) {
		all = append(all, fmt.Sprintf("%s:%s/%s", o.ShopSet, o.Sync, o.Health))
	}
	return strings.Join(all, " ")
}

func is(w *Watcher, want string) func() bool { return func() bool { return lines(w) == want } }

func TestOneLostClusterLeavesTheOthers(t *testing.T) {
	t.Parallel()
	c := &clock{}
	east, west := kubetest.New(t), kubetest.New(t)
	east.Set(applications, "one", app("a-1", "Synced", "Healthy"))
	west.Set(applications, "one", app("b-1", "Synced", "Healthy"))
	west.Set(applications, "two", app("b-1", "Synced", "Progressing"))
	w := watching(t, c, nil, east, west)
	kubetest.Eventually(t, "both are read", is(w, "a-1:Synced/Healthy b-1:Synced/Progressing"))
	o := w.Observations(releases)[0]
	if o.Source != "a" || o.Release != "release-of-r1" || !o.ReleaseSince.Equal(noon.Add(-2*time.Hour)) || *o.OutOfSync != 0 || fmt.Sprint(o.Images) != "[shop:1]" {
		t.Errorf("%+v", o)
	}
	west.Stop()
	kubetest.Eventually(t, "the lost one's are Unknown", is(w, "a-1:Synced/Healthy b-1:Unknown/Unknown"))
	lost := w.Observations(releases)[1]
	if lost.Release != "" || !strings.Contains(lost.Reason, "cluster b cannot be read since 2026-11-01T12:00:00Z") || strings.Contains(lost.Reason, "hunter2") {
		t.Errorf("%+v", lost)
	}
	states := w.Clusters()
	if states[0].Err != nil || states[1].Err == nil || states[1].Failures == 0 || !states[1].Loaded || states[1].Applications != 2 {
		t.Errorf("%+v", states)
	}
	east.Set(applications, "one", app("a-1", "OutOfSync", "Degraded"))
	kubetest.Eventually(t, "the other goes on", is(w, "a-1:OutOfSync/Degraded b-1:Unknown/Unknown"))
}

func TestAClusterThatIsDownAtFirst(t *testing.T) {
	t.Parallel()
	s := kubetest.New(t)
	s.FailWith(func(*http.Request) (int, string) { return kubetest.Status(503, "ServiceUnavailable") })
	s.Set(applications, "one", app("a-1", "Synced", "Healthy"))
	w := watching(t, &clock{}, nil, s)
	kubetest.Eventually(t, "the failure is noted", func() bool { return w.Clusters()[0].Err != nil })
	if got := lines(w); got != "" || w.Clusters()[0].Loaded {
		t.Errorf("seen: %s", got)
	}
	s.FailWith(nil)
	kubetest.Eventually(t, "it is read when it is up", is(w, "a-1:Synced/Healthy"))
}

func TestAShortLossIsForgivenForAWhile(t *testing.T) {
	t.Parallel()
	c := &clock{}
	s := kubetest.New(t)
	s.Set(applications, "one", app("a-1", "Synced", "Healthy"))
	w := watching(t, c, func(c *Config) { c.Grace = 15 * time.Second }, s)
	kubetest.Eventually(t, "it is read", is(w, "a-1:Synced/Healthy"))
	s.Stop()
	kubetest.Eventually(t, "the loss is noted", func() bool { return w.Clusters()[0].Err != nil })
	if got := lines(w); got != "a-1:Synced/Healthy" {
		t.Errorf("at once: %s", got)
	}
	c.to(16 * time.Second)
	if got := lines(w); got != "a-1:Unknown/Unknown" {
		t.Errorf("later: %s", got)
	}
}

func TestAStoppedControllerIsUnknown(t *testing.T) {
	c := &clock{}
	s := kubetest.New(t)
	s.Set(applications, "one", app("a-1", "Synced", "Healthy"))
	w := watching(t, c, nil, s)
	kubetest.Eventually(t, "it is read", is(w, "a-1:Synced/Healthy"))
	c.to(9*time.Minute + time.Second)
	if o := w.Observations(releases)[0]; o.Sync != fleet.SyncUnknown || !strings.Contains(o.Reason, "since 2026-11-01T11:59:00Z") {
		t.Errorf("%+v", o)
	}
}

func TestDriftIsDatedAndCountedAlsoWhereItHealsItself(t *testing.T) {
	t.Parallel()
	c := &clock{}
	s := kubetest.New(t)
	s.Set(applications, "old", app("b-1", "OutOfSync", "Healthy"))
	s.Set(applications, "one", app("a-1", "Synced", "Healthy"))
	s.Set(applications, "two", app("a-1", "Synced", "Healthy"))
	w := watching(t, c, nil, s)
	kubetest.Eventually(t, "it is read", is(w, "a-1:Synced/Healthy b-1:OutOfSync/Healthy"))
	kubetest.Eventually(t, "it is watched", func() bool { return s.Watching(applications) == 1 })
	for i := range 3 {
		c.to(time.Duration(i+1) * time.Minute)
		s.Set(applications, "one", app("a-1", "OutOfSync", "Healthy"))
		kubetest.Eventually(t, "it drifts", is(w, "a-1:OutOfSync/Healthy b-1:OutOfSync/Healthy"))
		c.to(time.Duration(i+1)*time.Minute + 30*time.Second)
		s.Set(applications, "one", app("a-1", "OutOfSync", "Progressing"))
		kubetest.Eventually(t, "it goes on drifting", is(w, "a-1:OutOfSync/Progressing b-1:OutOfSync/Healthy"))
		o := w.Observations(releases)[0]
		if !o.DriftedSince.Equal(noon.Add(time.Duration(i+1)*time.Minute)) || *o.DriftEvents != int64(i+1) || *o.OutOfSync != 1 {
			t.Fatalf("%+v: since %v, %d events", o, o.DriftedSince, *o.DriftEvents)
		}
		s.Set(applications, "one", app("a-1", "Synced", "Healthy"))
		kubetest.Eventually(t, "it heals", is(w, "a-1:Synced/Healthy b-1:OutOfSync/Healthy"))
	}
	all := w.Observations(releases)
	if !all[0].DriftedSince.IsZero() || *all[0].DriftEvents != 3 {
		t.Errorf("%+v", all[0])
	}
	if !all[1].DriftedSince.IsZero() || *all[1].DriftEvents != 0 {
		t.Errorf("nobody saw it begin, and it is dated: %+v", all[1])
	}
}

func TestFaultsOfTheAPIServer(t *testing.T) {
	for name, tt := range map[string]struct {
		times, code int
		reason      string
	}{
		"a watch that is closed": {},
		"410 Gone":               {1, 410, "Expired"},
		"429 Too Many Requests":  {1, 429, "TooManyRequests"},
		"500":                    {1, 500, "InternalError"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := kubetest.New(t)
			s.Set(applications, "one", app("a-1", "Synced", "Healthy"))
			w := watching(t, &clock{}, nil, s)
			kubetest.Eventually(t, "it is read", is(w, "a-1:Synced/Healthy"))
			kubetest.Eventually(t, "it is watched", func() bool { return s.Watching(applications) == 1 })
			left := tt.times
			s.FailWith(func(*http.Request) (int, string) {
				if left--; left < 0 {
					return 0, ""
				}
				return kubetest.Status(tt.code, tt.reason)
			})
			s.EndWatches()
			s.Set(applications, "one", app("a-1", "Synced", "Degraded"))
			kubetest.Eventually(t, "the change is seen", is(w, "a-1:Synced/Degraded"))
			kubetest.Eventually(t, "it is watched again", func() bool { return s.Watching(applications) == 1 })
			s.Remove(applications, "one")
			kubetest.Eventually(t, "it is gone", is(w, ""))
		})
	}
}

func TestAnApplicationOfAnUnknownShapeLeavesTheOthers(t *testing.T) {
	s := kubetest.New(t)
	s.Set(applications, "one", app("a-1", "Synced", "Healthy"))
	s.Set(applications, "odd", "metadata: {labels: {shopset.dev/shopset: b-1}}\nstatus: {resources: many}")
	s.Set(applications, "other", "spec: {source: {path: elsewhere}}")
	s.Set(applications, "by-path", "spec: {source: {path: overlays/c-1}}")
	w := watching(t, &clock{}, nil, s)
	kubetest.Eventually(t, "all are read", is(w, "a-1:Synced/Healthy b-1:Unknown/Unknown c-1:Unknown/Unknown"))
	if st := w.Clusters()[0]; st.Faulty != 1 || st.Strangers != 1 || st.Applications != 4 || st.Err != nil {
		t.Errorf("%+v", st)
	}
	kubetest.Eventually(t, "it is watched", func() bool { return s.Watching(applications) == 1 })
	s.Set(applications, "one", "metadata: {labels: {shopset.dev/shopset: a-1}}\nstatus: []")
	kubetest.Eventually(t, "one that breaks later", is(w, "a-1:Unknown/Unknown b-1:Unknown/Unknown c-1:Unknown/Unknown"))
}

func TestResourcesOfSeveralClusters(t *testing.T) {
	east, west := kubetest.New(t), kubetest.New(t)
	tier := func(order int) string { return fmt.Sprintf("spec: {order: %d, branch: b}", order) }
	east.Set("tiers", "low", tier(0))
	west.Set("tiers", "low", tier(0))
	west.Set("tiers", "high", tier(1))
	east.Set("shopsets", "a-1", "spec: {tier: low, configuration: c, failureDomain: f, components: [api]}")
	west.Set("shopsets", "a-1", "spec: {tier: high, configuration: c, failureDomain: f}")
	west.FailWith(func(r *http.Request) (int, string) {
		if strings.HasSuffix(r.URL.Path, "/shopgroups") {
			return kubetest.Status(404, "NotFound") // a CRD is missing
		}
		if strings.HasSuffix(r.URL.Path, "/configurations") {
			return kubetest.Status(403, "Forbidden")
		}
		return 0, ""
	})
	w := watching(t, &clock{}, func(c *Config) { c.Resources = true }, east, west)
	var found Documents
	kubetest.Eventually(t, "they are read", func() bool {
		found = w.Documents()
		return len(found.Tiers) == 2 && len(found.ShopSets) == 1 && found.ShopSets[0].Tier == "low" && len(found.Findings) == 1 && len(found.Unread) == 1 && w.Clusters()[1].ResourcesErr != nil
	})
	if text := found.Findings[0].String(); !strings.Contains(text, `ShopSet "a-1": it differs between the clusters a and b`) {
		t.Error(text)
	}
	if len(found.Unread) != 1 || !strings.Contains(found.Unread[0], "configurations of cluster b were never read: read configurations: ") {
		t.Errorf("a right is missing, and it is said: %v", found.Unread)
	}
	if st := w.Clusters(); st[0].ResourcesErr != nil || !strings.Contains(st[1].ResourcesErr.Error(), "configurations") || st[1].Err != nil {
		t.Errorf("%+v", st)
	}
	kubetest.Eventually(t, "they are watched", func() bool { return east.Watching("tiers") == 1 })
	east.Set("tiers", "middle", tier(5))
	kubetest.Eventually(t, "a new one", func() bool { return len(w.Documents().Tiers) == 3 })
}

func TestAResourceOfAnUnknownShapeIsAFindingAndKeepsNobodyBack(t *testing.T) {
	s := kubetest.New(t)
	s.Set("tiers", "low", "spec: {order: 0, branch: b}")
	s.Set("tiers", "long", "spec: {order: 1, branch: c, soak: 110000d}")
	w := watching(t, &clock{}, func(c *Config) { c.Resources = true }, s)
	kubetest.Eventually(t, "the others are read", func() bool {
		d := w.Documents()
		return len(d.Tiers) == 1 && len(d.Unread) == 0 && len(d.Findings) == 1 && d.Findings[0].Name == "long" && strings.Contains(d.Findings[0].What, "110000d")
	})
	kubetest.Eventually(t, "they are watched", func() bool { return s.Watching("tiers") == 1 })
	s.Set("tiers", "low", "spec: {order: 0, branch: b, soak: 400000d}")
	kubetest.Eventually(t, "one that breaks while it is watched", func() bool { d := w.Documents(); return len(d.Tiers) == 0 && len(d.Findings) == 2 })
	s.Set("tiers", "long", "spec: {order: 1, branch: c, soak: 11d}")
	s.Set("tiers", "low", "spec: {order: 0, branch: b}")
	kubetest.Eventually(t, "all are mended", func() bool { d := w.Documents(); return len(d.Tiers) == 2 && len(d.Findings) == 0 })
}

// small is an Application of few bytes.
func small(i int, sync string) []byte {
	return fmt.Appendf(nil, `{"apiVersion":"argoproj.io/v1alpha1","kind":"Application","metadata":{"name":"app-%d","namespace":"argocd","resourceVersion":"1",`+
		`"labels":{"shopset.dev/shopset":"s-%d"}},"status":{"sync":{"status":%q},"health":{"status":"Healthy"},"reconciledAt":"2026-11-01T11:59:00Z","resources":[{"kind":"A","status":%q}]}}`,
		i, i/5, sync, sync)
}

func TestTenThousandApplicationsChangeAtOnce(t *testing.T) {
	t.Parallel()
	const n = 10_000
	s, log := kubetest.New(t), &diary{}
	s.Many(n, func(i int) []byte { return small(i, "Synced") })
	w := watching(t, &clock{}, func(c *Config) { c.Log = slog.New(slog.NewTextHandler(log, nil)) }, s)
	kubetest.Eventually(t, "all are read and watched", func() bool { return w.Clusters()[0].Applications == n && s.Watching(applications) == 1 })
	w.Changes(releases)
	for i := range n {
		s.Put(applications, fmt.Sprint("app-", i), small(i, "OutOfSync"))
	}
	changed := map[fleet.ShopSetName]fleet.Observation{}
	kubetest.Eventually(t, "all have changed", func() bool {
		seen, _ := w.Changes(releases)
		for _, o := range seen {
			changed[o.ShopSet] = o
		}
		return w.Clusters()[0].Changes == n && len(seen) == 0
	})
	for name, o := range changed {
		if o.Sync != fleet.OutOfSync || *o.OutOfSync != 5 || *o.DriftEvents != 5 {
			t.Fatalf("%s: %+v", name, o)
		}
	}
	state := w.Clusters()[0]
	if warnings, named := log.about(fleet.Burst); len(changed) != n/5 || warnings != 1 || named != 1 || state.Faults[fleet.Burst] != 1 || state.Err != nil {
		t.Errorf("%d ShopSets changed, %d warnings, %d of the burst, %+v", len(changed), warnings, named, state)
	}
}

func TestChangesGivesWhatHasChangedOnce(t *testing.T) {
	t.Parallel()
	s := kubetest.New(t)
	s.Set(applications, "one", app("a-1", "Synced", "Healthy"))
	s.Set(applications, "two", app("b-1", "Synced", "Healthy"))
	s.Set("tiers", "low", "spec: {order: 0, branch: b}")
	w := watching(t, &clock{}, func(c *Config) { c.Resources = true }, s)
	kubetest.Eventually(t, "all is read", func() bool {
		d := w.Documents()
		return w.Clusters()[0].Loaded && len(d.Tiers) == 1 && s.Watching(applications) == 1 && s.Watching("tiers") == 1
	})
	told := func() string {
		seen, declared := w.Changes(releases)
		text := fmt.Sprint(declared)
		for _, o := range seen {
			text += fmt.Sprintf(" %s:%s", o.ShopSet, o.Sync)
		}
		return text
	}
	first, second := told(), told()
	if first != "true a-1:Synced b-1:Synced" || second != "false" {
		t.Errorf("at first %q, then %q", first, second)
	}
	for _, tt := range []struct {
		name string
		do   func()
		want string
	}{
		{"an Application changes", func() { s.Set(applications, "one", app("a-1", "OutOfSync", "Healthy")) }, "false a-1:OutOfSync"},
		{"an Application goes to another ShopSet", func() { s.Set(applications, "one", app("b-1", "Synced", "Healthy")) }, "false a-1:Unknown b-1:Synced"},
		{"the last Application goes", func() { s.Remove(applications, "two"); s.Remove(applications, "one") }, "false b-1:Unknown"},
		{"a resource changes", func() { s.Set("tiers", "low", "spec: {order: 1, branch: b}") }, "true"},
	} {
		changes := w.Clusters()[0].Changes
		tt.do()
		kubetest.Eventually(t, tt.name, func() bool { return w.declared.Load() || w.Clusters()[0].Changes > changes })
		time.Sleep(50 * time.Millisecond) // a second one may be on its way
		if got := told(); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestApplicationsOneByOne(t *testing.T) {
	t.Parallel()
	east, west := kubetest.New(t), kubetest.New(t)
	east.Set(applications, "lb", app("a-1", "Synced", "Healthy"))
	east.Set(applications, "api", app("a-1", "OutOfSync", "Degraded"))
	west.Set(applications, "api", app("a-1", "Synced", "Progressing"))
	w := watching(t, &clock{}, func(c *Config) { c.Parts = true }, east, west)
	parts := func() string {
		var all []string
		for _, o := range w.Observations(releases) {
			for _, p := range o.Parts {
				all = append(all, fmt.Sprintf("%s/%s/%s:%s/%s", p.Source, p.Namespace, p.Name, p.Sync, p.Health))
			}
		}
		return strings.Join(all, " ")
	}
	kubetest.Eventually(t, "all are given", func() bool {
		return parts() == "a/argocd/api:OutOfSync/Degraded a/argocd/lb:Synced/Healthy b/argocd/api:Synced/Progressing"
	})
	west.Stop()
	kubetest.Eventually(t, "those of the lost cluster are Unknown", func() bool {
		return parts() == "a/argocd/api:OutOfSync/Degraded a/argocd/lb:Synced/Healthy b/argocd/api:Unknown/Unknown"
	})
}

// An Application of 20 kB, with ten deployments, is kept in less than 6 kB.
func TestMemoryPerApplication(t *testing.T) {
	document := documents(t, "applications")["argo-diff-cache.yaml"]
	const n = 2000
	m, err := NewMapping("", "(?P<shopset>[^/]+)", "")
	if err != nil {
		t.Fatal(err)
	}
	s := newStore(m, time.Now, teller{changed: func() {}, taken: func() {}})
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	for i := range n {
		data := []byte(strings.ReplaceAll(string(document), "velero-test", fmt.Sprint("app-", i)))
		var one item
		if err := json.Unmarshal(data, &one); err != nil {
			t.Fatal(err)
		}
		if err := s.Add(&one); err != nil {
			t.Fatal(err)
		}
	}
	each := int64(heap()-before) / n
	runtime.KeepAlive(s)
	t.Logf("%d bytes for each Application of %d bytes", each, len(document))
	if all := s.counts().applications; all != n || each > 3000 {
		t.Errorf("%d Applications of %d bytes each, want less than 3000", all, each)
	}
}
