package slo

import "math"

// StaleNaN are the bits of the NaN by which Prometheus marks that a series has
// ended (prometheus/model/value: StaleNaN).
const StaleNaN uint64 = 0x7ff0000000000002

// IsStale reports whether v is a staleness marker: not a value, but the news
// that the series was absent from its target's last scrape.
func IsStale(v float64) bool { return math.Float64bits(v) == StaleNaN }

// baseBits mark a NaN as a Base: 14 bits, with 50 below them for its value.
const (
	baseBits  uint64 = 0x7ffc << 48
	baseValue uint64 = 1<<50 - 1
)

// Base is not a value, but the news of what a counter has counted already when it is at its
// next sample: that one is worth what it has above the base, whatever the sample before said.
// Base(0) says that the counter began anew in between. Base(+Inf) says that it is counted in another
// way from there on, and nobody knows what it had: its growth is left out. v is not negative and is
// rounded up.
func Base(v float64) float64 {
	return math.Float64frombits(baseBits | uint64(min(math.Ceil(v), float64(baseValue))))
}

// BaseOf reports whether v is a Base, and of what.
func BaseOf(v float64) (base float64, ok bool) {
	bits := math.Float64bits(v)
	if bits == baseBits|baseValue {
		return math.Inf(1), true
	}
	return float64(bits & baseValue), bits&^baseValue == baseBits
}
