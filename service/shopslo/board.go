package shopslo

import (
	"context"
	"errors"
	"net/http"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/shopslo/shopslo/board"
	"github.com/shopslo/shopslo/engine/config"
	"github.com/shopslo/shopslo/engine/judge"
	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/server"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/promotion/decisionlog"
	"github.com/shopslo/shopslo/promotion/promoter"
	"github.com/shopslo/shopslo/status"
)

// boardFolder is where the fleet board is served.
const boardFolder = "/board/"

// How old what the board shows may be: what is younger than boardFresh, or than twenty
// times as long as gathering took, is shown as it is; what is older is shown once more
// while it is being renewed, so that nobody waits; and what is older than boardUsable is
// waited for. So looking costs about a twentieth of the time.
const (
	boardFresh  = 4 * time.Second
	boardUsable = 30 * time.Second
	boardShare  = 20
)

// boardMoves is how far back promotions are looked for: about the longest usual window.
// The log is read again when it is older than boardMovesFresh.
const (
	boardMoves      = 31 * 24 * time.Hour
	boardMovesFresh = time.Minute
)

// boardRoute serves the board.
func (s *service) boardRoute(shell *server.Server) {
	source := &boardSource{s: s, subjects: subjects{env: s.Host.Environ(), known: map[fleet.Release]string{}, asked: map[fleet.Release]time.Time{}}}
	h := board.New(board.Options{Source: source, Now: s.Host.Now, Failed: func(err error) {
		s.Log.Error("the board cannot be shown", "err", err)
	}})
	shell.Handle("GET "+boardFolder, http.StripPrefix(boardFolder[:len(boardFolder)-1], h))
}

// boardSource gathers what the board shows, once for all who look at it.
type boardSource struct {
	s *service

	mu       sync.Mutex
	newest   *board.Input
	took     time.Duration // to gather it
	renewing chan struct{} // closed when what is being gathered is there; nil: nothing is

	// Of whoever renews; only one does at a time.
	moves    promotion.Found[board.Move]
	movesAt  time.Time
	subjects subjects
}

