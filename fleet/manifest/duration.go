package manifest

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Duration is a length of time, written as a Go duration that may begin with
// days of 24 hours: 90s, 24h, 7d, 1d12h.
//
// +kubebuilder:validation:Type=string
// +kubebuilder:validation:Pattern=`^([0-9]+d)?([0-9]+([.][0-9]+)?(ns|us|µs|ms|s|m|h))*$`
type Duration struct {
	time.Duration `json:"-"`
}

const day = 24 * time.Hour

// ParseDuration reads a Duration; the error says how one is written.
func ParseDuration(text string) (Duration, error) {
	bad := fmt.Errorf("%q is no duration; write a number with its unit, such as 90s, 24h, 7d or 1d12h", text)
	days, rest, hasDays := strings.Cut(text, "d")
	if !hasDays {
		d, err := time.ParseDuration(text)
		if err != nil {
			return Duration{}, bad
		}
		return Duration{d}, nil
	}
	n, err := strconv.ParseUint(days, 10, 32)
	if err != nil || strings.HasPrefix(rest, "-") || strings.HasPrefix(rest, "+") {
		return Duration{}, bad
	}
	var tail time.Duration
	if rest != "" {
		if tail, err = time.ParseDuration(rest); err != nil {
			return Duration{}, bad
		}
	}
	if int64(n) > (math.MaxInt64-int64(tail))/int64(day) {
		return Duration{}, fmt.Errorf("%q is longer than 292 years", text)
	}
	return Duration{time.Duration(n)*day + tail}, nil
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

// IsZero reports a duration that is not set.
func (d Duration) IsZero() bool { return d.Duration == 0 }

// MarshalJSON writes the duration as a string.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(d.String()) }

// UnmarshalJSON reads the duration from a string.
func (d *Duration) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return fmt.Errorf("a duration is a string such as \"24h\" or \"7d\", not %s", data)
	}
	parsed, err := ParseDuration(text)
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}
