package fleet

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// snapshotVersion is that of the JSON shape, see docs/fleet.schema.json.
const snapshotVersion = 1

// The wire types of a Snapshot. A pointer that is nil is written as null: not known.
type (
	jsonSnapshot struct {
		Version    int             `json:"version"`
		At         *time.Time      `json:"at"`
		ShopSets   []jsonShopSet   `json:"shopsets"`
		Tiers      []jsonTier      `json:"tiers"`
		Groups     []jsonGroup     `json:"groups"`
		Violations []jsonViolation `json:"violations"`
		Git        *jsonGit        `json:"git"`
		Documents  *jsonDocuments  `json:"documents,omitempty"`
	}
	jsonDocuments struct {
		Valid    bool          `json:"valid"`
		LoadedAt *time.Time    `json:"loaded_at"`
		Findings []jsonFinding `json:"findings"`
	}
	jsonFinding struct {
		Rule Rule   `json:"rule"`
		Kind Kind   `json:"kind"`
		Name string `json:"name"`
		What string `json:"what"`
		Do   string `json:"do"`
	}
	jsonGit struct {
		FetchedAt *time.Time `json:"fetched_at"`
		Up        bool       `json:"up"`
	}
	jsonShopSet struct {
		ShopSet       ShopSetName       `json:"shopset"`
		Tier          TierName          `json:"tier"`
		Configuration ConfigurationName `json:"configuration"`
		Cluster       FailureDomainName `json:"cluster"`
		Groups        []ShopGroupName   `json:"groups"`
		Source        *string           `json:"source"`
		Sync          SyncStatus        `json:"sync"`
		Health        Health            `json:"health"`
		Release       *Release          `json:"release"`
		Revision      *string           `json:"revision"`
		ReleaseSince  *time.Time        `json:"release_since"`
		ChangedSince  *time.Time        `json:"changed_since"`
		DriftedSince  *time.Time        `json:"drifted_since"`
		DriftEvents   *int64            `json:"drift_events"`
		ObservedAt    *time.Time        `json:"observed_at"`
		OutOfSync     *int              `json:"resources_out_of_sync"`
		Behind        *int              `json:"behind"`
		Images        []string          `json:"images"`
		Reason        string            `json:"reason"`
		Unverified    *string           `json:"unverified,omitempty"`
		Serves        *bool             `json:"serves"`
		// Unserved, Unverified or Absent is missing in what exporters of before tell.
		Unserved     *string         `json:"unserved,omitempty"`
		Missing      *int            `json:"resources_missing"`
		Absent       []ComponentName `json:"components_missing"`
		Pending      *string         `json:"pending_revision"`
		PendingSince *time.Time      `json:"pending_since"`
		Held         string          `json:"held"`
		Causes       []HoldCause     `json:"held_by"`
		HealthSince  *time.Time      `json:"health_since"`
		OnBranch     *bool           `json:"on_tier_branch"`
		Workings     *jsonWorkings   `json:"argocd"`
	}
	jsonWorkings struct {
		Applications int              `json:"applications"`
		Deleting     int              `json:"applications_deleting"`
		Expected     *int             `json:"applications_expected"`
		Phase        *OperationPhase  `json:"operation_phase"`
		Running      *time.Time       `json:"operation_running_since"`
		Ended        *time.Time       `json:"operation_ended_at"`
		Took         *float64         `json:"operation_seconds"`
		AutoSync     bool             `json:"auto_sync"`
		SelfHeal     bool             `json:"self_heal"`
		Prune        bool             `json:"prune"`
		Window       *bool            `json:"sync_window"`
		Conditions   []ConditionCount `json:"conditions"`
		Targets      []string         `json:"target_revisions"`
	}
	jsonTier struct {
		Tier        TierName   `json:"tier"`
		Order       int        `json:"order"`
		Branch      string     `json:"branch"`
		Release     *Release   `json:"release"`
		ReleaseAt   *time.Time `json:"release_at"`
		Running     []Release  `json:"running"`
		Ran         []Release  `json:"ran"`
		Behind      *int       `json:"behind"`
		Ahead       *int       `json:"ahead"`
		Soaking     *time.Time `json:"soaking_since"`
		Settled     *time.Time `json:"settled_since"`
		Skewed      bool       `json:"skewed"`
		SkewedSince *time.Time `json:"skewed_since"`
		InOrder     *bool      `json:"in_order"`
	}
	jsonGroup struct {
		Group     ShopGroupName       `json:"group"`
		ShopSets  []ShopSetName       `json:"shopsets"`
		Available *int                `json:"available"`
		Required  int                 `json:"required"`
		Domains   []FailureDomainName `json:"failure_domains"`
	}
	jsonViolation struct {
		Kind     ViolationKind `json:"kind"`
		Tier     TierName      `json:"tier"`
		Release  Release       `json:"release"`
		ShopSets []ShopSetName `json:"shopsets"`
		Without  []TierName    `json:"without"`
	}
)

