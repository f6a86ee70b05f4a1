// Command bench measures shopslo against its goals for speed, and against the
// rules of Sloth and Pyrra over the same history, in one run. README.md beside it
// says what is measured and how.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"slices"
	"strings"
	"time"

	"github.com/shopslo/shopslo/bench/history"
	"github.com/shopslo/shopslo/bench/peer"
	"github.com/shopslo/shopslo/bench/proc"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// options are the flags.
type options struct {
	params     history.Params
	quick      bool
	cache      string
	prometheus string
	module     string
	parts      string
	markdown   string
	interval   time.Duration
	evals      int
	ticks      int
	growth     string
	large      int
	requests   int
	profile    string
	report     string

	applications string
	closing      int
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	fs := flag.NewFlagSet("bench", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.IntVar(&o.params.ShopSets, "shopsets", 1000, "`number` of ShopSets")
	fs.IntVar(&o.params.Days, "days", 28, "`days` of history, the length of the SLO's window")
	fs.Uint64Var(&o.params.Seed, "seed", 1, "`seed` of the history")
	fs.IntVar(&o.params.Pods, "pods", 3, "`number` of pods a ShopSet")
	fs.BoolVar(&o.params.Signs, "signs", true, "also scrape up and process_start_time_seconds; -signs=false leaves them out")
	fs.BoolVar(&o.params.Labels, "labels", true, "the labels that the Prometheus Operator gives targets, and external labels; -labels=false leaves instance and job")
	fs.BoolVar(&o.quick, "quick", false, "a smoke test of this program: 100 ShopSets, 3 days, few repetitions; the figures mean nothing")
	fs.StringVar(&o.cache, "cache", "", "`folder` for data; default: shopslo-bench in the user's cache folder")
	fs.StringVar(&o.prometheus, "prometheus", "prometheus", "Prometheus `program`")
	fs.StringVar(&o.module, "module", ".", "`folder` of this program's module")
	fs.StringVar(&o.parts, "parts", "", "measure only these `parts`, separated by commas: "+partNames())
	fs.StringVar(&o.markdown, "markdown", "", "also write the table as Markdown to this `file`")
	fs.DurationVar(&o.interval, "rule-interval", 30*time.Second, "how often Sloth's rules are evaluated")
	fs.IntVar(&o.evals, "evals", 3, "`times` that the peers' rules are evaluated, after one to warm up; the median counts")
	fs.IntVar(&o.ticks, "ticks", 120, "`number` of ticks of a minute that are measured; the mean counts")
	fs.StringVar(&o.growth, "growth", "100,1000,10000", "`numbers` of ShopSets by which growth is shown")
	fs.IntVar(&o.large, "large", 10000, "`number` of budgets of the large ledger")
	fs.IntVar(&o.requests, "requests", 100, "`number` of HTTP requests to the server for each path")
	fs.StringVar(&o.applications, "applications", "100,1000,10000,35000", "`numbers` of Applications for which the exporter is measured")
	fs.StringVar(&o.report, "report", "", "write the tables and the chart of the trial into this `folder`")
	fs.IntVar(&o.closing, "closing", 2, "`minutes` that the newest counts are old in the part watched: 2 where a source scrapes each minute, 1 where it does every 30s")
	fs.StringVar(&o.profile, "cpuprofile", "", "write a CPU profile of the parts to this `file`")
	if err := fs.Parse(args); err != nil {
		return o, err
	}
	if fs.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", fs.Arg(0))
	}
	if o.params.ShopSets < 1 || o.params.Days < 1 || o.params.Pods < 1 {
		return o, fmt.Errorf("-shopsets, -days and -pods must be at least 1")
	}
	if o.quick {
		o.params.ShopSets, o.params.Days, o.evals, o.ticks, o.growth, o.large, o.requests = 100, 3, 1, 10, "10,100", 200, 10
		o.applications = "100,200"
	}
	if o.cache == "" {
		dir, err := os.UserCacheDir()
		if err != nil {
			return o, err
		}
		o.cache = filepath.Join(dir, "shopslo-bench")
	}
	for _, name := range o.wanted() {
		if !slices.ContainsFunc(parts, func(p part) bool { return p.name == name }) {
			return o, fmt.Errorf("unknown part %q; there are %s", name, partNames())
		}
	}
	return o, nil
}

func (o options) wanted() []string {
	if o.parts == "" {
		return nil
	}
	return strings.Split(o.parts, ",")
}

