package promapi

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"testing"

	"github.com/prometheus/prometheus/prompb"

	"github.com/shopslo/shopslo/slo/source/promhist"
	"github.com/shopslo/shopslo/slo/source/promseries"
)

// FuzzStream reads any bytes as a stream: it must end, with an error or with
// series that can be read to an error or their end.
func FuzzStream(f *testing.F) {
	f.Add(frame(f, 0, name(1), xorChunk(f, start, 1, 2, 3)))
	f.Add(append(frame(f, 0, name(1), xorChunk(f, start, 1), xorChunk(f, start, 2)), frame(f, 1, name(2), xorChunk(f, start, 2))...))
	f.Fuzz(func(t *testing.T, b []byte) {
		s := &Source{}
		c := s.collector(start-1, start+10_000)
		err := s.readStream(bytes.NewReader(b), c)
		if err == nil {
			readThrough(t, c)
		}
		// The message by itself gets past the checksum.
		c.Reset(start-1, start+10_000)
		if s.addFrame(b, c) == nil {
			readThrough(t, c)
		}
		if _, err := readFrame(bufio.NewReader(bytes.NewReader(b)), c.Bytes); len(b) == 0 && !errors.Is(err, io.EOF) {
			t.Errorf("nothing is %v", err)
		}
	})
}

func FuzzSamplesReply(f *testing.F) {
	b, err := (&prompb.ReadResponse{Results: []*prompb.QueryResult{{Timeseries: []*prompb.TimeSeries{
		{Labels: name(1), Samples: []prompb.Sample{{Timestamp: start, Value: 1}, {Timestamp: start + 1, Value: 2}}},
	}}}}).Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		s := &Source{}
		c := s.collector(start-1, start+10_000)
		var want prompb.ReadResponse
		if s.addSamplesReply(b, c) != nil {
			return
		}
		readThrough(t, c)
		if err := want.Unmarshal(b); err != nil {
			return // ours looks less closely at what it does not use
		}
		n := 0
		for _, r := range want.Results {
			n += len(r.Timeseries)
		}
		if got := len(c.Answer()); got > n {
			t.Errorf("%d series of %d", got, n)
		}
	})
}

func readThrough(t *testing.T, c *collector) {
	ts, vs := make([]int64, 50), make([]float64, 50)
	for _, s := range c.Answer() {
		last := int64(math.MinInt64)
		for {
			n, err := s.Samples.Read(ts, vs)
			if err != nil || n == 0 {
				break
			}
			for _, at := range ts[:n] {
				if at <= last || at < start || at > start+10_000 {
					t.Fatalf("sample at %d after %d", at, last)
				}
				last = at
			}
		}
	}
}

// FuzzMatrix compares the streaming JSON reader with encoding/json.
func FuzzMatrix(f *testing.F) {
	f.Add([]byte(`{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"m","a":"b"},"values":[[1790000001.123,"1"],[1790000002,"NaN"]]}]}}`))
	f.Add([]byte(`{"status":"success","isPartial":false,"data":{"result":[{"values":[],"metric":{}}],"resultType":"matrix"},"warnings":["PromQL info: x"]}`))
	f.Add([]byte(`{"status":"error","errorType":"x","error":"y"}`))
	f.Add([]byte(`{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"m"},"histograms":[[1790000001,{"count":"3","sum":"6","buckets":[[3,"-0.001","0.001","1"],[0,"0.5","1","2"]]}]]}]}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		points := 0
		var names promseries.Interner
		d := matrixReader{names: &names, nan: math.NaN(), native: func(*promseries.Stream, []byte, []promhist.Told) {}, add: func(id *promseries.Stream, ts []int64, vs []float64) error {
			for i := 1; i < len(ts); i++ {
				if ts[i] <= ts[i-1] {
					t.Fatalf("time stamps %v", ts)
				}
			}
			if id == nil || len(ts) != len(vs) {
				t.Fatal("a series without a name or with odd points")
			}
			points += len(ts)
			return nil
		}}
		if err := d.read(bytes.NewReader(b)); err != nil || !json.Valid(b) {
			return // both read more than the other does in oddities of JSON
		}
		var want struct {
			Status string
			Data   struct {
				Result []struct{ Values []any }
			}
		}
		if json.Unmarshal(b, &want) != nil {
			return
		}
		n := 0
		for _, r := range want.Data.Result {
			n += len(r.Values)
		}
		if points > n && want.Status == "success" && bytes.Count(b, []byte("values")) == len(want.Data.Result) {
			t.Errorf("%d points of %d", points, n)
		}
	})
}
