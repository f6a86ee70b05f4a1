// Command check-dns-records says in one line whether the expected DNS records exist
// and point where they should.
package main

import (
	"context"
	"os"
)

func main() {
	os.Exit(run(context.Background(), os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}
