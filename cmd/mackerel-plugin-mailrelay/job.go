package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/shopslo/shopslo/plugins/mailrelay"
	"github.com/shopslo/shopslo/plugins/mailrelay/relayconf"
	"github.com/shopslo/shopslo/plugins/mailrelay/relaystore"
)

// job polls one account: its relay, its canaries and its status page side by side.
type job struct {
	account relayconf.Account
	store   relaystore.Store
	begun   time.Time
	clock   func() time.Time
	stamped bool // each bucket's figures are told at its own time
	relay   mailrelay.Relay
	canary  []canary
	page    mailrelay.StatusPage // nil where there is none
}

// canary is the way of marked mails to one destination, "" where it names none.
type canary struct {
	to  mailrelay.Destination
	way mailrelay.Canary
}

// outcome is what a job tells. Figures that are not known are not in it.
type outcome struct {
	figures []figure
	dated   []dated // figures of their own time
	errs    []error
	lost    bool // the history could not be read or kept, so nothing is told
}

// run asks, then keeps what came back. Nobody holds the lock while a relay is asked.
// Figures are told only after they were kept, so that none is told twice.
func (j job) run(ctx context.Context) outcome {
	var o outcome
	before, kept, err := j.store.Read(j.account.Name, j.account.Relay)
	switch {
	case errors.Is(err, relaystore.ErrDamaged), err == nil && relaystore.Moved(kept, j.relay.Traits()):
		before = &mailrelay.History{Account: j.account.Name} // Update says so
	case err != nil:
		return outcome{errs: []error{unkept(err)}, lost: true}
	}
	asked, cancel := context.WithTimeout(ctx, j.account.Timeout)
	defer cancel()
	poll, probes, look := j.ask(asked, before)

	t, first := j.relay.Traits(), false
	var fresh []mailrelay.Bucket
	var after mailrelay.History
	err = j.store.Update(ctx, j.account.Name, t, func(h *mailrelay.History) {
		first = h.State.At.IsZero()
		if poll != nil {
			var trouble error
			if fresh, trouble = h.Add(*poll, t); trouble != nil {
				o.errs = append(o.errs, trouble)
			}
			for _, note := range poll.Report.Notes {
				o.errs = append(o.errs, errors.New(note))
			}
		}
		for _, p := range probes {
			h.AddProbe(p)
			o.errs = append(o.errs, named("send a test mail"+to(p.Destination), p.SendErr), named("look for test mails"+to(p.Destination), p.FindErr))
		}
		if look != nil {
			h.SetNotice(look.notice, look.err)
			o.errs = append(o.errs, named("read the status page", look.err))
		}
		after = *h
	})
	if o.lost = err != nil && !errors.Is(err, relaystore.ErrDamaged) && !errors.Is(err, relaystore.ErrMoved); o.lost {
		err = unkept(err)
	}
	o.errs = append(o.errs, err)
	if !o.lost {
		if poll != nil && after.State.At.Equal(poll.Span.To) { // else another run was quicker
			if j.stamped {
				o.dated = stamped(fresh, j.begun, t)
			} else {
				o.figures = counted(fresh, first, j.begun, t)
			}
			for _, d := range mailrelay.Destinations {
				o.placed(d, after.FreshAt()[d], first, j, t.OfDestinations())
			}
			o.figures = append(o.figures, standing(&after, j.begun)...)
		}
		for _, p := range probes {
			o.figures = append(o.figures, sent(&after, p)...)
		}
		o.figures = append(o.figures, announced(look)...)
	}
	return o.withoutNil()
}

// placed adds the figures of one destination.
func (o *outcome) placed(d mailrelay.Destination, fresh []mailrelay.Bucket, first bool, j job, t mailrelay.Traits) {
	name := func(f figure) figure { return figure{"destination", string(d) + "." + f.name, f.value} }
	if j.stamped {
		for _, f := range stamped(fresh, j.begun, t) {
			o.dated = append(o.dated, dated{name(f.figure), f.at})
		}
		return
	}
	for _, f := range counted(fresh, first, j.begun, t) {
		o.figures = append(o.figures, name(f))
	}
}

// unkept says what to do about a folder of histories that cannot be used.
func unkept(err error) error {
	return fmt.Errorf("%w; nothing is told of it: name a folder that the agent may write with state: in the list of accounts", err)
}

// look is one reading of the status page.
type look struct {
	notice mailrelay.Notice
	err    error
}

// ask asks whatever there is at the same time. Nil means not asked.
func (j job) ask(ctx context.Context, h *mailrelay.History) (poll *mailrelay.Poll, probes []mailrelay.Probe, seen *look) {
	var wg sync.WaitGroup
	probes = make([]mailrelay.Probe, len(j.canary))
	if !h.Resting(j.begun) {
		wg.Go(func() {
			span := h.Ask(j.begun, j.relay.Traits())
			report, err := j.relay.Read(ctx, span)
			poll = &mailrelay.Poll{Span: span, Took: j.since(j.begun), Report: report, Err: err}
		})
	}
	for i, c := range j.canary {
		wg.Go(func() { probes[i] = j.probe(ctx, c, h) })
	}
	if j.page != nil {
		wg.Go(func() {
			n, err := j.page.Look(ctx)
			seen = &look{n, err}
		})
	}
	wg.Wait()
	return poll, probes, seen
}

// probe looks for the marked mails on their way, and sends a new one where it is due.
func (j job) probe(ctx context.Context, c canary, h *mailrelay.History) mailrelay.Probe {
	p := mailrelay.Probe{At: j.begun, Destination: c.to}
	var wg sync.WaitGroup
	if h.CanaryDue(c.to, j.begun) {
		p.Mark = fmt.Sprintf("%s-%d", strings.Trim(j.account.Name+"-"+string(c.to), "-"), j.begun.UnixNano())
		wg.Go(func() {
			begun := j.clock()
			p.SendErr = c.way.Send(ctx, p.Mark)
			p.SendTook = j.since(begun)
		})
	}
	if marks := h.Awaited(c.to); len(marks) > 0 {
		p.Looked = true
		wg.Go(func() { p.Found, p.FindErr = c.way.Find(ctx, marks) })
	}
	wg.Wait()
	return p
}

// to names a destination behind what was done.
func to(d mailrelay.Destination) string {
	if d == "" {
		return ""
	}
	return " to " + string(d)
}

func (j job) since(begun time.Time) time.Duration { return max(0, j.clock().Sub(begun)) }

func named(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

func (o outcome) withoutNil() outcome {
	var errs []error
	for _, err := range o.errs {
		if err != nil {
			errs = append(errs, err)
		}
	}
	o.errs = errs
	return o
}
