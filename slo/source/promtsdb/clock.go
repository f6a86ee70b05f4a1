package promtsdb

import (
	"context"
	"errors"
	"math"
	"sync"
	"time"
)

const (
	// A step of the wall clock beyond maxStep is believed once it has held for
	// believeAfter: until then time goes on as it did.
	maxStep      = time.Minute
	believeAfter = 5 * time.Minute
	// maxAhead is how far the time may be beyond the newest sample.
	maxAhead = 10 * time.Minute
)

// Now implements the ledger's Clock. It is the machine's clock, but a sudden step of it
// does not count at once, and it is at most ten minutes ahead of the newest sample, if
// there is one. Without Config.Now it is an error.
func (d *DB) Now(ctx context.Context) (time.Time, error) {
	if err := d.usable(ctx); err != nil {
		return time.Time{}, err
	}
	if d.now == nil {
		return time.Time{}, errors.New("the embedded store was given no clock")
	}
	reading := d.now()
	t := d.clock.at(reading.Round(0), reading.Sub(d.opened))
	d.tap.mu.Lock()
	newest := d.tap.newest
	d.tap.mu.Unlock()
	if latest := time.UnixMilli(newest).Add(maxAhead); newest != math.MinInt64 && latest.Before(t) {
		return latest, nil
	}
	return t, nil
}

// steadyClock tells steps of the wall clock by the monotonic one.
type steadyClock struct {
	mu      sync.Mutex
	wall    time.Time     // believed; zero: none yet
	then    time.Duration // of the monotonic clock
	step    time.Duration // not believed yet; 0: none
	stepped time.Duration // since when
}

// at is what time it is by readings of both clocks.
func (c *steadyClock) at(wall time.Time, monotonic time.Duration) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	expected := c.wall.Add(monotonic - c.then)
	step := wall.Sub(expected)
	switch {
	case c.wall.IsZero(), step.Abs() <= maxStep, c.step != 0 && (step-c.step).Abs() <= maxStep && monotonic-c.stepped >= believeAfter:
		c.wall, c.then, c.step = wall, monotonic, 0
		return wall
	case c.step == 0 || (step-c.step).Abs() > maxStep:
		c.step, c.stepped = step, monotonic
	}
	return expected
}
