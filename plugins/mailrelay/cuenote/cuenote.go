// Package cuenote reads the statistics of a Cuenote SR-S server: what was delivered in
// each minute that has ended, and what waits.
//
// The vendor gives its API's description to customers only. The address, HTTP Basic and
// the tab-separated shapes are those of a public plugin and its tests:
// https://github.com/ch1aki/mackerel-plugin-cuenote-srs-status (lib/cuenote-srs.go,
// lib/cuenote-srs_test.go at e6d8ecc).
//
// Could not be verified: that min_group's time=YYYYMMDDhhmm, which that client sends, is
// the minute's beginning in Japan's time; that the group "#all" is all mails; what a name
// counts, beyond the name; that delivering, undelivered and resend leave each other out.
// Which minutes are closed is taken from the server's own clock (the Date header), and
// without that header no minute is told.
package cuenote

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/shopslo/shopslo/plugins/mailrelay"
	"github.com/shopslo/shopslo/plugins/mailrelay/relayhttp"
)

// Account is one Cuenote SR-S server.
type Account struct {
	User, Password string
	// Group is whose mails are counted; "" is "#all".
	Group   string
	BaseURL string       // e.g. https://srsXXXX.cuenote.jp
	Client  *http.Client // nil is a plain one
}

// Relay is a mailrelay.Relay.
type Relay struct {
	account Account
	asker   relayhttp.Asker
}

const grain = time.Minute

// New makes a relay. It asks nothing yet.
func New(a Account) *Relay {
	if a.Group == "" {
		a.Group = "#all"
	}
	return &Relay{a, relayhttp.Asker{Vendor: "cuenote", Client: a.Client, Secrets: []string{a.Password}}}
}

// figures are the vendor's names; a figure of several names is their sum. The names
// bounce, bounce_unique (mails that came back later) and exception are left out, since
// they may count a mail again.
var figures = []struct {
	figure mailrelay.Figure
	parts  []string
}{
	{mailrelay.Delivered, []string{"success"}},
	{mailrelay.Deferred, []string{"deferral", "dnsdeferral", "connfail"}},
	{mailrelay.Bounced, []string{"failure", "dnsfail", "expired"}},
	{mailrelay.Dropped, []string{"exclusion", "canceled"}},
}

// waiting are the names of what waits.
var waiting = []string{"delivering", "undelivered", "resend"}

// Traits implements mailrelay.Relay.
func (r *Relay) Traits() mailrelay.Traits {
	t := mailrelay.Traits{Vendor: "cuenote", Account: relayhttp.Of(r.account.BaseURL, "group", r.account.Group), Grain: grain}
	for _, f := range figures {
		t.Tells = append(t.Tells, f.figure)
	}
	return t
}

// mostMinutes are asked for at most in one poll, the newest: each is a question of its
// own, and a poll has seconds.
const mostMinutes = 15

var japan = time.FixedZone("JST", 9*3600)

// Read implements mailrelay.Relay. Each closed minute of the span is asked for.
func (r *Relay) Read(ctx context.Context, span mailrelay.Span) (mailrelay.Report, error) {
	var out mailrelay.Report
	body, date, err := r.ask(ctx, url.Values{"type": {"now_total"}})
	if err != nil {
		return out, err
	}
	queue, err := parseTotal(body)
	if err != nil {
		return out, r.asker.Garbled("now_total", err)
	}
	out.Queue = queue
	switch {
	case date.IsZero():
		out.Notes = append(out.Notes, "cuenote: the answer has no Date header, so no minute is known to be closed: what was delivered is not told")
		return out, nil
	case date.After(span.To.Add(grain)): // a clock that is ahead closes nothing
		out.Notes = append(out.Notes, fmt.Sprintf("cuenote: the server's clock is %s ahead of this machine's, so no minute is known to be closed: what was delivered is not told; set the clock that is wrong", date.Sub(span.To).Round(time.Second)))
		return out, nil
	}
	end := date.Truncate(grain)
	start := span.From.Truncate(grain)
	if early := end.Add(-mostMinutes * grain); start.Before(early) {
		start = early
	}
	for ; start.Before(end) && !start.Add(grain).After(span.To); start = start.Add(grain) {
		counts, told, err := r.minute(ctx, start)
		if err != nil {
			return mailrelay.Report{}, err
		}
		if told {
			out.Buckets = append(out.Buckets, mailrelay.Bucket{Start: start, End: start.Add(grain), Counts: counts})
			out.DataTo = start.Add(grain)
		}
	}
	return out, nil
}

