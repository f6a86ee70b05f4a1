package promotion

import (
	"slices"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/incident"
)

// Found is what was found where it was looked. The zero value: nothing is
// configured, so nobody looked.
type Found[T any] struct {
	Where string `json:"where"` // for people, without credentials; "" : nowhere
	Error string `json:"error"` // why it could not be read; "" : it could
	Items []T    `json:"items"`
}

// FleetView is what the exporter saw of the fleet.
type FleetView struct {
	Where    string         `json:"where"` // as in Found
	Error    string         `json:"error"`
	Snapshot fleet.Snapshot `json:"snapshot"`
}

// Scope says what something touches. The zero value is the whole fleet: what nobody
// has narrowed down touches everything.
type Scope struct {
	Tiers    []fleet.TierName      `json:"tiers,omitempty"`
	ShopSets []fleet.ShopSetName   `json:"shopsets,omitempty"`
	Groups   []fleet.ShopGroupName `json:"groups,omitempty"`
}

// Everything reports whether it is the whole fleet.
func (s Scope) Everything() bool { return len(s.Tiers)+len(s.ShopSets)+len(s.Groups) == 0 }

// touches reports whether it touches a Tier of the promotion. Groups that nobody
// looked for may be any.
func (s Scope) touches(e *Evidence, t tier) bool {
	return s.Everything() || slices.Contains(s.Tiers, t.Name) ||
		slices.ContainsFunc(s.ShopSets, func(set fleet.ShopSetName) bool { return slices.Contains(t.ShopSets, set) }) ||
		slices.ContainsFunc(s.Groups, func(g fleet.ShopGroupName) bool { return e.serves(t, g) })
}

// serves reports whether a ShopSet of the Tier serves a group, as far as known.
func (e *Evidence) serves(t tier, g fleet.ShopGroupName) bool {
	if t.role == RoleTarget {
		return e.Groups == nil || slices.ContainsFunc(e.Groups, func(of Group) bool { return of.Name == g })
	}
	return e.Declared.ShopSets == nil || slices.ContainsFunc(e.Declared.ShopSets, func(s DeclaredShopSet) bool {
		return s.Tier == t.Name && slices.Contains(s.Groups, g)
	})
}

// Alert is one that fires now.
type Alert struct {
	Name   string            `json:"name"`
	Labels map[string]string `json:"labels"`
	Since  time.Time         `json:"since,omitzero"`
	// Silenced is set where somebody has silenced it.
	Silenced bool `json:"silenced,omitempty"`
	// Fingerprint is what an Alertmanager calls it; InhibitedBy are those of the alerts
	// because of which it tells nobody of this one, which fires all the same.
	Fingerprint string   `json:"fingerprint,omitempty"`
	InhibitedBy []string `json:"inhibited_by,omitempty"`
	// UpdatedAt is when an Alertmanager was last told of it; zero: nobody says.
	UpdatedAt time.Time `json:"updated_at,omitzero"`
	// ShopSets and Tiers that its labels name, of the whole fleet; Gather's to fill in.
	ShopSets []fleet.ShopSetName `json:"shopsets"`
	Tiers    []fleet.TierName    `json:"tiers"`
}

// Incident is one whose cause is still there.
type Incident struct {
	ID       string            `json:"id"`
	Title    string            `json:"title"`
	Severity incident.Severity `json:"severity"`
	Since    time.Time         `json:"since,omitzero"`
	Link     string            `json:"link,omitempty"`
	Scope    Scope             `json:"scope"`
	// Lost are the names of ShopSets in its scope that the fleet lacks.
	Lost []fleet.ShopSetName `json:"lost,omitempty"`
}

// Freeze forbids promotions for a time. A recurring one is given as the time that it
// is in force now, or will be next.
type Freeze struct {
	ID     string `json:"id"`
	Reason string `json:"reason"`
	By     string `json:"by"`
	// From and Until are when it is in force: from From on, before Until. Zero: since
	// ever, until somebody lifts it.
	From  time.Time `json:"from,omitzero"`
	Until time.Time `json:"until,omitzero"`
	Scope Scope     `json:"scope"`
	// Emergency is the stop for everything: no override lets anything through.
	Emergency bool `json:"emergency,omitempty"`
}

// Override lets a promotion go on although checks are not passed.
type Override struct {
	ID     string   `json:"id"`
	Who    string   `json:"who"`
	Why    string   `json:"why"`
	Link   string   `json:"link,omitempty"`
	Checks []string `json:"checks"` // by name
	// Release is the only one that it is for; "" : any.
	Release string    `json:"release,omitempty"`
	From    time.Time `json:"from,omitzero"`
	Until   time.Time `json:"until"` // it is not in force from then on; zero: never in force
	// Scope is what it is for: Tiers are targets; ShopSets and Groups narrow it to
	// checks of those ShopSets.
	Scope Scope `json:"scope"`
}

// Exclusion leaves a time range out of budgets, for a cause that is not the shops'.
type Exclusion struct {
	ID    string    `json:"id"`
	Who   string    `json:"who"`
	Cause string    `json:"cause"`
	Link  string    `json:"link,omitempty"`
	From  time.Time `json:"from"`
	Until time.Time `json:"until"` // (From, Until] is left out
	SLOs  []string  `json:"slos,omitempty"`
	Scope Scope     `json:"scope"`
	// Known is when it was first known as it is; zero: nobody remembers. KnownBy is by what,
	// for people; "": a server read it.
	Known   time.Time `json:"known,omitzero"`
	KnownBy string    `json:"known_by,omitempty"`
}

// Fix says that a Release mends something.
type Fix struct {
	URL string `json:"url"` // what it mends
	By  string `json:"by"`  // who says so
}

// within reports whether a time is from From on and before Until, zero ones being
// without end.
func within(now, from, until time.Time) bool {
	return (from.IsZero() || !now.Before(from)) && (until.IsZero() || now.Before(until))
}
