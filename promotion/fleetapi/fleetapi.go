// Package fleetapi asks the exporter what runs: its /api/v1/fleet, a fleet.Snapshot
// as JSON.
package fleetapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/shopslo/shopslo/fleet"
)

// Client asks one exporter. It is safe for concurrent use.
type Client struct {
	address string // of /api/v1/fleet
	http    *http.Client
}

// New makes a Client of an exporter at an address, with its path prefix if it has one.
// The HTTP client knows how the exporter is let in to and trusted; a redirect is an
// error.
func New(address string, client *http.Client) (*Client, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, errors.New("the exporter's address must be a URL like http://shopset-exporter:9877")
	}
	own := *client
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{address: u.JoinPath("api/v1/fleet").String(), http: &own}, nil
}

// largest bounds an answer: 64 MiB are some 60,000 ShopSets.
const largest = 64 << 20

// Fleet asks once. What the exporter does not know is unknown in the Snapshot; one that
// has not looked at the fleet yet gives a Snapshot without a time. The error is that of
// an exporter that cannot be reached, or gives an answer that is none.
func (c *Client) Fleet(ctx context.Context) (fleet.Snapshot, error) {
	var s fleet.Snapshot
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.address, nil)
	if err != nil {
		return s, fmt.Errorf("ask the exporter: %w", err)
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "shopslo")
	resp, err := c.http.Do(req)
	if err != nil {
		return s, fmt.Errorf("ask the exporter: %w", unwrapped(err))
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, largest+1))
	switch {
	case err != nil:
		return s, fmt.Errorf("ask the exporter: truncated response: %w", err)
	case resp.StatusCode != http.StatusOK:
		return s, fmt.Errorf("ask the exporter: returned %s%s", resp.Status, hint(resp.StatusCode))
	case len(body) > largest:
		return s, fmt.Errorf("ask the exporter: response exceeds %d MiB", largest>>20)
	}
	if err := s.UnmarshalJSON(body); err != nil { // json.Unmarshal would read it twice
		return fleet.Snapshot{}, fmt.Errorf("ask the exporter: %w; is this a shopset_exporter of the same version?", err)
	}
	return s, nil
}

// unwrapped leaves the address out of an error: who calls names it.
func unwrapped(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

func hint(status int) string {
	switch {
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return ": check user and password, or token"
	case status == http.StatusNotFound:
		return ": is this a shopset_exporter?"
	case status >= 300 && status < 400:
		return ": use the address it redirects to"
	}
	return ""
}
