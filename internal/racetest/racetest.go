// Package racetest tells tests whether the race detector is on, which makes everything
// ten times slower. Tests that try many cases, one after another, try fewer then: what
// they look for is not a race. make test counts them all in a run without it.
package racetest

import "testing"

// Fewer is an eighth of n, at least 1, under the race detector, and else n.
func Fewer[N ~int | ~uint64](n N) N {
	if enabled {
		return max(1, n/8)
	}
	return n
}

// Enabled reports whether the race detector is on.
func Enabled() bool { return enabled }

// NotHere skips a long calculation, which has nothing at the same time, under the race
// detector. make test does it in its run without it.
func NotHere(t testing.TB) {
	t.Helper()
	if enabled {
		t.Skip("make test does this in its run without the race detector")
	}
}
