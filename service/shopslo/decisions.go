package shopslo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"

	"github.com/shopslo/shopslo/engine/client"
	"github.com/shopslo/shopslo/engine/logbook"
	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/server"
	"github.com/shopslo/shopslo/promotion/decisionlog"
)

// readable gives the log, or answers that there is none.
func (s *service) readable(w http.ResponseWriter) (decisionlog.Reader, bool) {
	if s.book.Reader == nil {
		server.WriteError(w, http.StatusNotFound, errors.New("this server keeps no log of decisions: "+s.book.Why))
		return nil, false
	}
	return s.book.Reader, true
}

// unreadable answers that the log could not be read. A broken chain is a conflict: with
// what was published.
func (s *service) unreadable(w http.ResponseWriter, err error) {
	code := http.StatusInternalServerError
	switch {
	case errors.Is(err, decisionlog.ErrBroken):
		code = http.StatusConflict
	case errors.Is(err, decisionlog.ErrUnreachable):
		code = http.StatusBadGateway
	}
	s.Log.Error("the log of decisions cannot be read", "err", err)
	server.WriteError(w, code, err)
}

// listDecisions answers GET /api/v1/decisions.
func (s *service) listDecisions(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	f := decisionlog.Filter{To: q.Get("tier"), Overrides: q.Get("overrides") == "true"}
	if text := q.Get("since"); text != "" {
		var err error
		if f.Since, err = time.Parse(time.RFC3339, text); err != nil {
			server.WriteError(w, http.StatusBadRequest, fmt.Errorf("since: %q is not a time; write it like 2026-11-01T09:00:00Z", text))
			return
		}
	}
	log, ok := s.readable(w)
	if !ok {
		return
	}
	list, err := decisionlog.Pick(r.Context(), log, f)
	if err != nil {
		s.unreadable(w, err)
		return
	}
	data, err := json.Marshal(list)
	if err != nil {
		s.unreadable(w, err)
		return
	}
	write(w, data)
}

// decisionLog answers GET /api/v1/decisions/log with the lines as they are, of which
// anybody can check the chain.
func (s *service) decisionLog(w http.ResponseWriter, r *http.Request) {
	log, ok := s.readable(w)
	if !ok {
		return
	}
	// Nobody gets half a log that looks like one: it is sent once all of it is read, and read
	// twice rather than kept.
	head, err := log.Read(r.Context(), func(decisionlog.Line) error { return nil })
	if err != nil {
		s.unreadable(w, err)
		return
	}
	if head.Index > 0 {
		w.Header().Set(client.HeadOfLog, head.Hash)
	}
	w.Header().Set("Content-Type", "application/jsonl; charset=utf-8")
	if _, err := log.Read(r.Context(), func(l decisionlog.Line) error {
		_, err := w.Write(append(l.Text, '\n'))
		return err
	}); err != nil {
		s.Log.Error("the log of decisions was sent in part only", "err", err)
		panic(http.ErrAbortHandler) // the client sees that the connection broke off
	}
}

// decisionRecord answers GET /api/v1/decisions/{entry}.
func (s *service) decisionRecord(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.Atoi(r.PathValue("entry"))
	if err != nil || n < 1 {
		server.WriteError(w, http.StatusBadRequest, fmt.Errorf("%q is not an entry of a log: entries are numbered from 1", r.PathValue("entry")))
		return
	}
	log, ok := s.readable(w)
	if !ok {
		return
	}
	record, err := logbook.Record(r.Context(), log, n)
	var missing *logbook.NoEntry
	switch {
	case errors.As(err, &missing):
		server.WriteError(w, http.StatusBadRequest, err)
	case err != nil:
		s.unreadable(w, err)
	default:
		write(w, record)
	}
}

// largestMove bounds what a client may have logged.
const largestMove = 32 << 20

// How far the time of a move may be from this server's clock: it is logged when it is done.
const (
	moveBefore = 24 * time.Hour
	clockSkew  = 5 * time.Minute
)

// move is the entry of a move that a client wants to have logged. A Tier that the fleet
// does not have, and another time than now, are refused.
func (s *service) move(r *http.Request, record []byte) (decisionlog.Entry, error) {
	who := s.asker(r)
	e, err := decisionlog.OfMove(decisionlog.Kind(r.URL.Query().Get("kind")), who.By, record)
	if err != nil {
		return e, err
	}
	e.User = who.User
	if _, ok := s.keeper.current().Docs.Fleet.Tier(fleet.TierName(e.To)); !ok {
		return e, fmt.Errorf("the fleet has no Tier %q", e.To)
	}
	now := s.Host.Now()
	if e.At.Before(now.Add(-moveBefore)) || e.At.After(now.Add(clockSkew)) {
		return e, fmt.Errorf("it is of %s, and by this server's clock it is %s; a move is logged when it is made", e.At.Format(time.RFC3339), now.UTC().Format(time.RFC3339))
	}
	return e, nil
}

// logMove answers POST /api/v1/decisions: somebody has promoted or rolled back, and has
// it logged. As with a browser's form nobody could send JSON from another site, no other
// type is taken.
func (s *service) logMove(w http.ResponseWriter, r *http.Request) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		server.WriteError(w, http.StatusUnsupportedMediaType, errors.New("send the answer of 'shopslo promote -o json' as application/json"))
		return
	}
	if err := checkParameters(r, "kind", "by"); err != nil {
		server.WriteError(w, http.StatusBadRequest, err)
		return
	}
	if !s.admit(w, r) {
		return
	}
	record, err := io.ReadAll(http.MaxBytesReader(w, r.Body, largestMove))
	if err != nil {
		server.WriteError(w, http.StatusBadRequest, err)
		return
	}
	e, err := s.move(r, record)
	if err != nil {
		server.WriteError(w, http.StatusBadRequest, err)
		return
	}
	logged := s.book.Append(context.WithoutCancel(r.Context()), e, record)
	s.metrics.logged(logged)
	if logged.Failed != nil {
		s.Log.Error("what was moved could not be logged", "to", e.To, "err", logged.Failed)
	}
	write(w, logged.AppendTo([]byte(`{"version": 1}`)))
}
