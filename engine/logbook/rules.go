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

// lastRules keeps what was found in the log, by Tier: a board asks every few seconds.
type lastRules struct {
	now  func() time.Time
	sole bool // nobody else writes to the log

	mu    sync.Mutex
	known map[string]foundRules
}

type foundRules struct {
	promotion.LastRules
	at time.Time // when it was looked for
}

// rulesFresh is how long a log that others write to as well is not read again.
const rulesFresh = 10 * time.Second

// LastRules gives the rules of the last decision about a Tier that promoted, or that
// somebody accepted. What cannot be read says so.
func (b *Logbook) LastRules(ctx context.Context, to string) promotion.LastRules {
	if b == nil || b.Reader == nil {
		return promotion.LastRules{}
	}
	b.rules.mu.Lock()
	defer b.rules.mu.Unlock()
	if k, ok := b.rules.known[to]; ok && (b.rules.sole || b.rules.now().Sub(k.at) < rulesFresh) {
		return k.LastRules
	}
	last := promotion.LastRules{Where: b.where()}
	if err := b.findRules(ctx, to, &last); err != nil {
		last.Error = err.Error()
		return last
	}
	b.rules.keep(to, last)
	return last
}

func (r *lastRules) keep(to string, last promotion.LastRules) {
	if r.known == nil {
		r.known = map[string]foundRules{}
	}
	r.known[to] = foundRules{last, r.now()}
}

// where is the log, for people.
func (b *Logbook) where() string {
	l := b.Config.Gate.Log
	if l.Dir != "" {
		return "The decision log in " + l.Dir
	}
	return "The decision log in branch " + l.Git.Branch + " of " + host.WithoutUser(l.Git.Repository)
}

// findRules reads the log twice: which entry it is, is known at its end.
func (b *Logbook) findRules(ctx context.Context, to string, last *promotion.LastRules) error {
	list, err := decisionlog.Pick(ctx, b.Reader, decisionlog.Filter{To: to})
	if err != nil {
		return err
	}
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
		if last.Entry, last.At = l.Index, l.At; r.Inputs.Rules != nil {
			last.Rules = &r.Inputs.Rules.Now
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
	if v.Log.Head.Index == 0 || !countsAsRules(e) || v.Evidence.Rules == nil {
		return
	}
	b.rules.mu.Lock()
	defer b.rules.mu.Unlock()
	b.rules.keep(string(v.To), promotion.LastRules{Where: b.where(), Entry: v.Log.Head.Index, At: e.At, Rules: &v.Evidence.Rules.Now})
}
