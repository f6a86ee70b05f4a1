// Package judge makes the gate's decision from budgets, witnesses and the calendar.
package judge

import (
	"context"
	"errors"
	"regexp"
	"time"

	"github.com/shopslo/shopslo/engine"
	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/engine/evidence"
	"github.com/shopslo/shopslo/engine/usage"
	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

// Question is what the gate is asked.
type Question struct {
	To, Release string
	Fix         *promotion.Fix // nil: the release is none
	// Accept is who accepts the rules as they are; nil: nobody.
	Accept *promotion.Acceptance
	// Own: SLOs and policy are those beside the configuration, whatever branch it has.
	Own bool
	// From is where SLOs and policy were read, and Beside what lies beside the configuration
	// instead; nil: they are those.
	From   *promotion.RulesFrom
	Beside *documents.Documents
	// Last gives the rules that were last promoted by to a Tier; nil: nobody knows.
	Last func(ctx context.Context, to string) promotion.LastRules
	// Moves gives what was rolled back from a Tier; nil: nobody knows.
	Moves func(ctx context.Context, to string) promotion.Moves
	// Again is who lets what was rolled back come again; nil: nobody.
	Again *promotion.Again
	// Since is when the release came to the Tier that shows how it behaves, as whoever asks
	// says; zero: they do not.
	Since time.Time
}

// check refuses what cannot be asked of these documents.
func (q Question) check(d *documents.Documents) error {
	g := d.Config.Gate
	switch {
	case q.Release != "" && g.Fleet != nil && !commitID.MatchString(q.Release):
		return usage.Errorf("--release: %q is not a commit ID; give at least 7 hexadecimal digits", q.Release)
	case q.Since.IsZero():
		return nil
	case g.Fleet != nil:
		return usage.Errorf("--since does not go with gate.fleet: the exporter knows when the release arrived")
	case g.Releases != nil:
		return usage.Errorf("--since does not go with gate.releases: the file says when the release arrived; add to it with 'shopslo releases add'")
	case q.Release == "" && !d.Fleet.OneTier():
		return usage.Errorf("--release is missing; name the release that arrived at the time of --since")
	}
	return nil
}

var commitID = regexp.MustCompile(`^[0-9a-fA-F]{7,64}$`)

// claim is what whoever asks says of when the release came to all ShopSets of a Tier.
func (q Question) claim(t promotion.Tier) promotion.Found[promotion.Arrival] {
	out := promotion.Found[promotion.Arrival]{Where: "--since " + q.Since.UTC().Format(time.RFC3339)}
	for _, set := range t.ShopSets {
		out.Items = append(out.Items, promotion.Arrival{ShopSet: set, Release: q.Release, At: q.Since.UTC()})
	}
	return out
}

// moves are what was rolled back, as far as it concerns a Release.
func (q Question) moves(ctx context.Context, release string) *promotion.Moves {
	var all promotion.Moves
	if q.Moves != nil {
		all = q.Moves(ctx, q.To)
	}
	about := all.About(release)
	about.Again = q.Again
	return about
}

// Decide asks the gate.
func Decide(ctx context.Context, e *engine.Engine, version string, q Question, at time.Time) (promotion.Record, error) {
	if err := q.check(e.Docs); err != nil {
		return promotion.Record{}, err
	}
	tiers, err := e.Docs.Judged(q.To)
	if err != nil {
		return promotion.Record{}, usage.Errorf("--to: %v", err)
	}
	found, err := e.Witnesses.Gather(ctx, tiers...)
	if err != nil {
		return promotion.Record{}, err
	}
	return Judge(ctx, e, version, found, q, at)
}

// Judge decides from what was gathered.
func Judge(ctx context.Context, e *engine.Engine, version string, found evidence.Seen, q Question, at time.Time) (promotion.Record, error) {
	slos, f, p := e.Docs.SLOs.SLOs, e.Docs.Fleet, e.Docs.Policy(q.To)
	excluded := len(found.Calendar.Exclusions)+len(e.Docs.Exclusions) > 0
	plain := status.Report{At: at, Alerts: e.Alerts} // else the budgets come when it is known what runs
	if excluded {
		plain = status.Compute(at, f, slos, e.Alerts, e.Accounts())
	}
	ev, err := promotion.Gather(f, slos, plain, fleet.TierName(q.To), q.Release)
	if err != nil {
		return promotion.Record{}, usage.Errorf("--to: %v", err)
	}
	switch {
	case found.Fleet.Where != "":
		ev.See(found.Fleet)
	case !q.Since.IsZero():
		ev.Told(q.claim(ev.Source))
	case found.Releases.Where != "":
		ev.Told(found.Releases)
	}
	leaving := ev.Leave(f, found.Calendar.Exclusions, p)
	if excluded {
		counts := leaving.Ledger(e.Accounts())
		ev.Close(f, slos, status.Compute(at, f, slos, e.Alerts, counts), counts, at, p)
	} else if err := e.AddClosed(&ev, at, p); err != nil {
		return promotion.Record{}, err
	}
	found.AskAlerts(&ev, e.Docs, ev.From, ev.Source.Name, ev.To)
	ev.Incidents, ev.Fix = found.Incidents, q.Fix
	if found.From != "" {
		ev.Freezes = promotion.Found[promotion.Freeze]{Where: found.From, Error: found.Unread, Items: found.Calendar.Freezes(at)}
		ev.Overrides = promotion.Found[promotion.Override]{Where: found.From, Error: found.Unread, Items: found.Calendar.Overrides}
		ev.Exclusions = promotion.Found[promotion.Exclusion]{Where: found.From, Error: found.Unread, Items: found.Calendar.Exclusions}
		ev.Corrected(f, slos, plain)
		ev.Touched(leaving, slos)
	}
	ev.Rules = &promotion.RulesFound{Now: ev.RulesOf(f, slos, e.Alerts, p, documents.Counting(e.Docs)), Accepted: q.Accept, From: q.From}
	ev.Rules.Now.Asking = documents.Asking(e.Docs.Config, f, ev.To)
	if b := q.Beside; b != nil {
		beside := ev.RulesOf(b.Fleet, b.SLOs.SLOs, b.Alerts(), b.Policy(q.To), documents.Counting(b))
		beside.Asking = ev.Rules.Now.Asking // which is that of the configuration
		ev.Rules.Beside = &beside
	}
	if q.Last != nil {
		ev.Rules.Last = q.Last(ctx, q.To)
	}
	ev.Moves = q.moves(ctx, ev.Release)
	for _, o := range e.OutagesOf(ev.From, ev.Source.Name, ev.To) {
		if errors.Is(o.Err, slo.ErrUnavailable) {
			ev.Outages = append(ev.Outages, promotion.Outage{Source: o.Title, Error: o.Why()})
		}
	}
	if err := ctx.Err(); err != nil && errors.Is(err, context.Canceled) {
		return promotion.Record{}, context.Cause(ctx) // an answer that nobody could ask for is none
	}
	return promotion.Judge(version, p, ev, at), nil
}
