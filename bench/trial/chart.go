package trial

import (
	"fmt"
	"io"
	"math"
	"strings"
)

// The chart's measures in pixels. Both axes are logarithmic; what is less than the
// floor, none included, stands on it.
const (
	width, height = 760, 420
	left, right   = 70, 740
	top, bottom   = 60, 350
	floor         = 0.0005 // share of bad releases
	soonest       = 4.0    // minutes
)

var colours = map[string]string{"gate": "#1b6ca8", "gate, load 0.8": "#0b2e4a", "no alert": "#c0392b", "error rate ≤ 0.1 %": "#b8860b", "error rate ≤ 1 %": "#4b8b3b"}

// Chart draws the share of bad releases that each rule promotes against its waiting
// time: that after which it has promoted half of the "good" ones.
func (r *Result) Chart(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12" role="img" aria-label="Bad releases promoted, by waiting time">`+"\n", width, height)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#fff"/>`+"\n", width, height)
	fmt.Fprintf(&b, `<text x="%d" y="24" font-size="15">Bad releases promoted, by the time in which half of the good ones are</text>`+"\n", left)
	axes(&b)
	place := left
	for _, name := range names() {
		colour := colours[name]
		if colour == "" {
			continue
		}
		r.line(&b, name, colour)
		fmt.Fprintf(&b, `<rect x="%d" y="%d" width="12" height="3" fill="%s"/><text x="%d" y="%d">%s</text>`+"\n", place, 402, colour, place+17, 408, name)
		place += 35 + 7*len(name)
	}
	fmt.Fprintf(&b, `<text x="%d" y="44" fill="#555">dashed: only those that had failed some request by then</text>`+"\n", left)
	b.WriteString("</svg>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func axes(b *strings.Builder) {
	for _, share := range []float64{1, 0.1, 0.01, 0.001, floor} {
		label := fmt.Sprintf("%v %%", 100*share)
		if share == floor {
			label = "none"
		}
		fmt.Fprintf(b, `<path d="M%d %.1fH%d" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">%s</text>`+"\n", left, y(share), right, left-8, y(share)+4, label)
	}
	for _, m := range []int{5, 15, 30, 60, 120, 240, 480, 720} {
		fmt.Fprintf(b, `<path d="M%.1f %dV%d" stroke="#eee"/><text x="%.1f" y="%d" text-anchor="middle">%s</text>`+"\n", x(m), top, bottom, x(m), bottom+18, span(m))
	}
}

// line draws a rule: of all bad releases, and dashed of those that had failed something.
func (r *Result) line(b *strings.Builder, name, colour string) {
	var all, shown []string
	for _, wait := range waits {
		by := rule{name, wait}
		plain, wrong := r.score(by, steady), r.score(by, bad)
		m, ok := quantile(plain.promoting, plain.of, 0.5)
		if !ok {
			continue
		}
		share, seen := Share{wrong.promoted, wrong.of}, Share{wrong.promoted - wrong.unshown, wrong.of}
		all = append(all, fmt.Sprintf("%.1f,%.1f", x(m), y(share.Ratio())))
		shown = append(shown, fmt.Sprintf("%.1f,%.1f", x(m), y(seen.Ratio())))
		fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="3.5" fill="%s"><title>%s, waiting %s: %v of bad releases promoted, %v that had failed something</title></circle>`+"\n",
			x(m), y(share.Ratio()), colour, name, span(wait), share, seen)
	}
	fmt.Fprintf(b, `<polyline points="%s" fill="none" stroke="%s" stroke-width="2"/>`+"\n", strings.Join(all, " "), colour)
	fmt.Fprintf(b, `<polyline points="%s" fill="none" stroke="%s" stroke-width="1.5" stroke-dasharray="5 4"/>`+"\n", strings.Join(shown, " "), colour)
}

func x(minutes int) float64 {
	return left + (right-left)*math.Log(math.Max(soonest, float64(minutes))/soonest)/math.Log(horizon/soonest)
}

func y(share float64) float64 {
	return bottom - (bottom-top)*math.Log(math.Max(floor, share)/floor)/math.Log(1/floor)
}
