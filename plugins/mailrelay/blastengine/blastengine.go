// Package blastengine reads blastengine's log of mails, one row for each recipient,
// and counts it by the minute; and the month's usage.
//
// Shapes: https://blastengine.jp/documents/ (usages, mail logs, bearer token, 500
// requests a minute); the rows' states and the most rows of a page as in the vendor's
// own client, github.com/rakus-lc/blastengine-mcp (src/schemas.ts, and src/operations.ts for
// the paths of deliveries and the names of filters); a delivery's totals as in
// github.com/blastengineMania/blastengine-node (types/index.d.ts); that `anchor` asks
// for rows with a smaller id as in https://qiita.com/skillogy/items/0af43cc092750651a1fa.
//
// Not documented, and not seen: whether delivery_time is when a mail was taken over or
// when it was last tried, and in what order rows come. So no order is relied on, mails
// taken over are not told, and a row counts as what it is when it is read: one that was
// to be tried again and was delivered later is corrected only for some minutes.
package blastengine

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/shopslo/shopslo/plugins/mailrelay"
	"github.com/shopslo/shopslo/plugins/mailrelay/relayhttp"
)

// Account is one blastengine account.
type Account struct {
	Login   string       // the login id
	Key     string       // an API key
	BaseURL string       // "" is https://app.engn.jp
	Client  *http.Client // nil is a plain one
}

// Relay is a mailrelay.Relay.
type Relay struct {
	account Account
	token   string
	asker   relayhttp.Asker
}

const (
	grain = time.Minute
	// settle is how long after a minute its mails may still come into the log, or
	// change from "to be tried again" to their end.
	settle   = 5 * time.Minute
	logPath  = "/api/v1/logs/mails/results"
	pageSize = 1000
	// maxPages are asked for in one poll at most, well below 500 requests a minute.
	maxPages = 40
	// piece is the span of one list. A long span is read in pieces, the newest first,
	// so that a first poll of much traffic gets as far back as it can.
	piece = time.Hour
	// longest is how far back a first poll looks.
	longest = 12 * time.Hour
)

// New makes a relay. It asks nothing yet.
func New(a Account) *Relay {
	if a.BaseURL == "" {
		a.BaseURL = "https://app.engn.jp"
	}
	token := bearer(a.Login, a.Key)
	return &Relay{a, token, relayhttp.Asker{Vendor: "blastengine", Client: a.Client, Secrets: []string{a.Key, token}}}
}

// bearer makes the token of login and key, as the vendor's page says.
func bearer(login, key string) string {
	sum := sha256.Sum256([]byte(login + key))
	return base64.StdEncoding.EncodeToString([]byte(hex.EncodeToString(sum[:])))
}

// states are the rows' words.
var states = map[string]mailrelay.Figure{"SENT": mailrelay.Delivered, "RETRY": mailrelay.Deferred,
	"HARDERROR": mailrelay.BouncedHard, "SOFTERROR": mailrelay.BouncedSoft, "DROP": mailrelay.Dropped}

// Traits implements mailrelay.Relay. A log without a row is no proof that no mail was
// sent, so the relay counts as sparse.
func (r *Relay) Traits() mailrelay.Traits {
	return mailrelay.Traits{Vendor: "blastengine", Account: relayhttp.Of(r.account.BaseURL, "user", r.account.Login), Grain: grain, Settle: settle, Sparse: true, Tells: []mailrelay.Figure{
		mailrelay.Delivered, mailrelay.Deferred, mailrelay.BouncedHard, mailrelay.BouncedSoft, mailrelay.Dropped}}
}

// Read implements mailrelay.Relay.
func (r *Relay) Read(ctx context.Context, span mailrelay.Span) (mailrelay.Report, error) {
	quota, err := r.usage(ctx)
	if err != nil {
		return mailrelay.Report{}, err
	}
	from := span.From.Truncate(grain)
	to := span.To.Add(-settle).Truncate(grain)
	if early := to.Add(-longest); from.Before(early) {
		from = early
	}
	bulk := r.bulk(ctx, span.To)
	types := url.Values{}
	if !bulk.byLog {
		types = url.Values{"delivery_type[]": {"TRANSACTION", "SMTP"}}
	}
	var rows []row
	left, reached := maxPages, to
	for reached.After(from) {
		begin := reached.Add(-piece)
		if begin.Before(from) {
			begin = from
		}
		more, err := r.list(ctx, begin, reached, types, &left)
		if reached.Before(to) && (errors.Is(err, errTooMany) || ctx.Err() != nil) {
			break // no more pages or no more time, but what was read is complete
		} else if err != nil {
			return mailrelay.Report{}, err
		}
		rows, reached = append(rows, more...), begin
	}
	out := mailrelay.Report{Quota: quota, Buckets: minutes(rows, reached), Sendings: bulk.totals, SendingsInBuckets: bulk.byLog, Destinations: parts(rows), Notes: append(unknown(rows), bulk.notes...)}
	if n := len(out.Buckets); n > 0 {
		out.DataTo = out.Buckets[n-1].End
	}
	return out, nil
}

// usage reads the month's quota.
func (r *Relay) usage(ctx context.Context) (mailrelay.Quota, error) {
	body, err := r.ask(ctx, "/api/v1/usages/latest", nil)
	if err != nil {
		return mailrelay.Quota{}, err
	}
	q, err := parseUsage(body)
	if err != nil {
		return mailrelay.Quota{}, r.asker.Garbled("/api/v1/usages/latest", err)
	}
	return q, nil
}

var errTooMany = &mailrelay.Error{Trouble: mailrelay.Garbled, Doing: "blastengine: read " + logPath,
	Detail: fmt.Sprintf("more than %d mails since the last poll: too many to be counted one by one", maxPages*pageSize)}

// list reads all rows of [from, to), page by page from the newest id downwards.
func (r *Relay) list(ctx context.Context, from, to time.Time, types url.Values, left *int) ([]row, error) {
	q := url.Values{"count": {strconv.Itoa(pageSize)}, "delivery_start": {from.UTC().Format(time.RFC3339)}, "delivery_end": {to.UTC().Format(time.RFC3339)}}
	maps.Copy(q, types)
	var out []row
	for anchor := int64(0); ; {
		if *left == 0 {
			return nil, errTooMany
		}
		*left--
		body, err := r.ask(ctx, logPath, q)
		if err != nil {
			return nil, err
		}
		rows, err := parseLog(body)
		if err != nil {
			return nil, r.asker.Garbled(logPath, err)
		}
		for _, x := range rows {
			if anchor > 0 && x.id >= anchor {
				return nil, r.asker.Garbled(logPath, fmt.Errorf("the log's page before id %d holds id %d", anchor, x.id))
			}
			// The page includes both ends.
			if !x.at.Before(from) && x.at.Before(to) && !(x.bulk && len(types) > 0) {
				out = append(out, x)
			}
		}
		if len(rows) < pageSize {
			return out, nil
		}
		anchor = smallest(rows)
		q.Set("anchor", strconv.FormatInt(anchor, 10))
	}
}

func (r *Relay) ask(ctx context.Context, path string, q url.Values) ([]byte, error) {
	address := r.account.BaseURL + path
	if q != nil {
		address += "?" + q.Encode()
	}
	req, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		return nil, r.asker.Garbled("its address", err)
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Accept-Language", "en-US")
	req.Header.Set("Authorization", "Bearer "+r.token)
	return r.asker.Ask(ctx, req)
}
