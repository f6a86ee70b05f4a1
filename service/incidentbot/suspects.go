package incidentbot

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/incident/slackbot"
	"github.com/shopslo/shopslo/incident/suspect"
	"github.com/shopslo/shopslo/internal/ask"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/promotion/decisionlog"
	"github.com/shopslo/shopslo/promotion/fleetapi"
)

// suspects asks the exporter what runs since when, and `shopslo serve` what was moved, what the
// gate had said and what burns.
type suspects struct {
	exporter *fleetapi.Client // nil: none
	address  string           // of shopslo; "": none
	server   ask.Server
	fleet    []suspect.ShopSet
	now      func() time.Time
	patience time.Duration // 0: patience
}

// lookBack is how long before the onset a change may have come.
const lookBack = 6 * time.Hour

// suspects makes it; nil where the settings name neither server.
func (a Around) suspects(s *settings) (*suspects, error) {
	if s.Shopslo.URL == "" && s.Exporter.URL == "" {
		return nil, nil
	}
	all, err := s.shopSets()
	if err != nil {
		return nil, err
	}
	out := &suspects{address: s.Shopslo.URL, server: a.shopslo(s), fleet: all, now: a.Now}
	if s.Exporter.URL != "" {
		if out.exporter, err = fleetapi.New(s.Exporter.URL, a.letIn(s, "exporter", s.Exporter, "EXPORTER_TOKEN")); err != nil {
			return nil, fmt.Errorf("%s: exporter.url: %w", s.path, err)
		}
	}
	return out, nil
}

// patience is how long all of them may take together: less than a job of the bot's, so that
// what does not answer is said rather than waited for.
const patience = 5 * time.Second

// Suspects implements slackbot.Suspects. All are asked at once; what does not answer is said, and
// the others count.
func (s *suspects) Suspects(ctx context.Context, i incident.Incident) (suspect.Report, error) {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(s.patience, patience))
	defer cancel()
	onset, _ := hurting(i, s.now())
	f := suspect.Facts{Onset: onset, Scope: i.Scope, Words: words(i), Fleet: s.fleet}
	var all sync.WaitGroup
	var snapshot fleet.Snapshot
	var decisions []decisionlog.Entry
	var running, moved, burning error
	if s.exporter != nil {
		all.Go(func() { snapshot, running = s.exporter.Fleet(ctx) })
	} else {
		f.Unknown = append(f.Unknown, suspect.Gap{What: suspect.Running})
	}
	if s.address != "" {
		all.Go(func() { decisions, moved = s.decisions(ctx, onset) })
		all.Go(func() { burning = s.burns(ctx, &f, i) })
	} else {
		f.Unknown = append(f.Unknown, suspect.Gap{What: suspect.Moved}, suspect.Gap{What: suspect.Burning})
	}
	all.Wait()
	s.seen(&f, snapshot)
	if moved == nil {
		moved = s.moved(ctx, &f, decisions)
	}
	for _, gap := range []struct {
		what suspect.What
		err  error
	}{{suspect.Running, running}, {suspect.Moved, moved}, {suspect.Burning, burning}} {
		if gap.err != nil {
			f.Unknown = append(f.Unknown, suspect.Gap{What: gap.what, Why: gap.err.Error()})
		}
	}
	return suspect.Rank(f), nil
}

// check asks all for what an Incident of this moment would need.
func (s *suspects) check(ctx context.Context) []slackbot.Finding {
	r, err := s.Suspects(ctx, incident.Incident{ID: "check", State: incident.Open, DetectedAt: s.now()})
	if err != nil {
		return []slackbot.Finding{{What: "suspects", Err: err}}
	}
	why := map[suspect.What]error{}
	for _, gap := range r.Unknown {
		why[gap.What] = errors.New(gap.Why)
	}
	var found []slackbot.Finding
	if s.exporter != nil {
		found = append(found, slackbot.Finding{What: "exporter", Err: why[suspect.Running]})
	}
	if s.address != "" {
		found = append(found, slackbot.Finding{What: "shopslo's log of decisions", Err: why[suspect.Moved]}, slackbot.Finding{What: "shopslo's budgets", Err: why[suspect.Burning]})
	}
	return found
}

