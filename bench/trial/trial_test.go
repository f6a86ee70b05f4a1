package trial

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/slo/source/promtsdb"
)

// of gives a release of each kind that is asked for, by name.
func of(t *testing.T, seed uint64, names ...string) []*release {
	t.Helper()
	var out []*release
	for _, name := range names {
		found := false
		for _, l := range releases(len(kinds), seed) {
			if found = l.kind.name == name; found {
				for i, s := range l.shops {
					s.name = strings.NewReplacer(" ", "-", ",", "", "S", "s").Replace(name) + string(rune('a'+i))
				}
				out = append(out, l)
				break
			}
		}
		if !found {
			t.Fatalf("there is no kind %q", name)
		}
	}
	return out
}

// busy gives all ShopSets the same, much traffic, so that a test knows what to expect.
func busy(all []*release) []*release {
	for _, l := range all {
		for _, s := range l.shops {
			s.rate, s.usual = 600, 0.0001
		}
	}
	return all
}

// played is a trial that has been, up to a minute, written and not scraped.
func played(t *testing.T, all []*release, until int) *counted {
	t.Helper()
	c := &counted{clock: clock{time.Now().Truncate(time.Second).Add(-time.Duration(until) * minute)}, slo: availability()}
	for _, l := range all {
		c.releases = append(c.releases, Release{[]string{l.shops[0].name, l.shops[1].name}, c.clock.time(l.came)})
	}
	var err error
	if c.db, err = promtsdb.Open(t.TempDir(), promtsdb.Config{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.close(); err != nil {
			t.Error(err)
		}
	})
	from := targets(all, perTarget)
	h := &history{to: c.db.Appendable(), all: from, clock: c.clock, series: map[*shop]*[2]written{}}
	dir := t.TempDir()
	if err := c.writePast(t.Context(), h, dir); err != nil {
		t.Fatal(err)
	}
	for m := 1; m <= until; m++ {
		if err := h.write(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.ledger.Advance(t.Context(), c.clock.time(until).Add(delay), nil); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTheSameSeedMakesTheSameReleases(t *testing.T) {
	draw := func(seed uint64) (out []float64) {
		for _, l := range releases(20, seed) {
			for _, s := range l.shops {
				s.advance(-100)
				s.advance(120)
				out = append(out, float64(l.came), s.good, s.bad)
			}
		}
		return out
	}
	a, b, other := draw(1), draw(1), draw(2)
	differ := false
	for i := range a {
		if a[i] != b[i] {
			t.Fatalf("figure %d is %v and %v", i, a[i], b[i])
		}
		differ = differ || a[i] != other[i]
	}
	if !differ {
		t.Error("another seed makes the same")
	}
}

func TestKindsFailWhatTheyPromise(t *testing.T) {
	// The share of requests failed in the hours 1 to 12 after the release.
	share := func(name string) float64 {
		var good, bad float64
		for seed := range uint64(20) {
			for _, s := range busy(of(t, seed, name))[0].shops {
				s.advance(0)
				s.advance(s.came + 60)
				g, b := s.good, s.bad
				s.advance(s.came + horizon)
				good, bad = good+s.good-g, bad+s.bad-b
			}
		}
		return bad / (good + bad)
	}
	for _, c := range []struct {
		name      string
		low, high float64
	}{
		{"good", 0.00008, 0.00012},
		{"good, after an outage", 0.00008, 0.00012},
		{"good, errors in bursts", 0.0001, 0.001},
		{"bad at once", 0.04, 0.08},
		{"slowly bad", 0.03, 0.08},
		{"bad at peak only", 0.01, 0.06},
		{"bad in one ShopSet", 0.02, 0.05},
		{"bad, after an outage", 0.04, 0.08},
	} {
		if got := share(c.name); got < c.low || got > c.high {
			t.Errorf("%s: %.5f fail, want %v to %v", c.name, got, c.low, c.high)
		}
	}
}

func TestADayHasAsMuchTrafficAsItsMean(t *testing.T) {
	sum := 0.0
	for m := range day {
		sum += daily(float64(m)+0.5, 300)
	}
	if math.Abs(sum/day-1) > 0.001 {
		t.Errorf("the mean is %v", sum/day)
	}
}

func TestTheGateAndTheAlertsTellGoodFromBad(t *testing.T) {
	all := busy(of(t, 3, "good", "bad at once", "bad in one ShopSet", "bad, after an outage"))
	c := played(t, all, lastCame+60)
	found, err := c.judge(t.Context(), Params{Horizon: 60}, 1, func(string, ...any) {})
	if err != nil {
		t.Fatal(err)
	}
	for i, l := range all {
		want := hold
		if !l.kind.bad {
			want = promote
		}
		for _, name := range []string{gateRule, alertRule, thresholdName(0.01)} {
			if got := found[i].outcomes[rule{name, 60}]; got.what != want || got.after < 1 || got.after > 60 {
				t.Errorf("%s: %s ends in %+v, want %v", l.kind.name, name, got, want)
			}
		}
	}
	if len(found[0].reasons) != 0 || found[1].reasons["hold: since_release"] != 1 {
		t.Errorf("the gate gives the reasons %v and %v", found[0].reasons, found[1].reasons)
	}
}

func TestTheLedgerCountsWhatTheShopsDid(t *testing.T) {
	all := busy(of(t, 5, "bad at once", "good, after an outage"))
	const until = lastCame + 30
	c := played(t, all, until)
	for _, l := range all {
		for _, s := range l.shops {
			at := c.clock.time(until)
			n := c.ledger.Account(c.slo, s.name, at).Counts(0, c.clock.time(l.came), at)
			if n.Good != s.good || n.Total != s.good+s.bad { // its counters began anew when the release came
				t.Errorf("%s: counted %v of %v, it was %v of %v", s.name, n.Good, n.Total, s.good, s.good+s.bad)
			}
		}
	}
}

// The gate is asked without a soak time and its verdicts are then read with one: that
// has to be what it would have said with one.
func TestASoakTimeOnlyDelaysPromotions(t *testing.T) {
	all := busy(of(t, 7, "good", "bad at once"))
	c := played(t, all, lastCame+60)
	for i, r := range c.releases {
		g, err := newGate(c, r)
		if err != nil {
			t.Fatal(err)
		}
		verdicts, _, err := g.verdicts(60)
		if err != nil {
			t.Fatal(err)
		}
		for _, soak := range []int{0, 5, 30, 50} {
			want := outcome{}
			for _, m := range looks(60) {
				at := r.Came.Add(time.Duration(m) * minute)
				e, err := g.evidence(at)
				if err != nil {
					t.Fatal(err)
				}
				p, wait := ways[0].policy(), time.Duration(soak)*minute
				p.Soak = &wait
				v := promotion.Decide(p, e, at).Verdict
				if v != promotion.Inconclusive {
					want = outcome{map[promotion.Verdict]ending{promotion.Promote: promote, promotion.Hold: hold}[v], m}
					break
				}
			}
			if got := decide(verdicts[0], soak); got != want || want.what == open {
				t.Errorf("%s, soak %d: %+v, the gate says %+v", all[i].kind.name, soak, got, want)
			}
		}
	}
}

func TestAHoldIsFinalUnlessAskedAgain(t *testing.T) {
	v := []promotion.Verdict{promotion.Inconclusive, promotion.Hold, promotion.Inconclusive, promotion.Promote}
	for _, c := range []struct {
		name        string
		got, wanted outcome
	}{
		{"the first verdict counts", decide(v, 0), outcome{hold, 2}},
		{"asked again it may promote", decideAgain(v, 0), outcome{promote, 4}},
		{"but not before it has soaked", decideAgain(v, 5), outcome{hold, 2}},
		{"nothing but inconclusive is open", decide(v[:1], 0), outcome{}},
		{"asked again too", decideAgain(v[:1], 0), outcome{}},
	} {
		if c.got != c.wanted {
			t.Errorf("%s: %+v, want %+v", c.name, c.got, c.wanted)
		}
	}
}

func TestScrapesReadTheMinute(t *testing.T) {
	all := of(t, 1, "bad at once")
	from := targets(all, perTarget)
	for _, s := range all[0].shops {
		s.advance(0)
	}
	address, stop, err := serve(from, clock{time.Now().Add(-50 * minute)})
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.Get("http://" + address + "/shops-0")
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(answer.Body)
	if err := errors.Join(err, answer.Body.Close(), stop()); err != nil {
		t.Fatal(err)
	}
	if want := `http_requests_total{shopset="bad-at-oncea",code="200"} `; strings.Count(string(text), "\n") != 5 || !strings.Contains(string(text), want) {
		t.Errorf("got\n%s, want %s among five lines", text, want)
	}
	if at := all[0].shops[1].at; at < 50 || at > 55 {
		t.Errorf("the shops have come to minute %d", at)
	}
}

// result is one of two releases of which the outcomes are known.
func result() *Result {
	named := func(name string) *kind {
		for i := range kinds {
			if kinds[i].name == name {
				return &kinds[i]
			}
		}
		return nil
	}
	one := func(k *kind, gate, alert outcome) verdict {
		return verdict{&release{kind: k, shops: [2]*shop{{excess: constant(0.05)}, {}}},
			map[rule]outcome{{gateRule, 60}: gate, {alertRule, 60}: alert}, map[string]int{"hold: since_release": 1}}
	}
	return &Result{Params: Params{Horizon: 60}, judged: []verdict{
		one(named("good"), outcome{promote, 60}, outcome{promote, 60}),
		one(named("good"), outcome{}, outcome{hold, 3}),
		one(named("bad at once"), outcome{hold, 2}, outcome{promote, 60}),
	}}
}

func TestScoresCountEndlessWaitingAsAFalseHold(t *testing.T) {
	r := result()
	s := r.score(rule{gateRule, 60}, good)
	if s.of != 2 || s.promoted != 1 || s.open != 1 || s.held != 0 {
		t.Errorf("the gate's score is %+v", s)
	}
	g := r.Goals()
	if len(g) != 1 || g[0].Rule != gateRule || g[0].Gate != (Share{0, 1}) || g[0].Alert != (Share{1, 1}) || g[0].AlertShown != (Share{1, 1}) || g[0].Decided || g[0].Met() {
		t.Errorf("the goals are %+v", g)
	}
	var tables bytes.Buffer
	if err := r.Markdown(&tables); err != nil {
		t.Fatal(err)
	}
	if want := "| good | 2 | 50.0 % (50.0 %); 1 h, 1 h | 50.0 % (0.0 %); 1 h, 1 h |"; !strings.Contains(tables.String(), want) {
		t.Errorf("no %q in\n%s", want, tables.String())
	}
}

func TestTheChartIsXML(t *testing.T) {
	var chart bytes.Buffer
	if err := result().Chart(&chart); err != nil {
		t.Fatal(err)
	}
	lines := 0
	for d := xml.NewDecoder(&chart); ; {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "polyline" {
			lines++
		}
	}
	if want := 2 * len(colours); lines != want { // those without a point where nothing was asked
		t.Errorf("%d lines, want %d", lines, want)
	}
}
