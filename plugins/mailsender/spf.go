package mailsender

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

// The limits of RFC 7208, section 4.6.4.
const (
	mostLookups = 10
	mostVoids   = 2
	mostNames   = 10 // of one mx
	// enough is where counting ends: how far over the limit a record is does not matter.
	enough = 30
)

// term is a mechanism: a qualifier, a name, and what follows.
var term = regexp.MustCompile(`^([-+~?]?)(all|include|a|mx|ptr|ip4|ip6|exists)([:/].*)?$`)

// spf judges the domain's own record, and those it includes.
func (c *checker) spf() {
	found, ok := c.texts(c.domain, spfRecord)
	if !ok {
		return
	}
	switch len(found) {
	case 0:
		c.find(Critical, sayNoSPF)
		return
	case 1:
	default:
		c.find(Critical, sayManySPF, len(found), c.domain)
		return
	}
	before := len(c.report.Findings)
	end := c.walk(c.domain, found[0], map[string]bool{c.domain: true})
	c.report.Lookups = c.lookups
	if c.lookups > mostLookups {
		c.find(Critical, sayLookups, c.lookups)
	}
	if c.voids > mostVoids {
		c.find(Critical, sayVoids, c.voids)
	}
	if slices.ContainsFunc(c.report.Findings[before:], func(f Finding) bool { return f.Severity == Critical }) {
		return // a record that is void lets nobody send
	}
	switch end {
	case "":
		c.find(Warning, sayNoAll)
	case "+":
		c.find(Critical, sayPlusAll, "+all")
	case "?":
		c.find(Warning, sayNeutralAll)
	}
}

// walk follows a record, and gives the qualifier of its "all": "" where it has none. A
// receiver stops at the first match; what matters here is the longest way.
func (c *checker) walk(domain, record string, above map[string]bool) (all string) {
	redirect, modified := "", map[string]bool{}
	for _, t := range strings.Fields(record)[1:] {
		if c.lookups > enough {
			return all
		}
		if name, value, ok := strings.Cut(t, "="); ok && !strings.ContainsAny(name, ":/") {
			if name = strings.ToLower(name); name == "redirect" || name == "exp" {
				if modified[name] || value == "" || !macros.MatchString(value) { // RFC 7208, section 6
					c.find(Critical, sayBadTerm, domain, t)
				}
				modified[name] = true
			}
			if name == "redirect" {
				redirect = value
			}
			continue
		}
		m := term.FindStringSubmatch(strings.ToLower(t))
		switch {
		case m == nil || !macros.MatchString(m[3]) || !wellFormed(m[2], m[3]):
			c.find(Critical, sayBadTerm, domain, t)
		case all != "": // what stands after it is never reached (RFC 7208, section 5.1)
		case m[2] == "all":
			if all = m[1]; all == "" {
				all = "+"
			}
		default:
			c.mechanism(domain, m[1], m[2], m[3], above)
		}
	}
	if all == "" && redirect != "" {
		c.lookups++
		return c.follow(domain, c.expand(domain, redirect), above)
	}
	return all
}

// macros are texts with nothing but whole macros behind each percent sign (RFC 7208,
// section 7.1). Those of explanations (c, r, t) stand in no other place, which few
// receivers mind.
var macros = regexp.MustCompile(`^(?i:[^%]|%[%_-]|%\{[slodiphcrtv]\d*r?[-.+,/_=]*\})*$`)

// expand fills in the macros that do not hang on the mail: the domain of the record, and
// that of the sender.
func (c *checker) expand(domain, s string) string {
	return strings.NewReplacer("%{d}", domain, "%{D}", domain, "%{o}", c.domain, "%{O}", c.domain).Replace(s)
}

// lengths are those of blocks, of IPv4 and of IPv6 behind two strokes.
var lengths = regexp.MustCompile(`^(/(\d|[12]\d|3[0-2]))?(//(\d|[1-9]\d|1[01]\d|12[0-8]))?$`)

// wholeBlock are lengths of which one is 0: all addresses of a family.
var wholeBlock = regexp.MustCompile(`^[^/%]*(/0(//\d+)?|(/\d+)?//0)$`)

// wellFormed is whether what follows a mechanism's name may follow it.
func wellFormed(name, rest string) bool {
	value, named := strings.CutPrefix(rest, ":")
	switch name {
	case "all":
		return rest == ""
	case "ip4", "ip6":
		return named && address(value, name == "ip4")
	case "include", "exists":
		return named && value != "" && (!strings.Contains(value, "/") || strings.Contains(value, "%"))
	case "ptr":
		return rest == "" || named && value != ""
	}
	if strings.Contains(value, "%") { // a stroke may be a macro's
		return named
	}
	at := strings.IndexByte(value, '/')
	if at < 0 {
		at = len(value)
	}
	return (at > 0) == named && lengths.MatchString(value[at:])
}

