// Command anchored computes the error budgets of all ShopSets by one PromQL query,
// increase(…[28d] anchored), over the blocks of a history, and says what that took.
// It is one of the peers that shopslo is compared with.
//
// It is a module of its own because anchored range selectors need a newer Prometheus
// library than the product builds with. So it is a program of its own, too.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"time"

	"github.com/prometheus/prometheus/tsdb"
)

var quiet = slog.New(slog.DiscardHandler)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "anchored:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout io.Writer) error {
	fs := flag.NewFlagSet("anchored", flag.ContinueOnError)
	dir := fs.String("tsdb", "", "`folder` of blocks; it becomes the program's own")
	starts := fs.String("write-starts", "", "write blocks of the same counters with start timestamps into this `folder`, and evaluate nothing")
	at := fs.Int64("at", 0, "`time` of the evaluation, Unix milliseconds")
	days := fs.Int("days", 28, "`days` of the window")
	modifier := fs.String("modifier", "anchored", "`modifier` of the range selector; empty for the plain one")
	use := fs.Bool("start-timestamps", false, "let increase use start timestamps")
	evals := fs.Int("evals", 3, "`times` to evaluate, after one to warm up; the median counts")
	if err := fs.Parse(args); err != nil {
		return err
	}
	if *dir == "" || *evals < 1 {
		return errors.New("-tsdb and at least one of -evals are needed")
	}
	db, err := open(*dir)
	if err != nil {
		return err
	}
	defer db.Close()
	if *starts != "" {
		return writeStarts(ctx, db, *starts)
	}
	a, err := evaluate(ctx, db, query(*days, *modifier), time.UnixMilli(*at), *evals, *use)
	if err != nil {
		return err
	}
	a.Version = version()
	return json.NewEncoder(stdout).Encode(a)
}

// open opens a folder of blocks as Prometheus does, and keeps what is old.
func open(dir string) (*tsdb.DB, error) {
	o := tsdb.DefaultOptions()
	o.RetentionDuration = (10 * 365 * 24 * time.Hour).Milliseconds()
	db, err := tsdb.Open(dir, quiet, nil, o, nil)
	if err != nil {
		return nil, fmt.Errorf("open TSDB %s: %w", dir, err)
	}
	db.DisableCompactions()
	return db, nil
}

// version is that of the Prometheus library.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if ok {
		for _, m := range info.Deps {
			if m.Path == "github.com/prometheus/prometheus" {
				return m.Version
			}
		}
	}
	return "unknown"
}
