package promapi

import (
	"context"
	"fmt"
	"net/url"
	"sync"
	"time"

	"github.com/shopslo/shopslo/slo/source/promseries"
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
// its type. An error wraps slo.ErrUnavailable: it may pass.
func (s *Source) MetricType(ctx context.Context, name string) (string, error) {
	if t, ok := s.metadata.get(name, s.http.now); ok {
		return t, nil
	}
	t, err := promseries.TypeOf(name, func(name string) (types []string, err error) {
		var reply struct {
			Data map[string][]struct{ Type string }
		}
		err = s.http.getJSON(ctx, metadataPath, url.Values{"metric": {name}}, maxMetadata, &reply)
		for _, m := range reply.Data[name] {
			types = append(types, m.Type)
		}
		return types, passing(err)
	})
	if err != nil {
		return "", fmt.Errorf("ask %s for the type of %s: %w", s.http.base, name, err)
	}
	if t != "" { // the metric may be scraped any time now
		s.metadata.put(name, t, s.http.now)
	}
	return t, nil
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
