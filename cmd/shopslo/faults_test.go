package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/promquery"
	"github.com/shopslo/shopslo/status"
)

// picky is a Prometheus without remote read that refuses what names refused_total, holds
// native histograms as native_total, and has of http_requests_total, each 15 seconds, 9
// good events more and 1 bad one.
type picky struct {
	*httptest.Server
	begins time.Time
	down   atomic.Bool // it answers 503
}

func newPicky(t testing.TB) *picky {
	t.Helper()
	x := &picky{begins: time.Now().Add(-3 * time.Hour).Truncate(time.Minute)}
	x.Server = httptest.NewServer(x)
	t.Cleanup(x.Close)
	return x
}

func (x *picky) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	query := r.FormValue("query")
	w.Header().Set("Content-Type", "application/json")
	selector, span, ranged := strings.Cut(strings.TrimSuffix(query, "ms]"), "[")
	switch {
	case x.down.Load():
		http.Error(w, "no store is there", http.StatusServiceUnavailable)
	case r.URL.Path != "/api/v1/query":
		http.NotFound(w, r)
	case strings.Contains(query, "refused_total"):
		w.WriteHeader(http.StatusUnprocessableEntity)
		fmt.Fprint(w, `{"status":"error","errorType":"execution","error":"refused_total is not for you"}`)
	case !ranged:
		now := float64(time.Now().UnixMilli()) / 1000
		fmt.Fprintf(w, `{"status":"success","data":{"resultType":"scalar","result":[%v,"%[1]v"]}}`, now)
	default:
		at, _ := time.Parse(time.RFC3339, r.FormValue("time"))
		ms, _ := strconv.ParseInt(span, 10, 64)
		result := x.matrix(selector, at.UnixMilli()-ms, at.UnixMilli())
		if result == nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"status": "success", "data": map[string]any{"resultType": "matrix", "result": result}})
	}
}

func (x *picky) matrix(selector string, from, to int64) []any {
	q, err := promquery.Classify(selector)
	if err != nil || len(q.Selectors) != 1 {
		return nil
	}
	result := []any{}
	for _, set := range []string{"b-1", "p-1"} {
		for _, s := range []struct {
			name, code string
			step       int
		}{{"http_requests_total", "200", 9}, {"http_requests_total", "500", 1}, {"up", "", 0}, {"native_total", "", 0}} {
			labels := map[string]string{"__name__": s.name, "shopset": set, "job": "shop", "instance": set}
			if s.code != "" {
				labels["code"] = s.code
			}
			if !q.Selectors[0].Matches(sortedLabels(labels)) {
				continue
			}
			values := []any{}
			for t := x.begins; !t.After(time.Now()); t = t.Add(15 * time.Second) {
				if ms := t.UnixMilli(); ms >= from && ms <= to {
					n := int(t.Sub(x.begins)/(15*time.Second))*s.step + 1
					values = append(values, []any{float64(ms) / 1000, strconv.Itoa(n)})
				}
			}
			if len(values) == 0 {
				continue
			}
			one := map[string]any{"metric": labels, "values": values}
			if s.name == "native_total" {
				for _, v := range values {
					v.([]any)[1] = map[string]any{"count": "1", "sum": "1", "buckets": []any{}}
				}
				one = map[string]any{"metric": labels, "histograms": values}
			}
			result = append(result, one)
		}
	}
	return result
}

// folder writes a configuration that reads from it, with an SLO that can be counted
// and two that cannot.
func (x *picky) folder(t testing.TB, goal float64, ledger string) (config string) {
	t.Helper()
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"fleet.yaml": fleetOf("beta: b-1", "prod: p-1"),
		"slo.yaml": ratioSLO("cart", "1h", goal, "bad", badRequests, allRequests) +
			ratioSLO("refused", "1h", goal, "bad", "refused_total", allRequests) +
			ratioSLO("native", "1h", goal, "bad", "native_total", allRequests),
		"shopslo.yaml": "source: {prometheus: {url: '" + x.URL + "'}}\nfleet: [fleet.yaml]\nslos: [slo.yaml]\n" + ledger})
	return filepath.Join(dir, "shopslo.yaml")
}

// checkOnlyCartCounts checks a report in which one SLO can be counted.
func checkOnlyCartCounts(t *testing.T, r status.Report) {
	t.Helper()
	for _, set := range []string{"b-1", "p-1"} {
		// 240 samples in the window, of which each says 10 events more.
		if b := budgetOf(t, r, "cart", set); b.Total == nil || *b.Total != 2400 || *b.Bad != 240 || b.Failure != "" {
			t.Errorf("cart of %s: %s, failure %q", set, figures(b), b.Failure)
		}
		for name, says := range map[string]string{"refused": "refused_total is not for you", "native": "native histogram"} {
			if b := budgetOf(t, r, name, set); b.State != slo.NoData || !strings.Contains(b.Failure, says) {
				t.Errorf("%s of %s: %s, failure %q, want it to say %s", name, set, figures(b), b.Failure, says)
			}
		}
	}
}

