package main

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/shopslo/shopslo/internal/racetest"
)

// TestATargetThatAnswersTooMuchIsNotRead serves a page that is small on the wire, and has
// 100 MB when it is unpacked.
func TestATargetThatAnswersTooMuchIsNotRead(t *testing.T) {
	t.Parallel()
	var page bytes.Buffer // 100 MB in 100 KB
	z := gzip.NewWriter(&page)
	line := []byte(strings.Repeat("# nothing to see here\n", 50_000))
	for range 100 {
		if _, err := z.Write(line); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	bomb := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(page.Bytes())
	}))
	t.Cleanup(bomb.Close)
	x := newShops(t)
	x.beta.Server = bomb
	bound := "" // the one that there is by default
	if racetest.Enabled() {
		bound = "body_size_limit: 1MB\n        " // reading 64 MB again and again takes minutes
	}
	config := strings.Replace(scrapeConfig(map[string]*exporter{"b-1": x.beta, "p-1": x.prod}), "scrape_timeout: 1s", bound+"scrape_interval: 4s\n        scrape_timeout: 4s", 1)
	writeFiles(t, x.dir, map[string]string{"shopslo.yaml": config})
	s := startServe(t, filepath.Join(x.dir, "shopslo.yaml"))
	eventually(t, func() string {
		if n, _ := s.metric(t, "prometheus_target_scrapes_exceeded_body_size_limit_total"); n == "" || n == "0" {
			return "no scrape has exceeded the limit: " + n
		}
		return ""
	})
	x.prod.waitScraped(t)
}
