// Package explain tells how a budget's figures came about: it counts one budget anew, and
// reads what it rests on.
package explain

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/shopslo/shopslo/engine"
	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/engine/host"
	"github.com/shopslo/shopslo/engine/source"
	"github.com/shopslo/shopslo/engine/usage"
	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger"
	"github.com/shopslo/shopslo/slo/ledger/explain"
	"github.com/shopslo/shopslo/status"
)

// explained is one SLO on one ShopSet.
func explained(d *documents.Documents, name, shopset string) (*slo.SLO, fleet.ShopSet, error) {
	s := d.SLONamed(name)
	if s == nil {
		return nil, fleet.ShopSet{}, usage.Errorf("there is no SLO %q%s", name, usage.DidYouMean(name, documents.SLONames(d)))
	}
	set, ok := d.Fleet.ShopSet(fleet.ShopSetName(shopset))
	if !ok {
		return nil, set, usage.Errorf("there is no ShopSet %q%s", shopset, usage.DidYouMean(shopset, documents.ShopSetNames(d)))
	}
	if !status.Applies(s, set.Tier) {
		return nil, set, usage.Errorf("SLO %q does not apply to ShopSet %q: it is for %s, and that one is in %s", name, shopset, strings.Join(s.Tiers, ", "), set.Tier)
	}
	return s, set, nil
}

// Explain counts one budget anew, and reads what it rests on.
func Explain(ctx context.Context, h host.Host, d *documents.Documents, name, shopset string, at time.Time) (*Explanation, error) {
	s, set, err := explained(d, name, shopset)
	if err != nil {
		return nil, err
	}
	only := *s
	d.SLOs.SLOs = []slo.SLO{only}
	src, err := source.Open(h, d, prometheus.NewRegistry(), slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, source.AskedAlone("explain", err)
	}
	src.AskOnly(documents.SourcesFor(d, s, set)...)
	if err := src.Ask(ctx, d); err != nil {
		return nil, errors.Join(err, src.Close())
	}
	now := h.Now()
	var steps explain.Steps
	e, err := engine.Open(h, d, src, ledger.Config{Backfill: now.Sub(at) + d.Reach() + documents.Margin, Trace: steps.Take}, []fleet.TierName{set.Tier}, now)
	if err != nil {
		return nil, errors.Join(err, src.Close())
	}
	defer e.Close()
	plan := engine.Plan(d, src, []fleet.TierName{set.Tier})
	var subject *ledger.Subject
	for i := range plan.Items {
		plan.Items[i].Subjects = slices.DeleteFunc(plan.Items[i].Subjects, func(s *ledger.Subject) bool { return s.ID != shopset })
		subject = plan.Items[i].Subjects[0]
	}
	if err := e.Ledger.Configure(plan, now); err != nil {
		return nil, err
	}
	e.Finder = engine.NewFinder(d, src, plan, e.Ledger)
	until := at.Add(d.Config.Ledger.Delay)
	if until.After(now) {
		until = now
	}
	failed := e.Ledger.Advance(ctx, until, engine.Reading(h))
	if errors.Is(failed, slo.ErrUnavailable) || ctx.Err() != nil {
		return nil, errors.Join(failed, context.Cause(ctx))
	}
	if err := e.LookOnce(ctx, at); err != nil {
		return nil, err
	}
	r := e.Report(at).Filter(status.Filter{ShopSets: []fleet.ShopSetName{set.Name}})
	if len(r.Budgets) != 1 {
		return nil, fmt.Errorf("explain %s on %s: %d budgets were found", name, shopset, len(r.Budgets))
	}
	x := newExplanation(at, &r.Budgets[0], titles(e.Sources, documents.SourcesFor(d, s, set)))
	w := &examiner{e: e, set: set, subject: subject, slo: &d.SLOs.SLOs[0], budget: &r.Budgets[0], steps: &steps, out: x, at: at}
	return x, w.examine(ctx)
}

// titles name sources for people.
func titles(all source.Sources, names []string) string {
	var out []string
	for _, name := range names {
		out = append(out, all.Title(name))
	}
	return strings.Join(out, " and ")
}
