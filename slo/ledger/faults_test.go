package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger"
	"github.com/shopslo/shopslo/slo/ledger/ledgertest"
)

// scripted is a source that fails for some questions.
type scripted struct {
	*ledgertest.Source
	mu      sync.Mutex
	fails   func(ctx context.Context, question string) error // nil: it answers
	samples func(slo.Series) slo.Samples                     // nil: as they are
	asked   []string
}

func (s *scripted) Select(ctx context.Context, r slo.Request, f func([]slo.Series) error) error {
	var all []string
	for _, sel := range r.Selectors {
		all = append(all, sel.String())
	}
	if err := s.ask(ctx, strings.Join(all, " ")); err != nil {
		return err
	}
	return s.Source.Select(ctx, r, func(series []slo.Series) error {
		for i := range series {
			if s.samples != nil {
				series[i].Samples = s.samples(series[i])
			}
		}
		return f(series)
	})
}

func (s *scripted) Eval(ctx context.Context, expr string, from, to int64, step time.Duration, f func([]slo.Series) error) error {
	if err := s.ask(ctx, expr); err != nil {
		return err
	}
	return s.Source.Eval(ctx, expr, from, to, step, f)
}

func (s *scripted) ask(ctx context.Context, question string) error {
	s.mu.Lock()
	s.asked = append(s.asked, question)
	fails := s.fails
	s.mu.Unlock()
	if fails == nil {
		return nil
	}
	return fails(ctx, question)
}

func (s *scripted) script(fails func(ctx context.Context, question string) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fails = fails
}

// times is how often a question was asked that has the text; all are forgotten.
func (s *scripted) times(text string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, q := range s.asked {
		if strings.Contains(q, text) {
			n++
		}
	}
	s.asked = nil
	return n
}

// The ways in which a question fails.
var (
	refused = func(context.Context) error { return errors.New("422 Unprocessable Entity: no such function") }
	partial = func(context.Context) error { return fmt.Errorf("%w: the answer is partial", slo.ErrUnavailable) }
	hanging = func(ctx context.Context) error {
		<-ctx.Done()
		return fmt.Errorf("%w: %w", slo.ErrUnavailable, ctx.Err())
	}
)

// failFor makes questions fail that have one of the texts.
func failFor(how func(context.Context) error, texts ...string) func(context.Context, string) error {
	return func(ctx context.Context, q string) error {
		if slices.ContainsFunc(texts, func(x string) bool { return strings.Contains(q, x) }) {
			return how(ctx)
		}
		return nil
	}
}

// manySLOs are n SLOs that count the same in ways of their own: queries like "bad m07".
func manySLOs(n int) (slos []*slo.SLO, read ledger.Reading) {
	for i := range n {
		s := sloOf(fmt.Sprintf("m%02d", i), "bad", "total")
		s.Parts[0].Indicator.Bad.Text, s.Parts[0].Indicator.Total.Text = "bad "+s.Name, "total "+s.Name
		slos = append(slos, s)
	}
	return slos, ledger.Selecting(func(text string) ([]slo.Selector, bool) {
		query, name, _ := strings.Cut(text, " ")
		sels, ok := readings[query]
		if !ok {
			return nil, false
		}
		return []slo.Selector{append(slices.Clone(sels[0]), slo.Matcher{Name: "not", Type: slo.NotEqual, Value: name})}, true
	})
}

func edgeOf(l *ledger.Ledger, s *slo.SLO, subject string, at int64) int64 {
	return l.Account(s, subject, timeOf(at)).End.UnixMilli()
}

