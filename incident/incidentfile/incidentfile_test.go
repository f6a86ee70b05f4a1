package incidentfile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/incident"
)

const good = `apiVersion: shopslo.dev/v1alpha1
kind: Incident
metadata: {name: inc-12}
spec:
  title: カートで決済が失敗する
  severity: critical
  state: open
  detectedAt: 2026-11-02T12:00:00+09:00
  affects: {shopSets: [a-1], tiers: [beta]}
  roles: {commander: mai}
`

func TestAnIncidentIsRead(t *testing.T) {
	incidents, err := parse("i.yaml", []byte(good))
	if err != nil || len(incidents) != 1 {
		t.Fatalf("%d incidents, %v", len(incidents), err)
	}
	i := incidents[0]
	if i.ID != "inc-12" || i.Severity != incident.Critical || i.State != incident.Open || i.Assigned[incident.Commander] != "mai" ||
		!i.DetectedAt.Equal(time.Date(2026, 11, 2, 3, 0, 0, 0, time.UTC)) || !i.Scope.Touches("beta", nil) || i.Scope.Touches("prod", []string{"b-2"}) {
		t.Errorf("read %+v", i)
	}
}

func TestFaultsNameTheKeyToBlame(t *testing.T) {
	tests := []struct{ name, old, new, want string }{
		{"a severity that is none", "critical", "awful", `i.yaml:6:13: Incident "inc-12": spec.severity: severity "awful" is none of critical, major, minor`},
		{"a state that is none", "state: open", "state: on fire", `i.yaml:7:10: Incident "inc-12": spec.state: state "on fire" is none of`},
		{"a role that is none", "commander", "boss", `i.yaml:10:10: Incident "inc-12": spec.roles: role "boss"`},
		{"an unknown key", "affects: {shopSets", "affects: {shopsets", `spec.affects.shopsets: unknown key (did you mean "shopSets"?)`},
		{"no title", "  title: カートで決済が失敗する\n", "", `spec.title: is missing`},
		{"a time without a zone", "+09:00", "", `needs a time with its zone`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			incidents, err := parse("i.yaml", []byte(strings.Replace(good, test.old, test.new, 1)))
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error:\n%v\nwant one line with\n%s", err, test.want)
			}
			if incidents != nil {
				t.Error("incidents beside an error: half of them may be missing")
			}
		})
	}
}

func TestOneNameIsOneIncident(t *testing.T) {
	_, err := parse("i.yaml", []byte(good+"---\n"+good))
	if err == nil || !strings.Contains(err.Error(), "is the name of another incident too") {
		t.Errorf("error %v", err)
	}
}

func TestNoFileIsNoIncident(t *testing.T) {
	dir := t.TempDir()
	if incidents, err := Load(dir, "incidents/*.yaml"); err != nil || len(incidents) != 0 {
		t.Errorf("%v, %v", incidents, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "a.yaml"), []byte(good), 0o644); err != nil {
		t.Fatal(err)
	}
	if incidents, err := Load(dir, "*.yaml"); err != nil || len(incidents) != 1 {
		t.Errorf("%v, %v", incidents, err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(good)
	f.Add(strings.ReplaceAll(good, "critical", "1"))
	f.Fuzz(func(t *testing.T, text string) {
		incidents, err := parse("f", []byte(text))
		if err != nil {
			return
		}
		for _, i := range incidents {
			if err := i.Validate(); err != nil {
				t.Errorf("read an incident that is not valid: %v", err)
			}
		}
	})
}
