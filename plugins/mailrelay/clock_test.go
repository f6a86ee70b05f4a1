package mailrelay

import (
	"encoding/json"
	"errors"
	"testing"
	"time"
)

// A machine may begin with a clock that is years off, and set it a minute later. Weeks of
// history are not to go by that, whether the relay answered in that minute or not (with a
// wrong date no certificate is valid).
func TestAClockThatIsWrongForAMinuteCostsNoHistory(t *testing.T) {
	tr := Traits{Vendor: "x", Grain: time.Hour, Settle: time.Minute, Tells: []Figure{Accepted, Delivered}}
	begin := time.Date(2026, 10, 5, 0, 0, 0, 0, time.UTC)
	hour := func(at time.Time) []Bucket {
		return []Bucket{{Start: at.Add(-time.Hour), End: at, Counts: Counts{Accepted: 600, Delivered: 590}}}
	}
	poll := func(at time.Time, buckets []Bucket, err error) Poll {
		p := Poll{Span: Span{From: at.Add(-12 * time.Hour), To: at.Add(time.Minute)}, Err: err}
		if err == nil {
			part := Part{Buckets: buckets}
			p.Report = Report{Buckets: buckets, DataTo: at, Queue: new(int64), Destinations: map[Destination]Part{Docomo: part}}
		}
		return p
	}
	day := 24 * time.Hour
	for name, c := range map[string]struct {
		off time.Duration
		err error
	}{
		"at 1970, no answer":            {-56 * 365 * day, errors.New("the certificate is not yet valid")},
		"ten years ahead, no answer":    {10 * 365 * day, errors.New("the certificate has expired")},
		"two months ahead, an answer":   {60 * day, nil},
		"ten years ahead, an answer":    {10 * 365 * day, nil},
		"an hour ahead, then set right": {time.Hour, nil},
	} {
		t.Run(name, func(t *testing.T) {
			h := &History{Account: "shop"}
			now := begin
			for range 28 * 24 {
				now = now.Add(time.Hour)
				if _, err := h.Add(poll(now, hour(now), nil), tr); err != nil {
					t.Fatal(err)
				}
			}
			cells, recent, place := h.Past.len(), len(h.Recent), len(h.Places[Docomo].Recent)
			h = stored(t, h)
			_, _ = h.Add(poll(now.Add(c.off), nil, c.err), tr)
			h = stored(t, h)
			now = now.Add(2 * time.Hour)
			if _, err := h.Add(poll(now, hour(now), nil), tr); err != nil {
				t.Fatal(err)
			}
			if got := h.Past.len(); got < cells || got > cells+3 {
				t.Errorf("%d cells of the past, were %d", got, cells)
			}
			if got := h.Past.len() + len(h.Recent); got < cells+recent-2 {
				t.Errorf("%d cells and %d recent buckets, were %d and %d", h.Past.len(), len(h.Recent), cells, recent)
			}
			if got := len(h.Places[Docomo].Recent); got < place-2 {
				t.Errorf("%d buckets of a destination, were %d", got, place)
			}
			if v := h.Judge(now.Add(time.Minute), tr, Settings{}); v.Severity != OK || len(v.Findings) > 0 {
				t.Errorf("%+v", v.Findings)
			}
		})
	}
}

// stored is a history as it is read from its file.
func stored(t *testing.T, h *History) *History {
	t.Helper()
	b, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	out := &History{}
	if err := json.Unmarshal(b, out); err != nil {
		t.Fatal(err)
	}
	return out
}
