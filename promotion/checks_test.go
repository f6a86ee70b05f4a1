package promotion_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

func TestWholeEvidenceIsPromotedAndEveryCheckWasMade(t *testing.T) {
	d := promotion.Decide(required(), whole(t, "prod"), now)
	if d.Verdict != promotion.Promote || d.Release != newRelease {
		t.Errorf("%s of %q:\n%s", d.Verdict, d.Release, d.AppendJSON(nil))
	}
	for _, c := range d.Checks {
		if c.Result != promotion.Pass {
			t.Errorf("%s is %s: %s", c.Check, c.Result, c.Reason)
		}
	}
}

func degraded(o *fleet.ShopSetState) { o.Health = fleet.Degraded }

func unverified(o *fleet.ShopSetState) {
	o.Unverified = "the sync to r2 has failed: PostSync hook Job smoke-test failed"
}

func drifted(o *fleet.ShopSetState) {
	n := 3
	o.Sync, o.DriftedSince, o.OutOfSync = fleet.OutOfSync, now.Add(-2*time.Hour), &n
}

func TestChecksOfTheFleet(t *testing.T) {
	cases := []struct {
		name    string
		change  func(*promotion.Evidence)
		policy  promotion.Policy
		verdict promotion.Verdict
		check   string
		result  promotion.Result
		reason  string
	}{
		{"a ShopSet that has not got the Release is waited for", seenAs("a-2", func(o *fleet.ShopSetState) { o.Release = oldRelease }), required(),
			promotion.Inconclusive, "sync", promotion.Unknown, "Running Release 111111111122; waiting for 3f2c1abd9e8f."},
		{"a ShopSet in a rollout is waited for", seenAs("a-2", func(o *fleet.ShopSetState) { o.Health = fleet.Progressing }), required(),
			promotion.Inconclusive, "sync", promotion.Unknown, "health is Progressing, not Healthy"},
		{"a failed operation verifies nothing, whatever Argo CD says of what it brought", seenAs("a-2", unverified), required(),
			promotion.Inconclusive, "sync", promotion.Unknown, "Running Release 3f2c1abd9e8f and Healthy, but not verified: the sync to r2 has failed: PostSync hook Job smoke-test failed."},
		{"a Release that is not verified does not soak, and it is said why", func(e *promotion.Evidence) {
			seenAs("a-2", unverified)(e)
			tierAs("beta-prod", func(s *fleet.TierState) { s.SoakingSince = time.Time{} })(e)
		}, required(), promotion.Inconclusive, "soak", promotion.Unknown, "Soak (1d) has not started: a-2 is not verified: the sync to r2 has failed: PostSync hook Job smoke-test failed."},
		{"a degraded ShopSet holds", seenAs("a-2", degraded), required(), promotion.Hold, "sync", promotion.Fail, "Health is Degraded"},
		{"an unknown Release is unknown, with the reason", seenAs("a-2", func(o *fleet.ShopSetState) { o.Release = ""; o.Reason = "git does not answer" }), required(),
			promotion.Inconclusive, "sync", promotion.Unknown, "unknown: git does not answer."},
		{"a ShopSet that the exporter does not know is unknown", func(e *promotion.Evidence) {
			e.Fleet.Snapshot.ShopSets = slices.DeleteFunc(e.Fleet.Snapshot.ShopSets, func(o fleet.ShopSetState) bool { return o.ShopSet == "a-2" })
		}, required(), promotion.Inconclusive, "sync", promotion.Unknown, "Not reported in this Tier by the exporter"},
		{"a ShopSet that is reported twice is unknown", func(e *promotion.Evidence) {
			e.Fleet.Snapshot.ShopSets = append(e.Fleet.Snapshot.ShopSets, e.Fleet.Snapshot.ShopSets[0])
		}, required(), promotion.Inconclusive, "sync", promotion.Unknown, "reported twice"},
		{"no Release is unknown", func(e *promotion.Evidence) { e.Release = "" }, required(), promotion.Inconclusive, "sync", promotion.Unknown, "set --release"},
		{"an exporter that does not answer leaves it unknown", func(e *promotion.Evidence) {
			e.Fleet.Where, e.Fleet.Error = "The exporter at http://exporter:9877", "connection refused"
		}, required(), promotion.Inconclusive, "sync", promotion.Unknown, "Cannot check sync: the exporter at http://exporter:9877 could not be read"},
		{"drift holds, and says since when", seenAs("b-1", drifted), required(), promotion.Hold, "drift", promotion.Fail,
			"Drift: OutOfSync for 2h, 3 resources out of sync"},
		{"what has not arrived is no drift", seenAs("b-1", func(o *fleet.ShopSetState) { drifted(o); o.Release = oldRelease }), required(),
			promotion.Inconclusive, "drift", promotion.Unknown, "the Release has not been rolled out"},
		{"what was OutOfSync as the Release came is no drift", seenAs("b-1", func(o *fleet.ShopSetState) { drifted(o); o.ReleaseSince = o.ObservedAt }), required(),
			promotion.Inconclusive, "drift", promotion.Unknown, "has not completed a comparison since"},
		{"what is OutOfSync a second later drifts", seenAs("b-1", func(o *fleet.ShopSetState) { drifted(o); o.ReleaseSince = o.ObservedAt.Add(-time.Second) }), required(),
			promotion.Hold, "drift", promotion.Fail, "Drift: OutOfSync"},
		{"unknown sync is unknown", seenAs("b-1", func(o *fleet.ShopSetState) { o.Sync = fleet.SyncUnknown; o.Reason = "the cluster is away" }), required(),
			promotion.Inconclusive, "drift", promotion.Unknown, "the cluster is away"},
		{"a soak that is not over says until when", tierAs("beta-prod", func(s *fleet.TierState) { s.SoakingSince = now.Add(-20 * time.Hour) }), required(),
			promotion.Inconclusive, "soak", promotion.Unknown, "for 20h without interruption (1d required); complete at 2026-11-01T04:00:30Z."},
		{"a soak that was broken has not begun", tierAs("beta-prod", func(s *fleet.TierState) { s.SoakingSince = time.Time{} }), required(),
			promotion.Inconclusive, "soak", promotion.Unknown, "has not started"},
		{"a soak of another Release does not count", seenAs("a-2", func(o *fleet.ShopSetState) { o.Release = oldRelease }), required(),
			promotion.Inconclusive, "soak", promotion.Unknown, "has not started: 1 of 2 ShopSets run Release 3f2c1abd9e8f."},
		{"policy may ask for another soak", func(*promotion.Evidence) {}, promotion.Policy{Soak: ptrTo(48 * time.Hour)},
			promotion.Inconclusive, "soak", promotion.Unknown, "2d required"},
		{"a mutable image holds", seenAs("a-2", func(o *fleet.ShopSetState) { o.Images = []string{"cart:latest", "api:v2"} }), required(),
			promotion.Hold, "images", promotion.Fail, "1 mutable image reference: cart:latest"},
		{"no images are unknown", seenAs("a-2", func(o *fleet.ShopSetState) { o.Images = nil }), required(), promotion.Inconclusive, "images", promotion.Unknown, "unknown"},
		{"a Release that skipped a Tier holds", func(e *promotion.Evidence) {
			e.Fleet.Snapshot.Violations = []fleet.Violation{{Kind: fleet.Skipped, Tier: "beta-prod", Release: newRelease, Without: []fleet.TierName{"beta"}}}
		}, required(), promotion.Hold, "release", promotion.Fail, "reached beta-prod without passing through beta."},
		{"an order that is not known is unknown", tierAs("beta-prod", func(s *fleet.TierState) { s.InOrder = nil }), required(),
			promotion.Inconclusive, "release", promotion.Unknown, "was in the Tiers below beta-prod is unknown"},
		{"a target with changes of its own holds", tierAs("prod", func(s *fleet.TierState) { s.Ahead = ptrTo(2) }), required(),
			promotion.Hold, "release", promotion.Fail, "prod has 2 changes not in beta-prod"},
		{"a target whose past is not known is unknown", tierAs("prod", func(s *fleet.TierState) { s.Ahead = nil }), required(),
			promotion.Inconclusive, "release", promotion.Unknown, "contains all changes of prod is unknown"},
		{"a target that has the Release already passes", tierAs("prod", func(s *fleet.TierState) { s.Release = newRelease; s.Ahead = nil }), required(),
			promotion.Promote, "release", promotion.Pass, "was in every lower Tier"},
		{"a branch below that has gone on leaves a doubt", tierAs("beta-prod", func(s *fleet.TierState) { s.Release = "cccc" }), required(),
			promotion.Inconclusive, "release", promotion.Unknown, "has moved on to cccc"},
		{"a group whose ShopSets are down holds", func(e *promotion.Evidence) {
			for i := range e.Fleet.Snapshot.Groups {
				e.Fleet.Snapshot.Groups[i].Available, e.Fleet.Snapshot.Groups[i].Domains = ptrTo(1), []fleet.FailureDomainName{"eks-b"}
			}
		}, required(), promotion.Hold, "redundancy", promotion.Fail, "ShopGroup main is currently served in 1 FailureDomain (eks-b; 2 required): restore the unhealthy ShopSets (a-1)."},
		{"a group of which nothing is known is unknown", func(e *promotion.Evidence) { e.Fleet.Snapshot.Groups[0].Available = nil }, required(),
			promotion.Inconclusive, "redundancy", promotion.Unknown, "unknown"},
		{"a fleet that was looked at long ago is unknown", func(e *promotion.Evidence) { e.Fleet.Snapshot.At = now.Add(-time.Hour) }, required(),
			promotion.Inconclusive, "sync", promotion.Unknown, "fleet data is 1h old (limit 5m)"},
		{"a fleet of another time is unknown", func(e *promotion.Evidence) { e.Fleet.Snapshot.At = now.Add(24 * time.Hour) }, required(),
			promotion.Inconclusive, "drift", promotion.Unknown, "after the evaluation time"},
		{"an exporter that has not looked yet is unknown", func(e *promotion.Evidence) { e.Fleet.Snapshot = fleet.Snapshot{} }, required(),
			promotion.Inconclusive, "images", promotion.Unknown, "has no fleet data yet"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			e := whole(t, "prod")
			c.change(&e)
			expect(t, promotion.Decide(c.policy, e, now), c.verdict, c.check, c.result, c.reason)
		})
	}
}

