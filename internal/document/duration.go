package document

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Duration is a length of time as people write it: numbers with their units, such as 90s,
// 1h30m, 1.5h, 1d12h or 2w.
type Duration struct{ time.Duration }

const (
	day          = 24 * time.Hour
	wantDuration = "a duration with its unit, such as 90s, 24h, 7d or 1h30m"
)

// longer are the units that package time does not have, in hours.
var longer = map[string]time.Duration{"d": 24, "w": 7 * 24, "y": 365 * 24}

var durationPart = regexp.MustCompile(`^([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h|d|w|y)`)

// UnmarshalText reads a Duration; the error says how one is written.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := ParseDuration(string(text))
	d.Duration = parsed
	return err
}

// MarshalText writes it as UnmarshalText reads it.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// ParseDuration reads a length of time; the error says how one is written. A day has 24
// hours, a year 365 days.
func ParseDuration(text string) (time.Duration, error) {
	rest := strings.TrimLeft(text, "+-")
	negative := strings.HasPrefix(text, "-")
	if rest == "0" {
		return 0, nil
	}
	if rest == "" || len(text)-len(rest) > 1 {
		return 0, noDuration(text)
	}
	var sum time.Duration
	for rest != "" {
		m := durationPart.FindStringSubmatch(rest)
		if m == nil {
			return 0, noDuration(text)
		}
		part, err := lengthOf(m[1], m[2])
		if err != nil || part > math.MaxInt64-sum {
			return 0, fmt.Errorf("%q is longer than 292 years", show(text))
		}
		sum, rest = sum+part, rest[len(m[0]):]
	}
	if negative {
		sum = -sum
	}
	return sum, nil
}

func noDuration(text string) error {
	return fmt.Errorf("%q is not a duration; write a number with its unit, such as 90s, 24h, 7d or 1h30m", show(text))
}

// lengthOf is a number of a unit; an error where it is too long.
func lengthOf(number, unit string) (time.Duration, error) {
	hours := longer[unit]
	if hours == 0 {
		return time.ParseDuration(number + unit)
	}
	d, err := time.ParseDuration(number + "h")
	if err == nil && d > math.MaxInt64/hours {
		err = errors.New("too long")
	}
	return d * hours, err
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
