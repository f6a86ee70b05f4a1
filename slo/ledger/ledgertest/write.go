package ledgertest

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/shopslo/shopslo/slo"
)

// Each calls f for every sample of every ShopSet and stray, one ShopSet and one
// series after the other, samples oldest first: to load a TSDB with. Samples that
// were delivered twice come twice. It holds one ShopSet in memory at a time and
// stops at f's first error.
func (h *History) Each(f func(s *Scraped, t int64, v float64, delivered int64) error) error {
	if err := each(h.Strays(), f); err != nil {
		return err
	}
	for i := range h.Config.ShopSets {
		if err := each(h.ShopSet(i).Series, f); err != nil {
			return err
		}
	}
	return nil
}

func each(series []Scraped, f func(s *Scraped, t int64, v float64, delivered int64) error) error {
	for i := range series {
		s := &series[i]
		twice := s.Twice
		for k, x := range s.Samples {
			times := 1
			if len(twice) > 0 && twice[0] == k {
				times, twice = 2, twice[1:]
			}
			for range times {
				if err := f(s, x.T, x.V, s.DeliveredAt(k)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// WriteOpenMetrics writes the history as OpenMetrics text with time stamps, as
// promtool tsdb create-blocks-from openmetrics reads it, and gives the number of
// samples written. The format has no staleness markers: they are left out, and
// so are second copies. What each sample's delivery was is lost.
func (h *History) WriteOpenMetrics(w io.Writer) (int64, error) {
	out := bufio.NewWriterSize(w, 1<<16)
	samples := int64(0)
	for _, name := range slices.Concat([]string{UpMetric, StartTimeMetric}, metricNames, histogramNames, createdMetrics) {
		fmt.Fprintf(out, "# TYPE %s unknown\n", name)
		lists := [][]Scraped{h.Strays()}
		for i := -1; i < len(h.Config.ShopSets); i++ {
			list := lists[0]
			if i >= 0 {
				list = h.ShopSet(i).Series
			}
			for k := range list {
				if list[k].Labels.Get(slo.MetricName) == name {
					samples += writeSeries(out, list[k].Series)
				}
			}
		}
	}
	fmt.Fprintln(out, "# EOF")
	return samples, out.Flush()
}

// writeSeries writes the lines of one series; an error of the writer comes with Flush.
func writeSeries(out *bufio.Writer, s Series) int64 {
	var b strings.Builder
	b.WriteString(s.Labels.Get(slo.MetricName))
	sep := "{"
	for _, l := range s.Labels {
		if l.Name != slo.MetricName {
			fmt.Fprintf(&b, `%s%s="%s"`, sep, l.Name, escape.Replace(l.Value))
			sep = ","
		}
	}
	if sep == "," {
		b.WriteByte('}')
	}
	head, samples := b.String(), int64(0)
	var line []byte
	for _, x := range s.Samples {
		if slo.IsStale(x.V) {
			continue
		}
		line = append(append(line[:0], head...), ' ')
		line = append(appendValue(line, x.V), ' ')
		line = strconv.AppendFloat(line, float64(x.T)/1000, 'f', 3, 64)
		_, _ = out.Write(append(line, '\n')) // bufio keeps the first error for Flush
		samples++
	}
	return samples
}

var escape = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

func appendValue(line []byte, v float64) []byte {
	switch {
	case math.IsNaN(v):
		return append(line, "NaN"...)
	case math.IsInf(v, 1):
		return append(line, "+Inf"...)
	case math.IsInf(v, -1):
		return append(line, "-Inf"...)
	}
	return strconv.AppendFloat(line, v, 'g', -1, 64)
}
