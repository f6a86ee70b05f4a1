package slackbot

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/incident/suspect"
	"github.com/shopslo/shopslo/internal/fakes/slackfake"
	"github.com/shopslo/shopslo/internal/text"
)

// told are Suspects that a test chooses.
type told struct {
	mu     sync.Mutex
	report suspect.Report
	err    error
	asked  int
}

func (t *told) Suspects(context.Context, incident.Incident) (suspect.Report, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.asked++
	return t.report, t.err
}

const badRelease, goodRelease = "0123456789abcdef0123456789abcdef01234567", "fedcba9876543210fedcba9876543210fedcba98"

// suspected is a world in which there are suspects.
func suspected(t *testing.T, lang text.Language, r suspect.Report) (*world, *told) {
	s := &told{report: r}
	w := start(t, slackfake.Options{}, false, quiet, func(w *world) { w.set.Language = lang; w.suspects = s })
	return w, s
}

func report(now time.Time) suspect.Report {
	share := 0.123
	return suspect.Rank(suspect.Facts{
		Onset: now.Add(-2 * time.Minute), Scope: incident.Scope{ShopSets: []string{"a-1"}},
		Fleet: []suspect.ShopSet{{Name: "a-1", Tier: "prod", Components: []string{"cart"}}, {Name: "b-2", Tier: "prod", Components: []string{"cart"}}},
		Burns: []suspect.Burn{{SLO: "cart-availability", ShopSet: "a-1", Tier: "prod", Rate: 14.4, Share: &share}},
		Changes: []suspect.Change{{Kind: suspect.Release, Tier: "prod", Release: badRelease, Replaces: goodRelease, At: now.Add(-10 * time.Minute), Reached: []suspect.Reached{{ShopSet: "a-1", At: now.Add(-10 * time.Minute)}},
			Compare: "https://git.example/compare/a...b", Components: []suspect.Component{{Name: "cart", Subjects: []string{"retry <payments>"}}}, Gate: suspect.Gate{Decision: "hold", Reasons: []string{"a-2 has 3 % left."}}},
			{Kind: suspect.Overlay, Tier: "prod", Release: "overlaycommit", At: now.Add(-3 * time.Hour), Reached: []suspect.Reached{{ShopSet: "a-1", At: now.Add(-3 * time.Hour)}}}},
		Unknown: []suspect.Gap{{What: suspect.Running, Why: "connection refused"}},
	})
}

func TestTheSuspectIsToldWithWhyAndHowToTakeItBack(t *testing.T) {
	for lang, wants := range map[text.Language][]string{
		text.English: {"Changes before it began", "Only a-1 is affected, of 2 ShopSets", "cart-availability of a-1: burn rate 14.4, 12.3 % of the error budget gone", "*1.* release `0123456789ab` → prod (a-1)",
			"Why: arrived 8 min before the incident, reached all 1 that are affected, changes cart, the gate's decision was hold", "cart: retry <payments>", "The gate's reason: a-2 has 3 % left.",
			"Roll back: `shopslo rollback --tier prod --to fedcba987654`", "*2.* configuration `overlaycommit`", "Not known: what runs, and since when (connection refused)"},
		text.Japanese: {"発生前の変更", "影響は a-1 だけです（該当する Tier の ShopSet は 2 台）", "cart-availability（a-1）：バーンレート 14.4、発生以降にエラーバジェットの 12.3 % を消費", "*1.* リリース `0123456789ab` → prod (a-1)",
			"理由：発生の8分前に到達、影響のある ShopSet 1 台すべてに到達、cart を変更、ゲートの判定は保留", "元に戻すコマンド：`shopslo rollback --tier prod --to fedcba987654`", "確認できませんでした：いつ何がデプロイされたか（connection refused）"},
	} {
		t.Run(string(lang), func(t *testing.T) {
			w, s := suspected(t, lang, suspect.Report{})
			s.report = report(w.clock.now())
			w.command(w.mai, w.general, "open critical Payments fail")
			c := w.channel("inc-1")
			shown := w.slack.Transcript(c)
			for _, want := range wants {
				if !strings.Contains(shown, want) {
					t.Errorf("nobody reads %q in\n%s", want, shown)
				}
			}
			if !slices.ContainsFunc(w.incident("inc-1").Timeline, func(e incident.Event) bool {
				return strings.Contains(e.Text, "0123456789ab") && e.By == ""
			}) {
				t.Error("the timeline does not have it")
			}
			// One message, which changes as facts come, and a button that says so for people.
			s.mu.Lock()
			s.report.Suspects = slices.Clone(s.report.Suspects[1:])
			s.mu.Unlock()
			said := len(w.slack.Messages(c))
			w.pass(3 * time.Minute)
			if n := len(w.slack.Messages(c)); n != said {
				t.Errorf("%d more messages", n-said)
			}
			if shown := w.slack.Transcript(c); strings.Count(shown, "*1.* ") != 1 || strings.Contains(shown, "*2.* ") {
				t.Errorf("%s", shown)
			}
		})
	}
}

func TestASuspectedReleaseIsOneClickAway(t *testing.T) {
	w, s := suspected(t, text.English, suspect.Report{})
	s.report = report(w.clock.now())
	w.command(w.mai, w.general, "open critical Payments fail")
	c := w.channel("inc-1")
	for _, m := range w.slack.Messages(c) {
		if strings.Contains(m.Text, "Changes before it began") {
			if err := w.slack.Click(w.ken, c, m.TS, doSuspect); err != nil {
				t.Fatal(err)
			}
		}
	}
	w.settle()
	if got := w.incident("inc-1").Release; got != badRelease {
		t.Errorf("release %q", got)
	}
}

func TestThatNothingIsSuspectedIsSaidAndWhoIsResolvedIsLeftAlone(t *testing.T) {
	w, s := suspected(t, text.English, suspect.Report{})
	w.command(w.mai, w.general, "open minor Slow")
	c := w.channel("inc-1")
	if shown := w.slack.Transcript(c); strings.Count(shown, "No known change") != 1 {
		t.Errorf("%s", shown)
	}
	w.command(w.mai, c, "resolved")
	asked := s.asked
	w.pass(time.Hour)
	if s.asked != asked {
		t.Errorf("asked %d times after the end", s.asked-asked)
	}
}

func TestWhoCannotBeAskedIsAskedAgain(t *testing.T) {
	w, s := suspected(t, text.English, suspect.Report{})
	s.err = errors.New("connection refused")
	w.command(w.mai, w.general, "open minor Slow")
	s.mu.Lock()
	s.err = nil
	s.mu.Unlock()
	w.pass(time.Minute)
	if shown := w.slack.Transcript(w.channel("inc-1")); strings.Count(shown, "No known change") != 1 {
		t.Errorf("%s", shown)
	}
}
