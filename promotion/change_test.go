package promotion_test

import (
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion"
)

// What Argo CD does with what runs, and when that changed, is no pass where it is not known.
func TestWhatIsPendingMissingOrChangedSinceIsNoPass(t *testing.T) {
	pending := func(o *fleet.ShopSetState) {
		o.Sync, o.Pending, o.PendingSince, o.Held = fleet.OutOfSync, "9999999999999999999999999999999999999999", now.Add(-time.Hour), "auto-sync is off"
	}
	changed := func(o *fleet.ShopSetState) { o.ChangedSince = now.Add(-2 * time.Hour) }
	old := func(o *fleet.ShopSetState) { o.Untold = true }
	for _, c := range []struct {
		name   string
		change func(o *fleet.ShopSetState)
		policy promotion.Policy
		check  string
		result promotion.Result
		reason string
	}{
		{"what is pending is no drift", pending, required(), "drift", promotion.Unknown, "OutOfSync: revision 999999999999 is pending since 2026-10-31T2"},
		{"what holds it is said", pending, required(), "drift", promotion.Unknown, "; held: auto-sync is off."},
		{"drift says what holds it", func(o *fleet.ShopSetState) { drifted(o); o.Held = "self-heal is off" }, required(), "drift", promotion.Fail, "3 resources out of sync; held: self-heal is off; sync the ShopSet"},
		{"what is missing holds, and is named", func(o *fleet.ShopSetState) { o.Health, o.Reason = fleet.Missing, "component cart has no Application" }, required(),
			"sync", promotion.Fail, "Health is Missing: component cart has no Application; it must be Healthy"},
		{"a Release that is not verified has not passed the Tier", unverified, required(), "release", promotion.Unknown, "is not verified in beta-prod, on a-2: the sync to r2 has failed"},
		{"soak counts from a change of its own folders", changed, required(), "soak", promotion.Unknown, "for 2h without interruption (1d required); complete at "},
		{"soak names that change", changed, required(), "soak", promotion.Unknown, "Counted from the change of a-2's own folders at 2026-10-31T2"},
		{"what was compared since the Release came is not what came since the change", changed, required(), "since_release", promotion.Unknown, "Counted from the change of a-2's own folders"},
		{"what is Suspended is waited for", func(o *fleet.ShopSetState) { o.Health = fleet.Suspended }, required(), "sync", promotion.Unknown, "health is Suspended, not Healthy"},
		{"unless the policy accepts it", func(o *fleet.ShopSetState) { o.Health = fleet.Suspended }, promotion.Policy{AcceptSuspended: true}, "sync", promotion.Pass, "and Suspended, which the policy accepts."},
		{"then all that is settled soaks", func(o *fleet.ShopSetState) { o.Health = fleet.Suspended }, promotion.Policy{AcceptSuspended: true}, "soak", promotion.Unknown, "are Synced and Healthy/Suspended, or the start time is unknown"},
		{"an exporter of before tells too little of sync", old, promotion.Policy{}, "sync", promotion.NotChecked, "upgrade shopset_exporter). Reported: Running Release"},
		{"an exporter of before tells too little of soak", old, promotion.Policy{}, "soak", promotion.NotChecked, "upgrade shopset_exporter"},
		{"where it is required, that is unknown", old, required(), "sync", promotion.Unknown, "Cannot check sync: the exporter"},
		{"what may not serve is unknown", func(o *fleet.ShopSetState) { o.Unserved = "Argo CD tells no health of what is out of sync" }, required(), "sync", promotion.Unknown,
			"and Healthy, but it may not serve: Argo CD tells no health"},
		{"nothing is Synced with something missing", func(o *fleet.ShopSetState) { three := 3; o.Missing = &three }, required(), "sync", promotion.Unknown, "Synced with 3 resources missing."},
		{"no Tier soaks beside what is not verified", func(o *fleet.ShopSetState) { o.Unverified = "PostSync failed" }, required(), "soak", promotion.Unknown, "a-2 is reported as Healthy or not verified, and its Tier as soaking."},
		{"an exporter of before that says Degraded holds", func(o *fleet.ShopSetState) { old(o); degraded(o) }, promotion.Policy{}, "sync", promotion.Fail, "Health is Degraded"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := whole(t, "prod")
			seenAs("a-2", c.change)(&e)
			var said []string
			for _, check := range promotion.Decide(c.policy, e, now).Checks {
				if check.Check != c.check {
					continue
				}
				if check.Result == c.result && strings.Contains(check.Reason, c.reason) {
					return
				}
				said = append(said, string(check.Result)+": "+check.Reason)
			}
			t.Errorf("no %s %s with %q:\n%s", c.result, c.check, c.reason, strings.Join(said, "\n"))
		})
	}
}

// A branch that was fetched at about the time of a rollback says nothing against it.
func TestWhatTheTargetHasIsAsOldAsItsFetch(t *testing.T) {
	rolledBack := func(ago time.Duration, proposed bool) func(*promotion.Evidence) {
		return func(e *promotion.Evidence) {
			e.Moves.Last = nil
			e.Moves.Rollbacks = []promotion.Rollback{{Entry: 9, At: now.Add(-ago), Release: newRelease, To: oldRelease, Proposed: proposed}}
			for i := range e.Fleet.Snapshot.Tiers {
				if s := &e.Fleet.Snapshot.Tiers[i]; s.Tier == e.To {
					s.Release = newRelease
				}
			}
			e.Fleet.Snapshot.Git.FetchedAt = now.Add(-time.Second)
		}
	}
	for _, c := range []struct {
		name   string
		change func(*promotion.Evidence)
		result promotion.Result
		reason string
	}{
		{"it has it again", rolledBack(2*time.Hour, false), promotion.Pass, "was not rolled back"},
		{"the rollback is as new as the fetch", rolledBack(time.Minute, false), promotion.Unknown, "at about the time at which git was fetched; the next fetch tells."},
		{"a pull request may be merged by now", rolledBack(2*time.Hour, true), promotion.Unknown, "whether that was merged since git was fetched is unknown."},
		{"the Release is not known", func(e *promotion.Evidence) {
			rolledBack(2*time.Hour, false)(e)
			e.Release, e.Moves.Last = "", &promotion.Move{Entry: 12, At: now.Add(-time.Hour), Release: oldRelease}
		}, promotion.Unknown, "Which Release is to go to prod is unknown, so nobody can tell whether it was rolled back: set --release."},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := whole(t, "prod")
			c.change(&e)
			for _, check := range promotion.Decide(required(), e, now).Checks {
				if check.Check == promotion.CheckRollback {
					if check.Result != c.result || !strings.Contains(check.Reason, c.reason) {
						t.Errorf("%s: %s; want %s with %q", check.Result, check.Reason, c.result, c.reason)
					}
					return
				}
			}
			t.Error("nothing was checked")
		})
	}
}
