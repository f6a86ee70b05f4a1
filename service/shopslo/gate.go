package shopslo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/shopslo/shopslo/engine/judge"
	"github.com/shopslo/shopslo/engine/logbook"
	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/server"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/promotion/decisionlog"
	"github.com/shopslo/shopslo/promotion/render"
)

// question is what a request asks the gate, and as of when.
func (s *service) question(r *http.Request) (judge.Question, time.Time, error) {
	if err := checkParameters(r, "to", "release", "since", "fix", "accept_rules", "again", "by", "at", withEvidence); err != nil {
		return judge.Question{}, time.Time{}, err
	}
	v := r.URL.Query()
	q := judge.Question{To: v.Get("to"), Release: v.Get("release"), Fix: s.fixOf(r), Accept: s.acceptOf(r), Last: s.book.LastRules, Moves: s.book.Moves}
	at, err := s.at(r)
	if err != nil {
		return q, at, err
	}
	if since := v.Get("since"); since != "" {
		if q.Since, err = time.Parse(time.RFC3339, since); err != nil {
			return q, at, fmt.Errorf("since: %q is not a time; write it like 2026-11-01T09:00:00Z", since)
		}
	}
	if q.Accept != nil {
		if err := q.Accept.Validate(); err != nil {
			return q, at, fmt.Errorf("accept_rules: %w", err)
		}
	}
	again, bad := truth(v, "again")
	if again {
		q.Again = &promotion.Again{By: s.byOf(r)}
	}
	_, unclear := truth(v, withEvidence)
	if err := errors.Join(bad, unclear); err != nil {
		return q, at, err
	}
	switch now := s.Host.Now(); {
	case at.After(now.Add(clockSkew)):
		return q, at, fmt.Errorf("at: %s has not come yet: by this server's clock it is %s", at.Format(time.RFC3339), now.UTC().Format(time.RFC3339))
	case q.To == "":
		return q, at, errors.New("to is missing; name the Tier that the release is to go to")
	}
	return q, at, nil
}

// truth reads a parameter that is true or false; it is false where it is left out.
func truth(v url.Values, name string) (bool, error) {
	switch text := v.Get(name); text {
	case "", "false":
		return false, nil
	case "true":
		return true, nil
	default:
		return false, fmt.Errorf("%s: %.20q is neither true nor false", name, text)
	}
}

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
	s.metrics.decision(v)
	s.told.add(v)
	if r.URL.Query().Get(withEvidence) == "false" {
		v.JSON, err = brief(v)
	}
	if err != nil {
		server.WriteError(w, http.StatusInternalServerError, err)
		return
	}
	write(w, v.JSON)
}

// withEvidence is the parameter that leaves out all that a decision was made from: it may be
// megabytes, and who only wants to know the verdict may not take so much.
const withEvidence = "evidence"

// brief is a decision without what it was made from.
func brief(v logbook.Answer) ([]byte, error) {
	data, err := json.Marshal(struct {
		Version  int               `json:"version"`
		At       time.Time         `json:"at"`
		From     fleet.TierName    `json:"from"`
		To       fleet.TierName    `json:"to"`
		Release  *string           `json:"release"` // nil: not known
		Decision promotion.Verdict `json:"decision"`
		Summary  string            `json:"summary"`
	}{1, v.At.UTC(), v.From, v.To, known(v.Release), v.Verdict, render.Headline(v.Decision)})
	return v.Log.AppendTo(data), err
}

// known is nil for what is not known.
func known(text string) *string {
	if text == "" {
		return nil
	}
	return &text
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
	return &promotion.Fix{URL: q.Get("fix"), By: s.byOf(r)}
}

// acceptOf is what a request says of the rules; nil: nothing.
func (s *service) acceptOf(r *http.Request) *promotion.Acceptance {
	hash := r.URL.Query().Get("accept_rules")
	if hash == "" {
		return nil
	}
	return &promotion.Acceptance{Hash: hash, By: s.byOf(r)}
}

// byOf is whose word it is.
func (s *service) byOf(r *http.Request) string {
	if who := s.asker(r); who.User != "" {
		return who.String()
	}
	return r.URL.Query().Get("by")
}
