package shopset

import (
	"slices"
	"time"

	"github.com/shopslo/shopslo/fleet"
)

// tierMemory is what is remembered of a Tier.
type tierMemory struct {
	// Ran are the Releases that some ShopSet of it ran, as fleet.TierState has them.
	Ran         []fleet.Release `json:"ran,omitempty"`
	SkewedSince time.Time       `json:"skewed_since,omitzero"`
	// Gone is since when it is not of the fleet; zero: it is.
	Gone time.Time `json:"gone,omitzero"`

	// Had are the Releases that the whole Tier ran, the last one first; at most maxHad.
	Had []had `json:"had,omitempty"`
	// SoakingSince is since when all of its ShopSets have been Synced, Healthy and
	// at Had[0], as last seen SoakingSeen; zero: they are not.
	SoakingSince time.Time `json:"soaking_since,omitzero"`
	SoakingSeen  time.Time `json:"soaking_seen,omitzero"`
	// SettledSince is since when the same is so where Suspended counts as Healthy.
	SettledSince time.Time `json:"settled_since,omitzero"`
	// Pending are the changes of the lowest Tier that have not come here, the
	// oldest first; at most maxHad.
	Pending []change `json:"pending,omitempty"`

	Promotions int64     `json:"promotions"`
	Rollbacks  int64     `json:"rollbacks"`
	Lead       histogram `json:"lead"`
	Soak       histogram `json:"soak"`
}

// had is a Release that a Tier had.
type had struct {
	Release fleet.Release `json:"release"`
	// Soaked is how long it was verified here without a break, the last time that
	// this ended.
	Soaked time.Duration `json:"soaked_ns,omitempty"`
}

// change is a Release that came to the lowest Tier.
type change struct {
	Release fleet.Release `json:"release"`
	Since   time.Time     `json:"since"`
}

// maxHad bounds what is remembered of a Tier: years of weekly Releases.
const maxHad = 200

func (t *tierMemory) release() fleet.Release {
	if len(t.Had) == 0 {
		return ""
	}
	return t.Had[0].Release
}

func (t *tierMemory) find(r fleet.Release) int {
	return slices.IndexFunc(t.Had, func(h had) bool { return h.Release == r })
}

// took takes in what is current: which Tier came to which Release, and how it does
// there. A Tier has a Release when all of its ShopSets run it, or, having none,
// when its branch points to it. gap is the longest time between two calls over
// which a soak is believed to have gone on; 0: any. What it remembers of soaks is
// written into c. It costs what the number of Tiers costs; of a Tier that comes to
// another Release the ShopSets are read.
func (r *Recorder) took(f *fleet.Fleet, c *fleet.Current, gap time.Duration) {
	s := c.State()
	blind := gap > 0 && !r.at.IsZero() && s.At.Sub(r.at) > gap
	for i := range s.Tiers {
		t := &s.Tiers[i]
		m := r.tiers[t.Tier]
		if m == nil {
			m = &tierMemory{}
			r.tiers[t.Tier] = m
			r.changes++
		}
		if !sameList(m.Ran, t.Ran) || !m.SkewedSince.Equal(t.SkewedSince) {
			r.changes++
		}
		m.Ran, m.SkewedSince = t.Ran, t.SkewedSince
	}
	if len(s.Tiers) > 0 {
		r.originated(c)
	}
	r.unsettled(f)
	for i := range s.Tiers {
		m := r.tiers[s.Tiers[i].Tier]
		release, ok := c.Whole(i)
		if !ok || release != m.release() || blind {
			r.unsettle(m)
		}
		if ok && release != m.release() {
			r.arrived(f, i, s.Tiers, release, since(c, i))
		}
		sums := c.Sums(i)
		r.soaking(m, ok && sums.ShopSets > 0 && sums.Well == sums.ShopSets, s.At)
		r.settling(m, ok && sums.ShopSets > 0 && sums.Settled == sums.ShopSets, s.At)
		c.Soaking(i, m.SoakingSince, m.SettledSince)
	}
	r.at = s.At
}

// unsettled ends the soak of Tiers of which a ShopSet had a break.
func (r *Recorder) unsettled(f *fleet.Fleet) {
	for _, name := range r.moved {
		set, _ := f.ShopSet(name)
		if m := r.tiers[set.Tier]; m != nil {
			r.unsettle(m)
		}
	}
	r.moved = nil
}

// unsettle ends what soaks, and what is settled.
func (r *Recorder) unsettle(m *tierMemory) {
	if !m.SoakingSince.IsZero() {
		m.unsoak()
		r.changes++
	}
	r.settling(m, false, time.Time{})
}

// settling is soaking where Suspended counts as Healthy.
func (r *Recorder) settling(m *tierMemory, settled bool, now time.Time) {
	if settled == m.SettledSince.IsZero() {
		m.SettledSince = time.Time{}
		if settled {
			m.SettledSince = now.UTC()
		}
		r.changes++
	}
}

// sameList compares lists that are mostly the very same one.
func sameList(a, b []fleet.Release) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0] || slices.Equal(a, b))
}

// since gives since when the i-th Tier as a whole has the Release that it has.
func since(c *fleet.Current, i int) (since time.Time) {
	now, sets := c.State().At, c.Of(i)
	if len(sets) == 0 {
		since = c.State().Tiers[i].ReleaseAt
		if since.IsZero() || since.After(now) {
			since = now
		}
		return since
	}
	for i := range sets {
		o := &sets[i]
		if o.ReleaseSince.IsZero() || o.ReleaseSince.After(now) {
			since = now
		}
		if o.ReleaseSince.After(since) {
			since = o.ReleaseSince
		}
	}
	return since
}

