package mailsender

import (
	"net/netip"
	"regexp"
	"strings"
)

// The limits of RFC 7208, section 4.6.4.
const (
	mostLookups = 10
	mostVoids   = 2
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
	if len(c.report.Findings) > before {
		return
	}
	switch end {
	case "":
		c.find(Warning, sayNoAll)
	case "+":
		c.find(Critical, sayPlusAll)
	case "?":
		c.find(Warning, sayNeutralAll)
	}
}

// walk follows a record, and gives the qualifier of its "all": "" where it has none. A
// receiver stops at the first match; what matters here is the longest way.
func (c *checker) walk(domain, record string, above map[string]bool) (all string) {
	redirect := ""
	for _, t := range strings.Fields(record)[1:] {
		if c.lookups > enough {
			return all
		}
		if name, value, ok := strings.Cut(t, "="); ok && !strings.ContainsAny(name, ":/") {
			if strings.EqualFold(name, "redirect") {
				redirect = value
			}
			continue
		}
		m := term.FindStringSubmatch(strings.ToLower(t))
		if m == nil {
			c.find(Critical, sayBadTerm, domain, t)
			continue
		}
		if m[2] == "all" {
			if all == "" {
				all = m[1]
				if all == "" {
					all = "+"
				}
			}
			continue
		}
		if all == "" { // what stands after it is never reached (RFC 7208, section 5.1)
			c.mechanism(domain, t, m[2], m[3], above)
		}
	}
	if all == "" && redirect != "" {
		c.lookups++
		return c.follow(domain, redirect, above)
	}
	return all
}

// mechanism counts one, and follows an include.
func (c *checker) mechanism(domain, written, name, rest string, above map[string]bool) {
	value := strings.TrimPrefix(rest, ":")
	switch name {
	case "ip4", "ip6":
		if !address(value, name == "ip4") {
			c.find(Critical, sayBadTerm, domain, written)
		}
	case "include":
		c.lookups++
		if value == "" || !strings.HasPrefix(rest, ":") {
			c.find(Critical, sayBadTerm, domain, written)
			return
		}
		c.follow(domain, value, above)
	case "exists", "ptr":
		c.lookups++
	case "a", "mx":
		c.lookups++
		target := domain
		if strings.HasPrefix(rest, ":") {
			target, _, _ = strings.Cut(value, "/")
		}
		if kind := strings.ToUpper(name); !strings.Contains(target, "%") {
			if got, err := c.look(c.ctx, target, kind); err == nil && len(got) == 0 {
				if more, err := c.look(c.ctx, target, "AAAA"); name == "mx" || err == nil && len(more) == 0 {
					c.voids++
				}
			}
		}
	}
}

// follow walks another domain's record. One with macros depends on the mail.
func (c *checker) follow(from, to string, above map[string]bool) string {
	to = strings.ToLower(strings.TrimSuffix(to, "."))
	if strings.Contains(to, "%") {
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
