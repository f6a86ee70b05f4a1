package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

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
func (p *program) openLogbook(c *config.Config) (*logbook, error) {
	b := &logbook{config: c, why: "no gate.log is configured"}
	var err error
	if l := c.Gate.Log; l != nil {
		b.required = l.Required
		if l.Dir != "" {
			b.why = "gate.log.dir is the log of 'shopslo serve': ask that with --server, or name gate.log.git"
		} else if err := b.openBranch(p.gitLog(l.Git)); err != nil {
			return nil, err
		}
	}
	b.tellers, b.decided, err = p.decisionTellers(c)
	return b, err
}

// openServerLogbook opens the log of a server.
func (p *program) openServerLogbook(c *config.Config) (*logbook, error) {
	b, err := p.openLogbook(c)
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

// gitLog gives git the environment that this program has: credentials are git's own
// business.
func (p *program) gitLog(l *config.LogBranch) decisiongit.Config {
	var env []string
	for _, name := range slices.Sorted(maps.Keys(p.env)) {
		env = append(env, name+"="+p.env[name])
	}
	return decisiongit.Config{Repository: l.Repository, Branch: l.Branch, Env: env}
}

func (b *logbook) close() error {
	if c, ok := b.log.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// publication says where a decision is logged; it is published with it.
type publication struct {
	head decisionlog.Head // zero: it is not
	why  string           // why it is not, a clause; "" beside a zero head: nobody was to log it
	// failed is what kept it from being logged where there is a log.
	failed error
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

// kept is keep for a command: it complains of what failed, and tells who is to be told.
// Neither changes the decision, unless the log is required.
func (p *program) kept(ctx context.Context, b *logbook, v verdict) (verdict, error) {
	v, err := b.keep(ctx, v, p.whoAsks())
	if err != nil {
		return v, err
	}
	if ctx.Err() != nil {
		return v, context.Cause(ctx)
	}
	if v.log.failed != nil {
		p.complain("the decision was not logged: " + v.log.failed.Error())
	}
	if err := b.tell(ctx, v); err != nil {
		p.complain("not everybody was told of the decision: " + err.Error())
	}
	return v, nil
}

// appendTo adds "log" to the JSON of a decision, which is not what it was from here on.
func (l publication) appendTo(data []byte) []byte {
	data = append(data[:len(data)-1], ",\n\"log\": "...)
	if l.head.Index > 0 {
		return fmt.Appendf(data, `{"index": %d, "hash": %q, "why": null}}`, l.head.Index, l.head.Hash)
	}
	why, err := json.Marshal(l.why)
	if err != nil {
		why = []byte(`"it is not known why"`)
	}
	return fmt.Appendf(data, `{"index": null, "hash": null, "why": %s}}`, why)
}

// publishedIn reads what a server has published with its decision.
func publishedIn(body []byte) publication {
	var in struct {
		Log struct {
			Index int    `json:"index"`
			Hash  string `json:"hash"`
			Why   string `json:"why"`
		} `json:"log"`
	}
	if err := json.Unmarshal(body, &in); err != nil || in.Log.Index < 1 {
		return publication{why: cmp.Or(in.Log.Why, "the server does not say that it has")}
	}
	return publication{head: decisionlog.Head{Index: in.Log.Index, Hash: in.Log.Hash}}
}

// sentence says it to people; "" where there is nothing to be said.
func (l publication) sentence() string {
	switch {
	case l.head.Index > 0:
		return fmt.Sprintf("Logged as entry %d of the decision log, %s.", l.head.Index, l.head.Hash)
	case l.why != "":
		return "Not logged: " + l.why + "."
	}
	return ""
}

// logError gives an error of a log the exit code that it means.
func logError(err error) error {
	switch {
	case errors.Is(err, decisionlog.ErrBroken):
		return &codeError{code: exitNo, err: err}
	case errors.Is(err, decisionlog.ErrUnreachable):
		return &codeError{code: exitUnavailable, err: err}
	}
	return err
}
