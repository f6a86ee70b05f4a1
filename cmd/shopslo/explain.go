package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger"
	"github.com/shopslo/shopslo/slo/ledger/explain"
	"github.com/shopslo/shopslo/status"
)

func (p *program) explainCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "explain SLO SHOPSET",
		Short: "Show how a budget's figures came about",
		Long: `explain shows what the figures of one SLO on one ShopSet rest on: the selectors as
they are sent, the series that they find, with their first and last samples, the
labels and bounds that exist, the interval that is really scraped, what makes the
figures doubtful, and, step by step, what each series counted in the window and how
that sums up to the budget's figures.

It reads the window from the source and lets a ledger in memory count it anew, which
tells its steps: they sum up to its figures. An embedded store can be read while no
'shopslo serve' keeps it. The exit code is 0 whatever it finds.`,
		Example: `  shopslo explain cart-availability a-1
  shopslo explain cart-availability a-1 --at 2026-11-01T00:00:00Z -o json`,
		ValidArgsFunction: p.explainable,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usageErrorf("explain takes the name of an SLO and of a ShopSet, such as: shopslo explain cart-availability a-1")
			}
			return nil
		},
	}
	p.configFlag(cmd)
	out := outputFlag(cmd)
	at := p.atFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		when, err := at()
		if err != nil {
			return err
		}
		x, err := p.explain(cmd.Context(), args[0], args[1], when.time)
		if err != nil {
			return err
		}
		if *out == asJSON {
			return p.printJSON(x)
		}
		return p.print(x.text())
	}
	return cmd
}

// explainable completes the names of SLOs, and then of the ShopSets that the SLO is for.
func (p *program) explainable(_ *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
	d, err := p.load()
	if err != nil || len(args) > 1 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	names := sloNames(d)
	if len(args) == 1 {
		names = nil
		if s := d.sloNamed(args[0]); s != nil {
			for _, set := range d.shopSetsOf(s) {
				names = append(names, string(set.Name))
			}
		}
	}
	return slices.DeleteFunc(names, func(n string) bool { return !strings.HasPrefix(n, begun) }), cobra.ShellCompDirectiveNoFileComp
}

func (d *documents) sloNamed(name string) *slo.SLO {
	for i := range d.slos.SLOs {
		if d.slos.SLOs[i].Name == name {
			return &d.slos.SLOs[i]
		}
	}
	return nil
}

// explained is one SLO on one ShopSet.
func (d *documents) explained(name, shopset string) (*slo.SLO, fleet.ShopSet, error) {
	s := d.sloNamed(name)
	if s == nil {
		return nil, fleet.ShopSet{}, usageErrorf("there is no SLO %q%s", name, didYouMean(name, sloNames(d)))
	}
	set, ok := d.fleet.ShopSet(fleet.ShopSetName(shopset))
	if !ok {
		return nil, set, usageErrorf("there is no ShopSet %q%s", shopset, didYouMean(shopset, shopSetNames(d)))
	}
	if !status.Applies(s, set.Tier) {
		return nil, set, usageErrorf("SLO %q does not apply to ShopSet %q: it is for %s, and that one is in %s", name, shopset, strings.Join(s.Tiers, ", "), set.Tier)
	}
	return s, set, nil
}

// explain counts one budget anew, and reads what it rests on.
func (p *program) explain(ctx context.Context, name, shopset string, at time.Time) (*explanation, error) {
	d, err := p.load()
	if err != nil {
		return nil, err
	}
	s, set, err := d.explained(name, shopset)
	if err != nil {
		return nil, err
	}
	only := *s
	d.slos.SLOs = []slo.SLO{only}
	src, err := p.openSource(d, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, askedAlone("explain", err)
	}
	if err := d.ask(src); err != nil {
		return nil, errors.Join(err, src.close())
	}
	now := p.now()
	var steps explain.Steps
	e, err := openEngine(d, src, ledger.Config{Backfill: now.Sub(at) + d.reach() + margin, Trace: steps.Take}, []fleet.TierName{set.Tier}, now)
	if err != nil {
		return nil, errors.Join(err, src.close())
	}
	defer e.Close()
	plan := d.plan(src, []fleet.TierName{set.Tier})
	var subject *ledger.Subject
	for i := range plan.Items {
		plan.Items[i].Subjects = slices.DeleteFunc(plan.Items[i].Subjects, func(s *ledger.Subject) bool { return s.ID != shopset })
		subject = plan.Items[i].Subjects[0]
	}
	if err := e.ledger.Configure(plan, now); err != nil {
		return nil, err
	}
	e.finder = newFinder(d, src, plan, e.ledger)
	until := at.Add(d.config.Ledger.Delay)
	if until.After(now) {
		until = now
	}
	failed := e.ledger.Advance(ctx, until, p.reading())
	if errors.Is(failed, slo.ErrUnavailable) || ctx.Err() != nil {
		return nil, errors.Join(failed, context.Cause(ctx))
	}
	if err := e.lookOnce(ctx, at); err != nil {
		return nil, err
	}
	r := e.report(at).Filter(status.Filter{ShopSets: []fleet.ShopSetName{set.Name}})
	if len(r.Budgets) != 1 {
		return nil, fmt.Errorf("explain %s on %s: %d budgets were found", name, shopset, len(r.Budgets))
	}
	x := newExplanation(at, &r.Budgets[0], e.source.name)
	w := &examiner{e: e, subject: subject, slo: &d.slos.SLOs[0], budget: &r.Budgets[0], steps: &steps, out: x, at: at}
	return x, w.examine(ctx)
}
