package promoter

import (
	"context"
	"errors"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/slo"
)

// Patience is how Carry and Await wait for the gate.
type Patience struct {
	// Sleep waits between two questions; its error, such as that of a context that
	// ended or a time that ran out, ends the waiting.
	Sleep func(ctx context.Context) error
	// Waiting is told what is being waited for: the gate's answer, or an error.
	Waiting func(Promotion, error)
	// Done is told what came of a Tier, before the next one begins.
	Done func(Promotion) error
}

// ErrPatience is the error of a Sleep that does not wait any longer: the last
// answer of the gate then stands.
var ErrPatience = errors.New("timed out waiting")

// Carry takes the Release of the lowest Tier from Tier to Tier up to one, each as
// soon as the gate lets it, and stops at the first that is held, refused or lost. It
// waits while the gate is inconclusive: the Release is still on its way through the
// Tier below, or has not been there for long enough. Another Release that comes up
// from below meanwhile ends it.
// What was done comes with the error.
func (p *Promoter) Carry(ctx context.Context, upTo fleet.TierName, o Options, w Patience) ([]Promotion, error) {
	if _, err := p.Fleet.Route(upTo); err != nil {
		return nil, err
	}
	var all []Promotion
	for _, t := range p.Fleet.Tiers()[1:] {
		one, err := p.Await(ctx, t.Name, o, w)
		if one.To != "" {
			all = append(all, one)
		}
		if err == nil && w.Done != nil {
			err = w.Done(one)
		}
		if err != nil {
			return all, err
		}
		if one.ExitCode() != 0 || t.Name == upTo || one.Result == Planned || one.Result == Proposed {
			return all, nil
		}
		o.Release = one.Release
	}
	return all, nil
}

// Await is Promote, asked again while the gate is inconclusive, or something that is
// needed cannot be reached; then the error is the last one.
func (p *Promoter) Await(ctx context.Context, to fleet.TierName, o Options, w Patience) (Promotion, error) {
	for {
		one, err := p.Promote(ctx, to, o)
		away := errors.Is(err, ErrUnreachable) || errors.Is(err, slo.ErrUnavailable)
		if o.DryRun || err != nil && !away || err == nil && one.Result != Inconclusive {
			return one, err
		}
		if w.Waiting != nil {
			w.Waiting(one, err)
		}
		switch slept := w.Sleep(ctx); {
		case errors.Is(slept, ErrPatience):
			return one, err
		case slept != nil:
			return one, slept
		}
	}
}

// Every gives a Sleep that waits for so long each time, until now is past the
// deadline; the zero deadline is never past.
func Every(interval time.Duration, now func() time.Time, deadline time.Time) func(context.Context) error {
	return func(ctx context.Context) error {
		if !deadline.IsZero() && !now().Add(interval).Before(deadline) {
			return ErrPatience
		}
		t := time.NewTimer(interval)
		defer t.Stop()
		select {
		case <-t.C:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
