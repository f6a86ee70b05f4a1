package incidentapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/internal/ask"
)

// Client asks one incidentbot. It is safe for concurrent use.
type Client struct {
	address *url.URL // of /api/v1/incidents
	server  ask.Server
}

// NewClient makes a Client of an incidentbot at an address, with its path prefix if it
// has one. The HTTP client knows how it is let in to and trusted, and when to give up; a
// redirect is an error.
func NewClient(address string, client *http.Client) (*Client, error) {
	u, err := ask.Address(address)
	if err != nil {
		return nil, errors.New("the incidentbot's address is not a URL like http://incidentbot:8080")
	}
	return &Client{address: u.JoinPath("api/v1/incidents"),
		server: ask.Server{Client: client, Most: largest, Denied: "check the token", Missing: "is this an incidentbot?"}}, nil
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
	i, err := parseOne(body)
	if err == nil && i.ID != id {
		err = fmt.Errorf("it answers about %q, and not %q", i.ID, id)
	}
	if err != nil {
		return incident.Incident{}, fmt.Errorf("ask the incidentbot: %w", err)
	}
	return i, nil
}

func (c *Client) get(ctx context.Context, address string) ([]byte, error) {
	body, err := c.server.Get(ctx, address)
	if status, ok := errors.AsType[*ask.StatusError](err); ok && status.Status == http.StatusNotFound && own(status.Body) {
		err = fmt.Errorf("incident: %w", incident.ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("ask the incidentbot: %w", err)
	}
	return body, nil
}

// own reports whether a "not found" is the API's, and not that of another server.
func own(body []byte) bool {
	var problem struct{ Error string }
	return json.Unmarshal(body, &problem) == nil && strings.HasPrefix(problem.Error, noIncident)
}
