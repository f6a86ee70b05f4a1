package slackbot

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/internal/text"
)

// The action_ids of the status message's buttons.
const (
	doLead       = "lead"
	doUpdate     = "update"
	doMitigated  = "mitigated"
	doResolved   = "resolved"
	doReopen     = "open"
	doClose      = "closed"
	doPostmortem = "postmortem"
	doAction     = "action"
)

// act is what somebody wants of an Incident, by a command, a button or a modal.
type act struct {
	ID   string // the same for the same delivery
	User string
	Verb string
	Rest string
	At   time.Time
}

// refusal is what a person is told who asked for something that cannot be, in their
// language.
type refusal string

func (r refusal) Error() string { return string(r) }

func (s Settings) refuse(en, ja string, args ...any) error {
	return refusal(s.Language.say(en, ja, args...))
}

// verbs are the words of /incident, with what people may write instead.
var verbs = map[string][]string{
	"open": {"new", "開始"}, "status": {"状態"}, "update": {"共有"}, "severity": {"sev", "重大度"}, "state": {"ステータス"},
	"role": {"役割"}, "lead": {"指揮"}, "scope": {"影響"}, "note": {"メモ"}, "title": {"タイトル"}, "started": {"発生"},
	"release": {"リリース"}, "join": {"参加"}, "list": {"一覧"}, "postmortem": {"pm", "ポストモーテム"}, "action": {"対策"}, "help": {"ヘルプ", "?"},
	"mitigated": {"緩和"}, "resolved": {"解決"}, "closed": {"close", "完了"},
}

// parse splits what stands after /incident into a verb and the rest. An empty verb is an
// empty text; a word that is no verb is given as it is, and ok is false.
func parse(text string) (verb, rest string, ok bool) {
	text = strings.TrimSpace(strings.ReplaceAll(text, "　", " "))
	word, rest, _ := strings.Cut(text, " ")
	if word == "" {
		return "", "", true
	}
	lower := strings.ToLower(word)
	for verb, others := range verbs {
		if lower == verb || slices.Contains(others, lower) {
			return verb, strings.TrimSpace(rest), true
		}
	}
	return word, strings.TrimSpace(rest), false
}

// readStart is when an Incident began, as somebody says: not after it was noticed.
func (s Settings) readStart(i incident.Incident, a act) (time.Time, error) {
	at, err := s.readTime(a.Rest, a.At)
	if err == nil && at.After(i.DetectedAt) {
		err = s.refuse("It was noticed at %s already: it cannot have started later.", "%s に検知しているため、それより後には始まりえません。", s.when(i.DetectedAt))
	}
	return at, err
}

// decide gives the events that an act makes of an Incident, and what the person is told.
// The error is a refusal, or why the vocabulary cannot follow.
func (s Settings) decide(i incident.Incident, a act) ([]incident.Event, string, error) {
	e := incident.Event{ID: a.ID, At: a.At, By: a.User}
	done := s.Language.say("Noted.", "記録しました。")
	switch a.Verb {
	case "note", "update":
		e.Kind, e.Text = incident.Noted, plain(a.Rest)
		if e.Text == "" {
			return nil, "", s.refuse("What is it? `/incident %s …`", "内容を書いてください：`/incident %s …`", a.Verb)
		}
		if a.Verb == "update" {
			e.Value, done = update, s.Language.say("Told, here and where incidents are announced.", "このチャンネルと告知チャンネルに反映しました。")
		}
	case "severity":
		return s.severity(i, e, a.Rest)
	case "state":
		state, ok := find(states, a.Rest)
		if !ok {
			return nil, "", s.refuse("The states are open, mitigated, resolved, closed: `/incident state mitigated`", "状態は 対応中・緩和済み・解決済み・完了 です（例：`/incident state 緩和済み`）")
		}
		return s.move(i, e, state)
	case "mitigated", "resolved", "closed":
		return s.move(i, e, incident.State(a.Verb))
	case "reopen":
		return s.move(i, e, incident.Open)
	case "lead":
		e.Kind, e.Role, e.Value = incident.Appointed, incident.Commander, a.User
		done = s.Language.say("You are in command.", "あなたが指揮を執ります。")
		if i.Assigned[incident.Commander] == a.User {
			return nil, s.Language.say("You are in command already.", "すでにあなたが指揮を執っています。"), nil
		}
	case "role":
		return s.appoint(i, e, a)
	case "scope":
		scope, err := s.readScope(a.Rest)
		if err != nil {
			return nil, "", err
		}
		e.Kind, e.Scope = incident.Rescoped, scope
	case "title":
		e.Kind, e.Value = incident.Renamed, line(plain(a.Rest))
		if err := s.checkTitle(e.Value); err != nil {
			return nil, "", err
		}
	case "started":
		at, err := s.readStart(i, a)
		if err != nil {
			return nil, "", err
		}
		e.Kind, e.Time = incident.Dated, at
	case "release":
		return s.suspect(e, a.Rest)
	default:
		return nil, "", s.refuse("`%s` is no command here: see `/incident help`", "`%s` というコマンドはありません。`/incident help` を見てください", a.Verb)
	}
	return []incident.Event{e}, done, nil
}

