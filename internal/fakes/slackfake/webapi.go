package slackfake

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// call is one call with its arguments, which come as a form or as JSON.
type call struct {
	method, token string
	args          map[string]string
}

func readCall(r *http.Request) (*call, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 4<<20))
	if err != nil {
		return nil, err
	}
	c := &call{method: r.PathValue("method"), args: map[string]string{}}
	c.token, _ = strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		var args map[string]json.RawMessage
		if err := json.Unmarshal(body, &args); err != nil && len(body) > 0 {
			return nil, fmt.Errorf("invalid_json: %w", err)
		}
		for k, v := range args {
			var text string
			if json.Unmarshal(v, &text) != nil {
				text = string(v)
			}
			c.args[k] = text
		}
		return c, nil
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	// A token is a bearer's, or a field of a form that is posted; one in the address, or in JSON,
	// is none: docs.slack.dev/apis/web-api#post_bodies.
	if t := form.Get("token"); t != "" {
		c.token = t
	}
	for k, v := range r.URL.Query() {
		form[k] = v
	}
	for k := range form {
		c.args[k] = form.Get(k)
	}
	return c, nil
}

func no(word string) map[string]any { return map[string]any{"ok": false, "error": word} }

func yes(pairs ...any) map[string]any {
	m := map[string]any{"ok": true}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i].(string)] = pairs[i+1]
	}
	return m
}

// scopes are the scope that each method takes of a bot: the page of each method, such as
// docs.slack.dev/reference/methods/conversations.create.
var scopes = map[string]string{
	"auth.test": "", "conversations.create": "channels:manage", "conversations.invite": "channels:manage",
	"conversations.setTopic": "channels:manage", "conversations.setPurpose": "channels:manage",
	"conversations.rename": "channels:manage", "conversations.archive": "channels:manage",
	"conversations.join": "channels:join", "conversations.history": "channels:history",
	"conversations.replies": "channels:history", "conversations.members": "channels:read",
	"conversations.info": "channels:read", "conversations.list": "channels:read",
	"chat.postMessage": "chat:write", "chat.update": "chat:write", "chat.postEphemeral": "chat:write",
	"pins.add": "pins:write", "views.open": "", "views.update": "",
	"usergroups.users.list": "usergroups:read", "usergroups.list": "usergroups:read",
	"users.info": "users:read", "users.list": "users:read", "apps.connections.open": "connections:write",
}

// Scope gives the scope that a method needs; ok false: the fake does not know the method.
func Scope(method string) (scope string, ok bool) {
	scope, ok = scopes[method]
	return scope, ok
}

// do is one call that reaches Slack.
func (f *Fake) do(c *call) map[string]any {
	scope, known := scopes[c.method]
	// The pages of conversations.*: private channels take scopes of their own.
	if ch := f.channel(c.args["channel"]); ch != nil && ch.Private || c.args["is_private"] == "true" || c.method == "conversations.list" && c.args["types"] == "private_channel" {
		if private, ok := map[string]string{"channels:manage": "groups:write", "channels:history": "groups:history", "channels:read": "groups:read"}[scope]; ok {
			scope = private
		}
	}
	want := BotToken
	if c.method == "apps.connections.open" {
		want = AppToken
	}
	switch {
	case !known:
		return no("unknown_method")
	case c.token == "":
		return no("not_authed")
	case c.token != want:
		return no("invalid_auth")
	case scope != "" && want == BotToken && f.o.Scopes != nil && !slices.Contains(f.o.Scopes, scope):
		return map[string]any{"ok": false, "error": "missing_scope", "needed": scope, "provided": strings.Join(f.o.Scopes, ",")}
	}
	if strings.HasPrefix(c.method, "conversations.") && c.method != "conversations.create" && c.method != "conversations.list" ||
		strings.HasPrefix(c.method, "chat.") || strings.HasPrefix(c.method, "pins.") {
		ch := f.channel(c.args["channel"])
		if u := f.user(c.args["channel"]); ch == nil && u != nil && c.method == "chat.postMessage" { // a direct message
			if f.o.NoMessagesTab {
				return no("messages_tab_disabled")
			}
			if u.Deleted {
				return no("user_disabled")
			}
			blocks, word := readBlocks(c.args["blocks"], 50)
			if word != "" {
				return invalid(word)
			}
			f.told = append(f.told, Told{u.ID, "D" + u.ID, c.args["text"], blocks, ""})
			if ch = f.channel("D" + u.ID); ch == nil {
				ch = &channel{ID: "D" + u.ID, Private: true, Members: []string{BotUser, u.ID}}
				f.direct = append(f.direct, ch)
			}
			return f.chat(c, ch)
		}
		if ch == nil {
			return no("channel_not_found")
		}
		return f.inChannel(c, ch)
	}
	switch c.method {
	case "auth.test": // docs.slack.dev/reference/methods/auth.test
		return yes("url", "https://fake.slack.example/", "team", "fake", "user", "incidentbot", "team_id", TeamID, "user_id", BotUser, "bot_id", BotID)
	case "conversations.create":
		return f.create(c)
	case "conversations.list":
		return f.list(c)
	case "views.open", "views.update":
		return f.view(c)
	case "apps.connections.open":
		return f.connect()
	}
	return f.people(c)
}

