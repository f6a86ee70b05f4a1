package kube

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
)

// ran is a part that runs what was deployed, the newest first: "r2@3 r1@5" were 3 and 5 hours
// before noon, "r2@?" nobody knows when.
func ran(deployed string) part {
	e := &entry{key: "argocd/x", app: appObject{Sync: fleet.Synced, Health: fleet.Healthy, ObservedAt: noon}}
	for _, word := range strings.Fields(deployed) {
		revision, ago, _ := strings.Cut(word, "@")
		d := deployment{Revision: revision}
		if ago != "?" {
			hours := 0
			if _, err := fmt.Sscan(ago, &hours); err != nil {
				panic(err)
			}
			d.At = noon.Add(-time.Duration(hours) * time.Hour)
		}
		e.app.Deployed = append(e.app.Deployed, d)
	}
	return part{cluster: "east", entry: e}
}

// A Release is a ShopSet's since its last part has it; parts that run different ones have none.
func TestSinceWhenAShopSetHasItsRelease(t *testing.T) {
	// r1 and R1 are of the same Release, u of none that is known.
	release := func(revision string) fleet.Release {
		if revision == "u" {
			return ""
		}
		return fleet.Release(strings.ToLower(revision))
	}
	hours := func(at time.Time) string {
		if at.IsZero() {
			return "-"
		}
		return fmt.Sprint(noon.Sub(at).Hours())
	}
	for _, tt := range []struct {
		name, parts string // parts are separated by |
		want        string // the Release, the revision, since, not before
	}{
		{"one part", "r2@3 r1@5", "r2 r2 3 3"},
		{"the last part counts", "r2@3 r1@5 | r2@1 r1@5", "r2 r2 1 1"},
		{"in any order", "r2@1 r1@5 | r2@3 r1@5", "r2 r2 1 1"},
		{"different Releases have no time, though both are known", "r2@3 r1@5 | r1@5 r0@9", "- - - -"},
		{"the third part makes no Release out of two", "r2@3 r1@5 | r1@5 r0@9 | r2@2 r1@5", "- - - -"},
		{"two revisions of one Release", "r2@3 r1@5 | R2@2 r1@5", "r2 - 2 2"},
		{"the second part's time is not known", "r2@3 r1@5 | r2@? r1@5", "r2 r2 - -"},
		{"the first part's time is not known", "r2@? r1@5 | r2@3 r1@5", "r2 r2 - -"},
		{"a third does not make up for it", "r2@3 r1@5 | r2@? r1@5 | r2@2 r1@5", "r2 r2 - -"},
		{"nothing runs in one", "r2@3 r1@5 | ", "- - - -"},
		{"deployments of one Release in a row are one", "r2@1 R2@2 r2@3 r1@5", "r2 r2 3 3"},
		{"one came back", "r2@1 r1@2 r2@3", "r2 r2 1 1"},
		{"what was before is not known", "r2@1 r2@3", "r2 r2 3 -"},
		{"before it ran what nobody knows", "r2@3 u@5 r1@6", "r2 r2 3 -"},
		{"the first one's time is told by an older deployment", "r2@? R2@4 r1@5", "r2 r2 4 4"},
		{"what is no known Release", "u@3 r1@5", "- u - -"},
		{"one part knows from when on at the earliest", "r2@3 | r2@4 r1@5", "r2 r2 3 4"},
		{"the later of two earliest times", "r2@3 r1@5 | r2@4 r1@5", "r2 r2 3 3"},
		{"the later of two earliest times, turned round", "r2@4 r1@5 | r2@3 r1@5", "r2 r2 3 3"},
	} {
		var parts []part
		for p := range strings.SplitSeq(tt.parts, "|") {
			parts = append(parts, ran(p))
		}
		o := sum("a", parts, release, noon, 0)
		got := fmt.Sprintf("%s %s %s %s", o.Release, o.Revision, hours(o.ReleaseSince), hours(o.ReleaseNotBefore))
		var words []string
		for _, w := range strings.Split(got, " ") {
			if w == "" {
				w = "-"
			}
			words = append(words, w)
		}
		if got = strings.Join(words, " "); got != tt.want {
			t.Errorf("%s (%s): %s, want %s", tt.name, tt.parts, got, tt.want)
		}
	}
}

