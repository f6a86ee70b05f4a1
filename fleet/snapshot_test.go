package fleet

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// line is a History of one line of commits, "1" the oldest; past says what each
// Tier's branch ever pointed to, a Tier without an entry being unreadable.
type line struct {
	newest int
	past   map[TierName][]Release
}

func (l line) number(r Release) int {
	for i := 1; i <= l.newest; i++ {
		if string(r) == strings.Repeat("i", i) {
			return i
		}
	}
	return 0
}

func (l line) Behind(release, than Release) (int, bool) {
	a, b := l.number(release), l.number(than)
	return max(0, b-a), a > 0 && b > 0
}

func (l line) Had(tier TierName, r Release) (bool, bool) {
	past, ok := l.past[tier]
	return slices.Contains(past, r), ok
}

// r names the n-th commit.
func r(n int) Release { return Release(strings.Repeat("i", n)) }

// three is a fleet of Tiers t0 < t1 < t2 with the ShopSets x (t0), y (t1), and u
// and v (t2), which serve the group pair from the FailureDomains a and b.
func three(t *testing.T) *Fleet {
	return mustNew(t, Declarations{
		Tiers: []Tier{{Name: "t0", Branch: "b0"}, {Name: "t1", Order: 1, Branch: "b1"}, {Name: "t2", Order: 2, Branch: "b2"}},

		Configurations: []Configuration{{Name: "c"}},
		FailureDomains: []FailureDomain{{Name: "a"}, {Name: "b"}},
		ShopSets: []ShopSet{
			{Name: "x", Tier: "t0", Configuration: "c", FailureDomain: "a"},
			{Name: "y", Tier: "t1", Configuration: "c", FailureDomain: "a"},
			{Name: "u", Tier: "t2", Configuration: "c", FailureDomain: "a"},
			{Name: "v", Tier: "t2", Configuration: "c", FailureDomain: "b"},
		},
		ShopGroups: []ShopGroup{{Name: "pair", ShopSets: []ShopSetName{"u", "v"}, FailureDomains: 2}},
	})
}

func runs(name ShopSetName, release Release) Observation {
	return Observation{ShopSet: name, Sync: Synced, Health: Healthy, Release: release, ObservedAt: noon}
}

func shopSet(t *testing.T, s Snapshot, name ShopSetName) ShopSetState {
	t.Helper()
	for _, o := range s.ShopSets {
		if o.ShopSet == name {
			return o
		}
	}
	t.Fatalf("no %s in the snapshot", name)
	return ShopSetState{}
}

func TestAShopSetOfWhichNothingWasSeenIsThereAndUnknown(t *testing.T) {
	s := Observe(three(t), noon, Seen{Observations: []Observation{runs("x", r(1)), runs("stranger", r(1))}})
	if len(s.ShopSets) != 4 {
		t.Fatalf("%d ShopSets", len(s.ShopSets))
	}
	if y := shopSet(t, s, "y"); y.Sync != SyncUnknown || y.Health != HealthUnknown || y.Reason == "" || y.Release != "" {
		t.Errorf("%+v", y)
	}
	if x := shopSet(t, s, "x"); x.Sync != Synced || x.Tier != "t0" || x.Cluster != "a" || x.Configuration != "c" {
		t.Errorf("%+v", x)
	}
	if u := shopSet(t, s, "u"); !slices.Equal(u.Groups, []ShopGroupName{"pair"}) {
		t.Errorf("groups of u: %v", u.Groups)
	}
}

