package watched

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// budget is the share of requests that the objective, 99.9 %, lets fail.
const budget = 0.001

// world is a Release that has come to a Tier, and the Tier above, which has not changed.
// What it does is the truth, which no judge sees.
type world struct {
	kind    *kind
	shops   []*shop
	control []*shop
	came    int     // minutes past the hour
	peak    float64 // minute of the day's peak
}

// kind says how a simulated Release behaves.
type kind struct {
	name string
	bad  bool // it must not go on
	// promised: the policy's harm is a promise about it.
	promised bool
	size     int // ShopSets of the Tier
	control  int // ShopSets of the Tier above
	share    int // thousandths, of those of the first trial; 0: none of them
	make     func(r *rand.Rand, w *world)
}

// earlier are the kinds of the first trial, a Tier of two without a control.
var earlier = []kind{
	{name: "good", share: 200},
	{name: "good, little traffic", share: 60, make: func(_ *rand.Rand, w *world) { w.quiet() }},
	{name: "good, after an outage", share: 70, make: func(r *rand.Rand, w *world) { w.outage(r) }},
	{name: "good, errors in bursts", share: 70, make: func(r *rand.Rand, w *world) { w.ownBursts(r, 1) }},
	{name: "bad at once", bad: true, share: 160, make: func(r *rand.Rand, w *world) { w.fail(constant(harm(r)), w.shops...) }},
	{name: "slowly bad", bad: true, share: 130, make: func(r *rand.Rand, w *world) { w.fail(growing(harm(r), between(r, 120, 480)), w.shops...) }},
	{name: "bad at peak only", bad: true, share: 100, make: func(r *rand.Rand, w *world) { w.fail(atPeak(harm(r), w.peak), w.shops...) }},
	{name: "bad in one ShopSet", bad: true, share: 90, make: func(r *rand.Rand, w *world) { w.fail(constant(harm(r)), w.shops[r.IntN(2)]) }},
	{name: "bad, little traffic", bad: true, share: 40, make: func(r *rand.Rand, w *world) { w.quiet(); w.fail(constant(harm(r)), w.shops...) }},
	{name: "bad, after an outage", bad: true, share: 80, make: func(r *rand.Rand, w *world) { w.outage(r); w.fail(constant(harm(r)), w.shops...) }},
}

// fresh are the kinds that are new.
var fresh = slices.Concat(steps(), ramps(), creeps(), weather(), sizes())

// steps do a harm at once: of so many budgets, on all ShopSets or on one.
func steps() (out []kind) {
	for _, size := range []int{1, 2, 20} {
		for _, h := range []float64{1, 2, 5} {
			out = append(out, kind{name: fmt.Sprintf("%v× on all of %d", h, size), bad: true, promised: true, size: size, control: 2,
				make: func(_ *rand.Rand, w *world) { w.fail(constant(h*budget), w.shops...) }})
		}
	}
	for _, size := range []int{2, 20} {
		for _, h := range []float64{1, 2, 5, 10} {
			out = append(out, kind{name: fmt.Sprintf("%v× on one of %d", h, size), bad: true, promised: h == 10, size: size, control: 2,
				make: func(r *rand.Rand, w *world) { w.fail(constant(h*budget), w.shops[r.IntN(size)]) }})
		}
	}
	return out
}

// ramps grow from nothing, to so many budgets in so long a time, and on.
func ramps() (out []kind) {
	for _, minutes := range []float64{5, 10, 30, 120} {
		out = append(out, kind{name: fmt.Sprintf("grows by 1× in %v min", minutes), bad: true, promised: minutes <= 5, size: 2, control: 2,
			make: func(_ *rand.Rand, w *world) {
				w.fail(func(since float64) float64 { return min(0.1, budget*since/minutes) }, w.shops...)
			}})
	}
	return append(out,
		kind{name: "bad in bursts", bad: true, size: 2, control: 2, make: func(r *rand.Rand, w *world) {
			var spells []spell
			for at := 5 + int(30*r.ExpFloat64()); at < horizon; at += 5 + int(30*r.ExpFloat64()) {
				spells = append(spells, spell{at, at + 2 + r.IntN(4), between(r, 0.01, 0.03)})
			}
			for _, s := range w.shops {
				s.spells = append(s.spells, spells...)
			}
		}},
		kind{name: "bad after hours", bad: true, size: 2, control: 2, make: func(r *rand.Rand, w *world) {
			from, h := between(r, 60, 360), harm(r)
			w.fail(func(since float64) float64 {
				if since < from {
					return 0
				}
				return h
			}, w.shops...)
		}},
		kind{name: "1× after a week with an outage", bad: true, promised: true, size: 2, control: 2, make: func(r *rand.Rand, w *world) {
			w.oldOutage(r)
			w.fail(constant(budget), w.shops...)
		}})
}

