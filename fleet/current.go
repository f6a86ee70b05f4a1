package fleet

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Current is a Snapshot that is kept current. What was seen of one ShopSet is taken
// in at a cost that does not grow with the number of ShopSets; the result is the
// same as if the whole fleet were observed anew. It is for one goroutine.
//
// Age alone makes Observations Unknown, branches move, and documents change: all of
// that wants a new Current, now and then.
type Current struct {
	fleet   *Fleet
	history History
	maxAge  time.Duration
	state   Snapshot // without the ShopSets of Violations
	tiers   []tierCount
	lacks   map[lack]*int // what was asked of history
}

// lack is a question to History.Behind.
type lack struct{ release, than Release }

// Sums are what is counted of a Tier's ShopSets. The maps are shared and must not be
// changed.
type Sums struct {
	ShopSets int
	Sync     map[SyncStatus]int
	Health   map[Health]int
	Well     int // Observation.Well
	Settled  int // the same, with those that are Suspended
	// OutOfSync is how many resources differ, as far as known; nil: of no ShopSet
	// it is known.
	OutOfSync *int
}

// NewCurrent observes a whole fleet.
func NewCurrent(f *Fleet, now time.Time, seen Seen) *Current {
	c := &Current{fleet: f, history: seen.History, maxAge: seen.MaxAge, state: Snapshot{At: now}, lacks: map[lack]*int{}}
	observations := byShopSet(now, seen)
	before := map[TierName]TierState{}
	for _, t := range seen.Before.Tiers {
		before[t.Tier] = t
	}
	for _, tier := range f.Tiers() {
		head, past := seen.Heads[tier.Name], before[tier.Name]
		c.state.Tiers = append(c.state.Tiers, TierState{
			Tier: tier.Name, Order: tier.Order, Branch: tier.Branch, Release: head.Release, ReleaseAt: head.At,
			Ran: past.Ran, SkewedSince: past.SkewedSince,
		})
		c.tiers = append(c.tiers, newTierCount(c.shopSets(f.ShopSetsOf(tier.Name), observations)))
	}
	for i := range c.state.Tiers {
		t, count := &c.state.Tiers[i], &c.tiers[i]
		t.Behind = c.behind(i, t.Release)
		if t.Behind != nil {
			t.Ahead = c.ask(c.state.Tiers[i-1].Release, t.Release)
		}
		for j := count.from; j < count.to; j++ {
			o := &c.state.ShopSets[j]
			o.Behind = c.behind(i, o.Release)
			count.add(o, 1)
			count.run(o.Release, 1)
		}
	}
	for _, g := range f.ShopGroups() {
		c.state.Groups = append(c.state.Groups, c.group(g))
	}
	c.settle()
	return c
}

// byShopSet judges what was seen.
func byShopSet(now time.Time, seen Seen) map[ShopSetName]Observation {
	before := make(map[ShopSetName]Observation, len(seen.Before.ShopSets))
	for _, o := range seen.Before.ShopSets {
		before[o.ShopSet] = o.Observation
	}
	all := make(map[ShopSetName]Observation, len(seen.Observations))
	for _, o := range seen.Observations {
		all[o.ShopSet] = o.At(now, seen.MaxAge).after(before[o.ShopSet], now)
	}
	for name, b := range before {
		if _, ok := all[name]; !ok {
			all[name] = Unseen(name).At(now, 0).after(b, now)
		}
	}
	return all
}

// shopSets appends the states of a Tier's ShopSets, and gives where they are.
func (c *Current) shopSets(sets []ShopSet, observations map[ShopSetName]Observation) (from, to int) {
	from = len(c.state.ShopSets)
	for _, set := range sets {
		o, ok := observations[set.Name]
		if !ok {
			o = Unseen(set.Name)
		}
		s := ShopSetState{Observation: o, Tier: set.Tier, Configuration: set.Configuration, Cluster: set.FailureDomain}
		s.OnBranch = c.onBranch(&s)
		for _, g := range c.fleet.serves[set.Name] {
			s.Groups = append(s.Groups, c.fleet.all.ShopGroups[g].Name)
		}
		c.state.ShopSets = append(c.state.ShopSets, s)
	}
	return from, len(c.state.ShopSets)
}

