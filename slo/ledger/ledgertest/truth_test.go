package ledgertest

import (
	"fmt"
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo"
)

// compare fails where the oracle and the truth of one ShopSet part, in any of the
// spans.
func compare(t *testing.T, h *History, s *ShopSet, seen Seen, spans []Span) {
	t.Helper()
	o, err := NewOracle(s.Subject, h.Rules(true, false, true), s.Samples(seen))
	if err != nil {
		t.Fatal(err)
	}
	events := s.Events(seen)
	for _, w := range spans {
		got, want := o.Count(w.From, w.To), events.Told(w.From, w.To)
		if got.Good != want.Good || got.Total != want.Total || got.Bad != want.Bad {
			t.Errorf("seed %d, %s, (%d, %d]: oracle good %v total %v, told good %v total %v", h.Config.Seed, s.Spec.Name,
				w.From-h.Start, w.To-h.Start, got.Good, got.Total, want.Good, want.Total)
			return
		}
	}
	truth, told := events.Truth(h.Start, h.End), events.Told(h.Start, h.End)
	missing := 0.0
	for _, f := range []Fate{Unscraped, Begun, Pending} {
		missing += events.Residual(f, h.Start, h.End).Total
	}
	if truth.Total != told.Total+missing {
		t.Errorf("seed %d, %s: truth %v is not told %v + residual %v", h.Config.Seed, s.Spec.Name, truth.Total, told.Total, missing)
	}
}

func TestOracleEqualsTheTruthLessTheResidualOnTinyHistories(t *testing.T) {
	var told, unscraped, hidden float64
	for seed := uint64(1); seed <= 1500; seed++ {
		h := New(Tiny(seed, true))
		spans := []Span{{h.Start, h.End}}
		for e := h.Start; e < h.End; e += 7 * second {
			spans = append(spans, Span{e, e + 7*second}, Span{h.Start, e})
		}
		for i := range h.Config.ShopSets {
			s := h.ShopSet(i)
			for _, seen := range []Seen{All, AtClose(second, 15*second), AtClose(60*second, 15*second)} {
				compare(t, h, s, seen, spans)
			}
			es := s.Events(All)
			told += es.Told(h.Start, h.End).Total
			unscraped += es.Residual(Unscraped, h.Start, h.End).Total
			hidden += float64(s.HiddenResets(All))
		}
		if t.Failed() {
			return
		}
	}
	t.Logf("told %v events, unscraped %v, hidden resets %v", told, unscraped, hidden)
	if told == 0 || unscraped == 0 || hidden < 100 {
		t.Errorf("the histories are too tame: told %v, unscraped %v, hidden resets %v", told, unscraped, hidden)
	}
}

var _ = fmt.Sprint
var _ = time.Second
var _ = slo.FirstAuto
