// Package promapi reads samples from a Prometheus-compatible server: Prometheus,
// Thanos, Mimir, VictoriaMetrics. It implements the ledger's Source.
//
// Raw samples come by one of two paths. Which one is tried on the first request,
// remembered, and tried again after a failure:
//
//   - Remote read (/api/v1/read) where the server has it. All selectors go in one
//     request; the server streams its chunks as they are stored, or sends samples
//     if it cannot stream. Staleness markers are delivered.
//   - A matrix selector (m{…}[range] over /api/v1/query) where it has not: Thanos
//     Query, VictoriaMetrics. The span is read in slices of time that shrink when the server
//     says that they are too much. Prometheus and Thanos leave staleness markers
//     out of such an answer. VictoriaMetrics answers it with raw samples too, has
//     the markers, as NaN, and takes in no other NaN: its NaN are delivered as
//     staleness markers. VictoriaMetrics stores numbers as decimals: whole numbers
//     up to 2⁵³ are exact, more than 15 digits behind it may not be.
//
// An answer that the server calls partial, or that is cut short, is an error and
// never data. No data is a call of f without series.
package promapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/source/promseries"
)

// Config says where the server is and how to be let in. Only URL must be set.
type Config struct {
	// URL is the server's base, with its path prefix if it has one:
	// http://127.0.0.1:9090, https://mimir.example/prometheus. A user and password
	// in it are used as basic auth.
	URL string

	// Username and PasswordFile are for basic auth; BearerTokenFile for a token. The
	// files are read for each request, so that a changed secret is taken up.
	Username        string
	PasswordFile    string
	BearerTokenFile string

	TLS TLS

	// Headers are sent with each request, such as X-Scope-OrgID for the tenant.
	Headers map[string]string

	// Timeout bounds one HTTP request with its answer; 0 is two minutes.
	Timeout time.Duration

	// Now is the clock by which a server that asks for it (Retry-After) is left alone;
	// nil: it is asked again at once.
	Now func() time.Time

	// Client replaces the HTTP client; TLS is ignored then. Redirects are never
	// followed.
	Client *http.Client
}

// TLS are the settings of an https connection; the zero value checks the server
// against the system's authorities.
type TLS struct {
	CAFile             string // PEM; instead of the system's authorities
	CertFile, KeyFile  string // PEM; the client's own certificate, read anew for each connection
	ServerName         string // instead of the URL's host
	InsecureSkipVerify bool
}

// Source reads from one server. It is safe for concurrent use.
type Source struct {
	http  *client
	names promseries.Interner

	mu   sync.Mutex
	path path

	whole  slicing // of remote read
	slices slicing // of the matrix path

	pauses     []time.Duration // before an answer that broke off is asked for again
	collectors sync.Pool
}

// path is a way to get raw samples.
type path int

const (
	untried path = iota
	remoteRead
	matrix
)

// New checks the settings; it does not ask the server.
func New(c Config) (*Source, error) {
	h, err := newClient(c)
	if err != nil {
		return nil, err
	}
	return &Source{http: h, pauses: pauses, slices: slicing{length: firstSlice, ceiling: maxSlice}}, nil
}

// Select implements the ledger's Source. It holds the whole answer in memory:
// 1 to 4 bytes a sample by remote read, 16 by the matrix path.
func (s *Source) Select(ctx context.Context, r slo.Request, f func([]slo.Series) error) error {
	selectors := promseries.Reduce(r.Selectors)
	if len(selectors) == 0 || r.To <= r.From {
		return f(nil)
	}
	s.names.Round()
	c := s.collector(r.From, r.To)
	defer s.collectors.Put(c)
	err := s.read(ctx, selectors, r.From, r.To, c)
	for n := 0; n < len(s.pauses) && errors.Is(err, io.ErrUnexpectedEOF) && pause(ctx, s.pauses[n]); n++ {
		c.Reset(r.From, r.To)
		err = s.read(ctx, selectors, r.From, r.To, c)
	}
	if err != nil {
		s.forgetPath(err)
		return fmt.Errorf("read samples from %s: %w", s.http.base, err)
	}
	return f(c.Answer())
}

// pauses are made before three more tries. Proxies made with Go's ReverseProxy cut answers
// that the server began while they were not yet done with the request
// (golang.org/issue/40747).
var pauses = []time.Duration{50 * time.Millisecond, 200 * time.Millisecond, time.Second}

// pause is false where the context ends first.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// read asks by the known path, or finds it out.
func (s *Source) read(ctx context.Context, selectors []slo.Selector, from, to int64, c *collector) error {
	s.mu.Lock()
	p := s.path
	s.mu.Unlock()
	if p == matrix {
		return inSlices(ctx, selectors, from, to, c, &s.slices, s.readMatrix)
	}
	err := inSlices(ctx, selectors, from, to, c, &s.whole, s.readRemote)
	if !errors.Is(err, errNoRemoteRead) {
		if err == nil {
			s.setPath(remoteRead)
		}
		return err
	}
	if err := inSlices(ctx, selectors, from, to, c, &s.slices, s.readMatrix); err != nil {
		return err
	}
	s.setPath(matrix)
	return nil
}

func (s *Source) setPath(p path) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.path = p
}

// forgetPath lets the next request find the path anew after a failure that may
// mean another server.
func (s *Source) forgetPath(err error) {
	if errors.Is(err, slo.ErrUnavailable) {
		s.setPath(untried)
	}
}

// collector also counts the samples of the slice being read; the matrix path does.
type collector struct {
	promseries.Collector
	samples int
}

func (s *Source) collector(from, to int64) *collector {
	c, _ := s.collectors.Get().(*collector)
	if c == nil {
		c = &collector{}
	}
	c.Reset(from, to)
	return c
}

// parseBase strips what must not be shown, and what is not part of a base URL.
func parseBase(text string) (base *url.URL, user *url.Userinfo, err error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		// The text may hold a password: it is not shown.
		return nil, nil, errors.New("url: want http://HOST:PORT or https://HOST:PORT, with a path prefix if there is one")
	}
	user = u.User
	return &url.URL{Scheme: u.Scheme, Host: u.Host, Path: strings.TrimRight(u.Path, "/")}, user, nil
}
