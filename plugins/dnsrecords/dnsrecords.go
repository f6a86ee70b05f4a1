// Package dnsrecords looks whether the DNS records that are expected exist and point
// where they should. A record that vanished is critical: names made by programs do
// vanish, by a controller's mistake or a zone's, and nobody sees it before the caches
// are empty.
package dnsrecords

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"

	"github.com/shopslo/shopslo/internal/document"
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

// Record is one expectation.
type Record struct {
	Name string `json:"name"`
	Type string `json:"type,omitempty"` // A, AAAA, CNAME, MX, NS, TXT, SRV, CAA, PTR
	// Values are what it should point to, as a zone file writes them. Without any, the
	// record only has to exist.
	Values []string `json:"values,omitempty"`
	// Match is "all" (these values and no others; the default), "any" (nothing but
	// these, at least one), for names whose answers rotate, or "contains" (these, and
	// whatever others), for a name that several write to, such as SPF among other texts.
	Match string `json:"match,omitempty"`

	// literal are texts with a backslash as they stand, by how a zone file reads them: both
	// are what somebody may mean who writes no quotes.
	literal map[string]string
}

// Expectations are a configuration.
type Expectations struct {
	// Servers are asked one by one, and all have to agree; host or host:port. Without
	// any, the system's are used, of which the first that answers counts.
	Servers []string `json:"servers,omitempty"`
	Records []Record `json:"records"`
}

var matches = []string{"all", "any", "contains"}

var types = []string{"A", "AAAA", "CAA", "CNAME", "MX", "NS", "PTR", "SRV", "TXT"}

const maxRecords = 200

// Parse reads a configuration; path is its name in faults, which name the line of each.
func Parse(path string, data []byte) (Expectations, error) {
	var e Expectations
	o, faults := document.Settings(path, data, document.Dialect{}, &e)
	if o == nil {
		return e, faults.Err()
	}
	if n := len(e.Records); n > maxRecords || n == 0 && !o.Broken("records") {
		o.Refuse("records", o.At("records"), "lists %d; 1 to %d can be checked within the agent's 30 s", n, maxRecords)
	}
	for i := range e.Records {
		at := fmt.Sprintf("records[%d]", i)
		if err := e.Records[i].normalize(); err != nil && !o.Broken(at) {
			o.Refuse(at, o.At(at), "%v", err)
		}
	}
	for i, s := range e.Servers {
		at := fmt.Sprintf("servers[%d]", i)
		server, ok := hostPort(s)
		if !ok {
			o.Refuse(at, o.At(at), "%q is no server; write an address or a name, and :port where it is not 53", s)
		}
		e.Servers[i] = server
	}
	return e, o.Faults().Err()
}

var hostRule = regexp.MustCompile(`^[-a-zA-Z0-9_.]*[a-zA-Z][-a-zA-Z0-9_.]*$`)

// hostPort adds the port where there is none.
func hostPort(s string) (string, bool) {
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		host, port = strings.Trim(s, "[]"), "53"
	}
	n, err := strconv.ParseUint(port, 10, 16)
	_, noIP := netip.ParseAddr(host)
	return net.JoinHostPort(host, port), err == nil && n > 0 && (noIP == nil || hostRule.MatchString(host))
}

