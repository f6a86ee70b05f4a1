//go:build race

package shopset

// large is smaller where races are looked for, which makes everything ten times slower.
const large = 5_000
