package mailrelay

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/shopslo/shopslo/internal/racetest"
	"github.com/shopslo/shopslo/internal/text"
)

var tokyo = time.FixedZone("JST", 9*3600)

// monday is a Monday's midnight in Tokyo.
var monday = time.Date(2026, 10, 5, 0, 0, 0, 0, tokyo)

// traffic makes an account's mails: a rate per minute, by the hour of the week.
type traffic struct {
	rng    *rand.Rand
	peak   float64 // mails per minute at a weekday's peak
	mood   float64 // relative deviation of each hour
	fail   func(at time.Time) float64
	hourOf time.Time
	mooded float64
}

// weekly is the shape of a shop's mails: nights a tenth, weekends a half.
func weekly(at time.Time) float64 {
	at = at.In(tokyo)
	h := float64(at.Hour()) + float64(at.Minute())/60
	day := 0.1 + 0.9*math.Pow(math.Max(0, math.Sin((h-5)/18*math.Pi)), 1.5)
	if wd := at.Weekday(); wd == time.Saturday || wd == time.Sunday {
		day /= 2
	}
	return day
}

func (g *traffic) bucket(start time.Time, grain time.Duration) Bucket {
	if hour := start.Truncate(time.Hour); !hour.Equal(g.hourOf) {
		g.hourOf, g.mooded = hour, math.Exp(g.mood*g.rng.NormFloat64())
	}
	rate := g.peak * weekly(start) * g.mooded * grain.Minutes()
	in := poisson(g.rng, rate)
	kept := 1.0
	if g.fail != nil {
		kept = g.fail(start)
	}
	out := g.thin(in, kept*0.98)
	return Bucket{Start: start, End: start.Add(grain), Counts: Counts{
		Accepted: in, Delivered: out, BouncedHard: poisson(g.rng, float64(in)*0.01), Complaints: poisson(g.rng, float64(in)*0.0005)}}
}

// thin keeps each of n mails with a chance.
func (g *traffic) thin(n int64, chance float64) int64 {
	kept := int64(0)
	for range n {
		if g.rng.Float64() < chance {
			kept++
		}
	}
	return kept
}

func poisson(r *rand.Rand, mean float64) int64 {
	if mean > 60 {
		return max(0, int64(math.Round(mean+math.Sqrt(mean)*r.NormFloat64())))
	}
	n, p, limit := int64(0), r.Float64(), math.Exp(-mean)
	for p > limit {
		n++
		p *= r.Float64()
	}
	return n
}

func minutely(grain time.Duration) Traits {
	return Traits{Vendor: "test", Grain: grain, Tells: []Figure{Accepted, Delivered, BouncedHard, Complaints}}
}

// live polls from one time to another, and tells each verdict until told to stop.
func live(h *History, g *traffic, from, to time.Time, grain time.Duration, each func(now time.Time) bool) {
	t := minutely(grain)
	for start := from; start.Before(to); start = start.Add(grain) {
		now := start.Add(grain)
		_, _ = h.Add(Poll{Span: Span{From: start, To: now}, Report: Report{Buckets: []Bucket{g.bucket(start, grain)}}}, t)
		if each != nil && !each(now) {
			return
		}
	}
}

// grown is a history of some weeks up to the Monday at nine.
func grown(seed uint64, peak, mood float64, grain time.Duration, weeks int) (*History, *traffic, time.Time) {
	g := &traffic{rng: rand.New(rand.NewPCG(seed, 1)), peak: peak, mood: mood}
	h := &History{Account: "shop"}
	begin := monday.Add(9 * time.Hour)
	late := begin.Add(-recentFor)
	live(h, g, begin.AddDate(0, 0, -7*weeks), late, max(grain, cell), nil)
	live(h, g, late, begin, grain, nil)
	return h, g, begin
}

var inTokyo = Settings{Zone: tokyo}

func has1(v Verdict, k Kind) (Finding, bool) {
	for _, f := range v.Findings {
		if f.Kind == k {
			return f, true
		}
	}
	return Finding{}, false
}

func TestADropToHalfOfAMondayMorningIsSeenWithin15Minutes(t *testing.T) {
	t.Parallel()
	late := 0
	const runs = 20
	for seed := range uint64(runs) {
		// At nine, 100 deliveries are expected in 15 minutes.
		peak := 100.0 / 15 / weekly(monday.Add(9*time.Hour+8*time.Minute)) / 0.98
		h, g, begin := grown(seed, peak, 0.03, time.Minute, 4)
		g.fail = func(at time.Time) float64 { return 0.5 }
		seen := time.Duration(0)
		live(h, g, begin, begin.Add(40*time.Minute), time.Minute, func(now time.Time) bool {
			f, ok := has1(h.Judge(now, minutely(time.Minute), inTokyo), Drop)
			if ok && seen == 0 {
				seen = now.Sub(begin)
				if off := f.Since.Sub(begin).Abs(); off > 20*time.Minute {
					t.Errorf("run %d: said to have begun %s off", seed, off)
				}
			}
			return !ok
		})
		if seen == 0 || seen > 15*time.Minute {
			t.Logf("run %d: seen after %s", seed, seen)
			late++
		}
	}
	if late > runs/20 {
		t.Errorf("%d of %d runs saw it later than 15 minutes", late, runs)
	}
}

