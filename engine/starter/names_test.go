package starter

import (
	"slices"
	"testing"
)

func TestToolingIsTakenWhereNothingElseIsThere(t *testing.T) {
	own := []string{"go_gc_duration_seconds_count", "prometheus_http_requests_total", "promhttp_metric_handler_requests_total", "up"}
	if got := ranked(own); !slices.Equal(got, []string{"prometheus_http_requests_total", "promhttp_metric_handler_requests_total"}) {
		t.Errorf("a Prometheus that scrapes itself: %v", got)
	}
	if got := ranked(append(own, "shop_http_requests_total")); !slices.Equal(got, []string{"shop_http_requests_total"}) {
		t.Errorf("beside a shop: %v", got)
	}
}