// minute asks for the minute that begins at a time.
func (r *Relay) minute(ctx context.Context, start time.Time) (mailrelay.Counts, bool, error) {
	body, _, err := r.ask(ctx, url.Values{"type": {"min_group"}, "time": {start.In(japan).Format("200601021504")}})
	if err != nil {
		return nil, false, err
	}
	counts, told, err := parseGroup(body, r.account.Group)
	if err != nil {
		return nil, false, r.asker.Garbled("min_group", err)
	}
	return counts, told, nil
}

func (r *Relay) ask(ctx context.Context, q url.Values) ([]byte, time.Time, error) {
	q.Set("cmd", "get_stat")
	req, err := http.NewRequest(http.MethodGet, r.account.BaseURL+"/api?"+q.Encode(), nil)
	if err != nil {
		return nil, time.Time{}, r.asker.Garbled("its address", err)
	}
	req.SetBasicAuth(r.account.User, r.account.Password)
	// An error may repeat the request, and the header is the password in base 64.
	a := r.asker
	a.Secrets = []string{r.account.Password, strings.TrimPrefix(req.Header.Get("Authorization"), "Basic ")}
	return a.AskDated(ctx, req)
}

// parseGroup reads lines of group, name and count, and makes the figures of one group.
// told is false for an answer without a line. A group that is missing, or that lacks a
// name, is an error: the answer may have been cut.
func parseGroup(body []byte, group string) (c mailrelay.Counts, told bool, err error) {
	rows, err := lines(body, 3)
	if err != nil || len(rows) == 0 {
		return nil, false, err
	}
	values := map[string]*int64{}
	for _, row := range rows {
		if row[0] != group {
			continue
		}
		if err := set(values, row[1], row[2]); err != nil {
			return nil, false, err
		}
	}
	if len(values) == 0 {
		return nil, false, fmt.Errorf("no group %.40q among the server's: the key group names one", group)
	}
	c = mailrelay.Counts{}
	for _, f := range figures {
		parts, err := pick(values, f.parts)
		if err != nil {
			return nil, false, err
		}
		if err := c.Add(f.figure, parts...); err != nil {
			return nil, false, err
		}
	}
	return c, true, nil
}

// parseTotal reads lines of name and count, and sums up what waits; nil for an answer
// without a line.
func parseTotal(body []byte) (*int64, error) {
	rows, err := lines(body, 2)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	values := map[string]*int64{}
	for _, row := range rows {
		if err := set(values, row[0], row[1]); err != nil {
			return nil, err
		}
	}
	parts, err := pick(values, waiting)
	if err != nil {
		return nil, err
	}
	c := mailrelay.Counts{}
	if err := c.Add("what waits", parts...); err != nil {
		return nil, err
	}
	sum := c["what waits"]
	return &sum, nil
}

// lines splits an answer; empty lines do not count. One that does not end with its line
// was cut.
func lines(body []byte, columns int) ([][]string, error) {
	text := strings.ReplaceAll(string(body), "\r\n", "\n")
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	if !strings.HasSuffix(text, "\n") {
		return nil, errors.New("the last line is cut")
	}
	var out [][]string
	for line := range strings.SplitSeq(text, "\n") {
		if line == "" {
			continue
		}
		row := strings.Split(line, "\t")
		if len(row) != columns {
			return nil, fmt.Errorf("%.40q has %d columns, not %d", line, len(row), columns)
		}
		out = append(out, row)
	}
	return out, nil
}

// set keeps a count. A name that is told twice with the same count is one.
func set(values map[string]*int64, name, text string) error {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return fmt.Errorf("%.40s is %.40q, which is no count", name, text)
	}
	if was := values[name]; was != nil && *was != n {
		return fmt.Errorf("%.40s is told twice, %d and %d", name, *was, n)
	}
	values[name] = &n
	return nil
}

func pick(values map[string]*int64, names []string) ([]*int64, error) {
	var out []*int64
	for _, name := range names {
		if values[name] == nil {
			return nil, fmt.Errorf("no figure %q", name)
		}
		out = append(out, values[name])
	}
	return out, nil
}
