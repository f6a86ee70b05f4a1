package incidentbot

import (
	"cmp"
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

// burned gives, for every budget of the ShopSets concerned, the share that is gone from the
// start of an Incident to the end of the hurting. What is longer than the longest burn-rate
// window (3 d) is added up from several, each asked for at its own end; the rest is the shortest
// window that covers it: burn rate × that window ÷ the budget's window. A budget of which some
// part is not known has no share. An Incident of more than maxPieces windows gives none.
func (b budgets) burned(ctx context.Context, i incident.Incident) ([]postmortem.Burned, error) {
	start, end := hurting(i, b.now())
	if end.Sub(start) > maxPieces*longestWindow {
		return []postmortem.Burned{}, nil
	}
	var all [][]postmortem.Burned
	for end.Sub(start) > longestWindow {
		t, err := b.status(ctx, end)
		if err != nil {
			return nil, err
		}
		all = append(all, t.shares(i.Scope, longestWindow))
		end = end.Add(-longestWindow)
	}
	t, err := b.status(ctx, end)
	if err != nil {
		return nil, err
	}
	return worth(sum(append(all, t.shares(i.Scope, end.Sub(start))))), nil
}

// longestWindow is the longest burn-rate window, and maxPieces how many are added up.
const (
	longestWindow = 3 * 24 * time.Hour
	maxPieces     = 30
)

// sum adds shares up, by SLO and ShopSet; one that is missing somewhere, or not known, is not known.
func sum(pieces [][]postmortem.Burned) []postmortem.Burned {
	type key struct{ slo, set string }
	total, times := map[key]float64{}, map[key]int{}
	var order []key
	for _, piece := range pieces {
		for _, one := range piece {
			k := key{one.SLO, one.ShopSet}
			if !slices.Contains(order, k) {
				order = append(order, k)
			}
			if one.Share != nil {
				times[k]++
				total[k] += *one.Share
			}
		}
	}
	var out []postmortem.Burned
	for _, k := range order {
		one := postmortem.Burned{SLO: k.slo, ShopSet: k.set}
		if share := total[k]; times[k] == len(pieces) {
			one.Share = &share
		}
		out = append(out, one)
	}
	return out
}

// worth gives those that are known and worth a line, the most first.
func worth(all []postmortem.Burned) []postmortem.Burned {
	burned := []postmortem.Burned{}
	for _, one := range all {
		if one.Share != nil && *one.Share >= leastShare {
			burned = append(burned, one)
		}
	}
	slices.SortStableFunc(burned, func(x, y postmortem.Burned) int {
		return cmp.Or(cmp.Compare(*y.Share, *x.Share), strings.Compare(x.SLO+x.ShopSet, y.SLO+y.ShopSet))
	})
	return burned
}

// burned gives what was burned in the ShopSets concerned within d, the most first; none is not
// nil.
func (t told) burned(scope incident.Scope, d time.Duration) []postmortem.Burned {
	return worth(t.shares(scope, d))
}

// shares are the shares of the budgets concerned that went within d; nil where that is not known.
func (t told) shares(scope incident.Scope, d time.Duration) []postmortem.Burned {
	var all []postmortem.Burned
	for _, budget := range t.Budgets {
		if !scope.Touches(budget.Tier, []string{budget.ShopSet}) {
			continue
		}
		window, err := document.ParseDuration(budget.Window)
		if err != nil || window <= 0 {
			continue // a calendar's window has no fixed length
		}
		one := postmortem.Burned{SLO: budget.SLO, ShopSet: budget.ShopSet}
		if rate, covers, ok := covering(budget.BurnRates, d); ok {
			share := rate * float64(covers) / float64(window)
			one.Share = &share
		}
		all = append(all, one)
	}
	return all
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
