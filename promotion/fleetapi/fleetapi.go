// Package fleetapi asks the exporter what runs: its /api/v1/fleet, a fleet.Snapshot
// as JSON.
package fleetapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/go-json-experiment/json"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/ask"
)

// Client asks one exporter. It is safe for concurrent use.
type Client struct {
	address string // of /api/v1/fleet
	server  ask.Server
}

// New makes a Client of an exporter at an address, with its path prefix if it has one.
// The HTTP client knows how the exporter is let in to and trusted; a redirect is an
// error.
func New(address string, client *http.Client) (*Client, error) {
	u, err := ask.Address(address)
	if err != nil {
		return nil, errors.New("the exporter's address must be a URL like http://shopset-exporter:9877")
	}
	return &Client{address: u.JoinPath("api/v1/fleet").String(),
		server: ask.Server{Client: client, Most: largest, Denied: "check user and password, or token", Missing: "is this a shopset_exporter?"}}, nil
}

// largest bounds an answer: 64 MiB are some 60,000 ShopSets.
const largest = 64 << 20

// Fleet asks once. What the exporter does not know is unknown in the Snapshot; one that
// has not looked at the fleet yet gives a Snapshot without a time. The error is that of
// an exporter that cannot be reached, or gives an answer that is none.
func (c *Client) Fleet(ctx context.Context) (fleet.Snapshot, error) {
	var s fleet.Snapshot
	body, err := c.server.Get(ctx, c.address)
	if err != nil {
		return s, fmt.Errorf("ask the exporter: %w", err)
	}
	if err := s.Decode(body, func(data []byte, v any) error { return json.Unmarshal(data, v) }); err != nil { // takes half the time
		return fleet.Snapshot{}, fmt.Errorf("ask the exporter: %w; is this a shopset_exporter of the same version?", err)
	}
	return s, nil
}
