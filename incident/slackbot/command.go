package slackbot

import (
	"cmp"
	"context"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/internal/text"
)

// outcome is what follows a delivery: Ack is sent at once, nil an empty body; Then is
// begun after that, since it may be slow and does not outlive a restart.
type outcome struct {
	Ack  any
	Then func(context.Context)
}

// reply is the answer to a command, seen by that person alone.
type reply struct {
	Type   string        `json:"response_type"`
	Text   string        `json:"text"`
	Blocks []slack.Block `json:"blocks,omitempty"`
}

func answer(text string) outcome { return outcome{Ack: reply{Type: "ephemeral", Text: text}} }

func show(m message) outcome {
	return outcome{Ack: reply{Type: "ephemeral", Text: m.Text, Blocks: m.Blocks}}
}

// command answers /incident. An error means that nothing could be stored.
func (b *Bot) command(ctx context.Context, c slack.SlashCommand) (outcome, error) {
	here, err := b.recall(ctx, incidentKey(c.ChannelID))
	if err != nil {
		return outcome{}, err
	}
	named, written := takeID(c.Text, here == "")
	verb, rest, known := parse(written)
	if known {
		for _, needs := range needed(verb, rest, here, named) {
			if ok, why := b.allowed(ctx, c.UserID, needs); !ok {
				return answer(why), nil
			}
		}
	}
	if named != "" && verb != "open" && verb != "join" {
		i, err := b.named(ctx, named, c.UserID)
		if err != nil {
			return b.refused(err)
		}
		here = i.ID
	}
	switch {
	case !known:
		return answer(b.set.noCommand(verb, written)), nil
	case verb == "help":
		return answer(b.set.help()), nil
	case verb == "list":
		text, err := b.ongoing(ctx, c.UserID)
		return answer(text), err
	case verb == "open":
		return b.openCommand(ctx, c, rest)
	case verb == "join":
		return b.join(ctx, c, cmp.Or(named, rest))
	case verb == "" && here == "":
		return b.openCommand(ctx, c, "")
	case verb == "" || verb == "status":
		return b.statusCommand(ctx, here, rest, c.UserID)
	case here == "":
		return answer(b.set.Language.Say(sayOnlyInChannel, verb)), nil
	case verb == "merge" || verb == "duplicate":
		return b.mergeCommand(ctx, here, verb, rest, c.UserID, c.TriggerID)
	case verb == "postmortem" || verb == "action" || verb == "update" && rest == "":
		return b.openModal(ctx, here, verb, c.TriggerID, c.ResponseURL)
	}
	text, _, err := b.do(ctx, here, act{ID: "command:" + c.TriggerID, User: c.UserID, Verb: verb, Rest: rest, At: b.o.Now()})
	return answer(text), err
}

// noCommand gives back what was written, which Slack has taken out of the input.
func (s Settings) noCommand(verb, written string) string {
	help := s.help()
	if written != verb || text.Cut(verb, 50) != verb {
		help = quote(written) + "\n" + help
	}
	return s.Language.Say(sayNoCommand, escape(text.Cut(verb, 50)), help)
}

// needed is what somebody has to be allowed for a command, beside what do asks. here is the Incident
// of its channel, named the one that it names; "": none.
func needed(verb, rest, here, named string) (needs []string) {
	outside := named != "" && named != here
	switch verb {
	case "open":
		return []string{toOpen}
	case "help":
		return nil
	case "":
		if here == "" && named == "" {
			return []string{toOpen}
		}
	case "status":
		outside = outside || here == "" || rest != ""
	case "list", "join":
		outside = true
	case "postmortem", "action", "update", "merge", "duplicate":
		needs = append(needs, toChange)
	}
	if outside {
		needs = append(needs, toRead)
	}
	return needs
}

// incidentID is how people name an Incident.
var incidentID = regexp.MustCompile(`(?i)^inc-[0-9]+$`)

// takeID takes an Incident's ID out of a command: before the verb, or outside of an Incident's
// channel right after it (inside it is what people write). So a command works anywhere, also
// where there is no channel.
func takeID(text string, outside bool) (id, rest string) {
	words := strings.Fields(text)
	most := 1
	if outside {
		most = 2
	}
	for n := range min(most, len(words)) {
		if !incidentID.MatchString(narrow(words[n])) {
			continue
		}
		at := strings.Index(text, words[n])
		return strings.ToLower(narrow(words[n])), strings.TrimSpace(strings.TrimSpace(text[:at]) + " " + strings.TrimSpace(text[at+len(words[n]):]))
	}
	return "", text
}

// refused answers with a refusal; any other error is one.
func (b *Bot) refused(err error) (outcome, error) {
	var r refusal
	if errors.As(err, &r) {
		return answer(string(r)), nil
	}
	return outcome{}, err
}

func (b *Bot) openCommand(ctx context.Context, c slack.SlashCommand, rest string) (outcome, error) {
	word, title := cutWord(rest)
	private := wordPrivate.Is(strings.ToLower(word))
	if private {
		rest = title
		word, title = cutWord(rest)
	}
	severity, ok := find(severities, word)
	if !ok {
		severity, title = "", rest
	}
	title = line(plain(title))
	if !ok || title == "" {
		return b.openingModal(ctx, c.UserID, title, string(severity), private, nil, c.TriggerID, c.ResponseURL)
	}
	if err := b.set.checkTitle(title); err != nil {
		return answer(b.set.explain(err)), nil
	}
	ongoing, err := b.o.Store.Incidents(ctx, b.o.Now())
	if err != nil {
		return outcome{}, err
	}
	i, first, err := b.createOnce(ctx, "command:"+c.TriggerID, incident.Incident{Title: title, Severity: severity, State: incident.Open, DetectedAt: b.o.Now(), Private: private}, task{User: c.UserID})
	if err != nil {
		return outcome{}, err
	}
	text := b.set.Language.Say(sayOpened, i.ID)
	if open := onlyOngoing(b.knownTo(ctx, c.UserID, ongoing)); first && len(open) > 0 {
		text += "\n" + b.set.Language.Say(sayOpenAlready, b.set.overview(open, b.channelOf(ctx)))
	}
	return answer(text), nil
}

