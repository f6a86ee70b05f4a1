package dnsrecords

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// zone is what a server answers: real DNS over UDP and TCP.
var zone = `
shop.example. 60 IN A 192.0.2.1
shop.example. 60 IN A 192.0.2.2
www.example. 60 IN CNAME LB.Example.NET.
lb.example.net. 60 IN A 192.0.2.9
mail.example. 60 IN MX 10 mx1.example.
text.example. 60 IN TXT "v=spf1 include:Relay.example" " -all"
spf.example. 60 IN TXT "v=spf1 include:relay.example -all"
spf.example. 60 IN TXT "google-site-verification=abc"
spf.example. 60 IN TXT "MS=ms1"
spf.example. 60 IN CAA 0 issue "letsencrypt.org"
esc.example. 60 IN TXT "a\\;b"
semi.example. 60 IN TXT "v=DMARC1\; p=none"
spf.example. 60 IN CAA 0 issue "other.example"
key.example. 60 IN TXT "` + dkim[:255] + `" "` + dkim[255:] + `"
`

// dkim is longer than one string of a record can be.
var dkim = "v=DKIM1; k=rsa; p=" + strings.Repeat("A", 382)

// serve starts a server of a zone, and gives its address.
func serve(t *testing.T, zone string) string {
	t.Helper()
	var all []dns.RR
	p := dns.NewZoneParser(strings.NewReader(zone), ".", "")
	for rr, ok := p.Next(); ok; rr, ok = p.Next() {
		all = append(all, rr)
	}
	if err := p.Err(); err != nil {
		t.Fatal(err)
	}
	for i := range 200 {
		rr, err := dns.NewRR(fmt.Sprintf("many.example. 60 IN A 198.51.100.%d", i))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, rr)
	}
	answer := func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		m.RecursionAvailable = true
		name, found := q.Question[0].Name, false
		for range 3 { // follow aliases
			for _, rr := range all {
				if !strings.EqualFold(rr.Header().Name, name) {
					continue
				}
				found = true
				if rr.Header().Rrtype == q.Question[0].Qtype {
					m.Answer = append(m.Answer, rr)
				} else if c, ok := rr.(*dns.CNAME); ok {
					m.Answer = append(m.Answer, rr)
					name = c.Target
				}
			}
		}
		switch {
		case name == "broken.example.":
			m.Rcode = dns.RcodeServerFailure
		case !found:
			m.Rcode = dns.RcodeNameError
		}
		if w.RemoteAddr().Network() == "udp" {
			m.Truncate(1232)
		}
		_ = w.WriteMsg(m)
	}
	return listen(t, answer)
}

