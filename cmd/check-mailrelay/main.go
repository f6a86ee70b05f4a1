// Command check-mailrelay says in one line whether mail relays still do what they
// always do, from the histories that mackerel-plugin-mailrelay keeps. It asks no relay.
package main

import (
	"context"
	"os"
	_ "time/tzdata" // hosts and containers without a zone database
)

func main() {
	os.Exit(run(context.Background(), os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}
