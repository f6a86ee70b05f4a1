package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"

	"github.com/shopslo/shopslo/internal/config"
	strict "github.com/shopslo/shopslo/internal/document"
	"github.com/shopslo/shopslo/mackerel"
	"github.com/shopslo/shopslo/promotion"
)

// envSlackWebhook holds the address of the webhook that is told of decisions, where no
// file does.
const envSlackWebhook = "SHOPSLO_GATE_SLACK_WEBHOOK"

// decisionTeller tells somebody of a decision.
type decisionTeller func(context.Context, verdict) error

// decisionTellers are those that the configuration names, and the verdicts that they are
// told of.
func (p *program) decisionTellers(c *config.Config) ([]decisionTeller, map[promotion.Verdict]bool, error) {
	t := c.Gate.Tell
	decided := map[promotion.Verdict]bool{}
	for _, d := range t.Decisions {
		decided[d] = true
	}
	var all []decisionTeller
	if t.Slack != nil {
		webhook := t.Slack.Webhook
		if webhook == (strict.Secret{}) {
			if webhook.Env = envSlackWebhook; p.env[envSlackWebhook] == "" {
				return nil, nil, fmt.Errorf("%s: gate.tell.slack names no webhook_file, and %s is not set: give one of the two the webhook's address", c.Path, envSlackWebhook)
			}
		}
		hook, err := p.hook(c.Path+": gate.tell.slack.webhook", webhook)
		if err != nil {
			return nil, nil, err
		}
		all = append(all, func(ctx context.Context, v verdict) error { return hook.Say(ctx, v.message()+onBoard(c.Board.URL, v)) })
	}
	if t.Mackerel && c.Mackerel != nil {
		client, err := p.mackerelClient(c.Mackerel.Mackerel)
		if err != nil {
			return nil, nil, err
		}
		service := c.Mackerel.Service
		all = append(all, func(ctx context.Context, v verdict) error {
			_, err := client.Annotate(ctx, service, mackerel.Release{
				What: string(v.Verdict) + " for", Tier: string(v.To), Release: v.Decision.Release, Note: v.message(), At: v.At,
			})
			return err
		})
	}
	return all, decided, nil
}

// message is the decision in a few sentences.
func (v verdict) message() string {
	text := v.Headline()
	if line := v.log.sentence(); line != "" {
		text += " " + line
	}
	return text
}

// onBoard is a line with the address of the page that has all checks; "" where nobody
// said where that is, or the decision is none of a Tier's gate.
func onBoard(base string, v verdict) string {
	if base == "" || v.To == "" {
		return ""
	}
	return "\n" + strings.TrimRight(base, "/") + "/board/gate/" + url.PathEscape(string(v.To))
}

// tell tells everybody of a decision, also after one could not be told.
func (b *logbook) tell(ctx context.Context, v verdict) error {
	if !b.decided[v.Verdict] {
		return nil
	}
	var errs []error
	for _, t := range b.tellers {
		errs = append(errs, t(ctx, v))
	}
	return errors.Join(errs...)
}

// tidings are the decisions of a server that are still to be told. They wait for nobody:
// an answer does not depend on who is told of it.
type tidings struct {
	book    *logbook
	log     *slog.Logger
	waiting chan verdict

	mu   sync.Mutex
	last map[string]string // what was told last, by Tier: who asks again and again is no news
}

func newTidings(b *logbook, log *slog.Logger) *tidings {
	return &tidings{book: b, log: log, waiting: make(chan verdict, mostUntold), last: map[string]string{}}
}

// add takes a decision, unless it is the same as the last about its Tier.
func (t *tidings) add(v verdict) {
	if len(t.book.tellers) == 0 || !t.book.decided[v.Verdict] {
		return
	}
	v.Evidence, v.json = promotion.Evidence{}, nil // what waits is to be small
	what := string(v.Verdict) + " " + v.Decision.Release
	t.mu.Lock()
	same := t.last[string(v.To)] == what
	t.last[string(v.To)] = what
	t.mu.Unlock()
	if same {
		return
	}
	select {
	case t.waiting <- v:
	default:
		t.log.Error("nobody was told of a decision: too many wait already", "to", v.To, "decision", v.Verdict)
	}
}

// run tells until ctx ends.
func (t *tidings) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case v := <-t.waiting:
			if err := t.book.tell(ctx, v); err != nil {
				t.log.Error("not everybody was told of a decision", "to", v.To, "decision", v.Verdict, "err", err)
			}
		}
	}
}
