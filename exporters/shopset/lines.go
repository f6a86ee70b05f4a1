package shopset

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// lines writes series, in the form that the text format and OpenMetrics share.
type lines struct{ buf []byte }

// one writes a series; labels are name="value" pairs, as label writes them.
func (l *lines) one(f int, labels string, value float64) {
	l.suffixed(f, "", labels, value)
}

func (l *lines) suffixed(f int, suffix, labels string, value float64) {
	l.buf = append(l.buf, families[f].name...)
	l.buf = append(l.buf, suffix...)
	if labels != "" {
		l.buf = append(l.buf, '{')
		l.buf = append(l.buf, labels...)
		l.buf = append(l.buf, '}')
	}
	l.buf = append(l.buf, ' ')
	l.buf = number(l.buf, value)
	l.buf = append(l.buf, '\n')
}

// count writes what is known.
func (l *lines) count(f int, labels string, n *int) {
	if n != nil {
		l.one(f, labels, float64(*n))
	}
}

// time writes a time that is known.
func (l *lines) time(f int, labels string, t time.Time) {
	if !t.IsZero() {
		l.one(f, labels, float64(t.UnixMilli())/1000)
	}
}

// truth writes 1 or 0.
func (l *lines) truth(f int, labels string, yes bool) {
	value := 0.0
	if yes {
		value = 1
	}
	l.one(f, labels, value)
}

// states writes a state set.
func states[S ~string](l *lines, f int, labels string, all []S, is S) {
	for _, s := range all {
		l.truth(f, labels+`,state="`+string(s)+`"`, s == is)
	}
}

func (l *lines) histogram(f int, labels string, h histogram, bounds []float64) {
	total := int64(0)
	for i, b := range bounds {
		if i < len(h.Counts) {
			total += h.Counts[i]
		}
		// OpenMetrics wants bounds with a point; the text format takes them.
		l.suffixed(f, "_bucket", labels+`,le="`+strconv.FormatFloat(b, 'f', 1, 64)+`"`, float64(total))
	}
	l.suffixed(f, "_bucket", labels+`,le="+Inf"`, float64(h.Count))
	l.suffixed(f, "_sum", labels, h.Sum)
	l.suffixed(f, "_count", labels, float64(h.Count))
}

// number writes a value so that times keep their milliseconds and stay readable.
func number(buf []byte, v float64) []byte {
	if v == math.Trunc(v) && math.Abs(v) < 1e15 {
		return strconv.AppendInt(buf, int64(v), 10)
	}
	return strconv.AppendFloat(buf, v, 'f', -1, 64)
}

// labels writes pairs of name and value.
func labels(pairs ...string) string {
	var b strings.Builder
	for i := 0; i+1 < len(pairs); i += 2 {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(pairs[i])
		b.WriteString(`="`)
		b.WriteString(escape(pairs[i+1]))
		b.WriteByte('"')
	}
	return b.String()
}

var escaper = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)

// escape makes a text fit between quotes. What is no UTF-8 would make Prometheus
// refuse the whole scrape.
func escape(value string) string {
	return escaper.Replace(strings.ToValidUTF8(value, "\uFFFD"))
}
