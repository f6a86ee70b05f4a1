package promote

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/shopslo/shopslo/engine/client"
	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion/decisionlog"
	"github.com/shopslo/shopslo/promotion/promoter"
	"github.com/shopslo/shopslo/slo"
)

// had is the promoter's Memory: the log of decisions.
func (m *Mover) had(ctx context.Context, tier fleet.TierName) ([]fleet.Release, []string, error) {
	log := m.log()
	if log == nil {
		return nil, []string{fmt.Sprintf("No decision log tells what %s had before (%s): a rollback by force-push goes unnoticed, unless the mirrors in %s have seen the branch before it.",
			tier, m.book.Why, m.config.Promotion.Git.Dir)}, nil
	}
	lines, err := about(ctx, log, tier)
	if err != nil {
		return nil, nil, err
	}
	var had []fleet.Release
	for _, e := range lines {
		had = append(had, fleet.Release(e.Replaces))
		if r := promoter.Result(e.Result); r == promoter.Promoted || r == promoter.RolledBack {
			had = append(had, fleet.Release(e.Release))
		}
	}
	had = slices.DeleteFunc(had, func(r fleet.Release) bool { return r == "" })
	return slices.Compact(had), nil, nil
}

// log is the one that knows what Tiers had; nil: there is none.
func (m *Mover) log() decisionlog.Reader {
	if m.book.Reader == nil && m.config.Gate.Log != nil && m.o.Server != "" {
		return client.At(m.host, m.o.Server).Log()
	}
	return m.book.Reader
}

// about reads what a log has about a Tier.
func about(ctx context.Context, log decisionlog.Reader, tier fleet.TierName) ([]decisionlog.Line, error) {
	list, err := decisionlog.Pick(ctx, log, decisionlog.Filter{To: string(tier)})
	if errors.Is(err, decisionlog.ErrUnreachable) || errors.Is(err, slo.ErrUnavailable) {
		return nil, fmt.Errorf("%w: %w", promoter.ErrUnreachable, err)
	}
	if err != nil {
		return nil, fmt.Errorf("read the decision log: %w", err)
	}
	return list.Lines, nil
}

// news reports whether a Tier has a Release already of which the log does not know: somebody has
// merged a pull request. Whoever takes it back by a force-push leaves no other trace of it.
func (m *Mover) news(ctx context.Context, one *promoter.Promotion) bool {
	log := m.log()
	if one.Result != promoter.Already || log == nil {
		return false
	}
	lines, err := about(ctx, log, one.To)
	if err != nil {
		m.host.Complain(fmt.Sprintf("whether the log knows that %s has Release %s could not be looked up: %v", one.To, promoter.Short(one.Release), err))
		return false
	}
	last := decisionlog.MovesOf(lines).Last
	return last != nil && last.Release != string(one.Release)
}
