package main

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/shopslo/shopslo/promotion/decisionlog"
)

// Whatever a page or an odd client sends, what is logged is a plain POST of its own.
func TestNothingButAPlainPostWritesToTheLog(t *testing.T) {
	s := newStage(t, 0)
	s.withGate(t, "  log: {dir: decisions}\n")
	server := startServe(t, s.config)
	server.waitReady(t)
	host := strings.TrimPrefix(server.url, "http://")
	moved := fmt.Sprintf(`{"version": 1, "at": %q, "promotions": [{"to": "prod", "result": "promoted", "release": "3f2c1abd9e8f", "reason": "x"}]}`, s.at.Format("2006-01-02T15:04:05Z"))
	for _, c := range []struct {
		method, path, headers, body string
		want                        int
	}{
		{"GET", "/api/v1/gate?to=prod", "", "", 405},
		{"HEAD", "/api/v1/gate?to=prod", "", "", 405},
		{"PUT", "/api/v1/gate?to=prod", "", "", 405},
		{"OPTIONS", "/api/v1/gate?to=prod", "Origin: https://evil.example\r\nAccess-Control-Request-Method: POST\r\n", "", 405},
		{"GET", "/api/v1/gate?to=prod&_method=POST", "X-HTTP-Method-Override: POST\r\nX-Method-Override: POST\r\n", "", 405},
		{"post", "/api/v1/gate?to=prod", "", "", 405},
		{"GET", "/api/v1/decisions?kind=promote&by=x", "Content-Type: application/json\r\n", moved, 200}, // the list
		{"PATCH", "/api/v1/decisions?kind=promote&by=x", "Content-Type: application/json\r\n", moved, 405},
		{"DELETE", "/api/v1/decisions/1", "", "", 405},
		{"POST", "//api/v1/gate?to=prod", "", "", 307},
		{"POST", "/api/v1/gate/?to=prod", "", "", 404},
		{"POST", "/api/v1/gate?to=prod", "Origin: http://" + host + ".evil.example\r\n", "", 403},
		{"POST", "/api/v1/gate?to=prod", "Origin: http://evil.example/" + host + "\r\n", "", 403},
		{"POST", "/api/v1/gate?to=prod", "Origin: http://" + host + "@evil.example\r\n", "", 403},
		{"POST", "/api/v1/gate?to=prod", "Origin: file://\r\n", "", 403},
		{"POST", "/api/v1/gate?to=prod", "Origin: http://127.0.0.1:1\r\n", "", 403}, // another server of this machine
		{"POST", "/api/v1/gate?to=prod", "Origin: http://" + host + "\r\nSec-Fetch-Site: cross-site\r\n", "", 403},
		{"POST", "/api/v1/gate?to=prod", "sec-fetch-site: CROSS-SITE\r\n", "", 403},
		{"POST", "/api/v1/gate?to=prod", "Content-Type: text/plain\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\n", "{}", 403},
		{"POST", "/api/v1/decisions?kind=promote&by=x", "Content-Type: text/plain\r\n", moved, 415},
		{"POST", "/api/v1/decisions?kind=promote&by=x", "Content-Type: application/x-www-form-urlencoded\r\n", moved, 415},
		{"POST", "/api/v1/decisions?kind=promote&by=x", "", moved, 415},
		{"POST", "/api/v1/decisions?kind=promote&by=x", "Content-Type: text/plain; application/json\r\n", moved, 415},
		{"POST", "/api/v1/decisions?kind=promote&by=x", "Content-Type: application/json\r\nOrigin: https://evil.example\r\n", moved, 403},
	} {
		conn, err := net.Dial("tcp", host)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\nContent-Length: %d\r\n%s\r\n%s", c.method, c.path, host, len(c.body), c.headers, c.body)
		resp, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: c.method})
		if err != nil {
			t.Fatalf("%s %s: %v", c.method, c.path, err)
		}
		if resp.StatusCode != c.want {
			t.Errorf("%s %s %q: %s, want %d", c.method, c.path, c.headers, resp.Status, c.want)
		}
		for name := range resp.Header {
			if strings.HasPrefix(name, "Access-Control-") {
				t.Errorf("%s %s: another site is let in: %s", c.method, c.path, name)
			}
		}
		conn.Close()
	}
	if head, err := (decisionlog.Folder{Dir: filepath.Join(s.dir, "decisions")}).Read(t.Context(), func(decisionlog.Line) error { return nil }); err != nil || head.Index > 0 {
		t.Errorf("%d entries are logged, %v", head.Index, err)
	}
}
