package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
)

func (p *program) statusCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show the error budgets",
		Long: `status shows one error budget per SLO and ShopSet: the ratio of good events, what is
left of the budget, how fast it burns, and how much of the window has data. A
figure that does not exist is "-", in JSON null; it is never 0.

It reads the whole window from the source, or asks a running 'shopslo serve' where
--server names one. The exit code is 0 whatever the budgets say: ask gate for a
verdict.`,
		Example: `  shopslo status
  shopslo status --at 2026-11-01T00:00:00Z -o json
  shopslo status --server http://127.0.0.1:9876`,
		Args: noArgs,
	}
	p.configFlag(cmd)
	outputFlag(cmd)
	at := p.atFlag(cmd)
	serverFlag(cmd)
	cmd.RunE = func(*cobra.Command, []string) error {
		if _, err := at(); err != nil {
			return err
		}
		if _, err := p.load(); err != nil {
			return err
		}
		return errNoSource
	}
	return cmd
}

// errNoSource is what commands answer whose source is not built in.
var errNoSource = &codeError{code: exitUnavailable, err: errors.New("this build has no source of samples")}

// atFlag adds --at; the function gives its time, now without it.
func (p *program) atFlag(cmd *cobra.Command) func() (time.Time, error) {
	var text string
	cmd.Flags().StringVar(&text, "at", "", "answer as of this `time`, in RFC 3339 (default now)")
	return func() (time.Time, error) {
		if text == "" {
			return p.now(), nil
		}
		t, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return time.Time{}, usageErrorf("--at: %q is not a time; write it like 2026-11-01T09:00:00+09:00", text)
		}
		if t.After(p.now()) {
			return time.Time{}, usageErrorf("--at: %s has not come yet", text)
		}
		return t, nil
	}
}

// serverFlag adds --server.
func serverFlag(cmd *cobra.Command) *string {
	return cmd.Flags().String("server", "", fmt.Sprintf("ask the 'shopslo serve' at this `URL` instead of the source, such as http://%s", defaultListen))
}
