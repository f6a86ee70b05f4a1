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

	mu    sync.Mutex
	known map[string]*found
}

// found is what the log says about a Tier.
type found struct {
	rules promotion.LastRules
	moves promotion.Moves
	at    time.Time // when it was looked for
}

// fresh is how long a log that others write to as well is not read again.
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
	m := &b.memory
	m.mu.Lock()
	defer m.mu.Unlock()
	if f := m.known[to]; f != nil && (m.sole || m.now().Sub(f.at) < fresh) {
		return f
	}
	f := &found{rules: promotion.LastRules{Where: b.where()}, at: m.now()}
	err := b.find(ctx, to, f)
	f.moves.Where = b.where()
	if err != nil {
		f.rules.Error, f.moves.Error = err.Error(), err.Error()
		return f
	}
	if m.known == nil {
		m.known = map[string]*found{}
	}
	m.known[to] = f
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
	if was := b.memory.known[string(v.To)]; was != nil {
		now := *was // its age stays: of what others write it knows no more than before
		now.rules = promotion.LastRules{Where: b.where(), Entry: v.Log.Head.Index, At: e.At, Rules: &v.Evidence.Rules.Now}
		b.memory.known[string(v.To)] = &now
	}
}

// moved forgets what is known of a Tier that was moved.
func (b *Logbook) moved(to string) {
	b.memory.mu.Lock()
	defer b.memory.mu.Unlock()
	delete(b.memory.known, to)
}
