package board

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// chart is a curve laid out for an SVG picture.
type chart struct {
	Width, Height         int
	Left, Right, Top, Low int // the plot's edges
	Paths                 []string
	Dots                  []dot // points that stand alone
	Lines                 []chartLine
	Gaps                  []band
	Marks                 []mark
}

// chartLine is a horizontal line with its label.
type chartLine struct {
	Y     string
	Label string
	Zero  bool
}

// band is a stretch of time without data.
type band struct {
	X, Width string
	gap
}

// mark is a Release that came.
type mark struct {
	X string
	Move
}

// dot is a point.
type dot struct{ X, Y string }

// The picture's measures, in its own units. The margin holds labels of the largest
// size that the style sheet gives them.
const (
	chartWidth, chartHeight = 640, 200
	chartLeft, chartRight   = 84, 632
	chartTop, chartLow      = 14, 184
	lowest                  = -1.0 // what is overspent by more is cut off
)

// newChart lays a curve out.
func newChart(c *curve) *chart {
	out := &chart{Width: chartWidth, Height: chartHeight, Left: chartLeft, Right: chartRight, Top: chartTop, Low: chartLow}
	bottom := 0.0
	for _, p := range c.Points {
		if p.Left != nil {
			bottom = min(bottom, max(lowest, *p.Left))
		}
	}
	x := func(t time.Time) float64 {
		part := t.Sub(c.From).Seconds() / c.To.Sub(c.From).Seconds()
		return chartLeft + part*(chartRight-chartLeft)
	}
	y := func(left float64) float64 {
		part := (1 - max(lowest, min(1, left))) / (1 - bottom)
		return chartTop + part*(chartLow-chartTop)
	}
	out.Paths, out.Dots = paths(c, x, y)
	levels := []float64{1, 0.5, 0}
	if bottom < -0.15 {
		levels = append(levels, bottom)
	}
	for _, l := range levels {
		out.Lines = append(out.Lines, chartLine{Y: coordinate(y(l)), Label: strconv.Itoa(int(math.Round(100*l))) + "%", Zero: l == 0})
	}
	for _, g := range c.Gaps {
		out.Gaps = append(out.Gaps, band{X: coordinate(x(g.From)), Width: coordinate(x(g.To) - x(g.From)), gap: g})
	}
	for _, m := range c.Marks {
		out.Marks = append(out.Marks, mark{coordinate(x(m.At)), m})
	}
	return out
}

// paths draws the known points: a line for each stretch of them, a dot for one that
// stands alone.
func paths(c *curve, x func(time.Time) float64, y func(float64) float64) (lines []string, dots []dot) {
	var run []dot
	end := func() {
		if len(run) == 1 {
			dots = append(dots, run[0])
		} else if len(run) > 1 {
			var b strings.Builder
			for i, d := range run {
				b.WriteString(map[bool]string{true: "M", false: "L"}[i == 0])
				b.WriteString(d.X + " " + d.Y)
			}
			lines = append(lines, b.String())
		}
		run = nil
	}
	for _, p := range c.Points {
		if p.Left == nil {
			end()
			continue
		}
		run = append(run, dot{coordinate(x(p.At)), coordinate(y(*p.Left))})
	}
	end()
	return lines, dots
}

func coordinate(f float64) string { return strconv.FormatFloat(f, 'f', 1, 64) }
