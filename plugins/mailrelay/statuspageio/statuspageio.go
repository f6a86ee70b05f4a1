// Package statuspageio reads a status page as statuspage.io serves it, as do other
// services in its shape: GET /api/v2/summary.json.
//
// Shapes: https://www.mongodb.com/docs/api/doc/cloud-status/operation/operation-getstatussummary
// (a public description of the format), https://status.atlassian.com/api/v2.
package statuspageio

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/plugins/mailrelay"
	"github.com/shopslo/shopslo/plugins/mailrelay/relayhttp"
)

// Page is one status page.
type Page struct {
	// Component is the name of the part that matters, e.g. "Mail Sending"; "" is the
	// whole page.
	Component string
	URL       string       // without the path, e.g. https://status.example.com
	Client    *http.Client // nil is a plain one
}

const path = "/api/v2/summary.json"

// Look implements mailrelay.StatusPage.
func (p *Page) Look(ctx context.Context) (mailrelay.Notice, error) {
	asker := relayhttp.Asker{Vendor: "status page", Client: p.Client}
	req, err := http.NewRequest(http.MethodGet, p.URL+path, nil)
	if err != nil {
		return mailrelay.Notice{}, asker.Garbled("its address", err)
	}
	req.Header.Set("Accept", "application/json")
	body, err := asker.Ask(ctx, req)
	if err != nil {
		return mailrelay.Notice{}, err
	}
	n, err := parse(body, p.Component)
	if err != nil {
		return mailrelay.Notice{}, asker.Garbled(path, err)
	}
	return n, nil
}

// indicators are the words for a whole page and for what an incident does to it,
// components those for a part.
var (
	indicators = map[string]mailrelay.Level{"none": mailrelay.LevelNone, "minor": mailrelay.LevelMinor, "major": mailrelay.LevelMajor,
		"critical": mailrelay.LevelCritical, "maintenance": mailrelay.LevelMaintenance}
	components = map[string]mailrelay.Level{"operational": mailrelay.LevelNone, "degraded_performance": mailrelay.LevelMinor, "partial_outage": mailrelay.LevelMajor,
		"major_outage": mailrelay.LevelCritical, "under_maintenance": mailrelay.LevelMaintenance}
)

type component struct{ Name, Status string }

// event is an incident or a maintenance.
type event struct {
	Name, Impact, Status string
	StartedAt            time.Time   `json:"started_at"`
	CreatedAt            time.Time   `json:"created_at"`
	ScheduledFor         time.Time   `json:"scheduled_for"`
	Components           []component `json:"components"`
}

type summary struct {
	Status       *struct{ Indicator, Description string }
	Components   []component
	Incidents    []event
	Maintenances []event `json:"scheduled_maintenances"`
}

// parse reads a summary. A page without the component asked for is an error: nothing would
// ever be told of one that is misspelt or has another name now.
func parse(body []byte, name string) (mailrelay.Notice, error) {
	var s summary
	if err := json.Unmarshal(body, &s); err != nil {
		return mailrelay.Notice{}, err
	}
	if s.Status == nil {
		return mailrelay.Notice{}, errors.New(`no "status"`)
	}
	word, words, said := s.Status.Indicator, indicators, s.Status.Description
	if name != "" {
		i := slices.IndexFunc(s.Components, func(c component) bool { return strings.EqualFold(c.Name, name) })
		if i < 0 {
			var names []string
			for _, c := range s.Components {
				names = append(names, strconv.Quote(text.Line(c.Name, 40)))
			}
			return mailrelay.Notice{}, fmt.Errorf("there is no component %q, the page has %s", name, cmp.Or(strings.Join(names, ", "), "none"))
		}
		word, words, said = s.Components[i].Status, components, s.Components[i].Name+": "+strings.ReplaceAll(s.Components[i].Status, "_", " ")
	}
	level, known := words[word]
	if !known {
		return mailrelay.Notice{}, fmt.Errorf("the status is %.40q, which is not known", word)
	}
	n := mailrelay.Notice{Level: level, Text: said}
	if e, ok := s.cause(name); ok {
		n.Text, n.Since = e.Name, e.begun()
		if level == mailrelay.LevelNone && e.underWay() {
			n.Level = mailrelay.LevelMaintenance
		}
	}
	return n, nil
}

// cause is what goes on: the newest incident that is not over, else the newest
// maintenance that is under way.
func (s summary) cause(name string) (found event, ok bool) {
	for _, list := range [][]event{s.Incidents, s.Maintenances} {
		for _, e := range list {
			concerns := name == "" || slices.ContainsFunc(e.Components, func(c component) bool { return strings.EqualFold(c.Name, name) })
			open := !slices.Contains([]string{"resolved", "postmortem", "completed", "scheduled"}, e.Status)
			if concerns && open && (!ok || e.begun().After(found.begun())) {
				found, ok = e, true
			}
		}
		if ok {
			break
		}
	}
	return found, ok
}

// underWay is whether it is a maintenance that has begun.
func (e event) underWay() bool { return e.Status == "in_progress" || e.Status == "verifying" }

// begun is when it began; zero where that is not told.
func (e event) begun() time.Time {
	for _, t := range []time.Time{e.StartedAt, e.ScheduledFor, e.CreatedAt} {
		if !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}
