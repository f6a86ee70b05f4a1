package blastengine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopslo/shopslo/plugins/mailrelay"
)

const (
	deliveriesPath = "/api/v1/deliveries"
	// bulkFor is how long after its beginning a bulk delivery is looked at: it is sent,
	// retried and done by then.
	bulkFor = 48 * time.Hour
	// mostBulk are looked at in one poll, the newest, each with a question of its own.
	mostBulk = 20
)

// bulks are what one poll learns of bulk deliveries.
type bulks struct {
	totals map[string]mailrelay.Counts // nil where they are not known
	byLog  bool                        // they cannot be known: the log's rows are all there is
	notes  []string
}

// bulk gives the totals so far of the newest bulk deliveries: the log has a row for each of
// their mails, too many to be counted one by one. Where they are not told this time, their
// mails come with a later poll; where they cannot be told, the log is counted as far as it
// goes.
func (r *Relay) bulk(ctx context.Context, now time.Time) bulks {
	out := bulks{totals: map[string]mailrelay.Counts{}}
	body, err := r.ask(ctx, deliveriesPath, url.Values{"delivery_type[]": {"BULK"}, "delivery_start": {now.Add(-bulkFor).UTC().Format(time.RFC3339)},
		"delivery_end": {now.UTC().Format(time.RFC3339)}, "size": {strconv.Itoa(mostBulk + 1)}, "page": {"1"}, "sort": {"delivery_time:desc"}})
	var ids []int64
	if err == nil {
		if ids, err = parseDeliveries(body); err != nil {
			err = r.asker.Garbled(deliveriesPath, err)
		}
	}
	if len(ids) > mostBulk {
		ids = ids[:mostBulk]
		out.notes = append(out.notes, fmt.Sprintf("blastengine: there are more than %d bulk deliveries within %d h: what older ones still send is not counted", mostBulk, bulkFor/time.Hour))
	}
	for _, id := range ids {
		if err != nil {
			break
		}
		path := deliveriesPath + "/" + strconv.FormatInt(id, 10)
		if body, err = r.ask(ctx, path, nil); err != nil {
			break
		}
		var c mailrelay.Counts
		if c, err = parseDelivery(body); err != nil {
			err = r.asker.Garbled(path, err)
			break
		}
		out.totals[strconv.FormatInt(id, 10)] = c
	}
	if err == nil {
		return out
	}
	switch mailrelay.TroubleOf(err) {
	case mailrelay.Refused, mailrelay.Garbled:
		return bulks{byLog: true, notes: []string{fmt.Sprintf("%v: bulk deliveries are counted by the log, up to %d mails a poll", err, maxPages*pageSize)}}
	}
	return bulks{notes: []string{fmt.Sprintf("%v: the mails of bulk deliveries come with a later poll", err)}}
}

// parseDeliveries reads the ids of a list of deliveries, newest first; those that are not
// sent yet have none of their mails tried.
func parseDeliveries(body []byte) ([]int64, error) {
	var a struct {
		Data *[]struct {
			ID     int64  `json:"delivery_id"`
			Type   string `json:"delivery_type"`
			Status string `json:"status"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &a); err != nil {
		return nil, err
	}
	if a.Data == nil {
		return nil, errors.New(`no list "data"`)
	}
	var out []int64
	for _, d := range *a.Data {
		if d.ID <= 0 || slices.Contains(out, d.ID) {
			return nil, fmt.Errorf("delivery_id %d is missing or told twice", d.ID)
		}
		if strings.EqualFold(d.Type, "BULK") && d.Status != "EDIT" && d.Status != "RESERVE" {
			out = append(out, d.ID)
		}
	}
	return out, nil
}

// parseDelivery reads a delivery's totals. Mails that are to be tried again are not told.
func parseDelivery(body []byte) (mailrelay.Counts, error) {
	var a struct {
		Sent *int64 `json:"sent_count"`
		Drop *int64 `json:"drop_count"`
		Hard *int64 `json:"hard_error_count"`
		Soft *int64 `json:"soft_error_count"`
	}
	if err := json.Unmarshal(body, &a); err != nil {
		return nil, err
	}
	if a.Sent == nil || a.Drop == nil || a.Hard == nil || a.Soft == nil {
		return nil, errors.New("a total is missing")
	}
	c := mailrelay.Counts{}
	return c, errors.Join(c.Add(mailrelay.Delivered, a.Sent), c.Add(mailrelay.Dropped, a.Drop), c.Add(mailrelay.BouncedHard, a.Hard), c.Add(mailrelay.BouncedSoft, a.Soft))
}