// listen starts a server, and gives its address.
func listen(t *testing.T, answer dns.HandlerFunc) string {
	t.Helper()
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	udp, err := net.ListenPacket("udp", tcp.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []*dns.Server{{Listener: tcp, Handler: answer}, {PacketConn: udp, Handler: answer}} {
		started := make(chan struct{})
		s.NotifyStartedFunc = func() { close(started) }
		go func() { _ = s.ActivateAndServe() }()
		<-started
		t.Cleanup(func() { _ = s.Shutdown() })
	}
	return tcp.Addr().String()
}

func TestRecordsAreLookedUpAndCompared(t *testing.T) {
	server := serve(t, zone)
	tests := []struct {
		name, record string
		severity     Severity
		want         string
	}{
		{"both addresses are there", "{name: shop.example, type: A, values: [192.0.2.2, 192.0.2.1]}", OK, ""},
		{"the type A is the default, and existing may be enough", "{name: SHOP.example}", OK, ""},
		{"one address is gone", "{name: shop.example, values: [192.0.2.1, 192.0.2.2, 192.0.2.3]}", Critical, "does not point to 192.0.2.3 any more"},
		{"any of the addresses will do", "{name: shop.example, values: [192.0.2.1, 192.0.2.2, 192.0.2.3], match: any}", OK, ""},
		{"one address is too many", "{name: shop.example, values: [192.0.2.1]}", Warning, "also points to 192.0.2.2"},
		{"one address was replaced", "{name: shop.example, values: [192.0.2.1, 192.0.2.7]}", Critical, "points to 192.0.2.2 instead of 192.0.2.7"},
		{"all addresses are others", "{name: shop.example, values: [192.0.2.7]}", Critical, "points to 192.0.2.1, 192.0.2.2, not to 192.0.2.7"},
		{"the name is gone", "{name: cart.example, values: [192.0.2.1]}", Critical, "cart.example A has vanished"},
		{"the name is there, the type is gone", "{name: shop.example, type: AAAA}", Critical, "shop.example AAAA has vanished"},
		{"an alias is compared whatever its case", "{name: www.example, type: CNAME, values: [lb.example.net.]}", OK, ""},
		{"an alias is followed to its address", "{name: www.example, values: [192.0.2.9]}", OK, ""},
		{"mail exchangers have a preference", "{name: mail.example, type: MX, values: [10 mx1.example.]}", OK, ""},
		{"texts are joined and keep their case", `{name: text.example, type: TXT, values: ["v=spf1 include:Relay.example -all"]}`, OK, ""},
		{"SPF among other texts", `{name: spf.example, type: TXT, values: ["v=spf1 include:relay.example -all"], match: contains}`, OK, ""},
		{"SPF is the only text that may be there", `{name: spf.example, type: TXT, values: ["v=spf1 include:relay.example -all"]}`, Warning, "also points to MS=ms1, google-site-verification=abc"},
		{"one of several texts is no rotation", `{name: spf.example, type: TXT, values: ["v=spf1 include:relay.example -all"], match: any}`, Warning, "also points to MS=ms1"},
		{"SPF names another relay", `{name: spf.example, type: TXT, values: ["v=spf1 include:other.example -all"], match: contains}`, Critical, "lacks v=spf1 include:other.example -all (asked"},
		{"two texts of which one is gone", `{name: spf.example, type: TXT, values: [MS=ms1, MS=ms2], match: contains}`, Critical, "lacks MS=ms2 (asked"},
		{"all texts are gone", `{name: mail.example, type: TXT, values: [MS=ms1], match: contains}`, Critical, "has vanished"},
		{"addresses among others", "{name: shop.example, values: [192.0.2.2], match: contains}", OK, ""},
		{"one authority among others", `{name: spf.example, type: CAA, values: ['0 issue "LetsEncrypt.org"'], match: contains}`, OK, ""},
		{"a mail exchanger with another preference is another", "{name: mail.example, type: MX, values: [20 mx1.example.], match: contains}", Critical, "lacks 20 mx1.example."},
		{"a long text is one value", `{name: key.example, type: TXT, values: ["` + dkim + `"], match: contains}`, OK, ""},
		{"a backslash that is part of the text", `{name: esc.example, type: TXT, values: ['a\;b']}`, OK, ""},
		{"a backslash of a zone file", `{name: semi.example, type: TXT, values: ['v=DMARC1\; p=none']}`, OK, ""},
		{"a backslash that is not there", `{name: semi.example, type: TXT, values: ['v=DMARC1\\; p=none']}`, Critical, "points to"},
		{"an answer too long for a packet is fetched by TCP", "{name: many.example, match: any, values: [" + many() + "]}", OK, ""},
		{"a server that fails says nothing of the record", "{name: broken.example}", Unknown, "answers SERVFAIL"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e, err := Parse("dns.yaml", []byte("servers: [\""+server+"\"]\nrecords: ["+tt.record+"]"))
			if err != nil {
				t.Fatal(err)
			}
			got := (&Resolver{Servers: e.Servers, EveryOne: true}).Check(context.Background(), e.Records)
			if tt.severity == OK {
				if len(got) > 0 {
					t.Errorf("found %v", got)
				}
				return
			}
			if len(got) != 1 || got[0].Severity != tt.severity || !strings.Contains(got[0].String(), tt.want) {
				t.Errorf("found %v, want severity %d: %s", got, tt.severity, tt.want)
			}
		})
	}
}

