package promtsdb

import (
	"slices"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/source/sourcetest"
)

// openStore opens a store in dir for the test.
func openStore(t testing.TB, dir string, c Config) *DB {
	t.Helper()
	d, err := Open(dir, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// toProm turns labels into Prometheus' own.
func toProm(ls slo.Labels) labels.Labels {
	b := labels.NewScratchBuilder(len(ls))
	for _, l := range ls {
		b.Add(l.Name, l.Value)
	}
	return b.Labels()
}

// appendData appends the samples in [from, to) in order of time, as a scraper
// does, a commit for each slice of time.
func appendData(t testing.TB, d *DB, data []sourcetest.Series, from, to, slice int64) {
	t.Helper()
	next := make([]int, len(data))
	for lo := from; lo < to; lo += slice {
		app := d.Appendable().Appender(t.Context())
		for i, s := range data {
			k, _ := slices.BinarySearch(s.T, lo)
			next[i] = max(next[i], k)
			for ; next[i] < len(s.T) && s.T[next[i]] < min(lo+slice, to); next[i]++ {
				if _, err := app.Append(0, toProm(s.Labels), s.T[next[i]], s.V[next[i]]); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := app.Commit(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestConformance(t *testing.T) {
	base := time.Now().Truncate(2 * time.Hour).Add(-8 * time.Hour).UnixMilli()
	end := base + sourcetest.Span.Milliseconds() + 1
	split := base + 4*time.Hour.Milliseconds()
	data := sourcetest.Data(base)
	t.Run("in the head", func(t *testing.T) {
		d := openStore(t, t.TempDir(), Config{ReplicaLabels: []string{"prometheus_replica"}})
		appendData(t, d, data, base, end, 600_000)
		sourcetest.Run(t, sourcetest.Backend{Source: d, Base: base})
	})
	t.Run("in a block and the head", func(t *testing.T) {
		dir := t.TempDir()
		sourcetest.WriteBlock(t, dir, append(sourcetest.Native(base), data...), base, split)
		d := openStore(t, dir, Config{ReplicaLabels: []string{"prometheus_replica"}})
		appendData(t, d, data, split, end, 600_000)
		sourcetest.Run(t, sourcetest.Backend{Source: d, Base: base, Native: true})
	})
	t.Run("in overlapping blocks", func(t *testing.T) {
		dir := t.TempDir()
		sourcetest.WriteBlock(t, dir, data, base, split+3_600_000)
		sourcetest.WriteBlock(t, dir, data, split, end)
		d := openStore(t, dir, Config{ReplicaLabels: []string{"prometheus_replica"}})
		sourcetest.Run(t, sourcetest.Backend{Source: d, Base: base})
	})
	t.Run("after a restart", func(t *testing.T) {
		dir := t.TempDir()
		d, err := Open(dir, Config{ReplicaLabels: []string{"prometheus_replica"}})
		if err != nil {
			t.Fatal(err)
		}
		appendData(t, d, data, base, end, 600_000)
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		sourcetest.Run(t, sourcetest.Backend{Source: openStore(t, dir, Config{ReplicaLabels: []string{"prometheus_replica"}}), Base: base})
	})
}
