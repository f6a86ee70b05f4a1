package detectiontest

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// Chart draws the median delays of one volume's failures as an SVG: a row for each
// failure, a mark for each watcher, time from left to right on a logarithmic scale.
func Chart(seen []Row, v Volume) string {
	const left, right, row = 150.0, 700.0, 34.0
	var rows []Row
	for _, x := range seen {
		if x.Volume == v {
			rows = append(rows, x)
		}
	}
	bottom := 70 + row*float64(len(rows))
	x := func(d time.Duration) float64 {
		return left + (right-left-60)*math.Log(math.Max(1, d.Minutes()))/math.Log(24*60)
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 %.0f" font-family="sans-serif" font-size="13">`+"\n", bottom+40)
	fmt.Fprintf(&b, `<title>Minutes until a failure is seen, at %s</title><rect width="760" height="100%%" fill="#fff"/>`+"\n", v.Name)
	for i, w := range legend {
		mark(&b, left+float64(i)*190, 24, Watcher(i))
		fmt.Fprintf(&b, `<text x="%.0f" y="28" fill="#222">%s</text>`+"\n", left+float64(i)*190+12, w)
	}
	for _, d := range []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 4 * time.Hour, 24 * time.Hour} {
		fmt.Fprintf(&b, `<line x1="%.1f" y1="50" x2="%.1f" y2="%.0f" stroke="#ddd"/><text x="%.1f" y="%.0f" text-anchor="middle" fill="#555">%s</text>`+"\n",
			x(d), x(d), bottom-10, x(d), bottom+8, strings.TrimSuffix(length(d), " 00"))
	}
	fmt.Fprintf(&b, `<text x="%.0f" y="%.0f" text-anchor="middle" fill="#555">not seen</text>`+"\n", right+20, bottom+8)
	for i, f := range rows {
		y := 70 + row*float64(i)
		fmt.Fprintf(&b, `<text x="%.0f" y="%.0f" text-anchor="end" fill="#222">%s</text>`+"\n", left-14, y+4, f.Failure.Name)
		for _, w := range []Watcher{HighThreshold, LowThreshold, TheVerdict} {
			at := right + 20 + 14*float64(w-1)
			if d, _ := median(f.Delays, w); d != math.MaxInt64 {
				at = x(d)
			}
			mark(&b, at, y, w)
		}
	}
	b.WriteString("</svg>\n")
	return b.String()
}

var legend = [watchers]string{"the verdict", "low threshold", "high threshold"}

func mark(b *strings.Builder, x, y float64, w Watcher) {
	switch w {
	case TheVerdict:
		fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="6" fill="#0a6"/>`, x, y)
	case LowThreshold:
		fmt.Fprintf(b, `<rect x="%.1f" y="%.1f" width="9" height="9" fill="#c70"/>`, x-4.5, y-4.5)
	default:
		fmt.Fprintf(b, `<path d="M%.1f %.1fl6 10h-12z" fill="#36c"/>`, x, y-5)
	}
	b.WriteString("\n")
}