func TestABadSelectorCostsItsOwnSLOOnly(t *testing.T) {
	h, end := calm(3, 3*time.Hour)
	for name, how := range map[string]func(context.Context) error{"refused": refused, "always partial": partial, "hanging": hanging} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			slos, read := manySLOs(16)
			src := &scripted{Source: h.Source()}
			p := planOf(src, h.Subjects(), slos...)
			p.Reads[""] = read
			cfg := testConfig(t.TempDir(), h.Start, timeOf(end), h.Config.Interval, time.Minute)
			cfg.Patience = time.Second
			l := open(t, cfg, p, end)
			defer closeLedger(t, l)
			half := h.Start + 90*60_000
			advance(t, l, half)
			src.times("")

			src.script(failFor(how, `"m03"`, `"m12"`))
			bad := []*slo.SLO{slos[3], slos[12]}
			good := slices.DeleteFunc(slices.Clone(slos), func(s *slo.SLO) bool { return s == slos[3] || s == slos[12] })
			begun := time.Now()
			advance(t, l, half+60_000)
			if took := time.Since(begun); took > 30*time.Second {
				t.Errorf("it took %v to find out what is at fault", took)
			}
			if n := src.times(""); n > 25 {
				t.Errorf("%d questions were asked to find 2 of 16 at fault", n)
			}
			for _, s := range good {
				if e := edgeOf(l, s, "busy-1", end); e != half+60_000 {
					t.Fatalf("%s stands at %d, want %d", s.Name, e, half+60_000)
				}
			}
			for _, s := range bad {
				acc := l.Account(s, "busy-1", timeOf(end))
				if acc.End.UnixMilli() != half || acc.Failure == "" {
					t.Errorf("%s stands at %v, failure %q", s.Name, acc.End, acc.Failure)
				}
			}
			if f := l.Failing(); len(f) != 2 || f[0].SLO != "m03" || f[1].SLO != "m12" || len(f[0].Subjects) != 3 {
				t.Errorf("failing: %+v", f)
			}

			for k := int64(2); k <= 30; k++ { // the others go on, and those at fault are asked for less and less often
				advance(t, l, half+k*60_000)
				if e := edgeOf(l, good[0], "busy-1", end); e != half+k*60_000 {
					t.Fatalf("after %d ticks %s stands at %d", k, good[0].Name, e)
				}
			}
			if n := src.times(`"m03"`); n < 2 || n > 7 {
				t.Errorf("the one at fault was asked for %d times in 29 ticks", n)
			}

			src.script(nil)
			advance(t, l, end)
			for _, s := range slos {
				checkAll(t, l, h, s, h.Subjects(), h.Start, end)
				if acc := l.Account(s, "busy-1", timeOf(end)); acc.Failure != "" {
					t.Errorf("%s counts again, and says %q", s.Name, acc.Failure)
				}
			}
			if f := l.Failing(); len(f) != 0 {
				t.Errorf("failing: %+v", f)
			}
		})
	}
}

func TestOneBadSLOFailsFromTheFirstReadingOn(t *testing.T) {
	h, end := calm(2, 3*time.Hour)
	slos, read := manySLOs(3)
	src := &scripted{Source: h.Source(), fails: failFor(refused, `"m01"`)}
	p := planOf(src, h.Subjects(), slos...)
	p.Reads[""] = read
	l := open(t, testConfig("", h.Start, timeOf(end), h.Config.Interval, time.Minute), p, end)
	advance(t, l, end)
	checkAll(t, l, h, slos[0], h.Subjects(), h.Start, end)
	checkAll(t, l, h, slos[2], h.Subjects(), h.Start, end)
	if acc := l.Account(slos[1], "busy-1", timeOf(end)); !strings.Contains(acc.Failure, "422") || acc.End.UnixMilli() != h.Start {
		t.Errorf("counted up to %v, failure %q", acc.End, acc.Failure)
	}
}

func TestManySLOsAtFaultDoNotStarveTheRest(t *testing.T) {
	t.Parallel()
	h, end := calm(1, 2*time.Hour)
	slos, read := manySLOs(24)
	src := &scripted{Source: h.Source()}
	p := planOf(src, h.Subjects(), slos...)
	p.Reads[""] = read
	cfg := testConfig("", h.Start, timeOf(end), h.Config.Interval, time.Minute)
	cfg.Patience = 400 * time.Millisecond
	l := open(t, cfg, p, end)
	half := h.Start + 3_600_000
	advance(t, l, half)
	var bad []string
	for i := range 8 {
		bad = append(bad, fmt.Sprintf(`"m%02d"`, 3*i))
	}
	src.script(failFor(hanging, bad...))
	begun := time.Now()
	for k := int64(1); k <= 20; k++ {
		advance(t, l, half+k*60_000)
	}
	if took := time.Since(begun); took > 60*time.Second {
		t.Errorf("20 ticks took %v", took)
	}
	for i, s := range slos {
		acc := l.Account(s, "busy-1", timeOf(end))
		if fails := i%3 == 0; fails != (acc.Failure != "") || fails != (acc.End.UnixMilli() == half) || !fails && acc.End.UnixMilli() != half+20*60_000 {
			t.Errorf("%s stands at %v, failure %q", s.Name, acc.End, acc.Failure)
		}
	}
}

