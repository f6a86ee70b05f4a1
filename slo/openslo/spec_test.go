package openslo_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/shopslo/shopslo/slo/openslo"
)

// TestTheSDKsExamplesLoad reads the examples that the official sdk ships with,
// where the module cache has them.
func TestTheSDKsExamplesLoad(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", "{{.Dir}}", "github.com/OpenSLO/go-sdk/pkg/openslo/v1").Output()
	if err != nil {
		t.Fatalf("find the sdk: %v", err)
	}
	dir := filepath.Join(strings.TrimSpace(string(out)), "examples")
	docs, err := openslo.Load(dir, []string{"*.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	if len(docs.SLOs) != 1 || docs.SLOs[0].Name != "web-availability" || docs.SLOs[0].SliceTarget != 0.95 {
		t.Errorf("SLOs %+v", docs.SLOs)
	}
	if len(docs.Sources) != 2 || len(docs.Services) == 0 || len(docs.Notes) < 5 {
		t.Errorf("%d sources, %d services, notes %v", len(docs.Sources), len(docs.Services), docs.Notes)
	}
}

// TestTheSpecificationsExamples reads documents of the shapes that the
// specification's text and its examples folder show (testdata/spec). Each loads,
// or is refused for a stated reason.
func TestTheSpecificationsExamples(t *testing.T) {
	tests := []struct {
		file string
		slos string // names, space between them
		// faults are words of each fault, in order.
		faults []string
	}{
		{file: "occurrences-threshold.yaml", faults: []string{"has no query to compute"}},
		{file: "timeslices-two-objectives.yaml", faults: []string{"the shortest is 1d (m is minutes; for months write 1M)"}},
		{file: "timeslices-calendar-week.yaml", slos: "service-uptime"},
		{file: "ratio-timeslices.yaml", slos: "front-page"},
		{file: "readme-ratio-prometheus.yaml", slos: "localhost"},
		{file: "readme-inline-datadog.yaml", faults: []string{
			"budgetingMethod: is required", "timeWindow: is missing", `good.metricSource.type: data sources of type "Datadog"`, `total.metricSource.type: data sources of type "Datadog"`}},
		{file: "readme-redshift.yaml", faults: []string{`type "Redshift" cannot be computed`}},
		{file: "readme-slis-alone.yaml"},
		{file: "readme-datasource.yaml"},
		{file: "readme-alerts.yaml"},
		{file: "composite.yaml", slos: "checkout"},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			docs, err := openslo.Load("testdata/spec", []string{tt.file})
			faults := asFaults(t, err)
			var names []string
			for _, s := range docs.SLOs {
				names = append(names, s.Name)
			}
			if got := strings.Join(names, " "); got != tt.slos {
				t.Errorf("SLOs %q, want %q", got, tt.slos)
			}
			if len(faults) != len(tt.faults) {
				t.Fatalf("faults:\n%v\nwant %d", err, len(tt.faults))
			}
			for i, f := range faults {
				if !strings.Contains(f.Message, tt.faults[i]) || f.Line == 0 {
					t.Errorf("fault %v, want %q", f, tt.faults[i])
				}
			}
		})
	}
	files, err := os.ReadDir("testdata/spec")
	if err != nil || len(files) != len(tests) {
		t.Errorf("%d files in testdata/spec and %d tests: %v", len(files), len(tests), err)
	}
}
