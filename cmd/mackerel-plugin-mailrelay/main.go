// Command mackerel-plugin-mailrelay asks mail relays for their figures, prints them
// for mackerel-agent, and keeps each account's history for check-mailrelay.
package main

import (
	"context"
	"os"
	_ "time/tzdata" // hosts and containers without a zone database
)

func main() {
	os.Exit(run(context.Background(), os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}
