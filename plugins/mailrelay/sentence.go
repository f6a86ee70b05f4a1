package mailrelay

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/shopslo/shopslo/internal/text"
)

// Language is one of the languages in which verdicts are told.
type Language string

// The languages.
const (
	English  Language = "en"
	Japanese Language = "ja"
)

// maxSentence is what Mackerel takes of a check's message, in characters.
const maxSentence = 1024

// Sentence tells a verdict in one line of at most 1,024 characters: what changed,
// since when. Times are of the settings' zone. Any language but Japanese is English.
func (v Verdict) Sentence(l Language, s Settings) string {
	w := words{zone: s.zone(), at: v.At, ja: l == Japanese}
	var parts []string
	for _, f := range v.Findings {
		parts = append(parts, w.finding(f))
	}
	if len(parts) == 0 {
		parts = []string{w.say("the relay does what it always does at this hour of the week.", "配信はいつもの曜日・時刻どおりです。")}
	}
	sep := " "
	if w.ja {
		sep = ""
	}
	line := oneLine(v.Account) + ": " + oneLine(strings.Join(parts, sep))
	return text.Cut(line, maxSentence)
}

// Together tells several accounts' verdicts in one line of at most 1,024 characters,
// the worst first, and gives the worst severity: a known failure is worse than not
// knowing. Accounts that do well are only counted.
func Together(verdicts []Verdict, l Language, s Settings) (Severity, string) {
	order := []Severity{OK, Unknown, Warning, Critical}
	bad := slices.DeleteFunc(slices.Clone(verdicts), func(v Verdict) bool { return v.Severity == OK })
	slices.SortStableFunc(bad, func(a, b Verdict) int { return slices.Index(order, b.Severity) - slices.Index(order, a.Severity) })
	w, well := words{ja: l == Japanese}, len(verdicts)-len(bad)
	switch {
	case len(verdicts) == 1:
		return verdicts[0].Severity, verdicts[0].Sentence(l, s)
	case len(bad) == 0:
		line := w.say("nothing has changed for the worse at any of %d accounts.", "%d個のアカウントすべてで、悪化は見られません。", well)
		if n := len(learning(verdicts)); n > 0 {
			line += w.say(" No trend can be told yet at %d of them: they have no week of history.", "ただし%d個は履歴が1週間分なく、変化を判定できません。", n)
		}
		return OK, line
	}
	var parts []string
	for _, v := range bad {
		parts = append(parts, v.Sentence(l, s))
	}
	if well > 0 {
		parts = append(parts, w.say("(%d more without findings)", "（ほか%d個は異常なし）", well))
	}
	return bad[0].Severity, text.Cut(strings.Join(parts, " "), maxSentence)
}

// learning are the verdicts that have nothing to compare with.
func learning(verdicts []Verdict) []Verdict {
	return slices.DeleteFunc(slices.Clone(verdicts), func(v Verdict) bool {
		return !slices.ContainsFunc(v.Findings, func(f Finding) bool { return f.Kind == Learning })
	})
}

// oneLine takes out what would break a line or a terminal.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == utf8.RuneError || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, s)
}

type words struct {
	zone *time.Location
	at   time.Time
	ja   bool
}

func (w words) say(en, ja string, args ...any) string {
	if w.ja {
		return fmt.Sprintf(ja, args...)
	}
	return fmt.Sprintf(en, args...)
}

// when tells a time, with its date where that is not today.
func (w words) when(t time.Time) string {
	t, now := t.In(w.zone), w.at.In(w.zone)
	layout := "15:04"
	if t.Format(time.DateOnly) != now.Format(time.DateOnly) {
		layout = "2006-01-02 15:04"
	}
	return t.Format(layout)
}

func (w words) length(d time.Duration) string {
	d = d.Round(time.Minute)
	h, m := int(d.Hours()), int(d.Minutes())%60
	switch {
	case h == 0:
		return w.say("%d min", "%d分", m)
	case m == 0:
		return w.say("%d h", "%d時間", h)
	}
	return w.say("%d h %d min", "%d時間%d分", h, m)
}

