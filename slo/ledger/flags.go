package ledger

import (
	"slices"

	"github.com/shopslo/shopslo/slo"
)

// flagKinds are the kinds of flags by their numbers in the files.
var flagKinds = [...]slo.FlagKind{
	slo.UnknownFirst, slo.ClockAndDrop, slo.UnexplainedDrop, slo.PartialDrop, slo.UnclearRestart,
	slo.SeveralProcesses, slo.ChangedLabels, slo.ClockStep, slo.CreatedIgnored, slo.BucketsChanged,
}

// The numbers of the kinds.
const (
	unknownFirst = iota
	clockAndDrop
	unexplainedDrop
	partialDrop
	unclearRestart
	severalProcesses
	changedLabels
	clockStep
	ignoredCreated
	bucketsChanged
)

// flags are what was raised of each kind.
type flags [len(flagKinds)]raised

// raised is how often a flag was raised, and when first and last.
type raised struct {
	count       uint32
	first, last int64
}

func (r *raised) add(at int64, n uint32) {
	if r.count == 0 {
		r.first, r.last = at, at
	}
	r.first, r.last, r.count = min(r.first, at), max(r.last, at), r.count+n
}

// flag raises a flag at a time.
func (c *counter) flag(kind int, at int64) {
	f := &c.out.facts
	if f.flags == c.out.acct.facts.flags { // the account's own does not change
		own := flags{}
		if f.flags != nil {
			own = *f.flags
		}
		f.flags = &own
	}
	f.flags[kind].add(at, 1)
}

// list are the flags that were raised, by kind, as far as they were by a time.
func (f *flags) list(at int64) []slo.Flag {
	if f == nil {
		return nil
	}
	var out []slo.Flag
	for kind, r := range f {
		if r.count > 0 && r.first <= at {
			out = append(out, slo.Flag{Kind: flagKinds[kind], Count: int(r.count), First: timeOf(r.first), Last: timeOf(min(r.last, at))})
		}
	}
	slices.SortFunc(out, func(x, y slo.Flag) int {
		switch {
		case x.Kind < y.Kind:
			return -1
		case x.Kind > y.Kind:
			return 1
		}
		return 0
	})
	return out
}

func appendFlags(e *encoder, f *flags, from int64) {
	if f == nil {
		e.uint(0)
		return
	}
	e.uint(uint64(len(f)))
	for _, r := range f {
		e.uint(uint64(r.count))
		if r.count > 0 {
			e.time(r.first, from)
			e.time(r.last, from)
		}
	}
}

func readFlags(d *decoder, from int64) *flags {
	n := d.count()
	if n == 0 {
		return nil
	}
	f := &flags{}
	for i := range n {
		if i >= len(f) {
			d.fail()
			return nil
		}
		if f[i].count = uint32(d.uint()); f[i].count > 0 {
			f[i].first, f[i].last = d.time(from), d.time(from)
		}
	}
	return f
}
