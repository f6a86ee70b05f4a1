package promote

import (
	"context"
	"errors"
	"fmt"

	"github.com/shopslo/shopslo/engine/client"
	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion/decisionlog"
	"github.com/shopslo/shopslo/promotion/promoter"
	"github.com/shopslo/shopslo/slo"
)

// had is the promoter's Memory: the log of decisions.
func (m *Mover) had(ctx context.Context, tier fleet.TierName) ([]fleet.Release, []string, error) {
	log := m.book.Reader
	if log == nil && m.config.Gate.Log != nil && m.o.Server != "" {
		log = client.At(m.host, m.o.Server).Log()
	}
	if log == nil {
		return nil, []string{fmt.Sprintf("No decision log tells what %s had before (%s): a rollback by force-push goes unnoticed, unless the mirrors in %s have seen the branch before it.",
			tier, m.book.Why, m.config.Promotion.Git.Dir)}, nil
	}
	list, err := decisionlog.Pick(ctx, log, decisionlog.Filter{To: string(tier)})
	if errors.Is(err, decisionlog.ErrUnreachable) || errors.Is(err, slo.ErrUnavailable) {
		return nil, nil, fmt.Errorf("%w: %w", promoter.ErrUnreachable, err)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read the decision log: %w", err)
	}
	var had []fleet.Release
	for _, e := range list.Lines {
		switch promoter.Result(e.Result) {
		case promoter.Promoted, promoter.RolledBack:
			had = append(had, fleet.Release(e.Release), fleet.Release(e.Replaces))
		case promoter.Proposed:
			had = append(had, fleet.Release(e.Replaces))
		}
	}
	return had, nil, nil
}
