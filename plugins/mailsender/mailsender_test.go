package mailsender

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/shopslo/shopslo/internal/text"
)

// made are keys, each length's once.
var made = map[int]string{}

// keyOf is the p= of an RSA key.
func keyOf(t testing.TB, bits int) string {
	t.Helper()
	if made[bits] != "" {
		return made[bits]
	}
	t.Setenv("GODEBUG", "rsa1024min=0")
	k, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	b, err := x509.MarshalPKIXPublicKey(&k.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	made[bits] = base64.StdEncoding.EncodeToString(b)
	return made[bits]
}

// good is a zone in which all is well; an entry is "NAME TYPE", its values separated by |.
func good(t testing.TB) map[string]string {
	return map[string]string{
		"shop.example.com TXT":               "v=spf1 include:relay.example a:mail.shop.example.com ip4:192.0.2.0/24 ~all|google-site-verification=x",
		"relay.example TXT":                  "v=spf1 ip4:198.51.100.0/24 include:more.relay.example -all",
		"more.relay.example TXT":             "v=spf1 ip6:2001:db8::/32 -all",
		"mail.shop.example.com A":            "192.0.2.5",
		"s1._domainkey.shop.example.com TXT": "v=DKIM1; k=rsa; p=" + keyOf(t, 2048),
		"_dmarc.shop.example.com TXT":        "v=DMARC1; p=quarantine; rua=mailto:dmarc@example.com",
		"shop.example.com MX":                "10 mail.shop.example.com.",
	}
}

func zone(records map[string]string) Lookup {
	return func(_ context.Context, name, kind string) ([]string, error) {
		v, ok := records[strings.ToLower(strings.TrimSuffix(name, "."))+" "+kind]
		switch {
		case !ok:
			return nil, nil
		case v == "FAILS":
			return nil, errors.New("answers SERVFAIL")
		}
		return strings.Split(v, "|"), nil
	}
}

var shop = Sender{Domain: "shop.example.com", Selectors: []string{"s1"}}

func TestADomainWhoseMailsAreItsOwn(t *testing.T) {
	r := Check(context.Background(), zone(good(t)), shop)
	if r.Severity() != OK || r.Lookups != 3 || r.Keys["s1"] != "rsa 2048" || r.Policy != "quarantine" || r.MX != 1 {
		t.Fatalf("%+v", r)
	}
	if got, want := r.Sentence(text.English), "shop.example.com: SPF takes 3 of 10 look-ups, DKIM keys: s1 (rsa 2048), DMARC policy quarantine, 1 MX."; got != want {
		t.Errorf("%s", got)
	}
	if got := r.Sentence(text.Japanese); !strings.Contains(got, "10回中3回") || strings.Contains(got, "%!") {
		t.Error(got)
	}
}

func TestWhatIsWrongIsTold(t *testing.T) {
	includes := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, " include:i%d.example", i)
		}
		return b.String()
	}
	many := map[string]string{}
	for i := range 12 {
		many[fmt.Sprintf("i%d.example TXT", i)] = "v=spf1 ip4:192.0.2.1 -all"
	}
	edPub, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, domainKey := keyOf(t, 2048), "s1._domainkey.shop.example.com TXT"
	for _, c := range []struct {
		name    string
		changes map[string]string
		want    Severity
		says    string
	}{
		{"ten look-ups", map[string]string{"shop.example.com TXT": "v=spf1" + includes(10) + " -all"}, OK, "10 of 10"},
		{"eleven", map[string]string{"shop.example.com TXT": "v=spf1" + includes(11) + " -all"}, Critical, "SPF takes 11 look-ups"},
		{"look-ups of includes count", map[string]string{"shop.example.com TXT": "v=spf1" + includes(8) + " include:deep.example -all", "deep.example TXT": "v=spf1 a:mail.shop.example.com mx:shop.example.com -all"}, Critical, "SPF takes 11"},
		{"a redirect counts", map[string]string{"shop.example.com TXT": "v=spf1" + includes(10) + " redirect=i0.example"}, Critical, "SPF takes 11"},
		{"no SPF", map[string]string{"shop.example.com TXT": "google-site-verification=x"}, Critical, "no SPF record"},
		{"an SPF record twice", map[string]string{"shop.example.com TXT": "v=spf1 -all|v=spf1 ~all"}, Critical, "2 SPF records"},
		{"a text that only begins alike", map[string]string{"shop.example.com TXT": "v=spf10 -all"}, Critical, "no SPF record"},
		{"SPF in quotes", map[string]string{"shop.example.com TXT": `"v=spf1 -all"`}, Critical, "stands in quotes"},
		{"an include of nothing", map[string]string{"relay.example TXT": "x"}, Critical, "includes relay.example, which has no SPF record"},
		{"includes in a ring", map[string]string{"more.relay.example TXT": "v=spf1 include:relay.example -all"}, Critical, "which includes it"},
		{"a word that is none", map[string]string{"shop.example.com TXT": "v=spf1 includes:relay.example -all"}, Critical, "not understood"},
		{"a block that is none", map[string]string{"shop.example.com TXT": "v=spf1 ip4:192.0.2.300 -all"}, Critical, "not understood"},
		{"empty look-ups", map[string]string{"shop.example.com TXT": "v=spf1 a:x.example a:y.example a:z.example -all"}, Critical, "3 of SPF's look-ups find nothing"},
		{"two empty look-ups", map[string]string{"shop.example.com TXT": "v=spf1 a:x.example a:y.example -all"}, OK, ""},
		{"everybody", map[string]string{"shop.example.com TXT": "v=spf1 +all"}, Critical, "everybody"},
		{"no end", map[string]string{"shop.example.com TXT": "v=spf1 ip4:192.0.2.1"}, Warning, "does not end with"},
		{"macros", map[string]string{"shop.example.com TXT": "v=spf1 exists:%{i}.x.example -all"}, OK, "1 of 10"},
		{"what stands after all is ignored", map[string]string{"shop.example.com TXT": "v=spf1 ip4:192.0.2.1 -all include:gone.example a:x.example a:y.example a:z.example" + includes(11) + " redirect=gone.example"}, OK, "SPF takes 0 of 10"},
		{"and is read", map[string]string{"shop.example.com TXT": "v=spf1 ip4:192.0.2.1 -all includes:relay.example"}, Critical, "not understood"},
		{"a semicolon after the version", map[string]string{"shop.example.com TXT": "v=spf1; include:relay.example ~all"}, Critical, "no SPF record"},
		{"a semicolon and no blank", map[string]string{"shop.example.com TXT": "v=spf1;include:relay.example ~all"}, Critical, "no SPF record"},
		{"a redirect twice", map[string]string{"shop.example.com TXT": "v=spf1 redirect=relay.example redirect=relay.example"}, Critical, "not understood"},
		{"a redirect to nothing", map[string]string{"shop.example.com TXT": "v=spf1 redirect="}, Critical, "not understood"},
		{"a of nothing", map[string]string{"shop.example.com TXT": "v=spf1 a: -all"}, Critical, "not understood"},
		{"a block that no address has", map[string]string{"shop.example.com TXT": "v=spf1 a/33 -all"}, Critical, "not understood"},
		{"a block of both kinds", map[string]string{"shop.example.com TXT": "v=spf1 a:mail.shop.example.com/24//64 mx/24 -all"}, OK, "2 of 10"},
		{"blocks too long of six", map[string]string{"shop.example.com TXT": "v=spf1 mx//129 -all"}, Critical, "not understood"},
		{"a block of an include", map[string]string{"shop.example.com TXT": "v=spf1 include:relay.example/24 -all"}, Critical, "not understood"},
		{"all of something", map[string]string{"shop.example.com TXT": "v=spf1 -all:x"}, Critical, "not understood"},
		{"a bad address after all", map[string]string{"shop.example.com TXT": "v=spf1 -all ip4:192.0.2.300"}, Critical, "not understood"},
		{"eleven MX", map[string]string{"shop.example.com TXT": "v=spf1 mx:much.example -all", "much.example MX": "1 a.example.|2 b.example.|3 c.example.|4 d.example.|5 e.example.|6 f.example.|7 g.example.|8 h.example.|9 i.example.|10 j.example.|11 k.example."}, Critical, "11 MX"},
		{"exists of nothing", map[string]string{"shop.example.com TXT": "v=spf1 exists:x.example exists:y.example exists:z.example -all"}, Critical, "3 of SPF's look-ups find nothing"},
		{"MX whose servers are gone", map[string]string{"shop.example.com TXT": "v=spf1 mx:old.example -all", "old.example MX": "1 a.old.example.|2 b.old.example.|3 c.old.example."}, Critical, "3 of SPF's look-ups find nothing"},
		{"MX of which two servers are gone", map[string]string{"shop.example.com TXT": "v=spf1 mx:old.example -all", "old.example MX": "1 a.old.example.|2 b.old.example.|3 mail.shop.example.com."}, OK, "1 of 10"},
		{"an address in place of a name", map[string]string{"shop.example.com TXT": "v=spf1 a:192.0.2.1 -all"}, Critical, `has "a:192.0.2.1", which is not understood`},
		{"an address that is included", map[string]string{"shop.example.com TXT": "v=spf1 include:192.0.2.1 -all"}, Critical, "not understood"},
		{"a name without a dot", map[string]string{"shop.example.com TXT": "v=spf1 include:relay -all"}, Critical, "not understood"},
		{"a name with two dots", map[string]string{"shop.example.com TXT": "v=spf1 redirect=relay..example"}, Critical, "not understood"},
		{"a name too long", map[string]string{"shop.example.com TXT": "v=spf1 a:" + strings.Repeat("a.", 130) + "example -all"}, Critical, "not understood"},
		{"a name with a dot at its end", map[string]string{"shop.example.com TXT": "v=spf1 include:relay.example. -all"}, OK, "2 of 10"},
		{"a service's name", map[string]string{"shop.example.com TXT": "v=spf1 include:_spf.relay.example -all", "_spf.relay.example TXT": "v=spf1 -all"}, OK, "1 of 10"},
		{"ptr", map[string]string{"shop.example.com TXT": "v=spf1 ptr:shop.example.com -all"}, Warning, "asks for ptr"},
		{"ptr of an include", map[string]string{"more.relay.example TXT": "v=spf1 ptr -all"}, Warning, "SPF of more.relay.example asks for ptr"},
		{"everybody, by an include", map[string]string{"more.relay.example TXT": "v=spf1 +all"}, Critical, "everybody"},
		{"nobody of an include that lets everybody", map[string]string{"shop.example.com TXT": "v=spf1 -include:relay.example ~all", "relay.example TXT": "v=spf1 +all"}, OK, "1 of 10"},
		{"everybody, by a block", map[string]string{"shop.example.com TXT": "v=spf1 ip4:0.0.0.0/0 -all"}, Critical, "everybody"},
		{"everybody, by a block of addresses of a name", map[string]string{"shop.example.com TXT": "v=spf1 a:mail.shop.example.com/0 -all"}, Critical, "everybody send (a:mail.shop.example.com/0)"},
		{"everybody, by a block of the MX", map[string]string{"shop.example.com TXT": "v=spf1 mx//0 -all"}, Critical, "everybody send (mx//0)"},
		{"everybody of one kind", map[string]string{"shop.example.com TXT": "v=spf1 a/0//64 -all"}, Critical, "everybody"},
		{"blocks that are none of all", map[string]string{"shop.example.com TXT": "v=spf1 mx/20//10 -mx/0 -all"}, OK, "2 of 10"},
		{"everybody, beside ptr", map[string]string{"shop.example.com TXT": "v=spf1 ptr +all"}, Critical, "everybody send (+all)"},
		{"everybody, beside what is not known", map[string]string{"shop.example.com TXT": "v=spf1 a:down.example +all", "down.example A": "FAILS"}, Critical, "everybody send (+all)"},
		{"no end, beside what is not known", map[string]string{"shop.example.com TXT": "v=spf1 a:down.example", "down.example A": "FAILS"}, Warning, "does not end with"},
		{"a wide space in SPF", map[string]string{"shop.example.com TXT": "v=spf1 include:relay.example　-all"}, Critical, `the text at shop.example.com has "\u3000", which is no ASCII`},
		{"a wide space in SPF of an include", map[string]string{"relay.example TXT": "v=spf1 ip4:192.0.2.1\u00a0-all"}, Critical, `the text at relay.example has "\u00a0"`},
		{"a wide letter in SPF", map[string]string{"shop.example.com TXT": "v=spf1 include：relay.example -all"}, Critical, `has "：", which is no ASCII`},
		{"everybody, by a redirect", map[string]string{"shop.example.com TXT": "v=spf1 redirect=relay.example", "relay.example TXT": "v=spf1 all"}, Critical, "everybody"},
		{"a redirect to itself", map[string]string{"shop.example.com TXT": "v=spf1 redirect=shop.example.com"}, Critical, "which includes it"},
		{"a macro that is none", map[string]string{"shop.example.com TXT": "v=spf1 exists:%{q}.x.example -all"}, Critical, "not understood"},
		{"a macro that is not closed", map[string]string{"shop.example.com TXT": "v=spf1 include:%{d.x.example -all"}, Critical, "not understood"},
		{"a bare percent sign", map[string]string{"shop.example.com TXT": "v=spf1 a:50%.x.example -all"}, Critical, "not understood"},
		{"a macro of the domain", map[string]string{"shop.example.com TXT": "v=spf1 include:%{d}.relay.example -all"}, Critical, "includes shop.example.com.relay.example, which has no SPF"},
		{"a macro of the sender's domain in an include", map[string]string{"relay.example TXT": "v=spf1 include:_spf.%{o} -all", "_spf.shop.example.com TXT": "v=spf1 ip4:192.0.2.1 -all"}, OK, "3 of 10"},
		{"a mechanism's macros", map[string]string{"shop.example.com TXT": "v=spf1 exists:%{ir}.%{v}._spf.%{d2} include:%{l1r-}._u.%{d} -all"}, OK, "2 of 10"},
		{"quotes within SPF", map[string]string{"shop.example.com TXT": `v=spf1 include:relay.example" "-all`}, Critical, "stands in quotes"},
		{"DNS fails for an address", map[string]string{"shop.example.com TXT": "v=spf1 a:down.example -all", "down.example A": "FAILS"}, Unknown, "down.example A is not known"},
		{"DNS fails for an MX", map[string]string{"shop.example.com TXT": "v=spf1 mx:down.example -all", "down.example MX": "FAILS"}, Unknown, "down.example MX is not known"},
		{"DNS fails for an include", map[string]string{"relay.example TXT": "FAILS"}, Unknown, "relay.example TXT is not known: answers SERVFAIL"},

		{"no key", map[string]string{domainKey: ""}, Critical, "selector s1 has no key"},
		{"a revoked key", map[string]string{domainKey: "v=DKIM1; p="}, Critical, "is revoked"},
		{"a key of 1,024 bits", map[string]string{domainKey: "p=" + keyOf(t, 1024)}, Warning, "has 1024 bits; make it 2048"},
		{"a key of 768 bits", map[string]string{domainKey: "p=" + keyOf(t, 768)}, Critical, "has 768 bits; make it 1024"},
		{"half a key", map[string]string{domainKey: "v=DKIM1; p=" + key[:200]}, Critical, "is cut off"},
		{"no key but a text", map[string]string{domainKey: "v=DKIM1; p=none"}, Critical, "cannot be read"},
		{"a key that a form cut off", map[string]string{domainKey: ("v=DKIM1; k=rsa; p=" + key)[:255]}, Critical, "is cut off"},
		{"a key with quotes in it", map[string]string{domainKey: "v=DKIM1; p=" + key[:200] + `" "` + key[200:]}, Critical, "stands in quotes"},
		{"a key with a wide space in it", map[string]string{domainKey: "v=DKIM1; p=" + key[:100] + "　" + key[100:]}, Critical, `has "\u3000", which is no ASCII`},
		{"a wide space in DMARC", map[string]string{"_dmarc.shop.example.com TXT": "v=DMARC1;　p=reject; rua=mailto:d@example.com"}, Critical, `the text at _dmarc.shop.example.com has "\u3000"`},
		{"DMARC of a domain between", map[string]string{"_dmarc.shop.example.com TXT": "", "_dmarc.example.com TXT": "", "_dmarc.com TXT": "v=DMARC1; p=reject"}, Critical, "there is no DMARC record"},
		{"DMARC in test mode", map[string]string{"_dmarc.shop.example.com TXT": "v=DMARC1; p=reject; t=y; rua=mailto:d@example.com"}, Warning, "is in test mode (t=y): receivers do not apply reject in full"},
		{"DMARC in test mode without a policy", map[string]string{"_dmarc.shop.example.com TXT": "v=DMARC1; p=none; t=y; rua=mailto:d@example.com"}, OK, "policy none"},
		{"a key of another service", map[string]string{domainKey: "v=DKIM1; s=tlsrpt; p=" + key}, Critical, "s=tlsrpt"},
		{"a key of mail among services", map[string]string{domainKey: "v=DKIM1; s=email:x; p=" + key}, OK, "rsa 2048"},
		{"a key whose semicolons were escaped", map[string]string{domainKey: `v=DKIM1\; k=rsa\; p=` + key}, Critical, "cannot be read"},
		{"a key with blanks in it", map[string]string{domainKey: "v=DKIM1; p=" + key[:100] + " " + key[100:]}, OK, "rsa 2048"},
		{"a key of the other kind", map[string]string{domainKey: "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(edPub)}, Warning, "many receivers cannot verify"},
		{"a key in quotes", map[string]string{domainKey: `"v=DKIM1; p=` + key + `"`}, Critical, "stands in quotes"},
		{"a key that is tried out", map[string]string{domainKey: "v=DKIM1; t=y:s; p=" + key}, Warning, "test mode"},
		{"old hashes alone", map[string]string{domainKey: "h=sha1; p=" + key}, Critical, "not sha256"},
		{"two keys", map[string]string{domainKey: "p=" + key + "|p=" + key}, Critical, "has 2 keys"},

		{"no DMARC", map[string]string{"_dmarc.shop.example.com TXT": ""}, Critical, "no DMARC record"},
		{"DMARC in small letters", map[string]string{"_dmarc.shop.example.com TXT": "v=dmarc1; p=reject; rua=mailto:d@example.com"}, Critical, "no DMARC record"},
		{"DMARC with blanks in its version", map[string]string{"_dmarc.shop.example.com TXT": "v = DMARC1 ; p=reject; rua=mailto:d@example.com"}, OK, "policy reject"},
		{"DMARC of the organization", map[string]string{"_dmarc.shop.example.com TXT": "", "_dmarc.example.com TXT": "v=DMARC1; p=reject; sp=quarantine; rua=mailto:d@example.com"}, OK, "policy quarantine"},
		{"two DMARC records", map[string]string{"_dmarc.shop.example.com TXT": "v=DMARC1; p=none; rua=mailto:d@example.com|v=DMARC1; p=reject"}, Critical, "2 DMARC records"},
		{"a policy of subdomains that is not the domain's", map[string]string{"_dmarc.shop.example.com TXT": "v=DMARC1; p=reject; sp=none; rua=mailto:d@example.com"}, OK, "policy reject"},
		{"a policy for some of the mails", map[string]string{"_dmarc.shop.example.com TXT": "v=DMARC1; p=reject; pct=20; rua=mailto:d@example.com"}, Warning, "20 % of the mails"},
		{"a policy for all of the mails", map[string]string{"_dmarc.shop.example.com TXT": "v=DMARC1; p=reject; pct=100; rua=mailto:d@example.com"}, OK, "policy reject"},
		{"no policy, for some", map[string]string{"_dmarc.shop.example.com TXT": "v=DMARC1; p=none; pct=20; rua=mailto:d@example.com"}, OK, "policy none"},
		{"a part that is no number", map[string]string{"_dmarc.shop.example.com TXT": "v=DMARC1; p=reject; pct=all; rua=mailto:d@example.com"}, Warning, "pct is \"all\""},
		{"no policy", map[string]string{"_dmarc.shop.example.com TXT": "v=DMARC1; rua=mailto:d@example.com"}, Critical, "has the policy"},
		{"no reports", map[string]string{"_dmarc.shop.example.com TXT": "v=DMARC1;p=reject"}, Warning, "no address for reports"},
		{"reports to no address", map[string]string{"_dmarc.shop.example.com TXT": "v=DMARC1;p=reject;rua=d@example.com"}, Warning, "is no address"},
		{"reports elsewhere", map[string]string{"_dmarc.shop.example.com TXT": "v=DMARC1;p=reject;rua=mailto:d@reports.example.net"}, Warning, "reports.example.net does not say"},
		{"reports elsewhere, which are wanted", map[string]string{"_dmarc.shop.example.com TXT": "v=DMARC1;p=reject;rua=mailto:d@reports.example.net!10m", "shop.example.com._report._dmarc.reports.example.net TXT": "v=DMARC1"}, OK, ""},

		{"no MX", map[string]string{"shop.example.com MX": "", "shop.example.com A": "192.0.2.1"}, Warning, "has no MX"},
		{"no MX, an IPv6 address", map[string]string{"shop.example.com MX": "", "shop.example.com AAAA": "2001:db8::1"}, Warning, "has no MX"},
		{"nothing at all", map[string]string{"shop.example.com MX": ""}, Critical, "neither MX nor address"},
		{"mails are not taken", map[string]string{"shop.example.com MX": "0 ."}, Critical, "takes no mails"},
		{"MX points nowhere", map[string]string{"shop.example.com MX": "10 gone.example."}, Critical, "gone.example, which has no address"},
		{"one MX points nowhere", map[string]string{"shop.example.com MX": "10 gone.example.|20 mail.shop.example.com."}, Warning, "gone.example"},
	} {
		records := good(t)
		maps.Copy(records, many)
		for name, v := range c.changes {
			if records[name] = v; v == "" {
				delete(records, name)
			}
		}
		r := Check(context.Background(), zone(records), shop)
		en, ja := r.Sentence(text.English), r.Sentence(text.Japanese)
		if r.Severity() != c.want || !strings.Contains(en, c.says) {
			t.Errorf("%s: severity %d, want %d: %s", c.name, r.Severity(), c.want, en)
		}
		if strings.Contains(en+ja, "%!") || en == ja {
			t.Errorf("%s: badly told: %s %s", c.name, en, ja)
		}
	}
	weak := shop
	weak.Policy = "reject"
	if r := Check(context.Background(), zone(good(t)), weak); r.Severity() != Warning || !strings.Contains(r.Sentence(text.English), "policy is quarantine, and should be reject") {
		t.Errorf("%s", r.Sentence(text.English))
	}
}

func TestSettingsAreReadStrictly(t *testing.T) {
	s, err := Parse("f.yaml", []byte("servers: [192.0.2.53]\nlanguage: ja\nsenders: [{domain: shop.example.com, selectors: [s1, relay.s2], policy: reject}]\n"))
	if err != nil || len(s.Senders) != 1 || len(s.Senders[0].Selectors) != 2 {
		t.Fatal(s, err)
	}
	for text, want := range map[string]string{"senders: []": "name at least one", "senders: [{domain: shop}]": "is no domain name", "senders: [{domain: a.example, selectors: [a b]}]": `selector "a b"`,
		"senders: [{domain: a.example, policy: some}]": "it can be none", "senders: [{domain: a.example}]\nlanguage: fr": "neither en nor ja", "sender: []": `did you mean "senders"`} {
		if _, err := Parse("f.yaml", []byte(text+"\n")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func FuzzRecords(f *testing.F) {
	f.Add("v=spf1 include:a.example -all", "v=DKIM1; p=AAAA", "v=DMARC1; p=none; rua=mailto:a@b.example")
	f.Fuzz(func(t *testing.T, spf, key, dmarc string) {
		look := func(_ context.Context, name, kind string) ([]string, error) {
			switch {
			case kind != "TXT":
				return nil, nil
			case strings.HasPrefix(name, "_dmarc."):
				return []string{dmarc}, nil
			case strings.Contains(name, "._domainkey."):
				return []string{key}, nil
			}
			return []string{spf}, nil
		}
		r := Check(context.Background(), look, shop)
		if r.Severity() == OK || strings.Contains(r.Sentence(text.English), "%!(") {
			t.Errorf("%+v", r) // without an MX nothing is well
		}
	})
}
