//go:build race

package ledger_test

// histories is how many of n random histories are counted. The race detector makes each
// much slower, and is about the few goroutines that all of them share; `make test` counts
// them all without it where CI is set.
func histories(n uint64) uint64 { return n / 8 }
