package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/shopslo/shopslo/engine/usage"
)

func completionCommand(p *program) *cobra.Command {
	return &cobra.Command{
		Use:   "completion bash|fish|powershell|zsh",
		Short: "Print a completion script for a shell",
		Long:  p.lang.long(longCompletion),
		Example: `  source <(shopslo completion bash)
  shopslo completion zsh > "${fpath[1]}/_shopslo"
  shopslo completion fish > ~/.config/fish/completions/shopslo.fish`,
		ValidArgs: []string{"bash", "fish", "powershell", "zsh"},
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 || !slices.Contains(cmd.ValidArgs, args[0]) {
				return usage.Errorf("for which shell? it takes one of %s", strings.Join(cmd.ValidArgs, ", "))
			}
			return nil
		},
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(p.stdout, true)
			case "fish":
				return root.GenFishCompletion(p.stdout, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(p.stdout)
			}
			return root.GenZshCompletion(p.stdout)
		},
	}
}
