package ours

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"

	"github.com/gogo/protobuf/proto"
	"github.com/golang/snappy"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/prompb"

	"github.com/shopslo/shopslo/bench/history"
	"github.com/shopslo/shopslo/bench/proc"
)

// Prometheus starts a real Prometheus over a folder of blocks, which becomes its
// own. It scrapes nothing: samples come by remote write, at the time stamps that
// they have. It has the external labels.
func Prometheus(ctx context.Context, program, dir string, external map[string]string) (*proc.Process, error) {
	addr, err := proc.FreeAddr()
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "prometheus.yml")
	global, err := json.Marshal(map[string]any{"scrape_interval": "30s", "external_labels": external}) // JSON is YAML
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(file, fmt.Appendf(nil, "global: %s\n", global), 0o666); err != nil {
		return nil, err
	}
	return proc.Start(ctx, "http://"+addr, "/-/ready", program,
		"--config.file="+file, "--web.listen-address="+addr, "--storage.tsdb.path="+dir, "--log.level=error",
		"--storage.tsdb.retention.time=50y", "--storage.tsdb.max-block-duration=54h", "--web.enable-remote-write-receiver")
}

// RemoteWrite feeds a server from a history's continuation.
func RemoteWrite(url string, live *history.Live) Feed {
	return func(ctx context.Context) error {
		var w prompb.WriteRequest
		for _, s := range live.Scrape() {
			ts := prompb.TimeSeries{Samples: []prompb.Sample{{Timestamp: s.T, Value: s.V}}}
			s.Labels.Range(func(l labels.Label) {
				ts.Labels = append(ts.Labels, prompb.Label{Name: l.Name, Value: l.Value})
			})
			w.Timeseries = append(w.Timeseries, ts)
		}
		text, err := proto.Marshal(&w)
		if err != nil {
			return err
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/api/v1/write", bytes.NewReader(snappy.Encode(nil, text)))
		if err != nil {
			return err
		}
		req.Header.Set("Content-Encoding", "snappy")
		req.Header.Set("Content-Type", "application/x-protobuf")
		req.Header.Set("X-Prometheus-Remote-Write-Version", "0.1.0")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		if resp.StatusCode/100 != 2 {
			why, _ := io.ReadAll(io.LimitReader(resp.Body, 1000))
			return fmt.Errorf("write samples to %s: %s: %s", url, resp.Status, why)
		}
		return nil
	}
}

// NoRemoteRead is an HTTP client for which no server has remote read, so that
// raw samples are asked for by matrix selectors.
func NoRemoteRead() *http.Client {
	return &http.Client{Transport: noRemoteRead{}}
}

type noRemoteRead struct{}

func (noRemoteRead) RoundTrip(r *http.Request) (*http.Response, error) {
	if filepath.Base(r.URL.Path) == "read" {
		if r.Body != nil {
			r.Body.Close()
		}
		return &http.Response{StatusCode: http.StatusNotFound, Status: "404 Not Found", Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
			Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(nil)), Request: r}, nil
	}
	return http.DefaultTransport.RoundTrip(r)
}
