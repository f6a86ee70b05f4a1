package kube

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/shopslo/shopslo/fleet"
)

// A cluster may take a connection and say nothing, or begin an answer and never end it. No
// error comes of that for as long as somebody waits.

// silent is how long a cluster may say nothing where no grace is set. leastSilent bounds how
// often one is asked whether it is there.
const (
	silent      = 10 * time.Second
	leastSilent = time.Second
)

func patience(grace time.Duration) time.Duration {
	if grace == 0 {
		return silent
	}
	return max(grace, leastSilent)
}

// await has what is asked for count as lost when it takes longer than the grace. It is asked
// for still, and may come yet. answered ends that.
func (c *cluster) await(ctx context.Context, plural string) (answered func()) {
	began, over := c.now(), false // over is guarded by c.mu
	timer := time.AfterFunc(c.patience, func() {
		c.mu.Lock()
		if over || ctx.Err() != nil {
			c.mu.Unlock()
			return
		}
		err := fmt.Errorf("read %s: no answer within %v", plural, c.patience)
		wasLost := c.lose(plural, began, err)
		c.mu.Unlock()
		c.faults.note(fleet.Unreachable, plural, err)
		if plural == applications {
			c.turned(true, wasLost, false)
		}
	})
	return func() {
		timer.Stop()
		c.mu.Lock()
		over = true
		c.mu.Unlock()
	}
}

// bookmarkTime is how long a watch is silent at most, and a while: an API server sends a
// bookmark each minute. One that is silent for longer is begun anew: it may hang although
// all else is answered.
const bookmarkTime = 75 * time.Second

// pingedTime is how long a cluster may say nothing at least where what is dead shows by
// pings, but not what is behind a proxy.
const pingedTime = 20 * time.Second

// quiet is how long a cluster may say nothing before it is asked whether it is there.
func (c *cluster) quiet() time.Duration {
	if c.pinged.Load() {
		return max(c.patience/2, pingedTime)
	}
	return c.patience / 2
}

// listen asks a cluster that says nothing whether it is there, since a watch may well be
// silent. Where no answer comes, the watch of Applications is begun anew.
func (c *cluster) listen(ctx context.Context) {
	often := time.NewTicker(c.patience / 4)
	defer often.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-often.C:
		}
		c.mu.Lock()
		watch, last, heard := c.watching, c.reached, c.heard
		c.mu.Unlock()
		if watch != nil && c.now().Sub(heard) > bookmarkTime {
			watch.Stop()
			continue
		}
		if watch == nil || c.now().Sub(last) < c.quiet() {
			continue
		}
		err := c.ask(ctx)
		var status apierrors.APIStatus
		there := err == nil || errors.As(err, &status)
		c.mu.Lock()
		switch {
		case ctx.Err() != nil:
			c.mu.Unlock()
			return
		case there:
			c.reached = c.now()
			c.mu.Unlock()
		case c.watching != watch:
			c.mu.Unlock() // it is known already, or over
		default:
			err = fmt.Errorf("read %s: no answer within %v: %w", applications, c.now().Sub(last).Round(time.Second), err)
			wasLost := c.lose(applications, last, err)
			c.mu.Unlock()
			c.faults.note(fleet.Unreachable, applications, err)
			c.turned(true, wasLost, false)
			watch.Stop()
		}
	}
}

// ask asks for one Application, without a word of faults.
func (c *cluster) ask(ctx context.Context) error {
	within, cancel := context.WithTimeout(ctx, c.patience/4)
	defer cancel()
	body, err := c.plain.Get().NamespaceIfScoped(c.namespace, c.namespace != "").Resource(applications).Param("limit", "1").
		SetHeader("Accept", metadataOnly).Stream(within)
	if err != nil {
		return err
	}
	defer body.Close()
	_, err = io.Copy(io.Discard, io.LimitReader(body, maxAnswer))
	return err
}

// metadataOnly asks for no more of an object than its metadata, where that is known.
const metadataOnly = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"

// maxAnswer bounds what is read of an answer of which only that it comes counts, in bytes.
const maxAnswer = 64 << 10

// lose notes that something cannot be read, since then at the latest. c.mu is held.
func (c *cluster) lose(plural string, since time.Time, err error) (wasLost bool) {
	before, wasLost := c.lost[plural]
	if !wasLost {
		before.since = since
	}
	before.err = err
	c.lost[plural] = before
	return wasLost
}

// hears notes that a watch has sent something.
func (c *cluster) hears(plural string) {
	if plural != applications {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.heard = c.now()
}

// follows notes that a watch of Applications has begun in place of another, or ended (nil).
func (c *cluster) follows(plural string, was, is *noted) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if plural == applications && (is != nil || c.watching == was) {
		c.watching, c.heard = is, c.now()
	}
}
