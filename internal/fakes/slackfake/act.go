package slackfake

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

type trigger struct {
	at        time.Time
	user      string
	exchanged bool
}

// trigger makes a trigger_id and a response_url for what somebody did.
func (f *Fake) trigger(user, channel string) (id, respond string) {
	id = fmt.Sprintf("%s.%s.%d", TeamID, f.id("X"), f.ids)
	f.triggers[id] = &trigger{at: time.Now(), user: user}
	h := f.id("H")
	f.hooks[h] = hook{user, channel}
	return id, f.server.URL + "/respond/" + h
}

// Reply is what the app answers at once to a command: seen by that person alone.
type Reply struct {
	Text   string           `json:"text"`
	Blocks []map[string]any `json:"blocks"`
}

func (f *Fake) userShape(id string) map[string]any {
	u := f.user(id)
	return map[string]any{"id": u.ID, "username": u.Name, "name": u.Name, "team_id": u.team()}
}

func (u *user) team() string { return cmp.Or(u.Team, TeamID) }

// Command is somebody writing "/incident text" in a channel. The text is escaped as
// Slack does where the app asks for it, and nobody can write a command in an archived channel:
// docs.slack.dev/interactivity/implementing-slash-commands
func (f *Fake) Command(user, channel, text string) (Reply, error) {
	f.mu.Lock()
	if c := f.channel(channel); c != nil && c.Archived {
		f.mu.Unlock()
		return Reply{}, ErrRefused
	}
	if !f.o.Verbatim {
		text = f.typed(text)
	}
	trigger, respond := f.trigger(user, channel)
	payload := map[string]any{"token": "old", "team_id": TeamID, "team_domain": "fake", "channel_id": channel, "user_id": user,
		"user_name": f.user(user).Name, "command": "/incident", "text": text, "response_url": respond, "trigger_id": trigger, "api_app_id": AppID}
	if c := f.channel(channel); c != nil {
		payload["channel_name"] = c.Name
	}
	f.mu.Unlock()
	var r Reply
	answer, err := f.deliver(delivery{"slash_commands", payload})
	if err == nil && len(answer) > 0 {
		err = json.Unmarshal(answer, &r)
	}
	if err == nil && r.Text != "" {
		f.mu.Lock()
		f.told = append(f.told, Told{user, channel, r.Text, r.Blocks, ""})
		f.mu.Unlock()
	}
	return r, err
}

// Click is somebody pressing the button with this action_id on a message; the shape is
// docs.slack.dev/reference/interaction-payloads/block_actions-payload
func (f *Fake) Click(user, channel, ts, action string) error {
	f.mu.Lock()
	m := f.channel(channel).message(ts)
	element := find(m.Blocks, action)
	if element == nil {
		f.mu.Unlock()
		return fmt.Errorf("message %s has no element %q", ts, action)
	}
	trigger, respond := f.trigger(user, channel)
	payload := map[string]any{"type": "block_actions", "user": f.userShape(user), "api_app_id": AppID, "team": map[string]any{"id": TeamID},
		"container": map[string]any{"type": "message", "message_ts": ts, "channel_id": channel}, "trigger_id": trigger, "response_url": respond,
		"channel": map[string]any{"id": channel, "name": f.channel(channel).Name}, "message": m.shape(false), "state": map[string]any{"values": map[string]any{}},
		"actions": []any{map[string]any{"type": element["type"], "action_id": action, "block_id": element["block_id"], "value": element["value"],
			"text": element["text"], "action_ts": f.ts()}}}
	f.mu.Unlock()
	_, err := f.deliver(delivery{"interactive", payload})
	return err
}

func find(blocks []map[string]any, action string) map[string]any {
	for _, b := range blocks {
		elements, _ := b["elements"].([]any)
		if a, ok := b["accessory"]; ok {
			elements = append(slices.Clone(elements), a)
		}
		for _, e := range elements {
			if m, _ := e.(map[string]any); m["action_id"] == action {
				with := map[string]any{"block_id": b["block_id"]}
				for k, v := range m {
					with[k] = v
				}
				return with
			}
		}
	}
	return nil
}

// Shortcut is somebody choosing a message shortcut:
// docs.slack.dev/reference/interaction-payloads/shortcuts-interaction-payload
func (f *Fake) Shortcut(user, channel, ts, callback string) error {
	f.mu.Lock()
	trigger, respond := f.trigger(user, channel)
	payload := map[string]any{"type": "message_action", "callback_id": callback, "trigger_id": trigger, "response_url": respond, "message_ts": ts,
		"action_ts": f.ts(), "user": f.userShape(user), "team": map[string]any{"id": TeamID}, "channel": map[string]any{"id": channel, "name": f.channel(channel).Name},
		"message": f.channel(channel).message(ts).shape(false)}
	f.mu.Unlock()
	_, err := f.deliver(delivery{"interactive", payload})
	return err
}

// View is the newest modal that a person has open, as it was sent; ok false: none.
func (f *Fake) View(user string) (id string, body map[string]any, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for vid, v := range f.views {
		if v.User == user && vid > id {
			id, body, ok = vid, v.Body, true
		}
	}
	return id, body, ok
}

