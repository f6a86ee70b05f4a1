package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/engine/facts"
	"github.com/shopslo/shopslo/engine/validate"
)

func validateCommand(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "validate",
		Short:   "Check the configuration, the fleet and the SLOs",
		Long:    p.lang.Long(longValidate),
		Example: "  shopslo validate\n  shopslo validate --source\n  shopslo validate --config shops/shopslo.yaml -o json",
		Args:    noArgs,
	}
	p.configFlag(cmd)
	out := outputFlag(cmd)
	source := cmd.Flags().Bool("source", false, "check in the source that what the SLOs name exists")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		d, err := p.load()
		if err == nil {
			_, err = facts.Actions(d.Config)
		}
		if err != nil {
			return printFaults(p, *out, err)
		}
		v := validate.Check(d)
		if *source {
			if err := v.AskSource(cmd.Context(), p.Host, d); err != nil {
				return printFaults(p, *out, err)
			}
		}
		if *out == asJSON {
			err = p.printJSON(v)
		} else {
			err = p.print(p.inLanguage(v.Text()))
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
func printFaults(p *program, out format, err error) error {
	found, ok := errors.AsType[documents.Faults](err)
	if !ok || out != asJSON {
		return err
	}
	v := validate.Validation{Version: 1, Config: p.configFile, Result: "faults", Faults: found, Findings: []documents.Finding{}, Notes: []documents.Note{}}
	if err := p.printJSON(v); err != nil {
		return err
	}
	return fmt.Errorf("%s in the configuration and its documents", validate.Count(len(found), "fault"))
}
