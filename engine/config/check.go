package config

import (
	"errors"
	"fmt"
	"net/textproto"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/document"
	"github.com/shopslo/shopslo/internal/git"
	"github.com/shopslo/shopslo/internal/mackerelhttp"
)

// checker finds what no key's type says, and makes values of what was read.
type checker struct {
	*Config
	*document.Object
}

func (c *checker) all() {
	c.sources()
	c.complete()
	c.patterns("fleet", c.Fleet)
	c.patterns("slos", c.SLOs)
	c.counts()
	c.burnRates()
	c.gate()
	if p := c.Promotion; p != nil {
		c.promotion(p)
	}
	if r := c.Review; r != nil {
		c.slack("review.slack", r.Slack)
		u, err := url.Parse(strings.ReplaceAll(r.Link, "{week}", "2026-W46"))
		if r.Link != "" && (err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "") {
			c.Wrong("review.link", `must be the address of a page, like "https://git.example/shop/reviews/{week}.md"`)
		}
	}
	c.address("board.url", c.Board.URL)
	c.mackerel()
}

// remote checks how a server is asked; like is what its address may be, "" where there
// need be none.
func (c *checker) remote(path string, r Remote, like string) {
	if r.URL == "" && like != "" {
		c.Wrong(path+".url", "is missing; write it like %s", like)
	}
	c.address(path+".url", r.URL)
	if r.BasicAuth != nil && r.BearerToken != (document.Secret{}) {
		c.Wrong(path+".bearer_token", "stands beside basic_auth; choose one")
	}
	if (r.TLS.CertFile == "") != (r.TLS.KeyFile == "") {
		c.Wrong(path+".tls", "needs cert_file and key_file together")
	}
	for name, value := range r.Headers {
		switch textproto.CanonicalMIMEHeaderKey(name) {
		case "Authorization", "Proxy-Authorization", "Cookie":
			c.Wrong(path+".headers."+name, "no secret stands in this file; use basic_auth or bearer_token")
		}
		if strings.ContainsAny(name, " \t\r\n:") || name == "" || strings.ContainsAny(value, "\r\n") {
			c.Wrong(path+".headers."+name, "is not an HTTP header")
		}
	}
}

// address checks a URL; "" is none.
func (c *checker) address(path, address string) {
	if err := checkURL(address); err != nil && address != "" {
		c.Wrong(path, "%v", err)
	}
}

func checkURL(s string) error {
	const want = "write it like http://prometheus:9090"
	u, err := url.Parse(s)
	if err != nil {
		if ue, ok := errors.AsType[*url.Error](err); ok { // its text would repeat the URL, and a password in it
			err = ue.Err
		}
		return fmt.Errorf("is not a URL (%w); %s", err, want)
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https", u.Host == "":
		shown, _, _ := strings.Cut(u.Redacted(), "?")
		return fmt.Errorf("%q has no http:// or https:// with a host; %s", shown, want)
	case u.User != nil:
		return errors.New("holds a user name or password; use basic_auth with username and password")
	case u.Port() != "" && !isPort(u.Port()):
		return fmt.Errorf("has port %s, which is above 65535; %s", u.Port(), want)
	case u.RawQuery != "" || u.Fragment != "":
		u.RawQuery, u.Fragment, u.RawFragment = "", "", "" // a token may stand there
		return fmt.Errorf("%q has a query or a fragment; %s", u.String()+"?…", want)
	}
	return nil
}

func isPort(text string) bool {
	_, err := strconv.ParseUint(text, 10, 16)
	return err == nil
}

// patterns checks patterns of files' names.
func (c *checker) patterns(key string, list []string) {
	for i, p := range list {
		of := fmt.Sprintf("%s[%d]", key, i)
		if p == "" {
			c.Wrong(of, "is empty; name a file")
		}
		if _, err := filepath.Match(p, ""); err != nil {
			c.Wrong(of, "%q is not a pattern of file names: %v", p, err)
		}
	}
}

// counts checks what the ledger counts, and how.
func (c *checker) counts() {
	if l := c.Ledger; l.Retention != 0 && l.Retention < 2*l.Resolution {
		c.Wrong("ledger.retention", "is shorter than two steps of ledger.resolution")
	}
	seen := map[string]bool{}
	for i, l := range c.TargetLabels {
		if seen[l] {
			c.Wrong(fmt.Sprintf("target_labels[%d]", i), "names %q twice", l)
		} else if l == "" {
			c.Wrong(fmt.Sprintf("target_labels[%d]", i), "is empty; name a label")
		}
		seen[l] = true
	}
	if c.Counting.PlausibleSteps < 0 {
		c.Wrong("counting.plausible_steps", "is below 0; write how many times its greatest growth a counter may grow, such as 10")
	}
}

func (c *checker) burnRates() {
	for i, b := range c.BurnRates {
		of := fmt.Sprintf("burn_rates[%d]", i)
		if b.Short >= b.Long && b.Long > 0 {
			c.Wrong(of+".short", "must be shorter than long")
		}
		if b.Factor <= 0 && c.Has(of+".factor") {
			c.Wrong(of+".factor", "must be greater than 0")
		}
	}
}

// longestRequest is how long a pull request may be merged at most.
const longestRequest = 30 * 24 * time.Hour

