package probe_test

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
	"github.com/shopslo/shopslo/slo/presence/probe"
	"github.com/shopslo/shopslo/slo/promquery"
	"github.com/shopslo/shopslo/slo/source/sourcetest"
)

var start = time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)

// store is a source in memory that counts what it is asked, and can fail.
type store struct {
	sourcetest.Memory
	mu     sync.Mutex
	asked  []string
	counts float64          // what count() gives
	broken map[string]error // by a part of what is asked for
	recent time.Time        // it does not answer about times before
}

func (s *store) ask(text string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, text)
	for part, err := range s.broken {
		if strings.Contains(text, part) {
			return err
		}
	}
	return nil
}

func (s *store) Select(ctx context.Context, r slo.Request, f func([]slo.Series) error) error {
	if err := s.ask(fmt.Sprint("select ", r.Selectors)); err != nil {
		return err
	}
	if !s.recent.IsZero() && r.To < s.recent.UnixMilli() {
		return errors.New("that is too long ago")
	}
	return s.Memory.Select(ctx, r, f)
}

func (s *store) Eval(_ context.Context, expr string, _, to int64, _ time.Duration, f func([]slo.Series) error) error {
	if err := s.ask("eval " + expr); err != nil {
		return err
	}
	one := sourcetest.Memory{Data: []sourcetest.Series{{Labels: slo.Labels{{Name: slo.MetricName, Value: "n"}}, T: []int64{to}, V: []float64{s.counts}}}}
	return one.Select(context.Background(), slo.Request{Selectors: []slo.Selector{nil}, From: 0, To: to}, f)
}

