// Command mackerel-plugin-subnet-ips prints for mackerel-agent how many addresses the
// subnets of a VPC have left, what still fits, and for how many days.
package main

import (
	"context"
	"os"
)

func main() {
	os.Exit(run(context.Background(), os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}
