// Package suspect says which change may have caused an incident: of those that reached what is
// affected in the hours before, the likeliest first, each with why.
//
// It knows what is told to it and nothing else: a change that nobody told of is no suspect, and
// what could not be asked stands in Report.Unknown.
package suspect

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/shopslo/shopslo/incident"
)

// Kind is what kind of change it is.
type Kind string

// The kinds of changes.
const (
	Release  Kind = "release"  // a Release came to a Tier
	Rollback Kind = "rollback" // an older Release came again
	Overlay  Kind = "overlay"  // a ShopSet's own configuration changed
	Drift    Kind = "drift"    // something was changed by hand: what runs differs from git
)

// Change is something that reached ShopSets.
type Change struct {
	Kind    Kind
	Tier    string
	Release string // of Overlay and Drift: the system repository's commit; "": not known
	// Replaces is the Release from before; "": not known.
	Replaces string
	// Reached are the ShopSets that it came to; empty: nobody knows, it is the Tier's from At on.
	Reached []Reached
	At      time.Time // when it first came somewhere
	// Compare shows what is between the two Releases; "": no address.
	Compare    string
	Components []Component // what it brings, as far as is known
	Gate       Gate
	By         string // who moved it; "": nobody said
}

// Reached is a ShopSet and when a Change came to it.
type Reached struct {
	ShopSet string
	At      time.Time
}

// Component is a part of a shop and the subjects of the commits that change it.
type Component struct {
	Name     string
	Subjects []string
}

// Gate is what the gate had said of a Release before it came; the zero value: nothing that is
// known.
type Gate struct {
	Decision string   // promote, hold or inconclusive
	Reasons  []string // of the checks that did not pass
	Waived   []string // who had checks left out
}

// ShopSet is one of the fleet.
type ShopSet struct {
	Name, Tier string
	Components []string
}

// Burn is how fast an error budget goes.
type Burn struct {
	SLO, ShopSet, Tier string
	// Rate is the burn rate of the last minutes: 1 exhausts the budget in just its window.
	Rate float64
	// Share of the budget that is gone since the Incident began, 0–1; nil: not known.
	Share *float64
}

// Facts are what is known of an Incident and of the time before.
type Facts struct {
	Onset   time.Time // when it began, as far as is known
	Scope   incident.Scope
	Words   string // what people and alerts say of it
	Fleet   []ShopSet
	Changes []Change
	Burns   []Burn
	Unknown []Gap
}

// Gap is something that could not be asked.
type Gap struct {
	What What
	Why  string // "": nobody named whom to ask
}

// What is a kind of facts.
type What string

// The kinds of facts.
const (
	Running What = "running" // what runs since when
	Moved   What = "moved"   // what was moved, and what the gate had said
	Burning What = "burning" // what burns
)

// Report is what is to be told.
type Report struct {
	Onset    time.Time
	Suspects []Suspect
	// Hit are the ShopSets that are affected, of the Tiers that have some; Of is how many those
	// Tiers have in all.
	Hit     []string
	Of      int
	Burns   []Burn // of those that burn, the most first
	Unknown []Gap
}

// Suspect is a Change, how likely it is in relation to the others (0–1, all sum up to 1 at
// most), and why.
type Suspect struct {
	Change
	Share float64
	Why   []Reason
}

// ReasonKind says what speaks for a Change, or against it.
type ReasonKind string

// The reasons. N and Of are counts, Text what the comment says.
const (
	Before    ReasonKind = "before"    // it came For before the onset
	After     ReasonKind = "after"     // it came For after the onset
	HitAll    ReasonKind = "all"       // it reached all N that are affected
	HitSome   ReasonKind = "some"      // it reached N Of those that are affected
	HitNone   ReasonKind = "none"      // it reached none that is affected
	Others    ReasonKind = "others"    // N that it reached are not affected
	Touches   ReasonKind = "component" // it changes component Text, of which the incident speaks
	Elsewhere ReasonKind = "elsewhere" // it changes other components than the incident speaks of
	Held      ReasonKind = "held"      // the gate had said Text
	Waived    ReasonKind = "waived"    // Text had checks left out
	Unasked   ReasonKind = "unasked"   // no decision of the gate is known
)

// Reason is one of them.
type Reason struct {
	Kind  ReasonKind
	N, Of int
	For   time.Duration
	Text  string
}

// burning is the burn rate from which a ShopSet counts as affected.
const burning = 2

// late is how long after the onset a Change may have come and still have caused it: clocks
// differ, and what came is seen later than it came.
const late = 2 * time.Minute

// Rank puts the Changes into order, the likeliest first.
func Rank(f Facts) Report {
	hit := f.hit()
	r := Report{Onset: f.Onset, Hit: hit, Unknown: f.Unknown}
	tiers := map[string]bool{}
	for _, s := range f.Fleet {
		if slices.Contains(hit, s.Name) {
			tiers[s.Tier] = true
		}
	}
	for _, s := range f.Fleet {
		if tiers[s.Tier] {
			r.Of++
		}
	}
	for _, b := range f.Burns {
		if b.Rate >= burning && slices.Contains(hit, b.ShopSet) {
			r.Burns = append(r.Burns, b)
		}
	}
	slices.SortStableFunc(r.Burns, func(a, b Burn) int { return cmp.Compare(b.Rate, a.Rate) })
	spoken := f.spoken()
	sum := 0.0
	for _, c := range f.Changes {
		s := Suspect{Change: c}
		s.Share, s.Why = f.weigh(c, hit, spoken)
		sum += s.Share
		r.Suspects = append(r.Suspects, s)
	}
	for k := range r.Suspects {
		r.Suspects[k].Share /= max(sum, math.SmallestNonzeroFloat64)
	}
	slices.SortStableFunc(r.Suspects, func(a, b Suspect) int {
		return cmp.Or(cmp.Compare(b.Share, a.Share), b.At.Compare(a.At))
	})
	return r
}

