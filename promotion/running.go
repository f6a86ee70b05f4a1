package promotion

import (
	"fmt"
	"slices"
	"time"

	"github.com/shopslo/shopslo/fleet"
)

// checkSync asks that every ShopSet below runs the Release and is healthy. Whether it
// is in sync is checkDrift's to say.
func (d *deciding) checkSync(t tier) []Check {
	return d.perShopSet(CheckSync, t, "whether every ShopSet runs the Release and is healthy", func(o *fleet.ShopSetState) (Result, string, Figures) {
		result, reason := d.judgeSync(o)
		return result, reason, Figures{{"release", orNull(string(o.Release))}, {"health", string(o.Health)}, {"sync", string(o.Sync)}, {"observed_at", instant(o.ObservedAt)}}
	})
}

func (d *deciding) judgeSync(o *fleet.ShopSetState) (Result, string) {
	runs := "It runs Release " + Short(string(o.Release))
	switch {
	case o.Health == fleet.Degraded || o.Health == fleet.Missing:
		return Fail, fmt.Sprintf("It is %s, and Release %s is to go on from here.", o.Health, orNone(Short(d.e.Release)))
	case d.e.Release == "":
		return Unknown, "Nobody knows which Release is to go on: name it with --release, or let the exporter read the branches."
	case o.Release == "":
		return Unknown, "Which Release it runs is not known" + because(o) + "."
	case !d.runs(o):
		return Unknown, fmt.Sprintf("%s, not yet %s.", runs, Short(d.e.Release))
	case o.Health != fleet.Healthy:
		return Unknown, fmt.Sprintf("%s and is %s, not yet Healthy%s.", runs, o.Health, because(o))
	}
	if o.Unverified != "" {
		return Unknown, fmt.Sprintf("%s and is Healthy, but is not verified: %s.", runs, o.Unverified)
	}
	return Pass, runs + " and is Healthy."
}

func (d *deciding) runs(o *fleet.ShopSetState) bool {
	return d.e.Release != "" && string(o.Release) == d.e.Release
}

// checkDrift asks that what runs below is what git asks for.
func (d *deciding) checkDrift(t tier) []Check {
	return d.perShopSet(CheckDrift, t, "whether what runs is what git asks for", func(o *fleet.ShopSetState) (Result, string, Figures) {
		figures := Figures{{"sync", string(o.Sync)}, {"drifted_since", instant(o.DriftedSince)}, {"observed_at", instant(o.ObservedAt)}}
		if o.OutOfSync != nil {
			figures = figures.with("resources_out_of_sync", *o.OutOfSync)
		}
		result, reason := d.judgeDrift(o)
		return result, reason, figures
	})
}

func (d *deciding) judgeDrift(o *fleet.ShopSetState) (Result, string) {
	since := ""
	if !o.DriftedSince.IsZero() {
		since = fmt.Sprintf(" for %s", age(d.now.Sub(o.DriftedSince)))
	}
	switch {
	case o.Sync == fleet.Synced:
		return Pass, "It is Synced."
	case o.Sync != fleet.OutOfSync:
		return Unknown, "Whether it is Synced is not known" + because(o) + "."
	case !d.runs(o):
		return Unknown, fmt.Sprintf("It is OutOfSync%s: the Release has not arrived.", since)
	case !o.ReleaseSince.IsZero() && !o.ObservedAt.After(o.ReleaseSince):
		// What a rollout changes is OutOfSync until Argo CD compares again.
		return Unknown, "It was OutOfSync when the Release came, and Argo CD has not compared all of it since."
	}
	what := "what runs"
	if o.OutOfSync != nil {
		what = count(*o.OutOfSync, "resource") + " that run"
	}
	return Fail, fmt.Sprintf("It drifts: it has been OutOfSync%s, since %s differ from what git asks for; sync it, or bring the change to git.", since, what)
}

// checkSoak asks that the Release has been verified below for long enough: all
// ShopSets Synced and Healthy at it without a break.
func (d *deciding) checkSoak(t tier) []Check {
	asked := t.Soak
	if d.p.Soak != nil {
		asked = *d.p.Soak
	}
	what := "whether the Release has been verified for as long as is asked for, " + age(asked)
	if asked <= 0 && d.p.Needs[CheckSoak] != Off {
		return []Check{t.check(CheckSoak).says(NotChecked, fmt.Sprintf("No soak time is asked of %s.", orElse(string(t.Name), "the Tier below")))}
	}
	if checks, done := d.unseen(CheckSoak, t, what); done {
		return checks
	}
	c := t.check(CheckSoak)
	c.figure("asked_seconds", asked.Seconds())
	state := tierOf(&d.e.Fleet.Snapshot, t.Name)
	others, unverified := 0, ""
	for _, name := range t.ShopSets {
		if o := d.seen[name]; o == nil || !d.runs(o) {
			others++
		} else if o.Unverified != "" && unverified == "" {
			unverified = fmt.Sprintf(" %s is not verified: %s.", name, o.Unverified)
		}
	}
	switch {
	case d.e.Release == "":
		c.Result, c.Reason = Unknown, "Nobody knows which Release is to go on, so nobody can tell how long it has been verified."
	case others > 0 || len(t.ShopSets) == 0:
		c.Result, c.Reason = Unknown, fmt.Sprintf("The soak time of %s has not begun: %d of %s run Release %s.", age(asked), len(t.ShopSets)-others, count(len(t.ShopSets), "ShopSet"), Short(d.e.Release))
	case state == nil || state.SoakingSince.IsZero():
		c.Result, c.Reason = Unknown, fmt.Sprintf("The soak time of %s has not begun: not all ShopSets of %s are Synced and Healthy, or nobody remembers since when.", age(asked), t.Name)
		if unverified != "" {
			c.Reason = fmt.Sprintf("The soak time of %s has not begun:%s", age(asked), unverified)
		}
	default:
		since := state.SoakingSince
		soaked := d.now.Sub(since)
		c.figure("soaking_since", instant(since)).figure("soaked_seconds", soaked.Seconds())
		c.Result, c.Reason = Pass, fmt.Sprintf("All ShopSets have run it Synced and Healthy for %s without a break, %s is asked for.", age(soaked), age(asked))
		if soaked < asked {
			c.Result = Unknown
			c.Reason = fmt.Sprintf("All ShopSets have run it Synced and Healthy for %s without a break, %s is asked for: until %s.",
				age(max(soaked, 0)), age(asked), since.Add(asked).UTC().Format(time.RFC3339))
		}
	}
	return []Check{c}
}

// checkImages asks that what the Release brings cannot come to mean something else.
func (d *deciding) checkImages(t tier) []Check {
	return d.perShopSet(CheckImages, t, "whether the Release's images are immutable", func(o *fleet.ShopSetState) (Result, string, Figures) {
		mutable := o.MutableImages()
		figures := Figures{{"images", len(o.Images)}, {"mutable", slices.Clone(mutable)}}
		switch {
		case len(mutable) > 0:
			return Fail, fmt.Sprintf("%s can come to mean another image: %s; give each a tag of its own or a digest.", count(len(mutable), "name"), some(mutable, 3)), figures
		case len(o.Images) == 0:
			return Unknown, "Which images it runs is not known" + because(o) + ".", figures
		case !d.runs(o):
			return Unknown, "It does not run the Release yet, so its images are of another.", figures
		}
		return Pass, fmt.Sprintf("%s, each with a tag of its own or a digest.", count(len(o.Images), "image")), figures
	})
}

// orNull is a text for Check.Evidence: nil where there is none.
func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
