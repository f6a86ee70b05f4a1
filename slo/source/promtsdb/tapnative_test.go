package promtsdb

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/source/sourcetest"
)

// growingHistogram is one that grows, is reset, and halves its resolution now and then.
type growingHistogram struct {
	schema  int32
	buckets [4]int64 // indexes −20 … −17
}

func (g *growingHistogram) next(r *rand.Rand) *histogram.Histogram {
	switch r.IntN(12) {
	case 0:
		g.schema = max(g.schema-1, 0)
	case 1:
		*g = growingHistogram{schema: 3}
	}
	h := &histogram.Histogram{Schema: g.schema, PositiveSpans: []histogram.Span{{Offset: -20 >> (3 - g.schema), Length: 4}}}
	before := int64(0)
	for i := range g.buckets {
		g.buckets[i] += int64(r.IntN(5))
		h.PositiveBuckets, before = append(h.PositiveBuckets, g.buckets[i]-before), g.buckets[i]
		h.Count += uint64(g.buckets[i])
	}
	return h
}

func TestTapAnswersNativeHistogramsAsTheStoreDoes(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 5))
	d := openStore(t, t.TempDir(), Config{})
	selectors := []slo.Selector{sourcetest.Sel(t, "lat_count"), sourcetest.Sel(t, "lat_bucket", "le", "=", "0.2"), sourcetest.Sel(t, "lat_bucket", "le", "=", "0.5")}
	all := make([]growingHistogram, 6)
	for i := range all {
		all[i].schema = 3
	}
	held, bases, now, consumed := 0, 0, start, start
	for range 300 {
		now += 15_000
		app := d.Appendable().Appender(t.Context())
		for i := range all {
			ls := labels.FromStrings("__name__", "lat", "i", string(rune('a'+i)))
			var err error
			switch h := all[i].next(r); {
			case r.IntN(20) == 0:
				_, err = app.Append(0, ls, now, math.Float64frombits(slo.StaleNaN))
			case i%2 == 0:
				_, err = app.AppendHistogram(0, ls, now, h, nil)
			default:
				_, err = app.AppendHistogram(0, ls, now, nil, h.ToFloat(nil))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := app.Commit(); err != nil {
			t.Fatal(err)
		}
		if r.IntN(3) > 0 {
			continue
		}
		req := slo.Request{Selectors: selectors, From: consumed, To: now}
		want := stored(t, d, req)
		if got, ok := tapped(t, d, req); ok {
			held++
			if diff := sourcetest.Diff(got, want); diff != "" {
				t.Fatal(diff)
			}
			for _, s := range got {
				for _, v := range s.V {
					if _, base := slo.BaseOf(v); base {
						bases++
					}
				}
			}
		}
		d.tap.consumed(selectors, now)
		consumed = now
	}
	if held < 50 || bases < 20 {
		t.Errorf("%d answers of the tap, with %d bases", held, bases)
	}
}
