package server

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"math"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"
)

// start serves s on a free port until the test ends or stop is called, which
// waits and gives what Serve returned.
func start(t *testing.T, s *Server) (address string, stop func() error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	stop = sync.OnceValue(func() error {
		cancel()
		select {
		case err := <-done:
			return err
		case <-time.After(20 * time.Second):
			return errors.New("the server did not stop")
		}
	})
	t.Cleanup(func() { stop() })
	return l.Addr().String(), stop
}

func newServer(t *testing.T, o Options) *Server {
	t.Helper()
	if o.Name == "" {
		o.Name = "shop"
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// get gives the answer and its body.
func get(t *testing.T, c *http.Client, url string) (*http.Response, string) {
	t.Helper()
	resp, err := c.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

func TestRoutesOfTheShell(t *testing.T) {
	var mu sync.Mutex
	notReady := errors.New("the ledger catches up")
	s := newServer(t, Options{
		Name: "shop<slo>", Version: "1.2.3",
		Links: []Link{{Address: "/metrics", Text: "Metrics", Description: "for Prometheus"}},
		Ready: func() error { mu.Lock(); defer mu.Unlock(); return notReady },
	})
	s.HandleFunc("GET /own", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=60")
		WriteJSON(w, http.StatusTeapot, map[string]int{"a": 1})
	})
	address, _ := start(t, s)
	tests := []struct {
		name, method, path string
		status             int
		body               string
	}{
		{"the landing page escapes and links", "GET", "/", 200, `<h1>shop&lt;slo&gt;</h1>`},
		{"healthy is said while not ready", "GET", "/-/healthy", 200, "shop<slo> is healthy.\n"},
		{"not ready says why", "GET", "/-/ready", 503, "not ready: the ledger catches up"},
		{"an own route answers in JSON", "GET", "/own", 418, "{\"a\":1}\n"},
		{"another method is refused", "POST", "/own", 405, "Method Not Allowed"},
		{"another path is not found", "GET", "/other", 404, "not found"},
		{"HEAD works where GET does", "HEAD", "/-/healthy", 200, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			req, err := http.NewRequest(tt.method, "http://"+address+tt.path, nil)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			body, _ := io.ReadAll(resp.Body)
			if resp.StatusCode != tt.status || !strings.Contains(string(body), tt.body) {
				t.Errorf("got %d %q", resp.StatusCode, body)
			}
			h := resp.Header
			if !strings.HasPrefix(h.Get("Content-Security-Policy"), "default-src 'none'") ||
				h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "no-referrer" {
				t.Errorf("security headers are missing: %v", h)
			}
			wantCache := "no-store"
			if tt.path == "/own" && tt.method == "GET" {
				wantCache = "max-age=60"
			}
			if h.Get("Cache-Control") != wantCache {
				t.Errorf("Cache-Control is %q, want %q", h.Get("Cache-Control"), wantCache)
			}
		})
	}
	t.Run("ready follows the function", func(t *testing.T) {
		mu.Lock()
		notReady = nil
		mu.Unlock()
		if resp, body := get(t, http.DefaultClient, "http://"+address+"/-/ready"); resp.StatusCode != 200 {
			t.Errorf("got %d %q", resp.StatusCode, body)
		}
	})
	t.Run("the landing page's style passes its policy", func(t *testing.T) {
		resp, body := get(t, http.DefaultClient, "http://"+address+"/")
		if !strings.Contains(body, "<style>"+css+"</style>") || strings.Contains(body, "style=") || strings.Contains(body, "<script") {
			t.Errorf("the page holds a style or script that its policy forbids:\n%s", body)
		}
		if !strings.Contains(resp.Header.Get("Content-Security-Policy"), "style-src 'sha256-") {
			t.Errorf("policy: %s", resp.Header.Get("Content-Security-Policy"))
		}
		if !strings.Contains(body, `<a href="/metrics">Metrics</a>`) {
			t.Errorf("the link is missing:\n%s", body)
		}
	})
}

func TestWriteJSONNeverSendsHalfAnAnswer(t *testing.T) {
	s := newServer(t, Options{})
	s.HandleFunc("/nan", func(w http.ResponseWriter, _ *http.Request) { WriteJSON(w, 200, math.NaN()) })
	s.HandleFunc("/error", func(w http.ResponseWriter, _ *http.Request) { WriteError(w, 400, errors.New("no such tier")) })
	address, _ := start(t, s)
	resp, body := get(t, http.DefaultClient, "http://"+address+"/nan")
	if resp.StatusCode != 500 || !strings.HasPrefix(body, `{"error":"the answer cannot be written as JSON`) {
		t.Errorf("got %d %q", resp.StatusCode, body)
	}
	resp, body = get(t, http.DefaultClient, "http://"+address+"/error")
	if resp.StatusCode != 400 || body != "{\"error\":\"no such tier\"}\n" || !strings.HasPrefix(resp.Header.Get("Content-Type"), "application/json") {
		t.Errorf("got %d %q", resp.StatusCode, body)
	}
}

// lockedBuffer is a log that many requests write at once.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func TestPanicsAndTheLog(t *testing.T) {
	var log lockedBuffer
	at := time.Unix(0, 0)
	s := newServer(t, Options{
		Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Now: func() time.Time { return at },
	})
	s.HandleFunc("/early", func(http.ResponseWriter, *http.Request) { panic("early") })
	s.HandleFunc("/late", func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, strings.Repeat("x", 1<<16))
		panic("late")
	})
	address, stop := start(t, s)
	resp, body := get(t, http.DefaultClient, "http://"+address+"/early?token=hunter2")
	if resp.StatusCode != 500 || !strings.Contains(body, `"error"`) || strings.Contains(body, "early") {
		t.Errorf("a panic before the answer gave %d %q", resp.StatusCode, body)
	}
	if resp, err := http.Get("http://" + address + "/late"); err == nil {
		if _, err := io.ReadAll(resp.Body); err == nil {
			t.Error("a panic in the middle of an answer looked like a whole answer")
		}
		resp.Body.Close()
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	got := log.String()
	for _, want := range []string{"level=ERROR", "panic=early", "panic=late", "path=/early", "status=500", "duration=0s", "method=GET"} {
		if !strings.Contains(got, want) {
			t.Errorf("the log lacks %s:\n%s", want, got)
		}
	}
	if strings.Contains(got, "hunter2") {
		t.Errorf("the log holds a query:\n%s", got)
	}
}

