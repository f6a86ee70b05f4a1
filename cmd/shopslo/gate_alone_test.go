package main

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/slo/source/sourcetest"
)

// leastFleet is one service in one environment, without git.
const leastFleet = `apiVersion: shopset.dev/v1alpha1
kind: Tier
metadata: {name: prod}
spec: {order: 0, soak: 30m}
---
apiVersion: shopset.dev/v1alpha1
kind: ShopSet
metadata: {name: b-1}
spec: {tier: prod}
`

// alone is a stage of that fleet, whose requests fail since the running release came.
func alone(t *testing.T, failing float64) *stage {
	t.Helper()
	return newStageOf(t, leastFleet, func(s *stage) []sourcetest.Series { return s.samples(failing) }).unseen(t)
}

func (s *stage) policy(t *testing.T, checks string) *stage {
	t.Helper()
	data, err := os.ReadFile(s.config)
	if err != nil {
		t.Fatal(err)
	}
	out := strings.Replace(string(data), "prod: {checks: {soak: required, since_release: required}}", "prod: {"+checks+"}", 1)
	if err := os.WriteFile(s.config, []byte(out), 0o600); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestOneServiceIsJudgedByItself(t *testing.T) {
	for _, c := range []struct {
		name    string
		failing float64
		policy  string
		args    []string
		do      func(*testing.T, *stage)
		code    int
		want    string
	}{
		{"all is well", 0, "", nil, nil, exitOK, "PROMOTE The next Release can be promoted to prod: "},
		{"the next one is named", 0, "", []string{"--release", "v2"}, nil, exitOK, "Release v2 can be promoted to prod"},
		{"the budget is exhausted", 0.2, "", nil, nil, exitNo, "Error budget (1d) is exhausted"},
		{"an alert fires", 0, "", nil, func(_ *testing.T, s *stage) { s.alert("CartErrors", "shopset", "b-1") }, exitNo, "Alert CartErrors is firing"},
		{"an alert fires, which the next one mends", 0, "", []string{"--fix", "https://git.example/pull/12", "--by", "mai"},
			func(_ *testing.T, s *stage) { s.alert("CartErrors", "shopset", "b-1") }, exitOK, "Allowed as a fix"},
		{"an incident", 0, "", nil, func(t *testing.T, s *stage) {
			writeFiles(t, s.dir, map[string]string{"incidents/inc-12.yaml": "apiVersion: shopslo.dev/v1alpha1\nkind: Incident\nmetadata: {name: inc-12}\nspec: {title: 決済が失敗する, severity: critical, state: open, detectedAt: 2026-11-02T12:00:00+09:00, affects: {tiers: [prod]}}\n"})
		}, exitNo, "Incident inc-12"},
		{"no data", 0, "", nil, func(t *testing.T, s *stage) {
			writeFiles(t, s.dir, map[string]string{"fleet.yaml": strings.ReplaceAll(leastFleet, "b-1", "x-1")})
		}, exitInconclusive, "None of the 1d window has data"},
		{"no ShopSet", 0, "", nil, func(t *testing.T, s *stage) {
			writeFiles(t, s.dir, map[string]string{"fleet.yaml": leastFleet[:strings.Index(leastFleet, "---")]})
		}, exitInconclusive, "prod has no ShopSet, so nothing is known about it"},
		{"the running one has done no harm", 0, "checks: {soak: required, since_release: required}", []string{"--since", "1h"}, nil, exitOK, "can be promoted to prod"},
		{"the running one does harm, which leaves a budget", 0.015, "checks: {soak: required, since_release: required}", []string{"--since", "1h"}, nil, exitNo, "since the Release arrived"},
		{"the running one has not soaked", 0, "checks: {soak: required, since_release: required}", []string{"--since", "20m"}, nil, exitInconclusive, "all ShopSets have had the running Release for 20m"},
		{"nobody says since when the running one runs", 0, "checks: {soak: required}", nil, nil, exitInconclusive, "or --since"},
		{"a check of the Tier below is required", 0, "checks: {sync: required}", nil, nil, exitInconclusive, "the fleet has one Tier: sync is about the one below"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := alone(t, c.failing).policy(t, c.policy)
			if c.do != nil {
				c.do(t, s)
			}
			if code, said := s.said(t, c.args...); code != c.code || !strings.Contains(said, c.want) {
				t.Errorf("exit code %d, want %d with %q:\n%s", code, c.code, c.want, said)
			}
		})
	}
}

func TestOneServiceSaysSoInJSON(t *testing.T) {
	s := alone(t, 0)
	code, stdout, stderr := s.policy(t, "").gate(t, "-o", "json")
	if code != exitOK || stderr != "" {
		t.Fatalf("exit code %d: %s%s", code, stdout, stderr)
	}
	valid(t, "gate", stdout)
	var d struct {
		From     *string
		Evidence *string `json:"evidence_tier"`
	}
	if err := json.Unmarshal([]byte(stdout), &d); err != nil || d.From != nil || d.Evidence == nil || *d.Evidence != "prod" {
		t.Errorf("%v: from %v, evidence_tier %v", err, d.From, d.Evidence)
	}
	r, err := promotion.DecodeRecord([]byte(stdout))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Replay(thisBuild().Shopslo); err != nil {
		t.Error(err)
	}
	for _, c := range r.Checks {
		if c.Role == promotion.RoleEvidence {
			t.Errorf("%s is of an evidence tier: %s", c.Check, c.Reason)
		}
	}
}

func TestTheBoardShowsTheGateOfOneService(t *testing.T) {
	server := startServe(t, alone(t, 0).policy(t, "").config)
	server.waitReady(t)
	for path, want := range map[string]string{"/board/": `href="gate/prod"`, "/board/gate/prod": `<span class="way">prod</span>`} {
		if code, body := server.get(t, path); code != http.StatusOK || !strings.Contains(body, want) || strings.Contains(body, "→ prod") {
			t.Errorf("%s: %d, without %s:\n%s", path, code, want, body)
		}
	}
}
