package manifest

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/shopslo/shopslo/internal/document"
)

// Duration is a length of time as people write it: 90s, 1h30m, 1.5h, 7d, 2w.
//
// +kubebuilder:validation:Type=string
// +kubebuilder:validation:MaxLength=40
// +kubebuilder:validation:Pattern=`^([0-9]+([.][0-9]+)?(ns|us|µs|ms|s|m|h|d|w|y))*$`
type Duration struct {
	time.Duration `json:"-"`
}

// parseDuration reads a Duration; the error says how one is written.
func parseDuration(text string) (Duration, error) {
	d, err := document.ParseDuration(text)
	return Duration{d}, err
}

// String writes the duration as parseDuration reads it: 1d12h for 36 hours.
func (d Duration) String() string { return document.Duration{Duration: d.Duration}.String() }

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
	parsed, err := parseDuration(text)
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}
