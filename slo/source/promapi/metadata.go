package promapi

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"
)

const (
	metadataPath = "/api/v1/metadata"
	maxMetadata  = 4 << 20 // bytes, of one metric
	// keepMetadata is for how long an answer is used again.
	keepMetadata = 5 * time.Minute
)

// metadata remembers answers.
type metadata struct {
	mu    sync.Mutex
	known map[string]knownType
}

type knownType struct {
	text string
	at   time.Time
}

// MetricType is what the server's targets say of a metric: counter, gauge, histogram,
// summary, unknown (they say nothing clear), or "" where the server has no metadata of
// it. The series of a histogram or a summary, such as x_bucket and x_count of x, have
// its type. An error that wraps slo.ErrUnavailable may pass.
func (s *Source) MetricType(ctx context.Context, name string) (string, error) {
	if t, ok := s.metadata.get(name, s.http.now); ok {
		return t, nil
	}
	t, err := s.askType(ctx, name)
	if family, ok := familyOf(name); ok && t == "" && err == nil {
		if t, err = s.askType(ctx, family); !belongs(name, t) {
			t = ""
		}
	}
	if err = passing(err); err != nil {
		return "", fmt.Errorf("ask %s for the type of %s: %w", s.http.base, name, err)
	}
	s.metadata.put(name, t, s.http.now)
	return t, nil
}

func (s *Source) askType(ctx context.Context, name string) (string, error) {
	var reply struct {
		Data map[string][]struct{ Type string }
	}
	if err := s.http.getJSON(ctx, metadataPath, url.Values{"metric": {name}}, maxMetadata, &reply); err != nil {
		return "", passing(err)
	}
	t := ""
	for _, m := range reply.Data[name] {
		if t != "" && t != m.Type {
			return "unknown", nil // targets that disagree
		}
		t = m.Type
	}
	switch t {
	case "", "counter", "gauge", "histogram", "summary":
		return t, nil
	case "gaugehistogram", "info", "stateset":
		return "gauge", nil
	}
	return "unknown", nil
}

// familyOf is the metric that the metadata may be kept under: of the series of a
// histogram or a summary, and of OpenMetrics' counters.
func familyOf(name string) (string, bool) {
	for _, suffix := range []string{"_bucket", "_count", "_sum", "_total"} {
		if family, ok := strings.CutSuffix(name, suffix); ok && family != "" {
			return family, true
		}
	}
	return "", false
}

// belongs reports whether a family of this type has series of that name.
func belongs(name, kind string) bool {
	if strings.HasSuffix(name, "_total") {
		return kind == "counter"
	}
	return kind == "histogram" || kind == "summary" && !strings.HasSuffix(name, "_bucket")
}

func (m *metadata) get(name string, now func() time.Time) (string, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	t, ok := m.known[name]
	if !ok || now == nil || now().Sub(t.at) > keepMetadata {
		return "", false
	}
	return t.text, true
}

func (m *metadata) put(name, text string, now func() time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if now == nil {
		return
	}
	if m.known == nil || len(m.known) > 10_000 {
		m.known = map[string]knownType{}
	}
	m.known[name] = knownType{text, now()}
}
