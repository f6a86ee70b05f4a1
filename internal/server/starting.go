package server

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// askAgain is what who asks a server that is starting is told to wait.
const askAgain = 5 * time.Second

// Opened has a server that was made with Options.Starting answer all requests. Routes are
// added before.
func (s *Server) Opened() { s.open.Store(true) }

// opened answers for a server that is starting: it is healthy, and can answer nothing else.
func (s *Server) opened(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.open.Load() || r.URL.Path == "/-/healthy" {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Retry-After", strconv.Itoa(int(askAgain.Seconds())))
		why := fmt.Sprintf("%s is not ready: %s", s.o.Name, s.o.Starting)
		if strings.HasPrefix(r.URL.Path, "/api/") {
			WriteError(w, http.StatusServiceUnavailable, errors.New(why))
			return
		}
		http.Error(w, why, http.StatusServiceUnavailable)
	})
}
