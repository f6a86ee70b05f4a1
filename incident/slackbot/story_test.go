package slackbot

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/internal/fakes/slackfake"
	"github.com/shopslo/shopslo/internal/text"
)

// script is what people write in one language.
type script struct {
	open, update, note, message, cause, action string
	wants                                      []string // the transcript has
}

var scripts = map[text.Language]script{
	text.English: {"open critical Payments in the cart fail", "update Rolled back v1.2.3, errors are falling", "note The payment provider sees no fault",
		"I restarted cart on a-1", "A retry loop without a limit", "Limit retries",
		[]string{"critical · Payments in the cart fail", "is in command", "Mitigated", "Resolved", "Impact lasted*  30 min", "Closed", "write the postmortem"}},
	text.Japanese: {"open 緊急 カートで決済が失敗する", "update v1.2.3 をロールバックしました。エラーは減少中です", "note 決済代行会社側では異常なしとのこと",
		"a-1 の cart を再起動しました", "上限のないリトライ", "リトライに上限を設ける",
		[]string{"緊急 · カートで決済が失敗する", "が指揮を執ります", "緩和済み", "解決済み", "影響時間*  30分", "完了", "学んだことを書き残しましょう"}},
}

func TestAnIncidentFromItsOpeningToItsClosing(t *testing.T) {
	for lang, s := range scripts {
		for mode, socket := range map[string]bool{"HTTP": false, "Socket Mode": true} {
			t.Run(string(lang)+" by "+mode, func(t *testing.T) {
				w := start(t, slackfake.Options{}, socket, func(w *world) { w.set.Language = lang })
				w.command(w.mai, w.general, s.open)
				c := w.channel("inc-1")
				w.pass(2 * time.Minute)
				w.click(w.ken, c, doLead)
				w.command(w.ken, c, "scope a-1 prod")
				w.command(w.ken, c, "role scribe <@"+w.yuki+"|yuki>")
				w.command(w.mai, c, "started 14:00")
				w.command(w.ken, c, "release v1.2.3")
				ts := w.slack.Say(w.sato, c, s.message)
				if err := w.slack.React(w.yuki, c, ts, "memo"); err != nil {
					t.Fatal(err)
				}
				w.settle()
				w.pass(5 * time.Minute)
				w.command(w.ken, c, s.note)
				w.command(w.ken, c, s.update)
				w.pass(18 * time.Minute)
				w.click(w.ken, c, doMitigated)
				w.pass(35 * time.Minute)
				w.click(w.ken, c, doResolved)
				w.learn(c, s)
				w.click(w.ken, c, doClose)
				if i := w.incident("inc-1"); i.State != incident.Closed {
					t.Fatalf("state %s", i.State)
				}
				text := w.slack.Transcript(c)
				if os.Getenv("SHOW") != "" {
					t.Log("\n" + text + "\n" + w.slack.Transcript(w.announce))
					for _, told := range w.slack.Told() {
						t.Log(told.User, slackfake.Read(told.Text, told.Blocks))
					}
				}
				for _, want := range s.wants {
					if !strings.Contains(text+w.slack.Transcript(w.announce), want) {
						t.Errorf("nobody reads %q in\n%s", want, text)
					}
				}
				for _, missed := range w.slack.Missed() {
					t.Errorf("not taken: %+v", missed)
				}
			})
		}
	}
}

// learn tries to close, writes the postmortem in two modals, and has it stored.
func (w *world) learn(c string, s script) {
	w.t.Helper()
	w.click(w.ken, c, doClose)
	if i := w.incident("inc-1"); i.State != incident.Resolved {
		w.t.Fatalf("closed without a postmortem: %s", i.State)
	}
	w.command(w.yuki, c, "postmortem")
	wrong := w.fill(w.yuki, map[string]any{"summary": s.open, "impact": "30 min", "cause": s.cause, "resolution": s.update, "well": "a\n\nb"})
	w.command(w.yuki, c, "action")
	due := w.fill(w.yuki, map[string]any{"what": s.action, "owner": w.sato, "due": "2026-11-29"})
	if len(wrong)+len(due) > 0 {
		w.t.Fatalf("wrong: %v %v", wrong, due)
	}
	if pm := w.incident("inc-1").Postmortem; len(pm.Missing()) > 0 || len(pm.WentWell) != 2 || pm.Actions[0].Owner != w.sato {
		w.t.Fatalf("postmortem %+v", pm)
	}
}