// expect wants a verdict, and a check with a result and a part of its reason.
func expect(t *testing.T, d promotion.Decision, verdict promotion.Verdict, check string, result promotion.Result, reason string) {
	t.Helper()
	if d.Verdict != verdict {
		t.Errorf("%s, want %s", d.Verdict, verdict)
	}
	if !slices.ContainsFunc(d.Checks, func(k promotion.Check) bool {
		return k.Check == check && k.Result == result && strings.Contains(k.Reason, reason)
	}) {
		for _, k := range d.Checks {
			if k.Check == check {
				t.Logf("%s %s %s: %s %s", k.Check, k.ShopSet, k.SLO, k.Result, k.Reason)
			}
		}
		t.Errorf("no check %s is %s with %q", check, result, reason)
	}
}

func ptrTo[T any](v T) *T { return &v }

func TestChecksOfAlertsIncidentsAndFreezes(t *testing.T) {
	alert := func(a promotion.Alert) func(*promotion.Evidence) {
		return func(e *promotion.Evidence) { e.Alerts.Items = append(e.Alerts.Items, a) }
	}
	rule := func(change func(*promotion.AlertRule)) func(*promotion.Evidence) {
		return func(e *promotion.Evidence) { change(&e.AlertRules.Items[0]) }
	}
	received := func(at time.Time) func(*promotion.Evidence) {
		return func(e *promotion.Evidence) {
			e.AlertRules, e.Alerts.Items[0].UpdatedAt = promotion.Found[promotion.AlertRule]{}, at
		}
	}
	incident := func(i promotion.Incident) func(*promotion.Evidence) {
		return func(e *promotion.Evidence) { e.Incidents.Items = append(e.Incidents.Items, i) }
	}
	freeze := func(f promotion.Freeze) func(*promotion.Evidence) {
		return func(e *promotion.Evidence) { e.Freezes.Items = append(e.Freezes.Items, f) }
	}
	only := func(tier fleet.TierName) promotion.Scope { return promotion.Scope{Tiers: []fleet.TierName{tier}} }
	cart := promotion.Alert{Name: "CartErrors", Labels: map[string]string{"alertname": "CartErrors", "severity": "page", "shopset": "a-2"},
		Since: now.Add(-3 * time.Minute), ShopSets: []fleet.ShopSetName{"a-2"}}
	silenced := cart
	silenced.Silenced = true
	cases := []struct {
		name    string
		change  func(*promotion.Evidence)
		verdict promotion.Verdict
		check   string
		result  promotion.Result
		reason  string
	}{
		{"an alert below holds", alert(cart), promotion.Hold, "alert", promotion.Fail, "Alert CartErrors is firing since 2026-10-31T23:57:30Z (severity=page, shopset=a-2)."},
		{"an alert of the whole Tier holds", alert(promotion.Alert{Name: "X", Tiers: []fleet.TierName{"beta-prod"}}), promotion.Hold, "alert", promotion.Fail, "Alert X is firing (no labels)."},
		{"an alert on the target holds", alert(promotion.Alert{Name: "X", ShopSets: []fleet.ShopSetName{"c-3"}}), promotion.Hold, "alert", promotion.Fail, "Alert X is firing (no labels)."},
		{"a page alert about nobody knows what holds", alert(promotion.Alert{Name: "X", Labels: map[string]string{"severity": "critical"}}), promotion.Hold, "alert", promotion.Fail,
			"Alert X is firing (severity=critical); without a label that names a ShopSet or Tier of the fleet it may be about any."},
		{"a lesser one is listed", alert(promotion.Alert{Name: "X", Labels: map[string]string{"severity": "warning"}}), promotion.Promote, "alert", promotion.Pass,
			"(1 below page severity without a ShopSet or Tier label: X)"},
		{"an inhibited alert fires", alert(promotion.Alert{Name: "X", ShopSets: []fleet.ShopSetName{"a-2"}, InhibitedBy: []string{"f"}}), promotion.Hold, "alert", promotion.Fail,
			"Alert X is firing (no labels), inhibited by an alert that is gone."},
		{"so does one elsewhere because of one here", func(e *promotion.Evidence) {
			alert(promotion.Alert{Name: "X", ShopSets: []fleet.ShopSetName{"c-1"}, InhibitedBy: []string{"f"}})(e)
			alert(promotion.Alert{Name: "NodeDown", ShopSets: []fleet.ShopSetName{"a-2"}, Fingerprint: "f", Silenced: true})(e)
		}, promotion.Hold, "alert", promotion.Fail, "inhibited by NodeDown."},
		{"an inhibited alert that is silenced does not hold", alert(promotion.Alert{Name: "X", ShopSets: []fleet.ShopSetName{"a-2"}, InhibitedBy: []string{"f"}, Silenced: true}),
			promotion.Promote, "alert", promotion.Pass, "(2 silenced or quiet)"},
		{"a rule that fails could not fire", rule(func(r *promotion.AlertRule) { r.Health, r.Error = "err", "many-to-many matching not allowed" }), promotion.Inconclusive, "alert", promotion.Unknown,
			`Cannot check alert: alerting rule CartErrors has health "err": many-to-many matching not allowed.`},
		{"a rule that was evaluated in October could not", rule(func(r *promotion.AlertRule) { r.EvaluatedAt = now.AddDate(0, 0, -30) }), promotion.Inconclusive, "alert", promotion.Unknown,
			"Cannot check alert: alerting rule CartErrors was last evaluated 30d ago (limit 5m)."},
		{"a rule of the future could not", rule(func(r *promotion.AlertRule) { r.EvaluatedAt = now.Add(time.Hour) }), promotion.Inconclusive, "alert", promotion.Unknown, "1h after the evaluation time"},
		{"a rule that never was evaluated could not", rule(func(r *promotion.AlertRule) { r.EvaluatedAt = time.Time{} }), promotion.Inconclusive, "alert", promotion.Unknown, "has never been evaluated"},
		{"a rule of unknown health could not", rule(func(r *promotion.AlertRule) { r.Health = "" }), promotion.Inconclusive, "alert", promotion.Unknown, `has health "unknown"`},
		{"a rule about another Tier does not matter", func(e *promotion.Evidence) { e.AlertRules.Items[1].Health = "err" }, promotion.Promote, "alert", promotion.Pass, "No relevant alert"},
		{"where only other Tiers have rules, none could fire", func(e *promotion.Evidence) { e.AlertRules.Items = e.AlertRules.Items[1:] }, promotion.Inconclusive, "alert", promotion.Unknown,
			"No alerting rule could fire on beta-prod or prod"},
		{"an Alertmanager that is told of alerts", received(now.Add(-time.Minute)), promotion.Promote, "alert", promotion.Pass, "No relevant alert"},
		{"an Alertmanager that is told no longer", received(now.Add(-7 * time.Minute)), promotion.Inconclusive, "alert", promotion.Unknown,
			"Cannot check alert: Prometheus at http://prometheus:9090 last received an alert 7m ago (limit 5m)."},
		{"an Alertmanager that does not say when", received(time.Time{}), promotion.Inconclusive, "alert", promotion.Unknown, "last received an alert is unknown"},
		{"an Alertmanager of another time", received(now.Add(time.Hour)), promotion.Inconclusive, "alert", promotion.Unknown, "after the evaluation time"},
		{"a silenced alert is counted and does not hold", alert(silenced), promotion.Promote, "alert", promotion.Pass, "(2 silenced or quiet) (1 firing elsewhere)"},
		{"an alert elsewhere does not hold", alert(promotion.Alert{Name: "X", ShopSets: []fleet.ShopSetName{"c-1"}}), promotion.Promote, "alert", promotion.Pass, "(2 firing elsewhere)"},
		{"alerts that cannot be read are unknown", func(e *promotion.Evidence) { e.Alerts.Items, e.Alerts.Error = nil, "connection refused" },
			promotion.Inconclusive, "alert", promotion.Unknown, "Prometheus at http://prometheus:9090 could not be read"},
		{"an incident of the target's Tier holds", incident(promotion.Incident{ID: "inc-9", Title: "決済が失敗する。", Since: now, Scope: only("prod")}),
			promotion.Hold, "incident", promotion.Fail, "Incident inc-9 (決済が失敗する) is open and affects prod since 2026-11-01T00:00:30Z."},
		{"an incident of a ShopSet holds", incident(promotion.Incident{ID: "inc-9", Scope: promotion.Scope{ShopSets: []fleet.ShopSetName{"c-3"}}}),
			promotion.Hold, "incident", promotion.Fail, "inc-9"},
		{"an incident of which nobody knows what it hurts holds", incident(promotion.Incident{ID: "inc-9"}), promotion.Hold, "incident", promotion.Fail, "may affect everything"},
		{"an incident of the Tier that shows how the Release behaves holds", incident(promotion.Incident{ID: "inc-9", Scope: only("beta-prod")}),
			promotion.Hold, "incident", promotion.Fail, "Incident inc-9 is open and affects beta-prod."},
		{"an incident of a ShopSet of that Tier holds", incident(promotion.Incident{ID: "inc-9", Scope: promotion.Scope{ShopSets: []fleet.ShopSetName{"b-1"}}}),
			promotion.Hold, "incident", promotion.Fail, "inc-9"},
		{"an incident of a group that Tier serves holds", incident(promotion.Incident{ID: "inc-9", Scope: promotion.Scope{Groups: []fleet.ShopGroupName{"pilot"}}}),
			promotion.Hold, "incident", promotion.Fail, "affects beta-prod"},
		{"an incident of a group elsewhere does not hold", incident(promotion.Incident{ID: "inc-9", Scope: promotion.Scope{Groups: []fleet.ShopGroupName{"canary"}}}),
			promotion.Promote, "incident", promotion.Pass, "No open incident affects beta-prod or prod (2 open elsewhere)."},
		{"an incident elsewhere does not hold", incident(promotion.Incident{ID: "inc-9", Scope: only("beta")}), promotion.Promote, "incident", promotion.Pass, "(2 open elsewhere)"},
		{"a freeze of everything holds", freeze(promotion.Freeze{ID: "sale", Reason: "the sale.", By: "mika", Until: now.Add(time.Hour)}),
			promotion.Hold, "freeze", promotion.Fail, "Freeze sale is active until 2026-11-01T01:00:30Z: the sale (by mika)."},
		{"a freeze of a group that the target serves holds", freeze(promotion.Freeze{ID: "g", Scope: promotion.Scope{Groups: []fleet.ShopGroupName{"main"}}}),
			promotion.Hold, "freeze", promotion.Fail, "with no end date: no reason given."},
		{"a freeze of another Tier does not hold", freeze(promotion.Freeze{ID: "g", Scope: only("beta")}), promotion.Promote, "freeze", promotion.Pass, "(1 active elsewhere)"},
		{"a freeze that ends now does not hold", freeze(promotion.Freeze{ID: "g", Until: now}), promotion.Promote, "freeze", promotion.Pass, "No freeze is active for prod."},
		{"a freeze that begins now holds", freeze(promotion.Freeze{ID: "g", From: now}), promotion.Hold, "freeze", promotion.Fail, "Freeze g"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			e := whole(t, "prod")
			c.change(&e)
			expect(t, promotion.Decide(required(), e, now), c.verdict, c.check, c.result, c.reason)
		})
	}
}

