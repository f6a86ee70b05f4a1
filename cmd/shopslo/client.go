package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

// Environment variables with what a server may ask of its clients.
const (
	envUser         = "SHOPSLO_SERVER_USER"
	envPasswordFile = "SHOPSLO_SERVER_PASSWORD_FILE"
	envCAFile       = "SHOPSLO_SERVER_CA_FILE"
)

// serverHelp tells of them in the help text of commands that ask a server.
const serverHelp = `
Where the server asks for a password, ` + envUser + ` and
` + envPasswordFile + ` name the user and the file that holds it;
` + envCAFile + ` names a PEM file with the authorities that its
certificate is checked against, instead of the system's.`

// clientTimeout is how long a server may take to answer.
const clientTimeout = 30 * time.Second

// largestAnswer bounds what is read from a server.
const largestAnswer = 256 << 20

// askStatus is `status --server`.
func (p *program) askStatus(ctx context.Context, server string, at when) (status.Report, error) {
	body, err := p.ask(ctx, server, "/api/v1/status", at.query(url.Values{}))
	if err != nil {
		return status.Report{}, err
	}
	r, err := status.Decode(body)
	if err != nil {
		return r, fmt.Errorf("ask %s: %w", withoutUser(server), err)
	}
	return r, nil
}

// askGate is `gate --server`.
func (p *program) askGate(ctx context.Context, server string, question question, at when) (verdict, error) {
	q := url.Values{"to": {question.to}}
	if question.release != "" {
		q.Set("release", question.release)
	}
	if f := question.fix; f != nil {
		q.Set("fix", f.URL)
		q.Set("by", f.By)
	}
	body, err := p.ask(ctx, server, "/api/v1/gate", at.query(q))
	if err != nil {
		return verdict{}, err
	}
	r, err := promotion.DecodeRecord(body)
	if err != nil {
		return verdict{}, fmt.Errorf("ask %s: %w", withoutUser(server), err)
	}
	return verdict{Record: r, json: body, log: publishedIn(body)}, nil
}

func (w when) query(q url.Values) url.Values {
	if w.given {
		q.Set("at", w.time.Format(time.RFC3339Nano))
	}
	return q
}

// ask gets a path of a server. What cannot be reached is slo.ErrUnavailable; a
// question that the server refuses is an error of usage.
func (p *program) ask(ctx context.Context, server, path string, q url.Values) ([]byte, error) {
	return p.send(ctx, server, path, q, nil)
}

// send is ask, or where there is JSON to be sent, posts that.
func (p *program) send(ctx context.Context, server, path string, q url.Values, data []byte) ([]byte, error) {
	u, err := url.Parse(server)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, usageErrorf("--server: %q is not a URL like http://%s", withoutUser(server), defaultListen)
	}
	if u.User != nil {
		return nil, usageErrorf("--server: no user or password in the URL; set %s and %s", envUser, envPasswordFile)
	}
	u = u.JoinPath(path)
	u.RawQuery = q.Encode()
	ctx, cancel := context.WithTimeout(ctx, clientTimeout)
	defer cancel()
	method := http.MethodGet
	if data != nil {
		method = http.MethodPost
	}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", u.Host, err)
	}
	if data != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("User-Agent", "shopslo/"+thisBuild().Shopslo)
	if err := p.authenticate(req); err != nil {
		return nil, err
	}
	client, err := p.client()
	if err != nil {
		return nil, err
	}
	defer client.CloseIdleConnections()
	resp, err := client.Do(req)
	if distrust, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return nil, fmt.Errorf("ask %s: its certificate is not trusted: %w; set %s to a file with the authority that signed it", u.Host, distrust.Err, envCAFile)
	}
	if err != nil {
		return nil, fmt.Errorf("ask the server: %w: %w; is 'shopslo serve' running there?", slo.ErrUnavailable, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, largestAnswer))
	if err != nil {
		return nil, fmt.Errorf("ask %s: the answer broke off: %w: %w", u.Host, slo.ErrUnavailable, err)
	}
	return body, refusal(resp, body, u)
}

// client is an HTTP client that trusts the authorities that the environment names,
// or the system's.
func (p *program) client() (*http.Client, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	if file := p.env[envCAFile]; file != "" {
		pem, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", envCAFile, err)
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("read %s: %s holds no certificate in PEM", envCAFile, file)
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: pool}
	}
	return &http.Client{Transport: transport}, nil
}

// authenticate adds the password that the environment names.
func (p *program) authenticate(req *http.Request) error {
	user, file := p.env[envUser], p.env[envPasswordFile]
	if user == "" && file == "" {
		return nil
	}
	if user == "" || file == "" {
		return usageErrorf("set both %s and %s, or none", envUser, envPasswordFile)
	}
	password, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("read %s: %w", envPasswordFile, err)
	}
	req.SetBasicAuth(user, strings.TrimRight(string(password), "\r\n"))
	return nil
}

// refusal is the error that an answer other than 200 means.
func refusal(resp *http.Response, body []byte, u *url.URL) error {
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	var said struct {
		Error string `json:"error"`
	}
	if json.Unmarshal(body, &said) != nil || said.Error == "" {
		said.Error = resp.Status
	}
	switch {
	case resp.StatusCode == http.StatusUnauthorized:
		return fmt.Errorf("ask %s: it asks for a user and password: set %s and %s", u.Host, envUser, envPasswordFile)
	case resp.StatusCode == http.StatusBadRequest:
		return &codeError{code: exitUsage, err: errors.New(said.Error)}
	case resp.StatusCode == http.StatusConflict:
		return &codeError{code: exitNo, err: fmt.Errorf("ask %s: %s", u.Host, said.Error)}
	case resp.StatusCode >= 500:
		return fmt.Errorf("ask %s: %w: %s", u.Host, slo.ErrUnavailable, said.Error)
	}
	return fmt.Errorf("ask %s: %s; is this a 'shopslo serve'?", u.Host, said.Error)
}
