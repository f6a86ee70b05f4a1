package ledger

import (
	"testing"

	"github.com/shopslo/shopslo/slo"
)

// Each of what is known of a series is read back as it was, by itself and with all else.
func TestASeriesIsReadBackAsItWas(t *testing.T) {
	const edge = 1_800_000_000_000
	for bits := range 1 << 6 {
		has := func(n int) bool { return bits>>n&1 == 1 }
		a, twin := newAccount("key", &Subject{ID: "shop-0"}, &measure{}, 60_000, edge), newAccount("key", &Subject{ID: "shop-0"}, &measure{}, 60_000, edge)
		labels := slo.Labels{{Name: slo.MetricName, Value: "requests_total"}, {Name: "instance", Value: "a"}}
		s, _ := a.seriesOf(labels, 1, []string{"instance"})
		p := s.process
		_, _ = twin.seriesOf(append(slo.Labels{{Name: slo.MetricName, Value: "other_total"}}, labels[1]), 1, []string{"instance"})
		m := members{processes: map[uint32]*process{p.id: twin.targetOf(joined(labels, []string{"instance"})).processes[0]}, series: map[uint32]*series{}}

		state := newSeriesState()
		state.joined = has(0)
		if has(1) {
			state.hold = hold{at: edge - 5, max: 7, sum: 9, small: true}
		}
		if has(2) {
			state.dropped = edge - 9
		}
		if has(3) {
			state.birth = birth{at: edge - 8, same: none, others: none, v: 3, worth: 2, doubt: true}
		}
		s.former = has(4)
		c := seriesChange{s: s, pos: position{t: edge - 1, v: 42}, pace: newPace()}
		if has(5) {
			c.made = made{value: 1.7e9, moved: true}
		}
		c.state = state.after(s.seriesState)
		e := &encoder{}
		appendOneSeries(e, c, false, edge)
		d := &decoder{b: e.b, version: newestFormat}
		got, ok := readOneSeries(d, twin, m, edge)
		if !ok || d.err != nil || len(d.b) > 0 {
			t.Errorf("%06b: read %v, error %v, %d bytes are left", bits, ok, d.err, len(d.b))
			continue
		}
		if got.pos != c.pos || got.made != c.made || got.s.former != s.former || got.state.joined != state.joined || got.state.dropped != state.dropped ||
			got.state.hold != state.hold || got.state.birth.at != state.birth.at || got.state.birth.worth != state.birth.worth {
			t.Errorf("%06b: %+v %+v, want %+v %+v", bits, got, got.state, c, c.state)
		}
	}
}
