// Command shopset_exporter tells Prometheus of every ShopSet and Tier what is
// synced, what drifts and since when, and whether order and redundancy hold.
package main

import (
	"context"
	"os"
	_ "time/tzdata" // sync windows have time zones; a bare machine may have none
)

func main() {
	os.Exit(run(context.Background(), os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}