// bench is one run.
type bench struct {
	options
	table
	history *history.History
	sloth   time.Duration // CPU of one evaluation of Sloth's rules; 0: not measured
	// What increase(… anchored) gave, and that over samples with start timestamps;
	// zero: not measured.
	anchored, started peer.Increased

	stderr io.Writer
	start  time.Time
	load   string // of the machine, before anything was done
	tmp    string
}

// part is one part of the measurement.
type part struct {
	name, title string
	run         func(*bench, context.Context) error
}

var parts = []part{
	{"peers", "Peers", (*bench).peers},
	{"embedded", "Embedded source", (*bench).embedded},
	{"prometheus", "Real Prometheus", (*bench).realPrometheus},
	{"size", "Memory and disk", (*bench).size},
	{"serve", "Server", (*bench).serve},
	{"growth", "Growth, with 3 days of history", (*bench).grow},
	{"exporter", "Exporter, beside Argo CD 2.14.21's controller metrics", (*bench).exporter},
	{"trial", "Blind trial of the gate", (*bench).blindTrial},
	{"watched", "Trial of since_release on counts", (*bench).watchedTrial},
}

func partNames() string {
	names := []string{"peers", "embedded", "prometheus", "size", "serve", "growth", "exporter", "trial", "watched"}
	return strings.Join(names, ", ")
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parse(args, stderr)
	if err == flag.ErrHelp {
		return 0
	}
	if err != nil {
		fmt.Fprintln(stderr, "bench:", err)
		return 3
	}
	b := &bench{options: o, stderr: stderr, start: time.Now(), load: proc.Load()}
	failed, err := b.measure(ctx)
	if err == nil {
		err = b.print(stdout)
	}
	if err != nil {
		fmt.Fprintln(stderr, "bench:", err)
		return 1
	}
	return min(failed, 1)
}

// measure runs the parts and returns how many of them could not be measured.
func (b *bench) measure(ctx context.Context) (failed int, err error) {
	if err := os.MkdirAll(b.cache, 0o777); err != nil {
		return 0, err
	}
	// Beside the cache, so that blocks can be linked instead of copied.
	if b.tmp, err = os.MkdirTemp(b.cache, "run-"); err != nil {
		return 0, err
	}
	defer os.RemoveAll(b.tmp)
	b.history = &history.History{Params: b.params}
	if !slices.ContainsFunc(b.wanted(), func(name string) bool { return name == "trial" || name == "watched" }) || len(b.wanted()) > 1 { // which make their own
		if b.history, err = history.Open(b.cache, b.params, b.progress); err != nil {
			return 0, err
		}
	}
	if b.profile != "" {
		f, err := os.Create(b.profile)
		if err != nil {
			return 0, err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return 0, err
		}
		defer pprof.StopCPUProfile()
	}
	wanted := b.wanted()
	for _, p := range parts {
		if wanted != nil && !slices.Contains(wanted, p.name) {
			continue
		}
		b.progress("%s", p.title)
		b.heading(p.title)
		if err := p.run(b, ctx); err != nil {
			failed++
			b.progress("%s: %v", p.title, err)
			b.failed(p.title, err)
		}
		if ctx.Err() != nil {
			return failed, ctx.Err()
		}
		debug.FreeOSMemory()
	}
	return failed, nil
}

// progress tells on stderr what is going on.
func (b *bench) progress(format string, args ...any) {
	fmt.Fprintf(b.stderr, "%6.1fs  %s\n", time.Since(b.start).Seconds(), fmt.Sprintf(format, args...))
}

// folder is an empty folder of this run's.
func (b *bench) folder() (string, error) { return os.MkdirTemp(b.tmp, "") }

func (b *bench) print(stdout io.Writer) error {
	intro := fmt.Sprintf("%v: %s samples, %d series. %d cores, load %s at the beginning; %s; took %s.",
		b.params, millions(float64(b.history.Samples)), b.history.Series,
		runtime.GOMAXPROCS(0), b.load, runtime.Version(), seconds(time.Since(b.start)))
	if b.history.Samples == 0 { // of the trial alone, which made its own
		intro = fmt.Sprintf("%d cores, load %s at the beginning; %s; took %s.", runtime.GOMAXPROCS(0), b.load, runtime.Version(), seconds(time.Since(b.start)))
	}
	fmt.Fprintf(stdout, "%s\n\n", intro)
	if err := b.write(stdout); err != nil || b.markdownFile() == "" {
		return err
	}
	f, err := os.Create(b.markdownFile())
	if err != nil {
		return err
	}
	defer f.Close()
	fmt.Fprintf(f, "%s\n\n", intro)
	if err := b.table.markdown(f); err != nil {
		return err
	}
	return f.Close()
}

func (b *bench) markdownFile() string { return b.options.markdown }
