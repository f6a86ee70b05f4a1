package promapi

import (
	"fmt"
	"hash/maphash"
	"time"

	"github.com/shopslo/shopslo/slo"
)

// rests are the times at which a server may be asked again that has asked to be left
// alone (Retry-After). It may mean one question, which is too much for it, or all: all, as
// soon as it says so of two questions with no answer between them.
type rests struct {
	all      time.Time
	of       map[uint64]time.Time // by question
	last     uint64               // the question that was refused last, if nothing was answered since
	refusals int                  // how many different ones in a row
}

// mostRests bounds how many questions are remembered.
const mostRests = 1000

var seed = maphash.MakeSeed()

// question tells requests apart.
func question(r call) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	for _, part := range []string{r.path, r.query.Encode(), string(r.body)} {
		h.WriteString(part)
		h.WriteByte(0)
	}
	return h.Sum64()
}

// rest notes that the server does not want to be asked a question for a while.
func (c *client) rest(q uint64, d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.now == nil {
		return
	}
	r, until := &c.rests, c.now().Add(d)
	if r.refusals == 0 || r.last != q {
		r.last, r.refusals = q, r.refusals+1
	}
	if r.refusals > 1 || len(r.of) >= mostRests {
		r.all, r.of = until, nil
		return
	}
	if r.of == nil {
		r.of = map[uint64]time.Time{}
	}
	r.of[q] = until
}

// answered notes that the server answers.
func (c *client) answered() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rests.refusals = 0
}

// resting says how long a question has to wait, as an error; nil: it may be asked.
func (c *client) resting(q uint64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.now == nil {
		return nil
	}
	now, r := c.now(), &c.rests
	if left := r.all.Sub(now); left > 0 {
		return fmt.Errorf("%w: the server asked to be left alone for another %v (Retry-After)", slo.ErrUnavailable, left.Round(time.Second))
	}
	for k, until := range r.of {
		if !until.After(now) {
			delete(r.of, k)
		}
	}
	if left := r.of[q].Sub(now); left > 0 {
		return fmt.Errorf("%w: the server asked not to be asked this for another %v (Retry-After)", slo.ErrUnavailable, left.Round(time.Second))
	}
	return nil
}
