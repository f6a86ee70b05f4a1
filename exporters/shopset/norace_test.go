//go:build !race

package shopset

// large is a fleet that is large.
const large = 35_000
