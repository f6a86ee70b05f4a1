// Command check-mail-sender says in one line whether mails of a domain can be told to be
// its own: SPF, DKIM, DMARC and MX.
package main

import (
	"context"
	"os"
)

func main() {
	os.Exit(run(context.Background(), os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}
