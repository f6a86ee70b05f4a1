package slo

import "math"

// StaleNaN are the bits of the NaN by which Prometheus marks that a series has
// ended (prometheus/model/value: StaleNaN).
const StaleNaN uint64 = 0x7ff0000000000002

// IsStale reports whether v is a staleness marker: not a value, but the news
// that the series was absent from its target's last scrape.
func IsStale(v float64) bool { return math.Float64bits(v) == StaleNaN }
