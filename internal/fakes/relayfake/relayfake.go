// Package relayfake is a mail relay as its HTTP API shows it: one ledger of what was
// counted when, told in the shapes of each vendor, with the faults that relays have.
//
// The shapes come from the vendors' public pages, which each vendor's file cites; no
// adapter's code is used to make them.
package relayfake

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/shopslo/shopslo/plugins/mailrelay"
)

// Key is the secret that each fake wants, of every kind of key. It has characters that
// look different inside a URL.
const Key = "SECRET+key/with=odd&signs"

// User is the name that goes with the key where the relay wants one.
const User = "api-user"

// Fault is what is wrong with the relay.
type Fault string

// The faults.
const (
	None      Fault = ""
	TooMany   Fault = "429 with Retry-After"
	Broken    Fault = "500"
	Denied    Fault = "401"
	Half      Fault = "half an answer"
	Cut       Fault = "a connection cut in the middle"
	Empty     Fault = "an empty list"
	Yesterday Fault = "yesterday's data"
	OtherZone Fault = "another time zone"
	Hang      Fault = "no answer"
	Page      Fault = "a page for people"
	NoMetrics Fault = "no right to CloudWatch" // of ses
)

// limit says how long to wait in the vendor's headers: SendGrid has no Retry-After.
// https://www.twilio.com/docs/sendgrid/api-reference/how-to-use-the-sendgrid-v3-api/rate-limits
// https://blastengine.jp/documents/
func (f *Fake) limit(h http.Header, now time.Time) {
	seconds := strconv.Itoa(int(RetryAfter / time.Second))
	switch f.vendor {
	case "sendgrid":
		h.Set("Date", now.UTC().Format(http.TimeFormat))
		h.Set("X-RateLimit-Limit", "600")
		h.Set("X-RateLimit-Remaining", "0")
		h.Set("X-RateLimit-Reset", strconv.FormatInt(now.Add(RetryAfter).Unix(), 10))
	case "blastengine":
		h.Set("X-RateLimit-Remaining", "0")
		h.Set("X-Rate-Limit-Retry-After-Seconds", seconds)
	default:
		h.Set("Retry-After", seconds)
	}
}

// RetryAfter is what the TooMany fault asks to wait.
const RetryAfter = 30 * time.Second

// Fake is one relay. Its methods may be called while it serves.
type Fake struct {
	URL string

	vendor   string
	mu       sync.Mutex
	now      time.Time
	fault    Fault
	minutes  map[int64]mailrelay.Counts
	domains  map[string]map[int64]mailrelay.Counts // the part of them that CountAt had
	sendings map[int64]map[int64]mailrelay.Counts  // of mails sent at once, by id and minute
	asked    int
	notice   mailrelay.Notice // of the status page
	zone     *time.Location   // of the account's dates
}

// vendors tell the ledger in a vendor's shapes.
var vendors = map[string]func(v view, w http.ResponseWriter, r *http.Request){
	"sendgrid": sendgrid, "mailgun": mailgun, "ses": ses, "postmark": postmark,
	"sparkpost": sparkpost, "customersmailcloud": customersmailcloud, "blastengine": blastengine,
	"cuenote": cuenote, "statuspage": statuspage,
}

// Start serves a vendor's API until stop is called.
func Start(vendor string, now time.Time) (f *Fake, stop func(), err error) {
	tell, ok := vendors[vendor]
	if !ok {
		return nil, nil, fmt.Errorf("relayfake: no vendor %q", vendor)
	}
	f = &Fake{vendor: vendor, now: now, minutes: map[int64]mailrelay.Counts{}}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { f.serve(tell, w, r) }))
	f.URL = s.URL
	return f, s.Close, nil
}

// Count adds to the minute that holds a time.
func (f *Fake) Count(at time.Time, c mailrelay.Counts) {
	f.mu.Lock()
	defer f.mu.Unlock()
	m := at.Unix() / 60
	if f.minutes[m] == nil {
		f.minutes[m] = mailrelay.Counts{}
	}
	for k, n := range c {
		f.minutes[m][k] += n
	}
}

// CountAt is Count of mails to addresses of a domain.
func (f *Fake) CountAt(at time.Time, domain string, c mailrelay.Counts) {
	f.Count(at, c)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.domains == nil {
		f.domains = map[string]map[int64]mailrelay.Counts{}
	}
	if f.domains[domain] == nil {
		f.domains[domain] = map[int64]mailrelay.Counts{}
	}
	m := at.Unix() / 60
	if f.domains[domain][m] == nil {
		f.domains[domain][m] = mailrelay.Counts{}
	}
	for k, n := range c {
		f.domains[domain][m][k] += n
	}
}

