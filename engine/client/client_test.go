package client

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/engine/host"
	"github.com/shopslo/shopslo/engine/usage"
)

func TestAnAnswerIsReadWholeOrRefused(t *testing.T) {
	const most = 1 << 20
	for size, want := range map[int]string{most: "", most + 1: "the answer has more than 1 MiB, so nothing of it is used"} {
		resp := &http.Response{Body: io.NopCloser(strings.NewReader(strings.Repeat("x", size))), Request: &http.Request{URL: &url.URL{Host: "shopslo.example"}}}
		body, err := whole(resp, most)
		if want == "" && (err != nil || len(body) != size) || want != "" && (err == nil || body != nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%d bytes: %d come, %v", size, len(body), err)
		}
	}
}

// A redirect would carry the question, and on the same host the password, somewhere else.
func TestARedirectIsNotFollowed(t *testing.T) {
	asked := 0
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	t.Cleanup(elsewhere.Close)
	server := httptest.NewServer(http.RedirectHandler(elsewhere.URL+"/login", http.StatusTemporaryRedirect))
	t.Cleanup(server.Close)
	password := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(password, []byte("s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := At(host.Host{Env: map[string]string{EnvUser: "ci", EnvPasswordFile: password}}, server.URL).Status(t.Context(), time.Time{})
	if _, ok := errors.AsType[*usage.Error](err); !ok || !strings.Contains(err.Error(), "redirects to "+elsewhere.URL+"/login; redirects are not followed") || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("error %v", err)
	}
	if asked != 0 {
		t.Errorf("%d requests went on to the other server", asked)
	}
}