func TestADropToHalfIsSeenByTheSecondFullHour(t *testing.T) {
	for seed := range uint64(10) {
		h, g, begin := grown(seed, 10, 0.05, time.Hour, 4)
		g.fail = func(time.Time) float64 { return 0.5 }
		live(h, g, begin, begin.Add(2*time.Hour), time.Hour, nil)
		if _, ok := has1(h.Judge(begin.Add(2*time.Hour), minutely(time.Hour), inTokyo), Drop); !ok {
			t.Errorf("run %d: not seen", seed)
		}
	}
}

func TestNothingIsRaisedWhereNothingChanged(t *testing.T) {
	for _, c := range []struct {
		name       string
		peak, mood float64
	}{
		{"a busy account", 100, 0.05}, {"a usual account", 8, 0.1}, {"a small account", 0.3, 0.2}, {"a tiny account", 0.02, 0.3},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			raised, weeks := 0, 0
			for seed := range uint64(2) {
				h, g, begin := grown(seed, c.peak, c.mood, time.Minute, 4)
				was := OK
				n := 0
				live(h, g, begin, begin.AddDate(0, 0, 7), time.Minute, func(now time.Time) bool {
					if n++; n%15 != 0 {
						return true
					}
					v := h.Judge(now, minutely(time.Minute), inTokyo)
					if v.Severity > OK && was == OK {
						t.Log(v.Sentence(text.English, inTokyo))
						raised++
					}
					was = v.Severity
					return true
				})
				weeks++
			}
			if raised > 1 {
				t.Errorf("%d false alarms in %d weeks", raised, weeks)
			}
		})
	}
}

func TestAQuietNightRaisesNothing(t *testing.T) {
	racetest.NotHere(t)
	t.Parallel()
	h, g, begin := grown(7, 0.2, 0.1, time.Minute, 4)
	g.fail = func(at time.Time) float64 { // a night without a single mail
		if hr := at.In(tokyo).Hour(); hr < 5 {
			return 0
		}
		return 1
	}
	live(h, g, begin, begin.Add(20*time.Hour), time.Minute, func(now time.Time) bool {
		if v := h.Judge(now, minutely(time.Minute), inTokyo); v.Severity != OK {
			t.Errorf("%s: %s", now, v.Sentence(text.English, inTokyo))
			return false
		}
		return true
	})
}

func TestSentencesSayWhatChangedSinceWhen(t *testing.T) {
	h, g, begin := grown(3, 20, 0.05, time.Minute, 4)
	g.fail = func(time.Time) float64 { return 0 }
	live(h, g, begin, begin.Add(30*time.Minute), time.Minute, nil)
	v := h.Judge(begin.Add(30*time.Minute), minutely(time.Minute), inTokyo)
	if v.Severity != Critical {
		t.Fatalf("severity %d: %+v", v.Severity, v.Findings)
	}
	for l, parts := range map[text.Language][]string{
		text.English:  {"shop: deliveries fell to 0 % of the usual since 09:00", "until 09:30", "stay in the relay"},
		text.Japanese: {"shop: 配信が09:00から通常の0%に減っています", "09:30まで", "リレーの中で止まって"},
	} {
		s := v.Sentence(l, inTokyo)
		for _, p := range parts {
			if !strings.Contains(s, p) {
				t.Errorf("%s: %q is not in: %s", l, p, s)
			}
		}
		if strings.Contains(s, "%!") {
			t.Errorf("badly formatted: %s", s)
		}
	}
}

func TestEveryFindingHasASentenceInBothLanguages(t *testing.T) {
	v := Verdict{Account: "a\nb", At: monday}
	for _, k := range []Kind{Drop, Rise, APIDown, Denied, Stale, Standing, Spent, Backlog, Unpolled, Unread, Learning, CanaryRefused, CanaryLost, CanaryBlind, CanaryJunk, CanaryUnproven, Announced} {
		v.Findings = []Finding{{Kind: k, Figure: Delivered, Since: monday.Add(-26 * time.Hour), Until: monday, Observed: 1234, Expected: 5678,
			Trouble: Failing, Status: Paused, Text: strings.Repeat("x\n", 3000), TakenOver: "fell"}}
		en, ja := v.Sentence(text.English, inTokyo), v.Sentence(text.Japanese, inTokyo)
		for _, s := range []string{en, ja} {
			if strings.Contains(s, "%!") || strings.Contains(s, "\n") || utf8.RuneCountInString(s) > 1024 {
				t.Errorf("%s: %q", k, s)
			}
		}
		if en == ja || strings.HasSuffix(en, string(k)) {
			t.Errorf("%s has no words: %s / %s", k, en, ja)
		}
	}
	v.Account = strings.Repeat("あ", 2000)
	if n := utf8.RuneCountInString(v.Sentence(text.Japanese, inTokyo)); n != 1024 {
		t.Errorf("%d characters", n)
	}
}

