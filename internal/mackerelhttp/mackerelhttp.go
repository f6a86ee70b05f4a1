// Package mackerelhttp is how this house talks HTTP to Mackerel, whatever client
// library is on top: answers are read whole and within limits, refusals are errors
// that say whether trying again helps, and the API key goes to one server only.
package mackerelhttp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	api "github.com/mackerelio/mackerel-client-go"

	"github.com/shopslo/shopslo/internal/disk"
	"github.com/shopslo/shopslo/internal/text"
)

// DefaultURL is where Mackerel's API is.
const DefaultURL = "https://api.mackerelio.com/"

// maxAnswer bounds one answer; a day of one metric is 100 KB.
const maxAnswer = 64 << 20

// Config says how to reach Mackerel.
type Config struct {
	// URL is scheme and host of the API; "" is Mackerel's own.
	URL string
	// Key is the API key. It is put into no message and no log.
	Key string
	// Timeout of one request; 0 is 30 seconds.
	Timeout time.Duration
}

// Open makes a client of Mackerel's library; it sends nothing yet. Errors that may pass wrap
// unavailable.
func Open(c Config, unavailable error) (*api.Client, error) {
	if c.URL == "" {
		c.URL = DefaultURL
	}
	if err := CheckURL(c.URL); err != nil {
		return nil, fmt.Errorf("the URL of Mackerel's API %w", err)
	}
	if err := CheckKey(c.Key); err != nil {
		return nil, fmt.Errorf("the API key of Mackerel cannot be used: %w", err)
	}
	client, err := api.NewClientWithOptions(c.Key, c.URL, false)
	if err != nil {
		return nil, fmt.Errorf("the URL of Mackerel's API: %w", err)
	}
	if c.Timeout == 0 {
		c.Timeout = 30 * time.Second
	}
	client.HTTPClient = newClient(c.Timeout, unavailable)
	client.UserAgent = "shopslo"
	return client, nil
}

// statusError is a refusal by Mackerel. One that may pass (429, 5xx) wraps the error that
// the caller has for that.
type statusError struct {
	Status  int
	Message string // Mackerel's own words; may be empty
	// RetryAfter is how long to wait before trying again; 0: nothing was said.
	RetryAfter time.Duration

	unavailable error
}

// Error says what was refused and what to do about it.
func (e *statusError) Error() string {
	text := fmt.Sprintf("Mackerel answered %d %s", e.Status, http.StatusText(e.Status))
	if e.Message != "" {
		text += ": " + strings.TrimSuffix(e.Message, ".")
	}
	switch e.Status {
	case http.StatusUnauthorized, http.StatusForbidden:
		text += "; check that the API key is right, may write, and that this address may use it"
	case http.StatusTooManyRequests:
		text += "; try again later, and less often"
	}
	return text
}

// Unwrap tells refusals that may pass from those that stay.
func (e *statusError) Unwrap() error {
	if e.Status == http.StatusTooManyRequests || e.Status >= 500 {
		return e.unavailable
	}
	return nil
}

// RetryAfter is how long Mackerel asked to wait; ok is false where an error says
// nothing of it.
func RetryAfter(err error) (wait time.Duration, ok bool) {
	if e, found := errors.AsType[*statusError](err); found {
		return e.RetryAfter, e.RetryAfter > 0
	}
	return 0, false
}

// Refused reports whether Mackerel refused with this status.
func Refused(err error, status int) bool {
	e, ok := errors.AsType[*statusError](err)
	return ok && e.Status == status
}

// newClient makes an HTTP client for a client library. It follows no redirect: the API
// key, which travels in a header of Mackerel's own, would go along.
func newClient(timeout time.Duration, unavailable error) *http.Client {
	return &http.Client{Transport: transport{http.DefaultTransport, timeout, unavailable},
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return errors.New("a redirect, which is not followed since the API key would go along; correct the URL of Mackerel's API")
		}}
}

type transport struct {
	next    http.RoundTripper
	timeout time.Duration // of a request with its answer
	passing error         // what errors wrap that may pass
}

