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
	inexact, first, read bool
	base                 float64 // where the first one begins, if it is asked for
}

func (m *plainMade) Anew(bool)     { m.first = true }
func (m *plainMade) Inexact() bool { return m.inexact && m.read }
func (m *plainMade) Samples() slo.Samples {
	m.read = true
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

// An exporter goes back to the classic kind between two answers: what was made of the native one lies before the
// second, or is not in it any more.
func TestTheNextAnswerKnowsThatTheOwnSamplesAreOthers(t *testing.T) {
	const from = 25_000
	for _, tt := range []struct {
		name                    string
		inexact, beside, begins bool
		want                    string
	}{
		{"the last ones are there", true, true, false, "30~+Inf 30=130 40=140"},
		{"nothing is left of them", true, false, false, "30~+Inf 30=130 40=140"},
		{"they were the same", false, false, false, "30=130 40=140"},
		{"nobody has read before", true, true, true, "30~+Inf 30=130 40=140"},
		{"nor knows of others", true, false, true, "30=130 40=140"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var names Interner
			c := Collector{Names: &names, Interval: 10_000}
			stream := names.Add(nil, slo.Labels{{Name: slo.MetricName, Value: "x_bucket"}, {Name: "le", Value: "0.3"}})
			read := func(from, to int64, own Plain, beside bool) (out []string) {
				c.Reset(from, to)
				if len(own.T) > 0 {
					at := c.Series(stream, 0)
					*at = append(*at, plainChunk(own)...)
				}
				if beside {
					at := c.Beside(stream, 1)
					*at = append(*at, Chunk{Min: 9_999, Max: 20_001, Made: &plainMade{Plain: tens(1, 90, 99), inexact: tt.inexact}})
				}
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
				c.Remember()
				return out
			}
			if !tt.begins {
				read(0, from, Plain{}, true)
			}
			if got := strings.Join(read(from, 45_000, tens(3, 130, 140), tt.beside), " "); got != tt.want {
				t.Errorf("%s\nwant %s", got, tt.want)
			}
			if got := strings.Join(read(45_000, 60_000, tens(5, 150), false), " "); got != "50=150" {
				t.Errorf("then %s", got)
			}
		})
	}
}

// replicas answers of two streams that are one series: each with samples of its own, and made ones.
func replicas(t *testing.T, to int64, a, b [2]Plain) (out string, err error) {
	t.Helper()
	var names Interner
	names.Drop("replica")
	c := Collector{Names: &names, Interval: 10_000}
	c.Reset(0, to)
	for i, of := range [][2]Plain{a, b} {
		stream := names.Add(nil, slo.Labels{{Name: slo.MetricName, Value: "x_bucket"}, {Name: "le", Value: "0.3"}, {Name: "replica", Value: fmt.Sprint(i)}})
		if own := of[0]; len(own.T) > 0 {
			at := c.Series(stream, 0)
			*at = append(*at, plainChunk(own)...)
		}
		if made := of[1]; len(made.T) > 0 {
			at := c.Beside(stream, 1)
			*at = append(*at, Chunk{Min: made.T[0], Max: made.T[len(made.T)-1], Made: &plainMade{Plain: made, inexact: true}})
		}
	}
	for _, s := range c.Answer() {
		p, err := made(s.Samples)
		if err != nil {
			return "", err
		}
		for i, v := range p.V {
			if b, ok := slo.BaseOf(v); ok {
				out += fmt.Sprintf("%d~%v ", (p.T[i]+1)/1000, b)
			} else {
				out += fmt.Sprintf("%d=%v ", p.T[i]/1000, v)
			}
		}
	}
	return strings.TrimSpace(out), nil
}

