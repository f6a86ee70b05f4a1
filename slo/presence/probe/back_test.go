package probe_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/presence/probe"
	"github.com/shopslo/shopslo/slo/promquery"
)

// remembering is a prober of one SLO that is told what was counted of every ShopSet: the last
// event in the minute up to last.
func remembering(s *store, last time.Time, perSecond float64, subjects ...string) *probe.Prober {
	one := &slo.SLO{Name: "cart", Parts: []slo.Part{{Indicator: slo.Indicator{Kind: slo.Ratio, Bad: &slo.Query{Text: `req_total{code=~"5.."}`}, Total: &slo.Query{Text: `req_total`}}}}}
	it := probe.Item{SLO: one}
	for _, id := range subjects {
		it.Subjects = append(it.Subjects, probe.Subject{ID: id, Match: slo.Labels{{Name: "shopset", Value: id}}})
	}
	return probe.New(probe.Config{Source: s, Names: s, Terms: promquery.Terms, Interval: 15 * time.Second, Delay: 20 * time.Second,
		TargetLabels: []string{"job", "instance"}, MaxSeries: 1000,
		Counted: func(of *slo.SLO, part int, _ string, _ time.Time) probe.Counted {
			if of != one || part != 0 {
				panic("asked of something else")
			}
			return probe.Counted{From: last.Add(-time.Minute), To: last, PerSecond: perSecond}
		}}, []probe.Item{it})
}

func TestAnOutageIsNoAbsence(t *testing.T) {
	end, ended := start.Add(time.Hour), start.Add(20*time.Minute)
	gone := []string{"req_total job=cart instance=1 code=200 shopset=a", "req_total job=cart instance=1 code=500 shopset=a", "up job=cart instance=1 shopset=a"}
	for _, tt := range []struct {
		name      string
		ended     []string
		live      []string
		perSecond float64
		want      string
	}{
		{"the only ShopSet is gone, something beside it lives", gone, []string{"up job=node"}, 10, " subject"},
		{"series of the same name live that belong to nobody", gone, []string{"req_total job=x code=200"}, 10, " subject"},
		{"the source has nothing any longer", gone, nil, 10, " subject"},
		{"others live", gone, []string{"req_total shopset=b code=500"}, 10, " subject"},
		{"other jobs of it live", gone, []string{"up job=lb shopset=a", "lb_total job=lb shopset=a"}, 10, " subject"},
		{"it has restarted, and seldom counts anything", gone, []string{"up job=cart instance=2 shopset=a"}, 0.01, ""},
		{"it has restarted, and would have counted something", gone, []string{"up job=cart instance=2 shopset=a"}, 0.1, "bad metric, total metric"},
		{"it was misread before it ended", []string{"req_total job=cart instance=1 status=200 shopset=a"}, nil, 10, "bad label code (status)"},
		{"it was never there", nil, []string{"up job=cart instance=1 shopset=a"}, 0, "bad metric, total metric"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &store{}
			for _, line := range tt.ended {
				s.put(line, ended)
			}
			for _, line := range tt.live {
				s.put(line, end)
			}
			p := remembering(s, ended, tt.perSecond, "a", "b")
			for range 2 { // the second one is remembered
				if err := p.Probe(t.Context(), end); err != nil {
					t.Fatal(err)
				}
				if got := found(p, "a", end); got != tt.want {
					t.Errorf("%q, want %q\nasked: %q", got, tt.want, s.asked)
				}
			}
		})
	}
}

func TestManyThatEndTogetherAreAskedForTogether(t *testing.T) {
	end, ended := start.Add(time.Hour), start.Add(20*time.Minute)
	s := &store{}
	var all []string
	for i := range 50 {
		id := fmt.Sprint("a-", i)
		s.put("req_total job=cart instance=1 code=500 shopset="+id, ended)
		all = append(all, id)
	}
	s.put("up job=node", end)
	p := remembering(s, ended, 10, all...)
	if err := p.Probe(t.Context(), end); err != nil {
		t.Fatal(err)
	}
	for _, id := range all {
		if got := found(p, id, end); got != " subject" {
			t.Errorf("%s: %q", id, got)
		}
	}
	if n := len(s.asked); n > 15 {
		t.Errorf("asked %d times for 50 ShopSets", n)
	}
}

func TestAPastThatTheSourceDoesNotTellIsUnknown(t *testing.T) {
	end, ended := start.Add(time.Hour), start.Add(20*time.Minute)
	s := &store{}
	s.put("req_total job=cart instance=1 code=500 shopset=a", ended)
	s.put("up job=node", end)
	s.recent = end.Add(-5 * time.Minute)
	p := remembering(s, ended, 10, "a")
	if err := p.Probe(t.Context(), end); err != nil {
		t.Fatal(err)
	}
	if got := found(p, "a", end); !strings.HasPrefix(got, "failure: ") || !strings.Contains(got, "too long ago") {
		t.Errorf("%q\nasked: %q", got, s.asked)
	}
}