// The whole is as bad as its worst part, and as old as its oldest.
func TestAShopSetIsAsItsWorstPart(t *testing.T) {
	n := func(i int) *int { return &i }
	like := func(change func(e *entry)) part {
		p := ran("r1@5")
		change(p.entry)
		return p
	}
	drift := func(since time.Time, events int64) func(e *entry) {
		return func(e *entry) { e.drifting, e.driftedSince, e.events = true, since, events }
	}
	early, late := noon.Add(-2*time.Hour), noon.Add(-time.Hour)
	for _, tt := range []struct {
		name  string
		parts []part
		want  func(o fleet.Observation) bool
	}{
		{"its drift began with the first that drifts", []part{like(drift(late, 1)), like(drift(early, 2)), like(drift(late, 4))},
			func(o fleet.Observation) bool { return o.DriftedSince.Equal(early) && *o.DriftEvents == 7 }},
		{"a part that does not drift has no say", []part{like(func(e *entry) { e.events = 1 }), like(drift(late, 1))},
			func(o fleet.Observation) bool { return o.DriftedSince.Equal(late) && *o.DriftEvents == 2 }},
		{"a part whose beginning nobody saw makes all of it unknown", []part{like(drift(early, 1)), like(drift(time.Time{}, 0)), like(drift(late, 1))},
			func(o fleet.Observation) bool { return o.DriftedSince.IsZero() }},
		{"resources that differ are added up", []part{like(func(e *entry) { e.app.OutOfSync = n(2) }), like(func(e *entry) { e.app.OutOfSync = n(3) })},
			func(o fleet.Observation) bool { return *o.OutOfSync == 5 }},
		{"unless one is not known", []part{like(func(e *entry) { e.app.OutOfSync = n(2) }), like(func(e *entry) { e.app.OutOfSync = nil }), like(func(e *entry) { e.app.OutOfSync = n(3) })},
			func(o fleet.Observation) bool { return o.OutOfSync == nil }},
		{"it was compared when the oldest was", []part{like(func(e *entry) { e.app.ObservedAt = late }), like(func(e *entry) { e.app.ObservedAt = early }), like(func(e *entry) { e.app.ObservedAt = late })},
			func(o fleet.Observation) bool { return o.ObservedAt.Equal(early) }},
		{"the first reason of all, by the alphabet", []part{like(func(e *entry) { e.app.Reason = "b" }), like(func(e *entry) { e.app.Reason = "a" }), like(func(*entry) {})},
			func(o fleet.Observation) bool { return o.Reason == "a" }},
		{"a doubt names its Application, where there are several", []part{like(func(*entry) {}), like(func(e *entry) { e.key, e.app.Unverified = "argocd/y", "a hook failed" })},
			func(o fleet.Observation) bool { return o.Unverified == "Application argocd/y: a hook failed" }},
		{"the only one needs no name", []part{like(func(e *entry) { e.app.Unverified = "a hook failed" })},
			func(o fleet.Observation) bool { return o.Unverified == "a hook failed" }},
		{"a doubt that begins later is none yet", []part{like(func(e *entry) { e.app.Unverified, e.app.UnverifiedFrom = "a hook failed", noon.Add(1) })},
			func(o fleet.Observation) bool { return o.Unverified == "" }},
		{"a doubt that begins now is one", []part{like(func(e *entry) { e.app.Unverified, e.app.UnverifiedFrom = "a hook failed", noon })},
			func(o fleet.Observation) bool { return o.Unverified == "a hook failed" }},
		{"images are sorted, each once", []part{like(func(e *entry) { e.app.Images = []string{"b", "c"} }), like(func(e *entry) { e.app.Images = []string{"a", "b"} })},
			func(o fleet.Observation) bool { return fmt.Sprint(o.Images) == "[a b c]" }},
		{"OutOfSync of one", []part{like(func(*entry) {}), like(func(e *entry) { e.app.Sync, e.app.Health = fleet.OutOfSync, fleet.Degraded })},
			func(o fleet.Observation) bool { return o.Sync == fleet.OutOfSync && o.Health == fleet.Degraded }},
	} {
		if o := sum("a", tt.parts, releases, noon, 0); !tt.want(o) {
			t.Errorf("%s: %+v", tt.name, o)
		}
	}
}
