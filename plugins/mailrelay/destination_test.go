package mailrelay

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/internal/racetest"
	"github.com/shopslo/shopslo/internal/text"
)

func TestAddressesBelongToDestinations(t *testing.T) {
	for domain, want := range map[string]Destination{"docomo.ne.jp": Docomo, "taro@Docomo.ne.jp": Docomo, "ezweb.ne.jp": Au, "au.com": Au, "t.vodafone.ne.jp": SoftBank, "i.softbank.jp": SoftBank,
		"yahoo.co.jp": YahooJapan, "yahoo.com": Other, "gmail.com.": Gmail, "hotmail.co.jp": Outlook, "shop.example": Other, "": Other, "ne.jp": Other, "notgmail.com": Other} {
		if got := DestinationOf(domain); got != want {
			t.Errorf("%q: %s, want %s", domain, got, want)
		}
	}
}

// placed polls destinations minute by minute: each has so many mails a minute, of which a
// part is refused from a time on.
type placed struct {
	rng  *rand.Rand
	rate map[Destination]float64
	bad  map[Destination]float64 // the part that is refused
	wait map[Destination]bool    // all is deferred
}

func (g *placed) live(h *History, from, to time.Time, each func(now time.Time) bool) {
	for at := from; at.Before(to); at = at.Add(time.Minute) {
		now := at.Add(time.Minute)
		r := Report{Destinations: map[Destination]Part{}}
		all := Counts{Delivered: 0, Blocked: 0}
		for _, d := range Destinations {
			n := poisson(g.rng, g.rate[d])
			part := g.bad[d]
			if part == 0 {
				part = 0.01
			}
			c := Counts{Delivered: 0, Blocked: 0, Deferred: 0}
			for range n {
				switch {
				case g.wait[d]:
					c[Deferred]++
				case g.rng.Float64() < part:
					c[Blocked]++
				default:
					c[Delivered]++
				}
			}
			if g.rate[d] > 0 {
				r.Destinations[d] = Part{Buckets: []Bucket{{Start: at, End: now, Counts: c}}, Reason: map[bool]string{true: "550 5.7.1"}[g.bad[d] > 0]}
			}
			all[Delivered], all[Blocked] = all[Delivered]+c[Delivered], all[Blocked]+c[Blocked]
		}
		r.Buckets = []Bucket{{Start: at, End: now, Counts: all}}
		_, _ = h.Add(Poll{Span: Span{From: at, To: now}, Report: r}, minutely(time.Minute))
		if each != nil && !each(now) {
			return
		}
	}
}

func TestADestinationThatRefusesATenthOfTheMailsIsSeenWithinHalfAnHour(t *testing.T) {
	racetest.NotHere(t)
	late := time.Duration(0)
	for seed := range uint64(20) {
		g := &placed{rng: rand.New(rand.NewPCG(seed, 5)), rate: map[Destination]float64{Docomo: 0.8, Gmail: 4, Other: 3.2}, bad: map[Destination]float64{}}
		h := &History{Account: "shop"}
		begin := monday.Add(9 * time.Hour)
		g.live(h, begin.Add(-20*time.Hour), begin, nil)
		if v := h.Judge(begin, minutely(time.Minute), inTokyo); worst(v, Closed) != "" {
			t.Errorf("run %d: before: %s", seed, v.Sentence(text.English, inTokyo))
		}
		g.bad[Docomo] = 1
		seen := time.Duration(0)
		g.live(h, begin, begin.Add(time.Hour), func(now time.Time) bool {
			f, ok := has1(h.Judge(now, minutely(time.Minute), inTokyo), Closed)
			if ok && seen == 0 {
				seen = now.Sub(begin)
				if f.Destination != Docomo || f.Severity != Critical || f.Since.Sub(begin).Abs() > 10*time.Minute {
					t.Errorf("run %d: %+v", seed, f)
				}
			}
			return !ok
		})
		if late = max(late, seen); seen == 0 || seen > 30*time.Minute {
			t.Errorf("run %d: seen after %s", seed, seen)
		}
	}
	t.Logf("the latest of 20 was seen after %s", late)
}

