package mailrelay

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
)

// worst is the one finding of some kinds, as in "denied 1"; "" where there is none.
func worst(v Verdict, kinds ...Kind) string {
	for _, f := range v.Findings {
		for _, k := range kinds {
			if f.Kind == k {
				return fmt.Sprintf("%s %d", f.Kind, f.Severity)
			}
		}
	}
	return ""
}

// answering is a history of a relay that answers at a time.
func answering(at time.Time) *History {
	return &History{Account: "shop", State: State{At: at, Up: true, Answered: at, Since: at.Add(-24 * time.Hour)}}
}

func TestSinceWhenARelayThatDoesNotAnswerIsAFinding(t *testing.T) {
	const nano = time.Nanosecond
	for _, c := range []struct {
		name    string
		up      bool
		trouble Trouble
		out     time.Duration
		want    string
	}{
		{"it answers", true, "", time.Hour, ""},
		{"down for less than four minutes", false, Failing, 4*time.Minute - nano, ""},
		{"down for four minutes", false, Failing, 4 * time.Minute, "api_down 1"},
		{"down for less than fifteen", false, Failing, 15*time.Minute - nano, "api_down 1"},
		{"down for fifteen", false, Failing, 15 * time.Minute, "api_down 2"},
		{"refusing us for less than four minutes", true, Refused, 4*time.Minute - nano, ""},
		{"refusing us for four minutes", true, Refused, 4 * time.Minute, "denied 1"},
		{"refusing us for hours", true, Refused, 5 * time.Hour, "denied 1"},
		{"limiting us for less than half an hour", true, Limited, 30*time.Minute - nano, ""},
		{"limiting us for half an hour", true, Limited, 30 * time.Minute, "denied 1"},
		{"garbled for hours", true, Garbled, 5 * time.Hour, ""},
	} {
		h := answering(monday)
		h.State.Up, h.State.Trouble = c.up, c.trouble
		if c.up {
			h.State.Answered = monday.Add(-c.out)
		} else {
			h.State.Answered, h.State.Since = monday.Add(-24*time.Hour), monday.Add(-c.out)
		}
		v := h.Judge(monday, minutely(time.Minute), inTokyo)
		if got := worst(v, APIDown, Denied); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		for _, f := range v.Findings {
			if (f.Kind == APIDown || f.Kind == Denied) && !f.Since.Equal(monday.Add(-c.out)) {
				t.Errorf("%s: since %s", c.name, f.Since)
			}
		}
	}
	// One that never answered is down since it was first asked.
	h := answering(monday)
	h.State.Up, h.State.Trouble, h.State.Answered, h.State.Since = true, Refused, time.Time{}, monday.Add(-4*time.Minute)
	if got := worst(h.Judge(monday, minutely(time.Minute), inTokyo), Denied); got != "denied 1" {
		t.Errorf("never answered: %q", got)
	}
}

func TestHowLongThePluginMayBeQuiet(t *testing.T) {
	for _, c := range []struct {
		name          string
		polled, until time.Duration // before now; until: the relay asked to be left alone
		silence       time.Duration
		want          string
	}{
		{"ten minutes", 10 * time.Minute, -1, 0, ""},
		{"more", 10*time.Minute + 1, -1, 0, "unpolled 3"},
		{"as long as is set", time.Hour, -1, time.Hour, ""},
		{"longer than is set", time.Hour + 1, -1, time.Hour, "unpolled 3"},
		{"as long as the relay asked for", time.Hour, 10 * time.Minute, 0, ""},
		{"longer", time.Hour, 10*time.Minute + 1, 0, "unpolled 3"},
		{"a clock that is a little ahead", -skew, -1, 0, ""},
		{"a clock that is ahead", -skew - 1, -1, 0, "unpolled 3"},
	} {
		h := answering(monday.Add(-c.polled))
		if c.until >= 0 {
			h.State.WaitUntil = monday.Add(-c.until)
		}
		s := inTokyo
		s.MaxSilence = c.silence
		v := h.Judge(monday, minutely(time.Minute), s)
		if got := worst(v, Unpolled); got != c.want || c.want != "" && (v.Severity != Unknown || len(v.Findings) != 1) {
			t.Errorf("%s: %q, want %q: %+v", c.name, got, c.want, v)
		}
	}
	if v := (&History{}).Judge(monday, minutely(time.Minute), inTokyo); v.Severity != Unknown || worst(v, Unpolled) == "" {
		t.Errorf("never polled: %+v", v)
	}
}

