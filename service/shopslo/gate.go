package shopslo

import (
	"context"
	"net/http"

	"github.com/shopslo/shopslo/engine/logbook"
	"github.com/shopslo/shopslo/internal/server"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/promotion/decisionlog"
)

// decided answers with a decision, once it is in the log.
func (s *service) decided(w http.ResponseWriter, r *http.Request, record promotion.Record) {
	// Who goes away has asked all the same.
	v, err := s.book.Keep(context.WithoutCancel(r.Context()), logbook.Answer{Record: record}, s.asker(r))
	if err != nil {
		server.WriteError(w, http.StatusInternalServerError, err)
		return
	}
	if v.Log.Failed != nil {
		s.Log.Error("a decision could not be logged", "to", record.To, "err", v.Log.Failed)
	}
	s.told.add(v)
	write(w, v.JSON)
}

// asker is who asks: the user whose password it was, and who they say they are.
func (s *service) asker(r *http.Request) decisionlog.Asker {
	return decisionlog.Asker{User: s.user(r), By: r.URL.Query().Get("by")}
}

// fixOf is what a request says of a fix; nil: nothing.
func (s *service) fixOf(r *http.Request) *promotion.Fix {
	q := r.URL.Query()
	if q.Get("fix") == "" {
		return nil
	}
	f := &promotion.Fix{URL: q.Get("fix"), By: q.Get("by")}
	if who := s.asker(r); who.User != "" {
		f.By = who.String()
	}
	return f
}
