// Package promapi reads samples from a Prometheus-compatible server: Prometheus,
// Thanos, Mimir, VictoriaMetrics. It implements the ledger's Source.
//
// Raw samples come by one of two paths. Which one is found out on the first request
// and kept: a request that fails later never changes it, since series that were read by
// one path must not come back as others by the other one.
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
// A series has the same labels whichever path, replica or version of a server it comes
// from: labels of replicas are left out, those that a server adds by remote read only
// (external labels) too, and le and quantile are numbers. Several streams of a series
// become one; package promseries says how.
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
	"sync/atomic"
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
	// files are read for each request, so that a changed secret is taken up. Password and
	// BearerToken are what they would hold, where there is no file.
	Username                     string
	PasswordFile, Password       string
	BearerTokenFile, BearerToken string

	TLS TLS

	// Headers are sent with each request, such as X-Scope-OrgID for the tenant.
	Headers map[string]string

	// Timeout bounds one HTTP request with its answer; 0 is two minutes.
	Timeout time.Duration

	// ReplicaLabels tell replicas of one server apart, and no series: they are left out,
	// unless a selector names them. Nil: defaultReplicaLabels.
	ReplicaLabels []string

	// ScrapeInterval is how often the server scrapes, by which gaps are told where a
	// series comes in several streams; 0: one minute.
	ScrapeInterval time.Duration

	// Now is the clock by which a server that asks for it (Retry-After) is left alone,
	// and its own time and metadata grow old; nil: it is asked again at once.
	Now func() time.Time

	// Client replaces the HTTP client; TLS is ignored then. Redirects are never
	// followed.
	Client *http.Client
}

// defaultReplicaLabels are what Thanos' and Mimir's documentation, and the Prometheus
// operator, call the replicas of a pair.
var defaultReplicaLabels = []string{"prometheus_replica", "__replica__"}

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

	mu       sync.Mutex
	path     path
	learnt   bool          // what labels the server adds by remote read only
	choosing chan struct{} // full while the path is found out, and what is learnt

	noNative atomic.Bool // the server has no native histograms
	metadata metadata
	interval int64 // milliseconds between scrapes; 0: not set

	whole  slicing // of remote read
	slices slicing // of the matrix path

	pauses     []time.Duration // before an answer that broke off is asked for again
	collectors sync.Pool
}

// New checks the settings; it does not ask the server.
func New(c Config) (*Source, error) {
	h, err := newClient(c)
	if err != nil {
		return nil, err
	}
	s := &Source{http: h, choosing: make(chan struct{}, 1), pauses: pauses, slices: slicing{length: firstSlice, ceiling: maxSlice}, interval: c.ScrapeInterval.Milliseconds()}
	replicas := c.ReplicaLabels
	if replicas == nil {
		replicas = defaultReplicaLabels
	}
	s.names.Drop(replicas...)
	return s, nil
}

// Keep names labels that are never left out: all that selectors and the match of subjects
// name. A label that a request's selectors name is kept too, but from then on only: the
// series that other requests have read before would get another identity.
func (s *Source) Keep(labels ...string) { s.names.Keep(labels...) }

// Select implements the ledger's Source. It holds the whole answer in memory:
// 1 to 4 bytes a sample by remote read, 16 by the matrix path.
func (s *Source) Select(ctx context.Context, r slo.Request, f func([]slo.Series) error) error {
	asked := wantedFor(r.Selectors)
	if len(asked.plain) == 0 || r.To <= r.From {
		return f(nil)
	}
	s.names.Round()
	s.names.Name(r.Selectors)
	c := s.collector(r.From, r.To)
	defer s.collectors.Put(c)
	c.AsIs, c.Want, c.asked = false, promseries.NumbersIn(r.Selectors), asked
	err := s.read(ctx, asked.plain, r.From, r.To, c)
	for n := 0; n < len(s.pauses) && again(err, n) && pause(ctx, s.pauses[n]); n++ {
		c.Reset(r.From, r.To)
		err = s.read(ctx, asked.plain, r.From, r.To, c)
	}
	if err != nil {
		return fmt.Errorf("read samples from %s: %w", s.http.base, err)
	}
	if err := f(c.Answer()); err != nil {
		return err
	}
	c.Remember()
	return nil
}

// Backdates says that there may be samples now, at times of which there were none before:
// --enable-feature=created-timestamp-zero-ingestion, and what Mimir makes of OTLP's start times.
func (s *Source) Backdates() bool { return true }

// pauses are made before three more tries. Proxies made with Go's ReverseProxy cut answers
// that the server began while they were not yet done with the request
// (golang.org/issue/40747).
var pauses = []time.Duration{50 * time.Millisecond, 200 * time.Millisecond, time.Second}

// again reports whether a request is made once more, after n times: where its answer broke
// off, and once where the path that is read is suddenly not there.
func again(err error, n int) bool {
	return errors.Is(err, io.ErrUnexpectedEOF) || n == 0 && errors.Is(err, errGone)
}

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

// collector also knows what histograms are asked for, and counts the samples of the slice being
// read; the matrix path does.
type collector struct {
	promseries.Collector
	samples int
	asked   wanted
	from    int64 // of the slice
	first   int64 // the number of the request's first query
}

func (s *Source) collector(from, to int64) *collector {
	c, _ := s.collectors.Get().(*collector)
	if c == nil {
		c = &collector{}
		c.Names, c.Interval = &s.names, s.interval
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