func TestShutdown(t *testing.T) {
	t.Run("a running request finishes", func(t *testing.T) {
		s := newServer(t, Options{})
		entered, release := make(chan struct{}), make(chan struct{})
		s.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) {
			close(entered)
			<-release
			if r.Context().Err() != nil {
				t.Error("the request's context ended with the server's")
			}
			io.WriteString(w, "done")
		})
		address, stop := start(t, s)
		body := make(chan string, 1)
		go func() {
			resp, err := http.Get("http://" + address + "/slow")
			if err != nil {
				body <- err.Error()
				return
			}
			defer resp.Body.Close()
			b, _ := io.ReadAll(resp.Body)
			body <- string(b)
		}()
		<-entered
		stopped := make(chan error, 1)
		go func() { stopped <- stop() }()
		for { // the port closes first
			c, err := net.DialTimeout("tcp", address, time.Second)
			if err != nil {
				break
			}
			c.Close()
			time.Sleep(5 * time.Millisecond)
		}
		close(release)
		if got := <-body; got != "done" {
			t.Errorf("got %q", got)
		}
		if err := <-stopped; err != nil {
			t.Error(err)
		}
	})
	t.Run("one that never does is cut off after the grace time", func(t *testing.T) {
		s := newServer(t, Options{Grace: 50 * time.Millisecond})
		entered := make(chan struct{})
		s.HandleFunc("/stuck", func(_ http.ResponseWriter, r *http.Request) {
			close(entered)
			<-r.Context().Done()
		})
		address, stop := start(t, s)
		go http.Get("http://" + address + "/stuck")
		<-entered
		if err := stop(); err == nil || !strings.Contains(err.Error(), "requests still ran after 50ms") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a context that has ended already is no error", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		if err := newServer(t, Options{}).Serve(ctx, l); err != nil {
			t.Error(err)
		}
	})
	t.Run("a port in use is named", func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		_, err = Listen(t.Context(), l.Addr().String())
		if err == nil || !strings.Contains(err.Error(), "listen on "+l.Addr().String()) {
			t.Errorf("got %v", err)
		}
	})
}