func many() string {
	var v []string
	for i := range 200 {
		v = append(v, fmt.Sprintf("198.51.100.%d", i))
	}
	return strings.Join(v, ", ")
}

func TestServersHaveToAgreeOrStandInForEachOther(t *testing.T) {
	good, bad := serve(t, zone), serve(t, "other.example. 60 IN A 192.0.2.1\n")
	silent, err := net.ListenPacket("udp", "127.0.0.1:0") // takes questions, answers none
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = silent.Close() }()
	rec := []Record{{Name: "shop.example.", Type: "A", Match: "all"}}
	check := func(every bool, servers ...string) []Finding {
		return (&Resolver{Servers: servers, EveryOne: every, Timeout: 100 * time.Millisecond}).Check(context.Background(), rec)
	}
	if f := check(true, good, bad); len(f) != 1 || f[0].Severity != Critical || f[0].Server != bad {
		t.Errorf("one of two servers has lost it: %v", f)
	}
	if f := check(false, silent.LocalAddr().String(), good); len(f) != 0 {
		t.Errorf("the second stands in for the first: %v", f)
	}
	if f := check(true, silent.LocalAddr().String(), good); len(f) != 1 || f[0].Severity != Unknown {
		t.Errorf("a server that is silent: %v", f)
	}
	if f := check(false, silent.LocalAddr().String()); len(f) != 1 || f[0].Severity != Unknown {
		t.Errorf("no server answers: %v", f)
	}
}

func TestParseRefusesWhatItDoesNotUnderstand(t *testing.T) {
	for name, c := range map[string][2]string{
		"an unknown key":           {"records: [{name: a.example}]\nserver: x", `dns.yaml:2:1: server: unknown key (did you mean "servers"?)`},
		"no records":               {"servers: [a]", "records: is missing"},
		"an empty file":            {"", "the file is empty; write at least records"},
		"no name":                  {"records: [{type: A}]", "records[0].name: is missing"},
		"an unknown type":          {"records: [{name: a.example, type: ALIAS}]", `type "ALIAS"`},
		"no address":               {"records: [{name: a.example, values: [lb]}]", `"lb" is no value of a record of type A`},
		"another match":            {"records: [{name: a.example, match: some}]", "it can be all, any, contains"},
		"nothing to contain":       {"records: [{name: a.example, match: contains}]", "no values are listed"},
		"two targets to contain":   {"records: [{name: a.example, type: CNAME, values: [b.example, c.example], match: contains}]", "an alias of one other"},
		"a broken document":        {"records: [", "dns.yaml:1: is not YAML"},
		"a name with a space":      {"records: [{name: shop example.com}]", `name "shop example.com" is no domain name`},
		"a URL":                    {"records: [{name: 'https://a.example/'}]", "is no domain name"},
		"two targets of one alias": {"records: [{name: a.example, type: CNAME, values: [b.example, c.example]}]", "an alias of one other"},
		"a server that is none":    {"servers: [300.1.1.1]\nrecords: [{name: a.example}]", `dns.yaml:1:11: servers[0]: "300.1.1.1" is no server`},
		"a port that is none":      {"servers: ['192.0.2.1:99999']\nrecords: [{name: a.example}]", "is no server"},
		"a text for a list":        {"records: shop", "dns.yaml:1:10: records: needs a list"},
		"a second document":        {"records: [{name: a.example}]\n---\nx: 1", "a second document begins here"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Parse("dns.yaml", []byte(c[0])); err == nil || !strings.Contains(err.Error(), c[1]) {
				t.Errorf("got %v, want %s", err, c[1])
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("servers: [192.0.2.53, \"[::1]:53\"]\nrecords:\n- {name: a.example, type: txt, values: ['a\"b']}\n- {name: b.example, type: MX, values: [10 mx.]}\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := Parse("dns.yaml", b)
		if err != nil {
			return
		}
		for _, r := range e.Records {
			if len(r.Values) == 0 {
				continue
			}
			if found, wrong := r.compare(r.Values); wrong {
				t.Errorf("a record differs from itself: %v", found)
			}
		}
	})
}