// Submit is somebody sending a modal. values are by block_id: a text, or a list of the
// options chosen. What is not given keeps the modal's initial value. The answer is the
// app's errors by block_id; without any the modal is gone.
// docs.slack.dev/reference/interaction-payloads/view-interactions-payload
func (f *Fake) Submit(user, viewID string, values map[string]any) (map[string]string, error) {
	f.mu.Lock()
	v := f.views[viewID]
	if v == nil {
		f.mu.Unlock()
		return nil, fmt.Errorf("no view %s", viewID)
	}
	shape := v.shape()
	shape["state"] = map[string]any{"values": state(v.Body, values)}
	trigger, _ := f.trigger(user, "")
	payload := map[string]any{"type": "view_submission", "team": map[string]any{"id": TeamID}, "user": f.userShape(user), "api_app_id": AppID, "trigger_id": trigger, "view": shape}
	f.mu.Unlock()
	answer, err := f.deliver(delivery{"interactive", payload})
	if err != nil {
		return nil, err
	}
	var r struct {
		Action string            `json:"response_action"`
		Errors map[string]string `json:"errors"`
	}
	if len(answer) > 0 {
		if err := json.Unmarshal(answer, &r); err != nil {
			return nil, err
		}
	}
	if r.Action != "errors" {
		f.mu.Lock()
		delete(f.views, viewID)
		f.mu.Unlock()
	}
	return r.Errors, nil
}

// state is what a modal's inputs hold.
func state(body map[string]any, values map[string]any) map[string]any {
	all := map[string]any{}
	blocks, _ := body["blocks"].([]any)
	for _, x := range blocks {
		b, _ := x.(map[string]any)
		if b["type"] != "input" {
			continue
		}
		e := b["element"].(map[string]any)
		given, ok := values[b["block_id"].(string)]
		entry := map[string]any{"type": e["type"]}
		option := func(value any) map[string]any {
			return map[string]any{"value": value, "text": map[string]any{"type": "plain_text", "text": value}}
		}
		switch e["type"] {
		case "plain_text_input":
			entry["value"] = pick(ok, given, e["initial_value"])
		case "static_select", "radio_buttons":
			if entry["selected_option"] = e["initial_option"]; ok {
				entry["selected_option"] = option(given)
			}
		case "multi_static_select", "checkboxes":
			if entry["selected_options"] = e["initial_options"]; ok {
				var chosen []any
				for _, v := range given.([]string) {
					chosen = append(chosen, option(v))
				}
				entry["selected_options"] = chosen
			}
		case "users_select":
			entry["selected_user"] = pick(ok, given, e["initial_user"])
		case "datepicker":
			entry["selected_date"] = pick(ok, given, e["initial_date"])
		case "datetimepicker":
			entry["selected_date_time"] = pick(ok, given, e["initial_date_time"])
		}
		all[b["block_id"].(string)] = map[string]any{e["action_id"].(string): entry}
	}
	return all
}

func pick(ok bool, given, initial any) any {
	if ok {
		return given
	}
	return initial
}

// Mention is somebody writing a message that begins with the app's name, in a thread or not; the
// app hears of it where it is: docs.slack.dev/reference/events/app_mention
func (f *Fake) Mention(user, channel, thread, text string) error {
	return f.Edit(user, channel, f.Post(user, channel, Message{ThreadTS: thread}), "<@"+BotUser+"> "+text)
}

// Edit is somebody giving a message another text, in which the app's name stands. It hears of that as of
// a new message, but for the time stamp: https://github.com/slack-go/slack/pull/1256
func (f *Fake) Edit(user, channel, ts, text string) error {
	f.mu.Lock()
	c := f.channel(channel)
	there, m := slices.Contains(c.Members, BotUser), c.message(ts)
	event := map[string]any{"type": "app_mention", "user": user, "text": f.typed(text), "ts": ts, "channel": channel, "event_ts": ts}
	if m.ThreadTS != "" {
		event["thread_ts"] = m.ThreadTS
	}
	if m.Text != "" {
		event["edited"], m.Edited = map[string]any{"user": user, "ts": f.ts()}, true
	}
	m.Text = text
	payload := map[string]any{"token": "old", "team_id": TeamID, "api_app_id": AppID, "type": "event_callback", "event_id": f.id("Ev"), "event_time": f.o.Now().Unix(), "is_ext_shared_channel": c.Shared, "event": event}
	f.mu.Unlock()
	if !there {
		return nil
	}
	_, err := f.deliver(delivery{"events_api", payload})
	return err
}

// React is somebody adding a reaction; the app hears of it in channels where it is.
// docs.slack.dev/reference/events/reaction_added
func (f *Fake) React(user, channel, ts, emoji string) error {
	f.mu.Lock()
	c := f.channel(channel)
	m := c.message(ts)
	if m.Reactions == nil {
		m.Reactions = map[string][]string{}
	}
	m.Reactions[emoji] = append(m.Reactions[emoji], user)
	there := slices.Contains(c.Members, BotUser)
	payload := map[string]any{"token": "old", "team_id": TeamID, "api_app_id": AppID, "type": "event_callback", "event_id": f.id("Ev"), "event_time": f.o.Now().Unix(), "is_ext_shared_channel": c.Shared,
		"event": map[string]any{"type": "reaction_added", "user": user, "reaction": emoji, "item_user": m.User, "event_ts": f.ts(),
			"item": map[string]any{"type": "message", "channel": channel, "ts": ts}}}
	f.mu.Unlock()
	if !there {
		return nil
	}
	_, err := f.deliver(delivery{"events_api", payload})
	return err
}
