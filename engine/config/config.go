// Package config reads shopslo.yaml: where samples come from, which documents
// describe the fleet and its SLOs, and the settings of ledger and gate.
//
// Reading is strict (internal/document): all faults of a file are reported at once, each
// with file, line and column. Secrets never stand in the file: it names the files or
// environment variables that hold them. What is read has the types of those who use it,
// so that no package needs to know this one but cmd.
package config

import (
	"fmt"
	"time"

	"github.com/shopslo/shopslo/internal/document"
	"github.com/shopslo/shopslo/internal/mackerelhttp"
	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/slo"
)

// Config is a shopslo.yaml, with defaults filled in. Names of files and folders
// stand in the file relative to itself; here they can be opened as they are.
type Config struct {
	// Path is the file that was read, Dir its folder.
	Path string `json:"-"`
	Dir  string `json:"-"`

	// Sources are where samples come from, by name: Default and Named as one.
	Sources map[string]Source `json:"-"`
	// Default is the source of the ShopSets that name none; the zero value: there is none.
	Default Source            `json:"source" or:"sources" need:"name a prometheus, an embedded or a mackerel one"`
	Named   map[string]Source `json:"sources,omitempty" need:"name each source, like {tokyo: {prometheus: {url: \"http://prometheus:9090\"}}}"`
	// AlertServers tell what fires: those of Gate and of Sources.
	AlertServers []AlertServer `json:"-"`
	// Fleet and SLOs are patterns of file names (filepath.Match), at least one
	// each, as written: relative ones start at Dir.
	Fleet  []string `json:"fleet" need:"list the documents, like [fleet/*.yaml]"`
	SLOs   []string `json:"slos" need:"list the documents, like [slos/*.yaml]"`
	Ledger Ledger   `json:"ledger,omitempty"`

	// TargetLabels are the labels whose values make a target within a ShopSet.
	TargetLabels []string `json:"target_labels,omitempty" need:"leave it out for [job, instance]"`
	// StartTimeMetric is the gauge of a process's start in Unix seconds; "" means
	// that none is to be used.
	StartTimeMetric string `json:"start_time_metric,omitempty"`

	Budgets Budgets `json:"budgets,omitempty"`
	// Counting are the thresholds of docs/counting.md.
	Counting  Counting        `json:"counting,omitempty"`
	BurnRates []slo.BurnAlert `json:"burn_rates,omitempty"`
	Gate      Gate            `json:"gate,omitempty"`
	Promotion *Promotion      `json:"promotion,omitempty"` // nil: Releases are not moved from here
	Review    *Review         `json:"review,omitempty"`    // nil: nothing is said of it, see WeeklyReview
	Board     Board           `json:"board,omitempty"`
	// Mackerel is nil where nothing goes to Mackerel.
	Mackerel *MackerelPush `json:"mackerel,omitempty"`
}

// Source is where samples come from: exactly one field beside Alerts is set.
type Source struct {
	Prometheus *Prometheus `json:"prometheus,omitempty"`
	Embedded   *Embedded   `json:"embedded,omitempty"`
	Mackerel   *Mackerel   `json:"mackerel,omitempty"`
	// Alerts tell what fires on its ShopSets; nil: only the gate's Alerts do.
	Alerts *Alerts `json:"alerts,omitempty"`
}

// exists reports whether the file has this source.
func (s Source) exists() bool { return s.Prometheus != nil || s.Embedded != nil || s.Mackerel != nil }

