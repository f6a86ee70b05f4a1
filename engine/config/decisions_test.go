package config

import (
	"reflect"
	"strings"
	"testing"

	"github.com/shopslo/shopslo/internal/document"
	"github.com/shopslo/shopslo/promotion"
)

func TestWhereDecisionsAreLoggedAndWhoIsTold(t *testing.T) {
	all := []promotion.Verdict{"promote", "hold", "inconclusive"}
	for _, c := range []struct {
		name, gate string
		log        *DecisionLog
		tell       Tell
	}{
		{"nowhere and nobody", "{max_age: 2m}", nil, Tell{}},
		{"in a folder", "{log: {dir: decisions}}", &DecisionLog{Dir: "/etc/decisions", MaxPerMinute: 60}, Tell{}},
		{"in a branch", "{log: {git: {repository: https://git.example/log}, required: true}}",
			&DecisionLog{Git: &LogBranch{"https://git.example/log", "decisions"}, Required: true, MaxPerMinute: 60}, Tell{}},
		{"in a branch of a repository beside the file", "{log: {git: {repository: ../log.git, branch: gate}, max_per_minute: 5}}",
			&DecisionLog{Git: &LogBranch{"/log.git", "gate"}, MaxPerMinute: 5}, Tell{}},
		{"Slack by a file", "{tell: {slack: {webhook_file: hook}, decisions: [hold]}}", nil, Tell{Slack: &Slack{document.Secret{File: "/etc/hook"}}, Decisions: all[1:2]}},
		{"Slack by the environment", "{tell: {slack: {}}}", nil, Tell{Slack: &Slack{}, Decisions: all}},
		{"Mackerel", "{tell: {mackerel: true}}\nmackerel: {service: shop}", nil, Tell{Mackerel: true, Decisions: all}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Parse("/etc/c.yaml", []byte(beforeGate+"gate: "+c.gate+"\n"))
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got.Gate.Log, c.log) || !reflect.DeepEqual(got.Gate.Tell, c.tell) {
				t.Errorf("log %+v, tell %+v", got.Gate.Log, got.Gate.Tell)
			}
		})
	}
}

func TestFaultsOfTheLogAndOfTelling(t *testing.T) {
	for _, c := range []struct{ name, gate, want string }{
		{"a log in two places", "{log: {dir: a, git: {repository: /b}}}", "gate.log.git: stands beside dir"},
		{"a log in no place", "{log: {required: true}}", "gate.log.dir: is missing"},
		{"a log of nothing", "{log: {dir: a, max_per_minute: 0}}", "gate.log.max_per_minute: must be 1 or more, not 0"},
		{"a branch of no repository", "{log: {git: {branch: x}}}", "gate.log.git.repository: is missing"},
		{"a password in the address", "{log: {git: {repository: https://u:hunter2@x/y}}}", "holds a password"},
		{"a branch that cannot be", "{log: {git: {repository: /b, branch: a..b}}}", "gate.log.git.branch"},
		{"a webhook in the file", "{tell: {slack: {webhook: https://x/hunter2}}}", "a secret does not stand in this file"},
		{"Mackerel without a service", "{tell: {mackerel: true}}", "needs the section mackerel"},
		{"a decision that is none", "{tell: {decisions: [maybe]}}", `gate.tell.decisions[0]: "maybe" is not one of promote, hold, inconclusive`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse("c.yaml", []byte(beforeGate+"gate: "+c.gate+"\n"))
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}