func (w words) finding(f Finding) string {
	switch f.Kind {
	case Drop:
		return w.drop(f)
	case Rise:
		return w.say("%s rose to %s from %s to %s; usual is about %s.",
			"%sが増えています: %[3]s〜%[4]sに%[2]s件（通常は約%[5]s件）。",
			w.figure(f.Figure), number(f.Observed), w.when(f.Since), w.when(f.Until), number(f.Expected))
	case APIDown:
		return w.say("the relay's API has not answered since %s (%s).", "%sからAPIが応答していません（%s）。", w.when(f.Since), f.Trouble)
	case Denied:
		return w.say("the relay's API has refused us since %s (%s): check the key, its rights and how often we ask.",
			"%sからAPIに拒否されています（%s）。キー・権限・呼び出し頻度を確認してください。", w.when(f.Since), f.Trouble)
	case Stale:
		return w.stale(f)
	case Standing:
		return w.standing(f)
	case Spent:
		return w.say("%s of the quota is left%s.", "送信枠の残りは%s通です%s。", number(f.Observed), w.of(f.Expected))
	case Backlog:
		return w.say("%s mails wait in the relay (limit %s).", "%s通が配信待ちです（上限%s通）。", number(f.Observed), number(f.Expected))
	case Unpolled:
		if f.Since.IsZero() {
			return w.say("mackerel-plugin-mailrelay has never polled this account: nothing is known. Run it by hand to see why.",
				"mackerel-plugin-mailrelayがまだ一度も実行されていません。状態は不明です。手動で実行して原因を確認してください。")
		}
		if f.Since.After(f.Until) {
			return w.say("the last poll was made at %s, which has not come yet: nothing is known. Check this machine's clock.",
				"最後のポーリングの時刻（%s）が未来です。状態は不明です。このマシンの時計を確認してください。", w.when(f.Since))
		}
		return w.say("mackerel-plugin-mailrelay has not polled since %s (%s ago): nothing is known.",
			"mackerel-plugin-mailrelayが%sから（%s間）実行されていません。状態は不明です。", w.when(f.Since), w.length(f.Until.Sub(f.Since)))
	case Unread:
		return w.say("no figures of the relay could be read yet (%s): nothing is known.", "リレーの数値をまだ取得できていません（%s）。状態は不明です。", f.Trouble)
	case Learning:
		return w.say("no trend can be told before a week of history is there (it begins at %s).",
			"履歴が1週間分たまるまで、変化は判定できません（%sから記録中）。", w.when(f.Since))
	}
	return w.beside(f)
}

// beside tells what is seen otherwise than by the relay's figures.
func (w words) beside(f Finding) string {
	switch f.Kind {
	case CanaryRefused:
		return w.say("the relay has not taken our test mails since %s (%s).", "%sからリレーがテストメールを受け付けません（%s）。", w.when(f.Since), f.Trouble)
	case CanaryLost:
		return w.say("%s test mail(s) sent since %s have not arrived.", "%[2]s以降に送ったテストメール%[1]s通が届いていません。", number(f.Observed), w.when(f.Since))
	case CanaryBlind:
		return w.say("the mailbox of the test mails could not be read since %s.", "%sからテストメールの受信箱を読めません。", w.when(f.Since))
	case Announced:
		return w.say("the relay's status page says: %q.", "リレーのステータスページの表示: %q", f.Text)
	}
	return string(f.Kind)
}

func (w words) drop(f Finding) string {
	percent := 0.0
	if f.Expected > 0 {
		percent = math.Round(100 * f.Observed / f.Expected)
	}
	head := w.say("%s fell to %.0f %% of the usual since %s: %s until %s where about %s were expected.",
		"%sが%[3]sから通常の%.0[2]f%%に減っています: %[5]sまでに%[4]s件（通常は約%[6]s件）。",
		w.figure(f.Figure), percent, w.when(f.Since), number(f.Observed), w.when(f.Until), number(f.Expected))
	switch f.TakenOver {
	case "held":
		return head + w.say(" As many mails as ever came in, so they stay in the relay.", "受け付けは通常どおりで、リレーの中で止まっています。")
	case "fell":
		return head + w.say(" Fewer mails came in as well: look at the senders, and at whether the relay takes mails.",
			"受け付けも減っています。送信元とリレーの受け付けを確認してください。")
	}
	return head
}

func (w words) stale(f Finding) string {
	head := w.say("the relay's figures end at %s (%s ago).", "リレーの数値は%sで止まっています（%s前）。", w.when(f.Since), w.length(f.Until.Sub(f.Since)))
	if f.Expected >= 1 {
		head += w.say(" About %s mails were due since: none left, or the relay does not count.",
			"その後に約%s通あるはずです。送られていないか、リレーが集計していません。", number(f.Expected))
	}
	return head
}

func (w words) standing(f Finding) string {
	shown := ""
	if f.Text != "" {
		shown = w.say(" (the relay says %q)", "（リレーの表示: %q）", text.Cut(oneLine(f.Text), 60))
	}
	if f.Status == Paused {
		return w.say("the relay does not let this account send%s.", "このアカウントは送信を停止されています%s。", shown)
	}
	return w.say("the relay has put this account under review%s.", "このアカウントは審査中です%s。", shown)
}

func (w words) of(limit float64) string {
	if limit <= 0 {
		return ""
	}
	return w.say(" of %s", "（上限%s通）", number(limit))
}

// figure names a figure in the middle of a sentence.
func (w words) figure(f Figure) string {
	names := map[Figure][2]string{
		Accepted: {"accepted mails", "受け付け"}, Delivered: {"deliveries", "配信"},
		Deferred: {"deferrals", "再送待ち"}, Bounced: {"bounces", "バウンス"},
		BouncedHard: {"hard bounces", "ハードバウンス"}, BouncedSoft: {"soft bounces", "ソフトバウンス"},
		Blocked: {"blocked mails", "ブロック"}, Dropped: {"dropped mails", "破棄"},
		Complaints: {"spam complaints", "迷惑メール報告"},
	}
	n := names[f]
	if w.ja {
		return n[1]
	}
	return n[0]
}

// number writes a count with separators.
func number(x float64) string {
	s := fmt.Sprintf("%.0f", x)
	if x > 0 && x < 10 && x != math.Trunc(x) {
		return fmt.Sprintf("%.1f", x)
	}
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
