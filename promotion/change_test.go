package promotion_test

import (
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion"
)

// What Argo CD does with what runs, and when that changed, is no pass where it is not known.
// What an exporter of before tells of all ShopSets is less, and said to be.
func TestAnExporterOfBeforeTellsTooLittle(t *testing.T) {
	e := whole(t, "prod")
	for i := range e.Fleet.Snapshot.ShopSets {
		e.Fleet.Snapshot.ShopSets[i].Untold = true
	}
	said := map[string]bool{}
	for _, c := range promotion.Decide(promotion.Policy{}, e, now).Checks {
		if strings.Contains(c.Reason, "upgrade shopset_exporter") && c.Result == promotion.NotChecked {
			said[c.Check] = true
		}
	}
	if !said["sync"] || !said["soak"] {
		t.Errorf("said of %v", said)
	}
}

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
		{"soak names that change", changed, required(), "soak", promotion.Unknown, "Counted from the change of a-2's manifests at 2026-10-31T2"},
		{"what was compared since the Release came is not what came since the change", changed, required(), "since_release", promotion.Unknown, "Counted from the change of a-2's manifests"},
		{"what is Suspended is waited for", func(o *fleet.ShopSetState) { o.Health = fleet.Suspended }, required(), "sync", promotion.Unknown, "health is Suspended, not Healthy"},
		{"unless the policy accepts it", func(o *fleet.ShopSetState) { o.Health = fleet.Suspended }, promotion.Policy{AcceptSuspended: true}, "sync", promotion.Pass, "and Suspended, which the policy accepts."},
		{"then all that is settled soaks", func(o *fleet.ShopSetState) { o.Health = fleet.Suspended }, promotion.Policy{AcceptSuspended: true}, "soak", promotion.Unknown, "are Synced and Healthy/Suspended, or the start time is unknown"},
		{"what is told of others and not of one is missing", old, promotion.Policy{}, "sync", promotion.Unknown, "Cannot check sync: the exporter"},
		{"soak counts from when it became Healthy", func(o *fleet.ShopSetState) { o.HealthSince = now.Add(-5 * time.Minute) }, required(), "soak", promotion.Unknown,
			"for 5m without interruption (1d required); complete at 2026-11-01T23:55:30Z. Counted from when a-2 became Healthy"},
		{"nothing that is Synced is held", func(o *fleet.ShopSetState) { o.Causes = []fleet.HoldCause{fleet.AutoSyncOff} }, required(), "drift", promotion.Unknown, "Synced, and as pending or held"},
		{"an operation of the future", func(o *fleet.ShopSetState) { o.Workings = &fleet.Workings{Ended: now.Add(time.Hour)} }, required(), "sync", promotion.Unknown, "operation is reported with a time in the future"},
		{"an image with a space", func(o *fleet.ShopSetState) { o.Images = []string{"r.example/cart:latest "} }, required(), "images", promotion.Unknown, "is not a valid image reference"},
		{"an image of which the version was not filled in", func(o *fleet.ShopSetState) { o.Images = []string{"r.example/cart:${VERSION}"} }, required(), "images", promotion.Unknown, "is not a valid image reference"},
		{"an image with a digest that is none", func(o *fleet.ShopSetState) { o.Images = []string{"r.example/cart@"} }, required(), "images", promotion.Unknown, "is not a valid image reference"},
		{"images as there are", func(o *fleet.ShopSetState) {
			o.Images = []string{"[::1]:5000/shop/cart_x:v1.2_3-rc.1", "Registry.example:5000/a/b-c/d:1@sha256:00ff", "a:1"}
		}, required(), "images", promotion.Pass, "3 images"},
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
		{"the rollback is as new as the fetch", rolledBack(time.Minute, false), promotion.Unknown, "at about the time of the last git fetch; the next fetch will show it."},
		{"a pull request may be merged by now", rolledBack(2*time.Hour, true), promotion.Unknown, "whether that was merged since git was fetched is unknown."},
		{"the Release is not known", func(e *promotion.Evidence) {
			rolledBack(2*time.Hour, false)(e)
			e.Release, e.Moves.Last = "", &promotion.Move{Entry: 12, At: now.Add(-time.Hour), Release: oldRelease}
		}, promotion.Unknown, "The Release to promote to prod is unknown, so whether it was rolled back is unknown: set --release."},
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
