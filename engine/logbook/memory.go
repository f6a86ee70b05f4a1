package logbook

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"github.com/shopslo/shopslo/engine/host"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/promotion/decisionlog"
)

// remembered keeps what was found in the log, by Tier: a board asks every few seconds.
type remembered struct {
	now  func() time.Time
	sole bool // nobody else writes to the log

	mu     sync.Mutex
	known  map[string]*found
	asking map[string]chan struct{} // closed once the log has been asked about a Tier
}

// found is what the log says about a Tier.
type found struct {
	rules promotion.LastRules
	moves promotion.Moves
	at    time.Time // when it was looked for
	err   error     // why it is not known
}

// fresh is how long a log that others write to as well, or that cannot be read, is not read again.
const fresh = 10 * time.Second

// LastRules gives the rules of the last decision about a Tier that promoted, or that
// somebody accepted. What cannot be read says so.
func (b *Logbook) LastRules(ctx context.Context, to string) promotion.LastRules {
	return b.of(ctx, to).rules
}

// Moves gives what was rolled back from a Tier. What cannot be read says so.
func (b *Logbook) Moves(ctx context.Context, to string) promotion.Moves {
	return b.of(ctx, to).moves
}

func (b *Logbook) of(ctx context.Context, to string) *found {
	if b == nil || b.Reader == nil {
		return &found{}
	}
	for m := &b.memory; ; {
		f, asking, mine := m.take(to)
		switch {
		case f != nil:
			return f
		case mine:
			f = b.ask(ctx, to)
			m.keep(to, f, asking, ctx.Err() != nil)
			return f
		}
		select { // somebody asks already
		case <-asking:
		case <-ctx.Done():
			return b.unknown(context.Cause(ctx))
		}
	}
}

// take gives what is known of a Tier, or else a channel that is closed once somebody has asked: the
// caller, where it is theirs, who then keeps what comes of it.
func (m *remembered) take(to string) (f *found, asking chan struct{}, mine bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if f := m.known[to]; f != nil && (m.sole && f.err == nil || m.now().Sub(f.at) < fresh) {
		return f, nil, false
	}
	if others := m.asking[to]; others != nil {
		return nil, others, false
	}
	if m.known == nil {
		m.known, m.asking = map[string]*found{}, map[string]chan struct{}{}
	}
	m.asking[to] = make(chan struct{})
	return nil, m.asking[to], true
}

// keep ends the asking about a Tier. What came of it is not kept where whoever asked has gone, or
// something was logged meanwhile.
func (m *remembered) keep(to string, f *found, asking chan struct{}, gone bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.asking[to] != asking {
		return
	}
	if m.forgetAsking(to); !gone {
		m.known[to] = f
	}
}

// forgetAsking lets go who waits for an answer about a Tier: they look again.
func (m *remembered) forgetAsking(to string) {
	if asking := m.asking[to]; asking != nil {
		close(asking)
		delete(m.asking, to)
	}
}

func (b *Logbook) ask(ctx context.Context, to string) *found {
	f := &found{rules: promotion.LastRules{Where: b.where()}, at: b.memory.now()}
	if err := b.find(ctx, to, f); err != nil {
		f = b.unknown(err)
	}
	f.moves.Where = b.where()
	return f
}

// unknown is what is found where the log cannot be read.
func (b *Logbook) unknown(err error) *found {
	f := &found{at: b.memory.now(), err: err}
	f.rules.Where, f.moves.Where = b.where(), b.where()
	f.rules.Error, f.moves.Error = err.Error(), err.Error()
	return f
}

// where is the log, for people.
func (b *Logbook) where() string {
	l := b.Config.Gate.Log
	if l.Dir != "" {
		return "The decision log in " + l.Dir
	}
	return "The decision log in branch " + l.Git.Branch + " of " + host.WithoutUser(l.Git.Repository)
}

// find reads the log twice: which entry has the last rules, is known at its end.
func (b *Logbook) find(ctx context.Context, to string, f *found) error {
	list, err := decisionlog.Pick(ctx, b.Reader, decisionlog.Filter{To: to})
	if err != nil {
		return err
	}
	f.moves = decisionlog.MovesOf(list.Lines)
	for _, l := range slices.Backward(list.Lines) {
		if !countsAsRules(l.Entry) {
			continue
		}
		data, err := Record(ctx, b.Reader, l.Index)
		if err != nil {
			return err
		}
		var r struct {
			Inputs struct {
				Rules *promotion.RulesFound `json:"rules"`
			} `json:"inputs"`
		}
		if err := json.Unmarshal(data, &r); err != nil {
			return err
		}
		if f.rules.Entry, f.rules.At = l.Index, l.At; r.Inputs.Rules != nil {
			f.rules.Rules = &r.Inputs.Rules.Now
		}
		return nil
	}
	return nil
}

// countsAsRules reports whether later decisions are compared with this one.
func countsAsRules(e decisionlog.Entry) bool {
	return e.Kind == decisionlog.Gate && (e.Decision == promotion.Promote || slices.ContainsFunc(e.Checks, func(c decisionlog.Check) bool {
		return c.Check == promotion.CheckRules && c.Result == promotion.Waived
	}))
}

// logged notes a decision that is in the log now.
func (b *Logbook) logged(v Answer, e decisionlog.Entry) {
	if m := v.Evidence.Moves; v.Log.Head.Index > 0 && e.Replaces != "" && (m == nil || m.Last == nil || m.Last.Release != e.Replaces) {
		b.moved(e.To) // by somebody else
		return
	}
	if v.Log.Head.Index == 0 || !countsAsRules(e) || v.Evidence.Rules == nil {
		return
	}
	b.memory.mu.Lock()
	defer b.memory.mu.Unlock()
	b.memory.forgetAsking(string(v.To))
	if was := b.memory.known[string(v.To)]; was != nil && was.err == nil && was.rules.Entry < v.Log.Head.Index {
		now := *was // its age stays: of what others write it knows no more than before
		now.rules = promotion.LastRules{Where: b.where(), Entry: v.Log.Head.Index, At: e.At, Rules: &v.Evidence.Rules.Now}
		b.memory.known[string(v.To)] = &now
	}
}

// moved forgets what is known of a Tier that was moved, and what is being asked.
func (b *Logbook) moved(to string) {
	m := &b.memory
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.known, to)
	m.forgetAsking(to)
}
