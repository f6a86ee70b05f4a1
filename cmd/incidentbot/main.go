// Command incidentbot runs incidents in Slack: it opens a channel, calls in people, keeps
// the status and the timeline, asks for the postmortem, and tells the gate of shopslo
// what is ongoing.
package main

import (
	"context"
	"os"
	_ "time/tzdata" // hosts and containers without a zone database
)

func main() {
	os.Exit(run(context.Background(), os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}
