package ledger

import (
	"context"
	"time"

	"github.com/shopslo/shopslo/slo"
)

// Source is where samples come from: an embedded or remote Prometheus, Mackerel.
type Source interface {
	// Select reads the raw samples of the requested series and calls f once with
	// all of them, each series once, in no particular order, also where several
	// selectors pick it. The series are valid until f returns; different series
	// may be read at the same time by different goroutines.
	//
	// Three things can happen: f is called with series (data); f is called with
	// none (the source has no sample there); an error, and then whatever f was
	// given is to be thrown away. An error that wraps slo.ErrUnavailable means that
	// the source could not be reached or could not answer now; any other error
	// will come again for the same request. What is wrong with one series only is an
	// error of reading its samples, a *slo.SeriesError.
	Select(ctx context.Context, r slo.Request, f func([]slo.Series) error) error

	// Eval evaluates an expression at from+step, from+2·step, … to (Unix
	// milliseconds; to−from is a multiple of step) and calls f once, as Select
	// does. A step at which a series has no value has no sample.
	Eval(ctx context.Context, expr string, from, to int64, step time.Duration, f func([]slo.Series) error) error
}

// ownClock is implemented by sources that know what time it is where the samples get
// their time stamps. The ledger closes no edge beyond it.
type ownClock interface {
	// Now is the source's own time. An error that wraps slo.ErrUnavailable means that
	// the source could not be asked now.
	Now(ctx context.Context) (time.Time, error)
}
