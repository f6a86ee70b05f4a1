package ledgerfiles

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/engine/host"
	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger"
)

// Wanted is what of a ledger is exported.
type Wanted struct {
	From, To time.Time // zero: all that there is
	// Step leaves out edges that are not at multiples of it; 0: none.
	Step           time.Duration
	SLOs, ShopSets []string // nil: all
}

// family is a metric of an export. Its names and labels are those of shopslo serve's /metrics.
type family struct {
	name, help string
	value      func(slo.Counts) float64
}

var families = []family{
	{"shopslo_slo_events", "Events (or slices, or points) counted since counting began.", func(c slo.Counts) float64 { return c.Total }},
	{"shopslo_slo_bad_events", "Bad events (or slices, or points) counted since counting began.", func(c slo.Counts) float64 { return c.Total - c.Good }},
	{"shopslo_slo_covered_seconds", "Seconds since counting began that have data.", func(c slo.Counts) float64 { return c.Covered.Seconds() }},
}

// Export writes what a ledger has counted as OpenMetrics, one edge after the other, as it is read:
// counters, with the times of their edges. Without its last line, # EOF, it is not all there.
func Export(h host.Host, d *documents.Documents, dir string, want Wanted, w io.Writer) error {
	found, err := ledger.Inspect(dir)
	switch {
	case err != nil:
		return err
	case !found.Sound():
		return damagedDir(dir)
	case len(found.Files) == 0:
		return nothing(dir)
	}
	if err := documents.CheckNames(d, want.SLOs, want.ShopSets); err != nil {
		return err
	}
	l, err := configured(h, d)
	if err != nil {
		return err
	}
	curves, uncounted := found.Curves(l, d.SLOs.SLOs)
	curves = slices.DeleteFunc(curves, func(c ledger.Curve) bool {
		return len(want.SLOs) > 0 && !slices.Contains(want.SLOs, c.SLO) || len(want.ShopSets) > 0 && !slices.Contains(want.ShopSets, c.Subject)
	})
	if uncounted > 0 {
		h.Complain(fmt.Sprintf("the ledger has no counts for %d budgets: they are left out", uncounted))
	}
	if want.To.IsZero() {
		want.To = h.Now().Add(24 * time.Hour) // no edge is later
	}
	e := exporter{w: bufio.NewWriterSize(w, 1<<16), want: want}
	for _, f := range families {
		e.head(f.name, f.help)
		for i := range curves {
			if err := e.curve(f, &curves[i], labelsOf(d, &curves[i])); err != nil {
				return err
			}
		}
	}
	e.flags(d, curves)
	e.text("# EOF\n")
	return e.w.Flush()
}

// exporter writes metrics. An error of its writer comes with the last line, or ends it earlier.
type exporter struct {
	w    *bufio.Writer
	want Wanted
	line []byte
}

func (e *exporter) text(s string) { _, _ = e.w.WriteString(s) }

func (e *exporter) head(name, help string) {
	e.text("# HELP " + name + " " + help + "\n# TYPE " + name + " counter\n")
}

func (e *exporter) curve(f family, c *ledger.Curve, labels string) error {
	return c.Edges(e.want.From, e.want.To, func(n slo.Counts) error {
		if e.want.Step > 0 && n.End.UnixNano()%int64(e.want.Step) != 0 {
			return nil
		}
		return e.sample(f.name, labels, f.value(n), n.End)
	})
}

func (e *exporter) sample(name, labels string, v float64, at time.Time) error {
	b := append(append(append(e.line[:0], name...), "_total{"...), labels...)
	b = strconv.AppendFloat(append(b, "} "...), v, 'g', -1, 64)
	b = strconv.AppendFloat(append(b, ' '), float64(at.UnixMilli())/1000, 'f', -1, 64)
	e.line = append(b, '\n')
	_, err := e.w.Write(e.line)
	return err
}

// flags writes each kind of flag when it was raised first, as 1, and last, as how often.
func (e *exporter) flags(d *documents.Documents, curves []ledger.Curve) {
	e.head("shopslo_slo_flags", "How often a flag was raised: at least once when it was first, and so often when it was last.")
	for i := range curves {
		c := &curves[i]
		for k, f := range c.Flags {
			if slices.ContainsFunc(c.Flags[:k], func(o slo.Flag) bool { return o.Kind == f.Kind }) {
				continue // of another part
			}
			for _, o := range c.Flags[k+1:] {
				if o.Kind == f.Kind {
					f.Count += o.Count
					f.First, f.Last = earlier(f.First, o.First), later(f.Last, o.Last)
				}
			}
			labels := labelsOf(d, c) + `,flag="` + string(f.Kind) + `"`
			if f.First.Before(f.Last) && f.Count > 1 && e.wanted(f.First) {
				_ = e.sample("shopslo_slo_flags", labels, 1, f.First)
			}
			if e.wanted(f.Last) {
				_ = e.sample("shopslo_slo_flags", labels, float64(f.Count), f.Last)
			}
		}
	}
}

func (e *exporter) wanted(at time.Time) bool { return !at.Before(e.want.From) && !at.After(e.want.To) }

func earlier(t, u time.Time) time.Time {
	if u.Before(t) {
		return u
	}
	return t
}

func later(t, u time.Time) time.Time {
	if u.After(t) {
		return u
	}
	return t
}

// labelsOf are the labels of a curve's metrics.
func labelsOf(d *documents.Documents, c *ledger.Curve) string {
	set, _ := d.Fleet.ShopSet(fleet.ShopSetName(c.Subject))
	escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)
	return `slo="` + escape.Replace(c.SLO) + `",shopset="` + c.Subject + `",tier="` + string(set.Tier) + `"`
}
