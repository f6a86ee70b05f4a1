package promoter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion"
)

var ctx = context.Background()

// Whatever people and promotions do, in any order and killed at any point: no Tier gets
// a Release that a lower one has not, no branch loses a commit, and only what the
// gate let through arrives. What is refused changes nothing.
func TestTheOrderOfTiersHoldsWhateverHappens(t *testing.T) {
	f := fleetOf(t, 4)
	seen := map[Result]int{}
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 1))
		w := newWorld(f, random.IntN(4) == 0)
		p := w.promoter(f)
		for range 60 {
			tier := f.Tiers()[random.IntN(4)]
			before := snapshotOf(w, f)
			w.fail, w.after, p.Gate = nil, nil, says(promotion.Promote)
			var got Promotion
			var err error
			switch random.IntN(10) {
			case 0, 1, 2: // a developer merges and deploys
				b := f.Tiers()[0].Branch
				w.app[b] = w.commit(w.app[b])
				if !w.single && random.IntN(4) > 0 {
					w.system[b] = append(w.system[b], commit{w.id(), w.app[b]})
				}
				continue
			case 3:
				past, _ := w.Past(ctx, tier.Branch)
				got, err = p.Rollback(ctx, tier.Name, string(past[random.IntN(len(past))]), Options{})
			case 4:
				p.Gate = says([]promotion.Verdict{promotion.Hold, promotion.Inconclusive}[random.IntN(2)])
				got, err = p.Promote(ctx, tier.Name, Options{})
			case 5: // killed before or after a write
				at := []string{"fast-forward", "point"}[random.IntN(2)]
				die := func(write string) error {
					if write == at {
						return fmt.Errorf("%w: killed", errDown)
					}
					return nil
				}
				if w.fail = die; random.IntN(2) == 0 {
					w.fail, w.after = nil, die
				}
				got, err = p.Promote(ctx, tier.Name, Options{})
			default:
				got, err = p.Promote(ctx, tier.Name, Options{Again: random.IntN(3) == 0})
			}
			if err != nil && !errors.Is(err, errDown) && !errors.Is(err, fleet.ErrLowestTier) {
				t.Fatal(err)
			}
			seen[got.Result]++
			after := snapshotOf(w, f)
			if changed := after != before; changed && got.Result != Promoted && got.Result != RolledBack && got.Result != Already && err == nil {
				t.Fatalf("seed %d: %s (%s) changed\n%s to\n%s", seed, got.Result, got.Reason, before, after)
			}
			invariants(t, w, f, seed, got)
		}
		finish(t, w, f)
	}
	for _, r := range []Result{Promoted, RolledBack, Already, Held, Inconclusive, Refused} {
		if seen[r] < 50 {
			t.Errorf("%s came only %d times", r, seen[r])
		}
	}
}

func snapshotOf(w *world, f *fleet.Fleet) string {
	var b strings.Builder
	for _, t := range f.Tiers() {
		fmt.Fprintf(&b, "%s %s %v\n", t.Name, w.app[t.Branch], w.system[t.Branch])
	}
	return b.String()
}

// invariants hold after each step.
func invariants(t *testing.T, w *world, f *fleet.Fleet, seed uint64, last Promotion) {
	t.Helper()
	tiers := f.Tiers()
	for i, tier := range tiers {
		h := w.heads(tier.Branch)
		if !w.contains(h.App, h.Release) {
			t.Fatalf("seed %d: %s runs %s, which is not on its branch, after %+v", seed, tier.Name, h.Release, last)
		}
		if i > 0 && !w.contains(w.app[tiers[i-1].Branch], h.App) {
			t.Fatalf("seed %d: %s has what %s has not, after %+v", seed, tier.Name, tiers[i-1].Name, last)
		}
	}
	if last.Result == Promoted && w.heads(last.Branch).Release != last.Release {
		t.Fatalf("seed %d: promoted to %s, which has something else", seed, last.To)
	}
}

