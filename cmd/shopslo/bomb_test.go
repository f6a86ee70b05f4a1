package main

import (
	"compress/gzip"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
)

// TestATargetThatAnswersTooMuchIsNotRead serves a page that is small on the wire, and has
// 100 MB when it is unpacked.
func TestATargetThatAnswersTooMuchIsNotRead(t *testing.T) {
	t.Parallel()
	bomb := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		line := []byte(strings.Repeat("# nothing to see here\n", 50_000))
		for range 100 {
			if _, err := z.Write(line); err != nil {
				return // it has read enough
			}
		}
		z.Close()
	}))
	t.Cleanup(bomb.Close)
	x := newShops(t)
	x.beta.Server = bomb
	writeFiles(t, x.dir, map[string]string{"shopslo.yaml": scrapeConfig(map[string]*exporter{"b-1": x.beta, "p-1": x.prod})})
	s := startServe(t, filepath.Join(x.dir, "shopslo.yaml"))
	eventually(t, func() string {
		if n, _ := s.metric(t, "prometheus_target_scrapes_exceeded_body_size_limit_total"); n == "" || n == "0" {
			return "no scrape has exceeded the limit: " + n
		}
		return ""
	})
	x.prod.waitScraped(t)
}
