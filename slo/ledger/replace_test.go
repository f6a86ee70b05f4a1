package ledger

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/shopslo/shopslo/internal/disk/disktest"
	"github.com/shopslo/shopslo/slo/ledger/ledgertest"
)

// A recount is ended at each of its operations on the disk, and the power is cut: what is there
// then are the counts of before, or all that it found.
func TestARecountThatIsCutOffLeavesTheOldCountsOrTheNew(t *testing.T) {
	h, full := diskHistory()
	end := h.Start + 150*60_000
	series := h.ShopSet(0).Samples(ledgertest.All)
	for i := range series {
		series[i].Samples = slices.DeleteFunc(series[i].Samples, func(s ledgertest.Sample) bool { return s.T > h.Start+50*60_000 && s.T <= h.Start+80*60_000 })
	}
	missing := ledgertest.NewSource(ledgertest.Plain(series))
	missing.SetExpr("ratio", nil)
	counted := func(l *Ledger) *Ledger {
		t.Helper()
		if err := l.Advance(context.Background(), time.UnixMilli(end+1), nil); err != nil {
			t.Fatal(err)
		}
		return l
	}
	for n, done := 0, false; !done; n++ {
		dir := t.TempDir()
		disk := disktest.New(t, dir)
		l := counted(diskLedger(t, dir, disk, missing, h))
		before := encodeAll(l)
		r, err := l.Recount(fuzzLedger(t, "", full, h), time.UnixMilli(h.Start), time.Time{})
		if err == nil {
			err = r.Read(context.Background(), nil)
		}
		if err != nil {
			t.Fatal(err)
		}
		left := n
		disk.Fail(func(disktest.Op) error {
			if left--; left < 0 {
				return errors.New("the machine is gone")
			}
			return nil
		})
		err = r.Replace(r.Compare(nil, true))
		after := encodeAll(l)
		if after == before {
			t.Fatal("nothing was different")
		}
		for _, hasty := range []bool{false, true} {
			kept := fuzzLedger(t, disk.PowerCut(t, dir, hasty), full, h)
			switch is := encodeAll(kept); {
			case is != before && is != after:
				t.Fatalf("ended at operation %d (%v), hasty %v: neither the old counts nor the new; operations %v", n, err, hasty, tail(disk.Ops(), 12))
			case err == nil && is != after:
				t.Fatalf("ended at operation %d: it was done, and is lost", n)
			}
			if err := kept.Close(); err != nil {
				t.Fatal(err)
			}
		}
		done = left >= 0
		disk.Fail(nil)
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