func (f *Fake) inChannel(c *call, ch *channel) map[string]any {
	switch member := slices.Contains(ch.Members, BotUser); {
	case c.method == "conversations.info":
		return yes("channel", f.shape(ch))
	case ch.Private && !member:
		return no("channel_not_found") // whoever is not in it does not hear of it
	case c.method == "conversations.history" && !member, c.method == "conversations.replies" && !member, c.method == "pins.add" && !member,
		c.method == "conversations.invite" && !member, strings.HasPrefix(c.method, "conversations.set") && !member,
		strings.HasPrefix(c.method, "chat.") && !member:
		return no("not_in_channel")
	case c.method == "conversations.history":
		return f.history(c, ch)
	case c.method == "conversations.replies":
		return f.replies(c, ch)
	case c.method == "conversations.members":
		part, cursor := page(c, ch.Members, 100)
		return yes("members", part, "response_metadata", map[string]any{"next_cursor": cursor})
	case ch.Archived && c.method == "conversations.archive":
		return no("already_archived")
	case ch.Archived:
		return no("is_archived")
	}
	switch c.method {
	case "conversations.join":
		f.joins(ch, BotUser)
		return yes("channel", f.shape(ch))
	case "conversations.invite":
		return f.invite(c, ch)
	case "conversations.setTopic":
		return f.topic(c, ch, &ch.Topic, "topic", "channel_topic")
	case "conversations.setPurpose":
		return f.topic(c, ch, &ch.Purpose, "purpose", "channel_purpose")
	case "conversations.rename":
		if word := f.badName(c.args["name"]); word != "" {
			return no(word)
		}
		ch.Name = c.args["name"]
		return yes("channel", f.shape(ch))
	case "conversations.archive":
		ch.Archived = true
		return yes()
	case "pins.add":
		return f.pin(c, ch)
	}
	return f.chat(c, ch)
}

// nameRule: lower case letters, digits, hyphens and underscores, at most 80
// (docs.slack.dev/reference/methods/conversations.create). The page also lets letters of
// other scripts through; tools that make names keep to this.
var nameRule = regexp.MustCompile(`^[a-z0-9_-]{1,80}$`)

func (f *Fake) badName(name string) string {
	switch {
	case name == "":
		return "invalid_name_required"
	case utf8.RuneCountInString(name) > 80:
		return "invalid_name_maxlength"
	case !nameRule.MatchString(name):
		return "invalid_name_specials"
	case strings.Trim(name, "-_") == "":
		return "invalid_name_punctuation"
	case slices.ContainsFunc(f.channels, func(c *channel) bool { return c.Name == name }):
		return "name_taken"
	}
	return ""
}

func (f *Fake) create(c *call) map[string]any {
	if word := f.badName(c.args["name"]); word != "" {
		return no(word)
	}
	ch := &channel{ID: f.id("C"), Name: c.args["name"], Creator: BotUser, Created: f.o.Now(), Members: []string{BotUser}, Private: c.args["is_private"] == "true"}
	f.channels = append(f.channels, ch)
	return yes("channel", f.shape(ch))
}

func (f *Fake) shape(ch *channel) map[string]any {
	return map[string]any{"id": ch.ID, "name": ch.Name, "name_normalized": ch.Name, "is_channel": !ch.Private, "is_private": ch.Private, "created": ch.Created.Unix(),
		"creator": ch.Creator, "is_archived": ch.Archived, "is_member": slices.Contains(ch.Members, BotUser), "num_members": len(ch.Members),
		"topic": map[string]any{"value": ch.Topic}, "purpose": map[string]any{"value": ch.Purpose}}
}

// page cuts a list as cursor pagination does: docs.slack.dev/apis/web-api/pagination
func page[T any](c *call, all []T, standard int) (part []T, cursor string) {
	limit, _ := strconv.Atoi(c.args["limit"])
	if limit <= 0 {
		limit = standard
	}
	from, _ := strconv.Atoi(c.args["cursor"])
	from = min(from, len(all))
	to := min(len(all), from+limit)
	if to < len(all) {
		cursor = strconv.Itoa(to)
	}
	return all[from:to], cursor
}