// RoundTrip reads the whole answer, so that half of one is an error and not an answer.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeoutCause(r.Context(), t.timeout, fmt.Errorf("no answer within %s", t.timeout))
	defer cancel()
	resp, err := t.next.RoundTrip(r.WithContext(ctx))
	if cause := context.Cause(ctx); err != nil && cause != nil && r.Context().Err() == nil {
		err = cause
	}
	if err != nil {
		return nil, t.mayPass(r.Context(), err)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	resp.Body.Close()
	switch {
	case err != nil:
		return nil, t.mayPass(r.Context(), fmt.Errorf("the answer broke off after %d bytes: %w", len(body), err))
	case len(body) > maxAnswer:
		return nil, fmt.Errorf("the answer is longer than %d MB", maxAnswer>>20)
	case resp.StatusCode >= 300 && resp.StatusCode < 400:
		return resp, nil // CheckRedirect says no
	case resp.StatusCode != http.StatusOK:
		return nil, t.refusal(resp, body)
	}
	if kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); kind != "application/json" {
		return nil, t.mayPass(r.Context(), fmt.Errorf("the answer is %q, not JSON: something else than Mackerel's API answered", kind))
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// Decode reads an answer to what was asked, such as GET /api/v0/monitors.
func Decode(answer io.Reader, asked string, into any) error {
	err := json.NewDecoder(answer).Decode(into)
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		err = fmt.Errorf("%s where something else belongs, at byte %d", wrong.Value, wrong.Offset) // names no type of ours
	}
	if err != nil {
		return fmt.Errorf("%s: Mackerel's answer is not of the expected shape: %w", asked, err)
	}
	return nil
}

// mayPass marks an error as one that may pass, unless the caller gave up.
func (t transport) mayPass(ctx context.Context, err error) error {
	if cause := ctx.Err(); cause != nil && errors.Is(cause, context.Canceled) {
		return cause
	}
	return fmt.Errorf("%w: %w", t.passing, err)
}

func (t transport) refusal(resp *http.Response, body []byte) error {
	e := &statusError{Status: resp.StatusCode, Message: message(body), unavailable: t.passing}
	e.RetryAfter = wait(resp.Header)
	return e
}

// wait reads Retry-After: seconds, or a date beside the answer's own (RFC 9110, section
// 10.2.3). More than a day is not meant so.
func wait(h http.Header) time.Duration {
	const longest = 24 * time.Hour
	text := h.Get("Retry-After")
	if s, err := strconv.Atoi(text); err == nil && s > 0 && s <= int(longest/time.Second) {
		return time.Duration(s) * time.Second
	}
	until, err1 := http.ParseTime(text)
	now, err2 := http.ParseTime(h.Get("Date"))
	if d := until.Sub(now); err1 == nil && err2 == nil && d > 0 && d <= longest {
		return d
	}
	return 0
}

// message is what an answer's error says, in one line; Mackerel writes it in two shapes.
func message(body []byte) string {
	var long struct{ Error struct{ Message string } }
	var short struct{ Error string }
	said := ""
	if json.Unmarshal(body, &long) == nil {
		said = long.Error.Message
	} else if json.Unmarshal(body, &short) == nil {
		said = short.Error
	}
	return text.Line(said, 300)
}

// ReadKey reads an API key from a file. Its errors never hold what the file holds.
func ReadKey(path string) (string, error) {
	data, err := disk.ReadSmall(path)
	if err != nil {
		return "", fmt.Errorf("read Mackerel's API key: %w", err)
	}
	key := strings.TrimSpace(string(data))
	if err := CheckKey(key); err != nil {
		return "", fmt.Errorf("read Mackerel's API key from %s: %w", path, err)
	}
	return key, nil
}

// CheckKey reports why a key cannot be one.
func CheckKey(key string) error {
	if key == "" {
		return errors.New("it is empty")
	}
	for _, c := range key {
		if c <= ' ' || c > '~' {
			return errors.New("it holds a space, a line break or a character beyond ASCII; it must hold the key alone")
		}
	}
	return nil
}

// CheckURL reports why a URL cannot be that of the API: the key would be lost, or sent
// in the clear to another machine.
func CheckURL(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return errors.New("is not a URL")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return errors.New("has a user name, a query or a fragment; write it like " + DefaultURL)
	case u.Host == "" || strings.Trim(u.Path, "/") != "":
		return errors.New("must be scheme and host only, like " + DefaultURL)
	case u.Scheme == "https":
		return nil
	case u.Scheme == "http" && (u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback()):
		return nil
	}
	return errors.New("must begin with https://, for the API key goes there")
}
