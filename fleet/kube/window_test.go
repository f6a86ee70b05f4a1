package kube

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/fleet/kube/kubetest"
)

func TestSyncWindowsOpenAsArgoCDOpensThem(t *testing.T) {
	sunday := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC) // 21:00 in Tokyo
	for _, tt := range []struct {
		schedule, lasts, zone string
		open, ok              bool
	}{
		{"* * * * *", "1h", "", true, true}, {"0 12 * * *", "1h", "", false, true}, // it begins after its first moment
		{"0 11 * * *", "1h", "", false, true}, {"1 11 * * *", "1h", "", true, true}, {"0 11 * * *", "1h1m", "", true, true},
		{"0 13 * * *", "23h30m", "", true, true}, {"30 20 * * *", "1h", "Asia/Tokyo", true, true}, {"30 20 * * *", "1h", "", false, true},
		{"0 0 * * SUN", "24h", "", true, true}, {"0 0 * * 1-6", "24h", "", false, true}, {"0 0 * * 6,0", "24h", "", true, true},
		{"0 0 1 NOV *", "24h", "", true, true}, {"0 0 2 * *", "24h", "", false, true}, {"*/15 * * * *", "1m", "", false, true}, {"5-59/15 * * * *", "20m", "", true, true},
		{"0 0 13 * SUN", "24h", "", true, true}, {"0 0 13 * MON", "24h", "", false, true}, // a day or a weekday
		{"0 0 */2 * MON", "24h", "", true, true}, {"0 0 13 * */2", "24h", "", true, true}, {"0 0 2-30/2 * */2", "24h", "", true, true}, // a step is no star
		{"0 0 */1 * MON", "24h", "", false, true}, {"0 0 2,* * SUN", "24h", "", true, true}, {",0 0 * * SUN,", "24h", "", true, true},
		{"CRON_TZ=Asia/Tokyo 30 20 * * *", "1h", "", true, true}, {"TZ=Asia/Tokyo 30 20 * * *", "1h", "UTC", true, true}, {"TZ=Asia/Nowhere 30 20 * * *", "1h", "", false, false}, {"TZ=", "1h", "", false, false},
		{"* * * * *", "1h", "Asia/Nowhere", true, true}, {"30 20 * * *", "1h", "Asia/Nowhere", false, true}, {"0 0 31 10 *", "36h", "", false, true}, {"0 0 31 10 *", "36h1m", "", true, true}, {"0 0 30 2 *", "1h", "", true, true}, {"0 0 31 FEB,4-6/2,9,11 *", "1h", "", true, true}, {"0 0 29 2 *", "1h", "", false, true}, {"0 0 31 4,5 *", "1h", "", false, true}, {"0 0 30 2 SAT", "1h", "", false, true},
		{"59 23 31 10 *", "12h2m", "", true, true}, {"0 13 1 11 *", "8759h", "", false, true}, {"0 13 1 11 *", "8760h", "", true, true}, // a year ago
		{"0 0 * *", "1h", "", false, false}, {"61 * * * *", "1h", "", false, false}, {"* * * * *", "an hour", "", false, false}, {"5-1 * * * *", "1h", "", false, false}, {"*/0 * * * *", "1h", "", false, false},
	} {
		w := window{Kind: "deny", Schedule: tt.schedule, Duration: tt.lasts, TimeZone: tt.zone}
		if open, ok := w.open(sunday); open != tt.open || ok != tt.ok {
			t.Errorf("%s: open %v (%v), want %v (%v)", &w, open, ok, tt.open, tt.ok)
		}
	}
}

