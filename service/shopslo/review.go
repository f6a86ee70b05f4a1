package shopslo

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/shopslo/shopslo/engine/facts"
	"github.com/shopslo/shopslo/internal/server"
	"github.com/shopslo/shopslo/review"
)

// review answers GET /api/v1/review.
func (s *service) review(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	f := facts.Span{Week: q.Get("week"), From: q.Get("from"), To: q.Get("to")}
	if f.Week != "" && f.From+f.To != "" || (f.From == "") != (f.To == "") {
		server.WriteError(w, http.StatusBadRequest, errors.New("give week, such as 2026-W46, or from and to, the first and the last day of the period, or none of them"))
		return
	}
	e := s.keeper.current()
	period, err := f.Period(s.Host.Now(), e.Docs.Config.WeeklyReview().Zone)
	if err != nil {
		server.WriteError(w, http.StatusBadRequest, err)
		return
	}
	var unknown *review.Unknown
	if s.book.Reader == nil {
		unknown = facts.NotConfigured("gate.log")
	}
	report, err := facts.Review(r.Context(), e, period, s.Host.Now(), s.book.Reader, unknown)
	if err == nil {
		var data []byte
		if data, err = json.Marshal(report); err == nil {
			write(w, data)
			return
		}
	}
	s.Log.Error("the review cannot be made", "err", err)
	server.WriteError(w, http.StatusInternalServerError, err)
}