func onlyOngoing(all []incident.Incident) []incident.Incident {
	var open []incident.Incident
	for _, i := range all {
		if i.State.Ongoing() {
			open = append(open, i)
		}
	}
	return open
}

func (b *Bot) channelOf(ctx context.Context) func(id string) string {
	return func(id string) string {
		c, err := b.recall(ctx, channelKey(id))
		if err != nil {
			return ""
		}
		return c
	}
}

func (b *Bot) ongoing(ctx context.Context, user string) (string, error) {
	all, err := b.o.Store.Incidents(ctx, b.o.Now())
	if err != nil {
		return "", err
	}
	return b.set.overview(onlyOngoing(b.knownTo(ctx, user, all)), b.channelOf(ctx)), nil
}

// named finds the Incident that somebody names: inc-12 or 12. A private one is not there for those
// who are not in it.
func (b *Bot) named(ctx context.Context, name, user string) (incident.Incident, error) {
	id := strings.ToLower(strings.TrimSpace(narrow(plain(name))))
	if _, err := strconv.Atoi(id); err == nil {
		id = "inc-" + id
	}
	i, err := b.o.Store.Incident(ctx, id)
	if errors.Is(err, incident.ErrNotFound) || err == nil && !b.knows(ctx, i, user) {
		return i, b.set.refuse(sayNoSuchIncident, escape(text.Cut(id, 50)))
	}
	return i, err
}

func (b *Bot) statusCommand(ctx context.Context, here, rest, user string) (outcome, error) {
	id := here
	if rest != "" {
		id = rest
	}
	if id == "" {
		text, err := b.ongoing(ctx, user)
		return answer(text), err
	}
	var i incident.Incident
	var err error
	if id == here { // whoever is in its channel may know
		i, err = b.o.Store.Incident(ctx, id)
	} else {
		i, err = b.named(ctx, id, user)
	}
	if err != nil {
		return b.refused(err)
	}
	return show(b.set.status(i, b.o.Now())), nil
}

func (b *Bot) join(ctx context.Context, c slack.SlashCommand, rest string) (outcome, error) {
	i, err := b.named(ctx, rest, c.UserID)
	if err != nil {
		return b.refused(err)
	}
	why, err := b.recall(ctx, noChannelKey(i.ID))
	if err != nil {
		return outcome{}, err
	}
	if why != "" {
		return answer(b.set.Language.Say(sayNothingToJoin, i.ID, escape(i.Title))), nil
	}
	job := task{Who: c.UserID, User: c.UserID, Channel: c.ChannelID}.job(i.ID+":join:"+c.TriggerID, jobInvite, b.o.Now())
	job.Incident = i.ID
	if err := b.o.Store.Enqueue(ctx, job); err != nil {
		return outcome{}, err
	}
	b.hurry()
	return answer(b.set.Language.Say(sayInvited, i.ID, escape(i.Title))), nil
}

// openingModal shows the modal that opens an Incident.
func (b *Bot) openingModal(ctx context.Context, user, title, severity string, private bool, from *noted, trigger, respond string) (outcome, error) {
	all, err := b.o.Store.Incidents(ctx, b.o.Now())
	if err != nil {
		return outcome{}, err
	}
	text := ""
	if open := onlyOngoing(b.knownTo(ctx, user, all)); len(open) > 0 {
		text = b.set.overview(open, b.channelOf(ctx))
	}
	return b.present(b.set.opening(title, severity, private, from, text), trigger, respond), nil
}

func (b *Bot) openModal(ctx context.Context, id, verb, trigger, respond string) (outcome, error) {
	i, err := b.o.Store.Incident(ctx, id)
	if err != nil {
		return outcome{}, err
	}
	switch verb {
	case doPostmortem:
		return b.present(b.set.writing(i), trigger, respond), nil
	case doAction:
		return b.present(b.set.acting(i), trigger, respond), nil
	}
	return b.present(b.set.telling(i), trigger, respond), nil
}

// present opens a modal after the acknowledgement: a trigger works for three seconds, so
// this cannot wait as a Job. Who sees no modal is told.
func (b *Bot) present(v slack.ModalViewRequest, trigger, respond string) outcome {
	return outcome{Then: func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
		defer cancel()
		_, err := b.api.OpenViewContext(ctx, trigger, v)
		b.called("views.open", err)
		// A delivery that Slack repeats has a trigger that was used: the form is there.
		if err == nil || respond == "" || refusedWith(err, "exchanged_trigger_id") {
			return
		}
		b.o.Log.Warn("open a modal", "err", err)
		text := b.set.Language.Say(sayFormTooLate)
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if err := slack.PostWebhookContext(ctx, respond, &slack.WebhookMessage{Text: text, ResponseType: "ephemeral"}); err != nil {
			b.o.Log.Warn("say that a modal did not open", "err", "the response address did not answer")
		}
	}}
}
