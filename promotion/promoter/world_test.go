package promoter

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion"
)

// world is the repositories in memory: it obeys git's rules for pushes, and no others.
type world struct {
	parents map[fleet.Release]fleet.Release // of app commits
	app     map[string]fleet.Release        // branches
	system  map[string][]commit             // branches, the newest last
	single  bool
	n       int

	requests []string // branches of pull requests
	request  Request  // that a check finds

	asked func(read string) error  // before a question; nil: none fails
	fail  func(write string) error // before a write; nil: none fails
	after func(write string) error // after a write; nil: none fails
}

type commit struct {
	id     string
	points fleet.Release
}

func newWorld(f *fleet.Fleet, single bool) *world {
	w := &world{parents: map[fleet.Release]fleet.Release{}, app: map[string]fleet.Release{}, system: map[string][]commit{}, single: single}
	first := w.commit("")
	for _, t := range f.Tiers() {
		w.app[t.Branch] = first
		w.system[t.Branch] = []commit{{w.id(), first}}
	}
	return w
}

func (w *world) id() string {
	w.n++
	return fmt.Sprintf("%012x%028x", w.n, w.n) // of which people read the first twelve
}

func (w *world) commit(parent fleet.Release) fleet.Release {
	r := fleet.Release(w.id())
	w.parents[r] = parent
	return r
}

func (w *world) heads(branch string) Heads {
	if w.single {
		return Heads{string(w.app[branch]), w.app[branch], w.app[branch]}
	}
	head := w.system[branch][len(w.system[branch])-1]
	return Heads{head.id, head.points, w.app[branch]}
}

func (w *world) Read(_ context.Context, tiers []fleet.Tier) (map[fleet.TierName]Heads, error) {
	if err := w.ask("read"); err != nil {
		return nil, err
	}
	out := map[fleet.TierName]Heads{}
	for _, t := range tiers {
		out[t.Name] = w.heads(t.Branch)
	}
	return out, nil
}

func (w *world) Resolve(_ context.Context, id string) (fleet.Release, error) {
	if _, ok := w.parents[fleet.Release(id)]; !ok {
		return "", ErrUnknown
	}
	return fleet.Release(id), nil
}

func (w *world) Changes(_ context.Context, from, to fleet.Release, most int) (all []Commit, more int, err error) {
	if err := w.ask("changes"); err != nil {
		return nil, 0, err
	}
	for r := to; r != "" && !w.contains(from, r); r = w.parents[r] {
		all = append(all, Commit{ID: string(r), Subject: "a change", Folders: []string{"cart"}})
	}
	return all[:min(len(all), most)], max(len(all)-most, 0), nil
}

func (w *world) ask(name string) error {
	if w.asked == nil {
		return nil
	}
	return w.asked(name)
}

func (w *world) contains(release, other fleet.Release) bool {
	for r := release; r != ""; r = w.parents[r] {
		if r == other {
			return true
		}
	}
	return false
}

func (w *world) Contains(_ context.Context, release, other fleet.Release) (bool, error) {
	if err := w.ask("contains"); err != nil {
		return false, err
	}
	return w.contains(release, other), nil
}

func (w *world) Past(_ context.Context, branch string) ([]fleet.Release, error) {
	if err := w.ask("past"); err != nil {
		return nil, err
	}
	var past []fleet.Release
	for _, c := range slices.Backward(w.system[branch]) {
		if len(past) == 0 || past[len(past)-1] != c.points {
			past = append(past, c.points)
		}
	}
	return past, nil
}

func (w *world) Missing(_ context.Context, release fleet.Release, of []fleet.Release) (missing []fleet.Release, err error) {
	if err := w.ask("missing"); err != nil {
		return nil, err
	}
	for _, r := range of {
		if _, ok := w.parents[r]; ok && !w.contains(release, r) {
			missing = append(missing, r)
		}
	}
	return missing, nil
}