func TestASourceThatIsDownIsAskedOnceOrTwice(t *testing.T) {
	h, end := calm(1, 2*time.Hour)
	slos, read := manySLOs(12)
	for name, how := range map[string]func(context.Context) error{"away": partial, "refuses everything": refused, "hanging": hanging} {
		t.Run(name, func(t *testing.T) {
			src := &scripted{Source: h.Source()}
			p := planOf(src, h.Subjects(), slos...)
			p.Reads[""] = read
			cfg := testConfig("", h.Start, timeOf(end), h.Config.Interval, time.Minute)
			cfg.Patience = time.Second
			l := open(t, cfg, p, end)
			advance(t, l, end-120_000)
			src.times("")
			src.script(func(ctx context.Context, _ string) error { return how(ctx) })
			if err := l.Advance(context.Background(), timeOf(end-59_999), nil); err == nil || name != "refuses everything" && !errors.Is(err, slo.ErrUnavailable) {
				t.Errorf("got %v", err)
			}
			if n := src.times(""); n > 2 {
				t.Errorf("%d questions were asked", n)
			}
			if f := l.Failing(); len(f) != 0 {
				t.Errorf("failing: %+v", f)
			}
			src.script(nil)
			advance(t, l, end)
			checkAll(t, l, h, slos[11], h.Subjects(), h.Start, end)
		})
	}
}

func TestAnExpressionAtFaultCostsItsOwnSLOOnly(t *testing.T) {
	h, end := calm(2, 2*time.Hour)
	for name, how := range map[string]func(context.Context) error{"refused": refused, "hanging": hanging} {
		for _, raw := range []bool{false, true} {
			t.Run(fmt.Sprint(name, " raw ", raw), func(t *testing.T) {
				t.Parallel()
				src := &scripted{Source: h.Source(), fails: failFor(how, "expr2")}
				var slos []*slo.SLO
				for i := range 5 {
					expr := fmt.Sprintf("expr%d", i)
					src.SetExpr(expr, seriesOf(h, ledgertest.All))
					s := sloOf(expr)
					s.Parts[0].Indicator = slo.Indicator{Kind: slo.Threshold, Value: &slo.Query{Text: expr}, Op: slo.LessThan, Limit: 5}
					slos = append(slos, s)
				}
				if raw {
					slos = append(slos, sloOf("raw", "bad", "total"))
				}
				cfg := testConfig("", h.Start, timeOf(end), h.Config.Interval, time.Minute)
				cfg.Patience = time.Second
				l := open(t, cfg, planOf(src, h.Subjects(), slos...), end)
				for to := h.Start + 60_000; to <= h.Start+10*60_000; to += 60_000 {
					advance(t, l, to)
					for _, s := range slos {
						acc := l.Account(s, "busy-1", timeOf(end))
						if fails := s.Name == "expr2"; fails != (acc.Failure != "") || !fails && acc.End.UnixMilli() != to {
							t.Fatalf("%s stands at %v, failure %q", s.Name, acc.End, acc.Failure)
						}
					}
				}
				src.script(nil)
				advance(t, l, h.Start+40*60_000)
				if acc := l.Account(slos[2], "busy-1", timeOf(end)); acc.Failure != "" || acc.End.UnixMilli() != h.Start+40*60_000 {
					t.Errorf("mended, it stands at %v, failure %q", acc.End, acc.Failure)
				}
			})
		}
	}
}

