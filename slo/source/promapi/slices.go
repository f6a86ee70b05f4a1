package promapi

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/shopslo/shopslo/slo"
)

const (
	firstSlice = int64(time.Hour / time.Millisecond)
	minSlice   = int64(time.Minute / time.Millisecond)
	maxSlice   = 24 * firstSlice
	// enoughSamples in one slice: it need not be longer.
	enoughSamples = 2_000_000
	// A slice that was too long is not tried again before so many shorter ones
	// went well.
	caution = 16
)

// slicing is how long a span (milliseconds) may be asked of the server at once,
// as learnt from its answers.
type slicing struct {
	mu      sync.Mutex
	length  int64 // 0: any
	ceiling int64 // up to where length grows
	good    int   // slices that went well since the ceiling was moved
}

func (s *slicing) now() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.length
}

// tooLong takes note that a span of this length was too much.
func (s *slicing) tooLong(length int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	half := max(length/2, minSlice)
	s.length, s.ceiling, s.good = half, half, 0
}

// wentWell takes note of a span that was answered.
func (s *slicing) wentWell(length int64, samples int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.length == 0 || length < s.length {
		return
	}
	if s.good++; s.good >= caution {
		s.ceiling, s.good = min(2*s.ceiling, maxSlice), 0
	}
	if samples < enoughSamples {
		s.length = min(2*s.length, s.ceiling)
	}
}

// fetch reads (from, to] into the collector.
type fetch func(ctx context.Context, selectors []slo.Selector, from, to int64, c *collector) error

// inSlices reads (from, end] in pieces that the server can bear.
func inSlices(ctx context.Context, selectors []slo.Selector, from, end int64, c *collector, s *slicing, read fetch) error {
	alive := false
	for from < end {
		to := end
		if length := s.now(); length > 0 && to-from > length {
			to = from + length
		}
		c.BeginPart()
		c.samples = 0
		if err := read(ctx, selectors, from, to, c); err != nil {
			c.DropPart()
			shorter, slow := tooMuch(err)
			if !shorter || to-from <= minSlice {
				return err
			}
			s.tooLong(to - from)
			// A server that has answered nothing in time may be dead: the next
			// request finds out with a shorter span.
			if slow && !alive || ctx.Err() != nil {
				return err
			}
			continue
		}
		alive = true
		s.wentWell(to-from, c.samples)
		from = to
	}
	return nil
}

// tooMuchError says that a shorter span should be asked for.
type tooMuchError struct{ text string }

func (e *tooMuchError) Error() string { return e.text }

// tooMuch reports whether a shorter span may succeed: the server names a limit,
// or (slow) it did not manage in time.
func tooMuch(err error) (shorter, slow bool) {
	var much *tooMuchError
	var status *statusError
	switch {
	case errors.As(err, &much):
		return true, false
	case errors.Is(err, errTimeout):
		return true, true
	case !errors.As(err, &status):
		return false, false
	}
	text := strings.ToLower(status.text)
	switch status.status {
	case http.StatusRequestEntityTooLarge:
		return true, false
	case http.StatusUnprocessableEntity, http.StatusBadRequest:
		for _, word := range []string{"too many", "exceed", "limit", "maximum", "cannot select more", "too large"} {
			if strings.Contains(text, word) {
				return true, false
			}
		}
	case http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		if strings.Contains(text, "timed out") || strings.Contains(text, "timeout") {
			return true, true
		}
	}
	return false, false
}
