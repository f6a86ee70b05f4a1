package kube

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/url"
	"path"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/shopslo/shopslo/fleet"
)

// quiet is how long a fault has to be over before it has a log line again.
const quiet = 10 * time.Minute

// slowPage is how long one page of a list may take before that is a fault.
const slowPage = 10 * time.Second

// A burst is this many changes within this time. A cluster of 2,000 Applications
// that Argo CD compares every three minutes has a hundred in ten seconds.
const (
	burstChanges = 1000
	burstTime    = 10 * time.Second
)

// faults counts what goes wrong in reading a cluster, and logs each fault once.
type faults struct {
	log *slog.Logger
	now func() time.Time

	mu      sync.Mutex
	counted map[fleet.Fault]int64
	last    map[matter]time.Time // when it was last seen
	since   time.Time            // from when on changes are counted
	changes int
}

// matter is what a log line is about. That resources of the fleet cannot be read is
// another matter than that Applications cannot.
type matter struct {
	fault        fleet.Fault
	applications bool
}

func newFaults(log *slog.Logger, now func() time.Time) *faults {
	return &faults{log: log, now: now, counted: map[fleet.Fault]int64{}, last: map[matter]time.Time{}}
}

// note counts a fault, and logs it where it is new.
func (f *faults) note(fault fleet.Fault, plural string, err error) {
	f.count(fault)
	f.say(fault, plural, err)
}

func (f *faults) count(fault fleet.Fault) {
	f.mu.Lock()
	f.counted[fault]++
	f.mu.Unlock()
}

func (f *faults) say(fault fleet.Fault, plural string, err error) {
	if fault == fleet.Unreachable {
		plural = applications // nothing can be read then
	}
	now, about := f.now(), matter{fault, plural == applications}
	f.mu.Lock()
	last, before := f.last[about]
	f.last[about] = now
	f.mu.Unlock()
	if before && now.Sub(last) < quiet {
		return
	}
	text := "is read, but not as it should be"
	if slices.Contains(preventing, fault) {
		text = "cannot be read"
	}
	f.log.Warn(text, "resource", plural, "fault", fault, "error", oneLine(err.Error()))
}

// preventing are the faults while which nothing is read.
var preventing = []fleet.Fault{fleet.Unreachable, fleet.Refused, fleet.Throttled, fleet.Failing, fleet.Absent}

// over says that Applications are watched again: what keeps them from being read from
// now on is another fault.
func (f *faults) over() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, fault := range preventing {
		delete(f.last, matter{fault, true})
	}
}

// taken counts a change, and notes a burst when it begins.
func (f *faults) taken() {
	now := f.now()
	f.mu.Lock()
	if now.Sub(f.since) >= burstTime {
		f.since, f.changes = now, 0
	}
	f.changes++
	burst := f.changes == burstChanges
	f.mu.Unlock()
	if burst {
		f.note(fleet.Burst, applications, fmt.Errorf("%d changes within %v", burstChanges, burstTime))
	}
}

func (f *faults) counts() map[fleet.Fault]int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.counted)
}

// attentive sees every answer of an API server, also those after which the client
// asks again by itself.
type attentive struct {
	next   http.RoundTripper
	note   func(fault fleet.Fault, plural string, err error)
	pinged *atomic.Bool // the last answer came by HTTP/2
}

func (a attentive) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := a.next.RoundTrip(r)
	plural := path.Base(r.URL.Path)
	if err == nil {
		a.pinged.Store(answer.ProtoMajor >= 2)
	}
	switch {
	case err != nil && r.Context().Err() == nil:
		a.note(fleet.Unreachable, plural, err)
	case err == nil && answer.StatusCode >= http.StatusBadRequest:
		a.note(ofStatus(answer.StatusCode), plural, errors.New(answer.Status))
	}
	return answer, err
}

func ofStatus(code int) fleet.Fault {
	switch code {
	case http.StatusUnauthorized, http.StatusForbidden:
		return fleet.Refused
	case http.StatusNotFound:
		return fleet.Absent
	case http.StatusGone:
		return fleet.Expired
	case http.StatusTooManyRequests:
		return fleet.Throttled
	}
	return fleet.Failing
}

// ofList says why a list failed. Not ok: attentive has noted it, or nothing did.
func ofList(err error) (fault fleet.Fault, ok bool) {
	var status apierrors.APIStatus
	var request *url.Error
	var network net.Error
	switch {
	case err == nil:
		return "", false
	case errors.Is(err, context.DeadlineExceeded):
		return fleet.Slow, true
	case errors.As(err, &status), errors.As(err, &request):
		return "", false
	case errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &network):
		return fleet.Unreachable, true
	}
	return fleet.Malformed, true
}

// ofEvent says what an error means that a watch sends as an event.
func ofEvent(err error) fleet.Fault {
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		return fleet.Malformed
	}
	s := status.Status()
	if s.Details != nil && slices.ContainsFunc(s.Details.Causes, func(c metav1.StatusCause) bool { return c.Type == "ClientWatchDecoding" }) {
		return fleet.Malformed
	}
	return ofStatus(int(s.Code))
}

// onTime is how much before the time that was asked for a watch may end as it should: an
// API server's time begins before the answer does, and each rounds.
const onTime = 5 * time.Second

// noted is a watch of which is noted what it sends and how it ends.
type noted struct {
	from    watch.Interface
	events  chan watch.Event
	stopped chan struct{}
	once    sync.Once
}

// noteWatch wraps a watch that should go on for a while.
func (c *cluster) noteWatch(ctx context.Context, plural string, from watch.Interface, while time.Duration) watch.Interface {
	n := &noted{from: from, events: make(chan watch.Event), stopped: make(chan struct{})}
	began := c.now()
	c.follows(plural, nil, n)
	go func() {
		defer close(n.events)
		defer c.follows(plural, n, nil)
		failed := false
		for e := range from.ResultChan() {
			if n.over(ctx) {
				return // what it says of that is no fault
			}
			if e.Type == watch.Error {
				err := apierrors.FromObject(e.Object)
				c.faults.note(ofEvent(err), plural, err)
				failed = true
			} else {
				c.note(ctx, plural, nil, true)
				c.hears(plural)
			}
			select {
			case n.events <- e:
			case <-n.stopped:
				return
			}
		}
		if lasted := c.now().Sub(began); !failed && lasted+onTime < while && !n.over(ctx) {
			c.faults.count(fleet.Closed)
			c.mu.Lock()
			c.ended[plural] = fmt.Errorf("a watch ended after %v, %v were asked for", lasted.Round(time.Second), while)
			c.mu.Unlock()
		}
	}()
	return n
}

// over reports whether we have ended the watch ourselves.
func (n *noted) over(ctx context.Context) bool {
	select {
	case <-n.stopped:
		return true
	default:
		return ctx.Err() != nil
	}
}

func (n *noted) ResultChan() <-chan watch.Event { return n.events }

func (n *noted) Stop() {
	n.once.Do(func() { close(n.stopped) })
	n.from.Stop()
}
