// Command storage compares two ways to keep the ledger's cumulative counts:
// Prometheus' TSDB library with three series per account, and the ledger's own
// files. docs/decisions/0002-ledger-files.md quotes it. Run it with `go run ./storage` in bench/.
package main

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/tsdb"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger"
)

const (
	accounts = 50
	days     = 30
	start    = int64(1_767_571_200_000)
	minute   = int64(60_000)
	ticks    = days * 24 * 60
)

func main() {
	dir, err := os.MkdirTemp("", "storage")
	check(err)
	defer os.RemoveAll(dir)
	fmt.Printf("%d accounts, %d days of minutes; figures per account\n", accounts, days)
	fmt.Printf("%-34s %14s %16s\n", "", "CPU per tick", "disk, 30 days")
	report("Prometheus' TSDB, 3 series", filepath.Join(dir, "tsdb"), intoTSDB)
	report("the ledger, counting included", filepath.Join(dir, "ledger"), intoLedger)
}

func report(name, dir string, f func(dir string)) {
	before := cpu()
	f(dir)
	used := cpu() - before
	fmt.Printf("%-34s %14v %12.1f KiB\n", name, used/ticks/accounts, float64(size(dir))/accounts/1024)
}

// traffic is what the accounts count in one minute: day and night, few errors.
func traffic(r *rand.Rand, tick int) (total, bad int64) {
	hour := tick / 60 % 24
	rate := 6.0
	if hour >= 8 && hour < 23 {
		rate = 60
	}
	total = int64(rate * (0.8 + 0.4*r.Float64()))
	for range total {
		if r.IntN(1000) == 0 {
			bad++
		}
	}
	return total, bad
}

func intoTSDB(dir string) {
	o := tsdb.DefaultOptions()
	o.RetentionDuration = (90 * 24 * time.Hour).Milliseconds()
	db, err := tsdb.Open(dir, slog.New(slog.DiscardHandler), nil, o, nil)
	check(err)
	r := rand.New(rand.NewPCG(1, 1))
	var sums [accounts][3]float64
	for tick := range ticks {
		app := db.Appender(context.Background())
		for a := range accounts {
			total, bad := traffic(r, tick)
			sums[a][0] += float64(total)
			sums[a][1] += float64(bad)
			sums[a][2] += 60
			for k, name := range []string{"total", "bad", "covered"} {
				_, err := app.Append(0, labels.FromStrings("__name__", name, "account", fmt.Sprint(a)), start+int64(tick+1)*minute, sums[a][k])
				check(err)
			}
		}
		check(app.Commit())
	}
	check(db.Compact(context.Background()))
	check(db.Close())
}

func intoLedger(dir string) {
	l, err := ledger.Open(ledger.Config{Dir: dir, ScrapeInterval: time.Minute, Delay: time.Nanosecond, Backfill: time.Nanosecond})
	check(err)
	src := &counters{r: rand.New(rand.NewPCG(1, 1))}
	ind := slo.Indicator{Counter: slo.Yes, Bad: &slo.Query{Text: "bad"}, Total: &slo.Query{Text: "total"}}
	s := &slo.SLO{Name: "s", Objective: 999_000_000, Window: slo.Rolling(28 * 24 * time.Hour), Parts: []slo.Part{{Weight: 1, Objective: 999_000_000, Indicator: ind}}}
	it := ledger.Item{SLO: s}
	for a := range accounts {
		it.Subjects = append(it.Subjects, &ledger.Subject{ID: fmt.Sprint(a), Match: slo.Labels{{Name: "account", Value: fmt.Sprint(a)}}})
		for _, name := range []string{"bad", "total", "up"} {
			src.labels = append(src.labels, slo.Labels{{Name: slo.MetricName, Value: name}, {Name: "account", Value: fmt.Sprint(a)}, {Name: "instance", Value: "i"}})
		}
	}
	plan := ledger.Plan{Items: []ledger.Item{it}, Sources: map[string]ledger.Source{"": src},
		Reads: map[string]ledger.Reading{"": ledger.Selecting(func(text string) ([]slo.Selector, bool) {
			return []slo.Selector{{{Name: slo.MetricName, Value: text}}}, true
		})}}
	check(l.Configure(plan, time.UnixMilli(start)))
	for tick := range ticks {
		check(l.Advance(context.Background(), time.UnixMilli(start+int64(tick+1)*minute+1), nil))
	}
	check(l.Close())
}

// counters is a source with one sample of every series in every minute.
type counters struct {
	r      *rand.Rand
	labels []slo.Labels
	sums   [accounts][2]float64
}

func (c *counters) Select(_ context.Context, q slo.Request, f func([]slo.Series) error) error {
	tick := int((q.To - start) / minute)
	out := make([]slo.Series, 0, len(c.labels))
	for a := range accounts {
		total, bad := traffic(c.r, tick-1)
		c.sums[a][0] += float64(bad)
		c.sums[a][1] += float64(total)
		for k, v := range []float64{c.sums[a][0], c.sums[a][1], 1} {
			i := 3*a + k
			out = append(out, slo.Series{Ref: uint64(i + 1), Labels: c.labels[i], Samples: &one{q.To, v}})
		}
	}
	return f(out)
}

func (c *counters) Eval(context.Context, string, int64, int64, time.Duration, func([]slo.Series) error) error {
	return fmt.Errorf("not used")
}

type one struct {
	t int64
	v float64
}

func (o *one) Read(t []int64, v []float64) (int, error) {
	if o.t == 0 {
		return 0, nil
	}
	t[0], v[0] = o.t, o.v
	o.t = 0
	return 1, nil
}

func size(dir string) (n int64) {
	check(filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		n += info.Size()
		return err
	}))
	return n
}

func cpu() time.Duration {
	var u syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
