package main

import (
	"github.com/spf13/cobra"

	"github.com/shopslo/shopslo/internal/cli"
	"github.com/shopslo/shopslo/internal/cli/commands"
	"github.com/shopslo/shopslo/service/incidentbot"
)

// defaultListen is on this machine only.
const defaultListen = "127.0.0.1:9878"

type serveFlags struct {
	listen, webConfig string
	log               cli.LogFlags
}

func (p *program) serveCommand() *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use:     "serve",
		Short:   "Run the bot",
		Long:    p.lang.Long(longServe),
		Example: "  incidentbot serve --config incidentbot.yaml --web.listen-address :9878",
		Args:    commands.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			log, err := f.log.Logger(p.stderr)
			if err != nil {
				return err
			}
			cli.LimitMemory(log)
			return incidentbot.Serve(cmd.Context(), incidentbot.Options{Around: p.around(), Config: p.config, Listen: f.listen, WebConfig: f.webConfig, Log: log})
		},
	}
	fs := cmd.Flags()
	fs.StringVar(&f.listen, "web.listen-address", defaultListen, "`host:port` to listen on; port 0 is a free one")
	fs.StringVar(&f.webConfig, "web.config.file", "", "`file` with TLS settings, in the format of Prometheus' exporters")
	f.log.Register(fs)
	return cmd
}
