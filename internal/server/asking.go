package server

import (
	"errors"
	"net/http"
	"os"

	"github.com/prometheus/exporter-toolkit/web"
	"go.yaml.in/yaml/v3"

	"github.com/shopslo/shopslo/internal/disk"
)

// errCrossSite is the answer to what a page of another site has a browser send.
var errCrossSite = errors.New("this request was sent by a page of another site, so it was refused; send it from a program, or from a page of this server")

// sameSite refuses what changes something where a page of another site has a browser send
// it, by Sec-Fetch-Site or Origin. Programs send neither.
func sameSite(next http.Handler) http.Handler {
	c := http.NewCrossOriginProtection()
	c.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		WriteError(w, http.StatusForbidden, errCrossSite)
	}))
	return c.Handler(next)
}

// validate checks a web configuration, and says whether it has users. The library reads it in
// full, and again for each request.
func validate(file string) (users bool, err error) {
	if file == "" {
		return false, nil
	}
	if info, err := os.Stat(file); err == nil && !info.Mode().IsRegular() {
		return false, errors.New("it is no regular file; it is read again for each request")
	}
	if _, err := disk.ReadSmall(file); err != nil {
		return false, err
	}
	if err := web.Validate(file); err != nil {
		return false, err
	}
	// The library takes what asks for nothing, such as a file that was never written, for an open server.
	asks, err := readAsked(file)
	if err == nil && len(asks.TLS)+len(asks.Users)+len(asks.HTTP)+len(asks.Limit) == 0 {
		err = errors.New("it sets nothing, so anybody could read this server; set tls_server_config or basic_auth_users, or name no file")
	}
	return len(asks.Users) > 0, err
}

// asked is what a web configuration asks of those who ask the server.
type asked struct {
	TLS   map[string]any    `yaml:"tls_server_config"`
	Users map[string]string `yaml:"basic_auth_users"`
	HTTP  map[string]any    `yaml:"http_server_config"`
	Limit map[string]any    `yaml:"rate_limit"`
}

func readAsked(file string) (a asked, err error) {
	data, err := disk.ReadSmall(file)
	if err == nil {
		err = yaml.Unmarshal(data, &a)
	}
	return a, err
}

// errNoPassword is the answer while the web configuration has lost its users, such as one that
// is being written: the library then lets everybody in.
var errNoPassword = errors.New("the web configuration had users when this server started, and names none now, or not this one; nobody is let in until it does (to ask for no password, restart)")

// guarded refuses what the library lets in without a password, where there were users at the start.
func (s *Server) guarded(next http.Handler) http.Handler {
	if !s.users {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !probes(r) && s.User(r) == "" {
			WriteError(w, http.StatusInternalServerError, errNoPassword)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// User is whose password came with a request; "" where this server asks for none: what a
// client then sends as its user is nobody's word.
func (s *Server) User(r *http.Request) string {
	user, _, ok := r.BasicAuth()
	if !ok || s.o.WebConfig == "" {
		return ""
	}
	a, err := readAsked(s.o.WebConfig)
	if err != nil || a.Users[user] == "" {
		return ""
	}
	return user // the library has let the request through, so the password is right
}
