package main

import (
	"strings"
	"testing"

	"github.com/shopslo/shopslo/promotion"
)

// Without a log nobody remembers whom the last decision asked; the target's branch does.
func TestAReleaseCannotTakeAWitnessAway(t *testing.T) {
	for name, change := range map[string][2]string{
		"an incident that nobody reads": {"  incidents: [incidents/*.yaml]\n", ""}, "alerts of elsewhere": {"alerts: {url: ", "alerts: {headers: {X-Shop: other}, url: "},
		"other samples": {"{job_name: none}", "{job_name: none, metric_relabel_configs: [{source_labels: [code], regex: '5..', action: drop}]}"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, 0)
			s.edit(t, "shopslo.yaml", "incident: required, ", "")
			o := s.checkedOut(t)
			if r := s.decides(t, ""); r.Verdict != promotion.Promote {
				t.Fatalf("the first is %s: %v", r.Verdict, r.Checks[0])
			}
			s.edit(t, "shopslo.yaml", change[0], change[1])
			o.push("main", "tier-0")
			r := s.decides(t, "")
			of := checkBelow(t, r, "rules")
			hash := acceptance.FindStringSubmatch(of.Reason)
			if r.Verdict != promotion.Inconclusive || of.Result != promotion.Unknown || !strings.Contains(of.Reason, "The Release may have changed the sources of evidence: ") || !strings.Contains(of.Reason, " → ") && !strings.Contains(of.Reason, "gate.incidents is removed") || hash == nil {
				t.Fatalf("it is %s: %v", r.Verdict, of)
			}
			if r := s.decides(t, "", "--accept-rules", hash[1], "--by", "mai"); r.Verdict != promotion.Promote {
				t.Errorf("accepted it is %s: %v", r.Verdict, r.Checks[0])
			}
			o.push("tier-1")
			if r := s.decides(t, ""); r.Verdict != promotion.Promote {
				t.Errorf("once it is promoted it is %s: %v", r.Verdict, r.Checks[0])
			}
		})
	}
}
