// Package promalerts asks Prometheus, or an Alertmanager, which alerts fire, and
// whether more could.
//
// That nothing fires is believed only where something could: a Prometheus without any
// alerting rule, or an Alertmanager that knows no alert at all, not even one that always
// fires, is an error. How the rules do is for the caller to judge. API of Prometheus: prometheus.io/docs/prometheus/latest/querying/api;
// of Alertmanager: its api/v2/openapi.yaml.
package promalerts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/shopslo/shopslo/internal/ask"
	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/promotion"
)

// Client asks one server. It is safe for concurrent use.
type Client struct {
	base         *url.URL
	alertmanager bool
	server       ask.Server
}

// New makes a Client of a server at an address, with its path prefix if it has one. The
// HTTP client knows how the server is let in to and trusted; a redirect is an error.
func New(address string, alertmanager bool, client *http.Client) (*Client, error) {
	u, err := ask.Address(address)
	if err != nil {
		return nil, errors.New("the alerts address must be a URL like http://prometheus:9090")
	}
	return &Client{base: u, alertmanager: alertmanager, server: ask.Server{Client: client, Most: largest,
		Denied: "check user and password, or token", Missing: "check the address, and whether kind says prometheus or alertmanager"}}, nil
}

// Firing gives the alerts that fire now, silenced and inhibited ones marked, and the
// alerting rules; an Alertmanager knows none. No alert means that none fires. The error
// is that of a server that cannot be reached, gives an answer that is none, or could not
// know.
func (c *Client) Firing(ctx context.Context) ([]promotion.Alert, []promotion.AlertRule, error) {
	if c.alertmanager {
		alerts, err := c.ofAlertmanager(ctx)
		return alerts, nil, err
	}
	return c.ofPrometheus(ctx)
}

func (c *Client) ofPrometheus(ctx context.Context) ([]promotion.Alert, []promotion.AlertRule, error) {
	body, err := c.get(ctx, "api/v1/rules", url.Values{"type": {"alert"}})
	if err != nil {
		return nil, nil, err
	}
	rules, fires, err := decodeRules(body)
	if err != nil {
		return nil, nil, err
	}
	if body, err = c.get(ctx, "api/v1/alerts", nil); err != nil {
		return nil, nil, err
	}
	alerts, err := decodePrometheus(body)
	if err != nil {
		return nil, nil, err
	}
	for i := range rules {
		r := &rules[i]
		if fires[r.Name] && r.Error == "" && !slices.ContainsFunc(alerts, func(a promotion.Alert) bool { return a.Name == r.Name }) {
			r.Error = "it is said to be firing, and none of its alerts is told"
		}
	}
	return alerts, rules, nil
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
	// Warnings are what a server has that asks others, such as Thanos, where one of those does
	// not answer.
	Warnings []string `json:"warnings"`
}

func open[T any](body []byte) (*T, error) {
	var e envelope[T]
	switch err := json.Unmarshal(body, &e); {
	case err != nil:
		return nil, fmt.Errorf("read alerts: %w; is this a Prometheus?", err)
	case e.Status != "success" || e.Data == nil:
		return nil, fmt.Errorf("read alerts: the server returned %q %s", e.Status, text.Cut(e.Error, 200))
	case len(e.Warnings) > 0:
		return nil, fmt.Errorf("read alerts: the answer may be partial: %s", text.Cut(strings.Join(e.Warnings, "; "), 200))
	}
	return e.Data, nil
}

// decodeRules reads the alerting rules of the answer of /api/v1/rules, and of which some alert
// fires; none is an error.
func decodeRules(body []byte) (out []promotion.AlertRule, fires map[string]bool, err error) {
	in, err := open[struct {
		Groups []struct {
			Rules []struct {
				Type           string            `json:"type"`
				Name           string            `json:"name"`
				Labels         map[string]string `json:"labels"`
				State          string            `json:"state"`
				Health         string            `json:"health"`
				LastError      string            `json:"lastError"`
				LastEvaluation time.Time         `json:"lastEvaluation"` // year 1: never
			} `json:"rules"`
		} `json:"groups"`
	}](body)
	if err != nil {
		return nil, nil, err
	}
	fires = map[string]bool{}
	for _, g := range in.Groups {
		for _, r := range g.Rules {
			if r.Type == "alerting" {
				fires[r.Name] = fires[r.Name] || r.State == "firing"
				out = append(out, promotion.AlertRule{Name: r.Name, Labels: r.Labels, Health: r.Health, Error: text.Cut(r.LastError, 200), EvaluatedAt: r.LastEvaluation.UTC()})
			}
		}
	}
	if out == nil {
		return nil, nil, errors.New("read alerts: the server has no alerting rules")
	}
	return out, fires, nil
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

// decodeAlertmanager reads the answer of /api/v2/alerts. Only what somebody has silenced
// is silenced: what is suppressed because of another alert, or at this time of the day,
// fires.
func decodeAlertmanager(body []byte) ([]promotion.Alert, error) {
	var in []struct {
		Labels      map[string]string `json:"labels"`
		Fingerprint string            `json:"fingerprint"`
		StartsAt    time.Time         `json:"startsAt"`
		UpdatedAt   time.Time         `json:"updatedAt"`
		Status      struct {
			State       string   `json:"state"`
			SilencedBy  []string `json:"silencedBy"`
			InhibitedBy []string `json:"inhibitedBy"`
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
			out = append(out, promotion.Alert{Name: a.Labels["alertname"], Labels: a.Labels, Since: a.StartsAt.UTC(), Silenced: len(a.Status.SilencedBy) > 0,
				Fingerprint: a.Fingerprint, InhibitedBy: a.Status.InhibitedBy, UpdatedAt: a.UpdatedAt.UTC()})
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
	body, err := c.server.Get(ctx, u.String())
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", path, err)
	}
	return body, nil
}
