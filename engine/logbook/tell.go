package logbook

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"

	"github.com/shopslo/shopslo/engine/config"
	"github.com/shopslo/shopslo/engine/host"
	"github.com/shopslo/shopslo/mackerel"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/promotion/promoter/slackhook"
)

// EnvSlackWebhook holds the address of the webhook that is told of decisions, where no
// file does.
const EnvSlackWebhook = "SHOPSLO_GATE_SLACK_WEBHOOK"

// decisionTeller tells somebody of a decision.
type decisionTeller func(context.Context, Answer) error

// decisionTellers are those that the configuration names, and the verdicts that they are
// told of.
func decisionTellers(h host.Host, c *config.Config) ([]decisionTeller, map[promotion.Verdict]bool, error) {
	t := c.Gate.Tell
	decided := map[promotion.Verdict]bool{}
	for _, d := range t.Decisions {
		decided[d] = true
	}
	var all []decisionTeller
	if t.Slack != nil {
		hook := &slackhook.Hook{File: t.Slack.Webhook.File}
		var err error
		if hook.Address, err = h.InEnv(c.Path+": gate.tell.slack.webhook", t.Slack.Webhook); err != nil {
			return nil, nil, err
		}
		if hook.File == "" && hook.Address == "" {
			if hook.Address = h.Env[EnvSlackWebhook]; hook.Address == "" {
				return nil, nil, fmt.Errorf("%s: gate.tell.slack names no webhook, and %s is not set: give one of the two the webhook's address", c.Path, EnvSlackWebhook)
			}
		}
		all = append(all, func(ctx context.Context, v Answer) error { return hook.Say(ctx, v.message(), onBoard(c.Board.URL, v)) })
	}
	if t.Mackerel && c.Mackerel != nil {
		client, err := h.MackerelClient(c.Mackerel.Mackerel)
		if err != nil {
			return nil, nil, err
		}
		service := c.Mackerel.Service
		all = append(all, func(ctx context.Context, v Answer) error {
			_, err := client.Annotate(ctx, service, mackerel.Release{
				What: string(v.Verdict) + " for", Tier: string(v.To), Release: v.Decision.Release, Note: v.message(), At: v.At,
			})
			return err
		})
	}
	return all, decided, nil
}

// onBoard is the address of the page that has all checks; "" where nobody
// said where that is, or the decision is none of a Tier's gate.
func onBoard(base string, v Answer) string {
	if base == "" || v.To == "" {
		return ""
	}
	return strings.TrimRight(base, "/") + "/board/gate/" + url.PathEscape(string(v.To))
}

// tell tells everybody of a decision at once: nobody waits for another who cannot be told.
func (b *Logbook) tell(ctx context.Context, v Answer) error {
	if !b.Decided[v.Verdict] {
		return nil
	}
	errs := make([]error, len(b.Tellers))
	var all sync.WaitGroup
	for i, t := range b.Tellers {
		all.Go(func() { errs[i] = t(ctx, v) })
	}
	all.Wait()
	return errors.Join(errs...)
}