func (c *Current) onBranch(s *ShopSetState) *bool {
	tier, _ := c.fleet.Tier(s.Tier)
	return s.Workings.onBranch(tier.Branch)
}

// Take takes in what was seen of some ShopSets, in this order; one that is not of the
// fleet is left out. It gives the places, in Snapshot's lists, of these ShopSets and
// of the groups that have changed, sorted and each once.
func (c *Current) Take(now time.Time, seen ...Observation) (shopSets, groups []int) {
	c.state.At = now
	for _, o := range seen {
		i, ok := c.fleet.shopSets[o.ShopSet]
		if !ok {
			continue
		}
		shopSets = append(shopSets, i)
		if c.put(i, o, now) {
			groups = append(groups, c.fleet.serves[o.ShopSet]...)
		}
	}
	groups = each(groups)
	for _, g := range groups {
		c.state.Groups[g] = c.group(c.fleet.all.ShopGroups[g])
	}
	c.settle()
	return each(shopSets), groups
}

func each(places []int) []int {
	slices.Sort(places)
	return slices.Compact(places)
}

// put replaces what was seen of the i-th ShopSet; otherHealth: that, or whether it
// serves, has changed.
func (c *Current) put(i int, o Observation, now time.Time) (otherHealth bool) {
	s := &c.state.ShopSets[i]
	tier := c.fleet.tiers[s.Tier]
	count := &c.tiers[tier]
	was, complete := s.Observation, count.complete()
	count.add(s, -1)
	s.Observation = o.At(now, c.maxAge).after(was, now)
	s.OnBranch = c.onBranch(s)
	count.add(s, 1)
	if s.Release != was.Release {
		count.run(was.Release, -1)
		count.run(s.Release, 1)
		s.Behind = c.behind(tier, s.Release)
	}
	count.moved = count.moved || complete != count.complete()
	return s.Health != was.Health || s.Serves() != was.Serves()
}

// State gives the Snapshot that c keeps, without the names in Violations' ShopSets.
// It is shared: it must not be changed, and changes with the next Take.
func (c *Current) State() *Snapshot { return &c.state }

// Snapshot gives what State does as a copy that stays, and complete.
func (c *Current) Snapshot() Snapshot {
	s := c.state
	s.ShopSets, s.Tiers, s.Groups = slices.Clone(s.ShopSets), slices.Clone(s.Tiers), slices.Clone(s.Groups)
	s.Violations = slices.Clone(s.Violations)
	for i := range s.Violations {
		v := &s.Violations[i]
		for _, o := range c.Of(c.fleet.tiers[v.Tier]) {
			if o.Release == v.Release {
				v.ShopSets = append(v.ShopSets, o.ShopSet)
			}
		}
	}
	return s
}

// Of gives the ShopSets of the i-th Tier, by name, shared like State.
func (c *Current) Of(i int) []ShopSetState {
	return c.state.ShopSets[c.tiers[i].from:c.tiers[i].to]
}

// Sums gives what is counted of the ShopSets of the i-th Tier.
func (c *Current) Sums(i int) Sums {
	t := &c.tiers[i]
	s := Sums{ShopSets: t.shopSets(), Sync: t.sync, Health: t.health, Well: t.well, Settled: t.settled}
	if t.differKnown > 0 {
		n := t.differ
		s.OutOfSync = &n
	}
	return s
}

// Whole gives the Release that all ShopSets of the i-th Tier run; a Tier without
// ShopSets has the one that its branch points to. Not ok: they run different ones,
// or of some it is not known.
func (c *Current) Whole(i int) (r Release, ok bool) {
	t, count := &c.state.Tiers[i], &c.tiers[i]
	switch {
	case count.shopSets() == 0:
		return t.Release, t.Release != ""
	case len(t.Running) == 1 && count.complete():
		return t.Running[0], true
	}
	return "", false
}

// Soaking says since when the i-th Tier soaks, and is settled, which others remember.
func (c *Current) Soaking(i int, since, settled time.Time) {
	c.state.Tiers[i].SoakingSince, c.state.Tiers[i].SettledSince = since, settled
}