// creeps are ten Releases, one a week, of which each fails so many budgets more than the one
// before; the last is the one that is judged.
func creeps() (out []kind) {
	for _, h := range []float64{0.1, 0.12, 0.15, 0.2} {
		out = append(out, kind{name: fmt.Sprintf("creeps by %v× a week", h), bad: true, size: 2, control: 2, make: func(_ *rand.Rand, w *world) {
			for _, s := range w.shops {
				for ago := 1; ago < 10; ago++ {
					s.spells = append(s.spells, spell{-ago * week, (1 - ago) * week, float64(10-ago) * h * budget})
				}
			}
			w.fail(constant(10*h*budget), w.shops...)
		}})
	}
	return append(out, kind{name: "good, better and worse weeks", size: 2, control: 2, make: func(r *rand.Rand, w *world) {
		for ago := 1; ago <= 10; ago++ {
			mood := math.Exp(between(r, -0.7, 0.7))
			for _, s := range w.shops {
				s.spells = append(s.spells, spell{-ago * week, (1 - ago) * week, s.usual * (mood - 1)})
			}
		}
	}})
}

// weather is what the Release is not the cause of.
func weather() []kind {
	return []kind{
		{name: "good, two ShopSets", size: 2, control: 2},
		{name: "good, traffic halves", size: 2, control: 2, make: func(_ *rand.Rand, w *world) {
			for _, s := range w.shops {
				s.traffic = func(float64) float64 { return 0.5 }
			}
		}},
		{name: "good, common bursts", size: 2, control: 2, make: func(r *rand.Rand, w *world) { w.commonBursts(r, 1) }},
		{name: "good, bursts, half of them common", size: 2, control: 2, make: func(r *rand.Rand, w *world) { w.commonBursts(r, 2); w.ownBursts(r, 2) }},
		{name: "good, a CDN outage", size: 2, control: 2, make: func(r *rand.Rand, w *world) {
			from := r.IntN(360)
			w.common(r, spell{from, from + 10 + r.IntN(31), between(r, 0.1, 0.3)})
		}},
		{name: "good, a database stutters", size: 2, control: 2, make: func(r *rand.Rand, w *world) {
			from := r.IntN(360)
			for at, end := from, from+60+r.IntN(120); at < end; at += 10 {
				w.common(r, spell{at, at + 10, between(r, 0.001, 0.01)})
			}
		}},
		{name: "good, a CDN outage, no control", size: 2, make: func(r *rand.Rand, w *world) {
			from := r.IntN(360)
			w.common(r, spell{from, from + 10 + r.IntN(31), between(r, 0.1, 0.3)})
		}},
		{name: "bad in a CDN outage", bad: true, size: 2, control: 2, make: func(r *rand.Rand, w *world) {
			from := r.IntN(60)
			w.common(r, spell{from, from + 10 + r.IntN(31), between(r, 0.1, 0.3)})
			w.fail(constant(harm(r)), w.shops...)
		}},
		{name: "good, after a week with an outage", size: 2, control: 2, make: func(r *rand.Rand, w *world) { w.oldOutage(r) }},
	}
}

// sizes are Tiers of one ShopSet, of twenty, and of a thousand that none could tell alone.
func sizes() (out []kind) {
	out = append(out, kind{name: "good, one ShopSet", size: 1, control: 2}, kind{name: "good, twenty ShopSets", size: 20, control: 2},
		kind{name: "good, twenty, some hardly used", size: 20, control: 2, make: func(_ *rand.Rand, w *world) {
			for _, s := range w.shops[:5] {
				s.rate, s.flat = 0.1, true
			}
		}})
	small := func(excess float64) func(*rand.Rand, *world) {
		return func(_ *rand.Rand, w *world) {
			for _, s := range w.shops {
				s.rate, s.flat = 0.67, true // 40 an hour
			}
			w.fail(constant(excess), w.shops...)
		}
	}
	return append(out, kind{name: "good, a thousand small ones", size: 1000, control: 2, make: small(0)},
		kind{name: "1 in 40 fails on a thousand small ones", bad: true, promised: true, size: 1000, control: 2, make: small(1.0 / 40)},
		kind{name: "1× on a thousand small ones", bad: true, promised: true, size: 1000, control: 2, make: small(budget)})
}

// newWorld draws one, the same for the same seed, kind and number.
func newWorld(k *kind, p Params, number int) *world {
	id := uint64(number)
	for _, c := range k.name {
		id = id*31 + uint64(c)
	}
	r := rand.New(rand.NewPCG(p.Seed, id))
	w := &world{kind: k, came: r.IntN(60), peak: 160 + 320*r.Float64()}
	shops := func(name string, n int) (out []*shop) {
		for i := range n {
			out = append(out, &shop{name: fmt.Sprintf("%s-%d", name, i), rate: logBetween(r, 20, 2000), usual: logBetween(r, 0.00002, 0.0003)})
		}
		return out
	}
	w.shops, w.control = shops("s", max(1, k.size)), shops("c", k.control)
	if k.make != nil {
		k.make(r, w)
	}
	minutes := fine
	if k.size > 2 {
		minutes = 6 * 60
	}
	for _, s := range slices.Concat(w.shops, w.control) {
		s.closing, s.past = p.Closing, past
		if k.size > 100 {
			s.past = short
		}
		s.run(r, w.peak, w.came, minutes)
	}
	return w
}

