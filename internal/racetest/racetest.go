// Package racetest tells tests whether the race detector is on, which makes everything
// ten times slower. Tests that try many cases, one after another, try fewer then: what
// they look for is not a race. make test counts them all in a run without it.
package racetest

// Fewer is an eighth of n, at least 1, under the race detector, and else n.
func Fewer[N ~int | ~uint64](n N) N {
	if enabled {
		return max(1, n/8)
	}
	return n
}