// mechanism counts one, and follows an include. What hangs on the mail is not looked up.
func (c *checker) mechanism(domain, qualifier, name, rest string, above map[string]bool) {
	passes := qualifier == "" || qualifier == "+"
	if name == "ip4" || name == "ip6" {
		if passes && strings.HasSuffix(rest, "/0") {
			c.find(Critical, sayPlusAll, rest[1:])
		}
		return
	}
	if passes && (name == "a" || name == "mx") && wholeBlock.MatchString(rest) {
		c.find(Critical, sayPlusAll, name+rest)
	}
	c.lookups++
	target, named := strings.CutPrefix(rest, ":")
	if !named {
		target = domain + rest
	}
	if target = c.expand(domain, target); name == "ptr" {
		c.find(Warning, sayPTR, domain)
	}
	if strings.Contains(target, "%") {
		return
	}
	if host, _, _ := strings.Cut(target, "/"); named && !isDomain(host) { // such as an address
		c.find(Critical, sayBadTerm, domain, name+rest)
		return
	}
	switch name {
	case "include":
		if c.follow(domain, target, above) == "+" && passes {
			c.find(Critical, sayPlusAll, "include:"+target)
		}
	case "exists":
		if found, ok := c.records(target, "A"); ok && len(found) == 0 {
			c.voids++
		}
	case "a":
		target, _, _ = strings.Cut(target, "/")
		c.visit(target)
	case "mx":
		target, _, _ = strings.Cut(target, "/")
		c.exchangers(target)
	}
}

// visit asks for the addresses of a name.
func (c *checker) visit(name string) {
	if found, ok := c.addresses(name); ok && len(found) == 0 {
		c.voids++
	}
}

// exchangers asks for the MX of a name and their addresses. These are no look-ups of the
// ten, but there are ten of them at most, and one that finds nothing is an empty one.
func (c *checker) exchangers(name string) {
	found, ok := c.records(name, "MX")
	switch {
	case !ok:
	case len(found) == 0:
		c.voids++
	case len(found) > mostNames:
		c.find(Critical, sayManyMX, name, len(found), mostNames)
	default:
		for _, v := range found {
			_, host, _ := strings.Cut(v, " ")
			if host = strings.TrimSuffix(strings.TrimSpace(host), "."); host != "" { // "." takes no mails
				c.visit(host)
			}
		}
	}
}

// addresses are those of a name, of either kind.
func (c *checker) addresses(name string) (found []string, ok bool) {
	if found, ok = c.records(name, "A"); ok && len(found) == 0 {
		return c.records(name, "AAAA")
	}
	return found, ok
}

// follow walks another domain's record. One with macros depends on the mail.
func (c *checker) follow(from, to string, above map[string]bool) string {
	to = strings.ToLower(strings.TrimSuffix(to, "."))
	if strings.Contains(to, "%") {
		return "-"
	}
	if !isDomain(to) {
		c.find(Critical, sayBadTerm, from, "redirect="+to)
		return "-"
	}
	if above[to] {
		c.find(Critical, sayLoop, from, to)
		return "-"
	}
	if c.lookups > enough {
		return "-"
	}
	found, ok := c.texts(to, spfRecord)
	switch {
	case !ok:
		return "-"
	case len(found) == 0:
		c.find(Critical, sayIncludeNone, from, to)
		return "-"
	case len(found) > 1:
		c.find(Critical, sayManySPF, len(found), to)
		return "-"
	}
	above[to] = true
	defer delete(above, to)
	return c.walk(to, found[0], above)
}

// address is whether a text is an address or a block of the right family.
func address(s string, four bool) bool {
	if p, err := netip.ParsePrefix(s); err == nil {
		return p.Addr().Is4() == four
	}
	a, err := netip.ParseAddr(s)
	return err == nil && a.Is4() == four
}

// isDomain is whether a text may be a domain in a record: its last label is no number
// (RFC 7208, section 7.1).
func isDomain(s string) bool {
	last := strings.TrimSuffix(s, ".")
	last = last[strings.LastIndexByte(last, '.')+1:]
	return len(s) <= 253 && domainRule.MatchString(s) && strings.Trim(last, "0123456789") != ""
}