func TestASourceThatIsAwayIsExitCode4(t *testing.T) {
	for name, change := range map[string]func(*promotion.Evidence){
		"the exporter":      func(e *promotion.Evidence) { e.Fleet = promotion.FleetView{Where: "x", Error: "refused"} },
		"the alerts":        func(e *promotion.Evidence) { e.Alerts = promotion.Found[promotion.Alert]{Where: "x", Error: "refused"} },
		"the incidents":     func(e *promotion.Evidence) { e.Incidents.Error = "refused" },
		"the freezes":       func(e *promotion.Evidence) { e.Freezes.Error = "refused" },
		"the overrides":     func(e *promotion.Evidence) { e.Overrides.Error = "refused" },
		"the exclusions":    func(e *promotion.Evidence) { e.Exclusions.Error = "refused" },
		"source of budgets": away,
	} {
		t.Run(name, func(t *testing.T) {
			e := whole(t, "prod")
			change(&e)
			d := promotion.Decide(promotion.Policy{}, e, now)
			if d.Verdict != promotion.Inconclusive || d.ExitCode() != 4 {
				t.Errorf("%s, exit code %d:\n%s", d.Verdict, d.ExitCode(), d.AppendJSON(nil))
			}
		})
	}
}

func TestWhatIsNotConfigured(t *testing.T) {
	for check, forget := range map[string]func(*promotion.Evidence){
		"sync": noFleet, "drift": noFleet, "soak": noFleet, "since_release": noFleet, "images": noFleet, "release": noFleet,
		"alert":    func(e *promotion.Evidence) { e.Alerts = promotion.Found[promotion.Alert]{} },
		"incident": func(e *promotion.Evidence) { e.Incidents = promotion.Found[promotion.Incident]{} },
		"freeze":   func(e *promotion.Evidence) { e.Freezes = promotion.Found[promotion.Freeze]{} },
	} {
		t.Run(check, func(t *testing.T) {
			e := whole(t, "prod")
			forget(&e)
			need := func(n promotion.Need) promotion.Policy {
				return promotion.Policy{Needs: map[string]promotion.Need{check: n}}
			}
			expect(t, promotion.Decide(need(promotion.Optional), e, now), promotion.Promote, check, promotion.NotChecked, "Not checked: "+check+" (")
			expect(t, promotion.Decide(need(promotion.Required), e, now), promotion.Inconclusive, check, promotion.Unknown, "Required but not configured: "+check)
			expect(t, promotion.Decide(need(promotion.Off), whole(t, "prod"), now), promotion.Promote, check, promotion.NotChecked, "is off in the policy")
		})
	}
}

