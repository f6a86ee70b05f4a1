// Package recount compares what a ledger has counted with what its sources say now, and has a
// ledger take that over.
package recount

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/shopslo/shopslo/engine"
	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/engine/host"
	"github.com/shopslo/shopslo/engine/source"
	"github.com/shopslo/shopslo/slo/ledger"
)

// Asked is what is to be compared.
type Asked struct {
	Dir string // of the ledger
	// From and To are widened to full hours; the zero To is the ledger's newest edge.
	From, To time.Time
	// SLOs and ShopSets by name; nil: all.
	SLOs, ShopSets []string
}

// Verify compares, beside a server as well, and writes nothing.
func Verify(ctx context.Context, h host.Host, d *documents.Documents, a Asked) (*Answer, error) {
	return a.look(ctx, h, d, "ledger verify", false)
}

// Preview tells what Apply would change, and writes nothing.
func Preview(ctx context.Context, h host.Host, d *documents.Documents, a Asked) (*Answer, error) {
	return a.look(ctx, h, d, "ledger recount", true)
}

func (a Asked) look(ctx context.Context, h host.Host, d *documents.Documents, command string, further bool) (*Answer, error) {
	found, err := ledger.Inspect(a.Dir)
	if err != nil {
		return nil, err
	}
	e, slos, err := a.anew(ctx, h, d, found, command)
	if err != nil {
		return nil, err
	}
	defer e.Close()
	return a.compare(ctx, h, found.Recount, e, slos, further)
}

// Apply takes over what the sources say: the ledger has all of it, or nothing. No server may run
// on it meanwhile.
func Apply(ctx context.Context, h host.Host, d *documents.Documents, a Asked) (*Answer, error) {
	found, err := ledger.Inspect(a.Dir)
	if err != nil {
		return nil, err
	}
	e, slos, err := a.anew(ctx, h, d, found, "ledger recount")
	if err != nil {
		return nil, err
	}
	defer e.Close()
	own, err := engine.Open(h, d, e.Sources, ledger.Config{Dir: a.Dir, Log: h.Warnings}, nil, h.Now())
	if err != nil {
		return nil, source.Held(err, "stop 'shopslo serve' before writing the ledger; without --apply nothing is written")
	}
	answer, err := a.compare(ctx, h, own.Ledger.Recount, e, slos, true)
	if err == nil {
		answer.Applied = true
		err = answer.recount.Replace(answer.compared)
	}
	return answer, errors.Join(err, own.Ledger.Close())
}

// anew opens an engine that is to count what is asked for anew, in memory, and tells which SLOs
// share what they count.
func (a Asked) anew(ctx context.Context, h host.Host, d *documents.Documents, kept *ledger.Inspection, command string) (*engine.Engine, map[string][]string, error) {
	if err := documents.CheckNames(d, a.SLOs, a.ShopSets); err != nil {
		return nil, nil, err
	}
	src, err := source.Open(h, d, prometheus.NewRegistry(), slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, nil, source.AskedAlone(command, err)
	}
	if err := src.Ask(ctx, d); err != nil {
		return nil, nil, errors.Join(err, src.Close())
	}
	now, from := h.Now(), h.Now() // nothing is kept of before it was counted
	for _, k := range kept.Accounts {
		if k.Oldest.Before(from) {
			from = k.Oldest
		}
	}
	if a.From.After(from) {
		from = a.From
	}
	e, err := engine.Open(h, d, src, ledger.Config{Backfill: now.Sub(from) + ledger.Warmup + time.Hour}, nil, now)
	if err != nil {
		return nil, nil, errors.Join(err, src.Close())
	}
	slos := e.Ledger.SLOs()
	if err := e.Ledger.Configure(a.narrow(engine.Plan(d, src, nil)), now); err != nil {
		return nil, nil, errors.Join(err, e.Close())
	}
	return e, slos, nil
}

// narrow leaves to a plan what is asked for.
func (a Asked) narrow(p ledger.Plan) ledger.Plan {
	if len(a.SLOs) > 0 {
		p.Items = slices.DeleteFunc(p.Items, func(it ledger.Item) bool { return !slices.Contains(a.SLOs, it.SLO.Name) })
	}
	if len(a.ShopSets) > 0 {
		p.Part = true
		for i := range p.Items {
			p.Items[i].Subjects = slices.DeleteFunc(p.Items[i].Subjects, func(s *ledger.Subject) bool { return !slices.Contains(a.ShopSets, s.ID) })
		}
	}
	return p
}

// recountOf is how a ledger, or its files, prepare to be counted anew.
type recountOf func(fresh *ledger.Ledger, from, to time.Time) (*ledger.Recount, error)

func (a Asked) compare(ctx context.Context, h host.Host, of recountOf, e *engine.Engine, slos map[string][]string, further bool) (*Answer, error) {
	r, err := of(e.Ledger, a.From, a.To)
	if err != nil {
		return nil, err
	}
	if err := r.Read(ctx, engine.Reading(h)); err != nil {
		return nil, err
	}
	return answerOf(a.Dir, r, r.Compare(slos, further)), nil
}
