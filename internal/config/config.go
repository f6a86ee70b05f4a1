// Package config reads shopslo.yaml: where samples come from, which documents
// describe the fleet and its SLOs, and the settings of ledger and gate.
//
// Reading is strict. An unknown key, a key given twice or a value of the wrong
// kind is a fault with file and line; all faults of a file are reported at once.
// Secrets never stand in the file: it names the files that hold them. What is
// read has plain types, so that no package needs to know this one but cmd.
package config

import (
	"errors"
	"fmt"
	"os"
	"time"
)

// Config is a shopslo.yaml, with defaults filled in. Names of files and folders
// stand in the file relative to itself; here they can be opened as they are.
type Config struct {
	// Path is the file that was read, Dir its folder.
	Path, Dir string

	Source Source
	// Fleet and SLOs are patterns of file names (filepath.Match), at least one
	// each, as written: relative ones start at Dir.
	Fleet, SLOs []string
	Ledger      Ledger

	// TargetLabels are the labels whose values make a target within a ShopSet.
	TargetLabels []string
	// StartTimeMetric is the gauge of a process's start in Unix seconds; "" means
	// that none is to be used.
	StartTimeMetric string

	Budgets Budgets
	// Counting are the thresholds of docs/counting.md.
	Counting  Counting
	BurnRates []BurnRate
	Gate      Gate
	Promotion *Promotion // nil: Releases are not moved from here
	Review    *Review    // nil: nothing is said of it, see WeeklyReview
	// Board is the address at which people reach `shopslo serve`, for links to its pages;
	// "": none are made.
	Board string
	// Mackerel is nil where nothing goes to Mackerel.
	Mackerel *MackerelPush
}

// Source is where samples come from: exactly one field is set.
type Source struct {
	Prometheus *Prometheus
	Embedded   *Embedded
	Mackerel   *Mackerel
}

// ScrapeInterval is the time between two samples of a series.
func (s Source) ScrapeInterval() time.Duration {
	switch {
	case s.Prometheus != nil:
		return s.Prometheus.ScrapeInterval
	case s.Embedded != nil:
		return s.Embedded.ScrapeInterval
	case s.Mackerel != nil:
		return time.Minute // what agents send at
	}
	return 0
}

// Prometheus is a server that speaks Prometheus' HTTP API.
type Prometheus struct {
	URL string
	// BasicAuth and BearerTokenFile exclude each other; nil and "" mean none.
	BasicAuth       *BasicAuth
	BearerTokenFile string
	TLS             TLS
	// Tenant goes into the header TenantHeader of every request; "" means none.
	Tenant, TenantHeader string
	// Headers are sent as they are; none of them carries a credential.
	Headers map[string]string
	// Timeout of one request.
	Timeout        time.Duration
	ScrapeInterval time.Duration
	// ReplicaLabels tell the replicas of the server apart, and no series. Nil: the source's
	// own default; an empty list: none.
	ReplicaLabels []string
}

// BasicAuth is a user name and the file that holds the password.
type BasicAuth struct{ Username, PasswordFile string }

// TLS is how a server is recognised and how the client shows who it is. The zero
// value means the system's certificate authorities and no client certificate.
type TLS struct {
	CAFile, CertFile, KeyFile, ServerName string
	InsecureSkipVerify                    bool
}

// Embedded is the scraper and the store that run inside `shopslo serve`.
type Embedded struct {
	// Dir holds the samples, for Retention.
	Dir            string
	Retention      time.Duration
	ScrapeInterval time.Duration
	// ScrapeConfigs is a YAML list in Prometheus' own syntax, as written but with
	// aliases expanded. Relative paths in it are relative to Config.Dir.
	ScrapeConfigs []byte
	// Line is where that list starts in the file, to say where an error is.
	Line int
}

// Ledger is where exact counts are kept.
type Ledger struct {
	// Dir is "" where no ledger is configured: one-shot commands then read the
	// whole window from the source.
	Dir string
	// Resolution is the distance of two stored edges.
	Resolution time.Duration
	// Retention is how long counts are kept; 0 means not set, see RetentionFor.
	Retention time.Duration
	// Delay after which an edge is closed: how late a sample may become visible.
	Delay time.Duration
}

// DefaultRetention is how long the ledger keeps counts where nothing longer is needed.
const DefaultRetention = 90 * 24 * time.Hour

// RetentionFor is how long counts are kept when the longest window of all SLOs is
// as given: what the file says, else DefaultRetention or two windows, whichever
// is longer. It fails where the file says less than two windows: a budget could
// then not be compared with the one before it.
func (l Ledger) RetentionFor(longest time.Duration) (time.Duration, error) {
	if l.Retention == 0 {
		return max(DefaultRetention, 2*longest), nil
	}
	if l.Retention < 2*longest {
		return 0, fmt.Errorf("ledger.retention is %s, but the longest SLO window is %s: keep at least two windows, %s",
			formatDuration(l.Retention), formatDuration(longest), formatDuration(2*longest))
	}
	return l.Retention, nil
}

// Counting are the thresholds by which samples become counts; 0 means the default.
type Counting struct {
	// ClockSlack is what the clocks of a process and of its source may differ by; default 5 s.
	ClockSlack time.Duration
	// OldAnswers is how old an answer may be that comes after a newer one; default five
	// scrape intervals.
	OldAnswers time.Duration
	// PlausibleSteps is how many times its greatest growth between two scrapes a counter
	// may have grown in one after a restart; default 10.
	PlausibleSteps float64
}

// Budgets is what holds for all budgets.
type Budgets struct {
	// LeastHistory is how long a ShopSet must have been expected before there is a
	// verdict on its budgets, or the SLO's window where that is shorter. 0 means a day.
	LeastHistory time.Duration
}

// BurnRate is one pair of windows that alerts: both burn rates at or over Factor.
type BurnRate struct {
	Long, Short time.Duration
	// Factor is a burn rate in a window of 30 days; it scales with the SLO's window.
	Factor   float64
	Severity Severity
}

// Severity is what a burn rate asks of people.
type Severity string

// The severities: wake somebody, or let it wait for office hours.
const (
	Page   Severity = "page"
	Ticket Severity = "ticket"
)

// DefaultBurnRates are the pairs of the SRE workbook, chapter 5, for 30 days:
// 2 % of the budget in 1 h, 5 % in 6 h, 10 % in 1 d, 10 % in 3 d.
func DefaultBurnRates() []BurnRate {
	const day = 24 * time.Hour
	return []BurnRate{
		{Long: time.Hour, Short: 5 * time.Minute, Factor: 14.4, Severity: Page},
		{Long: 6 * time.Hour, Short: 30 * time.Minute, Factor: 6, Severity: Page},
		{Long: day, Short: 2 * time.Hour, Factor: 3, Severity: Ticket},
		{Long: 3 * day, Short: 6 * time.Hour, Factor: 1, Severity: Ticket},
	}
}

// maxSize keeps a wrong file (a log, a core dump) from being read as a whole.
const maxSize = 4 << 20

// Load reads and checks the file. A file with faults gives Faults; one that
// cannot be read gives the system's error.
func Load(path string) (*Config, error) {
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("read configuration: %s: %w; write one, or name it with --config", path, os.ErrNotExist)
	}
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	if info.IsDir() {
		return nil, fmt.Errorf("read configuration: %s is a folder; name the file in it", path)
	}
	if info.Size() > maxSize {
		return nil, fmt.Errorf("read configuration: %s is %d bytes long; a shopslo.yaml has at most %d", path, info.Size(), maxSize)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	return Parse(path, data)
}
