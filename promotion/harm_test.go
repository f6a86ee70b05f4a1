package promotion

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// byItself is what a Comparison of so many events comes to by itself.
func byItself(budget float64, before, since tally) (Result, weight) {
	p := SincePolicy{}.withDefaults()
	c := &Comparison{BudgetRatio: budget, UsualBad: before.bad, Since: &Span{Good: since.total - since.bad, Total: since.total}}
	if before.total > 0 {
		c.Before = &Span{Good: before.total - before.bad, Total: before.total}
	}
	w := weigh([]*Comparison{c}, p)
	switch {
	case w.amiss(p) && w.evidence >= p.held():
		return Fail, w
	case w.pool.Most(p.cleared()) < budget:
		return Pass, w
	}
	return Unknown, w
}

func TestTheTestIsStrongEnoughToBeOfUse(t *testing.T) {
	week := tally{60, 600_000} // burns a tenth of the budget of 99.9 %
	for _, c := range []struct {
		name          string
		before, since tally
		want          Result
	}{
		{"a release that fails 2 % of payments is seen after 150 of them", week, tally{3, 150}, Fail},
		{"a good one is cleared after an hour of ten a second", week, tally{4, 36_000}, Pass},
		{"without a bad event after 4,000", week, tally{0, 4_000}, Pass},
		{"not after 1,000", week, tally{0, 1_000}, Unknown},
		{"one bad event of few is no verdict", week, tally{1, 200}, Unknown},
		{"what is worse, but by far less than the harm, passes with traffic enough", tally{6_000, 6e7}, tally{2_000, 1e7}, Pass},
		{"an outage before is no excuse", tally{60_000, 600_000}, tally{300, 36_000}, Fail},
		{"nothing known of before clears what is good by itself", tally{}, tally{2, 36_000}, Pass},
		{"and holds what is bad by itself", tally{}, tally{720, 36_000}, Fail},
		{"all bad", week, tally{40, 40}, Fail},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, w := byItself(0.001, c.before, c.since); got != c.want {
				t.Errorf("%s, want %s: %+v", got, c.want, w)
			}
		})
	}
}

// Nothing that is counted makes a Release with more bad events look better.
func TestMoreBadEventsNeverHelp(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	order := map[Result]int{Fail: 0, Unknown: 1, Pass: 2}
	for range 2000 {
		total := float64(1 + r.IntN(100_000))
		bad := math.Floor(total * math.Pow(r.Float64(), 8))
		before := tally{0, float64(r.IntN(1_000_000))}
		before.bad = math.Floor(before.total * math.Pow(r.Float64(), 10))
		budget := []float64{0.0001, 0.001, 0.05}[r.IntN(3)]
		few, _ := byItself(budget, before, tally{bad, total})
		more, _ := byItself(budget, before, tally{min(total, bad+1+float64(r.IntN(20))), total})
		if order[more] > order[few] {
			t.Fatalf("%v of %v, before %v: %s, with more bad ones %s", bad, total, before, few, more)
		}
	}
}

// What none of a thousand ShopSets could show alone they show together: one in 40 fails.
func TestAThousandSmallShopSetsTellTogether(t *testing.T) {
	p := SincePolicy{}.withDefaults()
	var all []*Comparison
	for range 1000 {
		all = append(all, &Comparison{BudgetRatio: 0.001, UsualBad: 1, Before: &Span{Good: 6999, Total: 7000}, Since: &Span{Good: 39, Total: 40}})
	}
	ones := map[*Comparison]weight{}
	g := group{all: all}
	if mean := g.weigh(p, ones); mean < p.held() || !g.whole.amiss(p) || g.rest.evidence < p.held() {
		t.Errorf("the evidence is %v, together %+v", mean, g.whole)
	}
	if one := ones[all[0]]; one.evidence >= p.held()+math.Log(2000) {
		t.Errorf("one alone has %v", one.evidence)
	}
}

func TestWhatGrowsSlowlyHasDoneLittleYet(t *testing.T) {
	for elapsed, want := range map[time.Duration]float64{-time.Minute: 0, 0: 0, growing / 2: 0.25, growing: 0.5, 2 * growing: 1, time.Hour: 1} {
		if got := (SincePolicy{}).withDefaults().yet(elapsed); got != want {
			t.Errorf("after %v: %v, want %v", elapsed, got, want)
		}
	}
}

func TestWhatOthersSeeTooMayExcuse(t *testing.T) {
	p := SincePolicy{}.withDefaults()
	worse := &Beside{ShopSets: 2, Bad: 500, Total: 50_000, BeforeBad: 100, BeforeTotal: 1e6}
	same := &Beside{ShopSets: 2, Bad: 5, Total: 50_000, BeforeBad: 100, BeforeTotal: 1e6}
	more := *worse
	more.More = p.held()
	for _, c := range []struct {
		name string
		b    *Beside
		want string
	}{{"nobody to compare with", nil, ""}, {"they got worse as well", worse, excusedBeside}, {"they are as before", same, ""}, {"the Release's got worse by more", &more, ""}} {
		if got := p.excuse(nil, c.b, 0.001); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