func (w *world) Alike(context.Context, fleet.Release, fleet.Release, []fleet.Release) ([]Likeness, error) {
	return nil, w.ask("alike")
}

func (w *world) write(name string, do func() error) error {
	if w.fail != nil {
		if err := w.fail(name); err != nil {
			return err
		}
	}
	if err := do(); err != nil {
		return err
	}
	if w.after != nil {
		return w.after(name)
	}
	return nil
}

// leased reports whether a branch is where the write needs it.
func (w *world) leased(r Ref) bool { return r == (Ref{}) || w.heads(r.Branch).System == r.Commit }

func (w *world) FastForward(_ context.Context, f Forward) error {
	return w.write("fast-forward", func() error {
		switch {
		case !w.leased(f.Source):
			return ErrSourceMoved
		case w.app[f.Branch] == f.To:
			return nil
		case w.app[f.Branch] != f.From || !w.contains(f.To, f.From):
			return ErrMoved
		}
		w.app[f.Branch] = f.To
		return nil
	})
}

func (w *world) Point(_ context.Context, p Pointer) (id string, err error) {
	return id, w.write("point", func() error {
		switch {
		case !w.leased(p.Source):
			return ErrSourceMoved
		case w.heads(p.Branch).System != p.Parent:
			return ErrMoved
		}
		id = w.id()
		w.system[p.Branch] = append(w.system[p.Branch], commit{id, p.Release})
		return nil
	})
}

func (w *world) Propose(_ context.Context, p Pointer, branch string) (id string, err error) {
	return id, w.write("propose", func() error {
		switch {
		case !w.leased(p.Source):
			return ErrSourceMoved
		case w.heads(p.Branch).System != p.Parent:
			return ErrMoved
		}
		id = w.id()
		w.requests = append(w.requests, branch)
		return nil
	})
}

func (w *world) Sweep(_ context.Context, prefix string, stale func(string) bool) (fresh, notes []string, err error) {
	if err := w.ask("sweep"); err != nil {
		return nil, nil, err
	}
	w.requests = slices.DeleteFunc(w.requests, stale)
	return w.requests, nil, nil
}

func (w *world) Inspect(context.Context, string, string) (Request, error) {
	return w.request, w.ask("inspect")
}

var now = time.Date(2026, 11, 2, 9, 30, 0, 0, time.UTC)

// says is a gate.
func says(v promotion.Verdict) Gate {
	return func(_ context.Context, to fleet.TierName, r fleet.Release) (promotion.Decision, error) {
		return promotion.Decision{At: now, To: to, Release: string(r), Verdict: v, Checks: []promotion.Check{
			{Check: "budget", Result: promotion.Fail, Reason: "The budget is spent."}, {Check: "soak", Result: promotion.Unknown, Reason: "It soaks."}}}, nil
	}
}

func (w *world) promoter(f *fleet.Fleet) *Promoter {
	return &Promoter{Fleet: f, Single: w.single, Reader: w, History: w, Writer: w, Requests: w, Gate: says(promotion.Promote), Now: func() time.Time { return now }}
}

// fleetOf makes a fleet of so many Tiers, t-0 the lowest, of one ShopSet each.
func fleetOf(t testing.TB, tiers int) *fleet.Fleet {
	t.Helper()
	d := fleet.Declarations{Configurations: []fleet.Configuration{{Name: "c"}}, FailureDomains: []fleet.FailureDomain{{Name: "d"}}}
	for i := range tiers {
		d.Tiers = append(d.Tiers, fleet.Tier{Name: fleet.TierName(fmt.Sprint("t-", i)), Order: i, Branch: fmt.Sprint("tier-", i)})
		d.ShopSets = append(d.ShopSets, fleet.ShopSet{Name: fleet.ShopSetName(fmt.Sprint("s-", i)), Tier: d.Tiers[i].Name, Configuration: "c", FailureDomain: "d",
			Components: []fleet.ComponentName{"cart", "api"}})
	}
	f, err := fleet.New(d)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

var errDown = errors.New("the line is down")
