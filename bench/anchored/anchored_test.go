package main

import (
	"math"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/tsdb"
)

const (
	hour  = int64(3600_000)
	begin = 2000 * hour
	day   = 24 * hour
)

// fill writes a block: a pod that was there before the window and restarts in it
// without a fall of any value, and a pod that comes in the window, whose failed
// requests begin an hour later.
func fill(t *testing.T, dir string) {
	t.Helper()
	db, err := open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	app := db.Appender(t.Context())
	add := func(at int64, v float64, all ...string) {
		t.Helper()
		if _, err := app.Append(0, labels.FromStrings(all...), at, v); err != nil {
			t.Fatal(err)
		}
	}
	requests := func(at int64, pod, code string, v float64) {
		add(at, v, "__name__", "http_requests_total", "component", "cart", "shopset", "shop", "instance", pod, "code", code)
	}
	for i := range int64(3 * 120) {
		at := begin + 7 + i*interval
		started := float64(begin/1000 - 5000)
		if i >= 200 {
			started = float64(at-(i-200)*interval-10_000) / 1000
		}
		add(at, started, "__name__", "process_start_time_seconds", "instance", "old")
		if i < 200 {
			requests(at, "old", "200", 100)
		} else {
			requests(at, "old", "200", 150) // all of them new
		}
		if i >= 120 {
			add(at, float64(begin+7+120*interval-20_000)/1000, "__name__", "process_start_time_seconds", "instance", "new")
			requests(at, "new", "200", 10)
		}
		if i >= 240 {
			requests(at, "new", "500", 2)
		}
	}
	requests(begin+7+3*120*interval, "new", "500", math.Float64frombits(value.StaleNaN))
	if err := app.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := db.CompactHead(tsdb.NewRangeHead(db.Head(), begin, begin+4*hour-1)); err != nil {
		t.Fatal(err)
	}
}

func TestStartTimestampsTellWhatAnchoredCannotSee(t *testing.T) {
	plain, stamped := t.TempDir(), filepath.Join(t.TempDir(), "blocks")
	fill(t, plain)
	db, err := open(plain)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := writeStarts(t.Context(), db, stamped); err != nil {
		t.Fatal(err)
	}
	starts, err := open(stamped)
	if err != nil {
		t.Fatal(err)
	}
	defer starts.Close()
	// A window that begins in the middle of the first hour.
	at := time.UnixMilli(begin + hour/2 + day)
	for _, x := range []struct {
		name string
		db   *tsdb.DB
		use  bool
		want counts
	}{
		{"anchored", db, false, counts{Total: 50, Bad: 0}},
		{"with start timestamps", starts, true, counts{Total: 150 + 10 + 2, Bad: 2}},
		{"with start timestamps that are not used", starts, false, counts{Total: 50, Bad: 0}},
	} {
		a, err := evaluate(t.Context(), x.db, query(1, "anchored"), at, 1, x.use)
		if err != nil {
			t.Fatal(err)
		}
		if got := a.ShopSets["shop"]; got != x.want || len(a.ShopSets) != 1 {
			t.Errorf("%s: counted %+v, want %+v", x.name, a.ShopSets, x.want)
		}
		if a.Samples < 500 || a.PeakRSS <= 0 {
			t.Errorf("%s: read %d samples, resident %d", x.name, a.Samples, a.PeakRSS)
		}
	}
}

func TestStartTimestampsNeedStartTimes(t *testing.T) {
	db, err := open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := writeStarts(t.Context(), db, t.TempDir()); err == nil {
		t.Error("blocks were written from nothing")
	}
}