func TestReplicasMayHaveBothKinds(t *testing.T) {
	grow := func(first int64, n int, v, step float64) (p Plain) {
		for i := range n {
			p.T, p.V = append(p.T, (first+int64(i))*10_000), append(p.V, v+step*float64(i))
		}
		return p
	}
	shifted := func(p Plain) Plain {
		for i := range p.T {
			p.T[i] += 3000
		}
		return p
	}
	none := Plain{}
	for _, tt := range []struct {
		name string
		a, b [2]Plain
		want string
	}{
		{"both have both", [2]Plain{grow(1, 4, 100, 10), grow(1, 4, 90, 9)}, [2]Plain{shifted(grow(1, 4, 103, 10)), shifted(grow(1, 4, 93, 9))}, "10=100 20=110 30=120 40=130"},
		{"both change", [2]Plain{grow(1, 2, 100, 10), grow(1, 4, 90, 9)}, [2]Plain{shifted(grow(1, 2, 103, 10)), shifted(grow(1, 4, 93, 9))}, "10=100 20=110 30~99 30=108 40=117"},
		{"one has the other kind", [2]Plain{grow(1, 20, 10_000, 10), none}, [2]Plain{none, shifted(grow(1, 20, 9000, 9))}, ""},
		{"which goes on for the one", [2]Plain{grow(1, 4, 10_000, 10), none}, [2]Plain{none, shifted(grow(4, 7, 9027, 9))},
			"10=10000 20=10010 30=10020 40=10030 43~+Inf 43=9027 53=9036 63=9045 73=9054 83=9063 93=9072 103=9081"},
		{"and the other way round", [2]Plain{none, grow(1, 4, 9000, 9)}, [2]Plain{shifted(grow(4, 7, 10_030, 10)), none},
			"10=9000 20=9009 30=9018 40=9027 43~+Inf 43=10030 53=10040 63=10050 73=10060 83=10070 93=10080 103=10090"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := replicas(t, 1<<50, tt.a, tt.b)
			if err != nil || tt.want != "" && got != tt.want {
				t.Errorf("%s, %v\nwant %s", got, err, tt.want)
			}
			if tt.want == "" && (strings.Contains(got, "~") || !strings.HasPrefix(got, "10=10000 20=10010 ")) {
				t.Errorf("the one does not lead: %s", got)
			}
		})
	}
}

func TestAReplicaOfTheOtherKindTakesOverInTheNextAnswer(t *testing.T) {
	var names Interner
	names.Drop("replica")
	c := Collector{Names: &names, Interval: 10_000}
	read := func(from, to int64, replica string, own, native []float64) string {
		c.Reset(from, to)
		stream := names.Add(nil, slo.Labels{{Name: slo.MetricName, Value: "x_bucket"}, {Name: "le", Value: "0.3"}, {Name: "replica", Value: replica}})
		if p := tens(from/10_000+1, own...); len(own) > 0 {
			at := c.Series(stream, 0)
			*at = append(*at, plainChunk(p)...)
		}
		if p := tens(from/10_000+1, native...); len(native) > 0 {
			at := c.Beside(stream, 1)
			*at = append(*at, Chunk{Min: p.T[0], Max: p.T[len(p.T)-1], Made: &plainMade{Plain: p, inexact: true}})
		}
		out := ""
		for _, s := range c.Answer() {
			p, err := made(s.Samples)
			if err != nil {
				t.Fatal(err)
			}
			for i, v := range p.V {
				if b, ok := slo.BaseOf(v); ok {
					v = -b
				}
				out += fmt.Sprintf("%d:%v ", p.T[i], v)
			}
		}
		c.Remember()
		return out
	}
	read(0, 50_000, "a", []float64{100, 110, 120, 130, 140}, nil)
	if got := read(50_000, 110_000, "b", nil, []float64{130, 140, 150, 160, 170, 180}); got != "59999:-Inf 60000:130 70000:140 80000:150 90000:160 100000:170 110000:180 " {
		t.Error(got)
	}
	if got := read(110_000, 130_000, "b", nil, []float64{190, 200}); got != "120000:190 130000:200 " {
		t.Error(got)
	}
	if got := read(130_000, 190_000, "a", []float64{230, 240, 250, 260, 270, 280}, nil); got != "139999:-Inf 140000:230 150000:240 160000:250 170000:260 180000:270 190000:280 " {
		t.Error(got)
	}
}
