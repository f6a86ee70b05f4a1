package sourcetest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/shopslo/shopslo/slo"
)

// Memory is the plainest Source: samples in memory, filtered one by one. It has
// no PromQL. It is safe for concurrent use once Data stands.
type Memory struct {
	Data []Series

	mu   sync.Mutex
	refs map[string]uint64
}

// Select implements Source.
func (m *Memory) Select(ctx context.Context, r slo.Request, f func([]slo.Series) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	var out []slo.Series
	for name, s := range Expected(m.Data, r) {
		out = append(out, slo.Series{Ref: m.ref(name), Labels: s.Labels, Samples: &plain{s.T, s.V}})
	}
	return f(out)
}

// Eval implements Source: it is not there.
func (m *Memory) Eval(context.Context, string, int64, int64, time.Duration, func([]slo.Series) error) error {
	return errors.New("the memory source has no PromQL")
}

func (m *Memory) ref(name string) uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.refs == nil {
		m.refs = map[string]uint64{}
	}
	if m.refs[name] == 0 {
		m.refs[name] = uint64(len(m.refs) + 1)
	}
	return m.refs[name]
}

// plain reads slices.
type plain struct {
	t []int64
	v []float64
}

// Read implements slo.Samples.
func (p *plain) Read(t []int64, v []float64) (int, error) {
	n := copy(t, p.t)
	copy(v[:n], p.v)
	p.t, p.v = p.t[n:], p.v[n:]
	return n, nil
}

// Clone copies the samples, so that a test can change them.
func (s Series) Clone() Series {
	return Series{slices.Clone(s.Labels), slices.Clone(s.T), slices.Clone(s.V), s.Native}
}