func TestWhatPolicyDoesNotAskForIsSaid(t *testing.T) {
	p := promotion.Policy{Needs: map[string]promotion.Need{"budget": promotion.Off, "burn_rate": promotion.Off, "coverage": promotion.Off, "freshness": promotion.Off, "redundancy": promotion.Off}}
	e := whole(t, "prod")
	on("a-2", exhaust)(&e)
	d := promotion.Decide(p, e, now)
	for check := range p.Needs {
		expect(t, d, promotion.Promote, check, promotion.NotChecked, "is off in the policy")
	}
	for _, check := range []string{"source", "slo"} {
		if err := (promotion.Policy{Needs: map[string]promotion.Need{check: promotion.Off}}).Validate(); err == nil {
			t.Errorf("%s can be switched off", check)
		}
	}
}

func noFleet(e *promotion.Evidence) { e.Fleet = promotion.FleetView{} }

func TestOverrides(t *testing.T) {
	good := promotion.Override{ID: "o-1", Who: "mika", Why: "the sale needs it.", Checks: []string{"budget", "drift"}, Until: now.Add(time.Hour)}
	change := func(f func(*promotion.Override)) promotion.Override { o := good; f(&o); return o }
	broken := func(e *promotion.Evidence) { on("c-3", exhaust)(e); seenAs("a-2", drifted)(e) }
	cases := []struct {
		name    string
		by      promotion.Override
		change  func(*promotion.Evidence)
		verdict promotion.Verdict
	}{
		{"it waives the checks that it names", good, broken, promotion.Promote},
		{"it waives what is unknown", change(func(o *promotion.Override) { o.Checks = []string{"soak"} }), tierAs("beta-prod", func(s *fleet.TierState) { s.SoakingSince = now }), promotion.Promote},
		{"no other check", change(func(o *promotion.Override) { o.Checks = []string{"budget"} }), broken, promotion.Hold},
		{"not when it has ended", change(func(o *promotion.Override) { o.Until = now }), broken, promotion.Hold},
		{"not before it begins", change(func(o *promotion.Override) { o.From = now.Add(time.Second) }), broken, promotion.Hold},
		{"not without an end", change(func(o *promotion.Override) { o.Until = time.Time{} }), broken, promotion.Hold},
		{"not without somebody who answers for it", change(func(o *promotion.Override) { o.Who = "" }), broken, promotion.Hold},
		{"not without a reason", change(func(o *promotion.Override) { o.Why = "" }), broken, promotion.Hold},
		{"not for another Tier", change(func(o *promotion.Override) { o.Scope.Tiers = []fleet.TierName{"beta"} }), broken, promotion.Hold},
		{"not for another ShopSet", change(func(o *promotion.Override) { o.Scope.ShopSets = []fleet.ShopSetName{"c-3"} }), broken, promotion.Hold},
		{"for the ShopSets that it names", change(func(o *promotion.Override) { o.Scope.ShopSets = []fleet.ShopSetName{"c-3", "a-2"} }), broken, promotion.Promote},
		{"for a group's ShopSets", change(func(o *promotion.Override) { o.Scope.Groups = []fleet.ShopGroupName{"solo"} }), on("c-3", exhaust), promotion.Promote},
		{"not for another Release", change(func(o *promotion.Override) { o.Release = oldRelease }), broken, promotion.Hold},
		{"for its own Release", change(func(o *promotion.Override) { o.Release = newRelease[:10] }), broken, promotion.Promote},
		{"not for a Release whose name is longer", change(func(o *promotion.Override) { o.Release = "v1.10.1" }), func(e *promotion.Evidence) { broken(e); e.Release = "v1.10.12" }, promotion.Hold},
		{"not for a source that is away", change(func(o *promotion.Override) { o.Checks = []string{"source"} }), away, promotion.Inconclusive},
		{"for a freeze", change(func(o *promotion.Override) { o.Checks = []string{"freeze"} }), func(e *promotion.Evidence) {
			e.Freezes.Items = []promotion.Freeze{{ID: "f"}}
		}, promotion.Promote},
		{"never for an emergency stop", change(func(o *promotion.Override) { o.Checks = []string{"freeze"} }), func(e *promotion.Evidence) {
			e.Freezes.Items = []promotion.Freeze{{ID: "f", Emergency: true}}
		}, promotion.Hold},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			e := whole(t, "prod")
			c.change(&e)
			if d := promotion.Decide(promotion.Policy{}, e, now); d.Verdict == promotion.Promote {
				t.Fatal("it is promoted without an override: the test shows nothing")
			}
			e.Overrides.Items = []promotion.Override{c.by}
			d := promotion.Decide(promotion.Policy{}, e, now)
			if d.Verdict != c.verdict {
				t.Errorf("%s, want %s:\n%s", d.Verdict, c.verdict, d.AppendJSON(nil))
			}
			if d.Verdict == promotion.Promote && (len(d.Overrides) != 1 || d.Overrides[0].Waives == 0) {
				t.Errorf("the decision does not say who had a say: %+v", d.Overrides)
			}
		})
	}
	e := whole(t, "prod")
	broken(&e)
	e.Overrides.Items = []promotion.Override{good}
	expect(t, promotion.Decide(required(), e, now), promotion.Promote, "budget", promotion.Waived, "Waived by mika until 2026-11-01T01:00:30Z: the sale needs it.")
}

