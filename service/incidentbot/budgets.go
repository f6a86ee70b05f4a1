package incidentbot

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/incident/postmortem"
	"github.com/shopslo/shopslo/internal/ask"
	"github.com/shopslo/shopslo/internal/document"
)

// budgets asks a `shopslo serve` what an incident has burned.
type budgets struct {
	url    string
	server ask.Server
	now    func() time.Time
}

// told is the part of the status that is needed: docs/status.schema.json
type told struct {
	Budgets []struct {
		SLO, Window, ShopSet, Tier string
		BurnRates                  map[string]*float64 `json:"burn_rates"`
	} `json:"budgets"`
}

// maxStatus is what a status may weigh, in bytes.
const maxStatus = 64 << 20

// leastShare is the share of a budget that is worth a line.
const leastShare = 0.001

// burned gives, for every budget of the ShopSets concerned, the share that the shortest
// burn-rate window holds which covers the incident, up to the end of the hurting: burn
// rate × that window ÷ the budget's window. It is an upper bound, as good as the window
// fits. An incident longer than the longest window (3 d) gives none.
func (b budgets) burned(ctx context.Context, i incident.Incident) ([]postmortem.Burned, error) {
	start, end := hurting(i, b.now())
	t, err := b.status(ctx, end)
	if err != nil {
		return nil, err
	}
	return t.burned(i.Scope, end.Sub(start)), nil
}

// burned gives what was burned in the ShopSets concerned within d, the most first; none
// is not nil.
func (t told) burned(scope incident.Scope, d time.Duration) []postmortem.Burned {
	burned := []postmortem.Burned{}
	for _, budget := range t.Budgets {
		if !scope.Touches(budget.Tier, []string{budget.ShopSet}) {
			continue
		}
		window, err := document.ParseDuration(budget.Window)
		if err != nil || window <= 0 {
			continue // a calendar's window has no fixed length
		}
		if rate, covers, ok := covering(budget.BurnRates, d); ok {
			if share := rate * float64(covers) / float64(window); share >= leastShare {
				burned = append(burned, postmortem.Burned{SLO: budget.SLO, ShopSet: budget.ShopSet, Share: &share})
			}
		}
	}
	slices.SortStableFunc(burned, func(x, y postmortem.Burned) int {
		switch {
		case *x.Share > *y.Share:
			return -1
		case *x.Share < *y.Share:
			return 1
		}
		return strings.Compare(x.SLO+x.ShopSet, y.SLO+y.ShopSet)
	})
	return burned
}

// hurting is from when to when it hurt.
func hurting(i incident.Incident, now time.Time) (start, end time.Time) {
	start, end = i.StartedAt, now
	if start.IsZero() {
		start = i.DetectedAt
	}
	if i.State != incident.Open {
		for _, e := range slices.Backward(i.Timeline) {
			if e.Kind != incident.Moved {
				continue
			}
			if e.Value == string(incident.Open) {
				break
			}
			end = e.At
		}
	}
	return start, end
}

// covering finds the burn rate of the shortest window that is as long as d.
func covering(rates map[string]*float64, d time.Duration) (rate float64, window time.Duration, ok bool) {
	for name, r := range rates {
		w, err := document.ParseDuration(name)
		if err == nil && r != nil && w >= d && (!ok || w < window) {
			rate, window, ok = *r, w, true
		}
	}
	return rate, window, ok
}

func (b budgets) status(ctx context.Context, at time.Time) (told, error) {
	var t told
	address := strings.TrimRight(b.url, "/") + "/api/v1/status?at=" + url.QueryEscape(at.UTC().Format(time.RFC3339))
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return t, fmt.Errorf("ask shopslo: %w", err)
	}
	body, err := b.server.Do(r)
	if err == nil {
		t, err = readStatus(body)
	}
	if err != nil {
		return t, fmt.Errorf("ask shopslo at %s: %w", b.url, err)
	}
	return t, nil
}

// readStatus reads as much of a status as is needed.
func readStatus(body []byte) (t told, err error) {
	if err = json.Unmarshal(body, &t); err != nil {
		err = fmt.Errorf("read its answer: %w", err)
	}
	return t, err
}
