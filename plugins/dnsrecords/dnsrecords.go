// Package dnsrecords looks whether the DNS records that are expected exist and point
// where they should. A record that vanished is critical: names made by programs do
// vanish, by a controller's mistake or a zone's, and nobody sees it before the caches
// are empty.
package dnsrecords

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"
	"go.yaml.in/yaml/v3"
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
	Name string `yaml:"name"`
	Type string `yaml:"type"` // A, AAAA, CNAME, MX, NS, TXT, SRV, CAA, PTR
	// Values are what it should point to, as a zone file writes them. Without any, the
	// record only has to exist.
	Values []string `yaml:"values"`
	// Match is "all" (these values and no others; the default) or "any" (nothing but
	// these, at least one), for names whose answers rotate.
	Match string `yaml:"match"`
}

// Expectations are a configuration.
type Expectations struct {
	// Servers are asked one by one, and all have to agree; host or host:port. Without
	// any, the system's are used, of which the first that answers counts.
	Servers []string `yaml:"servers"`
	Records []Record `yaml:"records"`
}

var types = []string{"A", "AAAA", "CAA", "CNAME", "MX", "NS", "PTR", "SRV", "TXT"}

const maxRecords = 200

var goType = regexp.MustCompile(` in type [\w.]+`)

// Parse reads a configuration. An unknown key is an error that names its line.
func Parse(data []byte) (Expectations, error) {
	var e Expectations
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	if err := d.Decode(&e); errors.Is(err, io.EOF) {
		return Expectations{}, errors.New("the file is empty: name at least one record in the list records")
	} else if err != nil {
		text := goType.ReplaceAllString(strings.TrimPrefix(err.Error(), "yaml: "), "")
		return Expectations{}, errors.New(strings.Join(strings.Fields(strings.ReplaceAll(text, "not found", "is no key that is known here")), " "))
	}
	if n := len(e.Records); n == 0 || n > maxRecords {
		return Expectations{}, fmt.Errorf("records lists %d; 1 to %d can be checked within the agent's 30 s", n, maxRecords)
	}
	for i := range e.Records {
		if err := e.Records[i].normalize(); err != nil {
			return Expectations{}, fmt.Errorf("records[%d]: %w", i, err)
		}
	}
	for i, s := range e.Servers {
		if _, _, err := net.SplitHostPort(s); err != nil {
			e.Servers[i] = net.JoinHostPort(strings.Trim(s, "[]"), "53")
		}
	}
	return e, nil
}

func (r *Record) normalize() error {
	r.Type = strings.ToUpper(cmp.Or(r.Type, "A"))
	r.Match = cmp.Or(r.Match, "all")
	if _, ok := dns.IsDomainName(r.Name); !ok || r.Name == "" {
		return fmt.Errorf("name %q is no domain name", r.Name)
	}
	if !slices.Contains(types, r.Type) {
		return fmt.Errorf("type %q of %s is not known; it can be %s", r.Type, r.Name, strings.Join(types, ", "))
	}
	if r.Match != "all" && r.Match != "any" {
		return fmt.Errorf("match of %s is %q; it can be all or any", r.Name, r.Match)
	}
	r.Name = dns.CanonicalName(r.Name)
	for i, v := range r.Values {
		rr, err := dns.NewRR(fmt.Sprintf("%s 0 IN %s %s", r.Name, r.Type, quoted(r.Type, v)))
		if err != nil || rr == nil {
			return fmt.Errorf("%q is no value of a record of type %s (%s)", v, r.Type, r.Name)
		}
		r.Values[i] = value(rr)
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
// the root, in lower case; texts keep their case and are joined.
func value(rr dns.RR) string {
	if txt, ok := rr.(*dns.TXT); ok {
		return strings.Join(txt.Txt, "")
	}
	return strings.ToLower(strings.TrimSpace(strings.TrimPrefix(rr.String(), rr.Header().String())))
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
}

// Check looks up all records and gives what is wrong, the worst first. No finding means
// that all are as they should be.
func (r Resolver) Check(ctx context.Context, records []Record) []Finding {
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

func (r Resolver) check(ctx context.Context, rec Record) []Finding {
	var out []Finding
	failed := Finding{Severity: Unknown, Record: rec, Text: "no server to ask"}
	for _, s := range r.Servers {
		got, err := r.lookup(ctx, s, rec)
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

// lookup asks one server: the values, none where the name or the type does not exist,
// or an error where the server does not say. A name that is an alias is followed by the
// server, and only values of the type asked for count.
func (r Resolver) lookup(ctx context.Context, server string, rec Record) ([]string, error) {
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
		return nil, fmt.Errorf("does not answer: %w", err)
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
	slices.Sort(got)
	return slices.Compact(got), nil
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
	missing := without(r.Values, got)
	extra := without(got, r.Values)
	switch {
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
