package shopslo

import (
	"context"
	"net/http"
	"strings"

	"github.com/shopslo/shopslo/engine/logbook"
	"github.com/shopslo/shopslo/internal/server"
	"github.com/shopslo/shopslo/promotion"
)

// decided answers with a decision, once it is in the log.
func (s *service) decided(w http.ResponseWriter, r *http.Request, record promotion.Record) {
	user, _, _ := r.BasicAuth()
	// Who goes away has asked all the same.
	v, err := s.book.Keep(context.WithoutCancel(r.Context()), logbook.Answer{Record: record}, user)
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

// fixOf is what a request says of a fix; nil: nothing.
func fixOf(r *http.Request) *promotion.Fix {
	q := r.URL.Query()
	if q.Get("fix") == "" {
		return nil
	}
	return &promotion.Fix{URL: q.Get("fix"), By: byOf(r)}
}

// acceptOf is what a request says of the rules; nil: nothing.
func acceptOf(r *http.Request) *promotion.Acceptance {
	hash := r.URL.Query().Get("accept_rules")
	if hash == "" {
		return nil
	}
	return &promotion.Acceptance{Hash: hash, By: byOf(r)}
}

// byOf is whose word it is. Who asks with a password is named beside the name that they give.
func byOf(r *http.Request) string {
	by := r.URL.Query().Get("by")
	if user, _, ok := r.BasicAuth(); ok && user != by {
		by = strings.TrimSpace(by + " (user " + user + ")")
	}
	return by
}
