package main

import (
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/shopslo/shopslo/engine/client"
	"github.com/shopslo/shopslo/engine/usage"
	"github.com/shopslo/shopslo/internal/cli"
	"github.com/shopslo/shopslo/service/shopslo"
)

// serveFlags are the flags of `serve`, named as Prometheus' own servers name them.
type serveFlags struct {
	listen, webConfig string
	log               cli.LogFlags
}

func serveCommand(p *program) *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Keep the budgets up to date and serve them over HTTP",
		Long:  p.lang.Long(longServe),
		Example: `  shopslo serve
  shopslo serve --config shops/shopslo.yaml --web.listen-address :9876 --web.config.file web.yml`,
		Args: noArgs,
	}
	p.configFlag(cmd)
	fs := cmd.Flags()
	fs.StringVar(&f.listen, "web.listen-address", client.DefaultListen, "`host:port` to listen on; port 0 is a free one")
	fs.StringVar(&f.webConfig, "web.config.file", "", "`file` with TLS and basic authentication settings, in the format of Prometheus' exporters")
	f.log.Register(fs)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		log, err := f.log.Logger(p.stderr)
		if err != nil {
			return usage.Errorf("%v", err)
		}
		cli.LimitMemory(log)
		hup := make(chan os.Signal, 1)
		signal.Notify(hup, syscall.SIGHUP) // also while starting, which can take a while
		defer signal.Stop(hup)
		return shopslo.Serve(cmd.Context(), shopslo.Options{Host: p.Host, Config: p.configFile, Listen: f.listen, WebConfig: f.webConfig, Log: log, Reload: hup})
	}
	return cmd
}
