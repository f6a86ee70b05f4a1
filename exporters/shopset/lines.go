package shopset

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// lines writes series, in the form that the text format and OpenMetrics share.
type lines struct{ buf []byte }

// one writes a series; its labels are own, as labels writes them, and pairs of name
// and value.
func (l *lines) one(f int, own string, value float64, pairs ...string) {
	l.suffixed(f, "", own, value, pairs...)
}

func (l *lines) suffixed(f int, suffix, own string, value float64, pairs ...string) {
	l.buf = append(l.buf, families[f].name...)
	l.buf = append(l.buf, suffix...)
	if own != "" || len(pairs) > 0 {
		l.buf = append(l.buf, '{')
		l.buf = append(l.buf, own...)
		if own != "" && len(pairs) > 0 {
			l.buf = append(l.buf, ',')
		}
		l.buf = appendLabels(l.buf, pairs)
		l.buf = append(l.buf, '}')
	}
	l.buf = append(l.buf, ' ')
	l.buf = number(l.buf, value)
	l.buf = append(l.buf, '\n')
}

// count writes what is known.
func (l *lines) count(f int, own string, n *int) {
	if n != nil {
		l.one(f, own, float64(*n))
	}
}

// time writes a time that is known.
func (l *lines) time(f int, own string, t time.Time) {
	if !t.IsZero() {
		l.one(f, own, float64(t.UnixMilli())/1000)
	}
}

// truth writes 1 or 0.
func (l *lines) truth(f int, own string, yes bool, pairs ...string) {
	value := 0.0
	if yes {
		value = 1
	}
	l.one(f, own, value, pairs...)
}

// states writes a state set.
func states[S ~string](l *lines, f int, own string, all []S, is S) {
	for _, s := range all {
		l.truth(f, own, s == is, "state", string(s))
	}
}

func (l *lines) histogram(f int, own string, h histogram, bounds []float64) {
	total := int64(0)
	for i, b := range bounds {
		if i < len(h.Counts) {
			total += h.Counts[i]
		}
		// OpenMetrics wants bounds with a point; the text format takes them.
		l.suffixed(f, "_bucket", own, float64(total), "le", strconv.FormatFloat(b, 'f', 1, 64))
	}
	l.suffixed(f, "_bucket", own, float64(h.Count), "le", "+Inf")
	l.suffixed(f, "_sum", own, h.Sum)
	l.suffixed(f, "_count", own, float64(h.Count))
}

// number writes a value so that times keep their milliseconds and stay readable.
func number(buf []byte, v float64) []byte {
	if v == math.Trunc(v) && math.Abs(v) < 1e15 {
		return strconv.AppendInt(buf, int64(v), 10)
	}
	return strconv.AppendFloat(buf, v, 'f', -1, 64)
}

// labels writes pairs of name and value.
func labels(pairs ...string) string { return string(appendLabels(nil, pairs)) }

func appendLabels(buf []byte, pairs []string) []byte {
	for i := 0; i+1 < len(pairs); i += 2 {
		if i > 0 {
			buf = append(buf, ',')
		}
		buf = append(buf, pairs[i]...)
		buf = append(buf, '=', '"')
		buf = append(buf, escape(pairs[i+1])...)
		buf = append(buf, '"')
	}
	return buf
}

var escaper = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)

// escape makes a text fit between quotes. What is no UTF-8 would make Prometheus
// refuse the whole scrape.
func escape(value string) string {
	return escaper.Replace(strings.ToValidUTF8(value, "\uFFFD"))
}
