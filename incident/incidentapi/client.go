package incidentapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/shopslo/shopslo/incident"
)

// Client asks one incidentbot. It is safe for concurrent use.
type Client struct {
	address *url.URL // of /api/v1/incidents
	http    *http.Client
}

// NewClient makes a Client of an incidentbot at an address, with its path prefix if it
// has one. The HTTP client knows how it is let in to and trusted, and when to give up; a
// redirect is an error.
func NewClient(address string, client *http.Client) (*Client, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, errors.New("the incidentbot's address is not a URL like http://incidentbot:8080")
	}
	own := *client
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{address: u.JoinPath("api/v1/incidents"), http: &own}, nil
}

// largest bounds an answer: 64 MiB are some 60,000 incidents without their timelines.
const largest = 64 << 20

// Ongoing gives the incidents whose cause is still there, newest first. None is an empty
// list; the error is that of a bot that cannot be reached, lets nobody in, or gives an
// answer that is none: then nobody knows.
func (c *Client) Ongoing(ctx context.Context) ([]incident.Incident, error) {
	all, err := c.list(ctx, url.Values{"ongoing": {"true"}})
	if err != nil {
		return nil, err
	}
	ongoing := all[:0]
	for _, i := range all {
		if i.State.Ongoing() {
			ongoing = append(ongoing, i)
		}
	}
	return ongoing, nil
}

// Incidents gives all that are ongoing, or were at or after since, or changed then; zero:
// all. Their timelines hold the moves between states only. Newest first; else as Ongoing.
func (c *Client) Incidents(ctx context.Context, since time.Time) ([]incident.Incident, error) {
	query := url.Values{}
	if !since.IsZero() {
		query.Set("since", since.UTC().Format(time.RFC3339Nano))
	}
	return c.list(ctx, query)
}

func (c *Client) list(ctx context.Context, query url.Values) ([]incident.Incident, error) {
	u := *c.address
	u.RawQuery = query.Encode()
	body, err := c.get(ctx, u.String())
	if err != nil {
		return nil, err
	}
	all, err := ParseList(body)
	if err != nil {
		return nil, fmt.Errorf("ask the incidentbot: %w", err)
	}
	return all, nil
}

// Incident gives one with all of its timeline. The error wraps incident.ErrNotFound where
// there is none; else as of Ongoing.
func (c *Client) Incident(ctx context.Context, id string) (incident.Incident, error) {
	body, err := c.get(ctx, c.address.JoinPath(url.PathEscape(id)).String())
	if err != nil {
		return incident.Incident{}, err
	}
	i, err := ParseOne(body)
	if err == nil && i.ID != id {
		err = fmt.Errorf("it answers about %q, and not %q", i.ID, id)
	}
	if err != nil {
		return incident.Incident{}, fmt.Errorf("ask the incidentbot: %w", err)
	}
	return i, nil
}

func (c *Client) get(ctx context.Context, address string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fmt.Errorf("ask the incidentbot: %w", err)
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "shopslo")
	resp, err := c.http.Do(req)
	if err != nil {
		if u, ok := errors.AsType[*url.Error](err); ok {
			err = u.Err // who calls names the address
		}
		return nil, fmt.Errorf("ask the incidentbot: %w", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, largest+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("ask the incidentbot: the answer broke off: %w", err)
	case resp.StatusCode == http.StatusNotFound && own(body):
		return nil, fmt.Errorf("ask the incidentbot: incident: %w", incident.ErrNotFound)
	case resp.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("ask the incidentbot: it answers %s%s", resp.Status, hint(resp.StatusCode))
	case len(body) > largest:
		return nil, fmt.Errorf("ask the incidentbot: its answer is longer than %d MiB", largest>>20)
	}
	return body, nil
}

// own reports whether a "not found" is the API's, and not that of another server.
func own(body []byte) bool {
	var problem struct{ Error string }
	return json.Unmarshal(body, &problem) == nil && strings.HasPrefix(problem.Error, noIncident)
}

func hint(status int) string {
	switch {
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return ": check the token"
	case status == http.StatusNotFound:
		return ": is this an incidentbot?"
	case status >= 300 && status < 400:
		return ": give the address that it points to"
	}
	return ""
}
