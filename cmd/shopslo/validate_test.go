package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

func TestValidateAnswersInTheShapeOfItsSchema(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile("../../docs/validate.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	examples, err := filepath.Abs("../../examples")
	if err != nil {
		t.Fatal(err)
	}
	good := "source: {prometheus: {url: http://127.0.0.1:9090}}\nfleet: [" + examples + "/fleet/*.yaml]\nslos: [" + examples + "/slos/*.yaml]\n"
	onlyTiers := "source: {prometheus: {url: http://127.0.0.1:9090}}\nfleet: [" + examples + "/fleet/*.yaml]\nslos: [slo.yaml]\n"
	text, err := os.ReadFile(examples + "/slos/api-monthly.yaml")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, config, result string
		code                 int
	}{
		{"documents that are in order", good, "ok", exitOK},
		{"a fault with its line", good + "gaet: {}\n", "faults", exitUsage},
		{"a fault without a line", "", "faults", exitUsage},
		{"an SLO for a Tier that is not there", onlyTiers, "findings", exitNo},
		{"an SLO that could be counted exactly and is not", strings.ReplaceAll(onlyTiers, "slo.yaml", "rates.yaml"), "findings", exitNo},
		{"a folder of hooks without the one that is run", good + "promotion: {git: {dir: git, system: /srv/system.git}, author: {name: bot, email: bot@example.com}, hooks: .}\n", "findings", exitNo},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			config := filepath.Join(dir, "shopslo.yaml")
			files := map[string]string{config: tt.config,
				filepath.Join(dir, "slo.yaml"):   strings.ReplaceAll(string(text), `"prod,prod-ha"`, `"prd"`),
				filepath.Join(dir, "rates.yaml"): sli{"s", "", "bad", badRate, "60 * " + allRate}.yaml()}
			for name, text := range files {
				if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			code, stdout, stderr := runHere(t, "validate", "--config", config, "-o", "json")
			if code != tt.code || !strings.Contains(stdout, `"result": "`+tt.result+`"`) {
				t.Errorf("exit code %d, want %d with result %s:\n%s%s", code, tt.code, tt.result, stdout, stderr)
			}
			answer, err := jsonschema.UnmarshalJSON(strings.NewReader(stdout))
			if err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(answer); err != nil {
				t.Errorf("%v\n%s", err, stdout)
			}
		})
	}
}

func TestValidateListsTheAlertsThatAreNotAsConfigured(t *testing.T) {
	for _, tt := range []struct {
		name, window string
		want         []string // a part of each note; none: there are none
	}{
		{"of 30 days all are as configured", "30d", nil},
		{"of 7 days two are shortened", "7d", []string{
			`SLO "cart": the ticket alert of 1d over 2h becomes 16h48m over 84m, factor 1: over a window of 7d its factor would be 0.7`,
			`SLO "cart": the ticket alert of 3d over 6h becomes 16h48m over 84m, factor 1: over a window of 7d its factor would be 0.233`}},
		{"of 4 minutes none is left", "4m", []string{"page alert of 1h over 5m is left out", "page alert of 6h over 30m is left out", "of 1d over 2h is left out", "of 3d over 6h is left out"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			writeFiles(t, dir, map[string]string{"shopslo.yaml": embeddedHere, "fleet.yaml": fleetOf("beta: b-1", "prod: p-1"), "slo.yaml": cartSLO(tt.window)})
			code, stdout, stderr := runHere(t, "validate", "--config", filepath.Join(dir, "shopslo.yaml"))
			if code != exitOK || strings.Count(stdout, "note: ") != len(tt.want) {
				t.Errorf("exit code %d, want %d notes:\n%s%s", code, len(tt.want), stdout, stderr)
			}
			for _, want := range tt.want {
				if !strings.Contains(stdout, "slo.yaml:") || !strings.Contains(stdout, want) {
					t.Errorf("no note %q in\n%s", want, stdout)
				}
			}
		})
	}
}

func TestValidateSaysOnceWhatHoldsForManySLOs(t *testing.T) {
	dir := t.TempDir()
	week := cartSLO("7d")
	writeFiles(t, dir, map[string]string{"shopslo.yaml": embeddedHere, "fleet.yaml": fleetOf("beta: b-1", "prod: p-1"),
		"slo.yaml": week + "---\n" + strings.Replace(week, "name: cart", "name: pay", 1)})
	code, stdout, stderr := runHere(t, "validate", "--config", filepath.Join(dir, "shopslo.yaml"))
	if code != exitOK || strings.Count(stdout, "note: ") != 2 || strings.Count(stdout, `SLOs "cart", "pay": the ticket alert of`) != 2 {
		t.Errorf("exit code %d, want two notes, each on both SLOs:\n%s%s", code, stdout, stderr)
	}
}
