package promtsdb

import (
	"slices"
	"testing"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/source/sourcetest"
)

func TestStoredReadsTheSameAndHoldsNothing(t *testing.T) {
	d := openStore(t, t.TempDir(), Config{})
	for i := range 3 {
		if err := appendOne(t, d, i, start+1000, 1); err != nil {
			t.Fatal(err)
		}
	}
	r := slo.Request{Selectors: []slo.Selector{sourcetest.Sel(t, "m1")}, From: start, To: start + 1000}
	got, err := sourcetest.Collect(t.Context(), d.Stored(), r)
	if err != nil || len(got) != 1 {
		t.Errorf("%v, %v", got, err)
	}
	if n := len(d.tap.selectors); n != 0 {
		t.Errorf("%d selectors are held after looking", n)
	}
	names, err := d.Stored().Names(t.Context(), slo.MetricName, nil, start, start+1000)
	if err != nil || !slices.Equal(names, []string{"m0", "m1", "m2"}) {
		t.Errorf("%v, %v", names, err)
	}
	names, err = d.Stored().Names(t.Context(), slo.MetricName, slo.Selector{{Name: "i", Type: slo.Equal, Value: "2"}}, start, start+1000)
	if err != nil || !slices.Equal(names, []string{"m2"}) {
		t.Errorf("of i=2: %v, %v", names, err)
	}
}
