package review

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/shopslo/shopslo/slo"
)

// Report is a review as it is told: docs/review.schema.json has its shape.
type Report struct {
	Version int       `json:"version"`
	At      time.Time `json:"at"`
	// Week is the ISO week or the days; Zone the IANA name of the zone that days and
	// times of the report are shown in.
	Week    string    `json:"week"`
	From    time.Time `json:"from"`
	Until   time.Time `json:"until"`
	Partial bool      `json:"partial"`
	Zone    string    `json:"timezone"`
	// Outage is why not all could be counted; nil: all could.
	Outage *Unknown `json:"outage"`

	Findings   []Finding          `json:"findings"`
	Actions    Section[Action]    `json:"actions"`
	Incidents  Section[Incident]  `json:"incidents"`
	Tiers      []Row              `json:"tiers"`   // per SLO and Tier, ShopSets summed
	Budgets    []Row              `json:"budgets"` // per SLO and ShopSet
	Changes    []Change           `json:"changes"` // those that are no noise, the clearest first
	Compared   int                `json:"comparisons"`
	Pages      []Fired            `json:"pages"` // and tickets
	Looked     Looked             `json:"pages_looked"`
	Releases   Section[Move]      `json:"releases"`
	Decisions  Section[Decision]  `json:"decisions"`
	Freezes    Section[Freeze]    `json:"freezes"`
	Overrides  Section[Override]  `json:"overrides"`
	Exclusions Section[Exclusion] `json:"exclusions"`
	Silences   Section[Silence]   `json:"silences"`
	Gaps       []Gap              `json:"gaps"`
	Next       Section[Freeze]    `json:"next_freezes"`
	NextDue    []Action           `json:"next_due"` // due in the seven days after
}

// Count is what was counted over a span. Without data all figures are nil.
type Count struct {
	From     *time.Time `json:"from"`
	Until    *time.Time `json:"until"`
	Good     *float64   `json:"good"`
	Total    *float64   `json:"total"`
	Bad      *float64   `json:"bad"`
	Allowed  *float64   `json:"allowed"`
	SLI      *float64   `json:"sli"`
	Burn     *float64   `json:"burn_rate"`
	Coverage float64    `json:"coverage"`
}

func count(t Tally) Count {
	c := Count{Coverage: t.coverage(), Burn: t.burn()}
	if !t.From.IsZero() && t.Until.After(t.From) {
		from, until := t.From.UTC(), t.Until.UTC()
		c.From, c.Until = &from, &until
	}
	if !t.known() {
		return c
	}
	c.Good, c.Total, c.Bad, c.Allowed = &t.Good, &t.Total, &t.Bad, &t.Allowed
	if t.Total > 0 {
		sli := t.Good / t.Total
		c.SLI = &sli
	}
	return c
}

// Row is one budget, or those of a Tier summed.
type Row struct {
	SLO      string `json:"slo"`
	Display  string `json:"display_name"`
	Owner    string `json:"owner,omitempty"` // whose it is, by labels of the SLO or its service
	Tier     string `json:"tier"`
	ShopSet  string `json:"shopset"`  // "" in a sum
	ShopSets int    `json:"shopsets"` // how many are summed; 1
	// States counts the ShopSets by the states of their budgets.
	States    map[slo.State]int `json:"states"`
	Objective float64           `json:"objective"`
	Window    string            `json:"window"`
	Unit      slo.Unit          `json:"unit"`
	Exact     bool              `json:"exact"`
	// State and Budget are of the SLO's window at the end; a sum's state is the worst.
	State       slo.State `json:"state"`
	StateBefore slo.State `json:"state_before"`
	Budget      Count     `json:"budget"`
	Remaining   *float64  `json:"remaining_ratio"`
	Was         *float64  `json:"remaining_ratio_before"`
	Week        Count     `json:"week"`
	Last        Count     `json:"last_week"`
	Baseline    Count     `json:"four_weeks_before"`
	Days        []Count   `json:"days"`
	// Change compares the week with the four before.
	Chance      *float64   `json:"chance"`
	Significant bool       `json:"significant"`
	ExhaustedOn *time.Time `json:"exhausted_on"` // nil in a sum
	Notes       []string   `json:"notes"`
	// Flags, Absent and Failure are nil in a sum; Failure also where the SLO is counted.
	Flags   []slo.Flag    `json:"flags"`
	Absent  []slo.Absence `json:"absent"`
	Failure *string       `json:"failure"`
	// VerdictFrom is nil where the history is long enough for a state, and in a sum.
	VerdictFrom *time.Time `json:"verdict_from"`
}