// words are what is said of an Incident.
func words(i incident.Incident) string {
	all := []string{i.Title}
	for _, e := range i.Timeline {
		if e.Kind == incident.Noted && !strings.HasPrefix(e.ID, "suspect:") && len(all) < 50 {
			all = append(all, e.Text)
		}
	}
	return strings.Join(all, "\n")
}

func recent(at, onset time.Time) bool { return at.After(onset.Add(-lookBack)) }

// seen adds what the exporter sees: Releases, changes of a ShopSet's own configuration, and
// what was changed by hand.
func (s *suspects) seen(f *suspect.Facts, snapshot fleet.Snapshot) {
	byRelease := map[[2]string]int{}
	for k := range snapshot.ShopSets {
		o := &snapshot.ShopSets[k]
		name, tier := string(o.ShopSet), string(o.Tier)
		if !slices.ContainsFunc(f.Fleet, func(known suspect.ShopSet) bool { return known.Name == name }) {
			f.Fleet = append(f.Fleet, suspect.ShopSet{Name: name, Tier: tier})
		}
		add := func(kind suspect.Kind, what string, at time.Time) int {
			f.Changes = append(f.Changes, suspect.Change{Kind: kind, Tier: tier, Release: what, At: at, Reached: []suspect.Reached{{ShopSet: name, At: at}}})
			return len(f.Changes) - 1
		}
		if recent(o.ReleaseSince, f.Onset) && o.Release != "" {
			key := [2]string{tier, string(o.Release)}
			if at, known := byRelease[key]; known {
				c := &f.Changes[at]
				c.Reached = append(c.Reached, suspect.Reached{ShopSet: name, At: o.ReleaseSince})
				if o.ReleaseSince.Before(c.At) {
					c.At = o.ReleaseSince
				}
			} else {
				byRelease[key] = add(suspect.Release, string(o.Release), o.ReleaseSince)
			}
		}
		// What comes with a Release is that Release's.
		if recent(o.ChangedSince, f.Onset) && o.ChangedSince.Sub(o.ReleaseSince).Abs() > time.Minute {
			add(suspect.Overlay, o.Revision, o.ChangedSince)
		}
		if recent(o.DriftedSince, f.Onset) {
			add(suspect.Drift, "", o.DriftedSince)
		}
	}
}

// maxRecords is how many records of moves are asked for what they bring.
const maxRecords = 6

// decisions asks for the log since before the hours that count: decisions are older than what
// follows them.
func (s *suspects) decisions(ctx context.Context, onset time.Time) ([]decisionlog.Entry, error) {
	since := onset.Add(-lookBack - 24*time.Hour)
	var list struct {
		Decisions []decisionlog.Entry `json:"decisions"`
	}
	err := s.get(ctx, "/api/v1/decisions?since="+url.QueryEscape(since.UTC().Format(time.RFC3339)), &list)
	return list.Decisions, err
}

// moved adds what the decision log says: Releases that came and were replaced since, what each
// replaces and brings, and what the gate had said.
func (s *suspects) moved(ctx context.Context, f *suspect.Facts, decisions []decisionlog.Entry) error {
	asked := 0
	var failed error
	for _, e := range slices.Backward(decisions) {
		kind := suspect.Release
		switch {
		case e.Kind == decisionlog.Rollback && e.Result == "rolled_back":
			kind = suspect.Rollback
		case e.Kind != decisionlog.Promote || e.Result != "promoted":
			continue
		}
		at := slices.IndexFunc(f.Changes, func(c suspect.Change) bool {
			return c.Tier == e.To && (c.Kind == suspect.Release || c.Kind == suspect.Rollback) && promotion.SameRelease(c.Release, e.Release)
		})
		switch {
		case at >= 0 && f.Changes[at].Replaces != "":
			continue // an older move of the same Release
		case at < 0 && !recent(e.At, f.Onset):
			continue
		case at < 0:
			f.Changes = append(f.Changes, suspect.Change{Tier: e.To, Release: e.Release, At: e.At})
			at = len(f.Changes) - 1
		}
		c := &f.Changes[at]
		c.Kind, c.Replaces, c.By, c.Gate = kind, e.Replaces, e.Who().String(), gateOf(decisions, e)
		if asked++; asked <= maxRecords {
			failed = cmp.Or(failed, s.brings(ctx, c, e.Index))
		}
	}
	for k := range f.Changes { // those that nobody moved with shopslo
		if c := &f.Changes[k]; c.Kind == suspect.Release && c.Replaces == "" {
			c.Gate = gateOf(decisions, decisionlog.Entry{To: c.Tier, Release: c.Release, At: c.At})
		}
	}
	return failed
}

