package slackbot

import (
	"errors"
	"slices"
	"strings"
	"time"
	"unicode"

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
	doDone       = "done"    // with the action's number behind it
	doSuspect    = "suspect" // the value has the Release behind the ID
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

func (s Settings) refuse(why text.Entry, args ...any) error {
	return refusal(s.Language.Say(why, args...))
}

// parse splits what stands after /incident into a verb and the rest. An empty verb is an
// empty text; a word that is no verb is given as it is, and ok is false.
func parse(text string) (verb, rest string, ok bool) {
	word, rest := cutWord(text)
	if word == "" {
		return "", "", true
	}
	lower := strings.ToLower(narrow(word))
	for verb, others := range verbs {
		if lower == verb || slices.Contains(others, lower) {
			return verb, rest, true
		}
	}
	return word, rest, false
}

// cutWord takes the first word of a text, which any space ends: also a wide one, one that does not break, or a new line.
func cutWord(text string) (word, rest string) {
	text = strings.TrimSpace(text)
	end := strings.IndexFunc(text, unicode.IsSpace)
	if end < 0 {
		return text, ""
	}
	return text[:end], strings.TrimSpace(text[end:])
}

// narrow writes wide letters and digits, as Japanese keyboards make them, as ASCII has them.
func narrow(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= '！' && r <= '～' {
			return r - '！' + '!'
		}
		return r
	}, text)
}

// readStart is when an Incident began, as somebody says: not after it was noticed.
func (s Settings) readStart(i incident.Incident, a act) (time.Time, error) {
	at, err := s.readTime(a.Rest, a.At)
	if err == nil && at.After(i.DetectedAt) {
		err = s.refuse(sayNoticedEarlier, s.when(i.DetectedAt))
	}
	return at, err
}

