// Package promseries is what the two Prometheus adapters do alike: it decodes
// XOR chunks lazily into slo.Samples, gives each series one Ref and one Labels
// for good, makes one series of several streams of it, and leaves out selectors that
// another one covers.
//
// A stream is a label set as the source has it, an identity what is left of that without
// the labels that say only which server or replica answered, and with numbers in one
// spelling (Interner). Of the streams of one identity one leads; another takes over where
// that has a gap, or where another server answers. A stream that lags behind is left out
// until it has caught up, and what it says of before a reset that was handed on is never
// handed on after it, so that a reset counts once. Streams that cannot be of one
// process are refused (slo.SeriesError).
//
// It knows bytes and slo's words only, no server and no storage library. A
// series without samples in the asked span has no data; nothing here turns that
// into a zero.
package promseries

import (
	"slices"

	"github.com/shopslo/shopslo/slo"
)

// NoFloats is why a series of native histograms is refused.
const NoFloats = "holds native histograms, of which a plain selector counts nothing; " +
	"write histogram_count() around it for all events, and histogram_fraction(0, BOUND, …) for those at or below a bound"

// Wider makes of selectors what a server is asked, which compares labels as texts, and
// leaves out those that another one covers.
func Wider(selectors []slo.Selector) []slo.Selector {
	if NumbersIn(selectors) == nil {
		return Reduce(selectors)
	}
	wider := make([]slo.Selector, len(selectors))
	for i, sel := range selectors {
		wider[i] = slo.Wider(sel)
	}
	return Reduce(wider)
}

// Reduce leaves out the selectors whose series another selector of the list
// picks anyway: one that has all the matchers of the other, and perhaps more. The
// union of what they pick stays the same, and the source reads less: a good
// selector is mostly its total with one matcher more.
func Reduce(selectors []slo.Selector) []slo.Selector {
	out := make([]slo.Selector, 0, len(selectors))
	for i, s := range selectors {
		covered := slices.ContainsFunc(selectors[:i], func(o slo.Selector) bool { return covers(o, s) }) ||
			slices.ContainsFunc(selectors[i+1:], func(o slo.Selector) bool { return covers(o, s) && !covers(s, o) })
		if !covered {
			out = append(out, s)
		}
	}
	return out
}

// covers reports whether b picks nothing that a does not pick, as far as can be
// told from equal matchers.
func covers(a, b slo.Selector) bool {
	for _, m := range a {
		if !slices.ContainsFunc(b, func(n slo.Matcher) bool {
			return m.Name == n.Name && m.Type == n.Type && m.Value == n.Value && m.Strict == n.Strict
		}) {
			return false
		}
	}
	return true
}
