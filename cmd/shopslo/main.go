// Command shopslo keeps an exact error budget for every ShopSet and answers from
// it whether a release may be promoted to the next Tier.
package main

import (
	"context"
	"os"
	_ "time/tzdata" // calendar windows have time zones; a bare machine may have none
)

func main() {
	os.Exit(run(context.Background(), os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}
