package slackbot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/shopslo/shopslo/incident"
)

// insiders are the user IDs of those who are in an Incident: they have done something in it, or got
// a role. Who is only spoken of is not, nor who wrote the message from which it was opened.
func insiders(i incident.Incident) []string {
	var all []string
	for _, who := range i.Assigned {
		all = append(all, who)
	}
	for _, e := range i.Timeline {
		if e.ID != openedFrom {
			all = append(all, e.By)
		}
		if e.Kind == incident.Appointed {
			all = append(all, e.Value)
		}
	}
	return users(all)
}

// people are the user IDs that an Incident names in any way.
func people(i incident.Incident) []string {
	all := insiders(i)
	for _, e := range i.Timeline {
		all = append(all, e.By)
		for _, m := range mentions.FindAllString(e.Text, -1) {
			all = append(all, m[1:])
		}
	}
	for _, a := range draft(i).Actions {
		all = append(all, a.Owner)
	}
	return users(all)
}

// users are the user IDs among names, each once, sorted.
func users(names []string) []string {
	names = slices.DeleteFunc(names, func(name string) bool { return !userID.MatchString(name) })
	slices.Sort(names)
	return slices.Compact(names)
}

// unnamed are those whom an Incident names and whose names are not remembered.
func (b *Bot) unnamed(ctx context.Context, i incident.Incident) (unknown []string, err error) {
	for _, id := range people(i) {
		known, err := b.recall(ctx, nameKey(id))
		if err != nil {
			return nil, err
		}
		if known == "" {
			unknown = append(unknown, id)
		}
	}
	return unknown, nil
}

// learnNames remembers the names of those whom an Incident names. A name is asked for
// once: who is renamed later keeps the old one in old records.
func (b *Bot) learnNames(ctx context.Context, i incident.Incident, _ incident.Job, _ task) error {
	unknown, err := b.unnamed(ctx, i)
	if err != nil {
		return err
	}
	for _, id := range unknown {
		name := id
		u, err := b.api.GetUserInfoContext(ctx, id)
		switch b.called("users.info", err); {
		case err == nil && u != nil:
			for _, n := range []string{u.Name, u.RealName, u.Profile.DisplayName} {
				if n != "" {
					name = n
				}
			}
		case forGood(err):
		default:
			return fmt.Errorf("ask for the name of %s: %w", id, err)
		}
		if _, _, err := b.o.Store.Remember(ctx, nameKey(id), name); err != nil {
			return err
		}
	}
	return nil
}

// Named is a store of Incidents for readers outside of Slack: people have names instead
// of IDs, and each Incident links to its channel. Of a private one it tells no more than that it
// is, how bad, what it affects and how far it is. The bot need not run.
type Named struct {
	From  Incidents
	Notes Notes
}

// Incident gives one; incident.ErrNotFound.
func (n Named) Incident(ctx context.Context, id string) (incident.Incident, error) {
	i, err := n.From.Incident(ctx, id)
	if err != nil {
		return i, err
	}
	return n.name(ctx, veiled(i), map[string]string{})
}

