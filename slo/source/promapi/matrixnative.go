package promapi

import (
	"context"
	"fmt"
	"math"
	"net/url"
	"strconv"

	jsoniter "github.com/json-iterator/go"

	"github.com/shopslo/shopslo/slo/source/promhist"
	"github.com/shopslo/shopslo/slo/source/promseries"
)

// readNativeMatrix reads the native histograms that are asked for, from some time before on. Their
// queries are numbered from first on.
func (s *Source) readNativeMatrix(ctx context.Context, first int, from, to int64, c *collector) error {
	c.from = from
	for i, q := range c.asked.native {
		if s.noNative.Load() {
			return nil
		}
		form := url.Values{
			"query": {fmt.Sprintf("%s[%dms]", promQL(q.Selector), to-from+s.before()+2)},
			"time":  {instant(to + 1)},
		}
		err := s.query(ctx, queryPath, form, func(*promseries.Stream, []int64, []float64) error { return nil },
			func(id *promseries.Stream, labels []byte, told []promhist.Told) {
				c.samples += len(told)
				if n := len(told); n > 0 {
					s.addNative(c, &q, int64(first+i), labels, id.Labels, []promhist.Chunk{{Min: told[0].T, Max: told[n-1].T, Told: told}})
				}
			})
		if err != nil {
			return err
		}
	}
	return nil
}

// readHistogram reads [seconds, {"count": "…", "buckets": [[rule, "lower", "upper", "count"], …]}].
func readHistogram(it *jsoniter.Iterator) (h promhist.Told, err error) {
	if !it.ReadArray() {
		return h, &answerError{"a histogram that is no pair"}
	}
	h.T = int64(math.Round(it.ReadFloat64() * 1000))
	if !it.ReadArray() {
		return h, &answerError{"a histogram that is no pair"}
	}
	h.Count = math.NaN()
	it.ReadObjectCB(func(it *jsoniter.Iterator, key string) bool {
		switch key {
		case "count":
			h.Count, err = readNumber(it)
		case "buckets":
			it.ReadArrayCB(func(it *jsoniter.Iterator) bool {
				var b promhist.Bucket
				if b, err = readBucket(it); err == nil {
					h.Buckets = append(h.Buckets, b)
				}
				return err == nil && it.Error == nil
			})
		default:
			it.Skip()
		}
		return err == nil && it.Error == nil
	})
	if err != nil || it.Error != nil {
		return h, err
	}
	if !(h.Count >= 0) || math.IsInf(h.Count, 1) || it.ReadArray() {
		return h, &answerError{"a histogram without a count of events"}
	}
	return h, nil
}

func readBucket(it *jsoniter.Iterator) (b promhist.Bucket, err error) {
	if !it.ReadArray() {
		return b, &answerError{"a bucket that is no list"}
	}
	it.Skip() // which of its edges are its own
	for _, into := range []*float64{&b.Lower, &b.Upper, &b.Count} {
		if !it.ReadArray() {
			return b, &answerError{"a bucket that is no list of four"}
		}
		if *into, err = readNumber(it); err != nil {
			return b, err
		}
	}
	if !(b.Lower <= b.Upper) || !(b.Count >= 0) || math.IsInf(b.Count, 1) || it.ReadArray() {
		return b, &answerError{"a bucket that cannot be"}
	}
	return b, nil
}

// readNumber reads "1.5".
func readNumber(it *jsoniter.Iterator) (float64, error) {
	text := it.ReadString()
	if it.Error != nil {
		return 0, nil // the caller sees it
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, &answerError{fmt.Sprintf("a value that is no number: %.40q", text)}
	}
	return v, nil
}