func (s *store) Names(_ context.Context, _ string, of slo.Selector, _, _ int64) ([]string, error) {
	if err := s.ask("names " + of.String()); err != nil {
		return nil, err
	}
	var out []string
	for _, x := range s.Data {
		if name := x.Labels.Get(slo.MetricName); of.Matches(x.Labels) && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out, nil
}

// put writes a series "name a=1 b=2" with a sample a minute from start to a time.
func (s *store) put(line string, until time.Time) {
	words := strings.Fields(line)
	ls := slo.Labels{{Name: slo.MetricName, Value: words[0]}}
	for _, w := range words[1:] {
		name, value, _ := strings.Cut(w, "=")
		ls = append(ls, slo.Label{Name: name, Value: value})
	}
	slices.SortFunc(ls, func(a, b slo.Label) int { return strings.Compare(a.Name, b.Name) })
	one := sourcetest.Series{Labels: ls}
	for t := start; !t.After(until); t = t.Add(time.Minute) {
		one.T, one.V = append(one.T, t.UnixMilli()), append(one.V, 1)
	}
	s.Data = append(s.Data, one)
}

func prober(s *store, bad, total string, subjects ...string) (*probe.Prober, *slo.SLO) {
	one := &slo.SLO{Name: "cart", Parts: []slo.Part{{Indicator: slo.Indicator{Kind: slo.Ratio, Bad: &slo.Query{Text: bad}, Total: &slo.Query{Text: total}}}}}
	it := probe.Item{SLO: one}
	for _, id := range subjects {
		it.Subjects = append(it.Subjects, probe.Subject{ID: id, Match: slo.Labels{{Name: "shopset", Value: id}}})
	}
	return probe.New(probe.Config{Source: s, Names: s, Terms: promquery.Terms, Interval: time.Minute, Delay: 65 * time.Second,
		TargetLabels: []string{"job", "instance"}, MaxSeries: 1000}, []probe.Item{it}), one
}

// found is what is absent for a subject: kinds and labels.
func found(p *probe.Prober, subject string, at time.Time) string {
	absent, _, failure := p.Find("cart", subject, at)
	if failure != "" {
		return "failure: " + failure
	}
	var out []string
	for _, a := range absent {
		text := a.Side + " " + string(a.Kind)
		if a.Label != "" {
			text += " " + a.Label
		}
		if len(a.Nearest) > 0 {
			text += " (" + strings.Join(a.Nearest, " ") + ")"
		}
		out = append(out, text)
	}
	return strings.Join(out, ", ")
}

func TestEachShopSetIsJudgedByWhatItSendsNow(t *testing.T) {
	end := start.Add(time.Hour)
	s := &store{}
	for _, set := range []string{"a", "b", "c", "d", "e"} {
		if set != "d" {
			s.put("up job=cart instance=1 shopset="+set, end)
		}
	}
	s.put("req_total job=cart instance=1 code=200 shopset=a", end)
	s.put("req_total job=cart instance=1 code=500 shopset=a", end)
	s.put("req_total job=cart instance=1 code=200 shopset=b", end)
	s.put("req_total job=cart instance=1 code=200 shopset=c", start.Add(50*time.Minute)) // renamed by a Release
	s.put("reqs_total job=cart instance=1 code=200 shopset=c", end)
	s.put("req_total job=cart instance=1 code=200 shopset=d", start.Add(50*time.Minute))
	s.put("req_total job=cart instance=1 status=200 shopset=e", end)
	p, _ := prober(s, `req_total{code=~"5.."}`, `req_total`, "a", "b", "c", "d", "e")
	if got := found(p, "a", end); !strings.HasPrefix(got, "failure: ") {
		t.Errorf("before it was asked: %q", got)
	}
	if err := p.Probe(t.Context(), end); err != nil {
		t.Fatal(err)
	}
	for set, want := range map[string]string{
		"a": "",
		"b": "bad none_yet code (200)",
		"c": "bad metric (reqs_total), total metric (reqs_total)",
		"d": " subject",
		"e": "bad label code (status)",
	} {
		if got := found(p, set, end.Add(30*time.Second)); got != want {
			t.Errorf("%s: %q, want %q", set, got, want)
		}
	}
	if n := len(s.asked); n > 12 {
		t.Errorf("asked %d times for 5 ShopSets: %q", n, s.asked)
	}
	if got := found(p, "c", start.Add(40*time.Minute)); got != "" {
		t.Errorf("of a time before it was asked: %q", got)
	}
	if got := found(p, "c", end.Add(20*time.Minute)); !strings.HasPrefix(got, "failure: ") {
		t.Errorf("of a time long after it was asked: %q", got)
	}
	version := p.Version()
	asked := len(s.asked)
	if err := p.Probe(t.Context(), end.Add(30*time.Second)); err != nil {
		t.Fatal(err)
	}
	if p.Version() != version {
		t.Error("nothing has changed, but the version has")
	}
	if n := len(s.asked) - asked; n != 2 {
		t.Errorf("asked %d times where nothing has changed, want 2: %q", n, s.asked[asked:])
	}
	s.put("req_total job=cart instance=1 code=500 shopset=b", end.Add(time.Minute))
	if err := p.Probe(t.Context(), end.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if got := found(p, "b", end.Add(time.Minute)); got != "" || p.Version() == version {
		t.Errorf("after the first error: %q, version %d, before %d", got, p.Version(), version)
	}
}

func TestWhoHasAMetricThatAShopSetHasNot(t *testing.T) {
	end := start.Add(time.Hour)
	for _, tt := range []struct {
		name   string
		series []string
		want   string
	}{
		{"nobody, and the source has nothing", nil, " subject"},
		{"nobody", []string{"up job=x shopset=a"}, "bad metric, total metric"},
		{"others", []string{"req_total shopset=b code=500"}, " subject"},
		{"series without its label", []string{"req_total code=500"}, "bad unlabelled, total unlabelled"},
		{"others, and it sends something else, which no up tells", []string{"req_total shopset=b code=500", "ballast_total shopset=a", "reqs_total shopset=a"}, "bad metric (reqs_total), total metric (reqs_total)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &store{}
			for _, line := range tt.series {
				s.put(line, end)
			}
			p, _ := prober(s, `req_total{code=~"5.."}`, `req_total`, "a", "b")
			if err := p.Probe(t.Context(), end); err != nil {
				t.Fatal(err)
			}
			if got := found(p, "a", end); got != tt.want {
				t.Errorf("%q, want %q\nasked: %q", got, tt.want, s.asked)
			}
		})
	}
}

func TestASourceThatFailsLeavesItUnknown(t *testing.T) {
	end := start.Add(time.Hour)
	gone := fmt.Errorf("%w: it is gone", slo.ErrUnavailable)
	for _, broken := range []string{"up", "req_total", "err_total"} {
		t.Run(broken, func(t *testing.T) {
			s := &store{broken: map[string]error{broken: gone}}
			s.put("up job=x shopset=a", end)
			s.put("req_total shopset=a", end)
			p, _ := prober(s, `err_total`, `req_total`, "a")
			if err := p.Probe(t.Context(), end); !errors.Is(err, slo.ErrUnavailable) {
				t.Errorf("error %v", err)
			}
			if got := found(p, "a", end); !strings.HasPrefix(got, "failure: ") || !strings.Contains(got, "it is gone") {
				t.Errorf("%q", got)
			}
			s.broken = nil
			if err := p.Probe(t.Context(), end.Add(time.Second)); err != nil {
				t.Error(err)
			}
			if got := found(p, "a", end.Add(time.Second)); got != "bad metric (req_total)" {
				t.Errorf("when it is back: %q", got)
			}
		})
	}
}

func TestAMetricOfTooManySeriesIsNotReadAsAWhole(t *testing.T) {
	end := start.Add(time.Hour)
	s := &store{counts: 1e6}
	s.put("up job=x shopset=a", end)
	s.put("lat_bucket le=1.0 shopset=a", end)
	s.put("lat_count shopset=a", end)
	p, _ := prober(s, `lat_bucket{le="0.3"}`, `lat_count`, "a")
	if err := p.Probe(t.Context(), end); err != nil {
		t.Fatal(err)
	}
	_, notes, failure := p.Find("cart", "a", end)
	if failure != "" || len(notes) == 0 || !strings.Contains(notes[0], "lat_bucket has 1000000 series") {
		t.Errorf("notes %q, failure %q", notes, failure)
	}
	if got := found(p, "a", end); !strings.HasPrefix(got, "bad metric") {
		t.Errorf("%q is not what the selectors pick", got)
	}
}

func TestABoundIsFoundHoweverItIsWritten(t *testing.T) {
	end := start.Add(time.Hour)
	s := &store{}
	s.put("lat_bucket le=1.0 shopset=a", end)
	s.put("lat_bucket le=+Inf shopset=a", end)
	s.put("lat_count shopset=a", end)
	for bound, want := range map[string]string{"1": "", "1.0": "", "+Inf": "", "0.3": "bad bound le (1)"} {
		p, _ := prober(s, `lat_bucket{le="`+bound+`"}`, `lat_count`, "a")
		if err := p.Probe(t.Context(), end); err != nil {
			t.Fatal(err)
		}
		if got := found(p, "a", end); got != want {
			t.Errorf("le %q: %q, want %q", bound, got, want)
		}
	}
}
