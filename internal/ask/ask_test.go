package ask

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestAnAnswerIsWholeOrAnError(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(w http.ResponseWriter)
		want   string // of the body, or of the error
		fault  bool
	}{
		"as long as it may be": {func(w http.ResponseWriter) { io.WriteString(w, strings.Repeat("x", 1<<20)) }, strings.Repeat("x", 1<<20), false},
		"a byte more":          {func(w http.ResponseWriter) { io.WriteString(w, strings.Repeat("x", 1<<20+1)) }, "response exceeds 1 MiB", true},
		"half of it":           {func(w http.ResponseWriter) { w.Header().Set("Content-Length", "9"); io.WriteString(w, "half") }, "truncated response: ", true},
		"no token":             {func(w http.ResponseWriter) { w.WriteHeader(401) }, "returned 401 Unauthorized: check the token", true},
		"no rights":            {func(w http.ResponseWriter) { w.WriteHeader(403) }, "returned 403 Forbidden: check the token", true},
		"another server":       {func(w http.ResponseWriter) { w.WriteHeader(404) }, "returned 404 Not Found: is this it?", true},
		"an outage":            {func(w http.ResponseWriter) { w.WriteHeader(503) }, "returned 503 Service Unavailable", true},
		"another success":      {func(w http.ResponseWriter) { w.WriteHeader(204) }, "returned 204 No Content", true},
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { c.answer(w) }))
		body, err := Server{Most: 1 << 20, Denied: "check the token", Missing: "is this it?"}.Get(t.Context(), s.URL)
		s.Close()
		switch {
		case !c.fault && (err != nil || string(body) != c.want):
			t.Errorf("%s: %d bytes, %v", name, len(body), err)
		case c.fault && (err == nil || body != nil || !strings.HasPrefix(err.Error(), c.want) || strings.Contains(err.Error(), s.URL)):
			t.Errorf("%s: %d bytes, %v; want %s", name, len(body), err, c.want)
		}
	}
}

func TestNoRedirectIsFollowed(t *testing.T) {
	asked := 0
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	defer elsewhere.Close()
	s := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	defer s.Close()
	following := &http.Client{}
	_, err := Server{Client: following, Most: 10}.Get(t.Context(), s.URL)
	var status *StatusError
	if !errors.As(err, &status) || status.Status != 307 || !strings.HasSuffix(err.Error(), ": use the address it redirects to") || asked != 0 {
		t.Errorf("%v; asked elsewhere %d times", err, asked)
	}
	if following.CheckRedirect != nil {
		t.Error("the caller's own client is another one now")
	}
}

func TestAStatusKeepsWhatTheServerSays(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	defer s.Close()
	_, err := Server{Most: 1000}.Get(t.Context(), s.URL)
	if status, ok := errors.AsType[*StatusError](err); !ok || string(status.Body) != "404 page not found\n" {
		t.Errorf("%+v", err)
	}
}

// silent never answers.
type silent struct{}

func (silent) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func TestAServerThatDoesNotAnswerIsWaitedForAtMost30Seconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for limit, want := range map[time.Duration]time.Duration{0: timeout, time.Minute: time.Minute, time.Second: time.Second} {
			begun := time.Now()
			_, err := Server{Client: &http.Client{Transport: silent{}, Timeout: limit}}.Get(t.Context(), "http://x.example/s3cret")
			if took := time.Since(begun); err == nil || took != want || strings.Contains(err.Error(), "x.example") {
				t.Errorf("client's limit %s: %s, %v", limit, took, err)
			}
		}
	})
}

func TestAddress(t *testing.T) {
	for _, bad := range []string{"", "incidentbot:8080", "ftp://x", "http://", "http://user:s3cret@ex ample/"} {
		if _, err := Address(bad); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if u, err := Address("https://x/prefix"); err != nil || u.JoinPath("api").String() != "https://x/prefix/api" {
		t.Errorf("%v, %v", u, err)
	}
}