func TestAnOldObservationIsUnknown(t *testing.T) {
	three5, n := 5, int64(3)
	o := Observation{ShopSet: "x", Source: "east", Sync: OutOfSync, Health: Degraded, Release: "i", OutOfSync: &three5,
		ObservedAt: noon, DriftedSince: noon.Add(-time.Hour), DriftEvents: &n}
	for _, tt := range []struct {
		name    string
		age     time.Duration
		maxAge  time.Duration
		unknown bool
	}{
		{"as old as is trusted", 10 * time.Minute, 10 * time.Minute, false},
		{"a second older", 10*time.Minute + time.Second, 10 * time.Minute, true},
		{"any age is trusted", 1000 * time.Hour, 0, false},
		{"from a clock ahead of ours", -time.Minute, 10 * time.Minute, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := o.At(noon.Add(tt.age), tt.maxAge)
			if !tt.unknown {
				if !reflect.DeepEqual(got, o) {
					t.Errorf("changed: %+v", got)
				}
				return
			}
			if got.Sync != SyncUnknown || got.Health != HealthUnknown || got.Release != "" || got.OutOfSync != nil || !strings.Contains(got.Reason, "since 2026-11-01T12:00:00Z, and 10m0s") {
				t.Errorf("%+v", got)
			}
			if got.DriftedSince != o.DriftedSince || got.DriftEvents != o.DriftEvents || got.ObservedAt != noon || got.Source != "east" {
				t.Errorf("what is not over is forgotten: %+v", got)
			}
		})
	}
	ahead := Observation{ShopSet: "x", Sync: Synced, Health: Healthy, ObservedAt: noon.Add(time.Hour)}
	for maxAge, want := range map[time.Duration]SyncStatus{0: Synced, time.Hour: Synced, 59 * time.Minute: SyncUnknown} {
		if got := ahead.At(noon, maxAge); got.Sync != want || (got.Reason == "") != (want == Synced) {
			t.Errorf("an hour ahead of the clock, %v trusted: %s, %q", maxAge, got.Sync, got.Reason)
		}
	}
	if got := (Observation{ShopSet: "x", Sync: Synced, Health: Healthy}).At(noon, 0); got.Sync != SyncUnknown || got.Reason == "" {
		t.Errorf("never observed, and not Unknown: %+v", got)
	}
}

func TestDriftBeginsWhenItIsSeenAndEndsOnlyWhenItIsSeenToEnd(t *testing.T) {
	f := three(t)
	minute := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Minute) }
	at := func(n int, sync SyncStatus, since time.Time) Observation {
		o := runs("x", "i")
		o.Sync, o.ObservedAt, o.DriftedSince = sync, minute(n), since
		return o
	}
	steps := []struct {
		name string
		seen Observation
		want time.Time
	}{
		{"synced", at(1, Synced, time.Time{}), time.Time{}},
		{"drift is dated by the first comparison that shows it", at(2, OutOfSync, time.Time{}), minute(2)},
		{"and keeps its date", at(3, OutOfSync, time.Time{}), minute(2)},
		{"also while nothing is known", at(4, SyncUnknown, time.Time{}), minute(2)},
		{"and when it is seen again", at(5, OutOfSync, time.Time{}), minute(2)},
		{"the watcher saw it end and another begin", at(6, OutOfSync, minute(6)), minute(6)},
		{"synced ends it", at(7, Synced, time.Time{}), time.Time{}},
		{"unknown alone is no drift", at(8, SyncUnknown, time.Time{}), time.Time{}},
		{"the next drift is another", at(9, OutOfSync, time.Time{}), minute(9)},
	}
	var s Snapshot
	for i, step := range steps {
		before := s
		if i%2 == 1 { // the exporter restarts
			before = reread(t, s)
		}
		s = Observe(f, step.seen.ObservedAt, Seen{Observations: []Observation{step.seen}, Before: before})
		if got := shopSet(t, s, "x").DriftedSince; !got.Equal(step.want) {
			t.Fatalf("%s: since %v, want %v", step.name, got, step.want)
		}
	}
}

func TestAReleaseIsDatedByArgoCDElseByWhenItWasSeenToCome(t *testing.T) {
	f := three(t)
	later := noon.Add(time.Hour)
	first := Observe(f, noon, Seen{Observations: []Observation{runs("x", r(1))}})
	if got := shopSet(t, first, "x").ReleaseSince; !got.IsZero() {
		t.Errorf("nobody saw it come, and it is dated %v", got)
	}
	next := runs("x", r(2))
	next.ObservedAt = later
	second := Observe(f, later, Seen{Observations: []Observation{next}, Before: reread(t, first)})
	third := Observe(f, later.Add(time.Hour), Seen{Observations: []Observation{next}, Before: second})
	for _, s := range []Snapshot{second, third} {
		if got := shopSet(t, s, "x").ReleaseSince; !got.Equal(later) {
			t.Errorf("since %v, want %v", got, later)
		}
	}
	next.ReleaseSince = noon.Add(time.Minute)
	if got := shopSet(t, Observe(f, later, Seen{Observations: []Observation{next}, Before: second}), "x").ReleaseSince; !got.Equal(next.ReleaseSince) {
		t.Errorf("since %v, Argo CD says %v", got, next.ReleaseSince)
	}
}