// Fired is a time when burn rates of a budget were over an alert's factor.
type Fired struct {
	SLO     string `json:"slo"`
	Tier    string `json:"tier"`
	ShopSet string `json:"shopset"`
	Burn
}

// Looked says how closely burn rates were looked at.
type Looked struct {
	// FineFrom: from then on at every edge, before every Coarse seconds; nil where
	// nothing was counted.
	FineFrom *time.Time `json:"every_edge_from"`
	Coarse   float64    `json:"before_every_seconds"`
}

// Gap is time without data of a ShopSet, in the period.
type Gap struct {
	ShopSet string   `json:"shopset"`
	Tier    string   `json:"tier"`
	SLOs    []string `json:"slos"`
	Missing float64  `json:"missing_seconds"`
	All     bool     `json:"all"` // nothing of the period has data
	// Days that lack data, as the days of Row.
	Days []time.Time `json:"days"`
}

// Kind is what a Finding is about.
type Kind string

// The kinds, in the order of their urgency.
const (
	FoundOutage    Kind = "outage"
	FoundExhausted Kind = "budget_exhausted"
	FoundHarm      Kind = "release_harm"
	FoundIncident  Kind = "incident"
	FoundNoData    Kind = "no_data"
	FoundWorse     Kind = "worse"
	FoundBurning   Kind = "burning"
	FoundOverdue   Kind = "action_overdue"
	FoundReleases  Kind = "release_unlogged"
)

// Finding is something to talk about first, in one sentence.
type Finding struct {
	Kind    Kind   `json:"kind"`
	SLO     string `json:"slo"`
	Tier    string `json:"tier"`
	ShopSet string `json:"shopset"`
	Release string `json:"release"`
	Text    Text   `json:"text"`
	// Link is a URL, or "#" with the section of the report that has more.
	Link string `json:"link"`
}

// Text is a sentence in both languages.
type Text struct {
	English  string `json:"en"`
	Japanese string `json:"ja"`
}

// Decode reads a Report from its JSON.
func Decode(data []byte) (Report, error) {
	var r Report
	if err := json.Unmarshal(data, &r); err != nil {
		return Report{}, fmt.Errorf("read a review: %w", err)
	}
	if r.Version != version {
		return Report{}, fmt.Errorf("read a review: its version is %d, this program knows %d", r.Version, version)
	}
	if err := r.check(); err != nil {
		return Report{}, fmt.Errorf("read a review: %w", err)
	}
	return r, nil
}

// check refuses what no Report can be: figures of which some are missing.
func (r Report) check() error {
	var counts []Count
	for _, rows := range [][]Row{r.Tiers, r.Budgets} {
		for _, b := range rows {
			counts = append(append(counts, b.Week, b.Last, b.Baseline, b.Budget), b.Days...)
			if b.State == slo.Exhausted && b.ShopSet != "" && b.Budget.Total == nil {
				return fmt.Errorf("the budget of %s for %s is exhausted without figures", b.SLO, b.ShopSet)
			}
		}
	}
	changes := r.Changes
	for _, m := range r.Releases.Items {
		changes = append(changes[:len(changes):len(changes)], m.Effects...)
	}
	for _, c := range changes {
		counts = append(counts, c.Before, c.After)
		if c.Significant && c.Chance == nil {
			return fmt.Errorf("a change of %s lacks its chance", c.SLO)
		}
	}
	for _, c := range r.Changes {
		if c.Chance == nil {
			return fmt.Errorf("a change of %s lacks its chance", c.SLO)
		}
	}
	for _, c := range counts {
		if some := c.Total != nil; some != (c.Good != nil) || some != (c.Bad != nil) || some != (c.Allowed != nil) || c.SLI != nil && !some {
			return errors.New("counts lack some of good, total, bad and allowed")
		}
	}
	for _, a := range append(r.NextDue[:len(r.NextDue):len(r.NextDue)], r.Actions.Items...) {
		if a.State == Done && a.Done == nil {
			return fmt.Errorf("action %s is done at no time", a.ID)
		}
	}
	for _, a := range r.NextDue {
		if a.Due == nil {
			return fmt.Errorf("action %s is due at no time", a.ID)
		}
	}
	return nil
}

// JSON writes the shape of docs/review.schema.json, for people who read it too.
func (r Report) JSON() ([]byte, error) {
	data, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return nil, fmt.Errorf("write the review as JSON: %w", err)
	}
	return append(data, '\n'), nil
}