// suspect names the Release that may be the cause, or none.
func (s Settings) suspect(e incident.Event, rest string) ([]incident.Event, string, error) {
	e.Kind, e.Value = incident.Suspected, line(plain(rest))
	switch e.Value {
	case "":
		return nil, "", s.refuse("Which one? `/incident release v1.2.3`, or `-` for none", "リリースを書いてください（例：`/incident release v1.2.3`、なければ `-`）")
	case "-", "なし":
		e.Value = ""
	}
	return []incident.Event{e}, s.Language.say("Noted.", "記録しました。"), nil
}

func (s Settings) severity(i incident.Incident, e incident.Event, word string) ([]incident.Event, string, error) {
	severity, ok := find(severities, word)
	switch {
	case !ok:
		return nil, "", s.refuse("The severities are critical, major, minor: `/incident severity major`", "重大度は 緊急・重大・軽微 です（例：`/incident severity 重大`）")
	case severity == i.Severity:
		return nil, s.Language.say("It is %s already.", "すでに %s です。", s.Language.word(severities[severity])), nil
	}
	e.Kind, e.Value = incident.Escalated, string(severity)
	return []incident.Event{e}, s.Language.say("Noted.", "記録しました。"), nil
}

// move changes the state; why it cannot is said before the vocabulary does, in the
// team's language.
func (s Settings) move(i incident.Incident, e incident.Event, to incident.State) ([]incident.Event, string, error) {
	l := s.Language
	e.Kind, e.Value = incident.Moved, string(to)
	at, want := slices.Index(incident.States, i.State), slices.Index(incident.States, to)
	switch missing := i.Postmortem.Missing(); {
	case at == want:
		return nil, l.say("It is %s already.", "すでに %s です。", l.word(states[to])), nil
	case want < at && to != incident.Open:
		return nil, "", s.refuse("It is %s: reopen it (`/incident state open`) rather than going back to %s.",
			"現在は %s です。%s には戻せません。再発した場合は `/incident state 対応中` で再開してください。", l.word(states[i.State]), l.word(states[to]))
	case to == incident.Closed && i.Severity != incident.Minor && len(missing) > 0:
		var names []string
		for _, m := range missing {
			names = append(names, l.word(parts[m]))
		}
		return nil, "", s.refuse("The postmortem still lacks: %s. Write it with `/incident postmortem`, add actions with `/incident action`, then close.",
			"ポストモーテムに足りない項目があります：%s。`/incident postmortem` で書き、`/incident action` で再発防止策を追加してから完了にしてください。", l.list(names))
	}
	return []incident.Event{e}, l.say("Noted.", "記録しました。"), nil
}

// appoint reads "commander @mai", or "commander -" for nobody.
func (s Settings) appoint(i incident.Incident, e incident.Event, a act) ([]incident.Event, string, error) {
	word, who, _ := strings.Cut(a.Rest, " ")
	role, ok := find(roles, word)
	if !ok {
		return nil, "", s.refuse("The roles are commander, operations, communications, scribe: `/incident role scribe @mai`",
			"役割は 指揮・作業・連絡・記録 です（例：`/incident role 記録 @mai`）")
	}
	id := strings.TrimPrefix(plain(who), "@")
	switch {
	case id == "":
		id = a.User
	case id == "-" || id == "なし":
		id = ""
	case !userID.MatchString(id):
		return nil, "", s.refuse("Who is %s? Choose the person from the list that appears after @.", "%s が誰か分かりません。@ を入力して一覧から選んでください。", escape(plain(who)))
	}
	if i.Assigned[role] == id {
		return nil, s.Language.say("So it is already.", "すでにそうなっています。"), nil
	}
	e.Kind, e.Role, e.Value = incident.Appointed, role, id
	return []incident.Event{e}, s.Language.say("Noted.", "記録しました。"), nil
}

// maxTitle is the vocabulary's.
const maxTitle = 200

func (s Settings) checkTitle(title string) error {
	switch {
	case title == "":
		return s.refuse("Say in one line what users see.", "利用者に何が起きているかを一行で書いてください。")
	case len([]rune(title)) > maxTitle:
		return s.refuse("The title is longer than %d characters: keep it short, and put the rest into a note.", "タイトルは%d文字までです。詳細は `/incident note` に書いてください。", maxTitle)
	}
	return nil
}

