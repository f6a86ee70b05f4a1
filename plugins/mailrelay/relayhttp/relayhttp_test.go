package relayhttp

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/shopslo/shopslo/plugins/mailrelay"
)

func TestHowLongARelayAsksToWait(t *testing.T) {
	now := time.Date(2026, 10, 5, 1, 0, 0, 0, time.UTC)
	in := strconv.FormatInt(now.Add(30*time.Second).Unix(), 10)
	for _, c := range []struct {
		name         string
		status       int
		header, text string
		want         time.Duration
	}{
		{"seconds", 429, "Retry-After", "30", 30 * time.Second},
		{"seconds of years", 429, "Retry-After", "999999999", 24 * time.Hour},
		{"a date in years", 429, "Retry-After", now.AddDate(9, 0, 0).Format(http.TimeFormat), 24 * time.Hour},
		{"a date that is over", 429, "Retry-After", now.Add(-time.Hour).Format(http.TimeFormat), 0},
		{"seconds below 0", 429, "Retry-After", "-5", 0},
		{"no time", 429, "Retry-After", "soon", 0},
		{"a date", 429, "Retry-After", now.Add(time.Minute).Format(http.TimeFormat), time.Minute},
		{"of a failure", 503, "Retry-After", "30", 30 * time.Second},
		{"the second of its reset", 429, "X-RateLimit-Reset", in, 30 * time.Second},
		{"the millisecond of its reset", 429, "X-RateLimit-Reset", in + "000", 30 * time.Second},
		{"seconds to its reset", 429, "X-RateLimit-Reset", "20", 20 * time.Second},
		{"a reset that nothing has to do with", 503, "X-RateLimit-Reset", "1800", 0},
		{"a reset years ahead", 429, "X-RateLimit-Reset", "9999999999", 0},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Date", now.Format(http.TimeFormat))
			w.Header().Set(c.header, c.text)
			w.WriteHeader(c.status)
		}))
		req, err := http.NewRequest(http.MethodGet, server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = Asker{Vendor: "test"}.Ask(context.Background(), req)
		server.Close()
		var e *mailrelay.Error
		if !errors.As(err, &e) || e.RetryAfter != c.want {
			t.Errorf("%s: %v, want a wait of %s", c.name, err, c.want)
		}
	}
}
