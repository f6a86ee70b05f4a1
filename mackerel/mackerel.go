// Package mackerel keeps in Mackerel what belongs there: budgets as service metrics
// (Pusher), releases as graph annotations (Annotate). Monitors and dashboards have
// packages of their own below this one.
//
// What is sent survives failures: a post is kept in a folder until Mackerel has taken
// it, and sending it twice does no harm, since Mackerel keeps one value per name and
// time (https://mackerel.io/api-docs/entry/service-metrics). The API key is in no
// message.
package mackerel

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	api "github.com/mackerelio/mackerel-client-go"

	"github.com/shopslo/shopslo/internal/mackerelhttp"
	"github.com/shopslo/shopslo/slo"
)

// Client talks to one organization of Mackerel. Errors that wrap slo.ErrUnavailable
// may pass; others will come again.
type Client struct{ api *api.Client }

// New makes a client; it sends nothing yet.
func New(c mackerelhttp.Config) (*Client, error) {
	client, err := mackerelhttp.Open(c, slo.ErrUnavailable)
	if err != nil {
		return nil, err
	}
	return &Client{client}, nil
}

// Get reads a path such as /api/v0/monitors as it is: the client library drops what it
// does not know.
func (c *Client) Get(ctx context.Context, path string, query url.Values, into any) error {
	u := *c.api.BaseURL
	u.Path, u.RawQuery = path, query.Encode()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return err
	}
	return c.do(r, into)
}

// Send writes JSON to a path with a method, and reads the answer into into unless that
// is nil.
func (c *Client) Send(ctx context.Context, method, path string, body, into any) error {
	data, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	u := *c.api.BaseURL
	u.Path = path
	r, err := http.NewRequestWithContext(ctx, method, u.String(), strings.NewReader(string(data)))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	return c.do(r, into)
}

func (c *Client) do(r *http.Request, into any) error {
	resp, err := c.api.Request(r)
	if err != nil {
		return err // names method and URL
	}
	defer resp.Body.Close()
	if into == nil {
		return nil
	}
	return mackerelhttp.Decode(resp.Body, r.Method+" "+r.URL.Path, into)
}

// CheckService tells where the organization has no service of that name, and which it
// has: dashboards are made for services that do not exist, and stay empty.
func (c *Client) CheckService(ctx context.Context, name string) error {
	services, err := c.api.FindServicesContext(ctx)
	if err != nil {
		return fmt.Errorf("look for the service %s: %w", name, err)
	}
	var names []string
	for _, s := range services {
		names = append(names, s.Name)
	}
	if slices.Contains(names, name) {
		return nil
	}
	slices.Sort(names)
	return fmt.Errorf("there is no service %q in Mackerel, which has %s: make it there, or name another under mackerel, service", name, cmp.Or(strings.Join(names, ", "), "none"))
}

// PostServiceMetrics posts values of a service once. An error does not mean that
// nothing was written: the connection may have broken after that.
func (c *Client) PostServiceMetrics(ctx context.Context, service string, points []Point) error {
	values := make([]*api.MetricValue, len(points))
	for i, p := range points {
		values[i] = &api.MetricValue{Name: p.Name, Time: p.Time, Value: p.Value}
	}
	return c.api.PostServiceMetricValuesContext(ctx, service, values)
}
