// Package ask gets an answer from another server over HTTP: in whole or not at all, up to a
// bound, within a time, and from no other server than the one that was named. It uses nothing
// else of the module.
package ask

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// timeout ends a question that neither its context nor its client bounds.
const timeout = 30 * time.Second

// Server is one that is asked. The zero value has a plain client, and takes no answer.
type Server struct {
	// Client knows how it is let in to and trusted, and when to give up; nil: a plain one.
	Client *http.Client
	// Most bounds an answer, in bytes.
	Most int64
	// Denied and Missing are what to do about an answer of 401 or 403, and of 404.
	Denied, Missing string
}

// StatusError is an answer other than 200. Its message begins with "returned" and ends with
// what to do.
type StatusError struct {
	Status int
	Body   []byte // as much as was read of it
	text   string
}

func (e *StatusError) Error() string { return e.text }

// Address reads the URL of a server, http or https, with its path prefix if it has one. An
// error has no part of it, which may be a secret.
func Address(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, errors.New("it is not a URL with http or https and a host")
	}
	return u, nil
}

// Get asks for JSON; see Do.
func (s Server) Get(ctx context.Context, address string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, bare(err)
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "shopslo")
	return s.Do(req)
}

// Do sends a request, and gives the answer to it with status 200. A redirect, which would
// send a password or a token on, is a *StatusError as every other status. Errors do not name
// the address: who asks does.
func (s Server) Do(req *http.Request) ([]byte, error) {
	client := Staying(s.Client)
	if _, ends := req.Context().Deadline(); !ends && client.Timeout == 0 {
		client.Timeout = timeout
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, bare(err)
	}
	defer resp.Body.Close()
	body, err := whole(resp, s.Most)
	if resp.StatusCode != http.StatusOK {
		return nil, &StatusError{resp.StatusCode, body, "returned " + resp.Status + s.hint(resp.StatusCode)}
	}
	return body, err
}

func (s Server) hint(status int) string {
	what := ""
	switch {
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		what = s.Denied
	case status == http.StatusNotFound:
		what = s.Missing
	case status >= 300 && status < 400:
		what = "use the address it redirects to"
	}
	if what == "" {
		return ""
	}
	return ": " + what
}

// whole reads all of an answer, or where it is cut short or has more bytes than most, nothing.
func whole(resp *http.Response, most int64) ([]byte, error) {
	body, err := Body(resp, most)
	switch {
	case err != nil:
		return nil, fmt.Errorf("truncated response: %w", err)
	case int64(len(body)) > most:
		return nil, fmt.Errorf("response exceeds %d MiB", most>>20)
	}
	return body, nil
}

// believed is how many bytes are made room for at once where an answer says that it has so many.
const believed = 16 << 20

// Body reads an answer up to one byte more than most, into one piece of memory where the
// answer says how long it is. With an error what was read is only the beginning.
func Body(resp *http.Response, most int64) ([]byte, error) {
	var b bytes.Buffer
	if n := min(resp.ContentLength, most, believed); n > 0 {
		b.Grow(int(n) + bytes.MinRead)
	}
	_, err := b.ReadFrom(io.LimitReader(resp.Body, most+1))
	return b.Bytes(), err
}

// Staying is a copy of a client, nil being a plain one, that follows no redirect: it gives
// the redirect as the answer.
func Staying(client *http.Client) *http.Client {
	own := http.Client{}
	if client != nil {
		own = *client
	}
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &own
}

// bare leaves the address out of an error.
func bare(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}