func TestTwoChecksOfOneKindAreWaivedEachForItself(t *testing.T) {
	e := whole(t, "prod")
	tierAs("beta-prod", func(s *fleet.TierState) { s.InOrder = nil })(&e)
	tierAs("prod", func(s *fleet.TierState) { s.Ahead = ptrTo(2) })(&e)
	e.Overrides.Items = []promotion.Override{{ID: "o", Who: "mika", Why: "so", Checks: []string{"release"}, Until: now.Add(time.Hour)}}
	was := map[any]int{}
	for _, c := range promotion.Decide(required(), e, now).Checks {
		if c.Check == "release" && c.Result == promotion.Waived {
			was[c.Evidence.Get("waived")]++
		}
	}
	if was["fail"] != 1 || was["unknown"] != 1 {
		t.Errorf("waived were %v", was)
	}
}

func TestFixes(t *testing.T) {
	fix := func(e *promotion.Evidence) { e.Fix = &promotion.Fix{URL: "https://git.example/pull/12", By: "mika"} }
	both := func(a, b func(*promotion.Evidence)) func(*promotion.Evidence) {
		return func(e *promotion.Evidence) { a(e); b(e) }
	}
	low := func(e *promotion.Evidence) { on("c-3", atRisk)(e) }
	gone := func(e *promotion.Evidence) { on("c-3", exhaust)(e) }
	for _, c := range []struct {
		name    string
		change  func(*promotion.Evidence)
		policy  promotion.Policy
		verdict promotion.Verdict
		result  promotion.Result
		reason  string
	}{
		{"a budget at risk lets fixes through", both(low, fix), promotion.Policy{AtRisk: promotion.LetFixes}, promotion.Promote, promotion.Waived,
			"Allowed as a fix for https://git.example/pull/12 (declared by mika)."},
		{"and nothing else", low, promotion.Policy{AtRisk: promotion.LetFixes}, promotion.Hold, promotion.Fail, "Only fixes may be promoted to prod (--fix)."},
		{"a used-up budget lets no fix through", both(gone, fix), promotion.Policy{AtRisk: promotion.LetFixes}, promotion.Hold, promotion.Fail, "exhausted"},
		{"unless policy says so", both(gone, fix), promotion.Policy{Exhausted: promotion.LetFixes}, promotion.Promote, promotion.Waived, "Allowed as a fix"},
		{"a fix of a Tier below that burns its budget is held", both(on("a-2", exhaust), fix), promotion.Policy{Exhausted: promotion.LetAll}, promotion.Hold, promotion.Fail, "exhausted"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := whole(t, "prod")
			c.change(&e)
			expect(t, promotion.Decide(c.policy, e, now), c.verdict, "budget", c.result, c.reason)
		})
	}
}