func TestAnSLOThatCannotBeCountedTakesTheOthersNothing(t *testing.T) {
	t.Parallel()
	x := newPicky(t)
	config := x.folder(t, 0.5, "")
	code, stdout, stderr := runWith(t, nil, "status", "--config", config, "-o", "json")
	if code != exitOK || stderr != "" {
		t.Fatalf("status: exit code %d: %s%s", code, stdout, stderr)
	}
	valid(t, "status", stdout)
	checkOnlyCartCounts(t, decodeStatus(t, stdout))
	code, stdout, stderr = runWith(t, nil, "status", "--config", config)
	if code != exitOK || stderr != "" || !strings.Contains(stdout, "refused_total is not for you") {
		t.Errorf("status: exit code %d: %s%s", code, stdout, stderr)
	}
	code, stdout, stderr = runWith(t, nil, "gate", "--config", config, "--to", "prod", "-o", "json")
	if code != exitInconclusive || stderr != "" || !strings.Contains(stdout, `"decision": "inconclusive"`) || !strings.Contains(stdout, "refused_total is not for you") {
		t.Errorf("gate: exit code %d: %s%s", code, stdout, stderr)
	}
	valid(t, "gate", stdout)
	code, stdout, stderr = runWith(t, nil, "report", "--config", config, "-o", "json")
	if code != exitOK && code != exitNo || stderr != "" || !strings.Contains(stdout, `"cart"`) {
		t.Errorf("report: exit code %d: %s%s", code, stdout, stderr)
	}
	t.Run("a known failure still holds", func(t *testing.T) {
		code, stdout, stderr := runWith(t, nil, "gate", "--config", x.folder(t, 0.99, ""), "--to", "prod", "-o", "json")
		if code != exitNo || stderr != "" || !strings.Contains(stdout, `"decision": "hold"`) {
			t.Errorf("exit code %d: %s%s", code, stdout, stderr)
		}
	})
	t.Run("a source that is down is exit code 4", func(t *testing.T) {
		x.down.Store(true)
		defer x.down.Store(false)
		for _, args := range [][]string{{"status"}, {"gate", "--to", "prod"}} {
			if code, stdout, stderr := runWith(t, nil, append(args, "--config", config)...); code != exitUnavailable {
				t.Errorf("%v: exit code %d: %s%s", args, code, stdout, stderr)
			}
		}
	})
}

func TestServeGoesOnBesideAnSLOThatCannotBeCounted(t *testing.T) {
	t.Parallel()
	x := newPicky(t)
	s := startServe(t, x.folder(t, 0.5, "ledger: {dir: ledger, resolution: 1s, delay: 2s}\ngate: {max_age: 30s}\n"))
	s.waitReady(t)
	before := budgetOf(t, s.status(t, time.Time{}), "cart", "b-1").WindowEnd
	eventually(t, func() string {
		r := s.status(t, time.Time{})
		if end := budgetOf(t, r, "cart", "b-1").WindowEnd; !end.After(before.Add(3 * time.Second)) {
			return fmt.Sprintf("cart is counted up to %v", end)
		}
		checkOnlyCartCounts(t, r)
		return ""
	})
	for series, want := range map[string]string{"shopslo_source_up": "1", `shopslo_slo_uncounted_shopsets{slo="refused"}`: "2",
		`shopslo_slo_uncounted_shopsets{slo="native"}`: "2", `shopslo_slo_uncounted_shopsets{slo="cart"}`: "0"} {
		if v, _ := s.metric(t, series); v != want {
			t.Errorf("%s is %q, want %s", series, v, want)
		}
	}
	if n := strings.Count(s.log.String(), "an SLO is not being counted"); n != 2 {
		t.Errorf("the log says %d times that an SLO is not being counted:\n%s", n, s.log)
	}
	if code, body := s.post(t, "/api/v1/gate?to=prod", nil); code != http.StatusOK || !strings.Contains(body, `"decision": "inconclusive"`) {
		t.Errorf("gate: %d %s", code, body)
	}

	x.down.Store(true)
	eventually(t, func() string {
		if r := s.status(t, time.Time{}); !strings.Contains(r.Outage, "503") {
			return fmt.Sprintf("outage %q", r.Outage)
		}
		return ""
	})
	if v, _ := s.metric(t, "shopslo_source_up"); v != "0" {
		t.Errorf("shopslo_source_up is %q while it is down", v)
	}
	if code, body := s.get(t, "/-/ready"); code != http.StatusOK {
		t.Errorf("/-/ready: %d %s", code, body)
	}
	x.down.Store(false)
	eventually(t, func() string {
		if r := s.status(t, time.Time{}); r.Outage != "" {
			return "outage " + r.Outage
		}
		return ""
	})
}

func TestServeIsReadyWhileItsSourceIsDead(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"fleet.yaml": fleetOf("beta: b-1", "prod: p-1"), "slo.yaml": cartSLO("1h"),
		"shopslo.yaml": "source: {prometheus: {url: '" + gone.URL + "'}}\nfleet: [fleet.yaml]\nslos: [slo.yaml]\nledger: {dir: ledger}\n"})
	s := startServe(t, filepath.Join(dir, "shopslo.yaml"))
	if code, body := s.get(t, "/-/ready"); code != http.StatusOK {
		t.Errorf("/-/ready: %d %s", code, body)
	}
	eventually(t, func() string {
		_, body := s.get(t, "/api/v1/status")
		valid(t, "status", body)
		r := decodeStatus(t, body)
		if b := budgetOf(t, r, "cart", "b-1"); b.State != slo.NoData || !strings.Contains(r.Outage, "connection refused") {
			return fmt.Sprintf("%s, outage %q", figures(b), r.Outage)
		}
		return ""
	})
	if v, _ := s.metric(t, "shopslo_source_up"); v != "0" {
		t.Errorf("shopslo_source_up is %q", v)
	}
	if v, _ := s.metric(t, "shopslo_ledger_caught_up"); v != "0" {
		t.Errorf("shopslo_ledger_caught_up is %q", v)
	}
}
