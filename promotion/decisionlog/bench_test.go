package decisionlog

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/shopslo/shopslo/promotion"
)

// BenchmarkAppend keeps a record as big as that of a gate over 1,000 ShopSets × 5 SLOs.
func BenchmarkAppend(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	record := []byte(`{"checks": [`)
	for i := 0; len(record) < 6_500_000; i++ {
		record = fmt.Appendf(record, "\n"+`{"check": "budget", "shopset": "s-%05d", "slo": "cart-availability", "result": "pass", "reason": "%.1f%% of the error budget of 28d is left: %d of %d events were bad, %d are allowed.", "evidence": {"tier": "beta", "role": "evidence", "window": "28d", "state": "ok", "good": %d, "total": %d, "remaining_ratio": %v}},`,
			i, 100*r.Float64(), r.IntN(1e4), r.IntN(1e8), r.IntN(1e5), r.IntN(1e8), r.IntN(1e8), r.Float64())
	}
	record = append(record, ']', '}')
	l, err := Open(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	e := Entry{Kind: Gate, At: time.Now().UTC(), To: "prod", Decision: promotion.Promote, Checks: []Check{}}
	for b.Loop() {
		if _, err := l.Append(b.Context(), e, record); err != nil {
			b.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		b.Fatal(err)
	}
}
