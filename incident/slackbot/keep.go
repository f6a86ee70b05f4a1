package slackbot

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/shopslo/shopslo/incident"
)

// keep writes a message that shows an Incident, or brings it up to date, and gives its
// time stamp. Only the first Job writes it, so that it is written once; until then the
// others have nothing to do: where an earlier attempt wrote it and did not hear of it, the
// first Job brings it up to date, too. Its Jobs stand in a line; the Incident may change while
// one of them writes: so it is read again afterwards.
func (b *Bot) keep(ctx context.Context, channel, key string, i incident.Incident, first bool, show func(incident.Incident) message) (string, error) {
	for {
		ts, err := b.recall(ctx, postedKey(key))
		if err != nil || ts == "" && !first {
			return "", err
		}
		m := show(i)
		old := true
		if ts == "" {
			begun, failed := b.recall(ctx, begunKey(key))
			if failed != nil {
				return "", failed
			}
			old = begun != ""
			ts, err = b.post(ctx, channel, key, m)
		}
		if err == nil && old {
			err = b.renew(ctx, channel, ts, key, m, len(i.Timeline))
		}
		if refusedWith(err, "message_not_found") {
			return "", nil // somebody has deleted it
		} else if err != nil {
			return "", err
		}
		now, err := b.o.Store.Incident(ctx, i.ID)
		if err != nil || len(now.Timeline) == len(i.Timeline) {
			return ts, err
		}
		i = now
	}
}

// How often one message is rewritten: a few times at once, then once in a while, so that a storm
// costs a handful of calls and leaves Slack's limits to what people say.
const (
	paceFree  = 5
	paceAfter = 10 * time.Second
)

// version is what this replica made a message say after how many Events, and how often it may be
// rewritten at once as of a time.
type version struct {
	text   string
	events int
	free   float64
	at     time.Time
}

// renew brings a message up to date, where it may say something else (after other Events another
// replica may have written it) and was not rewritten too often lately: then the Job waits, and those
// behind it in the line find nothing to do.
func (b *Bot) renew(ctx context.Context, channel, ts, key string, m message, events int) error {
	blocks, err := json.Marshal(m.Blocks)
	if err != nil {
		return fmt.Errorf("write down a message: %w", err)
	}
	now, says := b.o.Now(), hash16(m.Text+string(blocks))
	b.mu.Lock()
	v, known := b.versions[key]
	b.mu.Unlock()
	if !known {
		v.free = paceFree
	} else {
		v.free = min(paceFree, v.free+now.Sub(v.at).Seconds()/paceAfter.Seconds())
	}
	switch {
	case v.text == says && v.events == events:
		return nil
	case v.free < 1:
		return later{"the message was rewritten often lately"}
	}
	if err := b.update(ctx, channel, ts, key, m); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.versions[key] = version{says, events, v.free - 1, now}
	return nil
}
