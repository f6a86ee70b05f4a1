package mailsender

import (
	"context"
	"strings"
	"testing"

	"github.com/shopslo/shopslo/internal/text"
)

// Where a policy is inherited from: receivers that follow RFC 7489 ask at the domain and at
// the organization's (below the public suffix), those that follow RFC 9989 at all above.
func TestWhereDMARCIsInheritedFrom(t *testing.T) {
	const record = "v=DMARC1; p=reject; sp=quarantine; rua=mailto:d@%"
	for _, c := range []struct {
		name, domain string
		at           []string // domains with a record
		want         Severity
		policy, says string
	}{
		{"of its own", "a.b.example.co.jp", []string{"a.b.example.co.jp", "example.co.jp"}, OK, "reject", ""},
		{"of the organization", "a.b.example.co.jp", []string{"b.example.co.jp", "example.co.jp"}, OK, "quarantine", ""},
		{"of a domain between", "a.b.example.co.jp", []string{"b.example.co.jp"}, Warning, "quarantine", "DMARC is inherited from _dmarc.b.example.co.jp, where receivers that follow RFC 7489 do not look: publish it at _dmarc.a.b.example.co.jp"},
		{"of a suffix that belongs to a service", "shop.github.io", []string{"github.io"}, Warning, "quarantine", "_dmarc.github.io"},
		{"of none", "a.b.example.co.jp", nil, Critical, "", "there is no DMARC record (_dmarc.a.b.example.co.jp)"},
		{"of the top level alone", "example.jp", []string{"jp"}, Critical, "", "there is no DMARC record"},
	} {
		records := map[string]string{c.domain + " TXT": "v=spf1 ip4:192.0.2.1 -all", c.domain + " MX": "10 mx.example.", "mx.example A": "192.0.2.1"}
		for _, at := range c.at {
			records["_dmarc."+at+" TXT"] = strings.ReplaceAll(record, "%", at)
		}
		r := Check(context.Background(), zone(records), Sender{Domain: c.domain})
		if said := r.Sentence(text.English); r.Severity() != c.want || r.Policy != c.policy || !strings.Contains(said, c.says) {
			t.Errorf("%s: %d, policy %q: %s", c.name, r.Severity(), r.Policy, said)
		}
	}
}
