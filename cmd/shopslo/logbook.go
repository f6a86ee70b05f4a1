package main

import (
	"context"
	"io"
	"slices"

	"github.com/shopslo/shopslo/engine/host"
	"github.com/shopslo/shopslo/internal/config"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/promotion/decisionlog"
	"github.com/shopslo/shopslo/promotion/decisionlog/decisiongit"
)

// logbook is where decisions are logged, and who is told of them.
type logbook struct {
	log      decisionlog.Appender // nil: nowhere
	reader   decisionlog.Reader   // of the same log
	why      string               // why there is no log; a clause
	required bool
	config   *config.Config
	tellers  []decisionTeller
	decided  map[promotion.Verdict]bool // which are told
}

// openLogbook opens the log of a command that decides by itself. The folder of a server
// is no log of its: what it writes there would be another server's, or lost.
func openLogbook(h host.Host, c *config.Config) (*logbook, error) {
	b := &logbook{config: c, why: "no gate.log is configured"}
	var err error
	if l := c.Gate.Log; l != nil {
		b.required = l.Required
		if l.Dir != "" {
			b.why = "gate.log.dir is the log of 'shopslo serve': ask that with --server, or name gate.log.git"
		} else if err := b.openBranch(gitLog(h, l)); err != nil {
			return nil, err
		}
	}
	b.tellers, b.decided, err = decisionTellers(h, c)
	return b, err
}

// openServerLogbook opens the log of a server.
func openServerLogbook(h host.Host, c *config.Config) (*logbook, error) {
	b, err := openLogbook(h, c)
	if err != nil || c.Gate.Log == nil || c.Gate.Log.Dir == "" {
		return b, err
	}
	l, err := decisionlog.Open(c.Gate.Log.Dir)
	if err != nil {
		return nil, err
	}
	b.log, b.reader, b.why = l, l, ""
	return b, nil
}

func (b *logbook) openBranch(c decisiongit.Config) error {
	l, err := decisiongit.New(c)
	if err != nil {
		return err
	}
	b.log, b.reader, b.why = l, l, ""
	return nil
}

func gitLog(h host.Host, l *config.DecisionLog) decisiongit.Config {
	return decisiongit.Config{Repository: l.Repository, Branch: l.Branch, Env: h.Environ()}
}

func (b *logbook) close() error {
	if c, ok := b.log.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// append logs an entry.
func (b *logbook) append(ctx context.Context, e decisionlog.Entry, record []byte) publication {
	if b.log == nil {
		return publication{why: b.why}
	}
	head, err := b.log.Append(ctx, e, record)
	if err != nil {
		return publication{why: err.Error(), failed: err}
	}
	return publication{head: head}
}

// keep logs a decision, and gives it with where that is. One that has to be logged and
// cannot be is inconclusive: the log is then a source that could not be reached.
func (b *logbook) keep(ctx context.Context, v verdict, by string) (verdict, error) {
	data, err := v.AppendJSON(nil)
	if err != nil {
		return v, err
	}
	v.log = b.append(ctx, decisionlog.OfDecision(v.Decision, by), data)
	if v.log.head == (decisionlog.Head{}) && b.required {
		ev := v.Evidence
		ev.Outages = append(slices.Clone(ev.Outages), promotion.Outage{Source: "The decision log, which is required,", Error: v.log.why})
		v.Record = promotion.Judge(v.Program, v.Policy, ev, v.At)
		if data, err = v.AppendJSON(nil); err != nil {
			return v, err
		}
	}
	v.json = v.log.appendTo(data)
	return v, nil
}
