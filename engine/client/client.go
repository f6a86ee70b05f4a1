// Package client asks a running 'shopslo serve' for what a command else computes itself.
package client

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/shopslo/shopslo/engine/host"
	"github.com/shopslo/shopslo/engine/judge"
	"github.com/shopslo/shopslo/engine/logbook"
	"github.com/shopslo/shopslo/engine/usage"
	"github.com/shopslo/shopslo/internal/ask"
	"github.com/shopslo/shopslo/internal/disk"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/promotion/decisionlog"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

// DefaultListen is where `serve` listens: on this machine only, since without a web
// configuration there is neither TLS nor a password.
const DefaultListen = "127.0.0.1:9876"

// Server is a 'shopslo serve' that is asked.
type Server struct {
	host.Host
	address string // its URL
}

// At is the one at an address, a URL.
func At(h host.Host, address string) Server { return Server{h, address} }

// Environment variables with what a server may ask of its clients.
const (
	EnvUser         = "SHOPSLO_SERVER_USER"
	EnvPasswordFile = "SHOPSLO_SERVER_PASSWORD_FILE"
	EnvCAFile       = "SHOPSLO_SERVER_CA_FILE"
)

// clientTimeout is how long a server may take to answer.
const clientTimeout = 30 * time.Second

// largestAnswer bounds what is read from a server.
const largestAnswer = 256 << 20

// Status gives the budgets of a time; the zero time is now.
func (s Server) Status(ctx context.Context, at time.Time) (status.Report, error) {
	body, err := s.ask(ctx, "/api/v1/status", asOf(url.Values{}, at))
	if err != nil {
		return status.Report{}, err
	}
	r, err := status.Decode(body)
	if err != nil {
		return r, fmt.Errorf("ask %s: %w", host.WithoutUser(s.address), err)
	}
	return r, nil
}

// Gate gives the decision of a time; the zero time is now.
func (s Server) Gate(ctx context.Context, question judge.Question, at time.Time) (logbook.Answer, error) {
	q := url.Values{"to": {question.To}}
	if question.Release != "" {
		q.Set("release", question.Release)
	}
	if !question.Since.IsZero() {
		q.Set("since", question.Since.Format(time.RFC3339Nano))
	}
	by := s.WhoAsks()
	if f := question.Fix; f != nil {
		q.Set("fix", f.URL)
		by = cmp.Or(f.By, by)
	}
	if a := question.Accept; a != nil {
		q.Set("accept_rules", a.Hash)
		by = cmp.Or(a.By, by)
	}
	if a := question.Again; a != nil {
		q.Set("again", "true")
		by = cmp.Or(a.By, by)
	}
	if by != "" {
		q.Set("by", by)
	}
	body, err := s.send(ctx, GatePath, asOf(q, at), []byte("{}"))
	if err != nil {
		return logbook.Answer{}, err
	}
	r, err := promotion.DecodeRecord(body)
	if err != nil {
		return logbook.Answer{}, fmt.Errorf("ask %s: %w", host.WithoutUser(s.address), err)
	}
	if why := s.another(r, question, at); why != "" {
		return logbook.Answer{}, fmt.Errorf("ask %s: the answer is not to this question: it %s; do not act on it", host.WithoutUser(s.address), why)
	}
	if !question.Since.IsZero() && r.Evidence.Arrivals.Where == "" {
		return logbook.Answer{}, fmt.Errorf("ask %s: the server does not know --since; update it to the version of this shopslo", host.WithoutUser(s.address))
	}
	return logbook.Answer{Record: r, JSON: body, Log: logbook.PublishedIn(body)}, nil
}

// oldest is how far clocks may differ, where the server's policy does not say.
const oldest = 5 * time.Minute

// another says why a decision is none about a question: something between may have kept an answer,
// or the server's clock is wrong, by which it knows what is old. "": it is.
func (s Server) another(r promotion.Record, q judge.Question, at time.Time) string {
	asked, most := at, time.Second
	if at.IsZero() {
		asked, most = s.Now(), max(r.Policy.MaxAge, oldest)
	}
	switch {
	case string(r.To) != q.To:
		return fmt.Sprintf("is about %q, not %q", r.To, q.To)
	case !strings.HasPrefix(strings.ToLower(r.Release), strings.ToLower(q.Release)):
		return fmt.Sprintf("is about Release %.64q, not %q", r.Release, q.Release)
	case r.At.Sub(asked).Abs() > most:
		return fmt.Sprintf("is of %s, asked was for %s", r.At.UTC().Format(time.RFC3339), asked.UTC().Format(time.RFC3339))
	}
	return ""
}

func asOf(q url.Values, at time.Time) url.Values {
	if !at.IsZero() {
		q.Set("at", at.Format(time.RFC3339Nano))
	}
	return q
}

// ask gets a path. What cannot be reached is slo.ErrUnavailable; a
// question that the server refuses is an error of usage.
func (s Server) ask(ctx context.Context, path string, q url.Values) ([]byte, error) {
	return s.send(ctx, path, q, nil)
}

