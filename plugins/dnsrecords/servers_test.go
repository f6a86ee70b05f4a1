package dnsrecords

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// own is a zone's own server, as docs/mailrelay.md says to name: it answers for its zone,
// and knows nothing of where an alias out of it points to.
func own(t *testing.T) string {
	rr := func(text string) dns.RR {
		rr, err := dns.NewRR(text)
		if err != nil {
			t.Fatal(err)
		}
		return rr
	}
	soa := rr("shop.example. 60 IN SOA ns.shop.example. x.shop.example. 1 1 1 1 1")
	return listen(t, func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		m.Authoritative = true
		switch name := q.Question[0].Name; {
		case name == "www.shop.example." && q.Question[0].Qtype == dns.TypeAAAA:
			m.Answer, m.Ns = []dns.RR{rr("www.shop.example. 60 IN CNAME a.shop.example.")}, []dns.RR{soa} // its own alias, without the type
		case name == "www.shop.example.":
			m.Answer = []dns.RR{rr("www.shop.example. 60 IN CNAME lb.cloud.example.")}
		case name == "a.shop.example." && q.Question[0].Qtype == dns.TypeA:
			m.Answer = []dns.RR{rr("a.shop.example. 60 IN A 192.0.2.1")}
		case name == "a.shop.example.":
			m.Ns = []dns.RR{soa}
		case name == "bare.shop.example.": // nothing, and no SOA
		case strings.HasSuffix(name, ".sub.shop.example."):
			m.Authoritative, m.Ns = false, []dns.RR{rr("sub.shop.example. 60 IN NS ns.sub.shop.example.")}
		case strings.HasSuffix(name, "shop.example."):
			m.Rcode, m.Ns = dns.RcodeNameError, []dns.RR{soa}
		default:
			m.Authoritative = false
		}
		_ = w.WriteMsg(m)
	})
}

func TestAServerThatIsNoResolverSaysNothingOfOtherZones(t *testing.T) {
	server := own(t)
	for _, c := range []struct {
		name, kind string
		severity   Severity
		want       string
	}{
		{"a.shop.example.", "A", OK, ""},
		{"www.shop.example.", "CNAME", OK, ""},
		{"www.shop.example.", "A", Unknown, "knows it as an alias of lb.cloud.example. only, and is no resolver: list its type CNAME"},
		{"www.shop.example.", "AAAA", Critical, "has vanished"},
		{"a.shop.example.", "AAAA", Critical, "has vanished"},
		{"bare.shop.example.", "A", Critical, "has vanished"},
		{"gone.shop.example.", "A", Critical, "has vanished"},
		{"a.sub.shop.example.", "A", Unknown, "is no resolver"},
		{"other.example.", "TXT", Unknown, "is no resolver"},
	} {
		got := (&Resolver{Servers: []string{server}, EveryOne: true}).Check(context.Background(), []Record{{Name: c.name, Type: c.kind, Match: "all"}})
		if c.severity == OK {
			if len(got) > 0 {
				t.Errorf("%s %s: %v", c.name, c.kind, got)
			}
			continue
		}
		if len(got) != 1 || got[0].Severity != c.severity || !strings.Contains(got[0].String(), c.want) {
			t.Errorf("%s %s: %v, want %s", c.name, c.kind, got, c.want)
		}
	}
	// Where another server is a resolver, that one is asked.
	resolver := serve(t, "other.example. 60 IN TXT \"v=spf1 -all\"\n")
	if got, err := (&Resolver{Servers: []string{server, resolver}}).Lookup(context.Background(), "other.example", "TXT"); err != nil || len(got) != 1 {
		t.Errorf("%v, %v", got, err)
	}
}

// A server that is down costs its own answers, and not the time for all others'.
func TestAServerThatIsDownIsAskedSeldom(t *testing.T) {
	var asked atomic.Int64
	down := listen(t, func(dns.ResponseWriter, *dns.Msg) { asked.Add(1) })
	zone, records := "", []Record{}
	for i := range 120 {
		zone += fmt.Sprintf("h%d.example. 60 IN A 192.0.2.%d\n", i, i)
		records = append(records, Record{Name: fmt.Sprintf("h%d.example.", i), Type: "A", Match: "all"})
	}
	up := serve(t, zone)
	records = append(records, Record{Name: "gone.example.", Type: "A", Match: "all"})

	every := &Resolver{Servers: []string{down, up}, EveryOne: true, Timeout: 50 * time.Millisecond}
	got := every.Check(context.Background(), records)
	if len(got) != 122 || got[0].Severity != Critical || got[0].Server != up || got[1].Severity != Unknown || !strings.Contains(got[121].String(), "does not answer") {
		t.Errorf("%d findings, first %v", len(got), got[:2])
	}
	if n := asked.Load(); n > 2*(16+mostMissed) { // as many as are asked at once, twice each
		t.Errorf("a server that is down was asked %d times", n)
	}

	asked.Store(0)
	first := &Resolver{Servers: []string{down, up}, Timeout: 50 * time.Millisecond}
	for i := range 40 {
		if got, err := first.Lookup(context.Background(), fmt.Sprintf("h%d.example", i), "A"); err != nil || len(got) != 1 {
			t.Fatal(got, err)
		}
	}
	if n := asked.Load(); n != 2 {
		t.Errorf("it was asked %d times where another answers", n)
	}
}
