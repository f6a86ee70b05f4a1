package document

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Duration is a length of time, written as a Go duration that may begin with days of
// 24 hours: 90s, 24h, 7d, 1d12h.
type Duration struct{ time.Duration }

const day = 24 * time.Hour

// UnmarshalText reads a Duration; the error says how one is written.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := ParseDuration(string(text))
	d.Duration = parsed
	return err
}

// MarshalText writes it as UnmarshalText reads it.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// ParseDuration reads a length of time; the error says how one is written.
func ParseDuration(text string) (time.Duration, error) {
	bad := fmt.Errorf("%q is no duration; write a number with its unit, such as 90s, 24h, 7d or 1d12h", text)
	days, rest, hasDays := strings.Cut(text, "d")
	if !hasDays {
		d, err := time.ParseDuration(text)
		if err != nil {
			return 0, bad
		}
		return d, nil
	}
	n, err := strconv.ParseUint(days, 10, 32)
	if err != nil || strings.HasPrefix(rest, "-") || strings.HasPrefix(rest, "+") {
		return 0, bad
	}
	var tail time.Duration
	if rest != "" {
		if tail, err = time.ParseDuration(rest); err != nil {
			return 0, bad
		}
	}
	if int64(n) > (math.MaxInt64-int64(tail))/int64(day) {
		return 0, fmt.Errorf("%q is longer than 292 years", text)
	}
	return time.Duration(n)*day + tail, nil
}

// String writes the duration as ParseDuration reads it: 1d12h for 36 hours.
func (d Duration) String() string {
	if d.Duration < day {
		return trimZeros(d.Duration.String())
	}
	text := strconv.FormatInt(int64(d.Duration/day), 10) + "d"
	if rest := d.Duration % day; rest > 0 {
		text += trimZeros(rest.String())
	}
	return text
}

// trimZeros makes 12h of Go's 12h0m0s.
func trimZeros(text string) string {
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