func TestADestinationsVerdictIsOneSentence(t *testing.T) {
	g := &placed{rng: rand.New(rand.NewPCG(1, 5)), rate: map[Destination]float64{Docomo: 10, Gmail: 40, Other: 30}, bad: map[Destination]float64{}, wait: map[Destination]bool{}}
	h := &History{Account: "shop"}
	begin := monday.Add(9 * time.Hour)
	g.live(h, begin.Add(-3*time.Hour), begin, nil)
	g.bad[Docomo] = 0.96
	g.live(h, begin, begin.Add(30*time.Minute), nil)
	h = restarted(t, h)
	v := h.Judge(begin.Add(30*time.Minute), minutely(time.Minute), inTokyo)
	f, _ := has1(v, Closed)
	at := f.Since.In(tokyo).Format("15:04")
	percent := int(100 * f.Observed / f.Expected)
	for l, want := range map[text.Language]string{text.English: fmt.Sprintf("docomo has refused %d %% since %s (550 5.7.1); the others as usual.", percent, at),
		text.Japanese: fmt.Sprintf("ドコモが%sから%d%%を拒否しています (550 5.7.1)（ほかの宛先は通常どおり）。", at, percent)} {
		if got := v.Sentence(l, inTokyo); !strings.Contains(got, want) {
			t.Errorf("%s\nhas not %s", got, want)
		}
	}
	if v.Severity != Critical || f.Since.Sub(begin).Abs() > 3*time.Minute || percent < 93 {
		t.Errorf("%+v", f)
	}
	// It is over when the destination takes mails again.
	g.bad[Docomo] = 0
	g.live(h, begin.Add(30*time.Minute), begin.Add(2*time.Hour), nil)
	if v := h.Judge(begin.Add(2*time.Hour), minutely(time.Minute), inTokyo); worst(v, Closed) != "" {
		t.Errorf("after: %s", v.Sentence(text.English, inTokyo))
	}
	g.wait[Gmail] = true
	g.live(h, begin.Add(2*time.Hour), begin.Add(3*time.Hour), nil)
	if got := h.Judge(begin.Add(3*time.Hour), minutely(time.Minute), inTokyo).Sentence(text.English, inTokyo); !strings.Contains(got, "Gmail has taken no mail and put off") {
		t.Errorf("put off: %s", got)
	}
}

func TestDestinationsAsEverRaiseNothing(t *testing.T) {
	racetest.NotHere(t)
	for seed := range uint64(2) {
		g := &placed{rng: rand.New(rand.NewPCG(seed, 9)), rate: map[Destination]float64{Docomo: 0.05, Au: 2, Gmail: 20, Other: 1}, bad: map[Destination]float64{Au: 0.3}}
		h := &History{Account: "shop"}
		n := 0
		g.live(h, monday, monday.Add(36*time.Hour), func(now time.Time) bool {
			if n++; n%10 == 0 {
				if v := h.Judge(now, minutely(time.Minute), inTokyo); worst(v, Closed) != "" {
					t.Errorf("run %d, %s: %s", seed, now, v.Sentence(text.English, inTokyo))
					return false
				}
			}
			return true
		})
	}
}

// told are buckets of a minute that one destination tells, after an ordinary morning.
func told(h *History, from time.Time, minutes int, c func(minute int) Counts) time.Time {
	for m := range minutes {
		at := from.Add(time.Duration(m) * time.Minute)
		b := []Bucket{{Start: at, End: at.Add(time.Minute), Counts: c(m)}}
		_, _ = h.Add(Poll{Span: Span{From: at, To: at.Add(time.Minute)}, Report: Report{Buckets: b, Destinations: map[Destination]Part{Docomo: {Buckets: b}}}}, minutely(time.Minute))
	}
	return from.Add(time.Duration(minutes) * time.Minute)
}

