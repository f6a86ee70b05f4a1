// Package promalerts asks Prometheus, or an Alertmanager, which alerts fire.
//
// That nothing fires is believed only where something could: a Prometheus without any
// alerting rule, or an Alertmanager that knows no alert at all, not even one that always
// fires, is an error. API of Prometheus: prometheus.io/docs/prometheus/latest/querying/api;
// of Alertmanager: its api/v2/openapi.yaml.
package promalerts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/shopslo/shopslo/promotion"
)

// Client asks one server. It is safe for concurrent use.
type Client struct {
	base         *url.URL
	alertmanager bool
	http         *http.Client
}

// New makes a Client of a server at an address, with its path prefix if it has one. The
// HTTP client knows how the server is let in to and trusted; a redirect is an error.
func New(address string, alertmanager bool, client *http.Client) (*Client, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, errors.New("the alerts address must be a URL like http://prometheus:9090")
	}
	own := *client
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{base: u, alertmanager: alertmanager, http: &own}, nil
}

// Firing gives the alerts that fire now, silenced ones marked. None means that none
// fires. The error is that of a server that cannot be reached, gives an answer that is
// none, or could not know.
func (c *Client) Firing(ctx context.Context) ([]promotion.Alert, error) {
	if c.alertmanager {
		return c.ofAlertmanager(ctx)
	}
	return c.ofPrometheus(ctx)
}

func (c *Client) ofPrometheus(ctx context.Context) ([]promotion.Alert, error) {
	body, err := c.get(ctx, "api/v1/rules", url.Values{"type": {"alert"}})
	if err != nil {
		return nil, err
	}
	if err := someRule(body); err != nil {
		return nil, err
	}
	if body, err = c.get(ctx, "api/v1/alerts", nil); err != nil {
		return nil, err
	}
	return decodePrometheus(body)
}

func (c *Client) ofAlertmanager(ctx context.Context) ([]promotion.Alert, error) {
	body, err := c.get(ctx, "api/v2/alerts", nil)
	if err != nil {
		return nil, err
	}
	return decodeAlertmanager(body)
}

// envelope is around every answer of Prometheus' API.
type envelope[T any] struct {
	Status string `json:"status"`
	Error  string `json:"error"`
	Data   *T     `json:"data"`
}

func open[T any](body []byte) (*T, error) {
	var e envelope[T]
	switch err := json.Unmarshal(body, &e); {
	case err != nil:
		return nil, fmt.Errorf("read alerts: %w; is this a Prometheus?", err)
	case e.Status != "success" || e.Data == nil:
		return nil, fmt.Errorf("read alerts: the server returned %q %s", e.Status, shortened(e.Error))
	}
	return e.Data, nil
}

// someRule is an error where no alerting rule is loaded.
func someRule(body []byte) error {
	rules, err := open[struct {
		Groups []struct {
			Rules []struct {
				Type string `json:"type"`
			} `json:"rules"`
		} `json:"groups"`
	}](body)
	if err != nil {
		return err
	}
	for _, g := range rules.Groups {
		for _, r := range g.Rules {
			if r.Type == "alerting" {
				return nil
			}
		}
	}
	return errors.New("read alerts: the server has no alerting rules")
}

// decodePrometheus reads the answer of /api/v1/alerts. Pending alerts do not fire yet.
func decodePrometheus(body []byte) ([]promotion.Alert, error) {
	in, err := open[struct {
		Alerts *[]struct {
			Labels   map[string]string `json:"labels"`
			State    string            `json:"state"`
			ActiveAt time.Time         `json:"activeAt"`
		} `json:"alerts"`
	}](body)
	if err != nil {
		return nil, err
	}
	if in.Alerts == nil {
		return nil, errors.New(`read alerts: "alerts" is missing; is this a Prometheus?`)
	}
	var out []promotion.Alert
	for _, a := range *in.Alerts {
		switch a.State {
		case "firing":
			out = append(out, promotion.Alert{Name: a.Labels["alertname"], Labels: a.Labels, Since: a.ActiveAt.UTC()})
		case "pending", "inactive":
		default:
			return nil, fmt.Errorf("read alerts: %s has unknown state %q", a.Labels["alertname"], a.State)
		}
	}
	return out, nil
}

// decodeAlertmanager reads the answer of /api/v2/alerts.
func decodeAlertmanager(body []byte) ([]promotion.Alert, error) {
	var in []struct {
		Labels   map[string]string `json:"labels"`
		StartsAt time.Time         `json:"startsAt"`
		Status   struct {
			State string `json:"state"`
		} `json:"status"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, fmt.Errorf("read alerts: %w; is this an Alertmanager?", err)
	}
	if len(in) == 0 {
		return nil, errors.New("read alerts: the Alertmanager has no alerts at all, so it may not be receiving any; add an always-firing rule such as Watchdog")
	}
	var out []promotion.Alert
	for _, a := range in {
		switch a.Status.State {
		case "active", "unprocessed", "suppressed":
			out = append(out, promotion.Alert{Name: a.Labels["alertname"], Labels: a.Labels, Since: a.StartsAt.UTC(), Silenced: a.Status.State == "suppressed"})
		default:
			return nil, fmt.Errorf("read alerts: %s has unknown state %q", a.Labels["alertname"], a.Status.State)
		}
	}
	return out, nil
}

// largest bounds an answer.
const largest = 32 << 20

func (c *Client) get(ctx context.Context, path string, q url.Values) ([]byte, error) {
	u := c.base.JoinPath(path)
	u.RawQuery = q.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", path, err)
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "shopslo")
	resp, err := c.http.Do(req)
	if err != nil {
		if u, ok := errors.AsType[*url.Error](err); ok {
			err = u.Err // the rest of it is the address, which the caller names
		}
		return nil, fmt.Errorf("ask %s: %w", path, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, largest+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("ask %s: truncated response: %w", path, err)
	case resp.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("ask %s: returned %s%s", path, resp.Status, hint(resp.StatusCode))
	case len(body) > largest:
		return nil, fmt.Errorf("ask %s: response exceeds %d MiB", path, largest>>20)
	}
	return body, nil
}

// hint is what to do about an answer that is none; the keys are those of gate.alerts.
func hint(status int) string {
	switch {
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return ": check user and password, or token"
	case status == http.StatusNotFound:
		return ": check the address, and whether kind says prometheus or alertmanager"
	case status >= 300 && status < 400:
		return ": use the address it redirects to"
	}
	return ""
}

func shortened(text string) string {
	if r := []rune(text); len(r) > 200 {
		return string(r[:200]) + "…"
	}
	return text
}
