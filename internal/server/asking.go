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

// validate checks a web configuration. The library reads it in full, and again for each request.
func validate(file string) error {
	if file == "" {
		return nil
	}
	if info, err := os.Stat(file); err == nil && !info.Mode().IsRegular() {
		return errors.New("it is no regular file; it is read again for each request")
	}
	if _, err := disk.ReadSmall(file); err != nil {
		return err
	}
	return web.Validate(file)
}

// User is whose password came with a request; "" where this server asks for none: what a
// client then sends as its user is nobody's word.
func (s *Server) User(r *http.Request) string {
	user, _, ok := r.BasicAuth()
	if !ok || s.o.WebConfig == "" {
		return ""
	}
	data, err := disk.ReadSmall(s.o.WebConfig)
	if err != nil {
		return ""
	}
	var web struct {
		Users map[string]string `yaml:"basic_auth_users"`
	}
	if err := yaml.Unmarshal(data, &web); err != nil || web.Users[user] == "" {
		return ""
	}
	return user // the library has let the request through, so the password is right
}