func TestSyncWindowsKeepArgoCDFromSyncing(t *testing.T) {
	open := func(kind string, change func(*window)) window {
		w := window{Kind: kind, Schedule: "* * * * *", Duration: "1h", Applications: []string{"*"}}
		if change != nil {
			change(&w)
		}
		return w
	}
	shut := func(w *window) { w.Schedule, w.Duration = "0 3 * * *", "1m" }
	to := destination{Server: "https://10.0.0.1:6443", Namespace: "a-1"}
	for _, tt := range []struct {
		name    string
		windows []window
		want    string
	}{
		{"there are none", nil, ""},
		{"one forbids it", []window{open("deny", nil)}, "a sync window of AppProject shops forbids it (deny * * * * * for 1h)"},
		{"one that is over", []window{open("deny", shut)}, ""},
		{"one allows it", []window{open("allow", nil), open("allow", shut)}, ""},
		{"none of those that allow it is open", []window{open("allow", shut)}, "no sync window of AppProject shops is open"},
		{"one forbids what another allows", []window{open("allow", nil), open("deny", nil)}, "forbids it"},
		{"one of other Applications", []window{open("deny", func(w *window) { w.Applications = []string{"b-*"} })}, ""},
		{"one of its cluster", []window{open("deny", func(w *window) { w.Applications, w.Clusters = nil, []string{"https://10.0.0.?:6443"} })}, "forbids it"},
		{"one of its namespace", []window{open("deny", func(w *window) { w.Applications, w.Namespaces = []string{"x"}, []string{"a-[12]"} })}, "forbids it"},
		{"one of both", []window{open("deny", func(w *window) { w.And, w.Namespaces = true, []string{"a-1"} })}, "forbids it"},
		{"one of both, of which one is another", []window{open("deny", func(w *window) { w.And, w.Namespaces = true, []string{"b-1"} })}, ""},
		{"one of nothing", []window{open("deny", func(w *window) { w.Applications = nil })}, ""},
		{"one that nobody can read", []window{open("deny", func(w *window) { w.Schedule = "often" })}, "cannot be read (deny often for 1h)"},
	} {
		if got := blocked("shops", statesOf(tt.windows, noon), "a-1-cart", &to); !strings.Contains(got, tt.want) || (got == "") != (tt.want == "") {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// A sync that goes on may outlast its window where all windows that forbid it now say so.
func TestASyncThatGoesOnMayOutlastItsWindow(t *testing.T) {
	const (
		since11 = "30 11 * * *" // open for an hour at noon
		until11 = "0 10 * * *"
	)
	w := func(kind, schedule string, change ...string) window {
		return window{Kind: kind, Schedule: schedule, Duration: "1h", Applications: []string{"*"}, Manual: slices.Contains(change, "manual"), Overrun: slices.Contains(change, "overrun")}
	}
	for _, tt := range []struct {
		name    string
		windows []window
		began   time.Duration // before noon
		manual  bool
		want    bool
	}{
		{"it began before it was forbidden", []window{w("deny", since11, "overrun")}, 45 * time.Minute, false, true},
		{"it began while it was forbidden", []window{w("deny", since11, "overrun")}, 5 * time.Minute, false, false},
		{"the window does not let it", []window{w("deny", since11)}, 45 * time.Minute, false, false},
		{"one of two does not let it", []window{w("deny", since11, "overrun"), w("deny", since11)}, 45 * time.Minute, false, false},
		{"it began while it was allowed", []window{w("allow", until11, "overrun")}, 90 * time.Minute, false, true},
		{"it began after that", []window{w("allow", until11, "overrun")}, 30 * time.Minute, false, false},
		{"somebody asked for it, who may", []window{w("deny", since11, "manual")}, 5 * time.Minute, true, true},
		{"nobody asked for it", []window{w("deny", since11, "manual")}, 5 * time.Minute, false, false},
		{"somebody asked for it, and it began before", []window{w("deny", since11, "overrun")}, 45 * time.Minute, true, true},
		{"one cannot be read", []window{w("deny", since11, "overrun"), w("deny", "often", "overrun")}, 45 * time.Minute, false, false},
	} {
		o := operation{phase: phaseRunning, started: noon.Add(-tt.began), manual: tt.manual}
		if got := goesOn(statesOf(tt.windows, noon), "a-1", &destination{}, &o); got != tt.want {
			t.Errorf("%s: it goes on: %v", tt.name, got)
		}
		o.phase = phaseSucceeded
		if goesOn(statesOf(tt.windows, noon), "a-1", &destination{}, &o) {
			t.Errorf("%s: it has ended, and goes on", tt.name)
		}
	}
}

// A window that does not open is searched for a year, in no time.
func TestAWindowThatDoesNotOpenCostsLittle(t *testing.T) {
	c, err := parseCron("0 0 29 2 *")
	if err != nil {
		t.Fatal(err)
	}
	for range 1000 { // a minute and more, minute by minute
		if c.starts(noon.Add(-longest), noon) {
			t.Fatal("it opens on February 29")
		}
	}
}

// Many Applications ask; the windows are looked at once in a minute.
func TestSyncWindowsAreJudgedOnceAMinute(t *testing.T) {
	var p projects
	p.take(map[place][]window{{"argocd", "shops"}: {{Kind: "deny", Schedule: "30 12 * * *", Duration: "1h"}}}, true, noon)
	first, known := p.of(place{"argocd", "shops"}, noon.Add(59*time.Second))
	if again, _ := p.of(place{"argocd", "shops"}, noon); !known || len(first) != 1 || first[0].isOpen || &again[0] != &first[0] {
		t.Errorf("known %v; %+v, then %+v", known, first, again)
	}
	if later, _ := p.of(place{"argocd", "shops"}, noon.Add(31*time.Minute)); !later[0].isOpen {
		t.Error("the window does not open")
	}
	if changed, _ := p.take(p.read, true, noon.Add(32*time.Minute)); !changed["shops"] {
		t.Error("that it opened since the last reading is not told")
	}
	if changed, _ := p.take(p.read, true, noon.Add(33*time.Minute)); len(changed) != 0 {
		t.Errorf("changed: %v", changed)
	}
}

// Clocks that are put forward and back hide no start.
func TestSyncWindowsOpenWhileClocksChange(t *testing.T) {
	for _, tt := range []struct{ schedule, now, lasts string }{
		{"CRON_TZ=Europe/Berlin 30 23 27 3 *", "2026-03-29T12:00:00Z", "48h"},  // forward at 01:00
		{"CRON_TZ=Europe/Berlin 30 2 25 10 *", "2026-10-25T01:31:00Z", "2m"},   // back at 01:00: for the second time
		{"CRON_TZ=America/Santiago 30 1 6 9 *", "2026-09-07T12:00:00Z", "48h"}, // forward at midnight
		{"CRON_TZ=America/Santiago 30 23 5 9 *", "2026-09-07T12:00:00Z", "48h"},
	} {
		now, err := time.Parse(time.RFC3339, tt.now)
		if err != nil {
			t.Fatal(err)
		}
		w := window{Schedule: tt.schedule, Duration: tt.lasts}
		if open, ok := w.open(now); !open || !ok {
			t.Errorf("%s at %s: open %v (%v)", &w, tt.now, open, ok)
		}
	}
}

// What is pending in a sync window says so, from the API server on: one of its own AppProject,
// or of one that it inherits from.
func TestASyncWindowIsReadFromTheProject(t *testing.T) {
	const (
		window   = `"spec":{"syncWindows":[{"kind":"deny","schedule":"* * * * *","duration":"1h","applications":["*"]}]}`
		projects = `{"kind":"AppProjectList","items":[{"metadata":{"name":"default","labels":{"stage":"prod"}}%s},{"metadata":{"name":"all"}%s}]}`
		settings = `{"kind":"ConfigMapList","items":[{"metadata":{"name":"argocd-cm"},"data":{"globalProjects":%q}}]}`
		forProd  = "- labelSelector: {matchExpressions: [{key: stage, operator: In, values: [prod]}]}\n  projectName: all\n"
	)
	refused := func(code int, reason string) func() (int, string) {
		return func() (int, string) { return kubetest.Status(code, reason) }
	}
	of := func(body string) func() (int, string) { return func() (int, string) { return 200, body } }
	set := func(text string) func() (int, string) { return of(fmt.Sprintf(settings, text)) }
	own, global := fmt.Sprintf(projects, ","+window, ""), fmt.Sprintf(projects, "", ","+window)
	for _, tt := range []struct {
		name               string
		projects, settings func() (int, string)
		known, blocks      bool
	}{
		{"its own", of(own), set(""), true, true},
		{"its own, and no ConfigMap", of(own), refused(404, "NotFound"), true, true},
		{"its own, and the ConfigMap may not be read", of(own), refused(403, "Forbidden"), true, true},
		{"one that it inherits", of(global), set(forProd), true, true},
		{"it inherits nothing", of(global), set(strings.Replace(forProd, "[prod]", "[beta]", 1)), true, false},
		{"what it would inherit is not there", of(global), set(strings.Replace(forProd, "projectName: all", "projectName: gone", 1)), true, false},
		{"a setting that Argo CD cannot read", of(global), set("prod"), true, false},
		{"nobody knows what it inherits", of(global), refused(403, "Forbidden"), false, false},
		{"what is answered is no ConfigMap", of(global), of(`{"kind":"SecretList"}`), false, false},
		{"AppProjects may not be read", refused(403, "Forbidden"), set(""), false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, asked := kubetest.New(t), make(chan bool, 9)
			s.FailWith(func(r *http.Request) (int, string) {
				switch {
				case strings.HasSuffix(r.URL.Path, "/appprojects"):
					asked <- true
					return tt.projects()
				case r.URL.Path == "/api/v1/configmaps" && r.URL.Query().Get("fieldSelector") == "metadata.name=argocd-cm":
					return tt.settings()
				}
				return 0, ""
			})
			s.Set(applications, "one", strings.Replace(app("a-1", "OutOfSync", "Healthy"), "path: p}}", "path: p}, syncPolicy: {automated: {selfHeal: true}}}", 1))
			w := watching(t, &clock{}, func(c *Config) { c.Projects = true }, s)
			<-asked
			if !tt.known {
				time.Sleep(50 * time.Millisecond) // nothing shows
			}
			kubetest.Eventually(t, "what windows do is told", func() bool {
				all := w.Observations(releases)
				if len(all) != 1 {
					return false
				}
				o, is := all[0], all[0].Workings.Window
				if (is != nil) != tt.known || tt.known && *is != tt.blocks {
					return false
				}
				return !tt.blocks || strings.Contains(o.Held, "AppProject default forbids it") && o.Causes[0] == fleet.SyncWindow
			})
		})
	}
}

// Two Argo CDs of a cluster may each have a project of one name.
func TestASyncWindowIsThatOfTheProjectInTheSameNamespace(t *testing.T) {
	var p projects
	deny := []window{{Kind: "deny", Schedule: "* * * * *", Duration: "1h", Applications: []string{"*"}}}
	p.take(map[place][]window{{"argocd", "default"}: nil, {"argocd-b", "default"}: deny, {"argocd-b", "shops"}: deny}, true, noon)
	for _, tt := range []struct {
		at      place
		windows int
		known   bool
	}{
		{place{"argocd", "default"}, 0, true}, {place{"argocd-b", "default"}, 1, true},
		{place{"apps", "shops"}, 1, true}, // of the one Argo CD that has it
		{place{"apps", "default"}, 0, false}, {place{"apps", "none"}, 0, true},
	} {
		if windows, known := p.of(tt.at, noon); len(windows) != tt.windows || known != tt.known {
			t.Errorf("%v has %d windows (%v), want %d (%v)", tt.at, len(windows), known, tt.windows, tt.known)
		}
	}
	if changed, _ := p.take(map[place][]window{{"argocd", "default"}: deny}, true, noon); !changed["default"] || !changed["shops"] {
		t.Errorf("changed: %v", changed)
	}
}
