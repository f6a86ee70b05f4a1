package promote

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/shopslo/shopslo/engine/client"
	"github.com/shopslo/shopslo/engine/logbook"
	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/promotion/decisionlog"
	"github.com/shopslo/shopslo/promotion/promoter"
)

// decided asks the gate about a move. A decision that is made here is logged: while it stays
// the same, once, since who waits asks again and again; what is acted on, each time.
func (m *Mover) decided(ctx context.Context, to fleet.TierName, release fleet.Release) (promotion.Decision, error) {
	v, err := m.o.Gate(ctx, to, release)
	if err != nil || m.o.Server == "" && m.o.DryRun {
		return v.Decision, err
	}
	if m.o.Server == "" {
		was := m.gated[to]
		if same := fmt.Sprint(v.Decision.Release, v.Verdict, unsettled(v.Decision)); same == was.what && was.log.Failed == nil && v.Verdict != promotion.Promote {
			return v.Decision, nil
		} else if v, err = m.book.KeepAndTell(ctx, m.host, v); err != nil {
			return v.Decision, err
		} else {
			m.gated[to] = gated{what: same, log: v.Log}
		}
	} else {
		m.gated[to] = gated{log: v.Log}
	}
	return v.Decision, nil
}

// gated is where the last decision about a Tier is logged, and what it said.
type gated struct {
	what string
	log  logbook.Publication
}

// unsettled are the checks that a decision turns on, without their figures.
func unsettled(d promotion.Decision) (names []string) {
	for _, c := range d.Checks {
		if c.Result != promotion.Pass && c.Result != promotion.NotChecked {
			names = append(names, fmt.Sprintf("%s/%s/%s=%s", c.Check, c.ShopSet, c.SLO, c.Result))
		}
	}
	return names
}

// Record logs what came of a move: what was done, or refused. What the gate did not let
// through stands in the log as its decision.
func (m *Mover) Record(ctx context.Context, kind decisionlog.Kind, one *promoter.Promotion) {
	m.RecordGate(one)
	if m.o.DryRun || !moves(one) && !m.news(ctx, one) {
		return
	}
	data, err := json.Marshal(promoter.Report{At: m.host.Now(), Promotions: []promoter.Promotion{*one}, Fleet: m.Fleet, Compare: m.CompareURL})
	var logged logbook.Publication
	switch e, bad := decisionlog.OfMove(kind, m.host.WhoAsks(), data); {
	case err != nil || bad != nil:
		logged = logbook.Publication{Why: fmt.Sprint(err, bad), Failed: fmt.Errorf("%v %w", err, bad)}
	case m.book.Log == nil && m.o.Server != "":
		logged = client.At(m.host, m.o.Server).LogMoved(ctx, kind, data)
	default:
		logged = m.book.Append(ctx, e, data)
	}
	if logged.Failed != nil {
		m.host.Complain(fmt.Sprintf("the %s of %s was not logged: %v", kind, one.To, logged.Failed))
	}
	one.Logged = append(one.Logged, entryLogged(kind, logged))
}

// RecordGate says where the gate's decision is logged, also in a pull request's text.
func (m *Mover) RecordGate(one *promoter.Promotion) {
	g, ok := m.gated[one.To]
	if !ok || one.Decision == nil || m.o.DryRun {
		return
	}
	one.Logged = append(one.Logged, entryLogged("gate", g.log))
	if one.Proposal != nil {
		one.Proposal.Body += "\n" + g.log.Sentence(text.English) + "\n"
	}
}

// moves reports whether there is more to a move than the gate's decision about it.
func moves(one *promoter.Promotion) bool {
	switch one.Result {
	case promoter.Already, promoter.Planned:
		return false
	case promoter.Held:
		return one.Decision == nil
	case promoter.Inconclusive: // else the decision was void by the time that it would have been carried out
		return one.Decision != nil && one.Decision.Verdict == promotion.Promote
	}
	return true
}

func entryLogged(kind decisionlog.Kind, l logbook.Publication) promoter.Logged {
	return promoter.Logged{Entry: string(kind), Index: l.Head.Index, Hash: l.Head.Hash, Why: l.Why}
}
