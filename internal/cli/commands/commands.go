package commands

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/shopslo/shopslo/internal/cli/speech"
	"github.com/shopslo/shopslo/internal/nearest"
	"github.com/shopslo/shopslo/internal/text"
)

// unknownCommand says which commands there are.
func unknownCommand(cmd *cobra.Command, word string) error {
	var names []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	if hint := nearest.Hint(word, names); hint != "" {
		return fmt.Errorf("unknown command %q%s", word, hint)
	}
	return fmt.Errorf("unknown command %q; %s has %s", word, cmd.CommandPath(), strings.Join(names, ", "))
}

// NoArgs refuses arguments.
func NoArgs(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return nil
	case cmd.HasAvailableSubCommands():
		return unknownCommand(cmd, args[0])
	}
	return fmt.Errorf("%s takes no arguments, but got %q", cmd.CommandPath(), args[0])
}

// FlagErrors has wrong flags of a command, and of those below it, explained. args are all of
// the command line: a flag that stands behind a misspelt command is unknown because of that.
func FlagErrors(root *cobra.Command, args []string) {
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return flagError(cmd, err, args) })
}

func flagError(cmd *cobra.Command, err error, args []string) error {
	if bad, ok := errors.AsType[*pflag.InvalidValueError](err); ok { // the library shows what Go says
		f := bad.GetFlag()
		if said := speech.NoValue(f.Value.Type(), bad.Unwrap()); said != "" {
			return fmt.Errorf("--%s: %q %s", f.Name, bad.GetValue(), said)
		}
	}
	unknown, ok := errors.AsType[*pflag.NotExistError](err)
	if !ok {
		return err
	}
	if cmd.HasAvailableSubCommands() && !cmd.HasParent() {
		for _, arg := range args {
			if !strings.HasPrefix(arg, "-") {
				return unknownCommand(cmd, arg)
			}
		}
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
	return fmt.Errorf("%w%s", err, nearest.Hint("--"+unknown.GetSpecifiedName(), names))
}

// NoneEmpty refuses a flag that is given an empty text. A variable of CI that is not set
// gives that, and then another server, release or folder would be taken than was meant.
func NoneEmpty(cmd *cobra.Command) (err error) {
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if err == nil && f.Value.Type() == "string" && f.Value.String() == "" {
			err = fmt.Errorf("--%s is empty, as a variable or secret is that is not set; give it a value, or leave it out", f.Name)
		}
	})
	return err
}

// Help is `help [command]`, which says no where cobra's own shows another text.
func Help() *cobra.Command {
	return &cobra.Command{
		Use:   "help [command]",
		Short: text.English.Say(sayHelpCommand),
		RunE: func(cmd *cobra.Command, args []string) error {
			at, rest, err := cmd.Root().Find(args)
			if err != nil {
				return err
			}
			if len(rest) > 0 {
				return unknownCommand(at, rest[0])
			}
			at.InitDefaultHelpFlag()
			return at.Help()
		},
	}
}

// Completion is `completion SHELL`.
func Completion(program string, s *speech.Speech) *cobra.Command {
	return &cobra.Command{
		Use:   "completion bash|fish|powershell|zsh",
		Short: text.English.Say(sayCompletion),
		Long:  s.Long(text.Of(text.English.Say(longCompletion, program), text.Japanese.Say(longCompletion, program))),
		Example: strings.ReplaceAll(`  source <(PROGRAM completion bash)
  PROGRAM completion zsh > "${fpath[1]}/_PROGRAM"
  PROGRAM completion fish > ~/.config/fish/completions/PROGRAM.fish`, "PROGRAM", program),
		ValidArgs: []string{"bash", "fish", "powershell", "zsh"},
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 || !slices.Contains(cmd.ValidArgs, args[0]) {
				return fmt.Errorf("for which shell? it takes one of %s", strings.Join(cmd.ValidArgs, ", "))
			}
			return nil
		},
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			root, out := cmd.Root(), cmd.OutOrStdout()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(out, true)
			case "fish":
				return root.GenFishCompletion(out, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(out)
			}
			return root.GenZshCompletion(out)
		},
	}
}
