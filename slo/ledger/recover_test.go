package ledger

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger/ledgertest"
)

func TestALongUnfinishedRecordIsToldQuicklyFromDamage(t *testing.T) {
	// A tick of 30 MB that a crash cut short: fractions everywhere, among which a byte of 1
	// before random others looks like the start of a record all the time.
	r := rand.New(rand.NewPCG(1, 1))
	rest := binary.LittleEndian.AppendUint32(nil, 64<<20)
	rest = append(rest, 1, 2, 3, 4, tickRecord)
	for len(rest) < 30<<20 {
		rest = append(rest, 1)
		rest = binary.LittleEndian.AppendUint64(rest, r.Uint64()&0x00ffffff)
	}
	for _, c := range []struct {
		name string
		end  []byte
		torn bool
	}{
		{"cut short", nil, true},
		{"with a sound record behind it", sealed((&tickStart{firstSecond, 60_000}).encode()), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			begin := time.Now()
			if got := isTorn(append(rest[:len(rest):len(rest)], c.end...)); got != c.torn {
				t.Errorf("taken for the end of a crash: %t, want %t", got, c.torn)
			}
			if took := time.Since(begin); took > 20*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}

const firstSecond = int64(1_767_571_200_000)

// tickStart is a tick without accounts.
type tickStart struct{ from, span int64 }

func (s *tickStart) encode() []byte {
	var e encoder
	appendTick(&e, nil, s.from, s.from+s.span)
	return e.b
}

// TestWhatWasForgottenInADamagedCheckpointComesBackOnce has a target, or a series of one
// that lives, that was forgotten with one checkpoint and came back in the log after it.
// The checkpoint is damaged, the one before it, which still knows it, is read instead.
func TestWhatWasForgottenInADamagedCheckpointComesBackOnce(t *testing.T) {
	labels := func(code, instance string) slo.Labels {
		return slo.Labels{{Name: slo.MetricName, Value: "http_requests_total"}, {Name: "code", Value: code}, {Name: "instance", Value: instance}, {Name: "shopset", Value: "shop-0"}}
	}
	t.Run("a target", func(t *testing.T) { comesBackOnce(t, labels("500", "a"), labels("500", "b")) })
	t.Run("a series", func(t *testing.T) { comesBackOnce(t, labels("500", "a"), labels("200", "a")) })
}

func comesBackOnce(t *testing.T, forgotten, other slo.Labels) {
	const hour = int64(3_600_000)
	h := ledgertest.New(ledgertest.Config{Length: 12 * time.Hour, ShopSets: []ledgertest.Spec{{}}})
	src := ledgertest.NewSource(ledgertest.Plain([]ledgertest.Series{
		{Labels: forgotten, Samples: []ledgertest.Sample{{T: h.Start + 1000, V: 100}, {T: h.Start + 61_000, V: 103}, {T: h.Start + 8*hour + 1000, V: 150}, {T: h.Start + 8*hour + 31_000, V: 157}}},
		{Labels: other, Samples: []ledgertest.Sample{{T: h.Start + 1000, V: 1}, {T: h.Start + 6*hour, V: 11}, {T: h.Start + 10*hour, V: 16}}},
	}))
	src.SetExpr("ratio", nil)
	dir := t.TempDir()
	l := fuzzLedger(t, dir, src, h)
	l.cfg.Retention = 5 * time.Hour
	l.store.threshold, l.store.least = 1<<40, 1<<40
	tick := func(hours int64) {
		t.Helper()
		if err := l.Advance(context.Background(), time.UnixMilli(h.Start+hours*hour+1), nil); err != nil {
			t.Fatal(err)
		}
	}
	checkpoint := func() {
		t.Helper()
		l.forget(l.sorted()[0].hist.edge)
		if err := l.store.checkpoint(l.sorted()); err != nil {
			t.Fatal(err)
		}
	}
	tick(1)
	checkpoint() // knows a
	tick(7)
	checkpoint() // does not
	tick(9)      // a is back, as a target never seen
	total := l.sorted()[0].hist.newest().b
	if total != 3+10+7 {
		t.Fatalf("total %v, want 3 and 7 of a, 10 of b", total)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "checkpoint-00000002")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	l = fuzzLedger(t, dir, src, h)
	l.cfg.Retention = 5 * time.Hour
	checkpoint() // what was put together can be written
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = fuzzLedger(t, dir, src, h)
	tick(11)
	if got := l.sorted()[0].hist.newest().b; got != total+5 {
		t.Errorf("total %v, want %v", got, total+5)
	}
	if n := len(l.sorted()[0].series); n != 2 {
		t.Errorf("%d series, want a's and b's", n)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}
