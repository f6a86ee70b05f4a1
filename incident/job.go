package incident

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// Job is something to be done for an Incident, kept until it is done: it outlives a restart.
type Job struct {
	Key      string    // the same key twice is one job
	Incident string    // the incident's ID; empty: none
	Kind     string    // what to do; who does it chooses the words
	Payload  []byte    // JSON; empty: none
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
	return ValidateText(key)
}

// ValidateText reports why not every database can keep a text, nil if each can.
func ValidateText(text string) error {
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return fmt.Errorf("%q is no UTF-8 text, or has a zero byte in it", text)
	}
	return nil
}
