package kube

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/fleet/kube/kubetest"
)

// diary is a log that can be read while it is written.
type diary struct {
	mu   sync.Mutex
	text strings.Builder
}

func (d *diary) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.text.Write(p)
}

// about counts the warnings, and those that name a fault.
func (d *diary) about(fault fleet.Fault) (warnings, named int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return strings.Count(d.text.String(), "level=WARN"), strings.Count(d.text.String(), "fault="+string(fault))
}

func (d *diary) String() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.text.String()
}

// Each fault befalls a server that is read by the real client. It is counted, has one
// log line, and what is read afterwards is right.
func TestEachFaultIsCountedAndHasOneLogLine(t *testing.T) {
	only := func(times int, watch bool, code int, reason string) func(s *kubetest.Server, _ *clock) {
		return func(s *kubetest.Server, _ *clock) {
			s.FailWith(func(r *http.Request) (int, string) {
				if (r.URL.Query().Get("watch") != "") != watch || times == 0 {
					return 0, ""
				}
				times--
				return kubetest.Status(code, reason)
			})
			s.EndWatches()
		}
	}
	for name, tt := range map[string]struct {
		fault  fleet.Fault
		least  int64
		befall func(s *kubetest.Server, c *clock)
	}{
		"the API server restarts and is away for two requests": {fleet.Failing, 2, only(2, true, 503, "ServiceUnavailable")},
		"connections break": {fleet.Unreachable, 1, func(s *kubetest.Server, _ *clock) {
			broken := 0
			s.FailWith(func(*http.Request) (int, string) {
				if broken++; broken <= 2 {
					return kubetest.Break, ""
				}
				return 0, ""
			})
			s.EndWatches()
		}},
		"a watch is closed before its time": {fleet.Closed, 1, func(s *kubetest.Server, _ *clock) { s.EndWatches() }},
		"410 Gone when it is watched again": {fleet.Expired, 1, only(1, true, 410, "Expired")},
		"410 Gone in the middle of a watch": {fleet.Expired, 1, func(s *kubetest.Server, _ *clock) {
			_, gone := kubetest.Status(410, "Expired")
			s.Send(applications, "ERROR", gone)
		}},
		"429, which the client mends by itself": {fleet.Throttled, 2, only(2, true, 429, "TooManyRequests")},
		"500":                                   {fleet.Failing, 1, only(1, true, 500, "InternalError")},
		"the rights are taken away and given back":    {fleet.Refused, 2, only(2, true, 403, "Forbidden")},
		"the CRD of Applications goes and comes back": {fleet.Absent, 2, only(2, true, 404, "NotFound")},
		"something in a watch that is no JSON":        {fleet.Malformed, 1, func(s *kubetest.Server, _ *clock) { s.Send(applications, "MODIFIED", "{nothing") }},
		"an Application of an unknown shape, five times": {fleet.Malformed, 1, func(s *kubetest.Server, _ *clock) {
			for range 5 {
				s.Set(applications, "odd", "metadata: {labels: {shopset.dev/shopset: a-1}}\nstatus: {resources: many}")
			}
			s.Remove(applications, "odd")
		}},
		"a list that takes twelve seconds": {fleet.Slow, 1, func(s *kubetest.Server, c *clock) {
			s.FailWith(func(r *http.Request) (int, string) {
				if r.URL.Query().Get("watch") == "" {
					c.Add(int64(12 * time.Second))
				}
				return 0, ""
			})
			_, gone := kubetest.Status(410, "Expired")
			s.Send(applications, "ERROR", gone)
		}},
		"thousands of changes at once": {fleet.Burst, 1, func(s *kubetest.Server, _ *clock) {
			for i := range 3000 {
				s.Set(applications, fmt.Sprint("one-", i%300), app("a-1", "Synced", "Progressing"))
			}
			for i := range 300 {
				s.Remove(applications, fmt.Sprint("one-", i))
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, c, log := kubetest.New(t), &clock{}, &diary{}
			s.Set(applications, "one", app("a-1", "Synced", "Healthy"))
			w := watching(t, c, func(config *Config) { config.Log = slog.New(slog.NewTextHandler(log, nil)) }, s)
			kubetest.Eventually(t, "it is watched", func() bool { return is(w, "a-1:Synced/Healthy")() && s.Watching(applications) == 1 })
			tt.befall(s, c)
			kubetest.Eventually(t, "the fault is counted", func() bool { return w.Clusters()[0].Faults[tt.fault] >= tt.least })
			kubetest.Eventually(t, "it is watched again", func() bool { return s.Watching(applications) == 1 && w.Clusters()[0].Err == nil })
			s.Set(applications, "one", app("a-1", "OutOfSync", "Degraded"))
			kubetest.Eventually(t, "it goes on", is(w, "a-1:OutOfSync/Degraded"))
			if _, named := log.about(tt.fault); named != 1 {
				t.Errorf("%d log lines about it:\n%s", named, log)
			}
			// That may have been seen by listing anew; what follows the list is a change.
			s.Set(applications, "one", app("a-1", "Synced", "Degraded"))
			kubetest.Eventually(t, "a change is counted", func() bool { return w.Clusters()[0].Changes > 0 })
			if state := w.Clusters()[0]; state.Reached.IsZero() || state.Applications != 1 {
				t.Errorf("%+v", state)
			}
		})
	}
}

func TestAClusterThatStaysAwayIsNoFlood(t *testing.T) {
	t.Parallel()
	s, log := kubetest.New(t), &diary{}
	s.Set(applications, "one", app("a-1", "Synced", "Healthy"))
	w := watching(t, &clock{}, func(c *Config) { c.Log, c.Resources = slog.New(slog.NewTextHandler(log, nil)), true }, s)
	kubetest.Eventually(t, "it is read", is(w, "a-1:Synced/Healthy"))
	s.Stop()
	kubetest.Eventually(t, "it is asked for again and again", func() bool { return w.Clusters()[0].Faults[fleet.Unreachable] > 6 })
	if warnings, named := log.about(fleet.Unreachable); warnings != 1 || named != 1 {
		t.Errorf("%d warnings, %d of them about it:\n%s", warnings, named, log)
	}
	if strings.Contains(log.String(), "hunter2") {
		t.Error("the log has the token")
	}
}

func TestMissingCRDsOfTheFleetAreAFaultOfTheirOwn(t *testing.T) {
	t.Parallel()
	s, log := kubetest.New(t), &diary{}
	s.Set(applications, "one", app("a-1", "Synced", "Healthy"))
	s.FailWith(func(r *http.Request) (int, string) {
		if strings.HasSuffix(r.URL.Path, applications) {
			return 0, ""
		}
		return kubetest.Status(404, "NotFound")
	})
	w := watching(t, &clock{}, func(c *Config) { c.Log, c.Resources = slog.New(slog.NewTextHandler(log, nil)), true }, s)
	kubetest.Eventually(t, "it is read, the CRDs being asked for", func() bool {
		return is(w, "a-1:Synced/Healthy")() && w.Clusters()[0].Faults[fleet.Absent] >= int64(len(resourceKinds))
	})
	state := w.Clusters()[0]
	if warnings, named := log.about(fleet.Absent); warnings != 1 || named != 1 || state.Err != nil || state.ResourcesErr != nil {
		t.Errorf("%d warnings, %d of them about it; %+v\n%s", warnings, named, state, log)
	}
}

func TestAFaultThatComesBackMuchLaterHasALogLineAgain(t *testing.T) {
	log, c := &diary{}, &clock{}
	f := newFaults(slog.New(slog.NewTextHandler(log, nil)), c.now)
	for _, at := range []time.Duration{0, quiet / 2, quiet, 2*quiet - 1, 3*quiet - 1} { // only the last is quiet after the one before
		c.to(at)
		f.note(fleet.Closed, applications, fmt.Errorf("at %v", at))
	}
	if _, named := log.about(fleet.Closed); named != 2 || f.counts()[fleet.Closed] != 5 {
		t.Errorf("%d lines, %v:\n%s", named, f.counts(), log)
	}
}

func TestALongListComesInPages(t *testing.T) {
	s := kubetest.New(t)
	pages := 0
	s.FailWith(func(r *http.Request) (int, string) {
		if r.URL.Query().Get("watch") == "" {
			pages++
		}
		return 0, ""
	})
	const n = 2*pageSize + 7
	s.Many(n, func(i int) []byte {
		return kubetest.App{Name: fmt.Sprint("app-", i), ShopSet: fmt.Sprint("s-", i/5), Sync: "Synced", Health: "Healthy", Revision: "r1", Reconciled: noon}.JSON()
	})
	w := watching(t, &clock{}, nil, s)
	kubetest.Eventually(t, "all are read", func() bool { return w.Clusters()[0].Applications == n })
	if pages != 3 {
		t.Errorf("%d Applications came in %d pages", n, pages)
	}
}

// Changes that come slowly are no burst, however many they are; those within ten seconds are,
// once, and so are those of the next ten seconds.
func TestABurstIsManyChangesWithinTenSeconds(t *testing.T) {
	c := &clock{}
	f := newFaults(slog.New(slog.DiscardHandler), c.now)
	take := func(from, each time.Duration, n int) int64 {
		for i := range n {
			c.to(from + time.Duration(i)*each)
			f.taken()
		}
		return f.counts()[fleet.Burst]
	}
	for _, step := range []struct {
		name       string
		from, each time.Duration
		changes    int
		bursts     int64
	}{
		{"a hundred a second", 0, 10 * time.Millisecond, 3000, 3},
		{"slightly less", time.Hour, 10*time.Millisecond + 20*time.Microsecond, 3000, 3},
		{"one less than it takes", 2 * time.Hour, 0, burstChanges - 1, 3},
		{"as many just after the ten seconds", 2*time.Hour + burstTime, 0, burstChanges - 1, 3},
		{"and one more just before the next ten are over", 2*time.Hour + 2*burstTime - 1, 0, 1, 4},
		{"twice as many, which is one burst", 3 * time.Hour, time.Millisecond, 2*burstChanges + 1, 5},
	} {
		if got := take(step.from, step.each, step.changes); got != step.bursts {
			t.Errorf("%s: %d bursts, want %d", step.name, got, step.bursts)
		}
	}
}

// Once Applications are watched again, what keeps them from being read is another fault, and
// is told at once; what does not, and what befalls resources, is not.
func TestWhatPreventsReadingIsToldAgainOnceItWasOver(t *testing.T) {
	log, c := &diary{}, &clock{}
	f := newFaults(slog.New(slog.NewTextHandler(log, nil)), c.now)
	befall := func() {
		for _, fault := range []fleet.Fault{fleet.Unreachable, fleet.Refused, fleet.Throttled, fleet.Failing, fleet.Absent, fleet.Expired, fleet.Closed, fleet.Malformed, fleet.Slow} {
			f.note(fault, applications, errors.New("no"))
		}
		f.note(fleet.Refused, "tiers", errors.New("no"))
	}
	befall()
	befall()
	if warnings, _ := log.about(""); warnings != 10 {
		t.Fatalf("%d lines of ten faults:\n%s", warnings, log)
	}
	f.over()
	befall()
	if warnings, _ := log.about(""); warnings != 15 {
		t.Errorf("%d lines after it was over:\n%s", warnings, log)
	}
	if got := strings.Count(log.String(), "cannot be read"); got != 11 { // five twice, and tiers
		t.Errorf("%d lines say that nothing is read:\n%s", got, log)
	}
}

func TestWhatAnErrorOfAListMeans(t *testing.T) {
	for _, c := range []struct {
		name  string
		err   error
		fault fleet.Fault
		ok    bool
	}{
		{"none", nil, "", false},
		{"it took too long", fmt.Errorf("list: %w", context.DeadlineExceeded), fleet.Slow, true},
		{"an answer, which was noted", apierrors.NewForbidden(schema.GroupResource{}, "", nil), "", false},
		{"a request, which was noted", &url.Error{Op: "Get", Err: errors.New("refused")}, "", false},
		{"it was cut off", fmt.Errorf("read: %w", io.ErrUnexpectedEOF), fleet.Unreachable, true},
		{"the connection broke", &net.OpError{Op: "read", Err: errors.New("reset")}, fleet.Unreachable, true},
		{"it makes no sense", errors.New("a list's items are no array"), fleet.Malformed, true},
	} {
		if fault, ok := ofList(c.err); fault != c.fault || ok != c.ok {
			t.Errorf("%s: %q, %v, want %q, %v", c.name, fault, ok, c.fault, c.ok)
		}
	}
}

func TestWhatAnErrorOfAWatchMeans(t *testing.T) {
	caused := func(code int32, cause string) error {
		return &apierrors.StatusError{ErrStatus: metav1.Status{Code: code, Details: &metav1.StatusDetails{Causes: []metav1.StatusCause{{Type: "other"}, {Type: metav1.CauseType(cause)}}}}}
	}
	for _, c := range []struct {
		name  string
		err   error
		fault fleet.Fault
	}{
		{"no status", errors.New("x"), fleet.Malformed},
		{"what cannot be decoded", caused(500, "ClientWatchDecoding"), fleet.Malformed},
		{"another cause", caused(500, "UnexpectedServerResponse"), fleet.Failing},
		{"no causes", &apierrors.StatusError{ErrStatus: metav1.Status{Code: 410}}, fleet.Expired},
		{"refused", &apierrors.StatusError{ErrStatus: metav1.Status{Code: 403}}, fleet.Refused},
		{"not known", &apierrors.StatusError{ErrStatus: metav1.Status{Code: 401}}, fleet.Refused},
		{"not there", &apierrors.StatusError{ErrStatus: metav1.Status{Code: 404}}, fleet.Absent},
		{"too many", &apierrors.StatusError{ErrStatus: metav1.Status{Code: 429}}, fleet.Throttled},
		{"broken", &apierrors.StatusError{ErrStatus: metav1.Status{Code: 500}}, fleet.Failing},
	} {
		if fault := ofEvent(c.err); fault != c.fault {
			t.Errorf("%s: %q, want %q", c.name, fault, c.fault)
		}
	}
}
