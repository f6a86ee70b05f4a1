package promtsdb

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/source/sourcetest"
)

func TestKeepsWhenCountersWereCreated(t *testing.T) {
	d := openStore(t, t.TempDir(), Config{})
	read := func(from int64) string {
		got, err := sourcetest.Collect(t.Context(), d, slo.Request{Selectors: []slo.Selector{sourcetest.Sel(t, "", slo.MetricName, "=~", ".*_created")}, From: from, To: from + 100_000})
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]bool{}
		for _, s := range got {
			out[fmt.Sprint(s.Labels, " ", s.V)] = true
		}
		return strings.Join(slices.Sorted(maps.Keys(out)), "\n")
	}
	read(start) // what comes from here on is held in memory
	scrape := func(at, created int64) {
		app := d.Appendable().Appender(t.Context())
		add := func(of ...string) {
			ls := labels.FromStrings(append(of, "i", "1")...)
			ref, err := app.AppendCTZeroSample(0, ls, at, created)
			if err == nil {
				_, err = app.Append(ref, ls, at, 7)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		add("__name__", "x_total")
		add("__name__", "y")
		add("__name__", "lat_count")
		add("__name__", "lat_sum")
		add("__name__", "lat_bucket", "le", "1")
		add("__name__", "q", "quantile", "0.5")
		native := labels.FromStrings("__name__", "native", "i", "1")
		h := &histogram.Histogram{Count: 1, ZeroCount: 1}
		ref, err := app.AppendHistogramCTZeroSample(0, native, at, created, h, nil)
		if err == nil {
			_, err = app.AppendHistogram(ref, native, at, h, nil)
		}
		if err == nil {
			err = app.Commit()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	scrape(start+15_000, start-2500)
	scrape(start+30_000, start-2500)
	scrape(start+45_000, start+31_000)
	want := ""
	for _, name := range []string{"lat", "native", "x", "y"} {
		want += fmt.Sprintf("%s_created{i=%q} [1.7899999975e+09 1.7899999975e+09 1.790000031e+09]\n", name, "1")
	}
	want = strings.TrimSpace(want)
	if got := read(start); got != want { // from memory
		t.Errorf("%s\nwant\n%s", got, want)
	}
	if got := read(start - 1); got != want { // from the store
		t.Errorf("from the store: %s\nwant\n%s", got, want)
	}
}

func TestNoCreatedTimesBesideAConversion(t *testing.T) {
	parse := func(jobs string) *Scrape {
		s, err := ParseScrape([]byte("scrape_configs:\n"+jobs), ".")
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	native, converted := "- {job_name: a, scrape_native_histograms: true}\n", "- {job_name: b, convert_classic_histograms_to_nhcb: true}\n"
	for jobs, want := range map[string]bool{native: true, converted: false, native + converted: false, "- {job_name: c}\n": false} {
		if got := parse(jobs).tellsCreated(); got != want {
			t.Errorf("%v for\n%s", got, jobs)
		}
	}
	r := scraping{created: true}
	if err := r.apply(parse(converted)); err == nil || !strings.Contains(err.Error(), "restart to take that over") {
		t.Error(err)
	}
}
