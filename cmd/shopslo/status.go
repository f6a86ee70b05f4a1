package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/shopslo/shopslo/engine"
	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/engine/usage"
	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

func statusCommand(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show the error budgets",
		Long:  p.lang.Long(longStatus, serverHelp),
		Example: `  shopslo status
  shopslo status --tier prod --sort worst
  shopslo status --at 2026-11-01T00:00:00Z -o json
  shopslo status --server http://127.0.0.1:9876`,
		Args: noArgs,
	}
	p.configFlag(cmd)
	out := outputFlag(cmd)
	at := p.atFlag(cmd)
	server := serverFlag(cmd)
	var pick picked
	pick.flags(cmd)
	p.complete(cmd, "tier", documents.TierNames)
	p.complete(cmd, "shopset", documents.ShopSetNames)
	p.complete(cmd, "slo", documents.SLONames)
	p.complete(cmd, "state", stateNames)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		when, err := at()
		if err != nil {
			return err
		}
		filter, err := pick.filter()
		if err != nil {
			return err
		}
		r, lost, err := p.report(cmd.Context(), *server, when, filter)
		if err != nil {
			return err
		}
		if err := pickedAny(p, r, filter, *server); err != nil {
			return err
		}
		if r = r.Filter(filter); pick.sort == "worst" {
			r = r.WorstFirst()
		}
		if *out == asJSON {
			err = p.print(string(r.AppendJSON(nil)) + "\n")
		} else {
			err = r.WriteTable(p.stdout, p.lang.Language, p.colour(), p.columns())
		}
		return errors.Join(err, lost(r))
	}
	return cmd
}

// report asks a server, or computes the budgets here. lost is why some of these are not known:
// one of several sources could not be read.
func (p *program) report(ctx context.Context, address string, at when, of status.Filter) (r status.Report, lost func(status.Report) error, err error) {
	lost = func(status.Report) error { return nil }
	if address != "" {
		r, err = p.server(address).Status(ctx, at.asked())
		return r, lost, err
	}
	d, err := p.load()
	if err != nil {
		return r, lost, err
	}
	e, err := engine.OneShot(ctx, p.Host, d, at.time, of)
	if e != nil {
		defer e.Close()
	}
	if err != nil {
		return r, lost, err
	}
	outages := e.Outages()
	return e.Report(at.time), func(shown status.Report) error {
		var errs []error
		for _, o := range outages {
			if rests(d, shown, o.Source) {
				errs = append(errs, o.Err)
			}
		}
		return errors.Join(errs...)
	}, nil
}

// rests reports whether a budget is counted from a source.
func rests(d *documents.Documents, r status.Report, source string) bool {
	return slices.ContainsFunc(r.Budgets, func(b status.Budget) bool {
		set, _ := d.Fleet.ShopSet(b.ShopSet)
		return slices.Contains(documents.SourcesFor(d, d.SLONamed(b.SLO), set), source)
	})
}

// picked says which budgets to show, and in which order.
type picked struct {
	tiers, shopsets, slos, states []string
	sort                          string
}

func (f *picked) flags(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.StringSliceVar(&f.tiers, "tier", nil, "only the ShopSets of these `Tiers`")
	fs.StringSliceVar(&f.shopsets, "shopset", nil, "only these `ShopSets`")
	fs.StringSliceVar(&f.slos, "slo", nil, "only these `SLOs`")
	fs.StringSliceVar(&f.states, "state", nil, "only budgets in these `states`, such as exhausted,at_risk")
	fs.StringVar(&f.sort, "sort", "fleet", "`order`: fleet, or worst first")
	cmd.RegisterFlagCompletionFunc("sort", cobra.FixedCompletions([]string{"fleet", "worst"}, cobra.ShellCompDirectiveNoFileComp))
}

func (f *picked) filter() (status.Filter, error) {
	var out status.Filter
	for _, t := range f.tiers {
		out.Tiers = append(out.Tiers, fleet.TierName(t))
	}
	for _, s := range f.shopsets {
		out.ShopSets = append(out.ShopSets, fleet.ShopSetName(s))
	}
	out.SLOs = f.slos
	for _, s := range f.states {
		if !known(slo.State(s)) {
			return out, usage.Errorf("--state: %q is not one of %s%s", s, strings.Join(stateNames(nil), ", "), usage.DidYouMean(s, stateNames(nil)))
		}
		out.States = append(out.States, slo.State(s))
	}
	if f.sort != "fleet" && f.sort != "worst" {
		return out, usage.Errorf("--sort: %q is not fleet or worst", f.sort)
	}
	return out, nil
}

// pickedAny refuses names that nothing has: a list of them that is empty would look as if
// all were well. What the fleet has and no SLO applies to is an answer.
func pickedAny(p *program, r status.Report, f status.Filter, server string) error {
	var tiers, sets, slos []string
	if server == "" {
		d, err := p.load()
		if err != nil {
			return err
		}
		tiers, sets, slos = documents.TierNames(d), documents.ShopSetNames(d), documents.SLONames(d)
	}
	for i := range r.Budgets {
		b := &r.Budgets[i]
		tiers, sets, slos = append(tiers, string(b.Tier)), append(sets, string(b.ShopSet)), append(slos, b.SLO)
	}
	return errors.Join(unknownNames("--tier", texts(f.Tiers), tiers), unknownNames("--shopset", texts(f.ShopSets), sets), unknownNames("--slo", f.SLOs, slos))
}

func unknownNames(flag string, asked, there []string) error {
	for _, name := range asked {
		if !slices.Contains(there, name) {
			return usage.Errorf("%s: there is no budget of %q%s", flag, name, usage.DidYouMean(name, there))
		}
	}
	return nil
}

func known(s slo.State) bool {
	for _, k := range slo.States {
		if s == k {
			return true
		}
	}
	return false
}

// asked is the time as servers are asked for it: zero is now.
func (w when) asked() time.Time {
	if !w.given {
		return time.Time{}
	}
	return w.time
}

// when is the time that a command answers for.
type when struct {
	time  time.Time
	given bool // by --at; else it is now
}

// atFlag adds --at; the function gives its time, now without it.
func (p *program) atFlag(cmd *cobra.Command) func() (when, error) {
	var text string
	cmd.Flags().StringVar(&text, "at", "", "answer as of this `time`, in RFC 3339 (default now)")
	return func() (when, error) {
		if text == "" {
			return when{time: p.Now()}, nil
		}
		t, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return when{}, usage.Errorf("--at: %q is not a time; write it like 2026-11-01T09:00:00+09:00", text)
		}
		if t.After(p.Now()) {
			return when{}, usage.Errorf("--at: %s is in the future", text)
		}
		return when{t, true}, nil
	}
}
