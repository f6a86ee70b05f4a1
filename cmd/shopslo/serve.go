package main

import (
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/shopslo/shopslo/internal/server"
)

// defaultListen is where `serve` listens: on this machine only, since without a web
// configuration there is neither TLS nor a password.
const defaultListen = "127.0.0.1:9876"

// serveFlags are the flags of `serve`, named as Prometheus' own servers name them.
type serveFlags struct {
	listen, webConfig   string
	logLevel, logFormat string
}

func (p *program) serveCommand() *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Keep the budgets up to date and answer over HTTP",
		Long: `serve reads samples as they come, keeps exact counts in the ledger, and answers
status and gate over HTTP at once. It reloads configuration and documents on
SIGHUP, and ends cleanly on SIGINT and SIGTERM.

  /api/v1/status   what 'shopslo status -o json' prints
  /api/v1/gate     what 'shopslo gate -o json' prints
  /metrics         the ledger's counts and the budgets, for Prometheus
  /-/healthy, /-/ready`,
		Example: `  shopslo serve
  shopslo serve --config shops/shopslo.yaml --web.listen-address :9876 --web.config.file web.yml`,
		Args: noArgs,
	}
	p.configFlag(cmd)
	fs := cmd.Flags()
	fs.StringVar(&f.listen, "web.listen-address", defaultListen, "`host:port` to listen on; port 0 is a free one")
	fs.StringVar(&f.webConfig, "web.config.file", "", "`file` with TLS and basic authentication settings, as Prometheus' exporters have it")
	fs.StringVar(&f.logLevel, "log.level", "info", "least `level` that is logged: debug, info, warn or error")
	fs.StringVar(&f.logFormat, "log.format", "text", "`format` of the log: text or json")
	cmd.RunE = func(*cobra.Command, []string) error {
		log, err := p.logger(f)
		if err != nil {
			return err
		}
		if _, err := p.load(); err != nil {
			return err
		}
		if _, err := p.shell(f, log, nil); err != nil {
			return err
		}
		return errNoSource
	}
	return cmd
}

// logger writes the log to the error stream.
func (p *program) logger(f serveFlags) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(f.logLevel)); err != nil {
		return nil, usageErrorf("--log.level: %q is not debug, info, warn or error", f.logLevel)
	}
	o := &slog.HandlerOptions{Level: level}
	switch f.logFormat {
	case "text":
		return slog.New(slog.NewTextHandler(p.stderr, o)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(p.stderr, o)), nil
	}
	return nil, usageErrorf("--log.format: %q is not text or json", f.logFormat)
}

// shell makes the HTTP server, without the product's own routes.
func (p *program) shell(f serveFlags, log *slog.Logger, ready func() error) (*server.Server, error) {
	s, err := server.New(server.Options{
		Name: "shopslo", Version: thisBuild().Shopslo,
		Description: "Exact error budgets per ShopSet",
		Links: []server.Link{
			{Address: "/api/v1/status", Text: "Status", Description: "all budgets, as JSON"},
			{Address: "/metrics", Text: "Metrics", Description: "for Prometheus"},
			{Address: "/-/healthy", Text: "Healthy"},
			{Address: "/-/ready", Text: "Ready"},
		},
		WebConfig: f.webConfig, Ready: ready, Log: log, Now: p.now,
	})
	if err != nil {
		return nil, fmt.Errorf("--web.config.file: %w", err)
	}
	return s, nil
}
