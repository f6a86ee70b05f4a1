package ledger

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/shopslo/shopslo/slo"
)

// longestWait is how long an account that cannot be counted is left alone at most.
const longestWait = time.Hour

// fault is why an account is in quarantine: it is read for itself, after all others
// and for a bounded time. Accounts that failed together share one.
type fault struct {
	err   error         // nil: it is counted again, and has to catch up
	since time.Time     // when it failed for the first time
	next  time.Time     // it is not tried before
	wait  time.Duration // from the last try to the next
	width int64         // ms to read at once
}

// condemn puts accounts into quarantine that could not be counted, or leaves them
// there for longer.
func (r *reading) condemn(accts []*account, err error) {
	res := r.l.cfg.Resolution
	f := &fault{err: err, since: r.now, wait: res, width: min(r.src.width, lastSlice)}
	if before := accts[0].fault; before != nil {
		f.since, f.width = before.since, before.width
		if before.err != nil {
			f.wait = min(2*before.wait, longestWait)
		}
		if errors.Is(err, slo.ErrUnavailable) { // it may take less time over less
			f.width = max(before.width/2, r.l.res())
		}
	}
	f.next = r.now.Add(f.wait - res/4) // ticks are not quite regular
	r.l.mu.Lock()
	defer r.l.mu.Unlock()
	for _, a := range accts {
		a.fault = f
		r.tried[a] = true
	}
	r.l.version.Add(1)
}

// recovered notes that an account was counted; it leaves quarantine when it has come
// to the edge where the others are.
func (a *account) recovered(until int64) {
	switch f := a.fault; {
	case f == nil:
	case a.hist.edge >= until:
		a.fault = nil
	case f.err != nil:
		a.fault = &fault{since: f.since, width: f.width}
	}
}

// quarantined tries the accounts that could not be counted and whose time has come,
// one measure after the other, for half of the time between two edges at most.
func (r *reading) quarantined(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, r.l.cfg.Patience/2)
	defer cancel()
	for !r.paused && limited.Err() == nil {
		alone := !r.counts()
		accts := r.due(alone)
		if len(accts) == 0 {
			return nil
		}
		if err := r.retry(limited, accts); err != nil {
			return err
		}
		if alone && !r.started { // one that fails is enough to know
			return ctx.Err()
		}
	}
	return ctx.Err()
}

// counts reports whether anything of the source is being counted.
func (r *reading) counts() bool {
	return r.started || slices.ContainsFunc(r.src.all, func(a *account) bool { return a.fault == nil })
}

// due picks accounts of one measure at one edge that are to be tried: those first
// that failed least. Where nothing of the source is counted (alone), the one is due
// that was left alone longest, so that a source that comes back is noticed.
func (r *reading) due(alone bool) []*account {
	ready := func(a *account) bool {
		return a.fault != nil && !r.tried[a] && a.hist.edge < r.until && (alone || !a.fault.next.After(r.now))
	}
	var first *account
	for _, a := range r.src.all {
		if ready(a) && (first == nil || a.fault.before(first.fault, alone)) {
			first = a
		}
	}
	if first == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(r.src.all), func(a *account) bool {
		return !ready(a) || a.m != first.m || a.hist.edge != first.hist.edge
	})
}

// before orders faults: what failed least often first, or what was left alone longest.
func (f *fault) before(other *fault, alone bool) bool {
	if !alone && f.wait != other.wait {
		return f.wait < other.wait
	}
	return f.next.Before(other.next)
}

// retry reads for accounts in quarantine as far as they get in their share of time.
// Its error is of the ledger's files.
func (r *reading) retry(ctx context.Context, accts []*account) error {
	share, cancel := context.WithTimeout(ctx, r.l.turn())
	defer cancel()
	alone := !r.started
	for _, a := range accts {
		r.tried[a] = true
	}
	for len(accts) > 0 && !r.paused && share.Err() == nil {
		from, width := accts[0].hist.edge, accts[0].fault.width
		to := r.l.sliceEnd(from, r.until, max(width, r.l.res()))
		_, err := r.step(share, r.l.turn(), accts, from, to)
		switch {
		case errors.Is(err, ErrStore):
			return err
		case ctx.Err() != nil: // the time of all is up, which says nothing of these
			return nil
		case err != nil:
			r.condemn(accts, err)
			return nil
		}
		if alone {
			r.comeBack()
			alone = false
		}
		accts = slices.DeleteFunc(accts, func(a *account) bool { return a.fault == nil || a.fault.err != nil })
		for _, a := range accts {
			a.fault.width = min(2*width, r.src.widest)
		}
	}
	return nil
}

// comeBack lets everything be tried at once that could not be had, since the source
// answers again.
func (r *reading) comeBack() {
	for _, a := range r.src.all {
		if f := a.fault; f != nil && errors.Is(f.err, slo.ErrUnavailable) {
			f.next = time.Time{}
		}
	}
}

// failure says why an account is not being counted; "" where it is.
func (a *account) failure() string {
	if a.fault == nil || a.fault.err == nil {
		return ""
	}
	return a.fault.err.Error()
}

// failure says so also where the account's source cannot be read, which Read tells. That the
// only one cannot be, is no news of any account.
func (l *Ledger) failure(a wantedPart) string {
	if src := l.sources[a.m.from]; src.name != "" && src.err != nil {
		return src.err.Error()
	}
	return a.failure()
}

// Failing is an SLO that is not being counted for some subjects.
type Failing struct {
	SLO      string
	Subjects []string // sorted ids
	Reason   string   // of the first of them, as slo.Account.Failure has it
	Refused  []string // those of them for which its queries cannot be counted, whatever the source answers
}

// Failing lists what is not being counted, by name. Everything else is.
func (l *Ledger) Failing() []Failing {
	l.mu.RLock()
	defer l.mu.RUnlock()
	type lost struct {
		subject, reason string
		refused         bool
	}
	bySLO := map[string][]lost{}
	for k, why := range l.refused {
		bySLO[k.slo] = append(bySLO[k.slo], lost{k.subject, why, true})
	}
	for k, parts := range l.wanted {
		for _, a := range parts {
			if why := a.failure(); why != "" {
				bySLO[k.slo] = append(bySLO[k.slo], lost{k.subject, why, false})
				break
			}
		}
	}
	var out []Failing
	for name, list := range bySLO {
		slices.SortFunc(list, func(x, y lost) int { return strings.Compare(x.subject, y.subject) })
		f := Failing{SLO: name, Reason: list[0].reason}
		for _, x := range list {
			f.Subjects = append(f.Subjects, x.subject)
			if x.refused {
				f.Refused = append(f.Refused, x.subject)
			}
		}
		out = append(out, f)
	}
	slices.SortFunc(out, func(x, y Failing) int { return strings.Compare(x.SLO, y.SLO) })
	return out
}
