package ledger

import (
	"fmt"
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger/ledgertest"
)

// Of four targets three end after an hour, and one of them comes back under another name.
func TestTargetsAreLiveWhileTheySendSamples(t *testing.T) {
	const minute = int64(60_000)
	start, end := int64(firstSecond), int64(firstSecond)+3*hourMS
	var all []ledgertest.Series
	target := func(name string, from, to int64) {
		for _, metric := range []string{"up", "http_requests_total"} {
			s := ledgertest.Series{Labels: slo.Labels{{Name: slo.MetricName, Value: metric}, {Name: "instance", Value: name}, {Name: "shopset", Value: "x"}}}
			for at := from; at < to; at += minute {
				s.Samples = append(s.Samples, ledgertest.Sample{T: at, V: 1})
			}
			all = append(all, s)
		}
	}
	for i := range 4 {
		to := end
		if i > 0 {
			to = start + hourMS
		}
		target(fmt.Sprint("old-", i), start, to)
	}
	target("new", start+2*hourMS, end)
	plan := churn{src: ledgertest.NewSource(ledgertest.Plain(all))}.plan()
	l, err := Open(Config{Backfill: 5 * time.Hour, ScrapeInterval: time.Minute, Resolution: time.Minute, TargetLabels: []string{"instance"}})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := l.Configure(plan, time.UnixMilli(end)); err != nil {
		t.Fatal(err)
	}
	if err := l.Advance(t.Context(), time.UnixMilli(end), func(Progress) bool { return true }); err != nil {
		t.Fatal(err)
	}
	a := l.Account(plan.Items[0].SLO, "x", time.UnixMilli(end))
	for after, want := range map[time.Duration]int{-time.Minute: 0, 30 * time.Minute: 4, 59 * time.Minute: 4, 90 * time.Minute: 1, 150 * time.Minute: 2} {
		if got := a.Live(0, time.UnixMilli(start).Add(after)); got != want {
			t.Errorf("after %v %d targets are live, want %d", after, got, want)
		}
	}
}