// decide gives the events that an act makes of an Incident, and what the person is told.
// The error is a refusal, or why the vocabulary cannot follow.
func (s Settings) decide(i incident.Incident, a act) ([]incident.Event, string, error) {
	e := incident.Event{ID: a.ID, At: a.At, By: a.User}
	done := s.Language.Say(sayNoted)
	switch a.Verb {
	case "note", "update":
		e.Kind, e.Text = incident.Noted, plain(a.Rest)
		if e.Text == "" {
			return nil, "", s.refuse(sayWhatIsItVerb, a.Verb)
		}
		if a.Verb == "update" {
			e.Value, done = update, s.Language.Say(sayTold)
		}
	case "severity":
		return s.severity(i, e, a.Rest)
	case "state":
		state, ok := find(states, a.Rest)
		if !ok {
			return nil, "", s.refuse(sayStates)
		}
		return s.move(i, e, state)
	case "mitigated", "resolved", "closed":
		return s.move(i, e, incident.State(a.Verb))
	case "reopen":
		return s.move(i, e, incident.Open)
	case "lead":
		e.Kind, e.Role, e.Value = incident.Appointed, incident.Commander, a.User
		done = s.Language.Say(sayYouCommand)
		if i.Assigned[incident.Commander] == a.User {
			return nil, s.Language.Say(sayYouCommandAlready), nil
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
	case "redact":
		return s.redact(i, e, a.Rest)
	case "done":
		return s.finish(i, e, a.Rest)
	default:
		return nil, "", s.refuse(sayNoCommandHere, a.Verb)
	}
	return []incident.Event{e}, done, nil
}

// suspect names the Release that may be the cause, or none.
func (s Settings) suspect(e incident.Event, rest string) ([]incident.Event, string, error) {
	e.Kind, e.Value = incident.Suspected, line(plain(rest))
	switch e.Value {
	case "":
		return nil, "", s.refuse(sayWhichRelease)
	case "-", wordNone:
		e.Value = ""
	}
	return []incident.Event{e}, s.Language.Say(sayNoted), nil
}

func (s Settings) severity(i incident.Incident, e incident.Event, word string) ([]incident.Event, string, error) {
	severity, ok := find(severities, word)
	switch {
	case !ok:
		return nil, "", s.refuse(saySeverities)
	case severity == i.Severity:
		return nil, s.Language.Say(sayAlready, s.Language.Say(severities[severity].name)), nil
	}
	e.Kind, e.Value = incident.Escalated, string(severity)
	return []incident.Event{e}, s.Language.Say(sayNoted), nil
}

// move changes the state; why it cannot is said before the vocabulary does, in the
// team's language.
func (s Settings) move(i incident.Incident, e incident.Event, to incident.State) ([]incident.Event, string, error) {
	l := s.Language
	e.Kind, e.Value = incident.Moved, string(to)
	at, want := slices.Index(incident.States, i.State), slices.Index(incident.States, to)
	switch missing := i.Postmortem.Missing(); {
	case at == want:
		return nil, l.Say(sayAlready, l.Say(states[to].name)), nil
	case want < at && to != incident.Open:
		return nil, "", s.refuse(sayReopenInstead, l.Say(states[i.State].name), l.Say(states[to].name))
	case to == incident.Closed && i.NeedsPostmortem() && len(missing) > 0:
		var names []string
		for _, m := range missing {
			names = append(names, l.Say(parts[m].name))
		}
		if i.Severity == incident.Minor {
			return nil, "", s.refuse(sayLacksAlthoughMinor, l.Say(i.Worst.Word()), l.List(names))
		}
		return nil, "", s.refuse(sayLacksBeforeClosing, l.List(names))
	}
	return []incident.Event{e}, l.Say(sayNoted), nil
}

// appoint reads "commander @mai", or "commander -" for nobody.
func (s Settings) appoint(i incident.Incident, e incident.Event, a act) ([]incident.Event, string, error) {
	word, who := cutWord(a.Rest)
	role, ok := find(roles, word)
	if !ok {
		return nil, "", s.refuse(sayRoles)
	}
	id := strings.TrimPrefix(plain(who), "@")
	switch {
	case id == "":
		id = a.User
	case id == "-" || id == wordNone:
		id = ""
	case !userID.MatchString(id):
		return nil, "", s.refuse(sayWhoIsThat, escape(plain(who)))
	}
	if i.Assigned[role] == id {
		return nil, s.Language.Say(saySoAlready), nil
	}
	e.Kind, e.Role, e.Value = incident.Appointed, role, id
	return []incident.Event{e}, s.Language.Say(sayNoted), nil
}

// maxTitle is the vocabulary's.
const maxTitle = 200

func (s Settings) checkTitle(title string) error {
	switch {
	case title == "":
		return s.refuse(sayNoTitle)
	case len([]rune(title)) > maxTitle:
		return s.refuse(sayTitleTooLong, maxTitle)
	}
	return nil
}

// readScope reads names of ShopSets and Tiers, fleet, or unknown, which is taken for everything,
// whatever is named beside it.
func (s Settings) readScope(text string) (incident.Scope, error) {
	var scope incident.Scope
	words := strings.FieldsFunc(plain(text), func(r rune) bool { return unicode.IsSpace(r) || r == ',' || r == '、' })
	if len(words) == 0 {
		return scope, s.refuse(sayScopeMissing, s.known())
	}
	unknown := false
	for _, w := range words {
		switch {
		case w == "fleet" || w == "all" || wordEverything.Is(w):
			scope.Fleet = true
		case w == "unknown" || w == wordUnknown:
			unknown = true
		case slices.Contains(s.Tiers, w):
			scope.Tiers = append(scope.Tiers, w)
		case slices.Contains(s.ShopSets, w) || len(s.ShopSets) == 0:
			scope.ShopSets = append(scope.ShopSets, w)
		default:
			return scope, s.refuse(sayScopeUnknown, escape(w), s.known())
		}
	}
	if unknown {
		return incident.Scope{}, nil
	}
	return scope, nil
}

func (s Settings) known() string {
	if len(s.ShopSets) == 0 {
		return s.Language.Say(sayScopeNames)
	}
	return s.Language.Say(sayScopeKnown,
		text.Cut(strings.Join(s.ShopSets, " "), 1000), strings.Join(s.Tiers, " "))
}

// readTime reads when something was: 14:05 (the last time it was so late), a date with
// it, or how long ago: 30m, 2h.
func (s Settings) readTime(text string, now time.Time) (time.Time, error) {
	text = strings.TrimSpace(strings.TrimPrefix(line(narrow(plain(text))), "-"))
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
	return time.Time{}, s.refuse(sayWhenStarted)
}

// help explains the commands.
func (s Settings) help() string {
	return s.Language.Say(sayHelp, s.Emoji)
}

// explain puts the vocabulary's error into a sentence for the person who asked.
func (s Settings) explain(err error) string {
	var r refusal
	if errors.As(err, &r) {
		return string(r)
	}
	return s.Language.Say(sayCannotBe, err)
}
