package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/shopslo/shopslo/internal/nearest"
)

// flagError explains a wrong flag in plain words, where the library shows what Go says.
func flagError(cmd *cobra.Command, err error) error {
	if bad, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		switch f := bad.GetFlag(); f.Value.Type() {
		case "bool":
			return fmt.Errorf("--%s: %q is neither true nor false", f.Name, bad.GetValue())
		case "duration":
			return fmt.Errorf("--%s: %q is not a duration such as 90s, 15m or 1h30m", f.Name, bad.GetValue())
		}
	}
	unknown, ok := errors.AsType[*pflag.NotExistError](err)
	if !ok {
		return err
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
	return fmt.Errorf("%w%s", err, nearest.Hint("--"+unknown.GetSpecifiedName(), names))
}