func TestFixesOfWhatFiresNow(t *testing.T) {
	for _, c := range []struct {
		name    string
		alert   promotion.Alert
		fix     *promotion.Fix
		verdict promotion.Verdict
		result  promotion.Result
	}{
		{"a fix may go where the alert fires", promotion.Alert{Name: "X", ShopSets: []fleet.ShopSetName{"a-1"}}, &promotion.Fix{URL: "https://git.example/pull/12"}, promotion.Promote, promotion.Waived},
		{"what is no fix is held", promotion.Alert{Name: "X", ShopSets: []fleet.ShopSetName{"a-1"}}, nil, promotion.Hold, promotion.Fail},
		{"a fix that fires an alert below is held", promotion.Alert{Name: "X", ShopSets: []fleet.ShopSetName{"a-2"}}, &promotion.Fix{URL: "https://git.example/pull/12"}, promotion.Hold, promotion.Fail},
		{"nobody knows what it mends of an alert about anything", promotion.Alert{Name: "X", Labels: map[string]string{"severity": "page"}}, &promotion.Fix{URL: "https://git.example/pull/12"}, promotion.Hold, promotion.Fail},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := whole(t, "prod")
			e.Alerts.Items, e.Fix = append(e.Alerts.Items, c.alert), c.fix
			expect(t, promotion.Decide(required(), e, now), c.verdict, "alert", c.result, "Alert X is firing")
		})
	}
}

