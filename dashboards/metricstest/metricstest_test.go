package metricstest

import (
	"strings"
	"testing"
)

func TestWhatIsNotExportedIsFound(t *testing.T) {
	m := Exported(t, "../../docs/metrics.md")
	tests := []struct{ name, expr, want string }{
		{"a budget's metric", `shopslo_slo_state{state="no_data", slo="x", job="a"} == 1`, ""},
		{"an exporter's metric", `max by (tier) (shopset_tier_order)`, ""},
		{"a histogram's bucket", `rate(shopset_tier_soak_seconds_bucket{le="300"}[5m])`, ""},
		{"an unknown metric", `shopset_tier_order + shopslo_slo_sate`, `nothing exports "shopslo_slo_sate"`},
		{"an unknown label", `shopset_tier_order{shopset="a"}`, `no label "shopset"`},
		{"an unknown state", `shopslo_slo_state{state="nodata"}`, `never in the state "nodata"`},
		{"an unknown state of the exporter", `shopset_sync_status{state="InSync"}`, `never in the state "InSync"`},
		{"no PromQL", `sum(`, "parse error"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := m.Check(tt.expr)
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}