func TestASeriesThatTwoSubjectsClaimCostsThemThatMeasure(t *testing.T) {
	h, end := calm(3, 2*time.Hour)
	errorsOf := sloOf("failures", "bad", "total")
	slos := []*slo.SLO{errorsOf, sloOf("fine", "good", "good")}
	slos[1].Parts[0].Indicator.Bad = &slo.Query{Text: "none"}
	slos[1].Parts[0].Indicator.Good = &slo.Query{Text: "good"}
	slos[1].Parts[0].Indicator.Total = nil
	// The bad events of the first ShopSet carry a label that is another's.
	second := ledgertest.Subject{ID: "shadow", Labels: slo.Labels{{Name: "owner", Value: "shadow"}}}
	var all []ledgertest.Series
	for _, s := range seriesOf(h, ledgertest.All) {
		if ledgertest.Bad().Matches(s.Labels) && s.Labels.Get("shopset") == "busy-1" {
			s.Labels = append(slices.Clone(s.Labels), slo.Label{Name: "owner", Value: "shadow"})
			slices.SortFunc(s.Labels, func(x, y slo.Label) int { return strings.Compare(x.Name, y.Name) })
		}
		all = append(all, s)
	}
	subjects := append(h.Subjects(), second)
	p := planOf(ledgertest.NewSource(ledgertest.Plain(all)), subjects, slos...)
	p.Reads[""] = ledger.Selecting(func(text string) ([]slo.Selector, bool) {
		if text == "none" {
			return []slo.Selector{{{Name: slo.MetricName, Value: "none"}}}, true
		}
		sels, ok := readings[text]
		return sels, ok
	})
	l := open(t, testConfig("", h.Start, timeOf(end), h.Config.Interval, time.Minute), p, end)
	advance(t, l, end)
	for _, s := range slos {
		for _, sub := range subjects {
			acc := l.Account(s, sub.ID, timeOf(end))
			claimed := s == errorsOf && (sub.ID == "busy-1" || sub.ID == "shadow")
			if claimed {
				for _, want := range []string{"busy-1", "shadow", `code="5`} {
					if !strings.Contains(acc.Failure, want) {
						t.Errorf("%s of %s: failure %q, want it to name %s", s.Name, sub.ID, acc.Failure, want)
					}
				}
			} else if acc.Failure != "" || acc.End.UnixMilli() != end {
				t.Errorf("%s of %s stands at %v, failure %q", s.Name, sub.ID, acc.End, acc.Failure)
			}
		}
	}
	checkAll(t, l, h, errorsOf, h.Subjects()[1:], h.Start, end)
}

// noNumbers are samples that cannot be read.
type noNumbers struct{ labels slo.Labels }

func (n noNumbers) Read([]int64, []float64) (int, error) {
	return 0, fmt.Errorf("read: %w", &slo.SeriesError{Labels: n.labels, Reason: "its samples are native histograms"})
}

func TestASeriesThatCannotBeReadCostsItsSubjectThatMeasure(t *testing.T) {
	h, end := calm(3, 2*time.Hour)
	src := &scripted{Source: h.Source()}
	src.samples = func(s slo.Series) slo.Samples {
		if ledgertest.Bad().Matches(s.Labels) && s.Labels.Get("shopset") == "busy-1" {
			return noNumbers{s.Labels}
		}
		return s.Samples
	}
	failures, fine := sloOf("failures", "bad", "total"), sloOf("fine", "good", "good")
	fine.Parts[0].Indicator.Bad = &slo.Query{Text: "none"}
	fine.Parts[0].Indicator.Total = nil
	p := planOf(src, h.Subjects(), failures, fine)
	p.Reads[""] = ledger.Selecting(func(text string) ([]slo.Selector, bool) {
		if text == "none" {
			return []slo.Selector{{{Name: slo.MetricName, Value: "none"}}}, true
		}
		sels, ok := readings[text]
		return sels, ok
	})
	l := open(t, testConfig(t.TempDir(), h.Start, timeOf(end), h.Config.Interval, time.Minute), p, end)
	defer closeLedger(t, l)
	advance(t, l, end)
	checkAll(t, l, h, failures, h.Subjects()[1:], h.Start, end)
	for _, sub := range h.Subjects() {
		if acc := l.Account(fine, sub.ID, timeOf(end)); acc.Failure != "" || acc.End.UnixMilli() != end {
			t.Errorf("fine of %s stands at %v, failure %q", sub.ID, acc.End, acc.Failure)
		}
	}
	if acc := l.Account(failures, "busy-1", timeOf(end)); !strings.Contains(acc.Failure, "native histograms") || acc.End.UnixMilli() == end {
		t.Errorf("failures of busy-1 stands at %v, failure %q", acc.End, acc.Failure)
	}
	src.samples = nil
	advance(t, l, end+10*60_000)
	for _, sub := range h.Subjects() {
		if acc := l.Account(failures, sub.ID, timeOf(end+10*60_000)); acc.Failure != "" || acc.End.UnixMilli() != end+10*60_000 {
			t.Errorf("failures of %s stands at %v, failure %q", sub.ID, acc.End, acc.Failure)
		}
	}
	checkAll(t, l, h, failures, h.Subjects(), h.Start, end)
}

