package promotion

import (
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/shopslo/shopslo/fleet"
)

// Arrival says that a ShopSet has had a Release since a time. It is somebody's claim: no
// exporter saw it, so nothing is known of sync and health.
type Arrival struct {
	ShopSet fleet.ShopSetName `json:"shopset"`
	// Release may be "" where the fleet has one Tier only, and just the time is known.
	Release string    `json:"release"`
	At      time.Time `json:"at"`
	By      string    `json:"by,omitempty"` // who says so; "" : nobody does
	// Recorded is when that was said; zero: now.
	Recorded time.Time `json:"recorded,omitzero"`
}

// releaseName is what a Release may be called where no git says: a commit, a version, a tag.
var releaseName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+/:@-]{0,127}$`)

// CheckReleaseName reports what cannot be the name of a Release.
func CheckReleaseName(name string) error {
	if !releaseName.MatchString(name) {
		return fmt.Errorf("%.200q is not a release; give a commit, a version or a tag: letters, digits and . _ + / : @ -, at most 128", name)
	}
	return nil
}

// Told adds when Releases came, as somebody claims, of the Tiers of the promotion. A
// Release that was not given is the one that came last to the Tier below.
func (e *Evidence) Told(found Found[Arrival]) {
	e.Arrivals = Found[Arrival]{Where: found.Where, Error: found.Error, Items: []Arrival{}}
	var seen fleet.Snapshot
	var last []Arrival // to Source; several where they came at the same time
	for _, a := range found.Items {
		below := slices.Contains(e.Source.ShopSets, a.ShopSet)
		if !below && !slices.Contains(e.Target.ShopSets, a.ShopSet) {
			continue
		}
		e.Arrivals.Items = append(e.Arrivals.Items, a)
		seen.ShopSets = append(seen.ShopSets, fleet.ShopSetState{Observation: fleet.Observation{Release: fleet.Release(a.Release)}})
		switch {
		case !below || len(last) > 0 && a.At.Before(last[0].At):
		case len(last) > 0 && a.At.Equal(last[0].At) && a.Release == last[0].Release:
		case len(last) > 0 && a.At.Equal(last[0].At):
			last = append(last, a)
		default:
			last = []Arrival{a}
		}
	}
	switch {
	case e.Release != "":
		e.Release = candidate(e.Release, "", &seen)
	case len(last) == 1 && !e.alone():
		e.Release = last[0].Release
	}
}

// alone reports whether the fleet has one Tier only: then no Release is seen below, and what
// runs in the Tier says whether the next one may come.
func (e *Evidence) alone() bool {
	return e.From == "" && e.To != "" && e.Source.Name == e.To && len(e.Declared.Tiers) == 1 && e.Declared.Tiers[0].Tier == e.To
}

// run is what runs on a ShopSet, and since when. The zero value: nothing is known.
type run struct {
	release string
	since   time.Time
}

// runs are of all ShopSets of which it is known: as the exporter saw them, or else as
// somebody claims. Of two claims about one the worse is not known, so both are left out.
func (e *Evidence) runs() map[fleet.ShopSetName]run {
	out := map[fleet.ShopSetName]run{}
	if !e.claimed() {
		for name, o := range sets(&e.Fleet.Snapshot) {
			out[name] = run{string(o.Release), laterKnown(o.ReleaseSince, o.ChangedSince)}
		}
		return out
	}
	for _, a := range e.Arrivals.Items {
		if _, twice := out[a.ShopSet]; twice {
			out[a.ShopSet] = run{}
			continue
		}
		out[a.ShopSet] = run{a.Release, a.At}
	}
	return out
}

// laterKnown is since when what runs is there: the Release, and what its ShopSet's own folders
// have. Where it is not known when the Release came, nothing is.
func laterKnown(release, changed time.Time) time.Time {
	if release.IsZero() {
		return release
	}
	return later(release, changed)
}

// claimed reports whether when a Release came is a claim.
func (e *Evidence) claimed() bool { return e.Fleet.Where == "" && e.Arrivals.Where != "" }

// cameTo is when the Release came to a ShopSet on which that runs; zero: not known, or it
// did not.
func (e *Evidence) cameTo(r run) time.Time {
	if e.alone() || r.release != "" && r.release == e.Release {
		return r.since
	}
	return time.Time{}
}

// FirstCame is when the Release came to the first ShopSet of Source; zero: not known.
func (e *Evidence) FirstCame() (first time.Time) {
	running := e.runs()
	for _, set := range e.Source.ShopSets {
		if came := e.cameTo(running[set]); !came.IsZero() && (first.IsZero() || came.Before(first)) {
			first = came
		}
	}
	return first
}

// came is when the Release came to a ShopSet; zero: not known, or it did not.
func (d *deciding) came(set fleet.ShopSetName) time.Time { return d.e.cameTo(d.running[set]) }

// setArrival says where it can be said when a Release came.
const setArrival = "set gate.fleet.url or gate.releases.file, or --since"

// unarrived is unasked for what rests on when the Release came.
func (d *deciding) unarrived(check string, t tier, hint string) ([]Check, bool) {
	where, failed := d.e.Fleet.Where, d.e.Fleet.Error
	if d.e.claimed() {
		where, failed = d.e.Arrivals.Where, d.e.Arrivals.Error
	}
	return d.unasked(check, t, where, failed, hint)
}

// which is the Release whose coming is looked at, as a sentence has it.
func (d *deciding) which() string {
	if d.alone {
		return d.say("the running Release")
	}
	return d.say("Release %s", d.orNone(Short(d.e.Release)))
}

// doubtedClaims says of ShopSets in a sentence why a claim is no evidence; of the others
// it is, or the exporter knows.
func (d *deciding) doubtedClaims() map[fleet.ShopSetName]string {
	if !d.e.claimed() {
		return nil
	}
	doubts, seen := map[fleet.ShopSetName]string{}, map[fleet.ShopSetName]bool{}
	where := d.begin(d.e.Arrivals.Where)
	for _, a := range d.e.Arrivals.Items {
		switch {
		case seen[a.ShopSet]:
			doubts[a.ShopSet] = d.say("%s has two arrival times for %s.", where, a.ShopSet)
		case a.At.IsZero():
			doubts[a.ShopSet] = d.say("%s has no arrival time for %s.", where, a.ShopSet)
		case a.At.After(d.now), d.future(a.Recorded):
			doubts[a.ShopSet] = d.say("%s claims, for %s, a time in the future.", where, a.ShopSet)
		case !a.Recorded.IsZero() && a.At.Sub(a.Recorded) > d.p.MaxAge:
			doubts[a.ShopSet] = d.say("%s claimed at %s that it arrived in %s at %s, which was then in the future.", where, a.Recorded.UTC().Format(time.RFC3339), a.ShopSet, a.At.UTC().Format(time.RFC3339))
		}
		seen[a.ShopSet] = true
	}
	return doubts
}

// early says in a sentence that a claim is older than what was counted; "" where it is
// not, or where the exporter knows. Who has just begun to send has a history that begins a
// little after the Release came.
func (d *deciding) early(c *Comparison) string {
	switch {
	case !d.e.claimed():
	case c.History.IsZero():
		return d.say("The start of the history is unknown.")
	case c.History.Sub(c.Came) > d.p.MaxAge:
		return d.say("%s claims that it arrived on %s at %s, before the history of %s begins (%s).", d.begin(d.e.Arrivals.Where), c.ShopSet,
			c.Came.UTC().Format(time.RFC3339), c.SLO, c.History.UTC().Format(time.RFC3339))
	}
	return ""
}

// claimedSoak is checkSoak by claims: time since the Release came, in which all ShopSets
// sent data. How it did otherwise, nobody saw.
func (d *deciding) claimedSoak(t tier, asked time.Duration) Check {
	c := t.check(CheckSoak)
	c.figure("asked_seconds", asked.Seconds()).figure("claimed_by", d.e.Arrivals.Where)
	others, since, doubt := 0, time.Time{}, ""
	for _, name := range t.ShopSets {
		came := d.came(name)
		if doubt == "" {
			doubt = d.doubtedOf[name]
		}
		if came.IsZero() {
			others++
			continue
		}
		since = later(since, came)
	}
	if doubt == "" {
		doubt = d.silent(t)
	}
	soaked := d.now.Sub(since)
	switch {
	case d.e.Release == "" && !d.alone:
		return c.says(Unknown, d.say("The Release to promote is unknown, so its soak time is unknown."))
	case others > 0 && d.alone:
		return c.says(Unknown, d.say("Soak (%s) is unknown: %s does not report since when %d of %s have run their Release.", d.age(asked), d.inSentence(d.e.Arrivals.Where),
			others, d.count(len(t.ShopSets), "ShopSet")))
	case others > 0 || len(t.ShopSets) == 0:
		return c.says(Unknown, d.say("Soak (%s) has not started: according to %s, %d of %s have %s.", d.age(asked), d.inSentence(d.e.Arrivals.Where),
			len(t.ShopSets)-others, d.count(len(t.ShopSets), "ShopSet"), d.which()))
	case doubt != "":
		return c.says(Unknown, d.say("Soak (%s) is unknown. %s", d.age(asked), doubt))
	}
	c.figure("soaking_since", instant(since)).figure("soaked_seconds", soaked.Seconds())
	said := d.say("According to %s, all ShopSets have had %s for %s, and sent data (%s required", d.inSentence(d.e.Arrivals.Where), d.which(), d.age(soaked), d.age(asked))
	if soaked < asked {
		return c.says(Unknown, d.say("%s; complete at %s).", said, since.Add(asked).UTC().Format(time.RFC3339)))
	}
	return c.says(Pass, d.say("%s); sync and health are not known.", said))
}

// silent says in a sentence which ShopSet sent too little since the Release came to be
// seen; "" where none did.
func (d *deciding) silent(t tier) string {
	found := d.e.compared()
	for _, set := range t.ShopSets {
		if len(t.SLOs) == 0 {
			return d.say("No SLO applies, so it is unknown whether the ShopSets sent data.")
		}
		for _, s := range t.SLOs {
			all := found[pair{set, s}]
			if len(all) == 0 {
				return d.say("%s, %s: nothing was counted since the Release arrived.", set, s)
			}
			for _, c := range all {
				if _, why := d.unseenSince(c); why != "" {
					return d.say("%s, %s: %s", set, s, why)
				}
			}
		}
	}
	return ""
}
