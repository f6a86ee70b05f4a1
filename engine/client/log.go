package client

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"time"

	"github.com/shopslo/shopslo/engine/facts"
	"github.com/shopslo/shopslo/engine/host"
	"github.com/shopslo/shopslo/engine/logbook"
	"github.com/shopslo/shopslo/promotion/decisionlog"
	"github.com/shopslo/shopslo/review"
	"github.com/shopslo/shopslo/slo"
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
	GatePath      = "/api/v1/gate"
	DecisionsPath = "/api/v1/decisions"
	ReviewPath    = "/api/v1/review"
	ReleasesPath  = "/api/v1/releases"
)

// Log is the server's log of decisions.
func (s Server) Log() decisionlog.Reader { return serverLog{s} }

type serverLog struct{ Server }

// Read implements decisionlog.Reader.
func (l serverLog) Read(ctx context.Context, each func(decisionlog.Line) error) (decisionlog.Head, error) {
	file, upTo, err := l.fetch(ctx)
	if err != nil {
		return decisionlog.Head{}, err
	}
	defer remove(file)
	whole := upTo == "" // an earlier server does not say
	head, _, err := decisionlog.ReadLines(file, func(line decisionlog.Line) error {
		whole = whole || line.Hash == upTo
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
	if err == nil && !whole {
		err = fmt.Errorf("ask %s: %w: the log that came ends at entry %d, before its head", host.WithoutUser(l.address), slo.ErrUnavailable, head.Index)
	}
	return head, err
}

// HeadOfLog is the header of an answer that has a log: the hash of an entry that is in it. A
// proxy may end an answer early in a way that nobody sees.
const HeadOfLog = "Shopslo-Log-Head"

// logTimeout is how long a server may take to send its whole log.
const logTimeout = 5 * time.Minute

// fetch gets the whole log, of which there may be more than fits into memory, into a file
// that is to be removed. upTo is the head that it has to have; "" where the server does not
// say.
func (l serverLog) fetch(ctx context.Context) (_ *os.File, upTo string, err error) {
	file, err := os.CreateTemp("", "shopslo-log-")
	if err != nil {
		return nil, "", err
	}
	defer func() {
		if err != nil {
			remove(file)
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, logTimeout)
	defer cancel()
	if err := l.open(ctx, DecisionsPath+"/log", nil, nil, func(resp *http.Response) error {
		upTo = resp.Header.Get(HeadOfLog)
		if _, err := io.Copy(file, resp.Body); err != nil {
			return brokeOff(resp, err)
		}
		return nil
	}); err != nil {
		return nil, "", err
	}
	_, err = file.Seek(0, io.SeekStart)
	return file, upTo, err
}

func remove(file *os.File) {
	file.Close()
	os.Remove(file.Name()) // else it is among temporary files
}

// LogMoved has the server log what was moved.
func (s Server) LogMoved(ctx context.Context, kind decisionlog.Kind, record []byte) logbook.Publication {
	q := url.Values{"kind": {string(kind)}}
	if by := s.WhoAsks(); by != "" {
		q.Set("by", by)
	}
	body, err := s.send(ctx, DecisionsPath, q, record)
	if err != nil {
		return logbook.Publication{Why: err.Error(), Failed: err}
	}
	return logbook.PublishedIn(body)
}