// finish: from wherever it is, a new Release goes all the way up.
func finish(t *testing.T, w *world, f *fleet.Fleet) {
	t.Helper()
	w.fail, w.after = nil, nil
	b := f.Tiers()[0].Branch
	w.app[b] = w.commit(w.app[b])
	w.system[b] = append(w.system[b], commit{w.id(), w.app[b]})
	all, err := w.promoter(f).Carry(ctx, "t-3", Options{Again: true}, Patience{})
	if err != nil || len(all) != 3 || w.heads("tier-3").Release != w.app[b] {
		t.Fatalf("%+v, %v\n%s", all, err, snapshotOf(w, f))
	}
}

func TestAGateThatAnswersAboutSomethingElseIsNotBelieved(t *testing.T) {
	f := fleetOf(t, 2)
	w := newWorld(f, true)
	w.app["tier-0"] = w.commit(w.app["tier-0"])
	before := snapshotOf(w, f)
	p := w.promoter(f)
	for name, d := range map[string]promotion.Decision{
		"another Tier":    {To: "t-0", Release: string(w.app["tier-0"]), Verdict: promotion.Promote},
		"another Release": {To: "t-1", Release: string(w.app["tier-1"]), Verdict: promotion.Promote},
		"no Release":      {To: "t-1", Verdict: promotion.Promote},
	} {
		p.Gate = func(context.Context, fleet.TierName, fleet.Release) (promotion.Decision, error) { return d, nil }
		if _, err := p.Promote(ctx, "t-1", Options{}); err == nil || !strings.Contains(err.Error(), "do not act on it") {
			t.Errorf("%s: %v", name, err)
		}
	}
	p.Gate = says("perhaps")
	if got, err := p.Promote(ctx, "t-1", Options{}); err != nil || got.Result != Inconclusive || got.ExitCode() == 0 {
		t.Errorf("an unknown verdict: %+v, %v", got, err)
	}
	if snapshotOf(w, f) != before {
		t.Error("something was moved")
	}
}

func TestALostAnswerIsLookedUp(t *testing.T) {
	f := fleetOf(t, 2)
	for _, at := range []string{"fast-forward", "point"} {
		w := newWorld(f, false)
		w.app["tier-0"] = w.commit(w.app["tier-0"])
		w.system["tier-0"] = append(w.system["tier-0"], commit{w.id(), w.app["tier-0"]})
		w.after = func(write string) error {
			if write == at {
				return fmt.Errorf("%w: connection reset", ErrUnreachable)
			}
			return nil
		}
		got, err := w.promoter(f).Promote(ctx, "t-1", Options{})
		if at == "point" {
			if err != nil || got.Result != Promoted || got.Commit == "" || !strings.Contains(got.Reason, "was lost") {
				t.Errorf("%s: %+v, %v", at, got, err)
			}
			continue
		}
		if !errors.Is(err, ErrUnreachable) || w.heads("tier-1").Release == w.app["tier-0"] {
			t.Errorf("%s: %+v, %v", at, got, err)
		}
	}
}

func TestAPushThatMeetsAnotherAtTheSameTimeIsTriedAgain(t *testing.T) {
	f := fleetOf(t, 2)
	for _, at := range []string{"fast-forward", "point"} {
		w := newWorld(f, false)
		w.app["tier-0"] = w.commit(w.app["tier-0"])
		w.system["tier-0"] = append(w.system["tier-0"], commit{w.id(), w.app["tier-0"]})
		times := 0
		w.fail = func(write string) error {
			if times++; write == at && times < 3 {
				return ErrMoved // the other one has the lock, and then gives up
			}
			return nil
		}
		if got, err := w.promoter(f).Promote(ctx, "t-1", Options{}); err != nil || got.Result != Promoted {
			t.Errorf("%s: %+v, %v", at, got, err)
		}
		w.fail = func(string) error { return ErrMoved }
		w.app["tier-0"] = w.commit(w.app["tier-0"])
		w.system["tier-0"] = append(w.system["tier-0"], commit{w.id(), w.app["tier-0"]})
		if got, err := w.promoter(f).Promote(ctx, "t-1", Options{}); err != nil || got.Result != Lost || got.ExitCode() != 1 {
			t.Errorf("for ever: %+v, %v", got, err)
		}
	}
}