// delay is after how long its samples can be read.
func (s Source) delay() time.Duration {
	if s.Mackerel != nil {
		return mackerelDelay
	}
	return s.ScrapeInterval() + 5*time.Second
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

// Remote is an HTTP server and how it is asked.
type Remote struct {
	URL string `json:"url,omitempty"`
	// BasicAuth and BearerToken exclude each other; nil and zero mean none.
	BasicAuth   *BasicAuth      `json:"basic_auth,omitempty"`
	BearerToken document.Secret `json:"bearer_token,omitempty"`
	TLS         TLS             `json:"tls,omitempty"`
	// Headers are sent as they are; none of them carries a credential.
	Headers map[string]string `json:"headers,omitempty"`
	// Timeout of one request.
	Timeout time.Duration `json:"timeout,omitempty"`
}

// Defaults fills in what the file need not say.
func (r *Remote) Defaults() { r.Timeout = 10 * time.Second }

// BasicAuth is a user name and where the password is.
type BasicAuth struct {
	Username string          `json:"username" need:"name the user"`
	Password document.Secret `json:"password" need:"name the file or environment variable that holds it: {file: PATH} or {env: NAME}"`
}

// TLS is how a server is recognised and how the client shows who it is. The zero
// value means the system's certificate authorities and no client certificate.
type TLS struct {
	CAFile             string `json:"ca_file,omitempty" is:"file"`
	CertFile           string `json:"cert_file,omitempty" is:"file"`
	KeyFile            string `json:"key_file,omitempty" is:"file"`
	ServerName         string `json:"server_name,omitempty"`
	InsecureSkipVerify bool   `json:"insecure_skip_verify,omitempty"`
}

// Prometheus is a server that speaks Prometheus' HTTP API.
type Prometheus struct {
	Remote `json:",inline"`
	// Tenant goes into the header TenantHeader of every request; "" means none.
	Tenant         string        `json:"tenant,omitempty"`
	TenantHeader   string        `json:"tenant_header,omitempty"`
	ScrapeInterval time.Duration `json:"scrape_interval,omitempty"`
	// ReplicaLabels tell the replicas of the server apart, and no series. Nil: the source's
	// own default; an empty list: none.
	ReplicaLabels []string `json:"replica_labels,omitempty"`
}

// Defaults fills in what the file need not say.
func (p *Prometheus) Defaults() {
	p.TenantHeader, p.Timeout, p.ScrapeInterval = "X-Scope-OrgID", 2*time.Minute, time.Minute
}

// Embedded is the scraper and the store that run inside `shopslo serve`.
type Embedded struct {
	// Dir holds the samples, for Retention.
	Dir            string        `json:"dir" is:"file" need:"name the folder for the samples"`
	Retention      time.Duration `json:"retention,omitempty"`
	ScrapeInterval time.Duration `json:"scrape_interval,omitempty"`
	// ScrapeConfigs is a YAML list in Prometheus' own syntax, as written but with
	// aliases expanded. Relative paths in it are relative to Config.Dir.
	ScrapeConfigs Jobs `json:"scrape_configs" need:"list at least one job, in Prometheus' syntax"`
	// Line is where that list starts in the file, to say where an error is.
	Line int `json:"-"`
}

// Jobs is a YAML list.
type Jobs []byte

// Defaults fills in what the file need not say.
func (e *Embedded) Defaults() { e.Retention, e.ScrapeInterval = 15*24*time.Hour, time.Minute }

// Mackerel is how to reach an organization of Mackerel.
type Mackerel struct {
	// URL is scheme and host of the API.
	URL string `json:"url,omitempty"`
	// APIKey is the API key; zero means that the environment has it, in MACKEREL_API_KEY.
	APIKey document.Secret `json:"api_key,omitempty"`
	// Timeout of one request.
	Timeout time.Duration `json:"timeout,omitempty"`
}

// Defaults fills in what the file need not say.
func (m *Mackerel) Defaults() { m.URL, m.Timeout = mackerelhttp.DefaultURL, 30*time.Second }

// MackerelPush is what goes to Mackerel, and whereto: the section "mackerel".
type MackerelPush struct {
	Mackerel `json:",inline"`
	// Service is the Mackerel service whose metrics the budgets become.
	Service string `json:"service" need:"name the Mackerel service that receives the budgets"`
	// Every is the distance of two values, whole minutes.
	Every time.Duration `json:"every,omitempty"`
	// Spool is the folder of what is still to be sent.
	Spool string `json:"spool,omitempty" is:"file"`
}

// Defaults fills in what the file need not say.
func (p *MackerelPush) Defaults() {
	p.Mackerel.Defaults()
	p.Every = time.Minute
}

// Ledger is where exact counts are kept.
type Ledger struct {
	// Dir is "" where no ledger is configured: one-shot commands then read the
	// whole window from the source.
	Dir string `json:"dir" is:"file" need:"name the folder for the counts, or leave out ledger"`
	// Resolution is the distance of two stored edges.
	Resolution time.Duration `json:"resolution,omitempty"`
	// Retention is how long counts are kept; 0 means not set, see RetentionFor.
	Retention time.Duration `json:"retention,omitempty"`
	// Delay after which an edge is closed: how late a sample may become visible.
	Delay time.Duration `json:"delay,omitempty"`

	delayed bool // delay is said, and that of all sources
}

// defaultRetention is how long the ledger keeps counts where nothing longer is needed.
const defaultRetention = 90 * 24 * time.Hour

// RetentionFor is how long counts are kept when the longest window of all SLOs is
// as given: what the file says, else defaultRetention or two windows, whichever
// is longer. It fails where the file says less than two windows: a budget could
// then not be compared with the one before it.
func (l Ledger) RetentionFor(longest time.Duration) (time.Duration, error) {
	if l.Retention == 0 {
		return max(defaultRetention, 2*longest), nil
	}
	if l.Retention < 2*longest {
		return 0, fmt.Errorf("ledger.retention is %s, but the longest SLO window is %s: keep at least two windows, %s",
			document.Duration{Duration: l.Retention}, document.Duration{Duration: longest}, document.Duration{Duration: 2 * longest})
	}
	return l.Retention, nil
}

// Counting are the thresholds by which samples become counts; 0 means the default.
type Counting struct {
	// ClockSlack is what the clocks of a process and of its source may differ by; default 5 s.
	ClockSlack time.Duration `json:"clock_slack,omitempty"`
	// OldAnswers is how old an answer may be that comes after a newer one; default five
	// scrape intervals.
	OldAnswers time.Duration `json:"old_answers,omitempty"`
	// PlausibleSteps is how many times its greatest growth between two scrapes a counter
	// may have grown in one after a restart; default 10.
	PlausibleSteps float64 `json:"plausible_steps,omitempty"`
}

// Budgets is what holds for all budgets.
type Budgets struct {
	// LeastHistory is how long a ShopSet must have been expected before there is a
	// verdict on its budgets, or the SLO's window where that is shorter. 0 means a day.
	LeastHistory time.Duration `json:"least_history,omitempty"`
}

// Board is where people reach `shopslo serve`.
type Board struct {
	// URL is for links to its pages; "": none are made.
	URL string `json:"url" need:"write the address at which people reach 'shopslo serve', like https://shopslo.example"`
}

// Review is how `shopslo report` compiles the weekly review: docs/review.md.
type Review struct {
	// Zone is where weeks and days begin.
	Zone *time.Location `json:"timezone,omitempty"`
	// Language is that of the report where its reader asks for none; "" : the reader's own.
	Language text.Language `json:"language,omitempty"`
	// Actions are patterns of the names of files with action items, as written; nil: none.
	Actions []string `json:"actions,omitempty"`
	// Link is where people find the report, with {week} in it; "" : nowhere.
	Link string `json:"link,omitempty"`
	// Slack is who is told; nil: nobody.
	Slack *Slack `json:"slack,omitempty"`
}

// Defaults fills in what the file need not say.
func (r *Review) Defaults() { r.Zone = time.UTC }

// WeeklyReview is the section review, or where there is none its defaults.
func (c *Config) WeeklyReview() (r Review) {
	if c.Review != nil {
		return *c.Review
	}
	r.Defaults()
	return r
}

// Slack is an incoming webhook, whose address is a secret.
type Slack struct {
	Webhook document.Secret `json:"webhook,omitempty"`
}

// Promotion is how Releases are moved: docs/promote.md.
type Promotion struct {
	Git Git `json:"git" need:"name the system repository and a folder for its mirror"`
	// Author of the commits; the zero value where nobody says.
	Author  Author  `json:"author,omitempty"`
	Signing Signing `json:"signing,omitempty"`
	// Hooks is a folder of git hooks; "" for none.
	Hooks string `json:"hooks,omitempty" is:"file"`
	// Compare is a URL with {from} and {to} in it; "" for none.
	Compare string `json:"compare,omitempty"`
	// Images: rollbacks look in the registries for the images that they need.
	Images bool `json:"images,omitempty"`
	// PullRequestExpiry is how long a pull request may be merged after the gate's decision.
	PullRequestExpiry time.Duration `json:"pull_request_expiry,omitempty"`
	// Slack is who is told; nil: nobody.
	Slack *Slack `json:"slack,omitempty"`
}

// Defaults fills in what the file need not say.
func (p *Promotion) Defaults() { p.Images, p.PullRequestExpiry = true, 24*time.Hour }

// Author makes commits.
type Author struct {
	Name  string `json:"name" need:"say who makes the commits"`
	Email string `json:"email" need:"say who makes the commits"`
}

// Signing is how commits are signed; the zero value: not at all.
type Signing struct {
	Format SignFormat `json:"format" need:"openpgp, ssh or x509"`
	// Key is what git's user.signingKey may be, "" for git's own choice.
	Key string `json:"key,omitempty"`
}

// SignFormat is openpgp, ssh or x509.
type SignFormat string

// Git says where the repositories are, in the words of shopset_exporter's flags.
type Git struct {
	// System is the URL of the repository that Argo CD reads; App that of the app
	// repository and Submodule its folder there, both "" for a single repository.
	System    string `json:"system" need:"name the repository that Argo CD reads"`
	App       string `json:"app,omitempty"`
	Submodule string `json:"submodule,omitempty"`
	// Dir is the folder of the mirrors.
	Dir string `json:"dir" is:"file" need:"name a folder for the mirrors"`
}

// Gate is what `shopslo gate` asks, and whom: docs/gate.md.
type Gate struct {
	// Policy is for every target Tier that has none of its own; a zero value means not
	// set, and the gate has its own defaults.
	promotion.Policy `json:",inline"`
	// Tiers are the policies of target Tiers by name, with what they do not say filled in.
	Tiers map[string]promotion.Policy `json:"-"`
	// TierLines are the lines on which these names stand.
	TierLines map[string]int `json:"-"`
	// Own is what Tiers are made of, while the file is read.
	Own document.Raw `json:"tiers,omitempty"`
	// Fleet is the exporter that knows what runs; nil: none.
	Fleet *Remote `json:"fleet,omitempty"`
	// Releases tells when Releases came, where no exporter does; nil: nobody tells.
	Releases *Releases `json:"releases,omitempty"`
	// Alerts tell what fires; nil: only those of sources do, see AlertServers.
	Alerts *Alerts `json:"alerts,omitempty"`
	// Incidents are patterns of the names of files with incidents, as written; nil: none.
	Incidents []string `json:"incidents,omitempty"`
	// IncidentBot knows of incidents beside those in files; nil: none.
	IncidentBot *Remote `json:"incidentbot,omitempty"`
	// Calendar are patterns of the names of files with freezes, overrides and
	// exclusions; nil: none.
	Calendar []string `json:"calendar,omitempty"`
	// RulesFrom is where SLOs and policy are read that a gate without a server judges by;
	// nil: the branch of the target Tier in the repository of this file, if it has one.
	RulesFrom *Place `json:"rules_from,omitempty"`
	// CalendarFrom is where the files of Calendar are; nil: beside this one.
	CalendarFrom *CalendarBranch `json:"calendar_from,omitempty"`
	// Log is where decisions are logged; nil: nowhere.
	Log *DecisionLog `json:"log,omitempty"`
	// Tell is who is told of decisions; the zero value: nobody.
	Tell Tell `json:"tell,omitempty"`
}

// Rules are those for a target Tier.
func (g Gate) Rules(tier string) promotion.Policy {
	if own, ok := g.Tiers[tier]; ok {
		return own
	}
	return g.Policy
}

// Releases is a file that deploy jobs write.
type Releases struct {
	File string `json:"file" is:"file" need:"name the file that 'shopslo releases add' writes"`
}

// Alerts are what Prometheus or an Alertmanager says that fires.
type Alerts struct {
	Remote       `json:",inline"`
	Kind         AlertKind `json:"kind,omitempty"`
	Alertmanager bool      `json:"-"` // it is one, and no Prometheus
}

// AlertServer is whom to ask what fires, and on which ShopSets: those of one source, or all.
type AlertServer struct {
	Alerts
	Source     string
	Everywhere bool
}

// AlertKind is prometheus or alertmanager.
type AlertKind string

// DecisionLog is where the gate's decisions are logged, and what was moved after them:
// either in a folder or in a branch.
type DecisionLog struct {
	// Dir is the folder of a server's log; "" where it is in a branch.
	Dir string `json:"dir,omitempty" is:"file"`
	// Git is nil where the log is in a folder.
	Git *LogBranch `json:"git,omitempty"`
	// Required: what cannot be logged is inconclusive.
	Required bool `json:"required,omitempty"`
	// MaxPerMinute is how many entries a server appends for one client in a minute; 1 or more.
	MaxPerMinute int `json:"max_per_minute,omitempty"`
}

// Defaults fills in what the file need not say.
func (l *DecisionLog) Defaults() { l.MaxPerMinute = 60 }

// LogBranch is the branch of a git repository, of the log alone.
type LogBranch struct {
	Repository string `json:"repository" need:"name the git repository for the decisions"`
	Branch     string `json:"branch,omitempty"`
}

// Defaults fills in what the file need not say.
func (b *LogBranch) Defaults() { b.Branch = "decisions" }

// Place is where files are in a git repository.
type Place struct {
	// Repository is its URL; "": that of the checkout that this file is in.
	Repository string `json:"repository,omitempty"`
	// Branch is its name; "" where there is a choice for each Tier.
	Branch string `json:"branch,omitempty"`
	// Dir is the folder there that stands for the one of this file; "": the same one in the
	// same repository, the top of another.
	Dir string `json:"dir,omitempty"`
}

// CalendarBranch is where the calendar is.
type CalendarBranch struct {
	Place `json:",inline"`
	// TrustCommitDates: the committer date of what its first parents changed is when the
	// branch received it, as where a forge makes all of these commits.
	TrustCommitDates bool `json:"trust_commit_dates,omitempty"`
}

// Tell is who is told of decisions.
type Tell struct {
	// Slack: an incoming webhook is told; without a Webhook that which the environment
	// names. Nil: none.
	Slack *Slack `json:"slack,omitempty"`
	// Mackerel: decisions are annotated on the service of the section mackerel.
	Mackerel bool `json:"mackerel,omitempty"`
	// Decisions are those that are told.
	Decisions []promotion.Verdict `json:"decisions,omitempty"`
}

// Defaults fills in what the file need not say.
func (t *Tell) Defaults() {
	t.Decisions = []promotion.Verdict{promotion.Promote, promotion.Hold, promotion.Inconclusive}
}