// webConfig writes a web configuration with TLS and one user, and gives its path
// and the certificates that a client must trust.
func webConfig(t *testing.T, user, password string) (string, *x509.CertPool) {
	t.Helper()
	dir := t.TempDir()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	token, err := bcrypt.GenerateFromPassword([]byte("s3cret"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	files := map[string][]byte{
		"cert.pem": certPEM,
		"key.pem":  pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: keyDER}),
		"web.yml": []byte("tls_server_config: {cert_file: cert.pem, key_file: key.pem}\n" +
			"http_server_config: {headers: {X-Frame-Options: sameorigin}}\n" +
			"basic_auth_users: {" + user + ": \"" + string(hash) + "\", bearer: \"" + string(token) + "\"}\n"),
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(certPEM)
	return filepath.Join(dir, "web.yml"), pool
}

func TestTLSAndBasicAuth(t *testing.T) {
	path, pool := webConfig(t, "sre", "hunter2")
	s := newServer(t, Options{WebConfig: path, Ready: func() error { return errors.New("the ledger is read") }})
	s.HandleFunc("/figures", func(http.ResponseWriter, *http.Request) {})
	address, _ := start(t, s)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}

	ask := func(path, user, password string) *http.Response {
		t.Helper()
		req, err := http.NewRequest("GET", "https://"+address+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if user != "" {
			req.SetBasicAuth(user, password)
		}
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		said, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || user == "" && strings.Contains(string(said), "ledger") {
			t.Errorf("%s says %q (%v)", path, said, err)
		}
		return resp
	}
	if resp := ask("/-/ready", "sre", "hunter2"); resp.StatusCode != 503 {
		t.Errorf("/-/ready with the password: %d", resp.StatusCode)
	}
	if resp := ask("/-/ready", "sre", "wrong"); resp.StatusCode != 401 {
		t.Errorf("/-/ready with a wrong password: %d", resp.StatusCode)
	}
	if resp := ask("/figures", "sre", "hunter2"); resp.StatusCode != 200 || resp.Header.Get("X-Frame-Options") != "sameorigin" {
		t.Errorf("with the password: %d, X-Frame-Options %q", resp.StatusCode, resp.Header.Get("X-Frame-Options"))
	}
	if resp := ask("/figures", "sre", "wrong"); resp.StatusCode != 401 {
		t.Errorf("with a wrong password: %d", resp.StatusCode)
	}
	if resp := ask("/figures", "", ""); resp.StatusCode != 401 {
		t.Errorf("without a password: %d", resp.StatusCode)
	}
	for token, want := range map[string]int{"s3cret": 200, "hunter2": 401, "": 401, "bearer:s3cret": 401} {
		req, err := http.NewRequest("GET", "https://"+address+"/figures", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "bearer "+token)
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("with the token %q: %d, want %d", token, resp.StatusCode, want)
		}
	}
	if resp := ask("/-/healthy", "", ""); resp.ProtoMajor != 2 {
		t.Errorf("asked by %s, want HTTP/2", resp.Proto)
	}
	for path, want := range map[string]int{"/-/healthy": 200, "/-/ready": 503, "/-/healthy/": 401, "//-/healthy": 401, "/": 401, "/-/ready/../../figures": 401} {
		if resp := ask(path, "", ""); resp.StatusCode != want {
			t.Errorf("%s without a password: %d, want %d", path, resp.StatusCode, want)
		}
	}
	if resp, err := http.Get("http://" + address + "/-/healthy"); err == nil {
		resp.Body.Close()
		if resp.StatusCode == 200 {
			t.Error("plain HTTP was answered on a TLS port")
		}
	}
}