func TestCarryWaitsForTheGateAndStopsAtAnotherRelease(t *testing.T) {
	f := fleetOf(t, 3)
	w := newWorld(f, true)
	w.app["tier-0"] = w.commit(w.app["tier-0"])
	p := w.promoter(f)
	asked := 0
	p.Gate = func(ctx context.Context, to fleet.TierName, r fleet.Release) (promotion.Decision, error) {
		switch asked++; asked {
		case 1:
			return says(promotion.Inconclusive)(ctx, to, r)
		case 2:
			return promotion.Decision{}, fmt.Errorf("%w: for a while", ErrUnreachable)
		}
		return says(promotion.Promote)(ctx, to, r)
	}
	slept, told := 0, 0
	patience := Patience{
		Sleep:   func(context.Context) error { slept++; return nil },
		Waiting: func(one Promotion, err error) { told++ },
		Done: func(one Promotion) error {
			if one.To == "t-1" && one.Result == Promoted { // somebody promotes the next one by hand
				w.app["tier-0"] = w.commit(w.app["tier-0"])
				w.app["tier-1"] = w.app["tier-0"]
			}
			return nil
		},
	}
	all, err := p.Carry(ctx, "t-2", Options{}, patience)
	if err != nil || slept != 2 || told != 2 || len(all) != 2 || all[1].Result != Refused || !strings.Contains(all[1].Reason, "not the requested") {
		t.Errorf("%+v, %v; slept %d, told %d", all, err, slept, told)
	}
	p.Gate = says(promotion.Inconclusive)
	patience.Sleep = Every(time.Hour, p.Now, now.Add(time.Minute))
	if all, err := p.Carry(ctx, "t-2", Options{}, patience); err != nil || all[len(all)-1].Result != Inconclusive || all[len(all)-1].ExitCode() == 0 {
		t.Errorf("%+v, %v", all, err)
	}
	if _, err := p.Carry(ctx, "t-0", Options{}, patience); !errors.Is(err, fleet.ErrLowestTier) {
		t.Error(err)
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if err := Every(time.Hour, p.Now, time.Time{})(ended); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestEachArrivalIsToldOnce(t *testing.T) {
	at := func(release fleet.Release, health fleet.Health, runs ...fleet.Release) fleet.Snapshot {
		s := fleet.Snapshot{Tiers: []fleet.TierState{{Tier: "prod", Release: release}, {Tier: "empty", Release: "x"}, {Tier: "unknown"}}}
		for i, r := range runs {
			s.ShopSets = append(s.ShopSets, fleet.ShopSetState{Tier: "prod", Observation: fleet.Observation{
				ShopSet: fleet.ShopSetName(fmt.Sprint("s-", i)), Sync: fleet.Synced, Health: health, Release: r}})
		}
		return s
	}
	var m Arrivals
	for i, step := range []struct {
		s    fleet.Snapshot
		want string
	}{
		{at("1", fleet.Healthy, "1", "1"), ""}, // was so before anybody looked
		{at("2", fleet.Healthy, "1", "1"), ""},
		{at("2", fleet.Healthy, "2", "1"), ""},
		{at("2", fleet.Progressing, "2", "2"), ""},
		{at("2", fleet.Healthy, "2", "2"), "prod is in sync: s-0, s-1 run Release 2, Synced and Healthy, replacing 1."},
		{at("2", fleet.Degraded, "2", "2"), ""},
		{at("2", fleet.Healthy, "2", "2"), ""}, // came back, did not arrive
		{at("", fleet.Healthy, "2", "2"), ""},
		{at("1", fleet.Healthy, "1", "1"), "prod is in sync: s-0, s-1 run Release 1, Synced and Healthy, replacing 2."},
	} {
		got := ""
		for _, a := range m.Next(step.s) {
			got += a.Text()
		}
		if got != step.want {
			t.Errorf("step %d: %q, want %q", i, got, step.want)
		}
	}
}

// What others write is neither Markdown in a pull request nor a command in the log of CI.
func TestWhatSomebodyWroteIsOnlyText(t *testing.T) {
	subject := "::add-mask::x ##[add-mask]y [x](http://evil) @everyone #1 <img src=x>"
	p := &Promoter{Fleet: fleetOf(t, 1), Compare: ""}
	out := Promotion{From: "beta", To: "prod", Reason: "no\n::stop-commands::x", Result: Held, ImageNotes: []string{"##vso[a]"}, Changes: []Commit{{ID: "1", Subject: subject}},
		Decision: &promotion.Decision{Checks: []promotion.Check{{Check: "drift", Result: promotion.Waived, Reason: subject}}}}
	body := p.body(out, planned{}, Options{}, now)
	for _, bad := range []string{"](http", "@everyone", "<img", "##[", "#1"} {
		if strings.Contains(body, bad) {
			t.Errorf("%q is in the pull request's text:\n%s", bad, body)
		}
	}
	out.Proposal = &Proposal{Title: "::debug::a", Body: body + "\n::error::b"}
	var text strings.Builder
	r := Report{Promotions: []Promotion{out}, Fleet: p.Fleet, Compare: func(_, _ fleet.Release) string { return "" }}
	if err := r.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(text.String()) {
		if strings.HasPrefix(strings.TrimSpace(line), "::") || strings.Contains(line, "##[") || strings.Contains(line, "##vso[") {
			t.Errorf("a command to the runner: %q", line)
		}
	}
}

func TestCommitsStandBelowTheComponentsThatTheyTouch(t *testing.T) {
	got, err := json.Marshal(byComponent(fleetOf(t, 1), []Commit{
		{ID: "3", Subject: "both", Folders: []string{"api", "cart"}}, {ID: "2", Subject: "docs", Folders: []string{"docs"}}, {ID: "1", Subject: "cart" + " only", Folders: []string{"cart"}}, {ID: "0", Subject: "top"}}))
	want := `[{"component":"api","commits":[{"commit":"3","subject":"both"}]},{"component":"cart","commits":[{"commit":"3","subject":"both"},{"commit":"1","subject":"cart only"}]},` +
		`{"component":"other","commits":[{"commit":"2","subject":"docs"},{"commit":"0","subject":"top"}]}]`
	if err != nil || string(got) != want {
		t.Errorf("%s, want\n%s", got, want)
	}
}

// store is a Registry and the Manifests.
type store map[string]string // image: digest, "" absent, "?" nobody knows

func (s store) Images(context.Context, fleet.Tier, fleet.Release) (images, notes []string, err error) {
	for i := range s {
		images = append(images, i)
	}
	return images, []string{"overlays/x is skipped: it is broken."}, nil
}

func (s store) Stored(_ context.Context, image string) (string, bool, error) {
	if s[image] == "?" {
		return "", false, errDown
	}
	return s[image], s[image] != "", nil
}

func TestARollbackIsHeldByImagesThatAreGoneOnly(t *testing.T) {
	f := fleetOf(t, 2)
	for name, c := range map[string]struct {
		images store
		want   Result
	}{
		"all are there":              {store{"r/a:1": "sha256:1", "r/b@sha256:2": "sha256:2"}, RolledBack},
		"none is needed":             {store{}, RolledBack},
		"a registry does not answer": {store{"r/a:1": "?"}, RolledBack},
		"one is gone":                {store{"r/a:1": "sha256:1", "r/b:1": ""}, Held},
		"one is latest":              {store{"r/a:latest": "sha256:1"}, Held},
		"one has neither":            {store{"r/a": "sha256:1"}, Held},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(f, false)
			first := w.app["tier-0"]
			w.app["tier-0"] = w.commit(first)
			w.system["tier-0"] = append(w.system["tier-0"], commit{w.id(), w.app["tier-0"]})
			p := w.promoter(f)
			p.Manifests, p.Registry = c.images, c.images
			got, err := p.Rollback(ctx, "t-0", string(first), Options{})
			if err != nil || got.Result != c.want || len(got.Images) != len(c.images) || len(got.ImageNotes) != 1 || (w.heads("tier-0").Release == first) != (c.want == RolledBack) {
				t.Fatalf("%+v, %v", got, err)
			}
			if got, err := p.Rollback(ctx, "t-0", string(first), Options{Again: true}); err != nil || got.ExitCode() != 0 || w.heads("tier-0").Release != first {
				t.Errorf("with --anyway: %+v, %v", got, err)
			}
		})
	}
}
