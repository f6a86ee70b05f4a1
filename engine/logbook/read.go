package logbook

import (
	"context"
	"errors"
	"fmt"

	"github.com/shopslo/shopslo/engine/config"
	"github.com/shopslo/shopslo/engine/host"
	"github.com/shopslo/shopslo/promotion/decisionlog"
	"github.com/shopslo/shopslo/promotion/decisionlog/decisiongit"
)

// NoEntry is an entry that a log does not have.
type NoEntry struct{ wanted, last int }

func (e *NoEntry) Error() string {
	if e.last == 0 {
		return fmt.Sprintf("there is no entry %d: the log is empty", e.wanted)
	}
	return fmt.Sprintf("there is no entry %d: the last of the log is %d", e.wanted, e.last)
}

// Record gives the record of an entry. The chain is checked up to it.
func Record(ctx context.Context, log decisionlog.Reader, n int) (record []byte, err error) {
	errFound := errors.New("found")
	head, err := log.Read(ctx, func(l decisionlog.Line) error {
		if l.Index != n {
			return nil
		}
		if record, err = l.Record(ctx); err != nil {
			return err
		}
		return errFound
	})
	switch {
	case errors.Is(err, errFound):
		return record, nil
	case err != nil:
		return nil, err
	}
	return nil, &NoEntry{n, head.Index}
}

// Reader gives the log that a configuration names; it has one.
func Reader(h host.Host, c *config.Config) (decisionlog.Reader, error) {
	if l := c.Gate.Log; l.Dir != "" {
		return decisionlog.Folder{Dir: l.Dir}, nil
	}
	return decisiongit.New(gitLog(h, c.Gate.Log.Git))
}
