package document

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Duration is a length of time, written as a Go duration that may begin with days
// of 24 hours: 90s, 24h, 7d, 1d12h.
type Duration struct{ time.Duration }

const day = 24 * time.Hour

// UnmarshalText reads a Duration; the error says how one is written.
func (d *Duration) UnmarshalText(text []byte) error {
	bad := fmt.Errorf("%q is no duration; write a number with its unit, such as 90s, 24h, 7d or 1d12h", show(string(text)))
	days, rest, hasDays := strings.Cut(string(text), "d")
	if !hasDays {
		days, rest = "0", string(text)
	}
	n, err := strconv.ParseUint(days, 10, 32)
	if err != nil || hasDays && strings.HasPrefix(rest, "-") || n > math.MaxInt64/uint64(day)-1 {
		return bad
	}
	var tail time.Duration
	if rest != "" || !hasDays {
		if tail, err = time.ParseDuration(rest); err != nil {
			return bad
		}
	}
	if tail > math.MaxInt64-time.Duration(n)*day {
		return bad
	}
	d.Duration = time.Duration(n)*day + tail
	return nil
}

// MarshalText writes it as UnmarshalText reads it.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// String is 1d12h for 36 hours.
func (d Duration) String() string {
	text := d.Duration.String()
	if d.Duration >= day {
		text = strconv.FormatInt(int64(d.Duration/day), 10) + "d"
		if rest := d.Duration % day; rest > 0 {
			text += rest.String()
		}
	}
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
