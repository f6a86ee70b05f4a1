package ledger

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/shopslo/shopslo/internal/disk/disktest"
	"github.com/shopslo/shopslo/internal/racetest"
	"github.com/shopslo/shopslo/slo/ledger/ledgertest"
)

// cutter advances a ledger over a disk that fails, and looks after each tick what a power cut
// would leave.
type cutter struct {
	t    *testing.T
	h    *ledgertest.History
	src  Source
	dir  string
	disk *disktest.Disk
	*Ledger
}

const cutStep = 600_000

// known is what a ledger in a folder knows, and up to when.
func (c *cutter) known(dir string) (edge int64, all string) {
	c.t.Helper()
	l := fuzzLedger(c.t, dir, c.src, c.h)
	edge, all = none, encodeAll(l)
	if accounts := l.sorted(); len(accounts) > 0 {
		edge = accounts[0].hist.edge
	}
	if err := l.Close(); err != nil {
		c.t.Fatal(err)
	}
	return edge, all
}

// look fails where a power cut now loses what the ledger has counted, or leaves something
// else, unless the log could not be cut: what the system flushed by itself is counted then.
func (c *cutter) look(when string) {
	c.t.Helper()
	at, all := c.sorted()[0].hist.edge, encodeAll(c.Ledger)
	for _, hasty := range []bool{false, true} {
		edge, left := c.known(c.disk.PowerCut(c.t, c.dir, hasty))
		if left != all && !(hasty && c.store.broken != nil && edge >= at && edge <= at+cutStep) {
			c.t.Fatalf("%s: a power cut (hasty %v) leaves what is counted up to %d, the ledger has counted up to %d; operations %v", when, hasty, edge, at, tail(c.disk.Ops(), 12))
		}
	}
}

// begin opens a ledger whose first tick is counted.
func (c *cutter) begin(threshold int64) {
	c.t.Helper()
	c.dir = c.t.TempDir()
	c.disk = disktest.New(c.t, c.dir)
	c.Ledger = diskLedger(c.t, c.dir, c.disk, c.src, c.h)
	c.store.threshold, c.store.least = threshold, threshold
	if err := c.advance(1); err != nil {
		c.t.Fatal(err)
	}
}

// advance counts up to a tick.
func (c *cutter) advance(tick int64) error {
	return c.Advance(context.Background(), time.UnixMilli(c.h.Start+tick*cutStep+1), nil)
}

func tail[T any](all []T, n int) []T { return all[max(0, len(all)-n):] }

// Each operation of the disk fails once, and up to three in a row: what the ledger says that
// it has counted outlasts a power cut, counted once, and it goes on as soon as it can.
func TestWhatIsCountedOutlastsAPowerCutWhateverFails(t *testing.T) {
	t.Parallel()
	const ticks = 4
	h, src := diskHistory()
	want := undisturbed(t, h, src, h.Start+ticks*cutStep)
	for name, threshold := range map[string]int64{"a log": 1 << 30, "checkpoints": 1} {
		for _, inARow := range []int{1, 2, 3}[:racetest.Fewer(3)] {
			for n := 0; ; n++ {
				c := &cutter{t: t, h: h, src: src}
				c.begin(threshold)
				left, failed := n, 0
				c.disk.Fail(func(disktest.Op) error {
					if left--; left < 0 && left >= -inARow {
						failed++
						return errors.New("input/output error")
					}
					return nil
				})
				for tick := int64(2); tick <= ticks; tick++ {
					for try := 0; ; try++ {
						err := c.advance(tick)
						c.look(fmt.Sprintf("%s, %d operations from the %dth on fail (%v)", name, inARow, n, err))
						if err == nil {
							break
						}
						if !errors.Is(err, ErrStore) || try > 3 {
							t.Fatalf("%s, %d operations from the %dth on fail: attempt %d: %v", name, inARow, n, try, err)
						}
					}
				}
				if encodeAll(c.Ledger) != want {
					t.Fatalf("%s, %d operations from the %dth on fail: the ledger knows something else than one that had no fault", name, inARow, n)
				}
				if err := c.Close(); err != nil {
					t.Fatal(err)
				}
				if failed == 0 {
					break
				}
			}
		}
	}
}

// A checkpoint of which nobody knows whether its name is on the disk makes the old log count
// no longer: it is taken away, or nothing is written into the old log any more.
func TestACheckpointThatMayOrMayNotBeThere(t *testing.T) {
	h, src := diskHistory()
	for name, fails := range map[string]func(after int) bool{ // how many operations after the renaming
		"its name is not flushed":                           func(after int) bool { return after == 1 },
		"and it cannot be taken away":                       func(after int) bool { return after == 1 || after == 2 },
		"and that it was taken away is not flushed, either": func(after int) bool { return after == 1 || after == 3 },
	} {
		t.Run(name, func(t *testing.T) {
			c := &cutter{t: t, h: h, src: src}
			c.begin(1 << 30)
			after := 0
			c.disk.Fail(func(o disktest.Op) error {
				if after > 0 || o.Do == disktest.Rename {
					after++
				}
				if fails(after - 1) {
					c.store.threshold = 1 << 30 // the old log goes on
					return errors.New("input/output error")
				}
				return nil
			})
			c.store.threshold = 1
			if err := c.advance(2); err != nil && !errors.Is(err, ErrStore) || after < 2 {
				t.Fatalf("%v after %v", err, c.disk.Ops())
			}
			c.disk.Fail(nil)
			for tick := int64(2); tick <= 4; tick++ {
				if err := c.advance(tick); err != nil {
					t.Fatal(err)
				}
				c.look(fmt.Sprintf("tick %d", tick))
			}
			if encodeAll(c.Ledger) != undisturbed(t, h, src, h.Start+4*cutStep) {
				t.Error("the ledger knows something else than one that had no fault")
			}
			if err := c.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// Whoever writes into a log that could not be cut would write behind half a tick.
func TestNothingIsWrittenIntoALogThatIsBroken(t *testing.T) {
	h, src := diskHistory()
	c := &cutter{t: t, h: h, src: src}
	c.begin(1 << 30)
	c.store.broken = errors.New("cut off at the wrong place")
	ops := len(c.disk.Ops())
	if err := c.store.write(nil, h.Start, h.Start+cutStep); !errors.Is(err, c.store.broken) || len(c.disk.Ops()) != ops {
		t.Errorf("%v, %v", err, c.disk.Ops()[ops:])
	}
	if err := c.advance(2); err != nil || c.store.broken != nil || c.store.gen != 1 {
		t.Errorf("it goes on with generation %d: %v", c.store.gen, err)
	}
	c.look("with a new log")
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}