func TestWhatTheRelaySaysOfTheAccount(t *testing.T) {
	n := func(v int64) *int64 { return &v }
	for _, c := range []struct {
		name  string
		state func(s *State)
		queue int64 // the limit
		want  string
	}{
		{"all is well", func(*State) {}, 0, ""},
		{"paused", func(s *State) { s.Status = Paused }, 0, "standing 2"},
		{"on probation", func(s *State) { s.Status = Probation }, 0, "standing 1"},
		{"a tenth of the quota is left", func(s *State) { s.Quota = Quota{Left: n(100), Limit: n(1000)} }, 0, ""},
		{"less than a tenth", func(s *State) { s.Quota = Quota{Left: n(99), Limit: n(1000)} }, 0, "spent 1"},
		{"nothing is left", func(s *State) { s.Quota = Quota{Left: n(0), Limit: n(1000)} }, 0, "spent 2"},
		{"less than nothing", func(s *State) { s.Quota = Quota{Left: n(-1), Limit: n(1000)} }, 0, "spent 2"},
		{"one is left of what nobody knows", func(s *State) { s.Quota = Quota{Left: n(1)} }, 0, ""},
		{"nothing is left of what nobody knows", func(s *State) { s.Quota = Quota{Left: n(0)} }, 0, "spent 2"},
		{"a tenth, by what was used", func(s *State) { s.Quota = Quota{Left: n(100), Used: n(900)} }, 0, ""},
		{"less than a tenth, by what was used", func(s *State) { s.Quota = Quota{Left: n(99), Used: n(901)} }, 0, "spent 1"},
		{"nobody says what is left", func(s *State) { s.Quota = Quota{Used: n(900), Limit: n(900)} }, 0, ""},
		{"as many wait as may", func(s *State) { s.Queue = n(50) }, 50, ""},
		{"more wait", func(s *State) { s.Queue = n(51) }, 50, "backlog 1"},
		{"no limit is set", func(s *State) { s.Queue = n(51) }, 0, ""},
		{"nobody says how many wait", func(*State) {}, 50, ""},
	} {
		h, s := answering(monday), inTokyo
		c.state(&h.State)
		h.State.StatusText, s.MaxQueue = "the relay's word", c.queue
		v := h.Judge(monday, minutely(time.Minute), s)
		if got := worst(v, Standing, Spent, Backlog); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		for _, f := range v.Findings {
			if f.Kind == Standing && (f.Text != "the relay's word" || f.Status != h.State.Status) ||
				f.Kind == Backlog && (f.Observed != 51 || f.Expected != 50) || f.Kind == Spent && h.State.Quota.Left != nil && f.Observed != float64(*h.State.Quota.Left) {
				t.Errorf("%s: %+v", c.name, f)
			}
		}
	}
}

// steady is a history of weeks with as many deliveries in each cell; the newest figures are
// of the Monday at nine.
func steady(each float64, grain time.Duration) (*History, time.Time) {
	end := monday.Add(9 * time.Hour)
	p := Past{First: end.AddDate(0, 0, -28), Step: int64(grain / time.Second), Columns: map[Figure]Column{}}
	for range 28 * 24 * int(time.Hour/grain) {
		p.Columns[Delivered] = append(p.Columns[Delivered], each)
	}
	h := &History{Account: "shop", Past: p}
	h.State.DataTo = end
	return h, end
}

// at is its verdict a while after its newest figures, the relay answering.
func (h *History) at(now time.Time, t Traits, s Settings) Verdict {
	h.State.At, h.State.Answered, h.State.Up = now, now, true
	return h.Judge(now, t, s)
}

