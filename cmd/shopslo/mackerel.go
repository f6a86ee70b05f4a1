package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/shopslo/shopslo/engine/config"
	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/engine/push"
	"github.com/shopslo/shopslo/mackerel"
)

func mackerelCommand(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "mackerel",
		Short: "Manage budgets, monitors and dashboards in Mackerel",
		Long:  p.lang.Long(longMackerel),
		Example: `  shopslo mackerel push
  shopslo mackerel monitors plan --file monitors.yaml`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(mackerelPushCommand(p), mackerelMonitorsCommand(p), mackerelDashboardsCommand(p), mackerelAnnotateCommand(p))
	return cmd
}

func mackerelPushCommand(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "push",
		Short:   "Send the budgets once, as service metrics",
		Long:    p.lang.Long(longMackerelPush, serverHelp),
		Example: `  * * * * * shopslo mackerel push --config /etc/shopslo/shopslo.yaml`,
		Args:    noArgs,
	}
	p.configFlag(cmd)
	server := serverFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return pushOnce(cmd.Context(), p, *server) }
	return cmd
}

// mackerelSettings gives the configuration's section, or says that it is missing.
func mackerelSettings(c *config.Config) (*config.MackerelPush, error) {
	if c.Mackerel == nil {
		return nil, fmt.Errorf("%s has no section mackerel; write at least mackerel: {service: NAME}", c.Path)
	}
	return c.Mackerel, nil
}

// loadMackerel loads the documents, whose configuration has a section mackerel, and
// makes the client that it asks for. Mackerel has its service.
func loadMackerel(ctx context.Context, p *program) (*documents.Documents, *mackerel.Client, error) {
	d, err := p.load()
	if err != nil {
		return nil, nil, err
	}
	m, err := mackerelSettings(d.Config)
	if err != nil {
		return nil, nil, err
	}
	client, err := p.MackerelClient(m.Mackerel)
	if err != nil {
		return nil, nil, err
	}
	return d, client, client.CheckService(ctx, m.Service)
}

// pushOnce is `mackerel push`. What is kept from before goes also where the source
// cannot be reached.
func pushOnce(ctx context.Context, p *program, server string) error {
	d, err := p.load()
	if err != nil {
		return err
	}
	m, err := mackerelSettings(d.Config)
	if err != nil {
		return err
	}
	pusher, err := push.Open(p.Host, m)
	if err != nil {
		return err
	}
	err = push.Collect(ctx, p.Host, d, server, pusher)
	done, sendErr := pusher.Push(ctx, p.Now())
	if err = errors.Join(err, sendErr, pusher.Spool.Close()); err != nil {
		return err
	}
	return p.print(p.inLanguage(pushed(done, p.Now())))
}

// pushed says what a push did.
func pushed(done mackerel.Pushed, now time.Time) string {
	text := fmt.Sprintf("sent %d values", done.Values)
	if done.Values == 1 {
		text = "sent 1 value"
	}
	if done.Values == 0 && done.Waiting > 0 && now.Before(done.Next) {
		text = "sent nothing"
	}
	if done.Waiting > 0 {
		text += fmt.Sprintf("; %d batches wait until %s", done.Waiting, done.Next.UTC().Format(time.RFC3339))
	}
	if done.Expired > 0 {
		text += fmt.Sprintf("; %d values were older than Mackerel takes, %s, and are given up", done.Expired, mackerel.MaxAge)
	}
	return text + "\n"
}
