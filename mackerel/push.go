package mackerel

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/shopslo/shopslo/internal/mackerelhttp"
	"github.com/shopslo/shopslo/status"
)

// MaxAge is how old a value may be for Mackerel to keep it; it answers 200 to older
// ones as well, and drops them. An hour less leaves time for sending.
const MaxAge = 23 * time.Hour

// maxPost is the size of one post in bytes of JSON. Mackerel documents no limit; this
// is about 5,000 values.
const maxPost = 500_000

// Poster posts values of a service once. A nil error means that all are written; any
// error that they may be written, in part or not at all. *Client is one.
type Poster interface {
	// PostServiceMetrics posts; an error that wraps slo.ErrUnavailable may pass.
	PostServiceMetrics(ctx context.Context, service string, points []Point) error
}

// Pusher sends budgets as service metrics, one post a minute.
type Pusher struct {
	Client  Poster
	Service string
	Spool   *Spool
	// Every is the distance of two times that are sent, at least a minute.
	Every time.Duration
}

// Pushed is what a call of Push did.
type Pushed struct {
	Values  int // accepted by Mackerel
	Waiting int // batches that are still to be sent
	Expired int // values that became older than MaxAge unsent, and are given up
	// Next is when the next post may be.
	Next time.Time
}

// Collect puts into the spool what has not been put there yet: the budgets at each
// multiple of Every, after the newest time in the spool and not older than MaxAge, up to
// newest, the newest edge that is counted. The first time ever it takes the newest only.
// A gap, whatever its reason, is so filled again. It stops after limit times; more says
// whether there are others. What came before an error is kept.
func (p *Pusher) Collect(now, newest time.Time, limit int, report func(at time.Time) (status.Report, error)) (more bool, err error) {
	last := newest.Truncate(p.Every)
	at := p.Spool.Newest().Add(p.Every)
	if p.Spool.Newest().IsZero() {
		at = last
	}
	if oldest := now.Add(-MaxAge).Truncate(p.Every).Add(p.Every); at.Before(oldest) {
		at = oldest
	}
	var all []Point
	var done time.Time
	for at = at.Truncate(p.Every); !at.After(last) && err == nil; at = at.Add(p.Every) {
		if limit--; limit < 0 {
			more = true
			break
		}
		var r status.Report
		var points []Point
		if r, err = report(at); err == nil {
			points, err = Points(r, at)
		}
		if err == nil {
			all, done = append(all, points...), at
		}
	}
	if done.IsZero() {
		return more, err
	}
	return more, errors.Join(err, p.Spool.add(done, all))
}

// Push sends what is waiting, the newest batch first, as it is what alerts are raised
// from, then the oldest ones, in one post. It sends nothing within the minute of another
// post, nor before the time that Mackerel asked to wait for. What fails stays, and goes
// with a later post; what was written all the same is then written once more, as it was.
// The error is that of the post; one that wraps slo.ErrUnavailable may pass.
func (p *Pusher) Push(ctx context.Context, now time.Time) (done Pushed, err error) {
	files, err := p.Spool.waiting()
	if err != nil {
		return done, err
	}
	done.Waiting, done.Next = len(files), p.next(now)
	if len(files) == 0 || now.Before(done.Next) {
		return done, nil
	}
	pack, damaged := p.pack(files, now)
	done.Expired = pack.expired
	if len(pack.points) > 0 {
		p.Spool.state.Posted = now.UTC()
		if err := p.Spool.keep(); err != nil {
			return done, errors.Join(damaged, err)
		}
		err := p.post(ctx, now, pack.points)
		done.Next = p.next(now)
		if err != nil {
			return done, errors.Join(damaged, err)
		}
	}
	for i, at := range pack.files {
		if err := p.Spool.write(at, pack.rest[i]); err != nil {
			return done, errors.Join(damaged, err)
		}
		if len(pack.rest[i]) == 0 {
			done.Waiting--
		}
	}
	done.Values = len(pack.points)
	return done, damaged
}

func (p *Pusher) post(ctx context.Context, now time.Time, points []Point) error {
	err := p.Client.PostServiceMetrics(ctx, p.Service, points)
	if err == nil {
		return nil
	}
	if wait, ok := mackerelhttp.RetryAfter(err); ok {
		p.Spool.state.NotBefore = now.Add(wait).UTC()
		err = errors.Join(err, p.Spool.keep())
	}
	if mackerelhttp.Refused(err, http.StatusNotFound) {
		err = fmt.Errorf("%w; make the service %q in Mackerel first", err, p.Service)
	}
	if errors.Is(err, context.Canceled) {
		return err
	}
	return fmt.Errorf("post %d values to the service %q: %w; they are kept and sent again", len(points), p.Service, err)
}

// next is when the next post may be: in another minute than the last one, and not
// before what Mackerel asked for. A clock that was set back does not hold it up.
func (p *Pusher) next(now time.Time) time.Time {
	s := p.Spool.state
	next := s.Posted.Truncate(time.Minute).Add(time.Minute)
	if s.Posted.After(now) {
		next = time.Time{}
	}
	if s.NotBefore.After(next) && s.NotBefore.Before(now.Add(24*time.Hour)) {
		next = s.NotBefore
	}
	return next
}

// packed are the points of one post, the files that they are from, and what is left of
// each.
type packed struct {
	points  []Point
	files   []time.Time
	rest    [][]Point
	size    int
	expired int
}

// pack fills a post, and leaves out what Mackerel would drop. A file that is damaged is
// left out and told; the rest goes.
func (p *Pusher) pack(files []time.Time, now time.Time) (packed, error) {
	var out packed
	var errs error
	newest := len(files) - 1
	order := append([]time.Time{files[newest]}, files[:newest]...)
	oldest := now.Add(-MaxAge).Unix()
	for _, at := range order {
		points, err := p.Spool.read(at)
		if err != nil {
			errs = errors.Join(errs, err)
			continue
		}
		n := 0
		for ; n < len(points) && out.size+weight(points[n]) <= maxPost; n++ {
			if points[n].Time < oldest {
				out.expired++
				continue
			}
			out.size += weight(points[n])
			out.points = append(out.points, points[n])
		}
		out.files, out.rest = append(out.files, at), append(out.rest, points[n:])
		if n < len(points) {
			break
		}
	}
	return out, errs
}

// weight is about the length of a point in JSON, rather more.
func weight(p Point) int { return len(p.Name) + 64 }
