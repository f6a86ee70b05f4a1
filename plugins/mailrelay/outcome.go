package mailrelay

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// Trouble is why a relay could not be read.
type Trouble string

// The kinds of trouble.
const (
	Unreachable Trouble = "unreachable" // no answer in time, or no connection
	Failing     Trouble = "failing"     // answered 5xx
	Limited     Trouble = "limited"     // answered 429: asked too often
	Refused     Trouble = "refused"     // answered 401, 403 or another 4xx: key, rights or request
	Garbled     Trouble = "garbled"     // answered something that cannot be understood in full
)

// Error says why a relay could not be read. Its text holds no secret: see Hide.
type Error struct {
	Trouble Trouble
	// Doing says what was asked, e.g. "sendgrid: read /v3/stats".
	Doing string
	// Detail is the relay's or the network's own word.
	Detail string
	// RetryAfter is how long the relay asks to wait; 0 where it does not.
	RetryAfter time.Duration
}

// Error tells what was done, what came back and what to do about it.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", e.Doing, e.Trouble)
	if e.Detail != "" {
		b.WriteString(": " + e.Detail)
	}
	switch {
	case e.RetryAfter > 0:
		fmt.Fprintf(&b, " (the relay asks to wait %s)", e.RetryAfter)
	case e.Trouble == Refused:
		b.WriteString(" (check the account's key and its rights)")
	}
	return b.String()
}

// TroubleOf is the kind of an error of Relay.Read, and Unreachable for any other.
func TroubleOf(err error) Trouble {
	var e *Error
	if errors.As(err, &e) {
		return e.Trouble
	}
	return Unreachable
}

// apiUp is whether an outcome shows the relay's API at work: it answered with data,
// or refused for a reason of ours. An answer that cannot be understood is not up.
func apiUp(err error) bool {
	if err == nil {
		return true
	}
	t := TroubleOf(err)
	return t == Limited || t == Refused
}

// Hide replaces the secrets in a text, as they are and as they look inside a URL.
// Secrets of fewer than four bytes are left, since they would garble any text.
func Hide(text string, secrets ...string) string {
	for _, s := range secrets {
		if len(s) < 4 {
			continue
		}
		for _, form := range forms(s) {
			text = strings.ReplaceAll(text, form, "[secret]")
		}
	}
	return text
}

// forms are the ways in which a secret gets into an error's text.
func forms(s string) []string {
	out := []string{s}
	if q := fmt.Sprintf("%q", s); q[1:len(q)-1] != s {
		out = append(out, q[1:len(q)-1])
	}
	for _, e := range []string{url.PathEscape(s), url.QueryEscape(s)} {
		if e != s {
			out = append(out, e)
		}
	}
	return out
}