func TestAnAccountWhoseFiguresNobodyHasReadYetIsNeverWell(t *testing.T) {
	h := &History{Account: "shop"}
	poll := Poll{Span: Span{From: monday, To: monday.Add(time.Minute)}, Err: &Error{Trouble: Refused, Doing: "read"}}
	_, _ = h.Add(poll, minutely(time.Minute))
	v := h.Judge(monday.Add(time.Minute), minutely(time.Minute), inTokyo)
	if _, ok := has1(v, Unread); !ok || v.Severity != Unknown || len(v.Findings) != 1 {
		t.Errorf("refused at once: %+v", v)
	}
	for at := 2; at < 8; at++ {
		poll.Span.To = monday.Add(time.Duration(at) * time.Minute)
		_, _ = h.Add(poll, minutely(time.Minute))
	}
	if v := h.Judge(monday.Add(8*time.Minute), minutely(time.Minute), inTokyo); v.Severity != Warning || v.Findings[0].Kind != Denied {
		t.Errorf("refused for minutes: %+v", v)
	}
	h = &History{Account: "shop"} // as a relay with totals of the day begins
	_, _ = h.Add(Poll{Span: poll.Span, Report: Report{}}, minutely(time.Minute))
	v = h.Judge(poll.Span.To, minutely(time.Minute), inTokyo)
	if _, ok := has1(v, Learning); !ok || v.Severity != OK {
		t.Errorf("answered without figures: %+v", v)
	}
	if _, line := Together([]Verdict{v, {Account: "b"}}, text.English, inTokyo); !strings.Contains(line, "any of 2 accounts. No trend can be told yet at 1 of them") {
		t.Error(line)
	}
}

func TestTailsMatchASlowSum(t *testing.T) {
	for _, c := range []struct{ mean, variance float64 }{{0.5, 0.5}, {3, 4}, {20, 20}, {100, 180}, {1000, 5000}} {
		total, upTo := 0.0, 0.0
		for k := 0.0; k < 4*c.mean+60; k++ {
			p := math.Exp(logChance(k, c.mean, c.variance))
			total += p
			upTo += p
			if got := atMost(k, c.mean, c.variance); math.Abs(got-upTo) > 1e-6+1e-6*upTo {
				t.Fatalf("mean %g: at most %g is %g, not %g", c.mean, k, got, upTo)
			}
			if got := atLeast(k, c.mean, c.variance); math.Abs(got-(1-upTo+p)) > 1e-6 {
				t.Fatalf("mean %g: at least %g is %g, not %g", c.mean, k, got, 1-upTo+p)
			}
		}
		if math.Abs(total-1) > 1e-6 {
			t.Errorf("mean %g: all chances sum to %g", c.mean, total)
		}
	}
}

func TestACountThatVariesLessThanByChanceIsLessLikelyToBeLow(t *testing.T) {
	for _, mean := range []float64{40, 100, 3000} {
		sd := math.Sqrt(mean / 2)
		for off, want := range map[float64]float64{0: 0.5, 1: 0.1587, 2: 0.02275, 3: 0.00135} { // of a normal deviate
			got := atMost(mean-off*sd, mean, mean/2)
			if got < want/2 || got > want*1.25 {
				t.Errorf("%g below a mean of %g has a chance of %g, not about %g", off*sd, mean, got, want)
			}
		}
	}
}

func TestTheHistoryIsSmallAndQuick(t *testing.T) {
	h, _, begin := grown(1, 50, 0.05, time.Minute, 5)
	b, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	var again History
	if err := json.Unmarshal(b, &again); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	again.Judge(begin, minutely(time.Minute), inTokyo)
	t.Logf("%d bytes, judged in %s", len(b), time.Since(start))
	if len(b) > 500_000 {
		t.Errorf("%d bytes of state", len(b))
	}
}

func TestATallySumsAsOverlapDoes(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	for range 200 {
		var buckets []Bucket
		for at := monday; len(buckets) < 1+rng.IntN(40); {
			at = at.Add(time.Duration(rng.IntN(3)) * 30 * time.Second) // some have a gap before
			b := Bucket{Start: at, End: at.Add(time.Duration(1+rng.IntN(4)) * time.Minute), Counts: Counts{}}
			if rng.IntN(5) > 0 {
				b.Counts[Delivered] = rng.Int64N(50)
			}
			buckets, at = append(buckets, b), b.End
		}
		var tl tally
		end := buckets[len(buckets)-1].End
		for range 20 {
			from := end.Add(-time.Duration(1+rng.IntN(6000)) * time.Second)
			n, part := tl.since(buckets, Delivered, from)
			wantN, wantPart := overlap(buckets, Delivered, from, end)
			if math.Abs(n-wantN) > 1e-9 || math.Abs(part-wantPart) > 1e-9 {
				t.Fatalf("since %s: %g of %g, not %g of %g", from, n, part, wantN, wantPart)
			}
		}
	}
}
