package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/shopslo/shopslo/engine/client"
)

// serverHelp tells of them in the help text of commands that ask a server.
const serverHelp = `
Where the server asks for a password, ` + client.EnvUser + ` and
` + client.EnvPasswordFile + ` name the user and the file that holds it;
` + client.EnvCAFile + ` names a PEM file with the authorities that its
certificate is checked against, instead of the system's.`

// serverFlag adds --server.
func serverFlag(cmd *cobra.Command) *string {
	return cmd.Flags().String("server", "", fmt.Sprintf("ask the 'shopslo serve' at this `URL` instead of the source, such as http://%s", client.DefaultListen))
}

// server is the 'shopslo serve' at an address.
func (p *program) server(address string) client.Server { return client.At(p.Host, address) }