func TestSkewLastsFromWhenItWasSeen(t *testing.T) {
	f := three(t)
	s := Observe(f, noon, Seen{Observations: []Observation{runs("u", r(1)), runs("v", r(2))}})
	s = Observe(f, noon.Add(time.Hour), Seen{Observations: []Observation{runs("u", r(1)), runs("v", r(2))}, Before: reread(t, s)})
	if top := s.Tiers[2]; !top.Skewed || !top.SkewedSince.Equal(noon) || !slices.Equal(top.Running, []Release{r(1), r(2)}) {
		t.Errorf("%+v", top)
	}
	s = Observe(f, noon, Seen{Observations: []Observation{runs("u", r(2)), runs("v", r(2))}, Before: s})
	if top := s.Tiers[2]; top.Skewed || !top.SkewedSince.IsZero() || !slices.Equal(top.Ran, []Release{r(2), r(1)}) {
		t.Errorf("%+v", top)
	}
	s = Observe(f, noon, Seen{Observations: []Observation{runs("u", r(2))}})
	if s.Tiers[2].Skewed {
		t.Error("skewed against a ShopSet of which nothing is known")
	}
}

func TestBehind(t *testing.T) {
	heads := map[TierName]Head{"t0": {Release: r(7)}, "t1": {Release: r(4)}, "t2": {Release: "elsewhere"}}
	s := Observe(three(t), noon, Seen{
		Observations: []Observation{runs("x", r(7)), runs("y", r(2)), runs("u", r(1)), runs("v", r(5))},
		Heads:        heads, History: line{newest: 9},
	})
	for name, want := range map[ShopSetName]int{"x": -1, "y": 5, "u": 3, "v": 0} {
		if got := figure(shopSet(t, s, name).Behind); got != want {
			t.Errorf("%s is %d behind, want %d", name, got, want)
		}
	}
	for i, want := range []int{-1, 3, -1} { // "elsewhere" is not in the history
		if got := figure(s.Tiers[i].Behind); got != want {
			t.Errorf("%s is %d behind, want %d", s.Tiers[i].Tier, got, want)
		}
	}
	heads["t2"] = Head{Release: r(6)}
	s = Observe(three(t), noon, Seen{Heads: heads, History: line{newest: 9}})
	for i, want := range []int{-1, 0, 2} {
		if got := figure(s.Tiers[i].Ahead); got != want {
			t.Errorf("%s is %d ahead, want %d", s.Tiers[i].Tier, got, want)
		}
	}
	s = Observe(three(t), noon, Seen{Observations: []Observation{runs("u", r(1))}, Heads: heads})
	if shopSet(t, s, "u").Behind != nil {
		t.Error("behind, without a history")
	}
}

// figure gives -1 for what is not known.
func figure(n *int) int {
	if n == nil {
		return -1
	}
	return *n
}

func TestRedundancy(t *testing.T) {
	for _, tt := range []struct {
		name string
		u, v Health
		want int
	}{
		{"both serve", Healthy, Healthy, 2},
		{"a rollout goes on beside what ran", Progressing, Suspended, 2},
		{"one is broken", Degraded, Healthy, 1},
		{"one is not there", Healthy, Missing, 1},
		{"one cannot be seen", HealthUnknown, Healthy, 1},
		{"one cannot be seen, the other is broken", HealthUnknown, Degraded, 0},
		{"none can be seen", HealthUnknown, HealthUnknown, -1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			u, v := runs("u", r(1)), runs("v", r(1))
			u.Health, v.Health = tt.u, tt.v
			g := Observe(three(t), noon, Seen{Observations: []Observation{u, v}}).Groups[0]
			if figure(g.Available) != tt.want || g.Required != 2 || g.Short() != (tt.want < 2) {
				t.Errorf("%+v, want %d", g, tt.want)
			}
		})
	}
}

func TestOneFailureDomainCountsOnce(t *testing.T) {
	d := three(t).Declarations()
	for i := range d.ShopSets {
		d.ShopSets[i].FailureDomain = "a"
	}
	g := Observe(mustNew(t, d), noon, Seen{Observations: []Observation{runs("u", r(1)), runs("v", r(1))}}).Groups[0]
	if figure(g.Available) != 1 || !g.Short() {
		t.Errorf("%+v", g)
	}
}

