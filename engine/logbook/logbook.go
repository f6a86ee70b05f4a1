// Package logbook opens the log of decisions that a configuration names, logs what is
// decided, and tells those who want to know.
package logbook

import (
	"context"
	"io"
	"slices"

	"github.com/shopslo/shopslo/engine/config"
	"github.com/shopslo/shopslo/engine/host"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/promotion/decisionlog"
	"github.com/shopslo/shopslo/promotion/decisionlog/decisiongit"
)

// Logbook is where decisions are logged, and who is told of them.
type Logbook struct {
	Log      decisionlog.Appender // nil: nowhere
	Reader   decisionlog.Reader   // of the same log
	Why      string               // why there is no log; a clause
	required bool
	Config   *config.Config
	Tellers  []decisionTeller
	Decided  map[promotion.Verdict]bool // which are told
	memory   remembered
}

// Open opens the log of a command that decides by itself. The folder of a server
// is no log of its: what it writes there would be another server's, or lost.
func Open(h host.Host, c *config.Config) (*Logbook, error) {
	b := &Logbook{Config: c, Why: "no gate.log is configured", memory: remembered{now: h.Now}}
	var err error
	if l := c.Gate.Log; l != nil {
		b.required = l.Required
		if l.Dir != "" {
			b.Why = "gate.log.dir is the log of 'shopslo serve': ask that with --server, or name gate.log.git"
		} else if err := b.openBranch(gitLog(h, l.Git)); err != nil {
			return nil, err
		}
	}
	b.Tellers, b.Decided, err = decisionTellers(h, c)
	return b, err
}

// OpenServer opens the log of a server.
func OpenServer(h host.Host, c *config.Config) (*Logbook, error) {
	b, err := Open(h, c)
	if err != nil || c.Gate.Log == nil || c.Gate.Log.Dir == "" {
		return b, err
	}
	l, err := decisionlog.Open(c.Gate.Log.Dir)
	if err != nil {
		return nil, err
	}
	b.Log, b.Reader, b.Why, b.memory.sole = l, l, "", true
	return b, nil
}

func (b *Logbook) openBranch(c decisiongit.Config) error {
	l, err := decisiongit.New(c)
	if err != nil {
		return err
	}
	b.Log, b.Reader, b.Why = l, l, ""
	return nil
}

func gitLog(h host.Host, l *config.LogBranch) decisiongit.Config {
	return decisiongit.Config{Repository: l.Repository, Branch: l.Branch, Env: h.Environ(), Now: h.Now}
}

// Close ends the use of the log.
func (b *Logbook) Close() error {
	if c, ok := b.Log.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// Append logs an entry.
func (b *Logbook) Append(ctx context.Context, e decisionlog.Entry, record []byte) Publication {
	if b.Log == nil {
		return Publication{Why: b.Why}
	}
	head, err := b.Log.Append(ctx, e, record)
	if err != nil {
		return Publication{Why: err.Error(), Failed: err}
	}
	if e.Kind != decisionlog.Gate {
		b.moved(e.To)
	}
	return Publication{Head: head}
}

// Keep logs a decision, and gives it with where that is. One that has to be logged and
// cannot be is inconclusive: the log is then a source that could not be reached.
func (b *Logbook) Keep(ctx context.Context, v Answer, who decisionlog.Asker) (Answer, error) {
	data, err := v.AppendJSON(nil)
	if err != nil {
		return v, err
	}
	e := decisionlog.OfDecision(v.Decision, who.By)
	e.User = who.User
	v.Log = b.Append(ctx, e, data)
	b.logged(v, e)
	if v.Log.Head == (decisionlog.Head{}) && b.required {
		ev := v.Evidence
		ev.Outages = append(slices.Clone(ev.Outages), promotion.Outage{Source: "The decision log, which is required,", Error: v.Log.Why})
		v.Record = promotion.Judge(v.Program, v.Policy, ev, v.At)
		if data, err = v.AppendJSON(nil); err != nil {
			return v, err
		}
	}
	v.JSON = v.Log.AppendTo(data)
	return v, nil
}