func (r *Record) normalize() error {
	r.Type = strings.ToUpper(cmp.Or(r.Type, "A"))
	r.Match = cmp.Or(r.Match, "all")
	if _, ok := dns.IsDomainName(r.Name); !ok || r.Name == "" || strings.ContainsAny(r.Name, " \t/:@") {
		return fmt.Errorf("name %q is no domain name", r.Name)
	}
	if !slices.Contains(types, r.Type) {
		return fmt.Errorf("type %q of %s is not known; it can be %s", r.Type, r.Name, strings.Join(types, ", "))
	}
	if !slices.Contains(matches, r.Match) {
		return fmt.Errorf("match of %s is %q; it can be %s", r.Name, r.Match, strings.Join(matches, ", "))
	}
	if r.Match == "contains" && len(r.Values) == 0 {
		return fmt.Errorf("match of %s is contains, and no values are listed; list those that have to be there, or leave match out", r.Name)
	}
	if r.Type == "CNAME" && len(r.Values) > 1 && r.Match != "any" {
		return fmt.Errorf("a name is an alias of one other; %s lists %d", r.Name, len(r.Values))
	}
	r.Name = dns.CanonicalName(r.Name)
	for i, v := range r.Values {
		rr, err := dns.NewRR(fmt.Sprintf("%s 0 IN %s %s", r.Name, r.Type, quoted(r.Type, v)))
		if err != nil || rr == nil {
			return fmt.Errorf("%q is no value of a record of type %s (%s)", v, r.Type, r.Name)
		}
		r.Values[i] = value(rr)
		if r.Type == "TXT" && !strings.HasPrefix(v, `"`) && strings.Contains(v, `\`) {
			if r.literal == nil {
				r.literal = map[string]string{}
			}
			r.literal[r.Values[i]] = v
		}
	}
	slices.Sort(r.Values)
	r.Values = slices.Compact(r.Values)
	return nil
}

// quoted lets a text be written in the configuration without a zone file's quotes.
func quoted(kind, v string) string {
	if kind == "TXT" && !strings.HasPrefix(v, `"`) {
		return `"` + strings.ReplaceAll(v, `"`, `\"`) + `"`
	}
	return v
}

// value is a record's content in one canonical way of writing. Names are relative to
// the root, in lower case; texts keep their case and are joined, as they are and not as a
// zone file writes them.
func value(rr dns.RR) string {
	if txt, ok := rr.(*dns.TXT); ok {
		return plain(strings.Join(txt.Txt, ""))
	}
	return strings.ToLower(strings.TrimSpace(strings.TrimPrefix(rr.String(), rr.Header().String())))
}

// plain undoes a zone file's escapes.
func plain(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
			if i+2 < len(s) && digits(s[i:i+3]) {
				n := int(s[i]-'0')*100 + int(s[i+1]-'0')*10 + int(s[i+2]-'0')
				b.WriteByte(byte(n))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func digits(s string) bool {
	return strings.Trim(s, "0123456789") == ""
}

// Finding is what is wrong with one record. Server is where it was seen.
type Finding struct {
	Severity Severity
	Record   Record
	Server   string
	Text     string
}

// Resolver asks DNS servers.
type Resolver struct {
	// Servers as host:port. EveryOne says that each has to agree; else the first one
	// that answers counts.
	Servers  []string
	EveryOne bool
	Timeout  time.Duration // of one question; 0 is 2 s

	mu     sync.Mutex
	missed map[string]int // questions that a server has left without an answer since its last one
}

// mostMissed are the questions that a server may leave without an answer before it is asked
// no more where all have to agree: it would cost the time that the others need.
const mostMissed = 3

// ask asks one server, unless it is known to be silent.
func (r *Resolver) ask(ctx context.Context, server string, rec Record) ([]string, error) {
	if r.EveryOne && r.misses(server) >= mostMissed {
		return nil, errSilent
	}
	got, err := r.lookup(ctx, server, rec)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.missed == nil {
		r.missed = map[string]int{}
	}
	if !errors.Is(err, errSilent) {
		r.missed[server] = 0
	} else if ctx.Err() == nil {
		r.missed[server]++
	}
	return got, err
}

func (r *Resolver) misses(server string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.missed[server]
}

// order are the servers to ask: where the first that answers counts, those that did answer
// come first.
func (r *Resolver) order() []string {
	out := slices.Clone(r.Servers)
	if !r.EveryOne {
		slices.SortStableFunc(out, func(a, b string) int { return cmp.Compare(min(r.misses(a), 1), min(r.misses(b), 1)) })
	}
	return out
}

// Check looks up all records and gives what is wrong, the worst first. No finding means
// that all are as they should be.
func (r *Resolver) Check(ctx context.Context, records []Record) []Finding {
	results := make([][]Finding, len(records))
	done := make(chan struct{})
	slots := make(chan struct{}, 16)
	for i, rec := range records {
		go func() {
			slots <- struct{}{}
			results[i] = r.check(ctx, rec)
			<-slots
			done <- struct{}{}
		}()
	}
	for range records {
		<-done
	}
	out := slices.Concat(results...)
	order := []Severity{OK, Unknown, Warning, Critical}
	slices.SortStableFunc(out, func(a, b Finding) int {
		return slices.Index(order, b.Severity) - slices.Index(order, a.Severity)
	})
	return out
}

func (r *Resolver) check(ctx context.Context, rec Record) []Finding {
	var out []Finding
	failed := Finding{Severity: Unknown, Record: rec, Text: "no server to ask"}
	for _, s := range r.order() {
		got, err := r.ask(ctx, s, rec)
		if err != nil {
			failed = Finding{Severity: Unknown, Record: rec, Server: s, Text: err.Error()}
			if r.EveryOne {
				out = append(out, failed)
			}
			continue
		}
		if f, wrong := rec.compare(got); wrong {
			f.Server = s
			out = append(out, f)
		}
		if !r.EveryOne {
			return out
		}
	}
	if len(out) == 0 && (!r.EveryOne || len(r.Servers) == 0) {
		return []Finding{failed}
	}
	return out
}

// Lookup gives the values of a name's records of a type, as the first server says that
// answers: names in lower case, texts with theirs and joined; none where there are none.
// The error is that nobody says.
func (r *Resolver) Lookup(ctx context.Context, name, kind string) ([]string, error) {
	err := errors.New("no server to ask")
	for _, s := range r.order() {
		var got []string
		if got, err = r.ask(ctx, s, Record{Name: dns.CanonicalName(name), Type: kind}); err == nil {
			return got, nil
		}
		err = fmt.Errorf("%s %w", s, err)
	}
	return nil, err
}

// ServerAddress is a server's address with its port, which is 53 where none is written.
func ServerAddress(s string) (string, bool) { return hostPort(s) }

// System are the servers that the machine asks.
func System() ([]string, error) {
	c, err := dns.ClientConfigFromFile("/etc/resolv.conf")
	if err != nil {
		return nil, fmt.Errorf("find the system's DNS servers: %w", err)
	}
	var out []string
	for _, s := range c.Servers {
		out = append(out, net.JoinHostPort(s, c.Port))
	}
	return out, nil
}

var errSilent = errors.New("does not answer")

// lookup asks one server: the values, none where the name or the type does not exist,
// or an error where the server does not say. A name that is an alias is followed by the
// server, and only values of the type asked for count.
func (r *Resolver) lookup(ctx context.Context, server string, rec Record) ([]string, error) {
	q := new(dns.Msg).SetQuestion(rec.Name, dns.StringToType[rec.Type])
	q.SetEdns0(1232, false)
	c := dns.Client{Timeout: cmp.Or(r.Timeout, 2*time.Second)}
	a, _, err := c.ExchangeContext(ctx, q, server)
	if err != nil && ctx.Err() == nil { // a lost packet is no evidence
		a, _, err = c.ExchangeContext(ctx, q, server)
	}
	if err == nil && a.Truncated {
		c.Net = "tcp"
		a, _, err = c.ExchangeContext(ctx, q, server)
	}
	if err != nil {
		if op, ok := errors.AsType[*net.OpError](err); ok {
			err = op.Err // without the port of this machine, which is another one each time
		}
		return nil, fmt.Errorf("%w: %w", errSilent, err)
	}
	if a.Rcode != dns.RcodeSuccess && a.Rcode != dns.RcodeNameError {
		return nil, fmt.Errorf("answers %s", dns.RcodeToString[a.Rcode])
	}
	var got []string
	for _, rr := range a.Answer {
		if rr.Header().Rrtype == dns.StringToType[rec.Type] {
			got = append(got, value(rr))
		}
	}
	if len(got) == 0 {
		if err := unsaid(a, dns.StringToType[rec.Type]); err != nil {
			return nil, err
		}
	}
	slices.Sort(got)
	return slices.Compact(got), nil
}

// unsaid is why an answer without records of a type does not say that there are none: a
// server that is no resolver knows its own zones only. It gives an alias and not what that
// points to, or refers to the servers of another zone. That there is none it says by the
// zone's SOA (RFC 2308, section 2.2), or by nothing at all as the zone's own server.
func unsaid(a *dns.Msg, kind uint16) error {
	soa := slices.ContainsFunc(a.Ns, func(rr dns.RR) bool { return rr.Header().Rrtype == dns.TypeSOA })
	if a.RecursionAvailable || a.Rcode == dns.RcodeNameError || soa {
		return nil
	}
	for _, rr := range slices.Backward(a.Answer) {
		if alias, ok := rr.(*dns.CNAME); ok && kind != dns.TypeCNAME {
			return fmt.Errorf("knows it as an alias of %s only, and is no resolver: list its type CNAME, or name a resolver", alias.Target)
		}
	}
	if !a.Authoritative {
		return errors.New("does not know its zone, and is no resolver: name one, or the zone's own servers")
	}
	return nil
}

// compare judges an answer.
func (r Record) compare(got []string) (Finding, bool) {
	f := Finding{Record: r, Severity: Critical}
	if len(got) == 0 {
		f.Text = "has vanished"
		return f, true
	}
	if len(r.Values) == 0 {
		return f, false
	}
	for i, v := range r.Values {
		if as, ok := r.literal[v]; ok && slices.Contains(got, as) {
			r.Values = slices.Clone(r.Values)
			r.Values[i] = as
		}
	}
	missing := without(r.Values, got)
	extra := without(got, r.Values)
	switch {
	case r.Match == "contains":
		f.Text = fmt.Sprintf("lacks %s", list(missing))
		return f, len(missing) > 0
	case len(missing) == len(r.Values):
		f.Text = fmt.Sprintf("points to %s, not to %s", list(got), list(r.Values))
	case len(extra) > 0:
		f.Severity, f.Text = Warning, fmt.Sprintf("also points to %s", list(extra))
		if r.Match == "all" && len(missing) > 0 {
			f.Severity, f.Text = Critical, fmt.Sprintf("points to %s instead of %s", list(extra), list(missing))
		}
	case r.Match == "all" && len(missing) > 0:
		f.Text = fmt.Sprintf("does not point to %s any more", list(missing))
	default:
		return f, false
	}
	return f, true
}

func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(v string) bool { return slices.Contains(b, v) })
}

func list(v []string) string { return strings.Join(v, ", ") }

// String tells a finding in a few words.
func (f Finding) String() string {
	name := strings.TrimSuffix(f.Record.Name, ".") + " " + f.Record.Type
	if f.Severity == Unknown {
		return fmt.Sprintf("%s is not known: %s %s", name, f.Server, f.Text)
	}
	return fmt.Sprintf("%s %s (asked %s)", name, f.Text, f.Server)
}