func TestWorstIsWhatIsKnownToBeBad(t *testing.T) {
	for _, tt := range []struct {
		parts []Health
		want  Health
	}{
		{nil, HealthUnknown},
		{[]Health{Healthy, Healthy}, Healthy},
		{[]Health{Healthy, Suspended}, Suspended},
		{[]Health{Progressing, Suspended}, Progressing},
		{[]Health{Progressing, HealthUnknown}, HealthUnknown},
		{[]Health{Healthy, "Marvellous"}, HealthUnknown},
		{[]Health{HealthUnknown, Degraded, Healthy}, Degraded},
		{[]Health{Missing, Degraded}, Missing},
	} {
		if got := WorstHealth(tt.parts...); got != tt.want {
			t.Errorf("%v sums up to %s, want %s", tt.parts, got, tt.want)
		}
	}
	for _, tt := range []struct {
		parts []SyncStatus
		want  SyncStatus
	}{
		{nil, SyncUnknown},
		{[]SyncStatus{Synced, Synced}, Synced},
		{[]SyncStatus{Synced, ""}, SyncUnknown},
		{[]SyncStatus{SyncUnknown, OutOfSync}, OutOfSync},
	} {
		if got := WorstSync(tt.parts...); got != tt.want {
			t.Errorf("%v sums up to %s, want %s", tt.parts, got, tt.want)
		}
	}
}

func TestMutableImages(t *testing.T) {
	o := Observation{Images: []string{
		"shop:latest", "shop", "127.0.0.1:5000/shop", "r.example/shop:1.2", "shop:latest@sha256:00", "r.example:5000/a/shop:latest", "shop:latest-1", "",
	}}
	if got, want := o.MutableImages(), []string{"shop:latest", "shop", "127.0.0.1:5000/shop", "r.example:5000/a/shop:latest"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// randomSeen makes observations, heads and a past that need not fit each other.
// told has an Observation say all that Argo CD may be doing.
func told(random *rand.Rand, o *Observation) {
	missing := random.IntN(3)
	o.Missing, o.Unserved = &missing, []string{"", "nothing was ever deployed"}[random.IntN(2)]
	o.ChangedSince, o.HealthSince = noon.Add(-time.Duration(random.IntN(9))*time.Hour), noon.Add(-time.Minute)
	if o.Sync == OutOfSync && random.IntN(2) == 0 {
		o.Pending, o.PendingSince, o.Held, o.Causes = "r9", noon.Add(-time.Minute), "auto-sync is off", []HoldCause{AutoSyncOff}
	}
	w := &Workings{Applications: 1 + missing, Phase: OperationPhases[random.IntN(5)], AutoSync: missing == 0, Targets: []string{"b0"}}
	if random.IntN(2) == 0 {
		o.Absent, w.Expected, w.Ended, w.Took = []ComponentName{"cart"}, &missing, noon, 1500*time.Millisecond
		w.Conditions = []ConditionCount{{"SyncError", 1}}
	}
	o.Workings = w
}

func randomSeen(random *rand.Rand, f *Fleet) Seen {
	release := func() Release {
		if random.IntN(5) == 0 {
			return ""
		}
		return r(1 + random.IntN(4))
	}
	l := line{newest: 4, past: map[TierName][]Release{}}
	seen := Seen{Heads: map[TierName]Head{}, History: l, MaxAge: time.Hour}
	for _, s := range f.ShopSets() {
		if random.IntN(8) > 0 {
			n := int64(random.IntN(3))
			seen.Observations = append(seen.Observations, Observation{
				ShopSet: s.Name, Sync: SyncStatuses[random.IntN(3)], Health: Healths[random.IntN(6)], Release: release(),
				ObservedAt: noon.Add(-time.Duration(random.IntN(70)) * time.Minute), DriftEvents: &n, Images: []string{"a:1"},
				Unverified: []string{"", "the sync to r2 has failed"}[random.IntN(2)],
			})
			if random.IntN(2) == 0 {
				told(random, &seen.Observations[len(seen.Observations)-1])
			}
		}
	}
	for _, tier := range f.Tiers() {
		seen.Heads[tier.Name] = Head{Release: release()}
		if random.IntN(4) > 0 {
			past := []Release{}
			for i := 1; i <= l.newest; i++ {
				if random.IntN(3) == 0 {
					past = append(past, r(i))
				}
			}
			l.past[tier.Name] = past
		}
	}
	return seen
}
