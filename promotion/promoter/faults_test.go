package promoter

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion"
)

// released is a world with a Release in t-0 that t-1 lacks; with one rolled back from t-1
// before, where that is wanted.
func released(t *testing.T, single, rolledBack bool) (*world, *fleet.Fleet) {
	t.Helper()
	f := fleetOf(t, 3)
	w := newWorld(f, single)
	w.release()
	if rolledBack {
		first := w.heads("tier-1").Release
		if got, err := w.promoter(f).Promote(ctx, "t-1", Options{}); err != nil || got.Result != Promoted {
			t.Fatalf("%+v, %v", got, err)
		}
		if got, err := w.promoter(f).Rollback(ctx, "t-1", string(first), Options{}); err != nil || got.Result != RolledBack {
			t.Fatalf("%+v, %v", got, err)
		}
		w.release()
	}
	return w, f
}

// release is what a developer does.
func (w *world) release() fleet.Release {
	w.app["tier-0"] = w.commit(w.app["tier-0"])
	if !w.single {
		w.system["tier-0"] = append(w.system["tier-0"], commit{w.id(), w.app["tier-0"]})
	}
	return w.app["tier-0"]
}

// Whichever answer of the repositories is missing: it is said, and nothing is moved that
// had not been before, nor said to be.
func TestNoQuestionThatFailsIsTakenForAnAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		single, rolledBack bool
		do                 func(p *Promoter, w *world) (Promotion, error)
		kinds              string // of questions that have to come
	}{
		"promotion":           {false, true, func(p *Promoter, _ *world) (Promotion, error) { return p.Promote(ctx, "t-1", Options{Again: true}) }, "read contains past missing changes"},
		"of what was refused": {false, true, func(p *Promoter, _ *world) (Promotion, error) { return p.Promote(ctx, "t-1", Options{}) }, "read contains past missing"},
		"single repository":   {true, false, func(p *Promoter, _ *world) (Promotion, error) { return p.Promote(ctx, "t-1", Options{}) }, "read contains past missing changes"},
		"two Tiers below": {false, false, func(p *Promoter, w *world) (Promotion, error) {
			w.app["tier-1"] = w.app["tier-0"]
			w.system["tier-1"] = append(w.system["tier-1"], commit{w.id(), w.app["tier-1"]})
			return p.Promote(ctx, "t-2", Options{})
		}, "read contains past missing changes"},
		"pull request": {false, true, func(p *Promoter, _ *world) (Promotion, error) {
			return p.Promote(ctx, "t-1", Options{Fix: "https://x", PullRequest: true})
		}, "read contains past missing changes sweep"},
		"rollback": {false, false, func(p *Promoter, w *world) (Promotion, error) {
			return p.Rollback(ctx, "t-0", string(w.system["tier-0"][0].points), Options{PullRequest: true})
		}, "read contains past changes sweep"},
		"check": {false, true, func(p *Promoter, w *world) (Promotion, error) {
			w.request = Request{Commit: "c", Release: w.app["tier-0"]}
			return p.Check(ctx, "t-1", "c", Options{Again: true})
		}, "read contains past missing changes inspect"},
		"check of a rollback": {false, true, func(p *Promoter, w *world) (Promotion, error) {
			w.request = Request{Commit: "c", Release: w.system["tier-0"][0].points}
			w.system["tier-1"] = append(w.system["tier-1"], commit{w.id(), w.app["tier-1"]})
			return p.Check(ctx, "t-1", "c", Options{})
		}, "read contains past inspect"},
	} {
		t.Run(name, func(t *testing.T) {
			seen := map[string]bool{}
			for at := 1; ; at++ {
				w, f := released(t, c.single, c.rolledBack)
				n, failed := 0, ""
				w.asked = func(read string) error {
					seen[read] = true
					if n++; n == at {
						failed = read
						return fmt.Errorf("%w: %s", errDown, read)
					}
					return nil
				}
				before := snapshotOf(w, f)
				got, err := c.do(w.promoter(f), w)
				if failed == "" {
					break
				}
				if failed == "sweep" && got.Result == Promoted { // all is done by then, and what is left to do is said
					if err != nil || len(got.Notes) == 0 {
						t.Errorf("question %d, %s: %v, %v", at, failed, got.Notes, err)
					}
					continue
				}
				if !errors.Is(err, errDown) || got.Result == Promoted || got.Result == Proposed || got.Result == Mergeable || got.Result == RolledBack {
					t.Errorf("question %d, %s: %s (%s), %v", at, failed, got.Result, got.Reason, err)
				}
				if name != "two Tiers below" && name != "check of a rollback" && snapshotOf(w, f) != before {
					t.Errorf("question %d, %s: something was moved", at, failed)
				}
			}
			for kind := range strings.FieldsSeq(c.kinds) {
				if !seen[kind] {
					t.Errorf("%s is never asked", kind)
				}
			}
		})
	}
}

