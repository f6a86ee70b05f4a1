package promote

import (
	"context"
	"errors"
	"sync"

	"github.com/shopslo/shopslo/engine/config"
	"github.com/shopslo/shopslo/engine/host"
	"github.com/shopslo/shopslo/mackerel"
	"github.com/shopslo/shopslo/promotion/promoter"
	"github.com/shopslo/shopslo/promotion/promoter/slackhook"
)

// Tellers are those who are told when a Tier has come to match its branch.
func Tellers(h host.Host, c *config.Config) ([]promoter.Teller, error) {
	var all []promoter.Teller
	if p := c.Promotion; p != nil && p.Slack != nil {
		address, err := h.InEnv(c.Path+": promotion.slack.webhook", p.Slack.Webhook)
		if err != nil {
			return nil, err
		}
		all = append(all, &slackhook.Hook{File: p.Slack.Webhook.File, Address: address})
	}
	if m := c.Mackerel; m != nil && m.Service != "" {
		client, err := h.MackerelClient(m.Mackerel)
		if err != nil {
			return nil, err
		}
		all = append(all, annotator{client, m.Service})
	}
	return all, nil
}

// annotator marks Arrivals on the graphs of a Mackerel service.
type annotator struct {
	client  *mackerel.Client
	service string
}

// Tell implements promoter.Teller.
func (t annotator) Tell(ctx context.Context, a promoter.Arrival) error {
	_, err := t.client.Annotate(ctx, t.service, mackerel.Release{
		Tier: string(a.Tier), Release: string(a.Release), Previous: string(a.Previous), Compare: a.Compare, At: a.At,
	})
	return err
}

// tellAll tells everybody at once: nobody waits for another who cannot be told.
func tellAll(ctx context.Context, tellers []promoter.Teller, a promoter.Arrival) error {
	errs := make([]error, len(tellers))
	var all sync.WaitGroup
	for i, t := range tellers {
		all.Go(func() { errs[i] = t.Tell(ctx, a) })
	}
	all.Wait()
	return errors.Join(errs...)
}
