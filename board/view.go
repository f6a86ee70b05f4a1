package board

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

// fleetPage is the board, in no language. Times that are not known are zero, figures nil.
type fleetPage struct {
	At      time.Time
	Filter  filter
	Banners []banner
	Notes   []noteLine   // what nobody is asked for
	Counts  []levelCount // of all ShopSets, the worst first, those of none left out
	Trace   *tracePage   // where the Release of the filter is; nil: none was asked for
	Tiers   []tier       // the lowest first
	Groups  groupsView
	Domains []fleet.FailureDomainName // of the fleet, to choose from
	Names   []fleet.TierName          // likewise
}

// levelCount is how many ShopSets are of a level.
type levelCount struct {
	Level level
	N     int
}

// tier is one with what runs in it.
type tier struct {
	Name     fleet.TierName
	Branch   string
	Lowest   bool
	ShopSets int // also those that the filter hides
	Release  release
	Skewed   bool // its ShopSets are known to run different Releases
	Behind   *int // commits of the Tier below that it lacks; nil: not known
	Soak     soak
	Gate     *gateSummary  // into it; nil for the lowest
	Counts   []levelCount  // of its ShopSets, filtered or not
	Cells    []shopSetCell // those that are shown in full, the worst first
	Rest     []shopSetCell // the others that the filter picks, in the same order
	Hidden   int           // what the filter hides
}

// release is what a Tier's branch points to. ID is "" where that is not known.
type release struct {
	ID      fleet.Release
	Subject string // "": not known
	Since   time.Time
	Runs    int // ShopSets that run it
}

// soak is how long a Tier's Release has been verified.
type soak struct {
	Asked time.Duration // 0: no time is asked for
	Known bool          // somebody sees what runs
	Since time.Time     // zero: it has not begun, or nobody knows
	Done  time.Duration
}

// Passed reports whether as much time has passed as is asked for.
func (s soak) Passed() bool { return !s.Since.IsZero() && s.Done >= s.Asked }

// Share is the part 0–1 of the time asked for that has passed.
func (s soak) Share() float64 {
	if s.Asked <= 0 || s.Since.IsZero() {
		return 0
	}
	return min(1, float64(s.Done)/float64(s.Asked))
}

// shopSetCell is a ShopSet.
type shopSetCell struct {
	Name    fleet.ShopSetName
	Tier    fleet.TierName
	Domain  fleet.FailureDomainName
	Level   level
	Causes  []cause        // why it is not Good, the worst first, and what there is to mind
	Budget  *status.Budget // its worst; nil: no SLO applies
	Budgets int            // how many it has
	// Seen is what runs; nil where nobody is asked, or the exporter does not know it.
	Seen *fleet.ShopSetState
}

// fullCells is how many ShopSets of a Tier are shown in full: of many, those that need
// somebody. The others have a link each.
const fullCells = 24

// viewFleet makes the board as it is at a time.
func viewFleet(in *Input, f filter, now time.Time) fleetPage {
	p := fleetPage{At: in.At, Filter: f, Banners: banners(in, now), Notes: notes(in), Groups: groups(in)}
	seen := map[fleet.ShopSetName]*fleet.ShopSetState{}
	for i := range in.Running.Snapshot.ShopSets {
		s := &in.Running.Snapshot.ShopSets[i]
		seen[s.ShopSet] = s
	}
	budgets := worstBudgets(in.Budgets)
	total := map[level]int{}
	for _, t := range in.Fleet.Tiers() {
		p.Names = append(p.Names, t.Name)
		tier := tierView(in, t)
		all := make([]shopSetCell, 0, len(in.Fleet.ShopSetsOf(t.Name)))
		count := map[level]int{}
		for _, set := range in.Fleet.ShopSetsOf(t.Name) {
			c := cell(in, set, tier.Release.ID, seen[set.Name], budgets[set.Name], now)
			count[c.Level]++
			total[c.Level]++
			if f.shows(&c) {
				all = append(all, c)
			}
		}
		tier.ShopSets, tier.Counts = len(in.Fleet.ShopSetsOf(t.Name)), counts(count)
		tier.Hidden = tier.ShopSets - len(all)
		sortCells(all)
		most := min(len(all), fullCells)
		tier.Cells, tier.Rest = all[:most], all[most:]
		if f.Tier == "" || f.Tier == t.Name {
			p.Tiers = append(p.Tiers, tier)
		}
	}
	p.Counts = counts(total)
	for _, d := range in.Fleet.FailureDomains() {
		p.Domains = append(p.Domains, d.Name)
	}
	if f.Release != "" {
		p.Trace = trace(in, f.Release)
	}
	return p
}

func counts(of map[level]int) (out []levelCount) {
	for _, l := range levels {
		if of[l] > 0 {
			out = append(out, levelCount{l, of[l]})
		}
	}
	return out
}

// worstOf is the worst budget of a ShopSet, how many it has, what is the matter with
// them, and whether some are not being counted, or flagged.
type worstOf struct {
	budget             *status.Budget
	n                  int
	causes             []cause
	uncounted, flagged bool
}

func worstBudgets(r status.Report) map[fleet.ShopSetName]worstOf {
	out := map[fleet.ShopSetName]worstOf{}
	sorted := r.WorstFirst().Budgets
	for i := range sorted {
		b := &sorted[i]
		w := out[b.ShopSet]
		if w.n++; w.budget == nil {
			w.budget = b
		}
		w.causes = budgetCauses(w.causes, b)
		w.uncounted = w.uncounted || b.Failure != ""
		w.flagged = w.flagged || len(b.Flags) > 0
		out[b.ShopSet] = w
	}
	return out
}

