package peer

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/shopslo/shopslo/bench/history"
)

// Increase is a program that computes all budgets by one query, increase over the
// whole window: it is of a module of its own, with a newer Prometheus library.
type Increase struct{ program string }

// Increased is what one evaluation gave, and what it took.
type Increased struct {
	Version  string            `json:"version"` // of the Prometheus library
	CPU      time.Duration     `json:"cpu"`     // of the median evaluation
	Wall     time.Duration     `json:"wall"`    // of the median evaluation
	Samples  int64             `json:"samples"` // read by the query, as Prometheus counts them
	PeakRSS  int64             `json:"peak_rss"`
	ShopSets map[string]Counts `json:"shopsets"`
}

// Counts are a ShopSet's events in the window.
type Counts struct {
	Total float64 `json:"total"`
	Bad   float64 `json:"bad"`
}

// BuildIncrease builds the program from the module in dir, into the cache folder.
func BuildIncrease(ctx context.Context, module, cache string) (Increase, error) {
	p := Increase{filepath.Join(cache, "anchored")}
	build := exec.CommandContext(ctx, "go", "build", "-o", p.program, ".")
	build.Dir = module
	if out, err := build.CombinedOutput(); err != nil {
		return p, fmt.Errorf("build %s: %w\n%s", module, err, bytes.TrimSpace(out))
	}
	return p, nil
}

// Evaluate runs the query over a TSDB folder of its own at the end of the history.
// modifier is the range selector's: anchored, or empty.
func (p Increase) Evaluate(ctx context.Context, dir string, h history.Params, runs int, modifier string, startTimestamps bool) (Increased, error) {
	var r Increased
	out, err := p.run(ctx, "-tsdb", dir, "-at", strconv.FormatInt(h.End(), 10), "-days", strconv.Itoa(h.Days), "-evals", strconv.Itoa(runs),
		"-modifier", modifier, "-start-timestamps="+strconv.FormatBool(startTimestamps))
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(out, &r); err != nil {
		return r, fmt.Errorf("read what %s says: %w", p.program, err)
	}
	return r, nil
}

// Starts gives blocks of the history's counters with start timestamps, kept beside
// it; dir is a TSDB folder of the history's blocks. It needs the start times of the
// history's processes.
func (p Increase) Starts(ctx context.Context, h *history.History, dir string) (string, error) {
	to := filepath.Join(filepath.Dir(h.Dir), "starts")
	done, blocks := filepath.Join(to, "done"), filepath.Join(to, "blocks")
	if _, err := os.Stat(done); err == nil {
		return blocks, nil
	}
	if err := os.RemoveAll(to); err != nil {
		return "", err
	}
	if _, err := p.run(ctx, "-tsdb", dir, "-write-starts", blocks); err != nil {
		return "", err
	}
	return blocks, os.WriteFile(done, nil, 0o666)
}

func (p Increase) run(ctx context.Context, args ...string) ([]byte, error) {
	var log bytes.Buffer
	cmd := exec.CommandContext(ctx, p.program, args...)
	cmd.Stderr = &log
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", p.program, err, bytes.TrimSpace(log.Bytes()))
	}
	return out, nil
}

// Remaining are the remaining budgets by ShopSet; NaN without traffic.
func (r Increased) Remaining() map[string]float64 {
	by := map[string]float64{}
	for id, c := range r.ShopSets {
		by[id] = Remaining(history.Truth{Total: c.Total, Bad: c.Bad})
	}
	return by
}

// Miscounted compares counts with what the samples can tell.
type Miscounted struct {
	Of, Off    int     // ShopSets, and those that are not exact to the event
	Total, Bad float64 // by how much the ShopSets are off together, as a ratio of all that samples can tell
}

// Miscounts compares the counts with what the samples of the history can tell. A
// ShopSet that is not there has counted nothing.
func (r Increased) Miscounts(truth []history.Truth) Miscounted {
	m := Miscounted{Of: len(truth)}
	var total, bad float64
	for _, t := range truth {
		got := r.ShopSets[t.ID]
		if got.Total != t.SeenTotal || got.Bad != t.SeenBad {
			m.Off++
		}
		m.Total += max(got.Total-t.SeenTotal, t.SeenTotal-got.Total)
		m.Bad += max(got.Bad-t.SeenBad, t.SeenBad-got.Bad)
		total, bad = total+t.SeenTotal, bad+t.SeenBad
	}
	m.Total, m.Bad = m.Total/max(total, 1), m.Bad/max(bad, 1)
	return m
}
