package ledger

import (
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo"
)

// matchers makes a selector of pairs: a name and a value.
func matchers(pairs ...string) slo.Selector {
	var s slo.Selector
	for i := 0; i < len(pairs); i += 2 {
		s = append(s, slo.Matcher{Name: pairs[i], Value: pairs[i+1]})
	}
	return s
}

func measured(t *testing.T, ind slo.Indicator, is Meaning) *measure {
	t.Helper()
	s := &slo.SLO{Parts: []slo.Part{{Indicator: ind}}}
	m, err := newMeasure(s, &ind, func(*slo.Indicator) (Meaning, error) { return is, nil })
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestAMeasureIsKnownByWhatItCountsNotByHowItIsWritten(t *testing.T) {
	of := func(good, total []slo.Selector) *measure {
		return measured(t, slo.Indicator{Good: &slo.Query{Text: "g"}, Total: &slo.Query{Text: "t"}, Counter: slo.Yes},
			Meaning{Raw: true, Sides: []Side{{Selectors: good, Plain: true}, {Selectors: total, Plain: true}}})
	}
	a, b, other := matchers(slo.MetricName, "m", "code", "200"), matchers("code", "200", slo.MetricName, "m"), matchers(slo.MetricName, "m")
	one := of([]slo.Selector{a, other}, []slo.Selector{other})
	two := of([]slo.Selector{other, b, a}, []slo.Selector{other})
	if one.key != two.key {
		t.Errorf("two spellings of a measure:\n%s\n%s", one.key, two.key)
	}
	if one.before.key == two.before.key {
		t.Error("the former keys tell the spellings apart no more, and so find no account")
	}
	whole, inTenths := matchers(slo.MetricName, "h", "le", "1"), matchers(slo.MetricName, "h", "le", "1.0")
	if of([]slo.Selector{whole}, nil).key != of([]slo.Selector{inTenths}, nil).key {
		t.Error("1 and 1.0 are two bounds")
	}
	if swapped := of([]slo.Selector{other}, []slo.Selector{a, other}); swapped.key == one.key {
		t.Error("good and total are one")
	}
	evaluated := func(text, canonical string) *measure {
		return measured(t, slo.Indicator{Kind: slo.RawRatio, Value: &slo.Query{Text: text}}, Meaning{Sides: []Side{{Canonical: canonical}}})
	}
	if x, y := evaluated("a / b", "a / b"), evaluated("a/b", "a / b"); x.key != y.key || y.sides[0].expr != "a/b" {
		t.Errorf("two spellings of an expression:\n%s\n%s", x.key, y.key)
	}
}

// The text is that of version 1 of the ledger, whose accounts are found by it.
func TestTheFormerKeyIsThatOfTheFormerVersion(t *testing.T) {
	sel := []slo.Selector{matchers("code", "200", slo.MetricName, "m")}
	for _, tt := range []struct {
		name, want string
		same       bool
		got        *measure
	}{
		{"counters", `source="" form=0 raw=true counter=true grid=0 first=0 failure=false op= limit=0 method=0 slice=0 target=0 sel="m{code=\"200\"}" | sel="m{code=\"200\"}" |`, true,
			measured(t, slo.Indicator{Good: &slo.Query{Text: "g"}, Total: &slo.Query{Text: "t"}, Counter: slo.Yes},
				Meaning{Raw: true, Sides: []Side{{Selectors: sel, Plain: true}, {Selectors: sel, Plain: true}}})},
		{"counters of which nothing was said", `source="" form=0 raw=false counter=false grid=0 first=0 failure=false op= limit=0 method=0 slice=0 target=0 expr="g" expr="t"`, false,
			measured(t, slo.Indicator{Good: &slo.Query{Text: "g"}, Total: &slo.Query{Text: "t"}},
				Meaning{Raw: true, Sides: []Side{{Selectors: sel, Plain: true}, {Selectors: sel, Plain: true}}})},
		{"rates said to be counters", `source="" form=1 raw=false counter=true grid=0 first=0 failure=false op= limit=0 method=0 slice=0 target=0 expr="g" expr="t"`, false,
			measured(t, slo.Indicator{Bad: &slo.Query{Text: "g"}, Total: &slo.Query{Text: "t"}, Counter: slo.Yes},
				Meaning{Raw: true, Sides: []Side{{Selectors: sel}, {Selectors: sel}}})},
		{"a threshold", `source="s" form=0 raw=false counter=false grid=2 first=0 failure=false op=lt limit=4 method=0 slice=0 target=0 expr="v" expr=""`, true,
			measured(t, slo.Indicator{Kind: slo.Threshold, Value: &slo.Query{Source: "s", Text: "v"}, Op: slo.LessThan, Limit: 4}, Meaning{Sides: make([]Side, 1)})},
		{"expressions of counters, now series by series", `source="" form=0 raw=false counter=true grid=0 first=0 failure=false op= limit=0 method=0 slice=0 target=0 expr="sum(f(g))" expr="t"`, false,
			measured(t, slo.Indicator{Good: &slo.Query{Text: "sum(f(g))"}, Total: &slo.Query{Text: "t"}, Counter: slo.Yes},
				Meaning{Grows: true, Sides: []Side{{Expr: "f(g)"}, {}}})},
	} {
		if tt.got.before.key != tt.want || tt.got.before.same != tt.same {
			t.Errorf("%s: %s, the same %t; want\n%s, %t", tt.name, tt.got.before.key, tt.got.before.same, tt.want, tt.same)
		}
	}
}

func TestRoundingIsNoEvent(t *testing.T) {
	end := cum{a: 2e6 + 0.1, b: 3e6 + 0.1}
	for _, tt := range []struct {
		name      string
		c         cum
		part      bool
		good, all float64
	}{
		{"nothing bad, but for rounding", cum{a: 4.5e-13, b: 143.5}, true, 0, 143.5},
		{"less than nothing", cum{a: -4.5e-13, b: 143.5}, true, 0, 143.5},
		{"more than all", cum{a: 143.5 + 4.5e-13, b: 143.5}, true, 143.5, 143.5},
		{"more than all, of two parts", cum{a: 143.6, b: 143.5}, false, 143.6, 143.5},
		{"truly more than all", cum{a: 144.5, b: 143.5}, true, 144.5, 143.5},
		{"a little", cum{a: 0.01, b: 143.5}, true, 0.01, 143.5},
		{"whole numbers", cum{a: -1, b: 0}, true, -1, 0},
	} {
		if got := tt.c.rounded(end, tt.part); got.a != tt.good || got.b != tt.all {
			t.Errorf("%s: %v of %v, want %v of %v", tt.name, got.a, got.b, tt.good, tt.all)
		}
	}
}

func TestTheUnitIsEventsOnlyWhereEachWasCounted(t *testing.T) {
	slices := &slo.SLO{Method: slo.Timeslices, Slice: time.Minute}
	for _, tt := range []struct {
		got, want slo.Unit
	}{
		{unitOf(&slo.SLO{}, true), slo.Events}, {unitOf(&slo.SLO{}, false), slo.Points}, {unitOf(slices, true), slo.Slices}, {unitOf(slices, false), slo.Slices},
		{coarser("", slo.Events), slo.Events}, {coarser(slo.Events, slo.Points), slo.Points}, {coarser(slo.Points, slo.Events), slo.Points},
	} {
		if tt.got != tt.want {
			t.Errorf("unit %s, want %s", tt.got, tt.want)
		}
	}
	m := measured(t, slo.Indicator{Good: &slo.Query{}, Total: &slo.Query{}}, Meaning{Sides: make([]Side, 2), Notes: []string{"why"}})
	if m.unit != slo.Points || strings.Join(m.notes, "") != "why" {
		t.Errorf("unit %s, notes %q", m.unit, m.notes)
	}
}
