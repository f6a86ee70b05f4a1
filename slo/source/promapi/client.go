package promapi

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
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/shopslo/shopslo/internal/ask"
	"github.com/shopslo/shopslo/internal/disk"
	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/slo"
)

const (
	defaultTimeout = 2 * time.Minute
	// A server that asks for at most maxWait is waited for once; one that asks for
	// more is left alone for as long as it says, but no longer than maxRest.
	maxWait = 3 * time.Second
	maxRest = 5 * time.Minute
	// maxText bounds what is shown of a server's own error text.
	maxText = 300
)

// client sends requests to one server and sorts its failures.
type client struct {
	http    *http.Client
	base    *url.URL // without user, query and fragment: fit to be shown
	config  Config
	user    *url.Userinfo
	now     func() time.Time // nil: no clock, no rest
	timeout time.Duration

	mu    sync.Mutex
	rests rests
	date  time.Time // the server's, of its latest answer
	dated time.Time // when that came, by now
}

func newClient(c Config) (*client, error) {
	base, user, err := parseBase(c.URL)
	if err != nil {
		return nil, err
	}
	if c.BearerTokenFile+c.BearerToken != "" && (c.Username != "" || c.PasswordFile != "" || user != nil) {
		return nil, fmt.Errorf("%s: basic auth and bearer_token_file exclude each other", base)
	}
	h := ask.Staying(c.Client)
	if c.Client == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.MaxIdleConnsPerHost = 8
		t.ReadBufferSize = 64 << 10
		if t.TLSClientConfig, err = c.TLS.config(); err != nil {
			return nil, fmt.Errorf("%s: %w", base, err)
		}
		h.Transport = t
	}
	timeout := c.Timeout
	if timeout <= 0 {
		timeout = defaultTimeout
	}
	return &client{http: h, base: base, config: c, user: user, now: c.Now, timeout: timeout}, nil
}

func (t TLS) config() (*tls.Config, error) {
	c := &tls.Config{ServerName: t.ServerName, InsecureSkipVerify: t.InsecureSkipVerify}
	if t.CAFile != "" {
		pem, err := disk.ReadSmall(t.CAFile)
		if err != nil {
			return nil, fmt.Errorf("tls ca_file: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("tls ca_file %s holds no PEM certificate", t.CAFile)
		}
	}
	if (t.CertFile == "") != (t.KeyFile == "") {
		return nil, errors.New("tls: cert_file and key_file go together")
	}
	if t.CertFile == "" {
		return c, nil
	}
	load := func() (*tls.Certificate, error) {
		cert, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("tls cert_file %s, key_file %s: %w", t.CertFile, t.KeyFile, err)
		}
		return &cert, nil
	}
	if _, err := load(); err != nil {
		return nil, err
	}
	c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return load() }
	return c, nil
}

// statusError is an answer other than 2xx.
type statusError struct {
	path   string
	status int
	text   string // the server's own words, shortened, without secrets
	hint   string
}

func (e *statusError) Error() string {
	msg := fmt.Sprintf("%s: %d %s", e.path, e.status, http.StatusText(e.status))
	if e.text != "" {
		msg += ": " + e.text
	}
	if e.hint != "" {
		msg += "; " + e.hint
	}
	return msg
}

// Unwrap makes overload and outage unavailable.
func (e *statusError) Unwrap() error {
	if e.status == http.StatusTooManyRequests || e.status == http.StatusRequestTimeout ||
		e.status >= 500 && e.status != http.StatusNotImplemented {
		return slo.ErrUnavailable
	}
	return nil
}

// call is one request.
type call struct {
	method, path string
	query        url.Values
	contentType  string
	body         []byte
	header       http.Header
}

// post sends one request and hands the body of a 2xx answer to read. The time
// limit covers both.
func (c *client) post(ctx context.Context, path, contentType string, body []byte, header http.Header, read func(*http.Response) error) error {
	return c.send(ctx, call{http.MethodPost, path, nil, contentType, body, header}, read)
}

