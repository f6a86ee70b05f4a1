package promapi

import (
	"context"
	"errors"
	"fmt"

	"github.com/shopslo/shopslo/slo"
)

// path is a way to get raw samples.
type path int

const (
	untried path = iota
	remoteRead
	matrix
)

// read asks by the chosen path, or finds it out.
func (s *Source) read(ctx context.Context, selectors []slo.Selector, from, to int64, c *collector) error {
	switch p, learnt := s.chosen(); {
	case p == matrix:
		return kept(inSlices(ctx, selectors, from, to, c, &s.slices, s.readMatrix))
	case p == remoteRead && learnt:
		return kept(inSlices(ctx, selectors, from, to, c, &s.whole, s.readRemote))
	}
	select {
	case s.choosing <- struct{}{}:
		defer func() { <-s.choosing }()
	case <-ctx.Done(): // whoever finds it out may hang
		return fmt.Errorf("%w: %w", slo.ErrUnavailable, ctx.Err())
	}
	switch p, _ := s.chosen(); p {
	case matrix:
		return kept(inSlices(ctx, selectors, from, to, c, &s.slices, s.readMatrix))
	case remoteRead:
		if err := kept(inSlices(ctx, selectors, from, to, c, &s.whole, s.readRemote)); err != nil {
			return err
		}
		return s.learn(ctx, c, from, to)
	}
	return s.choose(ctx, selectors, from, to, c)
}

// choose answers the first request. A proxy or a server that is starting may say for a
// moment that there is no remote read: it is asked twice.
func (s *Source) choose(ctx context.Context, selectors []slo.Selector, from, to int64, c *collector) error {
	err := inSlices(ctx, selectors, from, to, c, &s.whole, s.readRemote)
	if errors.Is(err, errNoRemoteRead) && !errors.Is(err, errUnsupported) && len(s.pauses) > 0 && pause(ctx, s.pauses[0]) {
		err = inSlices(ctx, selectors, from, to, c, &s.whole, s.readRemote)
	}
	if err == nil {
		if err = s.learn(ctx, c, from, to); err == nil {
			s.setPath(remoteRead)
		}
		return err
	}
	if !errors.Is(err, errNoRemoteRead) {
		return err
	}
	if err := inSlices(ctx, selectors, from, to, c, &s.slices, s.readMatrix); err != nil {
		return err
	}
	s.setPath(matrix)
	return nil
}

// errGone says that the chosen path is said not to exist.
var errGone = errors.New("it answered before, so this may be a proxy, or a server that is starting")

// kept says of a path that went well before, and is said not to exist now, that it may
// come back.
func kept(err error) error {
	var status *statusError
	if errors.As(err, &status) && status.noRemoteRead() {
		return fmt.Errorf("%w: %w; %w", slo.ErrUnavailable, err, errGone)
	}
	return err
}

func (s *Source) chosen() (p path, learnt bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.path, s.learnt
}

func (s *Source) setPath(p path) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.path = p
}
