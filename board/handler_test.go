package board

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestAPageIsSentOnceAndCompressed(t *testing.T) {
	h, source := newHandler(t)
	plain := newRecorder(h, "/")
	packed := newRecorder(h, "/", "Accept-Encoding", "br, gzip")
	z, err := gzip.NewReader(packed.Body)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(z)
	if err != nil || !bytes.Equal(body, plain.Body.Bytes()) {
		t.Errorf("compressed it is another page (%v)", err)
	}
	if a, b := plain.Header().Get("ETag"), packed.Header().Get("ETag"); a == "" || a == b {
		t.Errorf("plain and packed have the tags %s and %s", a, b)
	}
	if got := newRecorder(h, "/", "Accept-Encoding", "gzip;q=0").Header().Get("Content-Encoding"); got != "" {
		t.Errorf("who refuses gzip gets %s", got)
	}
	etag := packed.Header().Get("ETag")
	same := newRecorder(h, "/", "Accept-Encoding", "gzip", "If-None-Match", `"x", W/`+etag)
	if same.Code != http.StatusNotModified || same.Body.Len() != 0 {
		t.Errorf("who has it already gets %d, %d bytes", same.Code, same.Body.Len())
	}
	if other := newRecorder(h, "/?lang=ja", "Accept-Encoding", "gzip", "If-None-Match", etag); other.Code != http.StatusOK {
		t.Errorf("another page is answered %d", other.Code)
	}
	in := source.in
	in.Outage = "refused"
	source.set(in)
	if news := newRecorder(h, "/", "Accept-Encoding", "gzip", "If-None-Match", etag); news.Code != http.StatusOK {
		t.Errorf("news are answered %d", news.Code)
	}
}

func TestHeadersKeepAPageToItself(t *testing.T) {
	h, _ := newHandler(t)
	for _, path := range []string{"/", "/gate/prod", "/nowhere", "/assets/board.js", "/assets/nothing"} {
		rec := newRecorder(h, path)
		csp := rec.Header().Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"} {
			if !strings.Contains(csp, want) {
				t.Errorf("%s: the policy lacks %s", path, want)
			}
		}
		if strings.Contains(csp, "unsafe") || strings.Contains(csp, "http") || strings.Contains(csp, "*") {
			t.Errorf("%s: the policy is %s", path, csp)
		}
		if rec.Header().Get("Set-Cookie") != "" {
			t.Errorf("%s sets a cookie", path)
		}
	}
	if v := newRecorder(h, "/").Header().Values("Vary"); !strings.Contains(strings.Join(v, ","), "Accept-Language") {
		t.Errorf("the page depends on the language, and says Vary: %v", v)
	}
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete} {
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, httptest.NewRequest(method, "/", nil))
		if rec.Code != http.StatusMethodNotAllowed {
			t.Errorf("%s is answered %d", method, rec.Code)
		}
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequest(http.MethodHead, "/", nil))
	if rec.Code != http.StatusOK || rec.Body.Len() != 0 || rec.Header().Get("Content-Length") == "0" {
		t.Errorf("HEAD: %d, %d bytes", rec.Code, rec.Body.Len())
	}
}

func TestAssetsAreKeptAsLongAsTheyAreTheSame(t *testing.T) {
	h, _ := newHandler(t)
	for name, kind := range map[string]string{"board.css": "text/css", "board.js": "text/javascript", "icon.svg": "image/svg+xml"} {
		rec := newRecorder(h, "/assets/"+name+"?v="+h.version)
		if rec.Code != http.StatusOK || !strings.HasPrefix(rec.Header().Get("Content-Type"), kind) || !strings.Contains(rec.Header().Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d %v", name, rec.Code, rec.Header())
		}
		if old := newRecorder(h, "/assets/"+name+"?v=old"); strings.Contains(old.Header().Get("Cache-Control"), "immutable") {
			t.Errorf("%s of an old page is kept for ever", name)
		}
	}
}

func TestWhereNothingCanBeShownThePageSaysWhy(t *testing.T) {
	var told error
	h := New(Options{Source: &fixed{err: errNothing}, Now: func() time.Time { return now }, Failed: func(err error) { told = err }})
	for path := range map[string]bool{"/": true, "/shopset/a-1": true, "/gate/prod": true} {
		rec := newRecorder(h, path, "Accept-Language", "ja")
		if rec.Code != http.StatusServiceUnavailable || !strings.Contains(rec.Body.String(), "unknown key") || !strings.Contains(rec.Body.String(), "ボードを表示できません") {
			t.Errorf("%s: %d %s", path, rec.Code, rec.Body)
		}
		if !errors.Is(told, errNothing) {
			t.Errorf("the log is told %v", told)
		}
	}
}

var colour = regexp.MustCompile(`--([a-z-]+): (#[0-9a-f]{6});`)

// Contrast of WCAG 2, level AA: 4.5 for text, 3 for marks and edges of controls.
func TestColoursCanBeReadInBothSchemes(t *testing.T) {
	css, err := assetFiles.ReadFile("assets/board.css")
	if err != nil {
		t.Fatal(err)
	}
	light, dark, ok := strings.Cut(string(css), "@media (prefers-color-scheme: dark)")
	if !ok {
		t.Fatal("there is no dark scheme")
	}
	dark, _, _ = strings.Cut(dark, "* {")
	for name, part := range map[string]string{"light": light, "dark": dark} {
		colours := map[string]string{}
		for _, m := range colour.FindAllStringSubmatch(part, -1) {
			colours[m[1]] = m[2]
		}
		need := func(front, back string, least float64) {
			t.Helper()
			if colours[front] == "" || colours[back] == "" {
				t.Fatalf("%s: there is no colour %s or %s", name, front, back)
			}
			if got := contrast(colours[front], colours[back]); got < least {
				t.Errorf("%s: %s on %s has a contrast of %.2f, want %.1f", name, front, back, got, least)
			}
		}
		backs := []string{"bg", "card", "bad-bg", "warn-bg", "unclear-bg", "moving-bg", "good-bg"}
		for _, back := range backs {
			for _, front := range []string{"text", "muted", "link"} {
				need(front, back, 4.5)
			}
		}
		for _, l := range levels {
			for _, back := range []string{"bg", "card", string(l) + "-bg", "bad-bg"} {
				need(string(l), back, 4.5)
			}
			need(string(l), "track", 3)
		}
	}
}

func contrast(a, b string) float64 {
	x, y := luminance(a)+0.05, luminance(b)+0.05
	return max(x, y) / min(x, y)
}

func luminance(hex string) (sum float64) {
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, _ := strconv.ParseUint(hex[1+2*i:3+2*i], 16, 8)
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}