func TestABlockThatEndedIsToldForHalfAnHourAtMost(t *testing.T) {
	for _, every := range []int{1, 5} { // a mail in so many minutes
		h := &History{Account: "shop"}
		some := func(n Counts) func(int) Counts {
			return func(m int) Counts {
				if m%every == 0 {
					return n
				}
				return Counts{Delivered: 0, Blocked: 0}
			}
		}
		at := told(h, monday, 8*60, some(Counts{Delivered: 1, Blocked: 0}))
		at = told(h, at, 3*60, some(Counts{Delivered: 0, Blocked: 1}))
		if v := h.Judge(at, minutely(time.Minute), inTokyo); worst(v, Closed) != "closed 2" {
			t.Errorf("every %d minutes: a block is not seen: %s", every, v.Sentence(text.English, inTokyo))
		}
		at = told(h, at, 31, some(Counts{Delivered: 1, Blocked: 0}))
		if v := h.Judge(at, minutely(time.Minute), inTokyo); worst(v, Closed) != "" {
			t.Errorf("every %d minutes: half an hour after its end: %s", every, v.Sentence(text.English, inTokyo))
		}
	}
}

func TestAFewMailsToNobodyAreNoRefusalOfADestination(t *testing.T) {
	for _, c := range []struct {
		name string
		bad  Counts
		n    int
		want string
	}{
		{"unknown recipients, of a relay that tells blocks apart", Counts{Delivered: 0, BouncedHard: 1, Blocked: 0}, 30, ""},
		{"blocked", Counts{Delivered: 0, BouncedHard: 0, Blocked: 1}, 6, "closed 2"},
		{"bounced as a relay says that tells blocks apart", Counts{Delivered: 0, Bounced: 1, Blocked: 0}, 30, ""},
		{"a few refusals of a relay that does not", Counts{Delivered: 0, BouncedHard: 1}, 6, ""},
		{"many", Counts{Delivered: 0, BouncedHard: 1}, 20, "closed 2"},
	} {
		h := &History{Account: "shop"}
		usual := Counts{Delivered: 1}
		for f := range c.bad {
			usual[f] += 0
		}
		at := told(h, monday, 8*60, func(int) Counts { return usual })
		at = told(h, at, c.n, func(int) Counts { return c.bad })
		v := h.Judge(at, minutely(time.Minute), inTokyo)
		if got := worst(v, Closed); got != c.want {
			t.Errorf("%s: %q, want %q: %s", c.name, got, c.want, v.Sentence(text.English, inTokyo))
		}
	}
}

func TestMailsThatArePutOffAloneAreNoClosedDestination(t *testing.T) {
	h := &History{Account: "shop"}
	usual := func(m int) Counts { // two or three mails in an hour
		return Counts{Delivered: map[bool]int64{true: 1}[m%25 == 0], Blocked: 0, Deferred: 0}
	}
	at := told(h, monday, 10*60, usual)
	// One mail is tried every minute, where none was to be delivered anyway.
	at = told(h, at, 24, func(int) Counts { return Counts{Delivered: 0, Blocked: 0, Deferred: 1} })
	if v := h.Judge(at, minutely(time.Minute), inTokyo); worst(v, Closed) != "" {
		t.Errorf("one mail: %s", v.Sentence(text.English, inTokyo))
	}
	at = told(h, at, 5*60, func(int) Counts { return Counts{Delivered: 0, Blocked: 0, Deferred: 1} })
	if v := h.Judge(at, minutely(time.Minute), inTokyo); worst(v, Closed) != "closed 2" {
		t.Errorf("five hours without a delivery: %s", v.Sentence(text.English, inTokyo))
	}
	// And as long as that lasts, although no delivery is among the recent hours.
	at = told(h, at, 12*60, func(int) Counts { return Counts{Delivered: 0, Blocked: 0, Deferred: 1} })
	if v := h.Judge(at, minutely(time.Minute), inTokyo); worst(v, Closed) != "closed 2" {
		t.Errorf("17 hours without a delivery: %s", v.Sentence(text.English, inTokyo))
	}
}

func TestAnAnswerIsToldInCodesWithoutItsWords(t *testing.T) {
	for in, want := range map[string]string{
		"550 5.7.1 taro@docomo.ne.jp is none": "550 5.7.1", "550 550 5.7.1 x": "550 5.7.1", "421-4.7.0 later": "421 4.7.0", "421 later": "421",
		"host mx.example[192.0.2.5] said: 554 5.7.1 no": "554 5.7.1", "550": "550", "": "", " x": "", "5x0 x": "", "connect to 192.0.2.250: timed out": "", "5501 x": "",
	} {
		if got := AnswerCodes(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