func TestHowOldFiguresMayBe(t *testing.T) {
	quarter := 15 * time.Minute
	settle := minutely(time.Minute)
	settle.Settle = 20 * time.Minute
	daily, sparse := minutely(time.Hour), minutely(time.Minute)
	daily.Daily, sparse.Sparse = true, true
	for _, c := range []struct {
		name   string
		each   float64 // deliveries in a quarter of an hour; below 0: there is no past
		traits Traits
		age    time.Duration
		want   string
	}{
		{"two buckets and ten minutes", 1000, minutely(time.Minute), 12 * time.Minute, ""},
		{"older", 1000, minutely(time.Minute), 12*time.Minute + 1, "stale 1"},
		{"twice as old", 1000, minutely(time.Minute), 24 * time.Minute, "stale 1"},
		{"older than that", 1000, minutely(time.Minute), 24*time.Minute + 1, "stale 2"},
		{"with bigger buckets", 1000, minutely(time.Hour), 2*time.Hour + 10*time.Minute, ""},
		{"older than those", 1000, minutely(time.Hour), 2*time.Hour + 10*time.Minute + 1, "stale 1"},
		{"with time to settle", 1000, settle, 32 * time.Minute, ""},
		{"older than that takes", 1000, settle, 32*time.Minute + 1, "stale 1"},
		{"totals of the day", 1000, daily, 2 * time.Hour, ""},
		{"older totals of the day", 1000, daily, 2*time.Hour + 1, "stale 1"},
		{"totals of the day, twice as old", 1000, daily, 4*time.Hour + 1, "stale 2"},
		{"nothing was due", 0.01, minutely(time.Minute), 3 * time.Hour, ""},
		{"nobody knows what was due", -1, minutely(time.Minute), 12*time.Minute + 1, "stale 1"},
		{"nobody knows what was due, for long", -1, minutely(time.Minute), 5 * time.Hour, "stale 1"},
		{"one that tells only what there is", -1, sparse, 24*time.Hour - 1, ""},
		{"one that has told nothing for a day", -1, sparse, 24 * time.Hour, "stale 1"},
	} {
		h, end := steady(max(0, c.each), quarter)
		if c.each < 0 {
			h.Past = Past{}
		}
		v := h.at(end.Add(c.age), c.traits, inTokyo)
		if got := worst(v, Stale); got != c.want {
			t.Errorf("%s: %q, want %q: %+v", c.name, got, c.want, v.Findings)
		}
	}
	h, end := steady(1000, quarter)
	h.State.Trouble = Failing
	if got := worst(h.at(end.Add(time.Hour), minutely(time.Minute), inTokyo), Stale); got != "" {
		t.Errorf("with trouble, which says it all: %s", got)
	}
	h.State.Trouble, h.State.DataTo = "", time.Time{}
	if got := worst(h.at(end.Add(time.Hour), minutely(time.Minute), inTokyo), Stale); got != "" {
		t.Errorf("nobody knows how old: %s", got)
	}
	if age, ok := (&History{State: State{DataTo: monday}}).Age(monday.Add(-time.Second)); !ok || age != 0 {
		t.Errorf("figures of a moment from now are %v old", age)
	}
}

