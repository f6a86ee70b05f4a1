// Package mailsender looks whether mails of a domain can be told to be its own: SPF within
// the look-ups that receivers make, DKIM keys that are long enough, a DMARC policy with an
// address for reports, and an MX of the domain, which Japanese carriers ask for. All of
// that breaks by a change of DNS that nobody connects with mail, and shows days later as
// mails that are refused.
package mailsender

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/publicsuffix"

	"github.com/shopslo/shopslo/internal/document"
	"github.com/shopslo/shopslo/internal/text"
)

// Severity is Mackerel's exit code of a check.
type Severity int

// The severities.
const (
	OK       Severity = 0
	Warning  Severity = 1
	Critical Severity = 2
	Unknown  Severity = 3
)

// Lookup asks for the records of a name: their values in one canonical way of writing
// (strings of a TXT record joined, names in lower case), none where there are none, or an
// error where nobody says.
type Lookup func(ctx context.Context, name, kind string) ([]string, error)

// Sender is a domain that mails come from.
type Sender struct {
	Domain string `json:"domain"` // of the From address
	// Selectors are those that the relays sign with: SELECTOR._domainkey.DOMAIN.
	Selectors []string `json:"selectors,omitempty"`
	// Policy is the least that DMARC should ask for: none (the default), quarantine, reject.
	Policy string `json:"policy,omitempty"`
}

// Settings are a configuration.
type Settings struct {
	// Servers are asked in turn, the first that answers counts: resolvers, since includes
	// are of other domains. Without any, the system's.
	Servers  []string `json:"servers,omitempty"`
	Language string   `json:"language,omitempty"`
	Senders  []Sender `json:"senders" need:"name at least one, such as {domain: shop.example.com, selectors: [s1]}"`
}

const maxSenders = 20

// Parse reads a configuration; path is its name in faults, which name the line of each.
func Parse(path string, data []byte) (Settings, error) {
	var s Settings
	o, faults := document.Settings(path, data, document.Dialect{}, &s)
	if o == nil {
		return s, faults.Err()
	}
	if n := len(s.Senders); n > maxSenders {
		o.Refuse("senders", o.At("senders"), "lists %d; at most %d can be checked within the agent's 30 s", n, maxSenders)
	}
	if _, err := text.ParseLanguage(s.Language); s.Language != "" && err != nil {
		o.Refuse("language", o.At("language"), "%v", err)
	}
	for i, one := range s.Senders {
		at := fmt.Sprintf("senders[%d]", i)
		if err := one.Validate(); err != nil && !o.Broken(at) {
			o.Refuse(at, o.At(at), "%v", err)
		}
	}
	return s, o.Faults().Err()
}

var (
	domainRule   = regexp.MustCompile(`^([a-zA-Z0-9_]([-a-zA-Z0-9_]{0,61}[a-zA-Z0-9_])?\.)+[a-zA-Z0-9]([-a-zA-Z0-9]{0,61}[a-zA-Z0-9])?\.?$`)
	selectorRule = regexp.MustCompile(`^[a-zA-Z0-9_]([-a-zA-Z0-9_.]{0,61}[a-zA-Z0-9_])?$`)
	policies     = []string{"none", "quarantine", "reject"}
)

// Validate tells what is wrong with a sender.
func (s Sender) Validate() error {
	if !domainRule.MatchString(s.Domain) || len(s.Domain) > 253 {
		return fmt.Errorf("domain %q is no domain name, such as shop.example.com", s.Domain)
	}
	for _, x := range s.Selectors {
		if !selectorRule.MatchString(x) {
			return fmt.Errorf("selector %q of %s is none: it is what stands before ._domainkey in DNS", x, s.Domain)
		}
	}
	if s.Policy != "" && !slices.Contains(policies, s.Policy) {
		return fmt.Errorf("policy of %s is %q; it can be %s", s.Domain, s.Policy, strings.Join(policies, ", "))
	}
	return nil
}

// Finding is one thing that is wrong.
type Finding struct {
	Severity Severity
	say      text.Entry
	args     []any
}

// Report is what was found of one sender.
type Report struct {
	Domain   string
	Findings []Finding
	// Lookups is how many SPF takes, Keys each selector's key, such as "rsa 2048", Policy
	// what DMARC asks for, MX how many servers take the domain's mails. What is missing or
	// wrong is 0 or "".
	Lookups int
	Keys    map[string]string
	Policy  string
	MX      int
}

// Check looks all records of a sender up. Each part stands by itself: one that DNS does
// not answer for is Unknown, and keeps no other from being told.
func Check(ctx context.Context, look Lookup, s Sender) Report {
	c := &checker{ctx: ctx, look: look, sender: s, domain: strings.ToLower(strings.TrimSuffix(s.Domain, ".")), report: Report{Keys: map[string]string{}}}
	c.report.Domain = c.domain
	c.spf()
	c.dkim()
	c.dmarc()
	c.mx()
	return c.report
}

// Severity is the worst of a report: a known failure is worse than not knowing.
func (r Report) Severity() Severity {
	order := []Severity{OK, Unknown, Warning, Critical}
	worst := OK
	for _, f := range r.Findings {
		if slices.Index(order, f.Severity) > slices.Index(order, worst) {
			worst = f.Severity
		}
	}
	return worst
}

