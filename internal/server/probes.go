package server

import (
	"net"
	"net/http"
	"strings"
	"sync"
)

// probes are asked by what restarts a program and routes to it, which has no password. They
// tell it no more than whether the program runs, and can answer.
func probes(r *http.Request) bool {
	return r.Header.Get("Authorization") == "" && (r.URL.Path == "/-/healthy" || r.URL.Path == "/-/ready") && (r.Method == http.MethodGet || r.Method == http.MethodHead)
}

// unguarded gives a listener for hs with which probes are answered by open, without a
// password. The library puts its check of passwords around hs' handler, and listens then:
// the first Accept is the moment after that, and before any request.
func unguarded(l net.Listener, hs *http.Server, open http.Handler) net.Listener {
	return &firstAccept{Listener: l, before: sync.OnceFunc(func() {
		guarded := hs.Handler
		hs.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if probes(r) {
				open.ServeHTTP(w, r)
				return
			}
			guarded.ServeHTTP(w, tokenAsPassword(r))
		})
	})}
}

// bearer is the user whose password a bearer token is: the library knows users alone.
const bearer = "bearer"

// tokenAsPassword gives a request that came with a bearer token as one of the user bearer.
func tokenAsPassword(r *http.Request) *http.Request {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return r
	}
	r = r.Clone(r.Context())
	r.SetBasicAuth(bearer, strings.TrimSpace(token))
	return r
}

// firstAccept calls before when somebody first waits for a connection.
type firstAccept struct {
	net.Listener
	before func()
}

func (l *firstAccept) Accept() (net.Conn, error) {
	l.before()
	return l.Listener.Accept()
}
