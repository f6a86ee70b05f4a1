package slackbot

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/slack-go/slack"
)

// called tells who counts how a call ended.
func (b *Bot) called(method string, err error) {
	result := "failed"
	var refused slack.SlackErrorResponse
	var limited *slack.RateLimitedError
	switch {
	case err == nil:
		result = "ok"
	case errors.As(err, &refused):
		result = refused.Err
	case errors.As(err, &limited):
		result = "ratelimited"
	}
	b.o.Called(method, result)
}

// refusedWith reports Slack's error, one of words.
func refusedWith(err error, words ...string) bool {
	var refused slack.SlackErrorResponse
	return errors.As(err, &refused) && slices.Contains(words, refused.Err)
}

// mark makes a message known again: it stands in the message's metadata, which nobody sees.
// docs.slack.dev/messaging/message-metadata
func mark(key string) string { return "m-" + hash16(key) }

// markType is the event_type of the metadata that has the mark.
const markType = "incidentbot_message"

func marked(key string) slack.MsgOption {
	return slack.MsgOptionMetadata(slack.SlackMetadata{EventType: markType, EventPayload: map[string]any{"mark": mark(key)}})
}

// has reports whether a message has a mark. Before there was metadata it was a block_id.
func (w written) has(mark string) bool {
	if w.Metadata.Type == markType && w.Metadata.Payload["mark"] == mark {
		return true
	}
	return slices.ContainsFunc(w.Blocks, func(b any) bool {
		block, _ := b.(map[string]any)
		return block["block_id"] == mark
	})
}

// post writes a message once, and gives its time stamp. Where it may have been written
// before, by an attempt of which nothing is known, the channel's history is looked at
// first. A key belongs to one Job, so that nobody else writes it meanwhile: a Job takes
// less time than its lease.
func (b *Bot) post(ctx context.Context, channel, key string, m message) (ts string, err error) {
	if ts, err := b.recall(ctx, postedKey(key)); err != nil || ts != "" {
		return ts, err
	}
	now := b.o.Now()
	begun, first, err := b.o.Store.Remember(ctx, begunKey(key), strconv.FormatInt(now.Unix(), 10))
	if err != nil {
		return "", err
	}
	if !first {
		if ts, err = b.look(ctx, channel, key, slackTime(begun, now)); err != nil {
			return "", err
		}
	}
	if ts == "" {
		_, ts, err = b.write(ctx, channel, m, marked(key), slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl())
		if err != nil {
			return "", fmt.Errorf("write into channel %s: %w", channel, err)
		}
		if ts == "" { // an answer of another shape: it may have been written
			return "", fmt.Errorf("write into channel %s: Slack's answer has no time stamp", channel)
		}
	}
	kept, _, err := b.o.Store.Remember(ctx, postedKey(key), ts)
	return kept, err
}

// write writes a message, without blocks where Slack takes none of them: what is in them for how long it says nowhere.
// docs.slack.dev/reference/methods/chat.postMessage
func (b *Bot) write(ctx context.Context, to string, m message, more ...slack.MsgOption) (channel, ts string, err error) {
	more = append(more, slack.MsgOptionText(m.Text, false))
	channel, ts, err = b.api.PostMessageContext(ctx, to, append(slices.Clone(more), slack.MsgOptionBlocks(m.Blocks...))...)
	if b.called("chat.postMessage", err); refusedWith(err, "msg_blocks_too_long", "invalid_blocks", "invalid_blocks_format") {
		b.o.Log.Warn("Slack does not take the blocks of a message: its text is written without", "err", err)
		channel, ts, err = b.api.PostMessageContext(ctx, to, more...)
		b.called("chat.postMessage", err)
	}
	return channel, ts, err
}

// clockSkew is by how much Slack's clock and this one may differ.
const clockSkew = 5 * time.Minute

// look finds the message with a mark that was written since; "" where there is none.
func (b *Bot) look(ctx context.Context, channel, key string, since time.Time) (string, error) {
	want := mark(key)
	args := url.Values{"channel": {channel}, "limit": {"200"}, "oldest": {strconv.FormatInt(since.Add(-clockSkew).Unix(), 10)}, "include_all_metadata": {"1"}}
	for {
		all, next, err := b.messages(ctx, "conversations.history", args)
		if err != nil {
			return "", fmt.Errorf("read channel %s: %w", channel, err)
		}
		for _, m := range all {
			if m.has(want) {
				return m.TS, nil
			}
		}
		if next == "" {
			return "", nil
		}
		args.Set("cursor", next)
	}
}

// update rewrites a message; to do so twice does no harm.
func (b *Bot) update(ctx context.Context, channel, ts, key string, m message) error {
	_, _, _, err := b.api.UpdateMessageContext(ctx, channel, ts, slack.MsgOptionText(m.Text, false), slack.MsgOptionBlocks(m.Blocks...), marked(key))
	if b.called("chat.update", err); err != nil {
		return fmt.Errorf("rewrite message %s of channel %s: %w", ts, channel, err)
	}
	return nil
}

// members are the people of a user group, given by its ID or @handle.
func (b *Bot) members(ctx context.Context, group string) ([]string, error) {
	if group[0] == '@' {
		all, err := b.api.GetUserGroupsContext(ctx)
		if b.called("usergroups.list", err); err != nil {
			return nil, fmt.Errorf("list user groups: %w", err)
		}
		at := slices.IndexFunc(all, func(g slack.UserGroup) bool { return "@"+g.Handle == group })
		if at < 0 {
			return nil, fmt.Errorf("user group %s: %w", group, slack.SlackErrorResponse{Err: "no_such_subteam"})
		}
		group = all[at].ID
	}
	people, err := b.api.GetUserGroupMembersContext(ctx, group)
	if b.called("usergroups.users.list", err); err != nil {
		return nil, fmt.Errorf("read user group %s: %w", group, err)
	}
	return people, nil
}

// me is the bot's own user ID, and the workspace's address.
func (b *Bot) me(ctx context.Context) (string, string, error) {
	me, err := b.whoami(ctx)
	return me.id, me.url, err
}

func (b *Bot) whoami(ctx context.Context) (own, error) {
	b.mu.Lock()
	me := b.own
	b.mu.Unlock()
	if me.id != "" {
		return me, nil
	}
	r, err := b.api.AuthTestContext(ctx)
	if b.called("auth.test", err); err != nil {
		return me, fmt.Errorf("ask Slack who this is: %w", err)
	}
	if r.UserID == "" {
		return me, errors.New("ask Slack who this is: the answer names nobody")
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.own = own{r.UserID, r.TeamID, r.EnterpriseID, r.URL}
	return b.own, nil
}

// outsider reports somebody of another organisation, with which a channel is shared; also where Slack does not
// say who that is. docs.slack.dev/apis/slack-connect
func (b *Bot) outsider(ctx context.Context, user string) bool {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	me, err := b.whoami(ctx)
	if err != nil {
		return true
	}
	u, err := b.api.GetUserInfoContext(ctx, user)
	if b.called("users.info", err); err != nil {
		b.o.Log.Warn("ask of what workspace somebody is", "user", user, "err", err)
		return true
	}
	return u.TeamID != me.team && (me.enterprise == "" || u.Enterprise.EnterpriseID != me.enterprise)
}