func (f *Fake) list(c *call) map[string]any {
	var all []map[string]any
	for _, ch := range f.channels {
		if kind := map[bool]string{true: "private_channel", false: "public_channel"}[ch.Private]; c.args["types"] != "" && !strings.Contains(c.args["types"], kind) ||
			c.args["types"] == "" && ch.Private || ch.Private && !slices.Contains(ch.Members, BotUser) {
			continue
		}
		if !ch.Archived || c.args["exclude_archived"] != "true" {
			all = append(all, f.shape(ch))
		}
	}
	part, cursor := page(c, all, 100)
	return yes("channels", part, "response_metadata", map[string]any{"next_cursor": cursor})
}

func (f *Fake) joins(ch *channel, id string) {
	if !slices.Contains(ch.Members, id) {
		ch.Members = append(ch.Members, id)
		ch.Messages = append(ch.Messages, &Message{TS: f.ts(), User: id, Subtype: "channel_join", Text: "<@" + id + "> has joined the channel"})
	}
}

// maxInvite is how many users a call takes: docs.slack.dev/reference/methods/conversations.invite
const maxInvite = 1000

// invite: docs.slack.dev/reference/methods/conversations.invite
func (f *Fake) invite(c *call, ch *channel) map[string]any {
	ids := strings.Split(c.args["users"], ",")
	if len(ids) > maxInvite {
		return no("too_many_users")
	}
	var wrong []any
	var good []string
	for _, id := range ids {
		word := ""
		switch u := f.user(id); {
		case u == nil || u.Deleted:
			word = "user_not_found"
		case id == BotUser:
			word = "cant_invite_self"
		case slices.Contains(ch.Members, id):
			word = "already_in_channel"
		}
		if word == "" {
			good = append(good, id)
		} else {
			wrong = append(wrong, map[string]any{"ok": false, "error": word, "user": id})
		}
	}
	if len(wrong) > 0 && (c.args["force"] != "true" || len(good) == 0) {
		return map[string]any{"ok": false, "error": wrong[0].(map[string]any)["error"], "errors": wrong}
	}
	for _, id := range good {
		f.joins(ch, id)
	}
	answer := yes("channel", f.shape(ch))
	if len(wrong) > 0 {
		answer["errors"] = wrong
	}
	return answer
}

// topic: at most 250 characters (docs.slack.dev/reference/methods/conversations.setTopic);
// a change leaves a line in the channel.
func (f *Fake) topic(c *call, ch *channel, field *string, arg, subtype string) map[string]any {
	if utf8.RuneCountInString(c.args[arg]) > 250 {
		return no("too_long")
	}
	if *field != c.args[arg] {
		*field = c.args[arg]
		ch.Messages = append(ch.Messages, &Message{TS: f.ts(), User: BotUser, Subtype: subtype, Text: "set the channel " + arg + ": " + *field})
	}
	return yes("channel", f.shape(ch))
}

func (f *Fake) pin(c *call, ch *channel) map[string]any {
	ts := c.args["timestamp"]
	switch {
	case ch.message(ts) == nil:
		return no("message_not_found")
	case slices.Contains(ch.Pins, ts):
		return no("already_pinned")
	}
	ch.Pins = append(ch.Pins, ts)
	return yes()
}

// people are the methods about users and user groups.
func (f *Fake) people(c *call) map[string]any {
	shape := func(u *user) map[string]any {
		return map[string]any{"id": u.ID, "team_id": u.team(), "name": u.Name, "real_name": u.Real, "deleted": u.Deleted, "is_bot": u.ID == BotUser,
			"profile": map[string]any{"display_name": u.Real, "real_name": u.Real}}
	}
	switch c.method {
	case "users.info":
		if u := f.user(c.args["user"]); u != nil {
			return yes("user", shape(u))
		}
		return no("user_not_found")
	case "users.list":
		var all []map[string]any
		for _, u := range f.users {
			all = append(all, shape(u))
		}
		part, cursor := page(c, all, 1000)
		return yes("members", part, "cache_ts", time.Now().Unix(), "response_metadata", map[string]any{"next_cursor": cursor})
	case "usergroups.list":
		all := []map[string]any{}
		for _, g := range f.groups {
			all = append(all, map[string]any{"id": g.ID, "handle": g.Handle, "name": g.Name, "team_id": TeamID, "is_usergroup": true})
		}
		return yes("usergroups", all)
	}
	for _, g := range f.groups { // usergroups.users.list
		if g.ID == c.args["usergroup"] {
			return yes("users", g.Users)
		}
	}
	return no("no_such_subteam")
}