// gateOf is what the gate had last said of a Release before it was moved.
func gateOf(all []decisionlog.Entry, moved decisionlog.Entry) suspect.Gate {
	for _, e := range slices.Backward(all) {
		if e.Kind != decisionlog.Gate || e.To != moved.To || e.At.After(moved.At) || !promotion.SameRelease(e.Release, moved.Release) {
			continue
		}
		g := suspect.Gate{Decision: string(e.Decision)}
		for _, c := range e.Checks[:min(3, len(e.Checks))] {
			g.Reasons = append(g.Reasons, c.Reason)
		}
		for _, o := range e.Overrides {
			if o.Waives > 0 {
				g.Waived = append(g.Waived, o.Who)
			}
		}
		return g
	}
	return suspect.Gate{}
}

// brings adds what a move brought, from its record: docs/promote.schema.json.
func (s *suspects) brings(ctx context.Context, c *suspect.Change, entry int) error {
	var record struct {
		Promotions []struct {
			Compare *string `json:"compare"`
			Changes []struct {
				Component string `json:"component"`
				Commits   []struct {
					Subject string `json:"subject"`
				} `json:"commits"`
			} `json:"changes"`
		} `json:"promotions"`
	}
	if err := s.get(ctx, fmt.Sprintf("/api/v1/decisions/%d", entry), &record); err != nil || len(record.Promotions) == 0 {
		return err
	}
	p := record.Promotions[0]
	if p.Compare != nil && strings.HasPrefix(*p.Compare, "https://") {
		c.Compare = *p.Compare
	}
	for _, part := range p.Changes {
		one := suspect.Component{Name: part.Component}
		for _, commit := range part.Commits {
			one.Subjects = append(one.Subjects, commit.Subject)
		}
		c.Components = append(c.Components, one)
	}
	return nil
}

// burns adds how fast budgets go now, and what went since the Incident began.
func (s *suspects) burns(ctx context.Context, f *suspect.Facts, i incident.Incident) error {
	start, end := hurting(i, s.now())
	t, err := budgets{url: s.address, server: s.server, now: s.now}.status(ctx, end)
	if err != nil {
		return err
	}
	gone := map[[2]string]*float64{}
	for _, b := range t.burned(incident.Scope{Fleet: true}, end.Sub(start)) {
		gone[[2]string{b.SLO, b.ShopSet}] = b.Share
	}
	for _, b := range t.Budgets {
		one := suspect.Burn{SLO: b.SLO, ShopSet: b.ShopSet, Tier: b.Tier, Share: gone[[2]string{b.SLO, b.ShopSet}]}
		for _, window := range []string{"5m", "30m", "1h"} {
			if rate := b.BurnRates[window]; rate != nil {
				one.Rate = max(one.Rate, *rate)
			}
		}
		f.Burns = append(f.Burns, one)
	}
	return nil
}

// get asks shopslo for JSON.
func (s *suspects) get(ctx context.Context, path string, out any) error {
	body, err := s.server.Get(ctx, strings.TrimRight(s.address, "/")+path)
	if err == nil {
		err = json.Unmarshal(body, out)
	}
	if err != nil {
		return fmt.Errorf("ask shopslo: %w", err)
	}
	return nil
}