// Incidents gives those that are ongoing or changed since, newest first, without timelines.
func (n Named) Incidents(ctx context.Context, since time.Time) ([]incident.Incident, error) {
	all, err := n.From.Incidents(ctx, since)
	if err != nil {
		return nil, err
	}
	known := map[string]string{}
	for k := range all {
		if all[k], err = n.name(ctx, veiled(all[k]), known); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// name puts names in the place of IDs; those asked for are in names, by ID.
func (n Named) name(ctx context.Context, i incident.Incident, names map[string]string) (incident.Incident, error) {
	var pairs []string
	for _, id := range people(i) {
		name, known := names[id]
		if !known {
			var err error
			if name, _, err = n.Notes.Recall(ctx, nameKey(id)); err != nil {
				return i, err
			}
			names[id] = name
		}
		if name != "" {
			pairs = append(pairs, "@"+id, "@"+name)
		}
	}
	if i.Link == "" && !i.Private {
		link, _, err := n.Notes.Recall(ctx, linkKey(i.ID))
		if err != nil {
			return i, err
		}
		i.Link = link
	}
	inText := strings.NewReplacer(pairs...)
	of := func(id string) string {
		if name := names[id]; name != "" {
			return name
		}
		return id
	}
	assigned := map[incident.Role]string{}
	for role, who := range i.Assigned {
		assigned[role] = of(who)
	}
	if len(assigned) > 0 {
		i.Assigned = assigned
	}
	i.Timeline = slices.Clone(i.Timeline)
	for k := range i.Timeline {
		e := &i.Timeline[k]
		e.By, e.Text = of(e.By), inText.Replace(e.Text)
		if e.Kind == incident.Appointed {
			e.Value = of(e.Value)
		}
	}
	if i.Postmortem != nil {
		pm := draft(i)
		pm.Actions = slices.Clone(pm.Actions)
		for k := range pm.Actions {
			pm.Actions[k].Owner = of(pm.Actions[k].Owner)
		}
		i.Postmortem = pm
	}
	return i, nil
}

// membership is who was in a user group when it was last asked for.
type membership struct {
	people []string
	at     time.Time
}

// memberFor is how long an answer about a user group holds.
const memberFor = 5 * time.Minute

// What the settings let somebody do.
const (
	toOpen   = "open"
	toChange = "change"
	toRead   = "read"
)

// may says whether a person may do something, else what they are told.
func (b *Bot) may(ctx context.Context, a act) (bool, string) {
	switch {
	case a.Verb == "severity" && b.set.MaySeverity != "":
		return b.mayAs(ctx, a.User, b.set.MaySeverity)
	case (a.Verb == "closed" || a.Verb == "state" && closes(a.Rest)) && b.set.MayClose != "":
		return b.mayAs(ctx, a.User, b.set.MayClose)
	}
	return b.allowed(ctx, a.User, toChange)
}

// allowed is may for one of the constants.
func (b *Bot) allowed(ctx context.Context, user, what string) (bool, string) {
	return b.mayAs(ctx, user, map[string]string{toOpen: b.set.MayOpen, toChange: b.set.MayChange, toRead: b.set.MayRead}[what])
}

func (b *Bot) mayAs(ctx context.Context, user, group string) (bool, string) {
	l := b.set.Language
	if group == "" {
		return true, ""
	}
	people, err := b.membersNow(ctx, group)
	switch {
	case err != nil:
		b.o.Log.Warn("ask who may", "group", group, "err", err)
		return false, l.Say(sayMembersNotKnown, mentionAny(group))
	case !slices.Contains(people, user):
		return false, l.Say(sayOnlyMembers, mentionAny(group))
	}
	return true, ""
}

func closes(word string) bool {
	state, _ := find(states, word)
	return state == incident.Closed
}

// askWithin is how long Slack is asked while somebody waits for an answer.
const askWithin = time.Second

// membersNow gives a group's people from a short memory, or asks.
func (b *Bot) membersNow(ctx context.Context, group string) ([]string, error) {
	b.mu.Lock()
	m := b.groups[group]
	b.mu.Unlock()
	now := b.o.Now()
	if !m.at.IsZero() && now.Sub(m.at) < memberFor {
		return m.people, nil
	}
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	people, err := b.members(ctx, group)
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.groups[group] = membership{people, now}
	return people, nil
}

// Finding is one line of Check.
type Finding struct {
	What string
	Err  error // nil: it is as it should be
	// Silent says that Slack did not answer, so that nothing is known.
	Silent bool
}

// scopes are the scopes of a bot token that the bot needs.
var scopes = []string{"app_mentions:read", "channels:history", "channels:join", "channels:manage", "channels:read", "chat:write", "commands",
	"groups:history", "groups:read", "groups:write", "pins:write", "reactions:read", "usergroups:read", "users:read"}

// Check asks Slack whether everything is there that the settings need: the token, its
// scopes, channels, people and user groups. It changes nothing.
func (b *Bot) Check(ctx context.Context) []Finding {
	var link []Finding
	if b.o.Client.AppToken != "" {
		link = append(link, finding("Socket Mode", "no connection can be opened: %w; "+hintSocket, b.tryLink(ctx)))
	}
	r, err := b.api.AuthTestContext(ctx)
	if err != nil {
		return append([]Finding{finding("bot token", "it is refused: %w", err)}, link...)
	}
	found := []Finding{{What: fmt.Sprintf("bot token: %s in workspace %s", r.User, r.Team)}}
	if granted := r.Header.Get("X-OAuth-Scopes"); granted != "" {
		for _, scope := range scopes {
			var err error
			if !slices.Contains(strings.FieldsFunc(granted, func(r rune) bool { return r == ',' || r == ' ' }), scope) {
				err = errors.New("the app lacks it: add it under OAuth & Permissions, and install the app again")
			}
			found = append(found, Finding{What: "scope " + scope, Err: err})
		}
	}
	found = append(found, link...)
	for _, c := range b.set.Announce {
		info, err := b.api.GetConversationInfoContext(ctx, &slack.GetConversationInfoInput{ChannelID: c})
		if err == nil && info.IsArchived {
			err = slack.SlackErrorResponse{Err: "is_archived"}
		}
		found = append(found, finding("channel "+c, "the bot cannot write there: %w; give a public channel's ID, C…", err))
	}
	for _, who := range b.set.everybody() {
		var err error
		if userID.MatchString(who) {
			_, err = b.api.GetUserInfoContext(ctx, who)
		} else {
			_, err = b.members(ctx, who)
		}
		found = append(found, finding(who, "nobody can be invited: %w", err))
	}
	return found
}

// finding explains what Slack said of something.
func finding(what, format string, err error) Finding {
	var refused slack.SlackErrorResponse
	switch {
	case err == nil:
		return Finding{What: what}
	case errors.As(err, &refused):
		return Finding{What: what, Err: fmt.Errorf(format, err)}
	}
	return Finding{What: what, Err: fmt.Errorf("not known, since Slack does not answer: %w", err), Silent: true}
}

// everybody are all people and groups that the settings name, each once, sorted.
func (s Settings) everybody() []string {
	all := slices.Concat(s.Invite.Always, s.EscalateTo)
	for _, list := range s.Invite.Severity {
		all = append(all, list...)
	}
	for _, m := range []map[string][]string{s.Invite.ShopSets, s.Invite.Tiers} {
		for _, list := range m {
			all = append(all, list...)
		}
	}
	for _, g := range []string{s.MayOpen, s.MayChange, s.MayRead, s.MaySeverity, s.MayClose} {
		if g != "" {
			all = append(all, g)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
