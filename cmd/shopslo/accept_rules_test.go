package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/promotion"
)

// edit changes a file of the stage.
func (s *stage) edit(t *testing.T, file, old, by string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, file))
	if err != nil || !strings.Contains(string(text), old) {
		t.Fatalf("%s has no %q: %v", file, old, err)
	}
	writeFiles(t, s.dir, map[string]string{file: strings.Replace(string(text), old, by, 1)})
}

// withSecondSLO adds an SLO that can be taken away.
func (s *stage) withSecondSLO(t *testing.T) {
	t.Helper()
	s.edit(t, "shopslo.yaml", "slos: [slo.yaml]", "slos: [slo*.yaml]")
	writeFiles(t, s.dir, map[string]string{"slo2.yaml": strings.Replace(ratioSLO("orders", "1d", 0.95, "bad", badRequests, allRequests), `"1"`, `"100"`, 1)})
}

// decides asks for prod, and gives the decision.
func (s *stage) decides(t *testing.T, server string, more ...string) promotion.Record {
	t.Helper()
	args := []string{"gate", "--to", "prod", "--at", s.at.Format(time.RFC3339), "-o", "json"}
	if server != "" {
		args = append(args, "--server", server)
	} else {
		args = append(args, "--config", s.config)
	}
	code, stdout, stderr := runWith(t, gitEnv(), append(args, more...)...)
	valid(t, "gate", stdout)
	return read(t, code, stdout, stderr)
}

var acceptance = regexp.MustCompile(`--accept-rules ([0-9a-f]{12}) --by NAME`)

func TestRulesThatChangeWithTheReleaseAreShown(t *testing.T) {
	for _, c := range laxer {
		t.Run(c.name, func(t *testing.T) {
			s := newStage(t, 0)
			s.withSecondSLO(t)
			s.withGate(t, "  log: {git: {repository: "+bareRepository(t)+"}}\n")
			first := s.decides(t, "")
			if of := checkBelow(t, first, "rules"); first.Verdict != promotion.Promote || !strings.HasPrefix(of.Reason, "First decision") {
				t.Fatalf("the first is %s: %v", first.Verdict, of)
			}
			if again := s.decides(t, ""); again.Verdict != promotion.Promote || checkBelow(t, again, "rules").Result != promotion.Pass {
				t.Fatalf("the second is %s: %v", again.Verdict, checkBelow(t, again, "rules"))
			}
			c.do(t, s)
			changed := s.decides(t, "")
			of := checkBelow(t, changed, "rules")
			hash := acceptance.FindStringSubmatch(of.Reason)
			if changed.Verdict != promotion.Inconclusive || of.Result != promotion.Unknown || !strings.Contains(of.Reason, c.want) || hash == nil {
				t.Fatalf("changed it is %s: %v", changed.Verdict, of)
			}
			if other := s.decides(t, "", "--accept-rules", "0123456789ab", "--by", "mai"); other.Verdict != promotion.Inconclusive {
				t.Errorf("accepted by another hash it is %s", other.Verdict)
			}
			accepted := s.decides(t, "", "--accept-rules", hash[1], "--by", "mai")
			if of := checkBelow(t, accepted, "rules"); accepted.Verdict != promotion.Promote || of.Result != promotion.Waived || !strings.Contains(of.Reason, "Accepted by mai") {
				t.Errorf("accepted it is %s: %v", accepted.Verdict, of)
			}
			if list, _ := must(t, exitOK, "decisions", "--config", s.config); !strings.Contains(list, "Accepted by mai") {
				t.Errorf("the log does not say who accepted them:\n%s", list)
			}
			if after := s.decides(t, ""); after.Verdict != promotion.Promote || checkBelow(t, after, "rules").Result != promotion.Pass {
				t.Errorf("afterwards it is %s: %v", after.Verdict, checkBelow(t, after, "rules"))
			}
		})
	}
}

func TestRulesOfAServersOwnFilesAreShown(t *testing.T) {
	for _, c := range laxer {
		t.Run(c.name, func(t *testing.T) {
			s := newStage(t, 0)
			s.withSecondSLO(t)
			s.withGate(t, "  log: {dir: decisions}\n")
			server := startServe(t, s.config)
			server.waitReady(t)
			if r := s.decides(t, server.url); r.Verdict != promotion.Promote {
				t.Fatalf("the first is %s: %v", r.Verdict, r.Checks[0])
			}
			server.stop(t)
			c.do(t, s)
			server = startServe(t, s.config)
			server.waitReady(t)
			changed := s.decides(t, server.url)
			of := checkBelow(t, changed, "rules")
			hash := acceptance.FindStringSubmatch(of.Reason)
			if changed.Verdict != promotion.Inconclusive || !strings.Contains(of.Reason, c.want) || hash == nil {
				t.Fatalf("changed it is %s: %v", changed.Verdict, of)
			}
			if r := s.decides(t, server.url, "--accept-rules", hash[1], "--by", "mai"); r.Verdict != promotion.Promote {
				t.Errorf("accepted it is %s: %v", r.Verdict, r.Checks[0])
			}
			if r := s.decides(t, server.url); r.Verdict != promotion.Promote {
				t.Errorf("afterwards it is %s: %v", r.Verdict, r.Checks[0])
			}
		})
	}
}

func TestStricterRulesPassAndAreMentioned(t *testing.T) {
	s := newStage(t, 0)
	s.withGate(t, "  log: {git: {repository: "+bareRepository(t)+"}}\n")
	s.decides(t, "")
	s.edit(t, "slo.yaml", "target: 0.99", "target: 0.995")
	r := s.decides(t, "")
	if of := checkBelow(t, r, "rules"); of.Result != promotion.Pass || !strings.Contains(of.Reason, "stricter") || !strings.Contains(of.Reason, "99% → 99.5%") {
		t.Errorf("it is %s: %v", r.Verdict, of)
	}
}

func TestTheCheckOfRulesCannotBeTurnedOff(t *testing.T) {
	s := newStage(t, 0)
	s.withGate(t, "  checks: {rules: \"off\"}\n")
	if code, stdout, stderr := s.gate(t); code != exitUsage || !strings.Contains(stderr, "gate.checks.rules") {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
	for _, hash := range []string{"abc", "0123456789xy", strings.Repeat("0", 65)} {
		code, stdout, stderr := newStage(t, 0).gate(t, "--accept-rules", hash, "--by", "mai")
		if code != exitUsage || !strings.Contains(stderr, "is not the hash of rules; copy the 12 digits") {
			t.Errorf("%s: exit code %d: %s%s", hash, code, stdout, stderr)
		}
	}
	for _, args := range [][]string{{"--accept-rules", "0123456789ab"}, {"--by", "mai"}} {
		if code, stdout, stderr := newStage(t, 0).gate(t, args...); code != exitUsage || !strings.Contains(stderr, "--by") {
			t.Errorf("%v: exit code %d: %s%s", args, code, stdout, stderr)
		}
	}
}
