package promapi

import (
	"context"
	"errors"
	"net/url"

	"gopkg.in/yaml.v2"

	"github.com/shopslo/shopslo/slo"
)

const (
	configPath = "/api/v1/status/config"
	labelsPath = "/api/v1/labels"
	maxConfig  = 32 << 20 // bytes
	maxNames   = 8 << 20
)

// learn finds out, once, which labels the server adds to all that it gives by remote
// read and by no other path: the external labels of a Prometheus. They say who
// answered, and differ between the replicas of a pair. It is called after the first
// answer, which the collector holds.
func (s *Source) learn(ctx context.Context, c *collector, from, to int64) error {
	names, known, err := s.configured(ctx)
	if err == nil && !known {
		names, known, err = s.compared(ctx, c, from, to)
	}
	if err != nil {
		return err
	}
	s.names.Learn(names...)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.learnt = known
	return nil
}

// configured reads the external labels from the server's configuration; known is false
// where it does not show that, as behind some proxies.
func (s *Source) configured(ctx context.Context) (names []string, known bool, err error) {
	var reply struct {
		Status string
		Data   struct{ YAML string }
	}
	if s.http.getJSON(ctx, configPath, nil, maxConfig, &reply) != nil {
		return nil, false, ctx.Err()
	}
	var config struct {
		Global *struct {
			ExternalLabels map[string]string `yaml:"external_labels"`
		} `yaml:"global"`
	}
	if reply.Status != "success" || yaml.Unmarshal([]byte(reply.Data.YAML), &config) != nil || config.Global == nil {
		return nil, false, nil
	}
	for name := range config.Global.ExternalLabels {
		names = append(names, name)
	}
	return names, true, nil
}

// compared finds the labels that all series of the answer have, with one value, and that
// the server does not know by its other paths. An empty answer says nothing.
func (s *Source) compared(ctx context.Context, c *collector, from, to int64) (names []string, known bool, err error) {
	var common slo.Labels
	some := false
	for stream := range c.Streams {
		if !some {
			common, some = append(slo.Labels(nil), stream.Labels...), true
			continue
		}
		kept := common[:0]
		for _, l := range common {
			if stream.Labels.Get(l.Name) == l.Value {
				kept = append(kept, l)
			}
		}
		common = kept
	}
	if !some {
		return nil, false, nil
	}
	var reply struct {
		Status string
		Data   []string
	}
	query := url.Values{"start": {instant(from)}, "end": {instant(to)}}
	if err := s.http.getJSON(ctx, labelsPath, query, maxNames, &reply); err != nil {
		return nil, passing(err) == nil, passing(err)
	}
	there := map[string]bool{}
	for _, name := range reply.Data {
		there[name] = true
	}
	if !there[slo.MetricName] {
		return nil, true, nil // that is no list of all labels
	}
	for _, l := range common {
		if !there[l.Name] {
			names = append(names, l.Name)
		}
	}
	return names, true, nil
}

// passing keeps an error that may pass; another one means that the server does not tell.
func passing(err error) error {
	if errors.Is(err, slo.ErrUnavailable) || errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}
