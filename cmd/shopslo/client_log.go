package main

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"strconv"

	"github.com/shopslo/shopslo/engine/host"
	"github.com/shopslo/shopslo/engine/logbook"
	"github.com/shopslo/shopslo/promotion/decisionlog"
	"github.com/shopslo/shopslo/review"
)

// review gives the review of a period.
func (s remoteServer) review(ctx context.Context, asked span) (review.Report, error) {
	q := url.Values{}
	for name, value := range map[string]string{"week": asked.week, "from": asked.from, "to": asked.to} {
		if value != "" {
			q.Set(name, value)
		}
	}
	body, err := s.ask(ctx, reviewPath, q)
	if err != nil {
		return review.Report{}, err
	}
	r, err := review.Decode(body)
	if err != nil {
		return r, fmt.Errorf("ask %s: %w", host.WithoutUser(s.address), err)
	}
	return r, nil
}

// Paths of what a server answers.
const (
	decisionsPath = "/api/v1/decisions"
	reviewPath    = "/api/v1/review"
)

// serverLog reads the log of a server.
type serverLog struct{ remoteServer }

// Read implements decisionlog.Reader.
func (l serverLog) Read(ctx context.Context, each func(decisionlog.Line) error) (decisionlog.Head, error) {
	body, err := l.ask(ctx, decisionsPath+"/log", nil)
	if err != nil {
		return decisionlog.Head{}, err
	}
	head, _, err := decisionlog.ReadLines(bytes.NewReader(body), func(line decisionlog.Line) error {
		line.Record = func(ctx context.Context) ([]byte, error) {
			record, err := l.ask(ctx, decisionsPath+"/"+strconv.Itoa(line.Index), nil)
			if err != nil {
				return nil, err
			}
			record = bytes.TrimSuffix(record, []byte("\n"))
			return record, line.CheckRecord(record)
		}
		return each(line)
	})
	return head, err
}

// logMoved has the server log what was moved.
func (s remoteServer) logMoved(ctx context.Context, kind decisionlog.Kind, record []byte) logbook.Publication {
	body, err := s.send(ctx, decisionsPath, url.Values{"kind": {string(kind)}, "by": {s.WhoAsks()}}, record)
	if err != nil {
		return logbook.Publication{Why: err.Error(), Failed: err}
	}
	return logbook.PublishedIn(body)
}
