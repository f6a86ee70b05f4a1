package promapi

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/source/sourcetest"
)

func TestTheServersTime(t *testing.T) {
	const server = "Sun, 04 Oct 2026 12:00:00 GMT"
	want, err := http.ParseTime(server)
	if err != nil {
		t.Fatal(err)
	}
	local := time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC)
	asked := 0
	dated := true
	s := fake(t, Config{Now: func() time.Time { return local }}, func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Date"] = nil
		if dated {
			w.Header().Set("Date", server)
		}
		if strings.HasSuffix(r.URL.Path, readPath) {
			stream(w)
			return
		}
		asked++
		if r.FormValue("query") != "time()" {
			t.Errorf("asked for %s", r.FormValue("query"))
		}
		fmt.Fprintf(w, `{"status":"success","data":{"resultType":"scalar","result":[1,"%d.5"]}}`, want.Unix())
	})
	s.path, s.learnt = remoteRead, true
	is := func(what string, after time.Duration, times int) {
		t.Helper()
		got, err := s.Now(t.Context())
		if err != nil || !got.Equal(want.Add(after)) || asked != times {
			t.Errorf("%s: %v, %v, asked %d times; want %v, %d times", what, got, err, asked, want.Add(after), times)
		}
	}
	is("nothing was asked yet", 0, 1)
	local = local.Add(time.Minute)
	is("a minute after an answer", time.Minute, 1)
	if _, err := sourcetest.Collect(t.Context(), s, request(t)); err != nil {
		t.Fatal(err)
	}
	is("another answer", 0, 1)
	local = local.Add(10 * time.Minute)
	is("the last answer is old", 0, 2)
	local = local.Add(-time.Hour)
	is("the local clock has stepped", 0, 3)
	local, dated = local.Add(10*time.Minute), false
	is("a server without Date", 500*time.Millisecond, 4)

	down := fake(t, Config{}, func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "down", http.StatusBadGateway) })
	if _, err := down.Now(t.Context()); !errors.Is(err, slo.ErrUnavailable) {
		t.Errorf("a server that is down: %v", err)
	}
}

func TestTypesOfMetrics(t *testing.T) {
	known := map[string]string{
		"requests_total": `[{"type":"counter"}]`, "busy": `[{"type":"gauge"},{"type":"gauge"}]`, "duration": `[{"type":"histogram"}]`,
		"rpc": `[{"type":"summary"}]`, "mixed": `[{"type":"gauge"},{"type":"counter"}]`, "old": `[{"type":"unknown"}]`, "build": `[{"type":"info"}]`,
		"hits": `[{"type":"counter"}]`, "level": `[{"type":"gauge"}]`,
	}
	var asked atomic.Int64
	var down atomic.Bool
	local := time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC)
	s := fake(t, Config{Now: func() time.Time { return local }}, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		name := r.FormValue("metric")
		switch {
		case down.Load():
			http.Error(w, "down", http.StatusBadGateway)
		case name == "refused":
			http.NotFound(w, r)
		case known[name] == "":
			_, _ = io.WriteString(w, `{"status":"success","data":{}}`)
		default:
			fmt.Fprintf(w, `{"status":"success","data":{%q:%s}}`, name, known[name])
		}
	})
	for name, want := range map[string]string{
		"requests_total": "counter", "busy": "gauge", "duration": "histogram", "duration_bucket": "histogram", "duration_count": "histogram",
		"rpc_sum": "summary", "rpc_bucket": "", "mixed": "unknown", "old": "unknown", "build": "gauge", "hits_total": "counter",
		"level_total": "", "level_count": "", "absent": "", "refused": "",
	} {
		if got, err := s.MetricType(t.Context(), name); got != want || err != nil {
			t.Errorf("%s is %q, %v, want %q", name, got, err, want)
		}
	}
	before := asked.Load()
	if got, _ := s.MetricType(t.Context(), "duration_bucket"); got != "histogram" || asked.Load() != before {
		t.Error("an answer is not used again")
	}
	down.Store(true)
	local = local.Add(10 * time.Minute)
	if _, err := s.MetricType(t.Context(), "busy"); !errors.Is(err, slo.ErrUnavailable) {
		t.Errorf("a server that is down: %v", err)
	}
}
