package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// validation is what `shopslo validate -o json` prints: docs/validate.schema.json.
// With faults the counts are null, for nothing was counted.
type validation struct {
	Version  int       `json:"version"` // of this shape
	Config   string    `json:"config"`
	Result   string    `json:"result"` // ok, findings or faults
	Tiers    *int      `json:"tiers"`
	ShopSets *int      `json:"shopsets"`
	Groups   *int      `json:"groups"`
	SLOs     *int      `json:"slos"`
	Budgets  *int      `json:"budgets"` // SLOs times the ShopSets that each applies to
	Faults   []fault   `json:"faults"`
	Findings []finding `json:"findings"`
	Notes    []note    `json:"notes"`
	Source   *asked    `json:"source"` // nil: not asked
}

func (p *program) validateCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "validate",
		Short: "Check the configuration, the fleet and the SLOs",
		Long: `validate reads the configuration and every document that it names, and reports all
that is wrong at once. It asks no source and needs no network.

With --source it also asks the source whether the metrics, labels and buckets exist
that the SLOs name, for each ShopSet: a selector that finds nothing counts 0, and 0
bad events look like a perfect service. Exit code 4: the source could not be reached.

A fault (exit code 3) is something that cannot be read or computed. A finding (exit
code 1) is consistent but not as it should be: a ShopGroup with fewer
FailureDomains than it asks for, an SLO for a Tier that does not exist. Notes
change no exit code.`,
		Example: "  shopslo validate\n  shopslo validate --source\n  shopslo validate --config shops/shopslo.yaml -o json",
		Args:    noArgs,
	}
	p.configFlag(cmd)
	out := outputFlag(cmd)
	source := cmd.Flags().Bool("source", false, "ask the source whether it has what the SLOs name")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		d, err := p.load()
		if err == nil {
			_, err = actionItems(d.config)
		}
		if err != nil {
			return p.printFaults(*out, err)
		}
		v := d.validation()
		if *source {
			if err := p.validateSource(cmd.Context(), d, &v); err != nil {
				return err
			}
		}
		if *out == asJSON {
			err = p.printJSON(v)
		} else {
			err = p.print(v.text())
		}
		if err == nil && len(v.Findings) > 0 {
			err = exitWith(exitNo)
		}
		return err
	}
	return cmd
}

// printFaults answers in JSON where that is asked for, with a summary for the error
// stream; as text the error itself says all.
func (p *program) printFaults(out format, err error) error {
	found, ok := errors.AsType[faults](err)
	if !ok || out != asJSON {
		return err
	}
	v := validation{Version: 1, Config: p.configFile, Result: "faults", Faults: found, Findings: []finding{}, Notes: []note{}}
	if err := p.printJSON(v); err != nil {
		return err
	}
	return fmt.Errorf("%s in the configuration and its documents", count(len(found), "fault"))
}

func (d *documents) validation() validation {
	number := func(n int) *int { return &n }
	budgets := 0
	for i := range d.slos.SLOs {
		budgets += len(d.shopSetsOf(&d.slos.SLOs[i]))
	}
	v := validation{
		Version: 1, Config: d.config.Path, Result: "ok",
		Tiers: number(len(d.fleet.Tiers())), ShopSets: number(len(d.fleet.ShopSets())), Groups: number(len(d.fleet.ShopGroups())),
		SLOs: number(len(d.slos.SLOs)), Budgets: number(budgets),
		Faults: []fault{}, Findings: d.findings(), Notes: append(append([]note{}, d.notes...), d.meant...),
	}
	v.judge()
	return v
}

// judge sets the result.
func (v *validation) judge() {
	if len(v.Findings) > 0 {
		v.Result = "findings"
	}
}

func (v validation) text() string {
	var b strings.Builder
	for _, n := range v.Notes {
		fmt.Fprintf(&b, "note: %s: %s\n", n.Place, n.Text)
	}
	for _, f := range v.Findings {
		fmt.Fprintf(&b, "finding: %s\n", f.Text)
	}
	fmt.Fprintf(&b, "%s: %s, %s, %s, %s make %s: ", v.Config, count(*v.Tiers, "Tier"), count(*v.ShopSets, "ShopSet"),
		count(*v.Groups, "ShopGroup"), count(*v.SLOs, "SLO"), count(*v.Budgets, "budget"))
	if len(v.Findings) == 0 {
		b.WriteString("ok\n")
	} else {
		fmt.Fprintf(&b, "%s\n", count(len(v.Findings), "finding"))
	}
	return b.String()
}

// count writes a number of things: 1 fault, 2 faults.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