// clocked is a source that has a time of its own.
type clocked struct {
	*scripted
	now func(context.Context) (time.Time, error)
}

func (c clocked) Now(ctx context.Context) (time.Time, error) { return c.now(ctx) }

func TestEdgesCloseNoFurtherThanTheSourcesClock(t *testing.T) {
	h, end := calm(2, 3*time.Hour)
	s := sloOf("s", "bad", "total")
	own, failure := h.Start+30*60_000+1, error(nil)
	src := clocked{&scripted{Source: h.Source()}, func(context.Context) (time.Time, error) { return timeOf(own), failure }}
	l := open(t, testConfig(t.TempDir(), h.Start, timeOf(end), h.Config.Interval, time.Minute), planOf(src, h.Subjects(), s), end)
	defer closeLedger(t, l)
	stands := func(want int64) {
		t.Helper()
		if e := edgeOf(l, s, "busy-1", end+400*24*3_600_000); e != want {
			t.Fatalf("it stands at %d, want %d", e, want)
		}
	}
	advance(t, l, h.Start+365*24*3_600_000) // this machine's clock is a year ahead
	stands(h.Start + 30*60_000)
	own = end + 3_600_000 // the source's is an hour ahead
	advance(t, l, h.Start+3_600_000)
	stands(h.Start + 3_600_000)

	failure = fmt.Errorf("connection refused: %w", slo.ErrUnavailable)
	src.times("")
	if err := l.Advance(context.Background(), timeOf(end+1), nil); !errors.Is(err, slo.ErrUnavailable) || !strings.Contains(err.Error(), "refused") {
		t.Errorf("got %v", err)
	}
	if n := src.times(""); n != 0 {
		t.Errorf("a source that does not say what time it is was asked %d times more", n)
	}
	stands(h.Start + 3_600_000)
	failure = errors.New("501 Not Implemented")
	advance(t, l, end) // it answers, but knows no time
	stands(end)
	checkAll(t, l, h, s, h.Subjects(), h.Start, end)
}

func TestASourceOfExpressionsThatIsDownIsNoFaultOfOne(t *testing.T) {
	h, end := calm(1, 2*time.Hour)
	for name, clock := range map[string]func(context.Context) (time.Time, error){
		"whose clock is remembered": func(context.Context) (time.Time, error) { return timeOf(end + 60_000), nil },
		"without a clock":           nil,
	} {
		t.Run(name, func(t *testing.T) {
			src := &scripted{Source: h.Source()}
			var slos []*slo.SLO
			for i := range 6 {
				expr := fmt.Sprintf("expr%d", i)
				src.SetExpr(expr, seriesOf(h, ledgertest.All))
				s := sloOf(expr)
				s.Parts[0].Indicator = slo.Indicator{Kind: slo.Threshold, Value: &slo.Query{Text: expr}, Op: slo.LessThan, Limit: 5}
				slos = append(slos, s)
			}
			var source ledger.Source = src
			if clock != nil {
				source = clocked{src, clock}
			}
			l := open(t, testConfig("", h.Start, timeOf(end), h.Config.Interval, time.Minute), planOf(source, h.Subjects(), slos...), end)
			advance(t, l, end-120_000)
			src.times("")
			src.script(func(ctx context.Context, _ string) error { return partial(ctx) })
			if err := l.Advance(context.Background(), timeOf(end-59_999), nil); !errors.Is(err, slo.ErrUnavailable) {
				t.Errorf("got %v", err)
			}
			if n := src.times(""); n > 2 {
				t.Errorf("%d questions were asked", n)
			}
			if f := l.Failing(); len(f) != 0 {
				t.Errorf("failing: %+v", f)
			}
			src.script(nil)
			advance(t, l, end)
			for _, s := range slos {
				if e := edgeOf(l, s, "busy-1", end); e != end {
					t.Errorf("%s stands at %d, want %d", s.Name, e, end)
				}
			}
		})
	}
}
