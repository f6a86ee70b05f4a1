package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/shopslo/shopslo/internal/server"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/promotion/decisionlog"
)

// decided answers with a decision, once it is in the log: one that could not be logged
// is none.
func (s *service) decided(w http.ResponseWriter, r promotion.Record) {
	data, err := r.AppendJSON(nil)
	if err == nil && s.decisions != nil {
		var head decisionlog.Head
		if head, err = s.decisions.Append(context.Background(), decisionlog.OfDecision(r.Decision, ""), data); err == nil {
			data = fmt.Appendf(data[:len(data)-1], ",\n\"log\": {\"index\": %d, \"hash\": %q}}", head.Index, head.Hash)
		}
	}
	if err != nil {
		s.log.Error("a decision could not be logged, and so was not given", "err", err)
		server.WriteError(w, http.StatusInternalServerError, err)
		return
	}
	write(w, data)
}

// fixOf is what a request says of a fix; nil: nothing. Who asks with a password is named
// beside the name that they give.
func fixOf(r *http.Request) *promotion.Fix {
	q := r.URL.Query()
	if q.Get("fix") == "" {
		return nil
	}
	f := &promotion.Fix{URL: q.Get("fix"), By: q.Get("by")}
	if user, _, ok := r.BasicAuth(); ok && user != f.By {
		f.By = strings.TrimSpace(f.By + " (user " + user + ")")
	}
	return f
}

// openDecisions opens the log of decisions where one is configured.
func (s *service) openDecisions() (err error) {
	if l := s.engine.docs.config.Gate.Log; l != nil && l.Dir != "" {
		dir := l.Dir
		s.decisions, err = decisionlog.Open(dir)
	}
	return err
}

func (s *service) closeDecisions() error {
	if s.decisions == nil {
		return nil
	}
	return s.decisions.Close()
}

// verifyLog checks the chain of a log, and that a head that was published is in it.
func (p *program) verifyLog(file, published string) error {
	f, err := os.Open(file)
	if err != nil {
		return fmt.Errorf("--verify-log: %w", err)
	}
	defer f.Close()
	found := published == ""
	head, _, err := decisionlog.ReadLines(f, func(l decisionlog.Line) error { found = found || l.Hash == published; return nil })
	if errors.Is(err, decisionlog.ErrBroken) {
		return &codeError{code: exitNo, err: fmt.Errorf("%s: %w", file, err)}
	}
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	if !found && head.Hash != published {
		return &codeError{code: exitNo, err: fmt.Errorf("%s: its chain holds, but %s, which was published, is not in it: it is another log, or was written anew", file, published)}
	}
	return p.print(fmt.Sprintf("%d decisions, the chain holds; its head is %s\n", head.Index, head.Hash))
}