// getJSON asks for a small answer, of at most limit bytes, and decodes it.
func (c *client) getJSON(ctx context.Context, path string, query url.Values, limit int64, into any) error {
	return c.send(ctx, call{method: http.MethodGet, path: path, query: query}, func(resp *http.Response) error {
		b, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
		if err != nil {
			return cutShort("%w", err)
		}
		if int64(len(b)) > limit {
			return &answerError{fmt.Sprintf("the answer is longer than %d bytes", limit)}
		}
		if err := json.Unmarshal(b, into); err != nil {
			return &answerError{"the answer is not the JSON that was asked for: " + err.Error()}
		}
		return nil
	})
}

func (c *client) send(ctx context.Context, r call, read func(*http.Response) error) error {
	q := question(r)
	if err := c.resting(q); err != nil {
		return err
	}
	wait, err := c.once(ctx, r, read)
	if err == nil {
		c.answered()
	}
	if err == nil || wait <= 0 {
		return err
	}
	if wait > maxWait {
		c.rest(q, wait)
		return err
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return err
	case <-timer.C:
	}
	if wait, err = c.once(ctx, r, read); err == nil {
		c.answered()
	} else if wait > 0 {
		c.rest(q, wait)
	}
	return err
}

// once also returns how long the server asks to be left alone.
func (c *client) once(ctx context.Context, r call, read func(*http.Response) error) (time.Duration, error) {
	limited, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(limited, r.method, c.base.String()+r.path, bytes.NewReader(r.body))
	if err != nil {
		return 0, err
	}
	req.URL.RawQuery = r.query.Encode()
	req.Header = r.header.Clone()
	if req.Header == nil {
		req.Header = http.Header{}
	}
	if r.contentType != "" {
		req.Header.Set("Content-Type", r.contentType)
	}
	// Compressing would cost the server more than it saves; chunks are dense anyway.
	req.Header.Set("Accept-Encoding", "identity")
	req.Header.Set("User-Agent", "shopslo")
	secrets, err := c.authorize(req)
	if err != nil {
		return 0, err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return 0, c.sort(ctx, r.path, err)
	}
	c.noteDate(resp)
	defer resp.Body.Close()
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return retryAfter(resp), c.refused(r.path, resp, secrets)
	}
	if err := read(resp); err != nil {
		return 0, c.sort(ctx, r.path, err)
	}
	return 0, nil
}

// authorize sets the headers that let us in and returns the secrets among them.
func (c *client) authorize(req *http.Request) (secrets []string, err error) {
	for k, v := range c.config.Headers {
		if http.CanonicalHeaderKey(k) == "Host" {
			req.Host = v
			continue
		}
		req.Header.Set(k, v)
		secrets = append(secrets, v)
	}
	secret := func(file, value string) (string, error) {
		if file == "" {
			secrets = append(secrets, value)
			return value, nil
		}
		b, err := disk.ReadSmall(file)
		if err != nil {
			return "", fmt.Errorf("read the secret: %w", err)
		}
		s := strings.TrimSpace(string(b))
		if s == "" || strings.ContainsFunc(s, unicode.IsControl) {
			return "", fmt.Errorf("read the secret: %s is empty or has more than one line", file)
		}
		secrets = append(secrets, s)
		return s, nil
	}
	switch {
	case c.config.BearerTokenFile+c.config.BearerToken != "":
		token, err := secret(c.config.BearerTokenFile, c.config.BearerToken)
		if err != nil {
			return nil, err
		}
		req.Header.Set("Authorization", "Bearer "+token)
	case c.config.Username != "" || c.config.PasswordFile != "":
		password, err := secret(c.config.PasswordFile, c.config.Password)
		if err != nil {
			return nil, err
		}
		req.SetBasicAuth(c.config.Username, password)
	case c.user != nil:
		password, _ := c.user.Password()
		secrets = append(secrets, password)
		req.SetBasicAuth(c.user.Username(), password)
	}
	if a := req.Header.Get("Authorization"); a != "" {
		_, credentials, _ := strings.Cut(a, " ")
		secrets = append(secrets, credentials)
	}
	return secrets, nil
}

