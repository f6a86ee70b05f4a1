package incidentbot

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/internal/ask"
)

const statusAnswer = `{"version":1,"budgets":[
{"slo":"cart","window":"28d","shopset":"a-1","tier":"prod","burn_rates":{"5m":90,"1h":67.2,"6h":12,"3d":null}},
{"slo":"search","window":"28d","shopset":"a-1","tier":"prod","burn_rates":{"1h":0.01}},
{"slo":"page","window":"28d","shopset":"b-2","tier":"prod","burn_rates":{"1h":50}},
{"slo":"month","window":"calendar month","shopset":"a-1","tier":"prod","burn_rates":{"1h":50}},
{"slo":"silent","window":"28d","shopset":"a-1","tier":"prod","burn_rates":{"1h":null}}]}`

func TestTheBudgetsThatAnIncidentBurnedComeFromShopslo(t *testing.T) {
	start := time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	asked := ""
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.Query().Get("at") + " " + r.Header.Get("Authorization")
		fmt.Fprint(w, statusAnswer)
	}))
	defer s.Close()
	b := budgets{url: s.URL, server: ask.Server{Client: &http.Client{Transport: credentials{"", func() (string, error) { return "t", nil }}}, Most: maxStatus}, now: func() time.Time { return start.Add(time.Hour * 9) }}
	i := incident.Incident{State: incident.Resolved, StartedAt: start, DetectedAt: start.Add(time.Minute), Scope: incident.Scope{ShopSets: []string{"a-1"}},
		Timeline: []incident.Event{{Kind: incident.Moved, Value: "mitigated", At: start.Add(40 * time.Minute)}, {Kind: incident.Moved, Value: "resolved", At: start.Add(5 * time.Hour)}}}
	burned, err := b.burned(context.Background(), i)
	if err != nil || asked != "2026-11-22T03:40:00Z Bearer t" {
		t.Fatalf("asked %s: %v", asked, err)
	}
	// 67.2 times as fast as allowed for an hour of 28 days: a tenth.
	if len(burned) != 1 || burned[0].SLO != "cart" || burned[0].ShopSet != "a-1" || *burned[0].Share < 0.0999 || *burned[0].Share > 0.1001 {
		t.Errorf("%+v", burned)
	}
	// Four days and some: a window of 3 d (not known of cart, so the whole is not), and one for the rest.
	i.StartedAt = start.Add(-100 * time.Hour)
	if burned, err := b.burned(context.Background(), i); err != nil || len(burned) != 0 {
		t.Errorf("a part of it is not known: %+v, %v", burned, err)
	}
	s.Close()
	if _, err := b.burned(context.Background(), i); err == nil || strings.Contains(err.Error(), "Bearer") {
		t.Errorf("a server that is gone: %v", err)
	}
}

// An incident of a week is measured as a whole: each three days at their own end.
func TestALongIncidentIsMeasuredOverAllOfIt(t *testing.T) {
	start := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	var asked []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Query().Get("at"))
		fmt.Fprint(w, `{"version":1,"budgets":[{"slo":"cart","window":"28d","shopset":"a-1","tier":"prod","burn_rates":{"1h":9,"1d":2.8,"3d":1.4}}]}`)
	}))
	defer s.Close()
	b := budgets{url: s.URL, server: ask.Server{Client: s.Client(), Most: maxStatus}, now: func() time.Time { return start.Add(7 * 24 * time.Hour) }}
	burned, err := b.burned(context.Background(), incident.Incident{State: incident.Open, StartedAt: start, DetectedAt: start, Scope: incident.Scope{Fleet: true}})
	// 2 × 1.4 × 3 d + 2.8 × 1 d, of 28 d.
	if err != nil || len(burned) != 1 || *burned[0].Share < 0.3999 || *burned[0].Share > 0.4001 || fmt.Sprint(asked) != "[2026-11-08T00:00:00Z 2026-11-05T00:00:00Z 2026-11-02T00:00:00Z]" {
		t.Errorf("%+v, %v, asked %v", burned, err, asked)
	}
}

func TestTheTokenForShopsloDoesNotFollowARedirect(t *testing.T) {
	told := ""
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { told = r.Header.Get("Authorization") }))
	defer elsewhere.Close()
	s := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusFound))
	defer s.Close()
	b := budgets{url: s.URL, server: ask.Server{Client: &http.Client{Transport: credentials{"", func() (string, error) { return "t", nil }}}, Most: maxStatus}}
	if _, err := b.status(t.Context(), time.Now()); err == nil || !strings.Contains(err.Error(), "returned 302 Found: use the address it redirects to") || told != "" {
		t.Errorf("%v; the other server got %q", err, told)
	}
}

func FuzzStatus(f *testing.F) {
	f.Add([]byte(statusAnswer))
	f.Fuzz(func(t *testing.T, body []byte) {
		status, err := readStatus(body)
		if err != nil {
			return
		}
		for _, x := range status.burned(incident.Scope{Fleet: true}, time.Minute) {
			if x.Share == nil || !(*x.Share >= leastShare) {
				t.Errorf("%+v", x)
			}
		}
	})
}
