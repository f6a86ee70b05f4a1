package review

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/slo"
)

// BenchmarkFleet measures and compiles the review of 1,000 ShopSets and 5 SLOs, on counts
// that cost next to nothing; cmd/shopslo measures it with the ledger.
func BenchmarkFleet(b *testing.B) {
	p := weekOf(b)
	l := withOutages(rand.New(rand.NewPCG(1, 1)), p, p.Until.AddDate(0, 0, -3), 8000, 60)
	var sets []string
	for i := range 1000 {
		sets = append(sets, fmt.Sprint("s-", i))
	}
	q := Question{Period: p, Fleet: testFleet(b, sets...), Alerts: slo.DefaultBurnAlerts(), Resolution: time.Minute}
	for i := range 5 {
		s := testSLO(0.99)
		s.Name = fmt.Sprint("slo-", i)
		q.SLOs = append(q.SLOs, s)
	}
	moves := []Move{{Tier: string(fleet.TierName("prod")), Release: "a", Moved: p.From.AddDate(0, 0, 2), Entry: 1}}
	b.ReportAllocs()
	for b.Loop() {
		in := Input{At: p.Until, Period: p, Measured: Measure(q, l), Releases: Section[Move]{Items: moves}, Effects: MeasureMoves(q, l, moves)}
		if r := Compile(in); len(r.Budgets) != 5000 {
			b.Fatal(len(r.Budgets))
		}
	}
}
