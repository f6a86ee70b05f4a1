package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/promotion/calendar"
	"github.com/shopslo/shopslo/slo"
)

// A named gives the names of one kind that the documents hold.
type named func(*documents.Documents) []string

// overridable are the checks that somebody may set aside.
func overridable(*documents.Documents) []string {
	return slices.DeleteFunc(promotion.Checks(), func(name string) bool {
		return name == promotion.CheckSource || name == promotion.CheckSLO
	})
}

func causes(*documents.Documents) []string { return calendar.Causes }

func stateNames(*documents.Documents) (names []string) {
	for _, s := range slo.States {
		names = append(names, string(s))
	}
	return names
}

// complete lets the shell complete a flag's value with names of the documents that
// --config names. Where they cannot be read there are none.
func (p *program) complete(cmd *cobra.Command, flag string, names named) {
	_ = cmd.RegisterFlagCompletionFunc(flag, func(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
		d, err := p.load()
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		before := begun[:strings.LastIndexByte(begun, ',')+1] // of a list
		var out []string
		for _, name := range names(d) {
			if strings.HasPrefix(name, begun[len(before):]) {
				out = append(out, before+name)
			}
		}
		return out, cobra.ShellCompDirectiveNoFileComp
	})
}