// What is not in the app repository any more is no reason to fail, but one to refuse.
func TestWhatTheAppRepositoryDoesNotHaveIsRefused(t *testing.T) {
	w, f := released(t, false, false)
	w.asked = func(read string) error {
		if read == "contains" {
			return fmt.Errorf("%w: gone", ErrUnknown)
		}
		return nil
	}
	got, err := w.promoter(f).Promote(ctx, "t-1", Options{})
	if err != nil || got.Result != Refused || !strings.Contains(got.Reason, "which is not in the app repository") || got.ExitCode() != 1 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestAPushIsTriedThreeTimesAndNoMore(t *testing.T) {
	for _, at := range []string{"fast-forward", "point"} {
		for name, c := range map[string]struct {
			fails int // of the pushes
			meets func(w *world, f *fleet.Fleet)
			away  bool // nobody can look whether it has moved
			tries int
			want  Result
		}{
			"none meets another": {0, nil, false, 1, Promoted},
			"two meet another":   {2, nil, false, 3, Promoted},
			"all do":             {9, nil, false, 3, Lost},
			"it has really moved": {9, func(w *world, f *fleet.Fleet) {
				w.system["tier-1"] = append(w.system["tier-1"], commit{w.id(), w.commit(w.app["tier-1"])})
				w.app["tier-1"] = w.heads("tier-1").Release
			}, false, 1, Lost},
			"nobody can tell whether": {9, nil, true, 1, ""},
			"the other one did the same": {9, func(w *world, f *fleet.Fleet) {
				w.app["tier-1"] = w.app["tier-0"]
				w.system["tier-1"] = append(w.system["tier-1"], commit{w.id(), w.app["tier-0"]})
			}, false, 1, Already},
		} {
			t.Run(at+", "+name, func(t *testing.T) {
				w, f := released(t, false, false)
				tries := 0
				w.fail = func(write string) error {
					if write != at {
						return nil
					}
					if tries++; tries > c.fails {
						return nil
					}
					if c.meets != nil && tries == 1 {
						c.meets(w, f)
					}
					if c.away {
						w.asked = func(string) error { return errDown }
					}
					return ErrMoved
				}
				got, err := w.promoter(f).Promote(ctx, "t-1", Options{})
				if c.want == "" {
					if !errors.Is(err, ErrMoved) {
						t.Errorf("%+v, %v", got, err)
					}
				} else if err != nil || got.Result != c.want {
					t.Errorf("%s (%s), %v; want %s", got.Result, got.Reason, err, c.want)
				}
				if tries != c.tries {
					t.Errorf("%d pushes, want %d", tries, c.tries)
				}
			})
		}
	}
}

// The app branch that another promotion has moved already needs no push.
func TestAnAppBranchThatIsThereAlreadyIsEnough(t *testing.T) {
	w, f := released(t, false, false)
	tries := 0
	w.fail = func(write string) error {
		if write == "fast-forward" {
			tries++
			w.app["tier-1"] = w.app["tier-0"]
			return ErrMoved
		}
		return nil
	}
	if got, err := w.promoter(f).Promote(ctx, "t-1", Options{}); err != nil || got.Result != Promoted || tries != 1 {
		t.Errorf("%+v, %v, %d pushes", got, err, tries)
	}
}

func TestAWriteThatIsForbiddenOrLostIsSaid(t *testing.T) {
	for _, at := range []string{"fast-forward", "point", "propose"} {
		for want, failed := range map[string]error{
			"Nothing was pushed: ": fmt.Errorf("%w: by a rule", ErrForbidden), "changed after the gate's decision": ErrSourceMoved, "reached": ErrUnreachable,
		} {
			w, f := released(t, false, false)
			w.fail = func(write string) error {
				if write == at {
					return failed
				}
				return nil
			}
			got, err := w.promoter(f).Promote(ctx, "t-1", Options{PullRequest: at == "propose"})
			said := got.Reason
			if err != nil {
				said = err.Error()
			}
			result := map[string]Result{"Nothing was pushed: ": Refused, "changed after the gate's decision": Inconclusive}[want]
			if at == "propose" && result == Refused { // the host has no say in who proposes; the error does
				result = ""
				want = "by a rule"
			}
			half := "nly branch tier-1 of the app repository was fast-forwarded"
			if at == "point" && result == Refused {
				want = "O" + half
			}
			if moved := at == "point" || at == "propose" && result != ""; strings.Contains(said, half) != moved || moved && strings.Contains(said, "othing was pushed") {
				t.Errorf("%s: it says %s", at, said)
			}
			if !strings.Contains(said, want) || got.Result != result || (err != nil) != (result == "") || got.Proposal != nil || got.Commit != "" {
				t.Errorf("%s: %+v, %v", at, got, err)
			}
		}
	}
}

// A decision that came to nothing is no success, whatever it says.
func TestExitCodesSayWhatCameOfIt(t *testing.T) {
	yes, no := &promotion.Decision{Verdict: promotion.Promote}, &promotion.Decision{Verdict: promotion.Hold}
	cannot := &promotion.Decision{Verdict: promotion.Inconclusive}
	for _, c := range []struct {
		p    Promotion
		want int
	}{
		{Promotion{Result: Promoted, Decision: yes}, 0}, {Promotion{Result: RolledBack}, 0}, {Promotion{Result: Already}, 0}, {Promotion{Result: Planned, Decision: yes}, 0},
		{Promotion{Result: Proposed, Decision: yes}, 0}, {Promotion{Result: Mergeable, Decision: yes}, 0},
		{Promotion{Result: Held}, 1}, {Promotion{Result: Held, Decision: no}, 1}, {Promotion{Result: Refused, Decision: yes}, 1}, {Promotion{Result: Lost, Decision: yes}, 1},
		{Promotion{Result: Inconclusive}, 2}, {Promotion{Result: Inconclusive, Decision: cannot}, 2}, {Promotion{Result: Inconclusive, Decision: yes}, 2}, {Promotion{}, 1},
	} {
		if got := c.p.ExitCode(); got != c.want {
			t.Errorf("%s: %d, want %d", c.p.Result, got, c.want)
		}
	}
}

func TestAReleaseIsNamedInFullOrByItsFirstSevenDigits(t *testing.T) {
	w, f := released(t, true, false)
	r := fleet.Release("00ab" + strings.Repeat("cd", 18))
	w.parents[r] = w.app["tier-0"]
	w.app["tier-0"] = r
	for id, want := range map[fleet.Release]Result{
		r: Planned, r[:7]: Planned, r[:12]: Planned, "00ABCDC": Planned, r[:6]: Refused, "": Planned, "1234567": Refused, r + "0": Refused, w.app["tier-1"]: Refused,
	} {
		got, err := w.promoter(f).Promote(ctx, "t-1", Options{Release: id, DryRun: true})
		if err != nil || got.Result != want {
			t.Errorf("%s: %s (%s), %v; want %s", id, got.Result, got.Reason, err, want)
		}
		if want == Refused && (got.Reason != "t-0 has Release "+string(r[:12])+", not the requested "+Short(id)+"." || got.Decision != nil) {
			t.Error(got.Reason)
		}
	}
	for id, want := range map[fleet.Release]string{"": "", "abc": "abc", r[:12]: string(r[:12]), r[:13]: string(r[:12])} {
		if got := Short(id); got != want {
			t.Errorf("%s: %s", id, got)
		}
	}
}

// A wait that ends while the gate has answered once more keeps that answer.
func TestAVoidDecisionIsAskedForAgain(t *testing.T) {
	w, f := released(t, false, false)
	p := w.promoter(f)
	asked, slept := 0, 0
	gate := p.Gate
	p.Gate = func(c context.Context, to fleet.TierName, r fleet.Release) (promotion.Decision, error) {
		if asked++; asked == 1 {
			w.release()
		}
		return gate(c, to, r)
	}
	got, err := p.Await(ctx, "t-1", Options{}, Patience{Sleep: func(context.Context) error { slept++; return nil }})
	if err != nil || got.Result != Promoted || got.Release != w.app["tier-0"] || asked != 2 || slept != 1 {
		t.Errorf("%+v, %v; asked %d, slept %d", got, err, asked, slept)
	}
}

func TestTheDryRunOfASingleRepositorySaysWhatItWouldDo(t *testing.T) {
	w, f := released(t, true, false)
	old, r := w.app["tier-1"], w.app["tier-0"]
	for _, c := range []struct {
		o    Options
		want string
	}{
		{Options{DryRun: true}, "Would fast-forward branch tier-1 from " + Short(old) + " to " + Short(r) + "."},
		{Options{DryRun: true, PullRequest: true}, "Would push branch shopslo/t-1-" + Short(r) + "-on-" + Short(old) + "-until-20261103T0930Z for a pull request into tier-1 with " + Short(r) + " in place of " + Short(old) + "."},
	} {
		if got, err := w.promoter(f).Promote(ctx, "t-1", c.o); err != nil || got.Reason != c.want || w.app["tier-1"] != old {
			t.Errorf("%s, %v; want %s", got.Reason, err, c.want)
		}
	}
	w.fail = func(write string) error { // in a single repository the branch of the Tier stays
		if write == "fast-forward" {
			t.Error("fast-forwarded")
		}
		return nil
	}
	got, err := w.promoter(f).Promote(ctx, "t-1", Options{PullRequest: true})
	if err != nil || got.Result != Proposed || len(w.requests) != 1 || w.requests[0] != got.Proposal.Branch {
		t.Errorf("%+v, %v", got, err)
	}
	if !got.Proposal.Expires.Equal(now.Add(24 * time.Hour)) {
		t.Error(got.Proposal.Expires)
	}
}