// MarshalJSON writes the shape of docs/fleet.schema.json. Times are in UTC.
func (s Snapshot) MarshalJSON() ([]byte, error) {
	out := jsonSnapshot{
		Version: snapshotVersion, At: instant(s.At),
		ShopSets: []jsonShopSet{}, Tiers: []jsonTier{}, Groups: []jsonGroup{}, Violations: []jsonViolation{},
	}
	for i := range s.ShopSets {
		o := &s.ShopSets[i]
		out.ShopSets = append(out.ShopSets, jsonShopSet{
			ShopSet: o.ShopSet, Tier: o.Tier, Configuration: o.Configuration, Cluster: o.Cluster,
			Groups: emptyList(o.Groups), Source: textOrNull(o.Source), Sync: orElse(o.Sync, SyncUnknown), Health: orElse(o.Health, HealthUnknown),
			Release: textOrNull(o.Release), Revision: textOrNull(o.Revision),
			ReleaseSince: instant(o.ReleaseSince), ChangedSince: instant(o.ChangedSince), DriftedSince: instant(o.DriftedSince), DriftEvents: o.DriftEvents,
			ObservedAt: instant(o.ObservedAt), OutOfSync: o.OutOfSync, Behind: o.Behind,
			Images: emptyList(o.Images), Reason: o.Reason, Unverified: &o.Unverified,
			Serves: o.serves(), Unserved: o.unserved(), Missing: o.Missing, Absent: emptyList(o.Absent),
			Pending: textOrNull(o.Pending), PendingSince: instant(o.PendingSince), Held: o.Held, Causes: emptyList(o.Causes),
			HealthSince: instant(o.HealthSince), OnBranch: o.OnBranch, Workings: o.Workings.json(),
		})
	}
	for _, t := range s.Tiers {
		out.Tiers = append(out.Tiers, jsonTier{
			Tier: t.Tier, Order: t.Order, Branch: t.Branch, Release: textOrNull(t.Release), ReleaseAt: instant(t.ReleaseAt),
			Running: emptyList(t.Running), Ran: emptyList(t.Ran), Behind: t.Behind,
			Ahead: t.Ahead, Soaking: instant(t.SoakingSince), Settled: instant(t.SettledSince), Skewed: t.Skewed, SkewedSince: instant(t.SkewedSince), InOrder: t.InOrder,
		})
	}
	for _, g := range s.Groups {
		out.Groups = append(out.Groups, jsonGroup{
			Group: g.Group, ShopSets: emptyList(g.ShopSets), Available: g.Available, Required: g.Required, Domains: emptyList(g.Domains),
		})
	}
	for _, v := range s.Violations {
		out.Violations = append(out.Violations, jsonViolation{
			Kind: v.Kind, Tier: v.Tier, Release: v.Release, ShopSets: emptyList(v.ShopSets), Without: emptyList(v.Without),
		})
	}
	if s.Git != nil {
		out.Git = &jsonGit{FetchedAt: instant(s.Git.FetchedAt), Up: s.Git.Up}
	}
	if d := s.Documents; d != nil {
		out.Documents = &jsonDocuments{Valid: d.Valid, LoadedAt: instant(d.LoadedAt), Findings: []jsonFinding{}}
		for _, f := range d.Findings {
			out.Documents.Findings = append(out.Documents.Findings, jsonFinding(f))
		}
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads what MarshalJSON writes. Keys that it does not know are left
// alone: they may be added within a version. The error says what is not of this
// shape; s is unchanged then.
func (s *Snapshot) UnmarshalJSON(data []byte) error { return s.Decode(data, json.Unmarshal) }

// Decode is UnmarshalJSON by another decoder of JSON: the library's takes 7 ms for 1,000
// ShopSets.
func (s *Snapshot) Decode(data []byte, unmarshal func([]byte, any) error) error {
	var in jsonSnapshot
	if err := unmarshal(data, &in); err != nil {
		return fmt.Errorf("read fleet snapshot: %w", err)
	}
	if in.Version != snapshotVersion {
		return fmt.Errorf("read fleet snapshot: it has version %d, this program reads version %d", in.Version, snapshotVersion)
	}
	out := Snapshot{At: at(in.At)}
	for i, o := range in.ShopSets {
		if o.Sync != "" && !slices.Contains(SyncStatuses, o.Sync) || o.Health != "" && !slices.Contains(Healths, o.Health) {
			return fmt.Errorf("read fleet snapshot: shopsets[%d] (%s): sync %q and health %q: one is no word of this version", i, o.ShopSet, o.Sync, o.Health)
		}
		out.ShopSets = append(out.ShopSets, ShopSetState{
			Observation: Observation{
				ShopSet: o.ShopSet, Source: deref(o.Source), Sync: orElse(o.Sync, SyncUnknown), Health: orElse(o.Health, HealthUnknown),
				Release: deref(o.Release), Revision: deref(o.Revision),
				ReleaseSince: at(o.ReleaseSince), ChangedSince: at(o.ChangedSince), DriftedSince: at(o.DriftedSince), DriftEvents: o.DriftEvents,
				ObservedAt: at(o.ObservedAt), OutOfSync: o.OutOfSync, Images: o.Images, Reason: o.Reason, Unverified: deref(o.Unverified),
				Unserved: o.readUnserved(), Missing: o.Missing, Absent: o.Absent, Pending: deref(o.Pending), PendingSince: at(o.PendingSince),
				Held: o.Held, Causes: o.Causes, HealthSince: at(o.HealthSince), Workings: o.Workings.read(), Untold: o.Unserved == nil || o.Unverified == nil || o.Absent == nil,
			},
			Tier: o.Tier, Configuration: o.Configuration, Cluster: o.Cluster, Groups: o.Groups, Behind: o.Behind, OnBranch: o.OnBranch,
		})
	}
	for _, t := range in.Tiers {
		out.Tiers = append(out.Tiers, TierState{
			Tier: t.Tier, Order: t.Order, Branch: t.Branch, Release: deref(t.Release), ReleaseAt: at(t.ReleaseAt),
			Running: t.Running, Ran: t.Ran, Behind: t.Behind, Ahead: t.Ahead, SoakingSince: at(t.Soaking), SettledSince: at(t.Settled), Skewed: t.Skewed, SkewedSince: at(t.SkewedSince), InOrder: t.InOrder,
		})
	}
	for _, g := range in.Groups {
		out.Groups = append(out.Groups, GroupState{Group: g.Group, ShopSets: g.ShopSets, Available: g.Available, Required: g.Required, Domains: g.Domains})
	}
	for _, v := range in.Violations {
		out.Violations = append(out.Violations, Violation(v))
	}
	if in.Git != nil {
		out.Git = &Git{FetchedAt: at(in.Git.FetchedAt), Up: in.Git.Up}
	}
	if d := in.Documents; d != nil {
		out.Documents = &DocumentsState{Valid: d.Valid, LoadedAt: at(d.LoadedAt)}
		for _, f := range d.Findings {
			out.Documents.Findings = append(out.Documents.Findings, Finding(f))
		}
	}
	*s = out
	return nil
}

// serves is what Serves says; nil where nothing is known.
func (o *Observation) serves() *bool {
	if orElse(o.Health, HealthUnknown) == HealthUnknown {
		return nil
	}
	yes := o.Serves()
	return &yes
}

func (o *Observation) unserved() *string {
	if o.Untold {
		return nil
	}
	return &o.Unserved
}

// readUnserved reads why a ShopSet is not taken to answer customers.
func (o *jsonShopSet) readUnserved() string {
	if deref(o.Unserved) == "" && o.Serves != nil && !*o.Serves && o.Health.Serves() {
		return "the exporter says that it does not serve"
	}
	return deref(o.Unserved)
}

func (w *Workings) json() *jsonWorkings {
	if w == nil {
		return nil
	}
	out := &jsonWorkings{
		Applications: w.Applications, Deleting: w.Deleting, Expected: w.Expected, Phase: textOrNull(w.Phase),
		Running: instant(w.Running), Ended: instant(w.Ended), AutoSync: w.AutoSync, SelfHeal: w.SelfHeal, Prune: w.Prune,
		Conditions: emptyList(w.Conditions), Window: w.Window, Targets: emptyList(w.Targets),
	}
	if !w.Ended.IsZero() {
		took := w.Took.Seconds()
		out.Took = &took
	}
	return out
}

func (w *jsonWorkings) read() *Workings {
	if w == nil {
		return nil
	}
	out := &Workings{
		Applications: w.Applications, Deleting: w.Deleting, Expected: w.Expected, Phase: deref(w.Phase),
		Running: at(w.Running), Ended: at(w.Ended), AutoSync: w.AutoSync, SelfHeal: w.SelfHeal, Prune: w.Prune,
		Conditions: w.Conditions, Window: w.Window, Targets: w.Targets,
	}
	if w.Took != nil {
		out.Took = time.Duration(*w.Took * float64(time.Second))
	}
	return out
}

// instant gives nil for the zero time, and for one that JSON's times cannot say.
func instant(t time.Time) *time.Time {
	t = t.UTC()
	if t.IsZero() || t.Year() < 1 || t.Year() > 9999 {
		return nil
	}
	return &t
}

func at(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

// textOrNull gives nil for an empty text.
func textOrNull[T ~string](text T) *T {
	if text == "" {
		return nil
	}
	return &text
}

func deref[T ~string](text *T) T {
	if text == nil {
		return ""
	}
	return *text
}

func orElse[T ~string](text, otherwise T) T {
	if text == "" {
		return otherwise
	}
	return text
}

// emptyList gives a list that is written as [], never as null.
func emptyList[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