// hit are the ShopSets that are affected: those named, and those that burn. Where nobody has
// said and none burns it may be all.
func (f Facts) hit() []string {
	var hit, all []string
	for _, s := range f.Fleet {
		all = append(all, s.Name)
		burns := slices.ContainsFunc(f.Burns, func(b Burn) bool { return b.ShopSet == s.Name && b.Rate >= burning })
		if slices.Contains(f.Scope.ShopSets, s.Name) || slices.Contains(f.Scope.Tiers, s.Tier) || burns {
			hit = append(hit, s.Name)
		}
	}
	if len(hit) == 0 {
		return all
	}
	return hit
}

// spoken are the components of which the incident speaks, by the names of what burns and by
// what is said.
func (f Facts) spoken() map[string]bool {
	words := strings.ToLower(f.Words)
	for _, b := range f.Burns {
		if b.Rate >= burning {
			words += " " + strings.ToLower(b.SLO)
		}
	}
	spoken := map[string]bool{}
	for _, s := range f.Fleet {
		for _, c := range s.Components {
			if hasWord(words, strings.ToLower(c)) {
				spoken[c] = true
			}
		}
	}
	return spoken
}

// hasWord reports whether a name stands in a text, not as a part of a longer one.
func hasWord(text, name string) bool {
	letter := func(r byte) bool { return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' }
	for from := 0; name != ""; {
		at := strings.Index(text[from:], name)
		if at < 0 {
			return false
		}
		at += from
		end := at + len(name)
		if (at == 0 || !letter(text[at-1])) && (end == len(text) || !letter(text[end])) {
			return true
		}
		from = end
	}
	return false
}

// weigh says how likely a Change is, in no unit, and why.
func (f Facts) weigh(c Change, hit []string, spoken map[string]bool) (float64, []Reason) {
	when, early := f.when(c)
	where, reach := f.where(c, hit, early)
	what, about := f.what(c, spoken)
	gate, judged := c.gate()
	kind := map[Kind]float64{Release: 1, Overlay: 1, Drift: 0.8, Rollback: 0.6}[c.Kind]
	return when.weight * where * what * gate * kind, slices.Concat([]Reason{when.why}, reach, about, judged)
}

type timing struct {
	weight float64
	why    Reason
}

// when weighs the time: what came shortly before the onset is likelier, what came after it is
// hardly the cause. early are the ShopSets that it had reached by then.
func (f Facts) when(c Change) (timing, []string) {
	var early []string
	last := time.Time{}
	for _, r := range c.Reached {
		if !r.At.After(f.Onset.Add(late)) {
			early = append(early, r.ShopSet)
			if r.At.After(last) {
				last = r.At
			}
		}
	}
	at := cmp.Or(last, c.At)
	lag := f.Onset.Sub(at)
	if lag < -late || len(c.Reached) > 0 && len(early) == 0 {
		for _, r := range c.Reached {
			early = append(early, r.ShopSet)
		}
		return timing{0.02, Reason{Kind: After, For: -f.Onset.Sub(c.At)}}, early
	}
	lag = max(lag, 0)
	return timing{0.05 + math.Exp(-lag.Hours()/1.5), Reason{Kind: Before, For: lag}}, early
}

// where weighs the places: a cause is in all that is affected, and all that it reached is.
func (f Facts) where(c Change, hit, early []string) (float64, []Reason) {
	if len(c.Reached) == 0 { // nobody knows better than the Tier
		for _, s := range f.Fleet {
			if s.Tier == c.Tier {
				early = append(early, s.Name)
			}
		}
	}
	both := 0
	for _, name := range early {
		if slices.Contains(hit, name) {
			both++
		}
	}
	if both == 0 {
		return 0.02, []Reason{{Kind: HitNone}}
	}
	why := []Reason{{Kind: HitAll, N: len(hit)}}
	if both < len(hit) {
		why = []Reason{{Kind: HitSome, N: both, Of: len(hit)}}
	}
	if spared := len(early) - both; spared > 0 {
		why = append(why, Reason{Kind: Others, N: spared})
	}
	share, precision := float64(both)/float64(len(hit)), float64(both)/float64(len(early))
	return share * share * (0.2 + precision), why
}

// what weighs the contents.
func (f Facts) what(c Change, spoken map[string]bool) (float64, []Reason) {
	if len(c.Components) == 0 || len(spoken) == 0 {
		return 1, nil
	}
	for _, part := range c.Components {
		if spoken[part.Name] {
			return 3, []Reason{{Kind: Touches, Text: part.Name}}
		}
	}
	return 0.6, []Reason{{Kind: Elsewhere}}
}

// gate weighs what the gate had said.
func (c Change) gate() (float64, []Reason) {
	switch {
	case c.Kind != Release:
		return 1, nil
	case len(c.Gate.Waived) > 0:
		return 1.3, []Reason{{Kind: Waived, Text: strings.Join(c.Gate.Waived, ", ")}}
	case c.Gate.Decision == "":
		return 1.1, []Reason{{Kind: Unasked}}
	case c.Gate.Decision != "promote":
		return 1.4, []Reason{{Kind: Held, Text: c.Gate.Decision}}
	}
	return 1, nil
}