func TestWhenTheCanarySpeaks(t *testing.T) {
	const nano = time.Nanosecond
	for _, c := range []struct {
		name     string
		canaries func(now time.Time) Canaries
		want     string
	}{
		{"refused for less than five minutes, and some seconds", func(now time.Time) Canaries { return Canaries{Refused: now.Add(-canaryEvery + 10*time.Second + nano)} }, ""},
		{"refused for that long", func(now time.Time) Canaries { return Canaries{Refused: now.Add(-canaryEvery + 10*time.Second)} }, "canary_refused 2"},
		{"one is lost", func(now time.Time) Canaries { return Canaries{Lost: 1, LostSince: now} }, "canary_lost 1"},
		{"two are lost", func(now time.Time) Canaries { return Canaries{Lost: 2, LostSince: now} }, "canary_lost 2"},
		{"blind for less than fifteen minutes", func(now time.Time) Canaries { return Canaries{Blind: now.Add(-15*time.Minute + nano)} }, ""},
		{"blind for fifteen", func(now time.Time) Canaries { return Canaries{Blind: now.Add(-15 * time.Minute)} }, "canary_blind 1"},
		{"looked two hours ago", func(now time.Time) Canaries { return Canaries{At: now.Add(-canaryGone), Lost: 1} }, "canary_lost 1"},
		{"not looked for longer", func(now time.Time) Canaries { return Canaries{At: now.Add(-canaryGone - nano), Lost: 1} }, ""},
	} {
		h := answering(monday)
		h.Canary = c.canaries(monday)
		if h.Canary.At.IsZero() {
			h.Canary.At = monday
		}
		if got := worst(h.Judge(monday, minutely(time.Minute), inTokyo), CanaryRefused, CanaryLost, CanaryBlind); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	// Ten minutes is not late; two hours is still looked for.
	h := answering(monday)
	h.AddProbe(Probe{At: monday, Mark: "a"})
	h.AddProbe(Probe{At: monday.Add(canaryLate), Looked: true})
	if h.Canary.Lost != 0 {
		t.Error("late after just ten minutes")
	}
	h.AddProbe(Probe{At: monday.Add(canaryLate + nano), Looked: true})
	if h.Canary.Lost != 1 || !h.Canary.LostSince.Equal(monday) {
		t.Errorf("not late after more: %+v", h.Canary)
	}
	h.AddProbe(Probe{At: monday.Add(canaryGone), Looked: true})
	if len(h.Canary.Waiting) != 1 {
		t.Error("given up after just two hours")
	}
	h.AddProbe(Probe{At: monday.Add(canaryGone + nano), Looked: true})
	if len(h.Canary.Waiting) != 0 || h.Canary.Lost != 1 {
		t.Errorf("%+v", h.Canary)
	}
	// A look that finds nothing forgives nothing.
	h.AddProbe(Probe{At: monday.Add(canaryGone + 2*nano), Looked: true})
	if h.Canary.Lost != 1 || h.Canary.LostSince.IsZero() {
		t.Errorf("%+v", h.Canary)
	}
}

func TestBucketsThatMakeNoSenseAreRefused(t *testing.T) {
	at := func(m int) time.Time { return monday.Add(time.Duration(m) * time.Minute) }
	b := func(from, to int, n int64) Bucket {
		return Bucket{Start: at(from), End: at(to), Counts: Counts{Delivered: n}}
	}
	for _, c := range []struct {
		name    string
		buckets []Bucket
		want    string // a part of the error
	}{
		{"one after the other", []Bucket{b(0, 1, 0), b(1, 2, 5)}, ""},
		{"with a gap", []Bucket{b(0, 1, 0), b(3, 10, 5)}, ""},
		{"one that overlaps", []Bucket{b(0, 2, 0), b(1, 3, 5)}, "out of order"},
		{"one of no length", []Bucket{b(1, 1, 0)}, "out of order"},
		{"one that ends in the future", []Bucket{b(9, 11, 0)}, "in the future"},
		{"fewer than none", []Bucket{b(0, 1, -1)}, "is -1"},
	} {
		err := sound(Poll{Span: Span{From: at(0), To: at(10)}, Report: Report{Buckets: c.buckets}})
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

func TestWhatABucketHasOfASpan(t *testing.T) {
	at := func(m int) time.Time { return monday.Add(time.Duration(m) * time.Minute) }
	buckets := []Bucket{{Start: at(0), End: at(10), Counts: Counts{Delivered: 100}}, {Start: at(10), End: at(20), Counts: Counts{Accepted: 7}}, {Start: at(20), End: at(30), Counts: Counts{Delivered: 40}}}
	for _, c := range []struct {
		from, to  int
		sum, part float64
	}{
		{0, 10, 100, 1}, {0, 30, 140, 2.0 / 3}, {5, 10, 50, 1}, {2, 4, 20, 1}, {10, 20, 0, 0}, {5, 25, 70, 0.5}, {20, 40, 40, 0.5}, {-10, 0, 0, 0}, {30, 40, 0, 0}, {-10, 10, 100, 0.5},
	} {
		sum, part := overlap(buckets, Delivered, at(c.from), at(c.to))
		if math.Abs(sum-c.sum) > 1e-9 || math.Abs(part-c.part) > 1e-9 {
			t.Errorf("from %d to %d: %g in %g of it, want %g in %g", c.from, c.to, sum, part, c.sum, c.part)
		}
	}
}

func TestCellsThatEndAfterATimeAreCut(t *testing.T) {
	for _, c := range []struct {
		step, after int64 // seconds
		want        int
	}{{60, 600, 10}, {60, 599, 9}, {60, 541, 9}, {60, 540, 9}, {60, 0, 0}, {60, -60, 0}, {59, 0, 10}} {
		p := Past{First: monday, Step: c.step, Columns: map[Figure]Column{Delivered: make(Column, 10)}}
		p.cut(monday.Add(time.Duration(c.after) * time.Second))
		if p.len() != c.want {
			t.Errorf("after %d s, in steps of %d s: %d cells, want %d", c.after, c.step, p.len(), c.want)
		}
	}
}

func TestHowFarBackOneLooks(t *testing.T) {
	daily := minutely(time.Minute)
	daily.Daily = true
	for _, c := range []struct {
		t    Traits
		want string
	}{
		{minutely(time.Minute), "[5m0s 10m0s 15m0s 30m0s 1h0m0s 2h0m0s 3h0m0s]"},
		{minutely(10 * time.Minute), "[10m0s 20m0s 30m0s 1h0m0s 2h0m0s 3h0m0s]"},
		{minutely(59 * time.Minute), "[59m0s 1h58m0s 2h57m0s]"},
		{minutely(time.Hour), "[1h0m0s 2h0m0s 3h0m0s 4h0m0s 6h0m0s]"},
		{daily, "[1h0m0s 2h0m0s 3h0m0s 4h0m0s 6h0m0s]"},
		{minutely(24 * time.Hour), "[24h0m0s]"},
	} {
		if got := fmt.Sprint(lookback(c.t)); got != c.want {
			t.Errorf("grain %v: %s, want %s", c.t.Grain, got, c.want)
		}
	}
	if longest := lookback(minutely(time.Hour)); longest[len(longest)-1] != 6*time.Hour {
		t.Error(longest)
	}
}

func TestWhichDaysAreFree(t *testing.T) {
	s := Settings{Zone: tokyo, Holidays: map[string]bool{"2026-10-07": true}}
	got := ""
	for day := range 7 {
		if s.free(monday.AddDate(0, 0, day).Add(-time.Nanosecond + 24*time.Hour)) {
			got += fmt.Sprint(day)
		}
	}
	if got != "256" { // the holiday, Saturday and Sunday
		t.Errorf("free are the days %s after a Monday", got)
	}
}

func TestAMeanLeavesOutWeeksThatWereOfAnotherKind(t *testing.T) {
	for _, c := range []struct {
		weeks []float64
		want  float64
	}{
		{[]float64{100, 100, 100, 1000}, 100}, {[]float64{100, 1000}, 550}, {[]float64{100, 100, 180}, 380.0 / 3}, {[]float64{100, 100, 181}, 100},
		{[]float64{100, 100, 36}, 100}, {[]float64{100, 100, 37}, 79}, {[]float64{0, 0, 0}, 0},
	} {
		if got := middleMean(c.weeks); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%v: %g, want %g", c.weeks, got, c.want)
		}
	}
}

func asking(h *History) *judge {
	return &judge{h, minutely(time.Minute), inTokyo, map[Figure]float64{}, map[Figure]rate{}, map[Figure]*tally{}}
}

func TestHowManyOfAFigureThereAreForEachMail(t *testing.T) {
	for _, c := range []struct {
		name    string
		columns map[Figure]Column
		want    rate
	}{
		{"of what came in", map[Figure]Column{Accepted: {100, 100}, Delivered: {50, 50}, BouncedHard: {1, 3}}, rate{Accepted, 0.02, true}},
		{"of what went out, where nobody says what came in", map[Figure]Column{Delivered: {50, 50}, BouncedHard: {1, 3}}, rate{Delivered, 0.04, true}},
		{"of cells where both are known", map[Figure]Column{Accepted: {100, unknown, 300, 50}, BouncedHard: {1, 9, 3, unknown}}, rate{Accepted, 0.01, true}},
		{"of no mail", map[Figure]Column{Accepted: {0, 0}, BouncedHard: {0, 0}}, rate{of: Accepted}},
		{"there are more cells of it than of mails", map[Figure]Column{Accepted: {100}, BouncedHard: {1, 50}}, rate{Accepted, 0.01, true}},
		{"nobody has told it", map[Figure]Column{Accepted: {100}}, rate{of: Accepted}},
	} {
		h := &History{Past: Past{First: monday, Step: 900, Columns: c.columns}}
		if got := asking(h).rate(BouncedHard); got.of != c.want.of || got.known != c.want.known || math.Abs(got.ratio-c.want.ratio) > 1e-12 {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
	h := &History{Past: Past{First: monday, Step: 900, Columns: map[Figure]Column{Accepted: {100}}}}
	if asking(h).rate(Accepted).known {
		t.Error("how many came in is told by how many came in")
	}
}

// A span counts where nine tenths of it are known.
func TestWhatIsKnownOfASpanCountsFromNineTenthsOn(t *testing.T) {
	for _, c := range []struct {
		minutes int // of ten that are known
		ok      bool
	}{{10, true}, {9, true}, {8, false}} {
		h, end := steady(1500, 15*time.Minute)
		h.Past.Columns[Accepted], h.Past.Columns[BouncedHard] = h.Past.Columns[Delivered], make(Column, len(h.Past.Columns[Delivered]))
		for i := range h.Past.Columns[BouncedHard] {
			h.Past.Columns[BouncedHard][i] = 15
		}
		start := end.Add(-time.Duration(c.minutes) * time.Minute)
		h.Recent = Buckets{{Start: start, End: end, Counts: Counts{Accepted: int64(200 * c.minutes), Delivered: int64(100 * c.minutes)}}}
		j, from := asking(h), end.Add(-10*time.Minute)
		mean, ok := j.usual(BouncedHard, from, end)
		if ok != c.ok || math.Abs(mean-2*float64(c.minutes)) > 1e-9 {
			t.Errorf("%d minutes: usually %g bounce, %v", c.minutes, mean, ok)
		}
		x, e, ok := j.compare(Delivered, from, end)
		if ok != c.ok {
			t.Errorf("%d minutes: compared %v", c.minutes, ok)
		}
		if part := float64(c.minutes) / 10; c.ok && (x != float64(100*c.minutes) || math.Abs(e.mean-1000*part) > 1e-6) {
			t.Errorf("%d minutes: %g of %g", c.minutes, x, e.mean)
		}
	}
}

func TestWhatThePastHasOfASpan(t *testing.T) {
	at := func(m int) time.Time { return monday.Add(time.Duration(m) * time.Minute) }
	p := Past{First: monday, Step: 600, Columns: map[Figure]Column{Delivered: {10, 20, unknown, 40}}}
	for _, c := range []struct {
		from, to int
		sum      float64
		ok       bool
	}{{0, 10, 10, true}, {0, 20, 30, true}, {5, 15, 15, true}, {30, 40, 40, true}, {0, 21, 0, false}, {30, 41, 0, false}, {-1, 10, 0, false}, {35, 36, 4, true}} {
		if sum, ok := p.sum(Delivered, at(c.from), at(c.to), nil); ok != c.ok || math.Abs(sum-c.sum) > 1e-9 {
			t.Errorf("from %d to %d: %g, %v, want %g, %v", c.from, c.to, sum, ok, c.sum, c.ok)
		}
	}
	if _, ok := p.sum(Accepted, at(0), at(10), nil); ok {
		t.Error("a figure that nobody told is known")
	}
	if p.Step = 59; p.len() != 4 {
		t.Fatal(p)
	}
	if _, ok := p.sum(Delivered, at(0), at(1), nil); ok {
		t.Error("cells of less than a minute are taken")
	}
}

func TestWhereNothingIsExpectedNothingIsFewer(t *testing.T) {
	h, end := steady(1500, 15*time.Minute)
	h.Recent = Buckets{{Start: end.Add(-10 * time.Minute), End: end, Counts: Counts{Delivered: 0}}}
	g := asking(h).fewer(Delivered, false).gap
	if x, e, ok := g(end.Add(-10*time.Minute), end); !ok || x != 0 || math.Abs(e.mean-1000) > 1e-6 {
		t.Errorf("%g of %g, %v", x, e.mean, ok)
	}
	h.Past = Past{}
	if _, _, ok := asking(h).fewer(Delivered, false).gap(end.Add(-10*time.Minute), end); ok {
		t.Error("without a past there is something to be expected")
	}
}

// What came in tells what should go out; on the way are mails of a quarter of a short span.
func TestHowMuchARelayMayKeepBackByItself(t *testing.T) {
	for _, c := range []struct {
		name  string
		each  float64 // mails in a quarter of an hour, of now and of before
		span  time.Duration
		noise float64 // of the mean
	}{
		{"many within half an hour", 30, 30 * time.Minute, keptNoise - 1},
		{"just enough within a quarter", 30, 15 * time.Minute, keptNoise - 1},
		{"too few", 29, 15 * time.Minute, 0},
		{"over longer", 30, 45 * time.Minute, 0},
	} {
		h, end := steady(c.each, 15*time.Minute)
		h.Past.Columns[Accepted] = h.Past.Columns[Delivered]
		for at := end.Add(-time.Hour); at.Before(end); at = at.Add(15 * time.Minute) {
			h.Recent = append(h.Recent, Bucket{Start: at, End: at.Add(15 * time.Minute), Counts: Counts{Accepted: int64(c.each), Delivered: 1}})
		}
		x, e, ok := asking(h).kept(Delivered).gap(end.Add(-c.span), end)
		want := c.each * float64(c.span/(15*time.Minute))
		if !ok || x != float64(c.span/(15*time.Minute)) || math.Abs(e.mean-want) > 1e-6 || math.Abs(e.noise-c.noise*want) > 1e-6 || e.spread != keptSpread {
			t.Errorf("%s: %g, %+v, %v", c.name, x, e, ok)
		}
	}
}

// A drop began where the counts speak loudest, not where one first looked.
func TestSinceWhenThereAreFewer(t *testing.T) {
	end := monday.Add(9 * time.Hour)
	for _, c := range []struct {
		began time.Duration // before the end
		left  float64       // what is left of the usual
	}{{30 * time.Minute, 0}, {30 * time.Minute, 0.3}, {2 * time.Hour, 0.1}, {5 * time.Minute, 0}, {time.Hour, 0.5}} {
		gap := func(from, to time.Time) (float64, expectation, bool) {
			minutes := to.Sub(from).Minutes()
			down := min(minutes, c.began.Minutes())
			return 10 * (minutes - down + down*c.left), expectation{mean: 10 * minutes}, true
		}
		j := asking(&History{})
		if got := end.Sub(j.onset(end.Add(-3*time.Hour), end, gap)); got != c.began {
			t.Errorf("%v ago to %g: it is said to have begun %v ago", c.began, c.left, got)
		}
	}
	nothing := func(time.Time, time.Time) (float64, expectation, bool) { return 0, expectation{mean: 0.5}, true }
	if at := end.Add(-time.Hour); !asking(&History{}).onset(at, end, nothing).Equal(at) {
		t.Error("where next to nothing is expected the guess does not stay")
	}
	unknown := func(time.Time, time.Time) (float64, expectation, bool) { return 0, expectation{mean: 100}, false }
	if at := end.Add(-time.Hour); !asking(&History{}).onset(at, end, unknown).Equal(at) {
		t.Error("where nothing is known the guess does not stay")
	}
}

// A state file that was spoiled costs what cannot be right in it, and nothing else.
func TestWhatCannotBeRightInAStateIsDropped(t *testing.T) {
	at := func(m int) time.Time { return monday.Add(time.Duration(m) * time.Minute) }
	b := func(from, to int) Bucket { return Bucket{Start: at(from), End: at(to), Counts: Counts{Delivered: 1}} }
	h := &History{Recent: Buckets{b(-60*24*7*(pastWeeks+1)-1, -60*24*7*(pastWeeks+1)), b(0, 2), b(1, 3), b(2, 4), b(5, 5), b(6, 5), b(6, 10), b(10, 11)}}
	h.tidy(at(10))
	got := ""
	for _, b := range h.Recent {
		got += fmt.Sprintf("%v-%v ", b.Start.Sub(monday).Minutes(), b.End.Sub(monday).Minutes())
	}
	if got != "0-2 2-4 6-10 " {
		t.Errorf("left are %s", got)
	}
}
