package main

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/shopslo/shopslo/bench/fleetbench"
)

// clusters is how many the Applications are spread over.
const clusters = 50

// exporter measures shopset_exporter beside Argo CD's own metrics.
func (b *bench) exporter(ctx context.Context) error {
	c, err := b.exporterPrograms(ctx)
	if err != nil {
		return err
	}
	var sizes []int
	for _, word := range strings.Split(b.applications, ",") {
		n, err := strconv.Atoi(word)
		if err != nil || n < 100 {
			return fmt.Errorf("applications: %q is no number of at least 100", word)
		}
		sizes = append(sizes, n)
	}
	empty, err := b.fleet(ctx, c, 0, clusters)
	if err != nil {
		return err
	}
	var ones []fleetbench.Result
	for _, n := range sizes {
		r, err := b.fleet(ctx, c, n, clusters)
		if err != nil {
			return err
		}
		b.scrapeRows(n, r)
		b.changeRows(n, r)
		b.memoryRows(n, r, empty)
		ones = append(ones, r)
	}
	first, last := ones[0], ones[len(ones)-1]
	b.goal(fmt.Sprintf("one changed Application: CPU at %d beside %d", sizes[len(sizes)-1], sizes[0]), "≤ 2× as much, O(1)",
		extra(last) <= 2*extra(first), fmt.Sprintf("%s beside %s", seconds(extra(last)), seconds(extra(first))),
		"from the change up to and with the scrape that shows it, less a scrape without a change")
	b.figure("empty fleet", mib(float64(empty.Ours.RSS))+" resident", "on %d clusters; Argo CD's metrics %s", clusters, mib(float64(empty.Argo.RSS)))
	return b.growByClusters(ctx, c, sizes[len(sizes)/2])
}

// extra is what a change of one Application costs more than a scrape.
func extra(r fleetbench.Result) time.Duration { return max(0, r.Ours.One.All-r.Ours.Gzip.CPU) }

// exporterPrograms builds what is run: each in its own module.
func (b *bench) exporterPrograms(ctx context.Context) (c fleetbench.Config, err error) {
	c = fleetbench.Config{Rounds: 5, Idle: 21 * time.Second, Progress: b.progress}
	if b.quick {
		c.Rounds, c.Idle = 1, time.Second
	}
	for _, p := range []struct {
		program *string
		name    string
		folder  string
		path    string
	}{
		{&c.Exporter, "shopset_exporter", "..", "./cmd/shopset_exporter"},
		{&c.Argo, "argocd", "argocd", "."},
		{&c.Written, "written", ".", "./written"},
	} {
		b.progress("building %s", p.name)
		*p.program = filepath.Join(b.tmp, p.name)
		build := exec.CommandContext(ctx, "go", "build", "-o", *p.program, p.path)
		build.Dir = filepath.Join(b.module, p.folder)
		if out, err := build.CombinedOutput(); err != nil {
			return c, fmt.Errorf("build %s: %w\n%s", p.name, err, out)
		}
	}
	return c, nil
}

// fleet measures one.
func (b *bench) fleet(ctx context.Context, c fleetbench.Config, applications, clusters int) (r fleetbench.Result, err error) {
	if c.Dir, err = b.folder(); err != nil {
		return r, err
	}
	b.progress("%d Applications on %d clusters", applications, clusters)
	c.Applications, c.Clusters = applications, clusters
	c.Scrapes = min(40, max(8, 40_000/max(1, applications)))
	return fleetbench.Run(ctx, c)
}