// readScope reads names of ShopSets and Tiers, fleet, or unknown.
func (s Settings) readScope(text string) (incident.Scope, error) {
	var scope incident.Scope
	words := strings.FieldsFunc(plain(text), func(r rune) bool { return strings.ContainsRune(" ,、　\n\t", r) })
	if len(words) == 0 {
		return scope, s.refuse("What is affected? %s", "影響範囲を書いてください。%s", s.known())
	}
	for _, w := range words {
		switch {
		case w == "fleet" || w == "all" || w == "全体":
			scope.Fleet = true
		case w == "unknown" || w == "不明":
		case slices.Contains(s.Tiers, w):
			scope.Tiers = append(scope.Tiers, w)
		case slices.Contains(s.ShopSets, w) || len(s.ShopSets) == 0:
			scope.ShopSets = append(scope.ShopSets, w)
		default:
			return scope, s.refuse("%s is neither a ShopSet nor a Tier. %s", "%s という ShopSet も Tier もありません。%s", escape(w), s.known())
		}
	}
	return scope, nil
}

func (s Settings) known() string {
	if len(s.ShopSets) == 0 {
		return s.Language.say("Names of ShopSets, or `fleet` for everything.", "ShopSet の名前、または全体なら `fleet` です。")
	}
	return s.Language.say("ShopSets: %s. Tiers: %s. Everything: `fleet`.", "ShopSet：%s。Tier：%s。全体：`fleet`。",
		text.Cut(strings.Join(s.ShopSets, " "), 1000), strings.Join(s.Tiers, " "))
}

// readTime reads when something was: 14:05 (the last time it was so late), a date with
// it, or how long ago: 30m, 2h.
func (s Settings) readTime(text string, now time.Time) (time.Time, error) {
	text = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(plain(text)), "-"))
	if d, err := time.ParseDuration(text); err == nil && d >= 0 && d < 30*24*time.Hour {
		return now.Add(-d).Truncate(time.Minute), nil
	}
	local := now.In(s.zone())
	for _, layout := range []string{"2006-01-02 15:04", "2006-01-02T15:04", "2006/01/02 15:04"} {
		if t, err := time.ParseInLocation(layout, text, s.zone()); err == nil {
			return t, nil
		}
	}
	if t, err := time.Parse("15:04", text); err == nil {
		at := time.Date(local.Year(), local.Month(), local.Day(), t.Hour(), t.Minute(), 0, 0, s.zone())
		if at.After(now) {
			at = at.AddDate(0, 0, -1)
		}
		return at, nil
	}
	return time.Time{}, s.refuse("When? `/incident started 14:05`, `2026-11-22 14:05`, or `30m` for half an hour ago", "時刻を書いてください（例：`/incident started 14:05`、`2026-11-22 14:05`、30分前なら `30m`）")
}

// help explains the commands.
func (s Settings) help() string {
	return s.Language.say(helpEnglish, helpJapanese, s.Emoji)
}

const helpEnglish = "*Open an incident*\n" +
	"`/incident` asks for what is needed · `/incident open critical Payments fail` opens at once\n" +
	"*In its channel*\n" +
	"`/incident` shows the status to you alone\n" +
	"`/incident update Cart restarted, errors fall` tells everybody the status\n" +
	"`/incident note …` writes into the timeline; so does the reaction :%s: on any message\n" +
	"`/incident mitigated` · `resolved` · `closed` · `state open`\n" +
	"`/incident severity major` · `scope a-1 prod` · `title …` · `started 14:05` · `release v1.2.3`\n" +
	"`/incident lead` takes command · `/incident role scribe @mai` gives a role, `-` takes it back\n" +
	"`/incident postmortem` · `/incident action` write down what was learned\n" +
	"*Anywhere*\n`/incident list` · `/incident join inc-12` · `/incident status inc-12`"

const helpJapanese = "*インシデントを始める*\n" +
	"`/incident` で入力画面が開きます · `/incident open 緊急 カートで決済が失敗する` ならすぐに始まります\n" +
	"*インシデントのチャンネルで*\n" +
	"`/incident` 今の状態を自分だけに表示\n" +
	"`/incident update カートを再起動、エラーは減少中` 状況を全員に共有\n" +
	"`/incident note …` タイムラインに記録（発言に :%s: のリアクションでも記録できます）\n" +
	"`/incident mitigated`（緩和）· `resolved`（解決）· `closed`（完了）· `state open`（再開）\n" +
	"`/incident severity 重大` · `scope a-1 prod` · `title …` · `started 14:05` · `release v1.2.3`\n" +
	"`/incident lead` 指揮を執る · `/incident role 記録 @mai` 役割を任せる（`-` で外す）\n" +
	"`/incident postmortem` · `/incident action` 学んだことを書く\n" +
	"*どこからでも*\n`/incident list` · `/incident join inc-12` · `/incident status inc-12`"

// explain puts the vocabulary's error into a sentence for the person who asked.
func (s Settings) explain(err error) string {
	var r refusal
	if errors.As(err, &r) {
		return string(r)
	}
	return s.Language.say("That cannot be: %v", "できません：%v", err)
}