func TestFixesOfWhatBurnsNow(t *testing.T) {
	burning := func(of fleet.ShopSetName, state slo.State) func(*promotion.Evidence) {
		return func(e *promotion.Evidence) {
			e.Fix = &promotion.Fix{URL: "https://git.example/pull/12", By: "mika"}
			on(of, fire(slo.Page))(e)
			on(of, func(b *status.Budget) { b.State = state })(e)
		}
	}
	for _, c := range []struct {
		name    string
		change  func(*promotion.Evidence)
		policy  promotion.Policy
		verdict promotion.Verdict
		result  promotion.Result
	}{
		{"a fix may go where the budget burns", burning("c-3", slo.AtRisk), promotion.Policy{}, promotion.Promote, promotion.Waived},
		{"also where only fixes may", burning("c-3", slo.AtRisk), promotion.Policy{AtRisk: promotion.LetFixes}, promotion.Promote, promotion.Waived},
		{"but not where nobody may", burning("c-3", slo.AtRisk), promotion.Policy{AtRisk: promotion.LetNone}, promotion.Hold, promotion.Fail},
		{"a budget that is used up lets it in as policy says", burning("c-3", slo.Exhausted), promotion.Policy{Exhausted: promotion.LetFixes}, promotion.Promote, promotion.Waived},
		{"and by itself does not", burning("c-3", slo.Exhausted), promotion.Policy{}, promotion.Hold, promotion.Fail},
		{"a fix that burns the budget below is held", burning("a-2", slo.AtRisk), promotion.Policy{}, promotion.Hold, promotion.Fail},
		{"what is no fix is held", func(e *promotion.Evidence) { burning("c-3", slo.AtRisk)(e); e.Fix = nil }, promotion.Policy{}, promotion.Hold, promotion.Fail},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := whole(t, "prod")
			c.change(&e)
			expect(t, promotion.Decide(c.policy, e, now), c.verdict, "burn_rate", c.result, "a page alert is firing")
		})
	}
}

