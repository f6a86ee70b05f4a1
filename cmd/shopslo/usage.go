package main

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/shopslo/shopslo/engine/usage"
	strict "github.com/shopslo/shopslo/internal/document"
)

// unknownCommand says which commands there are.
func unknownCommand(cmd *cobra.Command, word string) error {
	var names []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	if hint := usage.DidYouMean(word, names); hint != "" {
		return usage.Errorf("unknown command %q%s", word, hint)
	}
	return usage.Errorf("unknown command %q; %s has %s", word, cmd.CommandPath(), strings.Join(names, ", "))
}

// flagError explains a wrong flag. One that stands behind a misspelt command is unknown
// because of that.
func (p *program) flagError(cmd *cobra.Command, err error) error {
	if bad, ok := errors.AsType[*pflag.InvalidValueError](err); ok { // the library shows what Go says
		switch f := bad.GetFlag(); f.Value.Type() {
		case "bool":
			return usage.Errorf("--%s: %q is neither true nor false", f.Name, bad.GetValue())
		case "int", "float64":
			return usage.Errorf("--%s: %q is not a number, or too large", f.Name, bad.GetValue())
		}
	}
	unknown, ok := errors.AsType[*pflag.NotExistError](err)
	if !ok {
		return err
	}
	if !cmd.HasParent() {
		for _, arg := range p.args {
			if !strings.HasPrefix(arg, "-") {
				return unknownCommand(cmd, arg)
			}
		}
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
	return usage.Errorf("%v%s", err, usage.DidYouMean("--"+unknown.GetSpecifiedName(), names))
}

// noneEmpty refuses a flag that is given an empty text. A variable of CI that is not set
// gives that, and then another server, release or folder would be taken than was meant.
func noneEmpty(cmd *cobra.Command) (err error) {
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if err == nil && f.Value.Type() == "string" && f.Value.String() == "" {
			err = usage.Errorf("--%s is empty, as a variable or secret is that is not set; give it a value, or leave it out", f.Name)
		}
	})
	return err
}

// noArgs refuses arguments.
func noArgs(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return nil
	case cmd.HasAvailableSubCommands():
		return unknownCommand(cmd, args[0])
	case cmd.Name() == "gate" || cmd.Name() == "promote":
		return usage.Errorf("%s takes no arguments, but got %q; write --to %[2]s where that is the Tier", cmd.CommandPath(), args[0])
	}
	return usage.Errorf("%s takes no arguments, but got %q", cmd.CommandPath(), args[0])
}

// helpCommand is `shopslo help`, which says no where cobra's own shows another text.
func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [command]",
		Short: "Help about any command",
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

// length is a flag that takes a length of time as documents do: 90s, 30m, 7d.
type length struct{ d *time.Duration }

func (l length) String() string {
	if l.d == nil || *l.d == 0 {
		return ""
	}
	return strict.Duration{Duration: *l.d}.String()
}

func (l length) Set(text string) (err error) {
	*l.d, err = strict.ParseDuration(text)
	return err
}

func (l length) Type() string { return "duration" }

// lengthVar adds such a flag with a default; 0 is none.
func lengthVar(fs *pflag.FlagSet, to *time.Duration, name string, otherwise time.Duration, usage string) {
	*to = otherwise
	fs.Var(length{to}, name, usage)
}

// commitID is what a Release may be given as, in full or shortened.
var commitID = regexp.MustCompile(`^[0-9a-fA-F]{7,64}$`)

// checkRelease refuses what is no commit of a repository.
func checkRelease(flag, id string) error {
	if id != "" && !commitID.MatchString(id) {
		return usage.Errorf("%s: %q is no commit id; write at least 7 of its hexadecimal digits", flag, id)
	}
	return nil
}

// checkFile refuses a file that could not be written, before anything is done that it
// should tell of.
func checkFile(flag, file string) error {
	dir := filepath.Dir(file)
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return usage.Errorf("%s: there is no folder %s; make it, or name another file", flag, dir)
	}
	if info, err := os.Stat(file); err == nil && info.IsDir() {
		return usage.Errorf("%s: %s is a folder; name a file in it", flag, file)
	}
	return nil
}