// originated notes a change that came to the lowest Tier: it is pending for every
// Tier above until that one has it, or a later one. Where the branch cannot be
// read, a change came when the Tier's ShopSets ran it.
func (r *Recorder) originated(c *fleet.Current) {
	s := c.State()
	t := &s.Tiers[0]
	release, at := t.Release, t.ReleaseAt
	if release == "" {
		var ok bool
		if release, ok = c.Whole(0); !ok {
			return
		}
	}
	if len(r.origins) > 0 && r.origins[0] == release {
		return
	}
	r.changes++
	first := len(r.origins) == 0
	if t.Release == "" {
		at = since(c, 0)
	}
	if at.IsZero() || at.After(s.At) {
		at = s.At
	}
	if i := slices.Index(r.origins, release); i >= 0 {
		r.withdraw(r.origins[:i])
		r.origins = r.origins[i:]
		return
	}
	r.origins = slices.Insert(r.origins, 0, release)
	r.origins = r.origins[:min(len(r.origins), maxHad)]
	if first && t.ReleaseAt.IsZero() {
		return // it is there since nobody knows when
	}
	for _, above := range s.Tiers[1:] {
		m := r.tiers[above.Tier]
		m.Pending = append(m.Pending, change{release, at.UTC()})
		if len(m.Pending) > maxHad {
			// The oldest time is what counts: the one after it goes.
			m.Pending = slices.Delete(m.Pending, 1, 2)
		}
	}
}

// withdraw drops changes that the lowest Tier went back behind.
func (r *Recorder) withdraw(gone []fleet.Release) {
	for _, m := range r.tiers {
		m.Pending = slices.DeleteFunc(m.Pending, func(c change) bool { return slices.Contains(gone, c.Release) })
	}
}

// arrived notes that the i-th Tier as a whole has come to a Release.
func (r *Recorder) arrived(f *fleet.Fleet, i int, tiers []fleet.TierState, release fleet.Release, at time.Time) {
	r.changes++
	m := r.tiers[tiers[i].Tier]
	first, known := len(m.Had) == 0, m.find(release)
	entry := had{Release: release}
	if known >= 0 {
		entry = m.Had[known]
		m.Had = slices.Delete(m.Had, known, known+1)
	}
	m.Had = slices.Insert(m.Had, 0, entry)
	m.Had = m.Had[:min(len(m.Had), maxHad)]
	waited := m.complete(release)
	switch {
	case first: // it was there before anybody looked
	case known >= 0:
		m.Rollbacks++
	case i > 0:
		m.Promotions++
		if !waited.IsZero() {
			m.Lead.observe(at.Sub(waited).Seconds(), leadBounds)
		}
		r.soaked(f, tiers[i].Tier, release, at)
	}
}

// complete drops the pending changes up to a Release and gives since when the
// oldest of them waited; zero: the Release is none of them.
func (t *tierMemory) complete(release fleet.Release) time.Time {
	i := slices.IndexFunc(t.Pending, func(c change) bool { return c.Release == release })
	if i < 0 {
		return time.Time{}
	}
	since := t.Pending[0].Since
	t.Pending = slices.Delete(t.Pending, 0, i+1)
	return since
}

// soaked notes how long a Release that came to a Tier was verified in the nearest
// Tier below that has ShopSets. One that has never been there soaked nowhere.
func (r *Recorder) soaked(f *fleet.Fleet, tier fleet.TierName, release fleet.Release, at time.Time) {
	below, ok := f.PopulatedBelow(tier)
	if !ok {
		return
	}
	m := r.tiers[below.Name]
	i := m.find(release)
	if i < 0 {
		return
	}
	soak := m.Had[i].Soaked
	if i == 0 && !m.SoakingSince.IsZero() {
		soak = max(at.Sub(m.SoakingSince), 0)
	}
	m.Soak.observe(soak.Seconds(), soakBounds)
}

// soaking notes how a Tier does with the Release that it has: well is Synced and
// Healthy as a whole.
func (r *Recorder) soaking(m *tierMemory, well bool, now time.Time) {
	switch {
	case !well && !m.SoakingSince.IsZero():
		m.unsoak()
		r.changes++
	case well && m.SoakingSince.IsZero():
		m.SoakingSince = now.UTC()
		r.changes++
	}
	if well {
		m.SoakingSeen = now.UTC()
	}
}

// unsoak ends a soak with what was last seen of it.
func (t *tierMemory) unsoak() {
	t.Had[0].Soaked = t.SoakingSeen.Sub(t.SoakingSince)
	t.SoakingSince, t.SoakingSeen = time.Time{}, time.Time{}
}

// histogram counts durations in seconds; Counts has one count for each bound, of
// what is within it and beyond the one before.
type histogram struct {
	Counts []int64 `json:"counts,omitempty"`
	Count  int64   `json:"count"`
	Sum    float64 `json:"sum"`
}

const (
	minute = 60.0
	hour   = 60 * minute
	day    = 24 * hour
)

// Upper bounds of the histograms, in seconds.
var (
	leadBounds = []float64{15 * minute, hour, 4 * hour, 12 * hour, day, 2 * day, 4 * day, 7 * day, 14 * day, 28 * day}
	soakBounds = []float64{5 * minute, 15 * minute, hour, 4 * hour, 12 * hour, day, 2 * day, 4 * day, 7 * day, 14 * day}
)

func (h *histogram) observe(seconds float64, bounds []float64) {
	seconds = max(seconds, 0) // clocks differ
	if len(h.Counts) != len(bounds) {
		h.Counts = make([]int64, len(bounds))
	}
	h.Count++
	h.Sum += seconds
	for i, b := range bounds {
		if seconds <= b {
			h.Counts[i]++
			return
		}
	}
}
