package kube

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/net"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/rest"
)

// watched begins a watch. Events of Applications are read by us: client-go's own
// reading goes over each a dozen times, and keeps two copies of the last one for each
// watch.
func watched(ctx context.Context, r *rest.Request, plural, repository string) (watch.Interface, error) {
	if plural != applications {
		return r.Watch(ctx)
	}
	body, err := r.Stream(ctx)
	switch {
	case err == nil:
		return watch.NewStreamWatcher(newEvents(body, repository), apierrors.NewClientErrorReporter(http.StatusInternalServerError, http.MethodGet, "ClientWatchDecoding")), nil
	case ctx.Err() == nil && (net.IsProbableEOF(err) || net.IsTimeout(err)):
		return watch.NewEmptyWatch(), nil // as client-go has it: a connection that was closed is watched again, not listed
	}
	return nil, err
}

// begin begins a watch. One that gets no answer is given up after a while, as a list is.
func (c *cluster) begin(ctx context.Context, r *rest.Request, plural string) (watch.Interface, error) {
	while, cancel := context.WithCancel(ctx)
	defer c.await(ctx, plural)()
	late := time.AfterFunc(listTimeout, cancel)
	w, err := watched(while, r, plural, c.repository)
	if !late.Stop() && err == nil {
		w.Stop()
		err = context.DeadlineExceeded
	}
	if err != nil {
		cancel()
		return nil, err
	}
	return &given{w, cancel}, nil
}

// given is a watch with what is to be given back at its end.
type given struct {
	watch.Interface
	back func()
}

func (g *given) Stop() { g.Interface.Stop(); g.back() }

// events reads what a watch of Applications sends.
type events struct {
	body io.ReadCloser
	d    *json.Decoder

	repository string // as item's
}

var _ watch.Decoder = (*events)(nil)

func newEvents(body io.ReadCloser, repository string) *events {
	return &events{body, json.NewDecoder(body), repository}
}

func (e *events) Close() { e.body.Close() }

// Decode gives the next event: an *item, or with watch.Error a *metav1.Status. io.EOF:
// the watch has ended in good order.
func (e *events) Decode() (watch.EventType, runtime.Object, error) {
	switch begin, err := e.d.Token(); {
	case err != nil:
		return "", nil, err
	case begin != json.Delim('{'):
		return "", nil, fmt.Errorf("a watch sends %v where an event is expected", begin)
	}
	kind, object, other := watch.EventType(""), (runtime.Object)(nil), json.RawMessage(nil)
	for e.d.More() {
		name, err := e.d.Token()
		if err != nil {
			return "", nil, err
		}
		switch {
		case name == "type":
			err = e.d.Decode(&kind)
		case name == "object" && kind != "" && kind != watch.Error:
			one := &item{repository: e.repository}
			object, err = one, e.d.Decode(one)
		case name == "object":
			err = e.d.Decode(&other)
		default:
			var skipped json.RawMessage
			err = e.d.Decode(&skipped)
		}
		switch {
		case errors.Is(err, io.ErrUnexpectedEOF):
			return "", nil, io.ErrUnexpectedEOF // as it is known by
		case err != nil:
			return "", nil, fmt.Errorf("an event's %v: %w", name, err)
		}
	}
	if err := expect(e.d, '}'); err != nil {
		return "", nil, err
	}
	e.rest()
	return finished(kind, object, other, e.repository)
}

// rest gives back what an event was read into, some times its size, where no other has come
// yet: most of the time a watch waits.
func (e *events) rest() {
	if r, ok := e.d.Buffered().(*bytes.Reader); ok && r.Len() <= 1 { // there may be the end of a line
		if c, err := r.ReadByte(); err != nil || c == '\n' {
			e.d = json.NewDecoder(e.body)
		}
	}
}

// finished gives an event whose object may have come before its type, as other.
func finished(kind watch.EventType, object runtime.Object, other json.RawMessage, repository string) (watch.EventType, runtime.Object, error) {
	switch kind {
	case watch.Added, watch.Modified, watch.Deleted, watch.Bookmark:
		if object == nil && other != nil {
			one := &item{repository: repository}
			object = one
			if err := json.Unmarshal(other, one); err != nil {
				return "", nil, err
			}
		}
	case watch.Error:
		s := &metav1.Status{}
		if err := json.Unmarshal(other, s); other != nil && err != nil {
			return "", nil, fmt.Errorf("an error's status: %w", err)
		}
		object = s
	default:
		return "", nil, fmt.Errorf("an event has the unknown type %q", kind)
	}
	if object == nil {
		return "", nil, errors.New("an event has no object")
	}
	return kind, object, nil
}
