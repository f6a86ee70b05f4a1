package promtsdb

import (
	"strings"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
)

// What targets say beside their samples of when a counter was created is kept as OpenMetrics' text
// has it: in a series x_created, in Unix seconds, with the time stamp of the counter's sample.

// AppendCTZeroSample implements storage.Appender. It appends no zero: nobody scraped one.
func (a *tapAppender) AppendCTZeroSample(ref storage.SeriesRef, l labels.Labels, t, ct int64) (storage.SeriesRef, error) {
	name := l.Get(labels.MetricName)
	of, isTotal := strings.CutSuffix(name, "_total")
	if !isTotal {
		var one bool // of a histogram's or summary's series
		if of, one = strings.CutSuffix(name, "_count"); !one && (ofSeveral(name) || l.Has(labels.BucketLabel) || l.Has("quantile")) {
			return ref, nil
		}
	}
	return ref, a.appendCreated(ref, l, of, t, ct)
}

// ofSeveral reports whether a series may be one of several that share a created time.
func ofSeveral(name string) bool {
	return strings.HasSuffix(name, "_sum") || strings.HasSuffix(name, "_bucket")
}

// AppendHistogramCTZeroSample implements storage.Appender.
func (a *tapAppender) AppendHistogramCTZeroSample(ref storage.SeriesRef, l labels.Labels, t, ct int64, _ *histogram.Histogram, _ *histogram.FloatHistogram) (storage.SeriesRef, error) {
	return ref, a.appendCreated(ref, l, l.Get(labels.MetricName), t, ct)
}

// tapCreated is the series that tells when another one was created.
type tapCreated struct {
	ref    storage.SeriesRef // the store's; 0: not known yet
	labels labels.Labels
}

// appendCreated appends when a series x, or x_total and the like, was created (ms), as of t. What cannot be
// stored is not worth the counter's own sample.
func (a *tapAppender) appendCreated(ref storage.SeriesRef, l labels.Labels, x string, t, ct int64) error {
	c := a.tap.createdOf(ref, l, x)
	got, err := a.Append(c.ref, c.labels, t, float64(ct)/1000)
	if err != nil {
		return err
	}
	if ref != 0 && got != c.ref {
		a.tap.rememberCreated(ref, tapCreated{got, c.labels})
	}
	return nil
}

// createdOf finds or makes the series that tells when one was created.
func (p *tap) createdOf(ref storage.SeriesRef, l labels.Labels, x string) tapCreated {
	p.createdMu.Lock()
	c, ok := p.created[ref]
	p.createdMu.Unlock()
	if ok && ref != 0 {
		return c
	}
	b := labels.NewBuilder(l)
	b.Set(labels.MetricName, x+"_created")
	return tapCreated{labels: b.Labels()}
}

func (p *tap) rememberCreated(ref storage.SeriesRef, c tapCreated) {
	p.createdMu.Lock()
	defer p.createdMu.Unlock()
	if p.created == nil || len(p.created) >= maxSeen {
		p.created = map[storage.SeriesRef]tapCreated{}
	}
	p.created[ref] = c
}