// harm is the share of requests that a bad Release of the first trial fails.
func harm(r *rand.Rand) float64 { return between(r, 0.02, 0.10) }

func constant(share float64) func(float64) float64 {
	return func(float64) float64 { return share }
}

func growing(share, minutes float64) func(float64) float64 {
	return func(since float64) float64 { return share * min(1, since/minutes) }
}

func atPeak(share, peak float64) func(float64) float64 {
	return func(since float64) float64 {
		if daily(since, peak) > 1.7 {
			return share
		}
		return 0
	}
}

func (w *world) fail(excess func(float64) float64, shops ...*shop) {
	for _, s := range shops {
		s.excess = excess
	}
}

func (w *world) quiet() {
	for _, s := range w.shops {
		s.rate, s.flat = 0.1, true
	}
}

// outage is half an hour in which half of all requests failed, until shortly before.
func (w *world) outage(r *rand.Rand) {
	end := -35 - r.IntN(56)
	for _, s := range w.shops {
		s.spells = append(s.spells, spell{end - 30, end, 0.5})
	}
}

// oldOutage burned 1.8 times the budget of the week before, in one to ten hours of it.
func (w *world) oldOutage(r *rand.Rand) {
	length := 60 + r.IntN(540)
	end := -day - r.IntN(4*day)
	for _, s := range w.shops {
		s.spells = append(s.spells, spell{end - length, end, 1.8 * budget * 7 * day / float64(length)})
	}
}

// bursts are about one in each of so many times six hours, before and since: 1 to 3 %
// fail for 2 to 5 minutes.
func bursts(r *rand.Rand, rarer float64) (out []spell) {
	for at := -past; at < horizon; at += 5 + int(360*rarer*r.ExpFloat64()) {
		out = append(out, spell{at, at + 2 + r.IntN(4), between(r, 0.01, 0.03)})
	}
	return out
}

func (w *world) ownBursts(r *rand.Rand, rarer float64) {
	for _, s := range w.shops {
		s.spells = append(s.spells, bursts(r, rarer)...)
	}
}

func (w *world) commonBursts(r *rand.Rand, rarer float64) {
	for _, b := range bursts(r, rarer) {
		w.common(r, b)
	}
}

// common happens to all, to some a third more, to some less.
func (w *world) common(r *rand.Rand, f spell) {
	for _, s := range slices.Concat(w.shops, w.control) {
		s.spells = append(s.spells, spell{f.from, f.to, f.share * math.Exp(between(r, -0.3, 0.3))})
	}
}

// shown reports whether the Release has failed anything in so many minutes.
func (w *world) shown(after int) bool {
	for _, s := range w.shops {
		for m := 0; s.excess != nil && m < after; m++ {
			if s.excess(float64(m)+0.5) > 0 {
				return true
			}
		}
	}
	return w.kind.name == "bad in bursts"
}

// requests is how many requests a ShopSet gets in a minute, on average.
func (w *world) requests(s *shop, minute int) float64 {
	mean := s.rate
	if !s.flat {
		mean *= daily(float64(minute)+0.5, w.peak)
	}
	if s.traffic != nil {
		mean *= s.traffic(float64(minute) + 0.5)
	}
	return mean
}

// wald is when the evidence of a test that knows everything reaches 100 to 1, on average.
// No test that holds at most 1 % of the good ones holds sooner on average (Wald, 1945).
func (w *world) wald() int {
	evidence := 0.0
	for m := range horizon {
		for _, s := range w.shops {
			if s.excess != nil {
				h := s.excess(float64(m) + 0.5)
				evidence += w.requests(s, m) * ((s.usual+h)*math.Log1p(h/s.usual) - h)
			}
		}
		if evidence >= math.Log(100) {
			return m + 1 + w.shops[0].closing
		}
	}
	return horizon + 1
}

// soonest is when not a single bad event in so many would rule out the harm, of the Tier
// and of each ShopSet.
func (w *world) soonest() int {
	all, each := 0.0, make([]float64, len(w.shops))
	for m := range horizon {
		least := math.Inf(1)
		for i, s := range w.shops {
			n := w.requests(s, m)
			all, each[i] = all+n, each[i]+n
			least = min(least, each[i])
		}
		if all*budget >= math.Log(20) && (len(w.shops) == 1 || least*0.01 >= math.Log(20)) {
			return m + 1 + w.shops[0].closing
		}
	}
	return horizon + 1
}
