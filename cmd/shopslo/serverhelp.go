package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/shopslo/shopslo/engine/client"
)

// serverFlag adds --server.
func serverFlag(cmd *cobra.Command) *string {
	return cmd.Flags().String("server", "", fmt.Sprintf("ask the 'shopslo serve' at this `URL` instead of the source, such as http://%s", client.DefaultListen))
}

// server is the 'shopslo serve' at an address.
func (p *program) server(address string) client.Server { return client.At(p.Host, address) }