// Send counts mails of one bulk delivery, which stand in no minute of the others.
func (f *Fake) Send(id int64, at time.Time, c mailrelay.Counts) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.sendings == nil {
		f.sendings = map[int64]map[int64]mailrelay.Counts{}
	}
	if f.sendings[id] == nil {
		f.sendings[id] = map[int64]mailrelay.Counts{}
	}
	f.sendings[id][at.Unix()/60] = c
}

// Set moves the relay's clock: nothing later than it is told.
func (f *Fake) Set(now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = now
}

// Dates sets the time zone of an account's dates, where the vendor has one for each
// account; without it that is UTC.
func (f *Fake) Dates(zone *time.Location) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.zone = zone
}

// Break sets what is wrong from now on.
func (f *Fake) Break(fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fault = fault
}

// Asked is how many requests came in.
func (f *Fake) Asked() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.asked
}

// Sum is the ledger's own count of [from, to).
func (f *Fake) Sum(k mailrelay.Figure, from, to time.Time) int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return view{minutes: f.minutes, now: f.now}.sum(k, from, to)
}

// view is the ledger as one request sees it.
type view struct {
	minutes  map[int64]mailrelay.Counts
	domains  map[string]map[int64]mailrelay.Counts
	now      time.Time // the end of what is counted
	zone     *time.Location
	sendings map[int64]map[int64]mailrelay.Counts
	noRight  bool // to CloudWatch
	away     bool // the zone is another than documented
	empty    bool
	notice   mailrelay.Notice
}

// of is the view of one domain's mails.
func (v view) of(domain string) view {
	v.minutes = v.domains[domain]
	return v
}

func (v view) sum(k mailrelay.Figure, from, to time.Time) int64 {
	if to.After(v.now) {
		to = v.now
	}
	var n int64
	for m := (from.Unix() + 59) / 60; m*60 < to.Unix(); m++ {
		n += v.minutes[m][k]
	}
	return n
}

// day is a date's total in a time zone.
func (v view) day(k mailrelay.Figure, date time.Time) int64 {
	y, m, d := date.Date()
	start := time.Date(y, m, d, 0, 0, 0, 0, date.Location())
	return v.sum(k, start, time.Date(y, m, d+1, 0, 0, 0, 0, date.Location()))
}

func (f *Fake) serve(tell func(view, http.ResponseWriter, *http.Request), w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.asked++
	fault := f.fault
	v := view{minutes: f.minutes, domains: f.domains, sendings: f.sendings, now: f.now, zone: time.UTC, notice: f.notice}
	if f.zone != nil {
		v.zone = f.zone
	}
	f.mu.Unlock()
	w.Header().Set("Date", v.now.UTC().Format(http.TimeFormat))
	switch fault {
	case Hang:
		_, _ = io.Copy(io.Discard, r.Body) // or the server does not notice that the client left
		<-r.Context().Done()
		return
	case TooMany:
		f.limit(w.Header(), v.now)
		echo(w, r, http.StatusTooManyRequests)
		return
	case Broken:
		echo(w, r, http.StatusInternalServerError)
		return
	case Denied:
		echo(w, r, http.StatusUnauthorized)
		return
	case Page:
		_, _ = io.WriteString(w, "<!DOCTYPE html><title>Maintenance</title>")
		return
	case Empty:
		v.empty, v.minutes, v.domains = true, nil, nil
	case Yesterday:
		v.now = v.now.AddDate(0, 0, -1)
	case NoMetrics:
		v.noRight = true
	case OtherZone:
		v.away = true
		v.zone = time.FixedZone("", 14*3600)
	}
	rec := httptest.NewRecorder()
	f.mu.Lock() // the ledger is read, and nothing is sent yet
	tell(v, rec, r)
	f.mu.Unlock()
	body := rec.Body.Bytes()
	maps.Copy(w.Header(), rec.Header())
	if fault == Half {
		body = body[:len(body)/2]
	}
	if fault == Cut {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		body = body[:len(body)/2]
	}
	w.WriteHeader(rec.Code)
	_, _ = w.Write(body)
}

// echo answers an error that repeats all that was asked, keys and all, as some
// gateways do.
func echo(w http.ResponseWriter, r *http.Request, code int) {
	body, _ := io.ReadAll(r.Body)
	w.WriteHeader(code)
	user, pass, _ := r.BasicAuth()
	fmt.Fprintf(w, "%s %s %s %s %s", pass, r.Header.Get("Authorization"), user, r.URL, body)
	for _, k := range slices.Sorted(maps.Keys(r.Header)) {
		fmt.Fprintf(w, " %s", r.Header.Get(k))
	}
}

// deny answers a request with a wrong key.
func deny(w http.ResponseWriter) { w.WriteHeader(http.StatusUnauthorized) }