// send is ask, or where there is JSON to be sent, posts that.
func (s Server) send(ctx context.Context, path string, q url.Values, data []byte) (body []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, clientTimeout)
	defer cancel()
	err = s.open(ctx, path, q, data, func(resp *http.Response) error {
		body, err = whole(resp, largestAnswer)
		return err
	})
	return body, err
}

// open sends a request, and hands over the answer where it is none of an error.
func (s Server) open(ctx context.Context, path string, q url.Values, data []byte, read func(*http.Response) error) error {
	req, err := s.request(ctx, path, q, data)
	if err != nil {
		return err
	}
	client, err := s.client()
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	resp, err := client.Do(req)
	if distrust, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return fmt.Errorf("ask %s: its certificate is not trusted: %w; set %s to a file with the authority that signed it", req.URL.Host, distrust.Err, EnvCAFile)
	}
	if err != nil {
		return fmt.Errorf("ask the server: %w: %w; is 'shopslo serve' running there?", slo.ErrUnavailable, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusOK {
		return read(resp)
	}
	if to, err := resp.Location(); err == nil {
		return usage.Errorf("--server: %s redirects to %s; redirects are not followed: give the address of 'shopslo serve' itself", req.URL.Host, host.WithoutUser(to.String()))
	}
	body, err := whole(resp, largestAnswer)
	if err != nil {
		return err
	}
	return refusal(resp, body, req.URL)
}

// request is one for a path, a POST where there is data.
func (s Server) request(ctx context.Context, path string, q url.Values, data []byte) (*http.Request, error) {
	u, err := url.Parse(s.address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, usage.Errorf("--server: %q is not a URL like http://%s", host.WithoutUser(s.address), DefaultListen)
	}
	if u.User != nil {
		return nil, usage.Errorf("--server: no user or password in the URL; set %s and %s", EnvUser, EnvPasswordFile)
	}
	u = u.JoinPath(path)
	u.RawQuery = q.Encode()
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
	req.Header.Set("User-Agent", "shopslo/"+s.Version)
	return req, s.authenticate(req)
}

// whole reads an answer, all of it or none.
func whole(resp *http.Response, most int64) ([]byte, error) {
	body, err := ask.Body(resp, most)
	switch {
	case err != nil:
		return nil, brokeOff(resp, err)
	case int64(len(body)) > most:
		return nil, fmt.Errorf("ask %s: the answer has more than %d MiB, so nothing of it is used", resp.Request.URL.Host, most>>20)
	}
	return body, nil
}

func brokeOff(resp *http.Response, err error) error {
	return fmt.Errorf("ask %s: the answer broke off: %w: %w", resp.Request.URL.Host, slo.ErrUnavailable, err)
}

// client is an HTTP client that trusts the authorities that the environment names,
// or the system's.
func (s Server) client() (*http.Client, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	if file := s.Env[EnvCAFile]; file != "" {
		pem, err := disk.ReadSmall(file)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", EnvCAFile, err)
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("read %s: %s holds no certificate in PEM", EnvCAFile, file)
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: pool}
	}
	return ask.Staying(&http.Client{Transport: transport}), nil // the password is for this server only
}

// authenticate adds the password that the environment names.
func (s Server) authenticate(req *http.Request) error {
	user, file := s.Env[EnvUser], s.Env[EnvPasswordFile]
	if user == "" && file == "" {
		return nil
	}
	if user == "" || file == "" {
		return usage.Errorf("set both %s and %s, or none", EnvUser, EnvPasswordFile)
	}
	password, err := disk.ReadSmall(file)
	if err != nil {
		return fmt.Errorf("read %s: %w", EnvPasswordFile, err)
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
		return fmt.Errorf("ask %s: it asks for a user and password: set %s and %s", u.Host, EnvUser, EnvPasswordFile)
	case resp.StatusCode == http.StatusMethodNotAllowed && said.Error == resp.Status:
		return fmt.Errorf("ask %s: the server takes no %s for %s: it is of another version than this shopslo; update the older of the two", u.Host, resp.Request.Method, u.Path)
	case resp.StatusCode == http.StatusBadRequest || resp.StatusCode == http.StatusForbidden || resp.StatusCode == http.StatusMethodNotAllowed:
		return errors.New(said.Error)
	case resp.StatusCode == http.StatusConflict:
		return &conflict{fmt.Sprintf("ask %s: %s", u.Host, said.Error)}
	case resp.StatusCode >= 500 || resp.StatusCode == http.StatusTooManyRequests:
		return fmt.Errorf("ask %s: %w: %s", u.Host, slo.ErrUnavailable, said.Error)
	}
	return fmt.Errorf("ask %s: %s; is this a 'shopslo serve'?", u.Host, said.Error)
}

// conflict is of a server whose log of decisions has a chain that does not hold.
type conflict struct{ text string }

func (e *conflict) Error() string { return e.text }

func (e *conflict) Unwrap() error { return decisionlog.ErrBroken }
