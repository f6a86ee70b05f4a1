package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// examplesHere is a configuration of the examples' fleet, without a source that answers.
func examplesHere(t *testing.T) string {
	t.Helper()
	examples, err := filepath.Abs("../../examples")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"calendar/README": "", "shopslo.yaml": "source: {prometheus: {url: 'http://127.0.0.1:1'}}\nfleet: ['" + examples + "/fleet/*.yaml']\nslos: ['" + examples + "/slos/*.yaml']\ngate: {calendar: [calendar/*.yaml]}\n"})
	return filepath.Join(dir, "shopslo.yaml")
}

func TestTheShellCompletesNames(t *testing.T) {
	config := examplesHere(t)
	for asked, want := range map[string]string{
		"gate --to ":                         "beta beta-prod prod prod-ha",
		"gate --to beta":                     "beta beta-prod",
		"promote --to prod-":                 "prod-ha",
		"rollback --tier d":                  "dev",
		"status --tier dev,bet":              "dev,beta dev,beta-prod",
		"status --shopset a-":                "a-2 a-1 a-3",
		"status --slo cart":                  "cart-availability",
		"status --state at":                  "at_risk",
		"plan upgrade --failure-domain onpr": "onprem-a onprem-c",
		"freeze --group ma":                  "main",
		"override --check s":                 "sync soak since_release",
		"exclude --cause m":                  "maintenance measurement",
		"decisions --tier prod-":             "prod-ha",
	} {
		words := strings.Split(asked, " ")
		args := append([]string{"__complete"}, words[:len(words)-2]...)
		args = append(args, "--config", config, words[len(words)-2], words[len(words)-1])
		code, stdout, _ := runHere(t, args...)
		names, directive, _ := strings.Cut(stdout, ":")
		if got := strings.Join(strings.Fields(names), " "); code != exitOK || got != want || !strings.HasPrefix(directive, "4") {
			t.Errorf("%s: exit code %d, %q, want %q\n%s", asked, code, got, want, stdout)
		}
	}
	if _, stdout, _ := runHere(t, "__complete", "gate", "--config", "/nonexistent", "--to", ""); stdout != ":4\n" {
		t.Errorf("without a configuration: %q", stdout)
	}
}

func TestNamesThatNothingHasAreNoEmptyAnswer(t *testing.T) {
	s := newStage(t, 0)
	for asked, want := range map[string]string{
		"status --tier prd":        `--tier: there is no budget of "prd" (did you mean "prod"?)`,
		"status --shopset b1":      `--shopset: there is no budget of "b1"`,
		"status --slo kart":        `--slo: there is no budget of "kart" (did you mean "cart"?)`,
		"decisions --dir " + s.dir: "decisions.jsonl, so " + s.dir + " is not a log of decisions",
	} {
		code, stdout, stderr := runHere(t, append(strings.Fields(asked), "--config", s.config)...)
		if code != exitUsage || stdout != "" || !strings.Contains(stderr, want) {
			t.Errorf("%s: exit code %d: %s%s", asked, code, stdout, stderr)
		}
	}
	if code, stdout, stderr := runHere(t, "status", "--tier", "prod", "--config", s.config); code != exitOK || !strings.Contains(stdout, "p-1") {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
}

func TestTheListOfTheCalendarIsAsItsSchemaSays(t *testing.T) {
	config := examplesHere(t)
	for _, args := range []string{
		"freeze --emergency --reason fire --by mai --name stop",
		"freeze --tier prod --group main --for 3d --reason 年末年始 --by 田中 --name year-end",
		"override --tier prod --check budget --release 0123456789ab --for 2h --reason r --by mai --link https://git.example/1 --name fix",
		"exclude --shopset a-1 --slo cart-availability --from 2026-01-01T00:00:00Z --for 1h --cause attack --reason r --by mai --name ddos",
	} {
		if code, stdout, stderr := runHere(t, append(strings.Fields(args), "--config", config)...); code != exitOK {
			t.Fatalf("%s: %s%s", args, stdout, stderr)
		}
	}
	for kind, want := range map[string][]string{
		"freeze":   {`"emergency": true`, `"until": null`, `"reason": "年末年始"`, `"state": "on"`, `"kind": "freeze"`},
		"override": {`"release": "0123456789ab"`, `"link": "https://git.example/1"`},
		"exclude":  {`"reason": "attack: r"`, `"state": "over"`, `"kind": "exclusion"`},
	} {
		code, stdout, stderr := runHere(t, kind, "--list", "-o", "json", "--config", config)
		if code != exitOK {
			t.Fatalf("exit code %d: %s", code, stderr)
		}
		valid(t, "calendar", stdout)
		for _, part := range want {
			if !strings.Contains(stdout, part) {
				t.Errorf("%s: no %s in\n%s", kind, part, stdout)
			}
		}
	}
}
