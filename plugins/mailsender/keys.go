package mailsender

import (
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Lengths of RSA keys: receivers ignore signatures of shorter ones than leastBits (RFC
// 8301), and goodBits are what mailbox operators ask for.
// https://support.google.com/a/answer/174124
const (
	leastBits = 1024
	goodBits  = 2048
)

// tags are a record's NAME=VALUE pairs; names in lower case.
func tags(record string) map[string]string {
	out := map[string]string{}
	for pair := range strings.SplitSeq(record, ";") {
		if name, value, ok := strings.Cut(pair, "="); ok {
			out[strings.ToLower(strings.TrimSpace(name))] = strings.TrimSpace(value)
		}
	}
	return out
}

// dkim judges the key of each selector.
func (c *checker) dkim() {
	for _, selector := range c.sender.Selectors {
		name := selector + "._domainkey." + c.domain
		all, ok := c.records(name, "TXT")
		if !ok {
			continue
		}
		var keys []map[string]string
		quoted := false
		for _, t := range all {
			if strings.Contains(t, `"`) {
				c.find(Critical, sayQuoted, name, `"v=DKIM1…`)
				keys, quoted = nil, true
				break
			}
			if t := tags(c.plain(name, t)); t["p"] != "" || has(t, "p") {
				keys = append(keys, t)
			}
		}
		switch {
		case len(all) == 0 || len(keys) == 0 && !quoted:
			c.find(Critical, sayNoKey, selector, name)
		case len(keys) > 1:
			c.find(Critical, sayManyKeys, selector, len(keys))
		case len(keys) == 1:
			c.key(selector, keys[0])
		}
	}
	kinds := slices.Collect(maps.Values(c.report.Keys))
	if len(kinds) > 0 && !slices.ContainsFunc(kinds, func(k string) bool { return k != "ed25519" }) {
		c.find(Warning, sayOnlyEd25519)
	}
}

func has(m map[string]string, name string) bool {
	_, ok := m[name]
	return ok
}

func (c *checker) key(selector string, t map[string]string) {
	text := strings.Join(strings.Fields(t["p"]), "")
	if text == "" {
		c.find(Critical, sayRevoked, selector)
		return
	}
	if v := t["v"]; v != "" && v != "DKIM1" {
		c.find(Critical, sayBadKey, selector, "v="+v)
		return
	}
	if s := t["s"]; s != "" && !slices.ContainsFunc(strings.Split(strings.ToLower(s), ":"), func(x string) bool { x = strings.TrimSpace(x); return x == "*" || x == "email" }) {
		c.find(Critical, sayBadKey, selector, "s="+s)
		return
	}
	raw, err := base64.StdEncoding.DecodeString(text)
	if cutOff(text) {
		c.find(Critical, sayCutKey, selector, len(text))
		return
	}
	if err != nil {
		c.find(Critical, sayBadKey, selector, err)
		return
	}
	switch kind := strings.ToLower(t["k"]); {
	case kind == "ed25519" && len(raw) == ed25519.PublicKeySize:
		c.report.Keys[selector] = "ed25519"
	case kind == "" || kind == "rsa":
		c.rsaKey(selector, raw)
	default:
		c.find(Critical, sayBadKey, selector, "k="+kind)
	}
	if h := t["h"]; h != "" && !slices.Contains(strings.FieldsFunc(strings.ToLower(h), func(r rune) bool { return r == ':' || r == ' ' }), "sha256") {
		c.find(Critical, sayNoSHA256, selector, h)
	}
	if slices.Contains(strings.Split(strings.ReplaceAll(strings.ToLower(t["t"]), " ", ""), ":"), "y") {
		c.find(Warning, sayTesting, selector)
	}
}

// cutOff is whether a key says that it is longer than it is.
func cutOff(text string) bool {
	raw, _ := base64.StdEncoding.DecodeString(text[:len(text)/4*4])
	return len(raw) > 4 && raw[0] == 0x30 && raw[1] == 0x82 && 4+int(raw[2])<<8+int(raw[3]) > len(raw)+2 // a sequence of two octets' length (X.690)
}

func (c *checker) rsaKey(selector string, raw []byte) {
	var key *rsa.PublicKey
	if any, err := x509.ParsePKIXPublicKey(raw); err == nil {
		key, _ = any.(*rsa.PublicKey)
	} else if key, err = x509.ParsePKCS1PublicKey(raw); err != nil {
		c.find(Critical, sayBadKey, selector, "no RSA key")
		return
	}
	if key == nil {
		c.find(Critical, sayBadKey, selector, "no RSA key")
		return
	}
	bits := key.N.BitLen()
	c.report.Keys[selector] = fmt.Sprintf("rsa %d", bits)
	switch {
	case bits < leastBits:
		c.find(Critical, sayShortKey, selector, bits, leastBits)
	case bits < goodBits:
		c.find(Warning, sayShortKey, selector, bits, goodBits)
	}
}

// policyRecord finds the domain's DMARC record, or the one that it inherits: from its
// organization's domain, which receivers find by a list of public suffixes (RFC 7489) or by
// going up (RFC 9989). What only the latter find is told.
func (c *checker) policyRecord() (name string, found []string, ok bool) {
	name = "_dmarc." + c.domain
	if found, ok = c.texts(name, dmarcRecord); !ok || len(found) > 0 {
		return name, found, ok
	}
	org := organization(c.domain)
	if org != "" {
		name = "_dmarc." + org
		if found, ok = c.texts(name, dmarcRecord); !ok || len(found) > 0 {
			return name, found, ok
		}
	}
	_, up, _ := strings.Cut(c.domain, ".")
	for ; strings.Contains(up, "."); _, up, _ = strings.Cut(up, ".") {
		if up == org {
			continue
		}
		higher, ok := c.texts("_dmarc."+up, dmarcRecord)
		if !ok {
			return name, nil, false
		}
		if len(higher) > 0 { // the highest one counts
			name, found = "_dmarc."+up, higher
		}
	}
	if len(found) > 0 {
		c.find(Warning, sayOldReceivers, name, c.domain)
	}
	return name, found, true
}

// dmarc judges the domain's policy, or the one that it inherits.
func (c *checker) dmarc() {
	name, found, ok := c.policyRecord()
	if !ok {
		return
	}
	inherited := name != "_dmarc."+c.domain
	switch len(found) {
	case 0:
		c.find(Critical, sayNoDMARC, "_dmarc."+c.domain)
		return
	case 1:
	default:
		c.find(Critical, sayManyDMARC, len(found), name)
		return
	}
	t := tags(found[0])
	policy := strings.ToLower(t["p"])
	if sub := strings.ToLower(t["sp"]); inherited && sub != "" {
		policy = sub
	}
	if !slices.Contains(policies, policy) {
		c.find(Critical, sayBadPolicy, name, policy)
		return
	}
	c.report.Policy = policy
	if strings.EqualFold(t["t"], "y") && policy != "none" { // RFC 9989
		c.find(Warning, sayTestMode, name, policy)
	}
	if least := c.sender.Policy; slices.Index(policies, policy) < slices.Index(policies, least) {
		c.find(Warning, sayWeakPolicy, policy, least)
	}
	c.part(name, policy, t["pct"])
	c.reports(name, t["rua"])
}

// part judges for how many of the mails the policy is asked.
func (c *checker) part(name, policy, pct string) {
	n, err := strconv.Atoi(pct)
	switch {
	case pct == "":
	case err != nil || n < 0 || n > 100:
		c.find(Warning, sayBadPart, name, pct)
	case n < 100 && policy != "none":
		c.find(Warning, sayPartly, name, n)
	}
}

// reports judges where receivers send their reports to: without them nobody learns who
// sends in the domain's name. Another domain has to say that it wants them (RFC 7489, 7.1).
func (c *checker) reports(name, rua string) {
	if strings.TrimSpace(rua) == "" {
		c.find(Warning, sayNoRUA, name)
		return
	}
	from := strings.TrimPrefix(name, "_dmarc.")
	for address := range strings.SplitSeq(rua, ",") {
		address, _, _ = strings.Cut(strings.TrimSpace(address), "!")
		u, err := url.Parse(address)
		_, host, ok := strings.Cut(address, "@")
		if err != nil || !strings.EqualFold(u.Scheme, "mailto") || !ok || !domainRule.MatchString(host) {
			c.find(Warning, sayBadRUA, name, address)
			continue
		}
		host = strings.ToLower(strings.TrimSuffix(host, "."))
		if whole(host) == whole(from) {
			continue
		}
		if found, ok := c.texts(from+"._report._dmarc."+host, dmarcRecord); ok && len(found) == 0 {
			c.find(Warning, sayRUAElsewhere, host, from+"._report._dmarc."+host)
		}
	}
}

// whole is the organization's domain, or the domain where it is that itself.
func whole(domain string) string {
	if org := organization(domain); org != "" {
		return org
	}
	return domain
}
