package probe

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/presence"
)

// count is how many live series of a metric some subjects have, about: the server's own
// look-back (5 minutes, unless it is set otherwise) applies.
func (r *round) count(m *metric, of []Subject) (n int, err error) {
	ctx, cancel := context.WithTimeout(r.ctx, r.p.cfg.Timeout)
	defer cancel()
	expr := "count(" + slices.Concat(m.name, r.p.index.narrow(of)).String() + ")"
	to := r.to - r.to%1000 // whole seconds, which every server takes
	err = r.p.cfg.Source.Eval(ctx, expr, to-1000, to, time.Second, func(all []slo.Series) error {
		for i := range all {
			v, _, err := newest(all[i].Samples)
			if err != nil {
				return err
			}
			n += int(v)
		}
		return nil
	})
	return n, err
}

// whoHas asks whether a metric exists without the labels that tell subjects apart; others
// says whether other subjects have it.
func (r *round) whoHas(m *metric, others bool) (presence.Elsewhere, error) {
	at := presence.Elsewhere{Others: others}
	err := r.read([]slo.Selector{slices.Concat(m.name, r.p.index.unlabelled())}, func(all []slo.Series) error {
		at.Unlabelled = len(all) > 0
		return nil
	})
	if err != nil {
		return at, fmt.Errorf("the source could not say whether %s exists without the labels of a ShopSet: %w", m, err)
	}
	return at, nil
}

// listed are names as a source gave them, and when.
type listed struct {
	names []string
	at    time.Time
}

// readNames lists what else some subjects have, for hints, and finds out which of them send
// anything. A source that cannot list costs the hints only.
func (r *round) readNames(of []Subject) {
	if len(of) == 0 || r.p.cfg.Names == nil {
		return
	}
	narrow := r.p.index.narrow(of)
	names := r.list(narrow)
	hints := names
	if len(names) == 0 {
		hints = r.list(nil)
	}
	for _, s := range of {
		r.names[s.ID] = hints
	}
	silent := slices.DeleteFunc(slices.Clone(of), func(s Subject) bool { return r.sends[s.ID] })
	if len(silent) > 0 && len(names) > 0 && len(narrow) > 0 {
		r.readSome(names, silent)
	}
}

func (r *round) list(of slo.Selector) []string {
	key := of.String()
	if was, ok := r.p.names[key]; ok && !r.at.Before(was.at) && r.at.Sub(was.at) < recheck {
		return was.names
	}
	ctx, cancel := context.WithTimeout(r.ctx, r.p.cfg.Timeout)
	defer cancel()
	names, err := r.p.cfg.Names.Names(ctx, slo.MetricName, of, r.from, r.to)
	if err != nil {
		return nil
	}
	r.p.names[key] = listed{names, r.at}
	return names
}

// someNames is how many metrics are read to see whether a subject sends anything.
const someNames = 20

// readSome finds out which subjects send one of some metrics now: a list of names is of
// hours.
func (r *round) readSome(names []string, of []Subject) {
	var quoted []string
	n := min(len(names), someNames)
	for i := range n {
		quoted = append(quoted, regexp.QuoteMeta(names[i*len(names)/n]))
	}
	name, err := slo.NewMatcher(slo.MetricName, slo.Regexp, strings.Join(quoted, "|"))
	if err != nil {
		return
	}
	// An error leaves them silent, as they were.
	_ = r.read([]slo.Selector{append(slo.Selector{name}, r.p.index.narrow(of)...)}, func(all []slo.Series) error {
		for i := range all {
			if s := r.p.index.find(all[i].Labels); s != nil && isLive(all[i].Samples) {
				r.sends[s.ID] = true
			}
		}
		return nil
	})
}
