package client

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"strconv"

	"github.com/shopslo/shopslo/engine/facts"
	"github.com/shopslo/shopslo/engine/host"
	"github.com/shopslo/shopslo/engine/logbook"
	"github.com/shopslo/shopslo/promotion/decisionlog"
	"github.com/shopslo/shopslo/review"
)

// Review gives the review of a period.
func (s Server) Review(ctx context.Context, asked facts.Span) (review.Report, error) {
	q := url.Values{}
	for name, value := range map[string]string{"week": asked.Week, "from": asked.From, "to": asked.To} {
		if value != "" {
			q.Set(name, value)
		}
	}
	body, err := s.ask(ctx, ReviewPath, q)
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
	DecisionsPath = "/api/v1/decisions"
	ReviewPath    = "/api/v1/review"
)

// Log is the server's log of decisions.
func (s Server) Log() decisionlog.Reader { return serverLog{s} }

type serverLog struct{ Server }

// Read implements decisionlog.Reader.
func (l serverLog) Read(ctx context.Context, each func(decisionlog.Line) error) (decisionlog.Head, error) {
	body, err := l.ask(ctx, DecisionsPath+"/log", nil)
	if err != nil {
		return decisionlog.Head{}, err
	}
	head, _, err := decisionlog.ReadLines(bytes.NewReader(body), func(line decisionlog.Line) error {
		line.Record = func(ctx context.Context) ([]byte, error) {
			record, err := l.ask(ctx, DecisionsPath+"/"+strconv.Itoa(line.Index), nil)
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

// LogMoved has the server log what was moved.
func (s Server) LogMoved(ctx context.Context, kind decisionlog.Kind, record []byte) logbook.Publication {
	body, err := s.send(ctx, DecisionsPath, url.Values{"kind": {string(kind)}, "by": {s.WhoAsks()}}, record)
	if err != nil {
		return logbook.Publication{Why: err.Error(), Failed: err}
	}
	return logbook.PublishedIn(body)
}
