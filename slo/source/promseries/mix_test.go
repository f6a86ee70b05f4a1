package promseries

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/shopslo/shopslo/slo"
)

// plainMade are samples that are made of another series, each ten seconds from the first on.
type plainMade struct {
	Plain
	inexact, first bool
	base           float64 // where the first one begins, if it is asked for
}

func (m *plainMade) Anew()         { m.first = true }
func (m *plainMade) Inexact() bool { return m.inexact }
func (m *plainMade) Samples() slo.Samples {
	p := m.Plain
	if m.first && m.inexact && m.base > 0 {
		p = Plain{append([]int64{p.T[0] - 1}, p.T...), append([]float64{slo.Base(m.base)}, p.V...)}
	}
	s := &samples{}
	s.reset(0, 1<<60, []Chunk{{Max: p.T[len(p.T)-1], Plain: &p}})
	return s
}

func tens(first int64, v ...float64) (p Plain) {
	for i, x := range v {
		p.T, p.V = append(p.T, (first+int64(i))*10_000), append(p.V, x)
	}
	return p
}

func TestOwnSamplesCountWhereThereAreAny(t *testing.T) {
	for _, tt := range []struct {
		name    string
		own     Plain
		made    Plain
		inexact bool
		want    string // seconds=value, seconds~base
	}{
		{"both, all the while", tens(1, 100, 110), tens(1, 90, 99), true, "10=100 20=110"},
		{"from the own to the made ones", tens(1, 100, 110), tens(1, 90, 99, 104, 109), true, "10=100 20=110 30~99 30=104 40=109"},
		{"which are the same", tens(1, 100, 110), tens(1, 100, 110, 120), false, "10=100 20=110 30=120"},
		{"without a time of both", tens(1, 100, 110), tens(3, 130, 140), false, "10=100 20=110 30=130 40=140"},
		{"without a time of both, off an edge", tens(1, 100, 110), tens(3, 105, 115), true, "10=100 20=110 30~+Inf 30=105 40=115"},
		{"back to the own ones", tens(3, 130, 140), tens(1, 90, 99, 104), true, "10=90 20=99 30~125 30=130 40=140"},
		{"back, without a time of both", tens(3, 130, 140), tens(1, 90, 99), true, "10=90 20=99 30~+Inf 30=130 40=140"},
		{"a missed scrape of the own ones", tens(1, 100, 110), Plain{[]int64{15_000}, []float64{95}}, true, "10=100 20=110"},
		{"what the made ones know of a reset stays", tens(1, 100), Plain{[]int64{10_000, 19_999, 20_000}, []float64{90, slo.Base(0), 95}}, true, "10=100 20~0 20=95"},
		{"an end of the own ones", Plain{[]int64{10_000, 20_000}, []float64{100, math.Float64frombits(slo.StaleNaN)}}, tens(2, 110, 120), false, "10=100 20=110 30=120"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var names Interner
			c := Collector{Names: &names, Interval: 10_000}
			c.Reset(0, 1<<50)
			stream := names.Add(nil, slo.Labels{{Name: slo.MetricName, Value: "x_count"}})
			at := c.Series(stream, 0)
			*at = append(*at, plainChunk(tt.own)...)
			at = c.Beside(stream, 1)
			*at = append(*at, Chunk{Min: tt.made.T[0], Max: tt.made.T[len(tt.made.T)-1], Made: &plainMade{Plain: tt.made, inexact: tt.inexact}})
			var out []string
			for _, s := range c.Answer() {
				p, err := made(s.Samples)
				if err != nil {
					t.Fatal(err)
				}
				for i, v := range p.V {
					if b, ok := slo.BaseOf(v); ok {
						out = append(out, fmt.Sprintf("%d~%v", (p.T[i]+1)/1000, b))
					} else {
						out = append(out, fmt.Sprintf("%d=%v", p.T[i]/1000, v))
					}
				}
			}
			if got := strings.Join(out, " "); got != tt.want {
				t.Errorf("%s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestTheNextAnswerKnowsOfWhatKindTheLastWas(t *testing.T) {
	var names Interner
	c := Collector{Names: &names, Interval: 10_000}
	stream := names.Add(nil, slo.Labels{{Name: slo.MetricName, Value: "x_bucket"}, {Name: "le", Value: "0.3"}})
	c.Reset(0, 25_000)
	at := c.Series(stream, 0)
	*at = append(*at, plainChunk(tens(1, 100, 110))...)
	for _, s := range c.Answer() {
		if _, err := made(s.Samples); err != nil {
			t.Fatal(err)
		}
	}
	c.Remember()
	other := Collector{Names: &names, Interval: 10_000} // somebody looks at a later time
	other.Reset(26_000, 60_000)
	at = other.Beside(stream, 1)
	*at = append(*at, Chunk{Min: 29_000, Max: 40_000, Made: &plainMade{Plain: tens(3, 104, 109)}})
	other.Answer()
	c.Reset(25_000, 60_000)
	m := &plainMade{Plain: tens(3, 104, 109), inexact: true, base: 99}
	at = c.Beside(stream, 1)
	*at = append(*at, Chunk{Min: 29_000, Max: 40_000, Made: m})
	c.Answer()
	if !m.first {
		t.Error("the made ones are not told to begin anew")
	}
	c.Reset(60_000, 90_000)
	m = &plainMade{Plain: tens(7, 114), inexact: true, base: 109}
	at = c.Beside(stream, 1)
	*at = append(*at, Chunk{Min: 69_000, Max: 70_000, Made: m})
	if c.Answer(); m.first {
		t.Error("they go on, and are told to begin anew")
	}
}
