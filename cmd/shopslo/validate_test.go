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
		{"a folder of hooks without the one that is run", good + "promotion: {git: {dir: git, system: /srv/system.git}, author: {name: bot, email: bot@example.com}, hooks: .}\n", "findings", exitNo},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			config := filepath.Join(dir, "shopslo.yaml")
			files := map[string]string{config: tt.config,
				filepath.Join(dir, "slo.yaml"): strings.ReplaceAll(string(text), `"prod,prod-ha"`, `"prd"`)}
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
