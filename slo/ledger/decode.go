package ledger

import (
	"math"
	"slices"

	"github.com/shopslo/shopslo/slo"
)

// decoded is where one series' samples are in the worker's memory: all, and
// without those that are no counter values.
type decoded struct {
	from, to, validFrom, validTo int
	looks                            // of a counter's valid ones
	odd                          int // the first one that may be no counter value, as far as was looked; or none
	oldFrom, old                 int // valid ones of before the span, which have been counted already
	bases                        []based
}

// based is a value that the source says a counter had where its k-th valid sample begins.
type based struct {
	k int
	v float64
}

// decode reads all samples of a series. Those at or before begin are set apart: they
// have been counted. Only a counter's are looked at.
func (w *worker) decode(s slo.Samples, begin int64, counter bool) (decoded, error) {
	const batch = 512
	d := decoded{from: len(w.t), looks: looks{rising: true}, odd: math.MaxInt}
	for {
		n := len(w.t)
		w.t, w.v = grow(w.t, batch), grow(w.v, batch)
		k, err := s.Read(w.t[n:n+batch], w.v[n:n+batch])
		w.t, w.v = w.t[:n+k], w.v[:n+k]
		if err != nil {
			w.t, w.v = w.t[:d.from], w.v[:d.from]
			return decoded{from: d.from, to: d.from, validFrom: d.from, validTo: d.from}, err
		}
		if k == 0 {
			break
		}
		if w.t[n] <= begin {
			d.setApart(w, n, begin)
		}
		if counter {
			d.look(w, max(n-1, d.from))
		}
	}
	d.to = len(w.t)
	d.validFrom, d.validTo = d.from, d.to
	w.samples += int64(d.to - d.from)
	if counter && d.to > d.from && (d.odd < d.to || invalid(w.v[d.from]) || invalid(w.v[d.to-1])) {
		w.leaveInvalid(&d)
	}
	return d, nil
}

// setApart takes the samples at or before begin out of those from the n-th on, and
// keeps the valid ones in front of the others.
func (d *decoded) setApart(w *worker, n int, begin int64) {
	end := n + before(w.t[n:], begin+1)
	kept := n
	for k := n; k < end; k++ {
		if valid(w.v[k]) {
			w.t[kept], w.v[kept] = w.t[k], w.v[k]
			kept++
		}
	}
	w.t, w.v = slices.Delete(w.t, kept, end), slices.Delete(w.v, kept, end)
	if d.old == 0 {
		d.oldFrom = n
	}
	d.old += kept - n
	d.from = kept
}

// look looks at the samples after the first-th, which was looked at before. It ends
// where it finds a value that is none of a counter: what it says is of those before.
func (d *decoded) look(w *worker, first int) {
	if d.odd < first || first >= len(w.t) {
		return
	}
	t, v := w.t[first:], w.v[first:]
	v = v[:len(t)]
	widest, step, patience := d.widest, d.step, w.counter.patience
	for k := 1; k < len(t); k++ {
		growth, apart := v[k]-v[k-1], t[k]-t[k-1]
		if !(growth >= 0) { // also for NaN
			if invalid(v[k]) || invalid(v[k-1]) {
				d.odd = first + k - 1
				break
			}
			d.rising = false
		}
		widest = max(widest, apart)
		if growth > step && growth <= mostValue {
			if apart > patience {
				growth *= float64(patience) / float64(apart)
			}
			step = max(step, growth)
		}
	}
	d.widest, d.step = widest, step
}

// leaveInvalid leaves out the samples that are no counter values, where there are
// some. Mostly it is the last one, a staleness marker.
func (w *worker) leaveInvalid(d *decoded) {
	for d.validTo > d.validFrom && invalid(w.v[d.validTo-1]) {
		d.validTo--
	}
	for d.validFrom < d.validTo && invalid(w.v[d.validFrom]) && !isBase(w.v[d.validFrom]) {
		d.validFrom++
	}
	if d.odd >= d.validTo-1 && d.validFrom == d.from { // all that are left were looked at
		return
	}
	first, end := d.validFrom, d.validTo
	d.validFrom = d.to
	for k := first; k < end; k++ {
		if valid(w.v[k]) {
			w.t, w.v = append(w.t, w.t[k]), append(w.v, w.v[k])
		} else if base, ok := slo.BaseOf(w.v[k]); ok {
			d.bases = append(d.bases, based{len(w.t) - d.validFrom, base})
		}
	}
	d.validTo = len(w.t)
	d.looks, d.odd = looks{rising: true}, math.MaxInt
	d.look(w, d.validFrom)
}

// grow makes room for n more elements and returns the slice with them.
func grow[T any](s []T, n int) []T {
	if len(s)+n <= cap(s) {
		return s[:len(s)+n]
	}
	bigger := make([]T, len(s)+n, 2*cap(s)+n)
	copy(bigger, s)
	return bigger
}

// valid reports whether v can be a counter's value: not negative, and no more than any program counts.
func valid(v float64) bool { return v >= 0 && v <= mostValue }

func invalid(v float64) bool { return !valid(v) }

func isBase(v float64) bool {
	_, ok := slo.BaseOf(v)
	return ok
}