func TestAWebConfigurationThatCannotBeUsedIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "web.yml")
	for name, text := range map[string]string{
		"a missing certificate":      "tls_server_config: {cert_file: none.pem, key_file: none.pem}\n",
		"an unknown key":             "tls_config: {}\n",
		"a password that is no hash": "basic_auth_users: {sre: hunter2}\n",
		"an empty file":              "",
		"comments alone":             "# basic_auth_users: {}\n",
		"no user":                    "basic_auth_users: {}\n",
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := New(Options{Name: "shop", WebConfig: path}); err == nil || !strings.Contains(err.Error(), path) {
				t.Errorf("got %v", err)
			}
		})
	}
	if err := os.WriteFile(path, []byte("http_server_config: {http2: false}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(Options{Name: "shop", WebConfig: path}); err != nil {
		t.Errorf("without passwords, and with another setting: %v", err)
	}
	if _, err := New(Options{Name: "shop", WebConfig: "/dev/zero"}); err == nil || !strings.Contains(err.Error(), "/dev/zero: it is no regular file") {
		t.Errorf("got %v", err)
	}
	if _, err := New(Options{Name: "shop", WebConfig: path + ".none"}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file gave %v", err)
	}
}

// The library reads the file for each request, and takes one without users for an open server.
func TestAWebConfigurationThatLosesItsUsersLetsNobodyIn(t *testing.T) {
	path, _ := webConfig(t, "sre", "hunter2")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, whole, _ := strings.Cut(string(text), "\n") // without TLS
	if err := os.WriteFile(path, []byte(whole), 0o600); err != nil {
		t.Fatal(err)
	}
	s := newServer(t, Options{WebConfig: path})
	s.HandleFunc("/figures", func(http.ResponseWriter, *http.Request) {})
	address, _ := start(t, s)
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	ask := func(path, user string) int {
		t.Helper()
		req, err := http.NewRequest("GET", "http://"+address+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if user != "" {
			req.SetBasicAuth(user, "hunter2")
		}
		resp, err := transport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	steps := []struct {
		text            string
		without, sre, x int
	}{
		{"", 500, 500, 500},
		{"http_server_config: {http2: true}\n", 500, 500, 500},
		{whole, 401, 200, 401},
	}
	if without, sre := ask("/figures", ""), ask("/figures", "sre"); without != 401 || sre != 200 {
		t.Errorf("at first: %d without a password, %d for sre", without, sre)
	}
	for _, step := range steps {
		if err := os.WriteFile(path, []byte(step.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if without, sre, x := ask("/figures", ""), ask("/figures", "sre"), ask("/figures", "x"); without != step.without || sre != step.sre || x != step.x {
			t.Errorf("with %.40q: %d without a password, %d for sre, %d for another", step.text, without, sre, x)
		}
		if got := ask("/-/healthy", ""); got != 200 {
			t.Errorf("with %.40q: /-/healthy is %d", step.text, got)
		}
	}
}

func TestAHomeIsLedToAlsoBelowAPrefix(t *testing.T) {
	h := newServer(t, Options{Home: "/board/"}).handler()
	for path, status := range map[string]int{"/": http.StatusFound, "/other": http.StatusNotFound} {
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, path, nil))
		if rec.Code != status {
			t.Errorf("%s: %d, want %d", path, rec.Code, status)
		}
		if at := rec.Header().Get("Location"); path == "/" && at != "board/" {
			t.Errorf("it leads to %q: a proxy's prefix would be lost", at)
		}
	}
}
