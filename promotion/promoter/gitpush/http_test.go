package gitpush

import (
	"errors"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/shopslo/shopslo/promotion/promoter"
)

// overHTTP serves the repositories as git servers do, to the user bot with the
// password hunter2. forbidden is a part of the path that answers 403 to a push.
func (w *world) overHTTP(t *testing.T, forbidden string) (address string) {
	t.Helper()
	for _, dir := range []string{w.app, w.system} {
		w.git(dir, "config", "http.receivepack", "true")
	}
	git := &cgi.Handler{
		Path: filepath.Join(w.git("", "--exec-path"), "git-http-backend"),
		Env:  append(testEnv(), "GIT_PROJECT_ROOT="+w.dir, "GIT_HTTP_EXPORT_ALL=1"),
	}
	s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		switch {
		case user != "bot" || password != "hunter2":
			rw.Header().Set("WWW-Authenticate", `Basic realm="git"`)
			rw.WriteHeader(http.StatusUnauthorized)
		case forbidden != "" && strings.Contains(r.URL.String(), forbidden):
			rw.WriteHeader(http.StatusForbidden)
		default:
			git.ServeHTTP(rw, r)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// withHelper is the environment of somebody whose git has a credential helper.
func withHelper(password string) []string {
	return append(testEnv(), "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=credential.helper", "GIT_CONFIG_VALUE_0=!f() { echo username=bot; echo password="+password+"; }; f")
}

func TestCredentialsComeFromGitsOwnHelper(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	r := w.release("tier-0", "cart/x.yaml", "1")
	address := w.overHTTP(t, "")
	c := w.config()
	c.System, c.App, c.Env = address+"/system.git", address+"/app.git", withHelper("hunter2")
	w.promote(promoterOf(w.fleet, w.open(c)), "beta", promoter.Options{}, promoter.Promoted)
	if w.pointer("tier-1") != r {
		t.Errorf("state\n%s", w.state())
	}
}

func TestWhoMayNotIsToldWithoutTheSecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	w.release("tier-0", "cart/x.yaml", "1")
	before := w.state()
	for name, c := range map[string]struct {
		env       []string
		forbidden string
		says      string
	}{
		"nobody has credentials":         {testEnv(), "", "terminal prompts disabled"},
		"the password is wrong":          {withHelper("hunter3"), "", "Authentication failed"},
		"the user may read and not push": {withHelper("hunter2"), "git-receive-pack", "403"},
	} {
		t.Run(name, func(t *testing.T) {
			address := w.overHTTP(t, c.forbidden)
			config := w.config()
			config.System, config.App, config.Env = address+"/system.git", address+"/app.git", c.env
			got, err := promoterOf(w.fleet, w.open(config)).Promote(ctx, "beta", promoter.Options{})
			if !errors.Is(err, promoter.ErrUnreachable) || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "hunter") || w.state() != before {
				t.Errorf("%+v, %v", got.Result, err)
			}
		})
	}
}
