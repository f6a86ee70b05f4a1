package mackerelhttp

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var errPasses = errors.New("it may pass")

func TestAnswersAreWholeOrErrors(t *testing.T) {
	cases := []struct {
		name    string
		answer  func(w http.ResponseWriter)
		passes  bool // may pass with time
		says    string
		retried time.Duration
	}{
		{"429 with Retry-After", func(w http.ResponseWriter) {
			w.Header().Set("Retry-After", "30")
			w.WriteHeader(429)
			_, _ = io.WriteString(w, `{"error":{"message":"slow down"}}`)
		}, true, "slow down; try again later", 30 * time.Second},
		{"429 until a date", func(w http.ResponseWriter) {
			w.Header().Set("Date", "Tue, 01 Dec 2026 00:00:00 GMT")
			w.Header().Set("Retry-After", "Tue, 01 Dec 2026 00:01:30 GMT")
			w.WriteHeader(429)
		}, true, "429", 90 * time.Second},
		{"a date that is over", func(w http.ResponseWriter) {
			w.Header().Set("Date", "Tue, 01 Dec 2026 00:00:00 GMT")
			w.Header().Set("Retry-After", "Mon, 30 Nov 2026 00:00:00 GMT")
			w.WriteHeader(503)
		}, true, "503", 0},
		{"a Retry-After that is no number", func(w http.ResponseWriter) { w.Header().Set("Retry-After", "soon"); w.WriteHeader(429) }, true, "429", 0},
		{"500", func(w http.ResponseWriter) { w.WriteHeader(500) }, true, "500 Internal Server Error", 0},
		{"403 in the short shape", func(w http.ResponseWriter) { w.WriteHeader(403); _, _ = io.WriteString(w, `{"error":"not\nallowed"}`) }, false, "not allowed; check that the API key", 0},
		{"400 with a page", func(w http.ResponseWriter) { w.WriteHeader(400); _, _ = io.WriteString(w, "<html>") }, false, "400 Bad Request", 0},
		{"a page with 200", func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "<html>")
		}, true, "not JSON", 0},
		{"half an answer", func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, `{"half"`)
		}, true, "broke off after 7 bytes", 0},
		{"a redirect", func(w http.ResponseWriter) { w.Header().Set("Location", "http://127.0.0.1:1/"); w.WriteHeader(302) }, false, "the API key would go along", 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { c.answer(w) }))
			defer s.Close()
			resp, err := newClient(5*time.Second, errPasses).Get(s.URL)
			if err == nil {
				resp.Body.Close()
				t.Fatal("no error")
			}
			wait, ok := RetryAfter(err)
			if errors.Is(err, errPasses) != c.passes || !strings.Contains(err.Error(), c.says) || wait != c.retried || ok != (wait > 0) {
				t.Errorf("%v, wait %v", err, wait)
			}
		})
	}
}

func TestAServerThatIsNotThereMayComeBack(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	s.Close()
	if _, err := newClient(time.Second, errPasses).Get(s.URL); !errors.Is(err, errPasses) {
		t.Error(err)
	}
}

func TestAnAnswerOfAnotherShapeIsToldWithoutOurTypes(t *testing.T) {
	var into struct {
		Monitors []struct{ ID string } `json:"monitors"`
	}
	for answer, want := range map[string]string{
		`["a"]`:                     "array where something else belongs, at byte 1",
		`{"monitors": [{"id": 7}]}`: "number where something else belongs, at byte 22",
		`{"monitors": [`:            "unexpected EOF",
	} {
		err := Decode(strings.NewReader(answer), "GET /api/v0/monitors", &into)
		if err == nil || !strings.HasPrefix(err.Error(), "GET /api/v0/monitors: Mackerel's answer is not of the expected shape: "+want) || strings.Contains(err.Error(), "struct") {
			t.Errorf("%s: %v", answer, err)
		}
	}
	if err := Decode(strings.NewReader(`{"monitors": [{"id": "a"}]}`), "", &into); err != nil || into.Monitors[0].ID != "a" {
		t.Errorf("%v %v", into, err)
	}
}

func TestAClientThatCannotWorkIsNotMade(t *testing.T) {
	for want, c := range map[string]Config{
		"the URL of Mackerel's API must begin with https://":       {URL: "http://api.example", Key: "hush"},
		"the API key of Mackerel cannot be used: it holds a space": {Key: "hush hush"},
	} {
		if client, err := Open(c, errPasses); client != nil || err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hush") {
			t.Errorf("want %s, got %v", want, err)
		}
	}
	c, err := Open(Config{Key: "hush"}, errPasses)
	if err != nil || c.BaseURL.String() != DefaultURL || c.HTTPClient.Transport.(transport).timeout != 30*time.Second {
		t.Errorf("got %+v, %v", c, err)
	}
}

func TestKeysAndURLsThatCannotBe(t *testing.T) {
	for _, key := range []string{"", "a b", "a\nb", "鍵"} {
		if CheckKey(key) == nil {
			t.Errorf("%q is taken for a key", key)
		}
	}
	for url, ok := range map[string]bool{DefaultURL: true, "http://127.0.0.1:8080": true, "http://[::1]:80": true, "http://localhost/": true, "http://127.0.0.1.example": false,
		"http://api.example": false, "https://u:p@api.example": false, "https://api.example/path": false, "https://api.example?a": false, "ftp://127.0.0.1": false, "": false, "://": false} {
		if err := CheckURL(url); (err == nil) != ok {
			t.Errorf("%q: %v", url, err)
		}
	}
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte("hush hush\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadKey(path); err == nil || strings.Contains(err.Error(), "hush") {
		t.Errorf("%v", err)
	}
}

func TestAServerThatSaysNothingIsGivenUp(t *testing.T) {
	done := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-done:
		}
	}))
	defer s.Close()
	defer close(done)
	if _, err := newClient(100*time.Millisecond, errPasses).Get(s.URL); !errors.Is(err, errPasses) {
		t.Error(err)
	}
}

func FuzzMessage(f *testing.F) {
	f.Add([]byte(`{"error":{"message":"Authentication failed."}}`))
	f.Add([]byte(`{"error":"name is invalid"}`))
	f.Add([]byte(`<html>`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if m := message(body); strings.ContainsAny(m, "\n\r") || len([]rune(m)) > 301 {
			t.Errorf("%q", m)
		}
	})
}
