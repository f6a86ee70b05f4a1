package main

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/shopslo/shopslo/internal/server"
	"github.com/shopslo/shopslo/review"
)

// review answers GET /api/v1/review.
func (s *service) review(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	f := span{week: q.Get("week"), from: q.Get("from"), to: q.Get("to")}
	if f.week != "" && f.from+f.to != "" || (f.from == "") != (f.to == "") {
		server.WriteError(w, http.StatusBadRequest, errors.New("give week, such as 2026-W46, or from and to, the first and the last day of the period, or none of them"))
		return
	}
	e := s.current()
	period, err := f.period(s.host.Now(), e.Docs.Config.WeeklyReview().Zone)
	if err != nil {
		server.WriteError(w, http.StatusBadRequest, err)
		return
	}
	var unknown *review.Unknown
	if s.book.Reader == nil {
		unknown = notConfigured("gate.log")
	}
	report, err := reviewOf(r.Context(), e, period, s.host.Now(), s.book.Reader, unknown, s.unreachable())
	if err == nil {
		var data []byte
		if data, err = json.Marshal(report); err == nil {
			write(w, data)
			return
		}
	}
	s.log.Error("the review cannot be made", "err", err)
	server.WriteError(w, http.StatusInternalServerError, err)
}