func (c *checker) promotion(p *Promotion) {
	if p.Signing.Format == "ssh" && p.Signing.Key != "" && !strings.HasPrefix(p.Signing.Key, "key::") {
		p.Signing.Key = c.join(p.Signing.Key)
	}
	if p.Compare != "" && (!strings.Contains(p.Compare, "{from}") || !strings.Contains(p.Compare, "{to}")) {
		c.Wrong("promotion.compare", `needs {from} and {to} in it, like "https://git.example/shop/app/compare/{from}...{to}"`)
	}
	if p.PullRequestExpiry < time.Minute || p.PullRequestExpiry > longestRequest {
		c.Wrong("promotion.pull_request_expiry", "must be 1m to 30d: what the gate decided says little about a later day")
	}
	c.slack("promotion.slack", p.Slack)
	if (p.Git.App == "") != (p.Git.Submodule == "") {
		c.Wrong("promotion.git.app", "and submodule go together: name both, or none for a single repository")
	}
	c.repository("promotion.git.system", &p.Git.System)
	c.repository("promotion.git.app", &p.Git.App)
}

// slack: where a webhook has to be named.
func (c *checker) slack(path string, s *Slack) {
	if s != nil && s.Webhook == (document.Secret{}) {
		c.Wrong(path+".webhook", "is missing; name the file or environment variable that holds the webhook's address: {file: PATH} or {env: NAME}")
	}
}

// repository checks a git remote, and makes a path of one beside the file.
func (c *checker) repository(path string, remote *string) {
	if *remote == "" {
		return
	}
	if err := git.CheckRemote(*remote); err != nil {
		c.Wrong(path, "%v", err)
	}
	if !strings.Contains(*remote, ":") && !filepath.IsAbs(*remote) {
		*remote = c.join(*remote)
	}
}

func (c *checker) mackerel() {
	p := c.Mackerel
	if p == nil {
		return
	}
	c.reach("mackerel", p.Mackerel)
	if p.Every < time.Minute || p.Every%time.Minute != 0 || p.Every > time.Hour {
		c.Wrong("mackerel.every", "must be whole minutes, 1m to 1h: Mackerel takes one post a minute")
	} else if p.Every%c.Ledger.Resolution != 0 {
		c.Wrong("mackerel.every", "must be a multiple of ledger.resolution, %s", document.Duration{Duration: c.Ledger.Resolution})
	}
}

func (c *checker) reach(path string, m Mackerel) {
	if err := mackerelhttp.CheckURL(m.URL); err != nil {
		c.Wrong(path+".url", "%v", err)
	}
}

// log checks where decisions are logged.
func (c *checker) log(l *DecisionLog) {
	const path = "gate.log"
	switch {
	case c.Has(path+".dir") && l.Git != nil:
		c.Wrong(path+".git", "stands beside dir; a log is in one place: choose one")
	case l.Git == nil && l.Dir == "":
		c.Wrong(path+".dir", "is missing; name the folder of a server's log, or a repository and branch with git; or leave log out")
	}
	if l.MaxPerMinute < 1 {
		c.Wrong(path+".max_per_minute", "must be 1 or more, not %d", l.MaxPerMinute)
	}
	if l.Git == nil {
		return
	}
	c.repository(path+".git.repository", &l.Git.Repository)
	if err := fleet.CheckBranch(l.Git.Branch); err != nil {
		c.Wrong(path+".git.branch", "%v", err)
	}
}

// place checks where files are in a repository; nil: nowhere.
func (c *checker) place(path string, b *Place) {
	if b == nil {
		return
	}
	c.repository(path+".repository", &b.Repository)
	if err := fleet.CheckBranch(b.Branch); err != nil && b.Branch != "" {
		c.Wrong(path+".branch", "%v", err)
	}
	if filepath.IsAbs(b.Dir) || b.Dir == ".." || strings.HasPrefix(filepath.ToSlash(filepath.Clean(b.Dir)), "../") {
		c.Wrong(path+".dir", "leaves the repository; write a folder that is in it, such as ops")
	}
	if b.Repository == "" && b.Branch == "" && b.Dir == "" {
		c.Wrong(path, "is empty; name a repository, a branch or both")
	}
}

// needs checks the names of checks.
func (c *checker) gate() {
	g := &c.Gate
	c.policy("gate", g.Policy)
	c.tiers()
	if g.Fleet != nil {
		c.remote("gate.fleet", *g.Fleet, "http://shopset-exporter:9877")
	}
	if g.Fleet != nil && g.Releases != nil {
		c.Wrong("gate.releases", "stands beside fleet, which knows when releases came; choose one")
	}
	if g.IncidentBot != nil {
		c.remote("gate.incidentbot", *g.IncidentBot, "http://incidentbot:9878")
	}
	c.alerts()
	if g.Log != nil {
		c.log(g.Log)
	}
	c.place("gate.rules_from", g.RulesFrom)
	if b := g.CalendarFrom; b != nil {
		c.place("gate.calendar_from", &b.Place)
		switch {
		case b.Branch == "":
			c.Wrong("gate.calendar_from.branch", "is missing; name the branch that people write freezes to, such as main")
		case len(g.Calendar) == 0:
			c.Wrong("gate.calendar_from", "stands alone; name the files in gate.calendar, such as [calendar/*.yaml]")
		}
	}
	if g.Tell.Mackerel && c.Mackerel == nil {
		c.Wrong("gate.tell.mackerel", "needs the section mackerel, which names the service")
	}
	for _, list := range [][]string{g.Incidents, g.Calendar} {
		if slices.Contains(list, "") {
			c.Wrong("gate", "has an empty pattern of files; name a file")
		}
	}
}
