package incident

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Job is something to be done for an Incident, kept until it is done: it outlives a restart.
type Job struct {
	Key      string // the same key twice is one job
	Incident string // the incident's ID; empty: none
	Kind     string // what to do; who does it chooses the words
	Payload  []byte // JSON; empty: none
	// Line is where it stands: Jobs of one line are done one after another, in the order in which
	// they were stored; one that fails holds up those behind it. Empty: in none.
	Line     string
	Due      time.Time // not before; kept to the microsecond, in UTC; zero: at once
	Attempts int       // how often it was begun
	Problem  string    // why the last attempt failed; empty: none has
}

// ErrNotFound says that a store has no Incident with this ID, or no Job with this key.
var ErrNotFound = errors.New("there is none")

// Validate reports everything for which a store refuses a Job, joined.
func (j Job) Validate() error {
	var errs []error
	if err := ValidateKey(j.Key); err != nil {
		errs = append(errs, err)
	}
	if j.Kind == "" {
		errs = append(errs, errors.New("kind is missing"))
	}
	errs = append(errs, validateText(j.Kind), validateText(j.Incident), validateText(j.Line))
	if len(j.Line) > maxKey {
		errs = append(errs, fmt.Errorf("the line is longer than %d bytes", maxKey))
	}
	if len(j.Payload) > 0 && !json.Valid(j.Payload) {
		errs = append(errs, errors.New("payload is no JSON"))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("job %q: %w", j.Key, err)
	}
	return nil
}

// maxKey is what any database still indexes, in bytes.
const maxKey = 1000

// ValidateKey reports why a store cannot keep something under a key, nil if it can.
func ValidateKey(key string) error {
	switch {
	case key == "":
		return errors.New("the key is missing")
	case len(key) > maxKey:
		return fmt.Errorf("the key is longer than %d bytes", maxKey)
	}
	return validateText(key)
}

// ValidateValue reports why a store cannot keep a value, nil if it can.
func ValidateValue(value string) error { return validateText(value) }

// Storable is a text without what not every database can keep.
func Storable(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}

func validateText(text string) error {
	if text != Storable(text) {
		return fmt.Errorf("%q is no UTF-8 text, or has a zero byte in it", text)
	}
	return nil
}