func (b *bench) scrapeRows(n int, r fleetbench.Result) {
	for _, e := range []struct {
		encoding          string
		ours, argo, least fleetbench.Scrape
	}{{"gzip", r.Ours.Gzip, r.Argo.Gzip, r.GzipWrite}, {"not compressed", r.Ours.Plain, r.Argo.Plain, r.PlainWrite}} {
		what := fmt.Sprintf("%d Applications, %s: ", n, e.encoding)
		cpu, bytes := ratio(e.argo.CPU, e.ours.CPU), e.argo.Allocated/e.ours.Allocated
		b.goal(what+"CPU of a scrape", "≥ 10× less than Argo CD", cpu >= 10, fmt.Sprintf("%s: %.0f×", seconds(e.ours.CPU), cpu),
			"Argo CD %s; took %s and %s; %s and %s sent", seconds(e.argo.CPU), seconds(e.ours.Took), seconds(e.argo.Took), kib(float64(e.ours.Bytes)), kib(float64(e.argo.Bytes)))
		b.goal(what+"allocated by a scrape", "≥ 10× less than Argo CD", bytes >= 10, fmt.Sprintf("%s: %.0f×", kib(e.ours.Allocated), bytes),
			"Argo CD %s", kib(e.argo.Allocated))
		over := ratio(e.ours.CPU, e.least.CPU)
		b.goal(what+"CPU beside writing the bytes", "≤ 2×", over <= 2, fmt.Sprintf("%.1f×", over), "%s to write as many bytes from memory", seconds(e.least.CPU))
	}
}

func ratio(a, b time.Duration) float64 { return float64(a) / float64(b) }

func (b *bench) changeRows(n int, r fleetbench.Result) {
	for _, e := range []struct {
		changed    int
		ours, argo fleetbench.Change
	}{{1, r.Ours.One, r.Argo.One}, {n / 10, r.Ours.Tenth, r.Argo.Tenth}} {
		b.figure(fmt.Sprintf("%d Applications, %d changed: CPU of the next scrape", n, e.changed),
			fmt.Sprintf("%s: %.0f×", seconds(e.ours.Scrape), ratio(e.argo.Scrape, e.ours.Scrape)),
			"Argo CD %s; with taking the change in %s, Argo CD %s; shown within %s", seconds(e.argo.Scrape), seconds(e.ours.All), seconds(e.argo.All), seconds(e.ours.Shown))
	}
	b.figure(fmt.Sprintf("%d Applications: CPU while nothing happens", n), fmt.Sprintf("%.2f %%", 100*r.Ours.Idle), "of one core; Argo CD's metrics %.2f %%", 100*r.Argo.Idle)
}

// memoryRows judges memory from 1,000 Applications on: with fewer the difference
// between two processes is mostly chance.
func (b *bench) memoryRows(n int, r, empty fleetbench.Result) {
	per := float64(r.Ours.RSS-empty.Ours.RSS) / float64(n)
	what, measured := fmt.Sprintf("%d Applications: resident memory", n), kib(per)+" an Application"
	detail := fmt.Sprintf("%s, at most %s, %s of live heap; Argo CD %s, that is %s an Application; ready after %s",
		mib(float64(r.Ours.RSS)), mib(float64(r.Ours.RSSPeak)), mib(r.Ours.Live), mib(float64(r.Argo.RSS)),
		kib(float64(r.Argo.RSS-empty.Argo.RSS)/float64(n)), seconds(r.Ours.Ready))
	if n < 1000 {
		b.figure(what, measured, "%s", detail)
		return
	}
	b.goal(what, "< 6 KiB an Application", per < 6<<10, measured, "%s", detail)
}

// growByClusters shows what clusters cost, without Argo CD.
func (b *bench) growByClusters(ctx context.Context, c fleetbench.Config, n int) error {
	c.Argo, c.Written = "", ""
	for _, on := range []int{10, 200} {
		r, err := b.fleet(ctx, c, n, on)
		if err != nil {
			return err
		}
		b.figure(fmt.Sprintf("%d Applications on %d clusters", n, on), seconds(r.Ours.Gzip.CPU)+" CPU a scrape",
			"one changed %s; idle %.2f %% of one core; %s resident", seconds(r.Ours.One.All), 100*r.Ours.Idle, mib(float64(r.Ours.RSS)))
	}
	return nil
}