// budgetCauses adds what is the matter with a budget to the causes of those that are worse:
// each once, and behind what pages or has failed nothing less.
func budgetCauses(causes []cause, b *status.Budget) []cause {
	add := func(c cause) {
		first := len(causes) == 0
		if !slices.Contains(causes, c) && (first && c.Level != good || c.Level == bad) {
			causes = append(causes, c)
		}
	}
	if b.Pages() {
		add(cause{bad, causePages})
	}
	add(cause{budgetLevel(b.State), budgetWord(b)})
	return causes
}

func cell(in *Input, set fleet.ShopSet, release fleet.Release, seen *fleet.ShopSetState, w worstOf, now time.Time) shopSetCell {
	c := shopSetCell{Name: set.Name, Tier: set.Tier, Domain: set.FailureDomain, Budget: w.budget, Budgets: w.n, Seen: seen}
	if w.budget == nil {
		c.Causes = append(c.Causes, cause{unclear, causeNoSLO})
	}
	c.Causes = append(c.Causes, w.causes...)
	if w.uncounted {
		c.Causes = append(c.Causes, cause{unclear, causeUncounted})
	}
	if w.flagged { // no less well for it, but somebody should know
		c.Causes = append(c.Causes, cause{good, causeFlagged})
	}
	if seen != nil {
		c.Causes = append(c.Causes, runningCauses(seen, release)...)
	}
	unseen := cause{unclear, causeUnseen}
	if in.Running.Where != "" && (seen == nil || runningOld(in, now)) && !slices.Contains(c.Causes, unseen) {
		c.Causes = append(c.Causes, unseen)
	}
	slices.SortStableFunc(c.Causes, func(a, b cause) int { return a.rank() - b.rank() })
	c.Level = worst(c.Causes)
	return c
}

// runningOld reports whether what the exporter tells is too old to be true still.
func runningOld(in *Input, now time.Time) bool {
	at := in.Running.Snapshot.At
	return in.MaxAge > 0 && !at.IsZero() && now.Sub(at) > in.MaxAge
}

// sortCells puts the worst first: by the first of the causes, then by what is left of the
// worst budget.
func sortCells(cells []shopSetCell) {
	rank := func(c *shopSetCell) int {
		if c.Level == good {
			return cause{Level: good}.rank()
		}
		return c.Causes[0].rank()
	}
	slices.SortStableFunc(cells, func(a, b shopSetCell) int {
		return cmp.Or(rank(&a)-rank(&b), compareLeft(&a, &b), strings.Compare(string(a.Name), string(b.Name)))
	})
}

// compareLeft puts a ShopSet of whose budget nothing is known behind the others.
func compareLeft(a, b *shopSetCell) int {
	left := func(c *shopSetCell) *float64 {
		if c.Budget == nil {
			return nil
		}
		return c.Budget.Left()
	}
	x, y := left(a), left(b)
	switch {
	case x != nil && y != nil:
		return cmp.Compare(*x, *y)
	case x != nil:
		return -1
	case y != nil:
		return 1
	}
	return 0
}

func tierView(in *Input, t fleet.Tier) tier {
	out := tier{Name: t.Name, Branch: t.Branch, Lowest: !gated(in, t.Name), Soak: soak{Asked: t.Soak}}
	if s := tierState(in, t.Name); s != nil {
		out.Release = release{ID: s.Release, Subject: clean(in.Subjects[s.Release]), Since: s.ReleaseAt, Runs: runs(in, t.Name, s.Release)}
		out.Skewed, out.Behind, out.Soak.Known = s.Skewed, s.Behind, s.Release != ""
		if arrived := out.Release.Runs == len(in.Fleet.ShopSetsOf(t.Name)); arrived && !s.SoakingSince.IsZero() {
			out.Soak.Since, out.Soak.Done = s.SoakingSince, max(0, in.At.Sub(s.SoakingSince))
		}
	}
	for _, g := range in.Gates { // the policy of the gate above may ask for another time
		if g.Record != nil && g.Record.EvidenceTier == t.Name && g.Record.Policy.Soak != nil {
			out.Soak.Asked = *g.Record.Policy.Soak
		}
	}
	if !out.Lowest {
		out.Gate = gateView(in, t.Name)
	}
	return out
}

func tierState(in *Input, name fleet.TierName) *fleet.TierState {
	for i := range in.Running.Snapshot.Tiers {
		if t := &in.Running.Snapshot.Tiers[i]; t.Tier == name {
			return t
		}
	}
	return nil
}

// runs counts the ShopSets of a Tier that are known to run a Release.
func runs(in *Input, name fleet.TierName, release fleet.Release) (n int) {
	for i := range in.Running.Snapshot.ShopSets {
		if s := &in.Running.Snapshot.ShopSets[i]; s.Tier == name && s.Release == release && release != "" {
			n++
		}
	}
	return n
}

// highestBurn is the highest burn rate of a budget that is known, over the shortest windows
// first where they are equal; nil: none is, or the counts contradict each other.
func highestBurn(b *status.Budget) *slo.BurnRate {
	var most *slo.BurnRate
	if b.State == slo.Inconsistent {
		return nil
	}
	for i := range b.BurnRates {
		if r := &b.BurnRates[i]; r.Rate != nil && (most == nil || *r.Rate > *most.Rate) {
			most = r
		}
	}
	return most
}