// Input implements board.Source.
func (b *boardSource) Input(ctx context.Context) (board.Input, error) {
	b.mu.Lock()
	now := b.s.Host.Now()
	in, renewing := b.newest, b.renewing
	if renewing == nil && (in == nil || now.Sub(in.At) >= max(boardFresh, min(boardUsable, boardShare*b.took))) {
		renewing = make(chan struct{})
		b.renewing = renewing
		// Who goes away leaves it to those who look next.
		go b.renew(context.WithoutCancel(ctx), renewing)
	}
	b.mu.Unlock()
	if in != nil && now.Sub(in.At) < boardUsable {
		return *in, nil
	}
	select {
	case <-renewing:
	case <-ctx.Done():
		return board.Input{}, context.Cause(ctx)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.newest == nil {
		return board.Input{}, errors.New("what is to be shown could not be gathered; the server's log says more")
	}
	return *b.newest, nil
}

// renew gathers everything anew.
func (b *boardSource) renew(ctx context.Context, done chan struct{}) {
	ctx, cancel := context.WithTimeout(ctx, boardUsable)
	defer cancel()
	defer func() { // a fault of the board must not end the gate
		p := recover()
		b.mu.Lock()
		defer b.mu.Unlock()
		b.renewing = nil
		close(done)
		if p != nil {
			b.s.Log.Error("the board could not be gathered", "panic", p, "stack", string(debug.Stack()))
		}
	}()
	in := b.gather(ctx)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.newest, b.took = &in, b.s.Host.Now().Sub(in.At)
}

// gather asks all witnesses once, and the gate about each Tier. Nothing of it is logged
// or told: nobody has asked to promote anything.
func (b *boardSource) gather(ctx context.Context) board.Input {
	s, e := b.s, b.s.keeper.current()
	at := s.Host.Now()
	in := board.Input{At: at, Fleet: e.Docs.Fleet, Budgets: e.Report(at), Moves: b.logged(ctx, at),
		MaxAge: 5*time.Minute + e.Docs.Config.Ledger.Delay + e.Docs.Config.Ledger.Resolution}
	in.Outage, in.Reading = s.keeper.counting()
	if e.Docs.Config.Several() && in.Outage == "" {
		for _, o := range e.Outages() {
			in.Outages = append(in.Outages, o.Err.Error())
		}
	}
	found, err := e.Witnesses.Gather(ctx)
	if err != nil {
		in.Unread = err.Error()
		return in
	}
	in.Running, in.Incidents = found.Fleet, found.Incidents
	in.Alerts, _ = found.AlertsOn(e.Docs, tiersOf(e.Docs.Fleet)...)
	if found.From != "" {
		in.Freezes = promotion.Found[promotion.Freeze]{Where: found.From, Items: found.Calendar.Freezes(at)}
		in.Overrides = promotion.Found[promotion.Override]{Where: found.From, Items: found.Calendar.Overrides}
	}
	c := e.Docs.Config.Promotion
	in.Subjects = b.subjects.of(ctx, c, &found.Fleet.Snapshot, at)
	for _, t := range e.Docs.Fleet.Gated() {
		g := board.Gate{To: t.Name}
		if r, err := judge.Judge(ctx, e, s.Host.Version, found, judge.Question{To: string(t.Name), Last: s.book.LastRules, Moves: s.book.Moves}, at); err != nil {
			g.Error = err.Error()
		} else {
			g.Record, g.Changes = &r, compared(c, &found.Fleet.Snapshot, t.Name, fleet.Release(r.Decision.Release))
		}
		in.Gates = append(in.Gates, g)
	}
	return in
}

func tiersOf(f *fleet.Fleet) (names []fleet.TierName) {
	for _, t := range f.Tiers() {
		names = append(names, t.Name)
	}
	return names
}

// compared is the address that shows what a Tier would get; "" where there is none.
func compared(c *config.Promotion, seen *fleet.Snapshot, to fleet.TierName, release fleet.Release) string {
	i := slices.IndexFunc(seen.Tiers, func(t fleet.TierState) bool { return t.Tier == to })
	if c == nil || i < 0 {
		return ""
	}
	return (&promoter.Promoter{Compare: c.Compare}).CompareURL(seen.Tiers[i].Release, release)
}

// logged gives what was moved, as the server's own log has it. One in a git branch is
// not asked: that is a matter of seconds.
func (b *boardSource) logged(ctx context.Context, now time.Time) promotion.Found[board.Move] {
	book := b.s.book
	if book == nil || book.Reader == nil || book.Config.Gate.Log == nil || book.Config.Gate.Log.Dir == "" {
		return promotion.Found[board.Move]{}
	}
	if !b.movesAt.IsZero() && now.Sub(b.movesAt) < boardMovesFresh {
		return b.moves
	}
	out := promotion.Found[board.Move]{Where: "the log of decisions"}
	list, err := decisionlog.Pick(ctx, book.Reader, decisionlog.Filter{Since: now.Add(-boardMoves)})
	if err != nil {
		out.Error = err.Error()
	}
	for _, l := range list.Lines {
		came := l.Result == string(promoter.Promoted) || l.Result == string(promoter.RolledBack)
		if came && l.Kind != decisionlog.Gate {
			out.Items = append(out.Items, board.Move{At: l.At, To: fleet.TierName(l.To), Release: fleet.Release(l.Release), Back: l.Kind == decisionlog.Rollback})
		}
	}
	b.moves, b.movesAt = out, now
	return out
}

// Histories implements board.Source.
func (b *boardSource) Histories(name fleet.ShopSetName) (out []board.History) {
	e := b.s.keeper.current()
	set, ok := e.Docs.Fleet.ShopSet(name)
	if !ok {
		return nil
	}
	ledger := promotion.Excluding(e.Docs.Fleet, e.Docs.Exclusions, e.Ledger)
	for i := range e.Docs.SLOs.SLOs {
		if s := &e.Docs.SLOs.SLOs[i]; status.Applies(s, set.Tier) {
			out = append(out, board.History{SLO: s, Account: ledger.Account(s, string(name), b.s.Host.Now())})
		}
	}
	return out
}