// Sentence tells a report in one line, the worst first.
func (r Report) Sentence(l text.Language) string {
	if len(r.Findings) == 0 {
		keys := l.Say(sayNoKeys)
		if len(r.Keys) > 0 {
			var list []string
			for name, key := range r.Keys {
				list = append(list, name+" ("+key+")")
			}
			slices.Sort(list)
			keys = strings.Join(list, ", ")
		}
		return r.Domain + ": " + l.Say(sayWell, r.Lookups, keys, r.Policy, r.MX)
	}
	order := []Severity{OK, Unknown, Warning, Critical}
	found := slices.Clone(r.Findings)
	slices.SortStableFunc(found, func(a, b Finding) int { return slices.Index(order, b.Severity) - slices.Index(order, a.Severity) })
	var parts []string
	for _, f := range found {
		parts = append(parts, l.Say(f.say, f.args...))
	}
	sep := " "
	if l == text.Japanese {
		sep = ""
	}
	return r.Domain + ": " + strings.Join(parts, sep)
}

// checker checks one sender.
type checker struct {
	ctx    context.Context
	look   Lookup
	sender Sender
	domain string
	report Report

	lookups, voids int // of SPF
}

func (c *checker) find(s Severity, say text.Entry, args ...any) {
	c.report.Findings = append(c.report.Findings, Finding{s, say, args})
}

// records asks; ok is false where nobody says, which is a finding.
func (c *checker) records(name, kind string) (values []string, ok bool) {
	values, err := c.look(c.ctx, name, kind)
	if err != nil {
		c.find(Unknown, sayUnknown, name, kind, err)
		return nil, false
	}
	return values, true
}

// The records that receivers look for: SPF's version ends at a blank (RFC 7208, section
// 4.5), and DMARC's is a tag, whose value is written in capitals (RFC 7489, section 6.3).
var (
	spfRecord   = regexp.MustCompile(`^(?i:v=spf1)( |$)`)
	dmarcRecord = regexp.MustCompile(`^[vV][ \t]*=[ \t]*DMARC1[ \t]*(;|$)`)
	nearly      = regexp.MustCompile(`^(?i)v\s*=\s*(spf1|dmarc1)\b`)
)

// texts are the TXT records of a name that receivers take for the kind that is looked
// for. One that stands in quotes is a finding, since somebody typed a zone file's quotes
// into a form, and so is one that is nearly such a record, where there is no other.
func (c *checker) texts(name string, record *regexp.Regexp) (found []string, ok bool) {
	all, ok := c.records(name, "TXT")
	near := ""
	for _, t := range all {
		bare := strings.Trim(t, `"' `)
		switch {
		case record.MatchString(t) && strings.Contains(t, `" "`):
			c.find(Critical, sayQuoted, name, text.Line(t, 40))
			found = append(found, strings.ReplaceAll(t, `" "`, ""))
		case record.MatchString(t):
			found = append(found, c.plain(name, t))
		case bare != t && record.MatchString(bare):
			c.find(Critical, sayQuoted, name, text.Line(t, 40))
		case nearly.MatchString(t):
			near = t
		}
	}
	if len(found) == 0 && near != "" {
		c.find(Critical, sayNearly, name, text.Line(near, 40))
	}
	return found, ok
}

// plain tells of a character that is no ASCII, such as a wide space, which receivers take for
// a part of the word; and gives the text as it was meant.
func (c *checker) plain(name, t string) string {
	i := strings.IndexFunc(t, foreign)
	if i < 0 {
		return t
	}
	char, _ := utf8.DecodeRuneInString(t[i:])
	c.find(Critical, sayForeign, name, string(char))
	return strings.Map(func(r rune) rune {
		if foreign(r) && unicode.IsSpace(r) {
			return ' '
		}
		return r
	}, t)
}

func foreign(r rune) bool { return r > unicode.MaxASCII }

// mx judges who takes mails to the domain: docomo, au and SoftBank refuse mails of domains
// that nobody can answer to.
func (c *checker) mx() {
	all, ok := c.records(c.domain, "MX")
	if !ok {
		return
	}
	if len(all) == 0 {
		if a, ok := c.addresses(c.domain); ok && len(a) > 0 {
			c.find(Warning, sayNoMX)
		} else if ok {
			c.find(Critical, sayNoMXNoA)
		}
		return
	}
	var gone []string
	for _, v := range all {
		_, host, _ := strings.Cut(v, " ")
		host = strings.TrimSuffix(strings.TrimSpace(host), ".")
		if host == "" {
			c.find(Critical, sayNullMX)
			return
		}
		a, ok := c.addresses(host)
		if !ok {
			return
		}
		if len(a) == 0 {
			gone = append(gone, host)
		}
	}
	c.report.MX = len(all) - len(gone)
	switch {
	case len(gone) == len(all):
		c.find(Critical, sayMXGone, strings.Join(gone, ", "))
	case len(gone) > 0:
		c.find(Warning, sayMXGone, strings.Join(gone, ", "))
	}
}

// organization is the domain that a DMARC policy is inherited from; "" where the domain
// has none above it.
func organization(domain string) string {
	org, err := publicsuffix.EffectiveTLDPlusOne(domain)
	if err != nil || org == domain {
		return ""
	}
	return org
}
