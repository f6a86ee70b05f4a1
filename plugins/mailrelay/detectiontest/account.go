package detectiontest

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/shopslo/shopslo/plugins/mailrelay"
)

// Grain is how a relay tells its figures.
type Grain string

// The grains: buckets of a minute (told after two) or an hour (after three minutes),
// and totals of the day that the relay brings up to date every five minutes.
const (
	ByMinute Grain = "minute"
	ByHour   Grain = "hour"
	ByDay    Grain = "day"
)

// Traits are a relay's of that grain.
func (g Grain) Traits() mailrelay.Traits {
	switch g {
	case ByHour:
		return mailrelay.Traits{Vendor: "hourly", Grain: time.Hour, Settle: 3 * time.Minute, Tells: Figures}
	case ByDay:
		return mailrelay.Traits{Vendor: "daily", Grain: 24 * time.Hour, Daily: true, Tells: Figures}
	}
	return mailrelay.Traits{Vendor: "minutely", Grain: time.Minute, Settle: 2 * time.Minute, Tells: Figures}
}

const (
	// learned is how many weeks of history an account has when the measuring begins.
	learned = 5
	refresh = 5 * time.Minute
)

// Account is one account: its traffic, its relay, and the history of its polls.
type Account struct {
	Grain    Grain
	Settings mailrelay.Settings
	Traffic  *Traffic
	History  *mailrelay.History
	Now      time.Time
	// Last are the minutes of the last hour, for thresholds on the same data.
	Last []mailrelay.Bucket

	books books
	// places are those by operator, which every relay of the study tells.
	places map[mailrelay.Destination]*books
}

// NewAccount makes an account with five weeks of history, up to the beginning.
func NewAccount(v Volume, g Grain, seed uint64, begin time.Time, holidays map[string]bool, told bool) *Account {
	return YoungAccount(v, g, seed, begin, 7*learned, holidays, told)
}

// YoungAccount is one with so many days of history.
func YoungAccount(v Volume, g Grain, seed uint64, begin time.Time, days int, holidays map[string]bool, told bool) *Account {
	start := begin.AddDate(0, 0, -days)
	a := &Account{Grain: g, Settings: mailrelay.Settings{Zone: Tokyo}, History: &mailrelay.History{Account: "shop"},
		Traffic: NewTraffic(v, seed, start, learned+9, holidays), Now: start, books: newBooks(g, Figures), places: map[mailrelay.Destination]*books{}}
	for _, d := range operators {
		k := newBooks(g, placeFigures)
		a.places[d] = &k
	}
	if told {
		a.Settings.Holidays = holidays
	}
	for a.Now.Before(begin) {
		// Polls of long ago are folded into quarters of an hour anyway.
		a.Step(nil, begin.Sub(a.Now) <= 13*time.Hour || a.Now.Minute()%15 == 14)
	}
	return a
}

// Clone is an independent copy that goes on with another seed's chance.
func (a *Account) Clone(seed uint64) *Account {
	c := *a
	traffic := *a.Traffic
	traffic.rng = rand.New(rand.NewPCG(seed, 77))
	c.Traffic = &traffic
	b, err := json.Marshal(a.History)
	if err == nil {
		c.History = new(mailrelay.History)
		err = json.Unmarshal(b, c.History)
	}
	if err != nil {
		panic("detectiontest: a history cannot be copied: " + err.Error())
	}
	c.Last, c.books = slices.Clone(a.Last), a.books.clone()
	c.places = map[mailrelay.Destination]*books{}
	for d, k := range a.places {
		of := k.clone()
		c.places[d] = &of
	}
	return &c
}

// Step lets a minute pass, and polls at its end or not.
func (a *Account) Step(f *Failure, poll bool) {
	at := a.Now
	a.Now = at.Add(time.Minute)
	b := mailrelay.Bucket{Start: at, End: a.Now, Counts: a.Traffic.Minute(at, f)}
	a.Last = append(a.Last, b)
	if len(a.Last) > 60 {
		a.Last = a.Last[1:]
	}
	if !(f.begun(at) && f.Stale) {
		a.books.count(b)
		for d, c := range a.Traffic.Places {
			a.places[d].count(mailrelay.Bucket{Start: b.Start, End: b.End, Counts: c})
		}
	}
	if poll {
		a.poll(f)
	}
}

func (a *Account) poll(f *Failure) {
	t := a.Grain.Traits()
	p := mailrelay.Poll{Span: a.History.Ask(a.Now, t), Took: 100 * time.Millisecond}
	if f.begun(a.Now) && f.Down {
		p.Err = &mailrelay.Error{Trouble: mailrelay.Failing, Doing: "read"}
	} else {
		all := a.books.tell(a.Now)
		p.Report.Buckets, p.Report.Days = all.Buckets, all.Days
		p.Report.Destinations = map[mailrelay.Destination]mailrelay.Part{}
		for d, k := range a.places {
			p.Report.Destinations[d] = k.tell(a.Now)
		}
		if k := len(all.Buckets); k > 0 {
			p.Report.DataTo = all.Buckets[k-1].End
		}
	}
	_, _ = a.History.Add(p, t)
}

// Judge is the verdict of now.
func (a *Account) Judge() mailrelay.Verdict {
	return a.History.Judge(a.Now, a.Grain.Traits(), a.Settings)
}