// sort says whether a failure on the way may pass.
func (c *client) sort(ctx context.Context, path string, err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err // the rest of it is the URL
	}
	var (
		verify *tls.CertificateVerificationError
		record tls.RecordHeaderError
		alert  tls.AlertError
		answer *answerError
	)
	switch {
	case errors.As(err, &answer), errors.Is(err, slo.ErrUnavailable):
		return fmt.Errorf("%s: %w", path, err)
	case errors.Is(ctx.Err(), context.Canceled):
		return fmt.Errorf("%s: %w", path, context.Cause(ctx))
	case errors.As(err, &verify):
		return fmt.Errorf("%s: the server's certificate is not trusted: %w; set tls ca_file or server_name", path, err)
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return fmt.Errorf("%s: the server does not speak TLS here: %w; use http:// or another port", path, err)
	case errors.As(err, &alert):
		return fmt.Errorf("%s: the server refused the TLS connection: %w; set tls cert_file and key_file", path, err)
	case errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil:
		return fmt.Errorf("%s: %w: %w: no whole answer within %v", path, slo.ErrUnavailable, errTimeout, c.timeout)
	}
	return fmt.Errorf("%s: %w: %w", path, slo.ErrUnavailable, err)
}

// errTimeout marks our own time limit.
var errTimeout = errors.New("time is up")

// answerError is a 2xx answer that cannot be what was asked for, now or later.
type answerError struct{ text string }

func (e *answerError) Error() string { return e.text }

// cutShort marks an answer that is damaged or incomplete: asking again may help.
func cutShort(format string, args ...any) error {
	return fmt.Errorf("%w: %w", slo.ErrUnavailable, fmt.Errorf("incomplete answer: "+format, args...))
}

// refused makes the error of an answer other than 2xx.
func (c *client) refused(path string, resp *http.Response, secrets []string) error {
	e := &statusError{path: path, status: resp.StatusCode, text: ownWords(resp.Body, secrets)}
	switch {
	case resp.StatusCode >= 300 && resp.StatusCode < 400:
		e.hint = "redirects are not followed; set url to where the server really is"
		if to, err := resp.Location(); err == nil {
			to.User, to.RawQuery, to.Fragment = nil, "", ""
			e.hint += fmt.Sprintf(" (it points to %s)", to)
		}
	case resp.StatusCode == http.StatusUnauthorized:
		e.hint = "check the user and password_file, or bearer_token_file"
	case resp.StatusCode == http.StatusForbidden:
		e.hint = "these credentials, or this tenant header, may not read here"
	case resp.StatusCode == http.StatusNotFound:
		e.hint = "check the url and its path prefix"
	}
	return e
}

// ownWords is the server's error text: its JSON error field, or the body, in
// one short line.
func ownWords(body io.Reader, secrets []string) string {
	b, _ := io.ReadAll(io.LimitReader(body, 8<<10))
	var reply struct{ Error string }
	said := string(b)
	if json.Unmarshal(b, &reply) == nil && reply.Error != "" {
		said = reply.Error
	}
	for _, s := range secrets {
		if s != "" {
			said = strings.ReplaceAll(said, s, "[secret]")
		}
	}
	return text.Line(said, maxText)
}

// retryAfter is what the server asks for with 429 or 503; 0 if nothing.
func retryAfter(resp *http.Response) time.Duration {
	if resp.StatusCode != http.StatusTooManyRequests && resp.StatusCode != http.StatusServiceUnavailable {
		return 0
	}
	v := resp.Header.Get("Retry-After")
	if n, err := strconv.Atoi(v); err == nil && n > 0 {
		return min(time.Duration(min(n, 86400))*time.Second, maxRest)
	}
	if t, err := http.ParseTime(v); err == nil {
		if sent, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
			return max(0, min(t.Sub(sent), maxRest)) // by the server's own clock
		}
	}
	return 0
}