func TestARecordGivesTheSameDecisionForEver(t *testing.T) {
	for name, change := range map[string]func(*promotion.Evidence){
		"promote": func(*promotion.Evidence) {}, "hold": on("a-2", exhaust), "silent": on("b-1", silence), "no groups": func(e *promotion.Evidence) { e.Groups = nil },
		"no fleet": noFleet, "away": away, "drift": seenAs("a-2", drifted), "few": comparing("b-1", counts(0, 10, 0, 10)),
		"overridden": func(e *promotion.Evidence) {
			seenAs("a-2", drifted)(e)
			e.Overrides.Items = []promotion.Override{{ID: "o", Who: "mika", Why: "so", Checks: []string{"drift"}, Until: now.Add(time.Hour)}}
			e.Fix = &promotion.Fix{URL: "https://x.example", By: "mika"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := whole(t, "prod")
			change(&e)
			r := promotion.Judge("v1.2.3", required(), e, now)
			data, err := r.AppendJSON(nil)
			if err != nil {
				t.Fatal(err)
			}
			validate(t, data)
			read, err := promotion.DecodeRecord(data)
			if err != nil {
				t.Fatal(err)
			}
			d, err := read.Replay("v1.2.3")
			if err != nil || string(d.AppendJSON(nil)) != string(r.Decision.AppendJSON(nil)) {
				t.Fatalf("replayed, it is %s (%v), it was %s", d.Verdict, err, r.Verdict)
			}
			again, err := read.AppendJSON(nil)
			if err != nil {
				t.Fatal(err)
			}
			if twice, err := promotion.DecodeRecord(again); err != nil || twice.Verdict != r.Verdict {
				t.Errorf("read again it is %v, %v", twice.Verdict, err)
			}
		})
	}
}

func TestAForgedRecordIsRefused(t *testing.T) {
	e := whole(t, "prod")
	on("a-2", exhaust)(&e)
	data, err := promotion.Judge("v1", required(), e, now).AppendJSON(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, old, new, want string }{
		{"evidence made better", `"state": "exhausted", "window_start"`, `"state": "ok", "window_start"`, "its evidence gives"},
		{"another reason", "is exhausted", "is fine", "the checks differ"},
		{"other rules", `"rules": 10`, `"rules": 2`, "rules 2"},
		{"no evidence", `"inputs"`, `"outputs"`, "cannot be replayed"},
		{"a policy that cannot be", `"min_coverage":0.5`, `"min_coverage":50`, "between 0 and 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			forged := strings.Replace(string(data), c.old, c.new, 1)
			if forged == string(data) {
				t.Fatal("the test changes nothing")
			}
			r, err := promotion.DecodeRecord([]byte(forged))
			if err == nil {
				_, err = r.Replay("v1")
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}
