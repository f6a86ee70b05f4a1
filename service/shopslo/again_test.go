package shopslo

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/shopslo/shopslo/engine"
	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/engine/host"
	"github.com/shopslo/shopslo/engine/source"
)

const twoSources = `sources:
  one: {prometheus: {url: "URL1"}}
  two: {prometheus: {url: "URL2"}}
fleet: [fleet.yaml]
slos: [slo.yaml]
`

// twoShops is a fleet of a ShopSet in each source.
const twoShops = `apiVersion: shopset.dev/v1alpha1
kind: Tier
metadata: {name: beta}
spec: {order: 0}
---
apiVersion: shopset.dev/v1alpha1
kind: Tier
metadata: {name: prod}
spec: {order: 1}
---
apiVersion: shopset.dev/v1alpha1
kind: ShopSet
metadata: {name: b-1}
spec: {tier: beta, source: one}
---
apiVersion: shopset.dev/v1alpha1
kind: ShopSet
metadata: {name: p-1}
spec: {tier: prod, source: two}
`

// shares is the SLO of what is good of counters whose types only the source tells. Each is
// written source/metric, or metric for that of the ShopSet's own source.
func shares(metrics ...string) string {
	var b strings.Builder
	b.WriteString("apiVersion: openslo/v1\nkind: SLO\nmetadata: {name: cart}\nspec:\n  service: cart\n  timeWindow: [{duration: 1d, isRolling: true}]\n  budgetingMethod: Occurrences\n  objectives:\n")
	for _, metric := range metrics {
		ref := ""
		if from, name, named := strings.Cut(metric, "/"); named {
			ref, metric = "metricSourceRef: "+from+", ", name
		}
		of := func(match string) string {
			return "{metricSource: {" + ref + "type: Prometheus, spec: {query: '" + metric + match + "'}}}"
		}
		fmt.Fprintf(&b, "  - {target: 0.9, compositeWeight: 1, indicator: {metadata: {name: i}, spec: {ratioMetric: {good: %s, total: %s}}}}\n", of(`{code!~"5.."}`), of(""))
	}
	return b.String()
}

// telling is a Prometheus that tells that metrics of some names are counters, and has no samples.
func telling(t *testing.T, counters string) (url string, says *atomic.Value) {
	t.Helper()
	says = &atomic.Value{}
	says.Store(counters)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data := `{"resultType":"scalar","result":[` + fmt.Sprint(time.Now().Unix()) + `,"0"]}`
		if r.URL.Path == "/api/v1/metadata" {
			data = "{}"
			if metric := r.FormValue("metric"); metric != "" && strings.Contains(says.Load().(string), metric) {
				data = `{"` + metric + `":[{"type":"counter"}]}`
			}
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"status":"success","data":`+data+`}`)
	}))
	t.Cleanup(s.Close)
	return s.URL, says
}

// kept is the keeper of twoShops and an SLO.
func kept(t *testing.T, slos, one, two string, log io.Writer) *keeper {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"fleet.yaml": twoShops, "slo.yaml": slos, "shopslo.yaml": strings.NewReplacer("URL1", one, "URL2", two).Replace(twoSources)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	d, err := documents.Load(filepath.Join(dir, "shopslo.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	h, logger := host.Host{Now: time.Now}, slog.New(slog.NewTextHandler(log, nil))
	r := prometheus.NewRegistry()
	src, err := source.Open(h, d, r, logger)
	if err != nil {
		t.Fatal(err)
	}
	e, err := engine.New(h, d, src, "", d.History(), nil, h.Now(), logger)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return newKeeper(Options{Host: h, Log: logger}, e, nil, newOwnMetrics(r, "", src.Names()))
}

// Taking over ends the readings of all sources: what one does not understand is no reason while
// that lasts, whatever the others understand.
func TestNothingIsTakenOverBeforeItsSourceUnderstandsIt(t *testing.T) {
	for name, slos := range map[string]string{
		"an SLO of two sources":                shares("http_requests"),
		"an SLO with a part that nobody knows": shares("one/http_requests", "two/http_requests"),
		"likewise, the other way round":        shares("two/http_requests", "one/http_requests"),
	} {
		t.Run(name, func(t *testing.T) {
			one, _ := telling(t, "http_requests")
			two, says := telling(t, "")
			k := kept(t, slos, one, two, io.Discard)
			e, now := k.current(), time.Now()
			if f := e.Ledger.Failing(); len(f) != 1 || len(f[0].Refused) == 0 {
				t.Fatalf("failing: %+v", f)
			}
			ask := func() {
				for range 3 {
					now = now.Add(askAfter)
					k.paces["one"].askAgain(e, now)
					k.paces["two"].askAgain(e, now)
				}
			}
			before := e.Ledger.Version()
			if ask(); e.Ledger.Version() != before {
				t.Errorf("it was taken over %d times in vain", e.Ledger.Version()-before)
			}
			says.Store("http_requests")
			if ask(); e.Ledger.Version() != before+1 || len(e.Ledger.Failing()) != 0 {
				t.Errorf("it was taken over %d times, failing: %+v", e.Ledger.Version()-before, e.Ledger.Failing())
			}
		})
	}
}