// behind counts what a Release of the i-th Tier lacks of the Tier next below.
func (c *Current) behind(i int, r Release) *int {
	if i == 0 || c.history == nil || r == "" || c.state.Tiers[i-1].Release == "" {
		return nil
	}
	return c.ask(r, c.state.Tiers[i-1].Release)
}

// ask asks History.Behind, each question once; nil: not known.
func (c *Current) ask(release, than Release) *int {
	question := lack{release, than}
	answer, asked := c.lacks[question]
	if !asked {
		if n, ok := c.history.Behind(release, than); ok {
			answer = &n
		}
		c.lacks[question] = answer
	}
	return answer
}

// group counts the FailureDomains in which a ShopGroup is served.
func (c *Current) group(g ShopGroup) GroupState {
	state := GroupState{Group: g.Name, ShopSets: g.ShopSets, Required: g.FailureDomains}
	known := false
	for _, name := range g.ShopSets {
		o := &c.state.ShopSets[c.fleet.shopSets[name]]
		known = known || o.Health != HealthUnknown
		if o.Serves() && o.Cluster != "" && !slices.Contains(state.Domains, o.Cluster) {
			state.Domains = append(state.Domains, o.Cluster)
		}
	}
	slices.Sort(state.Domains)
	if n := len(state.Domains); known {
		state.Available = &n
	}
	return state
}

// settle brings what follows from the Releases that run up to date, where these
// have changed.
func (c *Current) settle() {
	moved := false
	for i := range c.tiers {
		count, t := &c.tiers[i], &c.state.Tiers[i]
		if !count.moved {
			continue
		}
		count.moved, moved = false, true
		t.Running = slices.Sorted(maps.Keys(count.running))
		t.Ran = remember(t.Ran, t.Running)
		t.Skewed = len(t.Running) > 1
		if t.SkewedSince = cmp.Or(t.SkewedSince, c.state.At); !t.Skewed {
			t.SkewedSince = time.Time{}
		}
	}
	if moved {
		c.order()
	}
}

// maxRan is how many Releases are remembered per Tier.
const maxRan = 500

// remember puts what runs in front of what ran.
func remember(ran, running []Release) []Release {
	all := slices.Clone(running)
	for _, r := range ran {
		if !slices.Contains(running, r) {
			all = append(all, r)
		}
	}
	return all[:min(len(all), maxRan)]
}

// tierCount counts a Tier's ShopSets.
type tierCount struct {
	from, to            int // in Snapshot.ShopSets
	sync                map[SyncStatus]int
	health              map[Health]int
	well, settled       int
	differ, differKnown int             // resources; ShopSets of which they are known
	running             map[Release]int // how many run each
	runners             int             // how many run a Release that is known
	// moved: other Releases run than when it was last settled, or of other ShopSets
	// it is known.
	moved bool
}

func newTierCount(from, to int) tierCount {
	return tierCount{from: from, to: to, sync: map[SyncStatus]int{}, health: map[Health]int{}, running: map[Release]int{}, moved: true}
}

func (t *tierCount) shopSets() int { return t.to - t.from }

// complete reports whether the Release of every ShopSet is known.
func (t *tierCount) complete() bool { return t.runners == t.shopSets() }

// add counts a ShopSet n times: 1, or -1 to take it out again.
func (t *tierCount) add(o *ShopSetState, n int) {
	t.sync[o.Sync] += n
	t.health[o.Health] += n
	if o.Well() {
		t.well += n
	}
	if o.settled() {
		t.settled += n
	}
	if o.OutOfSync != nil {
		t.differ += n * *o.OutOfSync
		t.differKnown += n
	}
}

// run counts a ShopSet that runs a Release n times, as add does.
func (t *tierCount) run(r Release, n int) {
	if r == "" {
		return
	}
	was := t.running[r]
	t.runners += n
	t.running[r] = was + n
	if was == 0 || was+n == 0 {
		t.moved = true
	}
	if was+n == 0 {
		delete(t.running, r)
	}
}
