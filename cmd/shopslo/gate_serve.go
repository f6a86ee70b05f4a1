package main

import (
	"net/http"

	"github.com/shopslo/shopslo/internal/server"
	"github.com/shopslo/shopslo/promotion"
)

// decided answers with a decision.
func (s *service) decided(w http.ResponseWriter, r promotion.Record) {
	data, err := r.AppendJSON(nil)
	if err != nil {
		server.WriteError(w, http.StatusInternalServerError, err)
		return
	}
	write(w, data)
}
