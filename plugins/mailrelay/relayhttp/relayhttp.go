// Package relayhttp asks a relay's HTTP API once and sorts what comes back into the
// outcomes of mailrelay.Relay: the body of a 2xx answer in full, or a *mailrelay.Error
// without the account's secrets. Every relay adapter that speaks plain HTTP needs it.
package relayhttp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/shopslo/shopslo/internal/ask"
	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/plugins/mailrelay"
)

// maxBody is more than any relay answers to one question.
const maxBody = 8 << 20

// timeout ends a question whose context has no end, inside the agent's 30 s.
const timeout = 20 * time.Second

// Of says whose figures an API tells: its address, and the names and values of what else
// the settings say.
func Of(address string, more ...string) string {
	out := []string{address}
	for i := 0; i+1 < len(more); i += 2 {
		if more[i+1] != "" {
			out = append(out, more[i]+" "+more[i+1])
		}
	}
	return strings.TrimSpace(strings.Join(out, ", "))
}

// Asker asks the API of one account. The zero Client is a plain one.
type Asker struct {
	Vendor  string
	Client  *http.Client
	Secrets []string // never shown in an error
}

// Ask sends a request and returns the body of a 2xx answer. A body that ends early is
// an error (Garbled), and so is one that is too long. Redirects are not followed, since
// they would carry the key elsewhere.
func (a Asker) Ask(ctx context.Context, req *http.Request) ([]byte, error) {
	body, _, err := a.AskDated(ctx, req)
	return body, err
}

// AskDated is Ask with the time that the answer says it was made at: by the relay's own
// clock, to the second; zero where it does not say.
func (a Asker) AskDated(ctx context.Context, req *http.Request) (body []byte, date time.Time, err error) {
	if _, ends := ctx.Deadline(); !ends {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	doing := a.Vendor + ": read " + a.hide(req.URL.Path)
	req.Header.Set("User-Agent", "mackerel-plugin-mailrelay")
	resp, err := ask.Staying(a.Client).Do(req.WithContext(ctx))
	if err != nil {
		return nil, date, &mailrelay.Error{Trouble: mailrelay.Unreachable, Doing: doing, Detail: a.hide(network(err))}
	}
	defer resp.Body.Close()
	if at, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		date = at
	}
	body, err = io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return nil, date, a.status(doing, resp, body)
	}
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, date, &mailrelay.Error{Trouble: mailrelay.Unreachable, Doing: doing, Detail: "the answer did not end in time"}
	case err != nil:
		return nil, date, a.garbled(doing, "the answer broke off: "+network(err))
	case len(body) > maxBody:
		return nil, date, a.garbled(doing, fmt.Sprintf("the answer is longer than %d bytes", maxBody))
	}
	return body, date, nil
}

// Closed is the time by which a span must have ended to be closed: that of asking, or the
// answer's own where this machine's clock is ahead of it, which note says. What the relay
// tells of times to come is 0, or not all.
func (a Asker) Closed(asked, date time.Time) (to time.Time, note string) {
	const skew = 2 * time.Minute
	switch ahead := asked.Sub(date); {
	case date.IsZero() || ahead <= 0:
		return asked, ""
	case ahead > skew:
		note = fmt.Sprintf("%s: this machine's clock is %s ahead of the relay's: set it, or figures come late or are not told", a.Vendor, ahead.Round(time.Second))
	}
	return date, note
}

// Garbled is the error of an answer that came in full and cannot be understood.
func (a Asker) Garbled(what string, err error) error {
	return a.garbled(a.Vendor+": read "+what, err.Error())
}

func (a Asker) garbled(doing, detail string) error {
	// Several errors are one line, and a text of the answer is not told in full.
	detail = strings.ReplaceAll(strings.TrimSpace(a.hide(detail)), "\n", "; ")
	return &mailrelay.Error{Trouble: mailrelay.Garbled, Doing: doing, Detail: text.Line(detail, 240)}
}

func (a Asker) hide(s string) string { return mailrelay.Hide(s, a.Secrets...) }

// status sorts an answer that is no success.
func (a Asker) status(doing string, resp *http.Response, body []byte) error {
	e := &mailrelay.Error{Doing: doing, Detail: resp.Status}
	// Hidden first, cut later: a key that is cut would not be found.
	if word := text.Line(a.hide(string(body[:min(len(body), 1<<16)])), 120); word != "" {
		e.Detail = resp.Status + ": " + word
	}
	switch code := resp.StatusCode; {
	case code == http.StatusTooManyRequests:
		e.Trouble, e.RetryAfter = mailrelay.Limited, wait(resp.Header, "Retry-After", "X-Rate-Limit-Retry-After-Seconds", reset)
	case code >= 500:
		e.Trouble, e.RetryAfter = mailrelay.Failing, wait(resp.Header, "Retry-After")
	case code >= 400:
		e.Trouble = mailrelay.Refused
	default:
		e.Trouble = mailrelay.Garbled
	}
	return e
}

// reset is the time at which a limit is over: the second since 1970 (SendGrid) or the
// millisecond, or, of others, how many seconds it takes until then. It stands in other
// answers, too, where it is no request to wait.
// https://www.twilio.com/docs/sendgrid/api-reference/how-to-use-the-sendgrid-v3-api/rate-limits
const reset = "X-RateLimit-Reset"

// wait reads how long to wait from the first of some headers that tells: seconds, as
// blastengine has in a word of its own, a date beside the answer's own, or a reset. More
// than a day is a day, but of a reset, which cannot be meant so.
func wait(h http.Header, names ...string) time.Duration {
	const longest = 24 * time.Hour
	now, dated := http.ParseTime(h.Get("Date"))
	if until, err := http.ParseTime(h.Get("Retry-After")); err == nil && dated == nil {
		return min(max(0, until.Sub(now)), longest)
	}
	for _, name := range names {
		n, err := strconv.ParseInt(strings.TrimSpace(h.Get(name)), 10, 64)
		switch {
		case err != nil || n <= 0:
		case n < int64(longest/time.Second):
			return time.Duration(n) * time.Second
		case name != reset:
			return longest
		case name == reset && dated == nil:
			for _, until := range []time.Time{time.Unix(n, 0), time.UnixMilli(n)} {
				if d := until.Sub(now); d > 0 && d <= longest {
					return d
				}
			}
		}
	}
	return 0
}

// network is an error of the network without the URL, which may hold a key.
func network(err error) string {
	var u *url.Error
	if errors.As(err, &u) {
		if u.Timeout() {
			return "no answer in time"
		}
		err = u.Err
	}
	return err.Error()
}
