package detectiontest

import (
	"encoding/json"
	"math/rand/v2"
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

	open   mailrelay.Bucket // the hour that is not closed yet
	closed []mailrelay.Bucket
	// places are the closed minutes by operator, of a relay that tells by the minute.
	places map[mailrelay.Destination][]mailrelay.Bucket
	// days are the relay's totals by date, shown those that it tells.
	days    map[string]mailrelay.Counts
	shown   []mailrelay.Day
	shownAt time.Time
}

// NewAccount makes an account with five weeks of history, up to the beginning.
func NewAccount(v Volume, g Grain, seed uint64, begin time.Time, holidays map[string]bool, told bool) *Account {
	return YoungAccount(v, g, seed, begin, 7*learned, holidays, told)
}

// YoungAccount is one with so many days of history.
func YoungAccount(v Volume, g Grain, seed uint64, begin time.Time, days int, holidays map[string]bool, told bool) *Account {
	start := begin.AddDate(0, 0, -days)
	a := &Account{Grain: g, Settings: mailrelay.Settings{Zone: Tokyo}, History: &mailrelay.History{Account: "shop"},
		Traffic: NewTraffic(v, seed, start, learned+9, holidays), Now: start, days: map[string]mailrelay.Counts{}}
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
	c.closed, c.Last = append([]mailrelay.Bucket(nil), a.closed...), append([]mailrelay.Bucket(nil), a.Last...)
	c.days = map[string]mailrelay.Counts{}
	for d, v := range a.days {
		c.days[d] = add(nil, v)
	}
	c.open.Counts = add(nil, a.open.Counts)
	c.places = map[mailrelay.Destination][]mailrelay.Bucket{}
	for d, bs := range a.places {
		c.places[d] = append([]mailrelay.Bucket(nil), bs...)
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
		a.count(b)
	}
	if poll {
		a.poll(f)
	}
}

// count is the relay's own book-keeping.
func (a *Account) count(b mailrelay.Bucket) {
	switch a.Grain {
	case ByDay:
		date := b.Start.UTC().Format(time.DateOnly)
		a.days[date] = add(a.days[date], b.Counts)
	case ByHour:
		if a.open.Start.IsZero() {
			a.open.Start = b.Start
		}
		a.open.Counts = add(a.open.Counts, b.Counts)
		if a.open.End = b.End; b.End.Equal(b.End.Truncate(time.Hour)) {
			a.closed, a.open = append(a.closed, a.open), mailrelay.Bucket{}
		}
	default:
		a.closed = append(a.closed, b)
		if a.places == nil {
			a.places = map[mailrelay.Destination][]mailrelay.Bucket{}
		}
		for d, c := range a.Traffic.Places {
			a.places[d] = append(a.places[d], mailrelay.Bucket{Start: b.Start, End: b.End, Counts: c})
		}
	}
}

func (a *Account) poll(f *Failure) {
	t := a.Grain.Traits()
	p := mailrelay.Poll{Span: a.History.Ask(a.Now, t), Took: 100 * time.Millisecond}
	switch {
	case f.begun(a.Now) && f.Down:
		p.Err = &mailrelay.Error{Trouble: mailrelay.Failing, Doing: "read"}
	case a.Grain == ByDay:
		if a.shown == nil || !a.Now.Before(a.shownAt.Add(refresh)) || a.Now.Truncate(24*time.Hour).After(a.shownAt) {
			a.shown, a.shownAt = a.totals(), a.Now
		}
		p.Report.Days = a.shown
	default:
		n := 0
		for n < len(a.closed) && !a.closed[n].End.Add(t.Settle).After(a.Now) {
			n++
		}
		p.Report.Buckets = merged(a.closed[:n])
		a.closed = a.closed[n:]
		p.Report.Destinations = map[mailrelay.Destination]mailrelay.Part{}
		for d, bs := range a.places {
			m := min(n, len(bs))
			p.Report.Destinations[d] = mailrelay.Part{Buckets: merged(bs[:m])}
			a.places[d] = bs[m:]
		}
		if k := len(p.Report.Buckets); k > 0 {
			p.Report.DataTo = p.Report.Buckets[k-1].End
		}
	}
	_, _ = a.History.Add(p, t)
}

// merged makes one bucket of many, as long polls of the past do.
func merged(bs []mailrelay.Bucket) []mailrelay.Bucket {
	if len(bs) != 15 {
		return append([]mailrelay.Bucket(nil), bs...)
	}
	m := mailrelay.Bucket{Start: bs[0].Start, End: bs[len(bs)-1].End}
	for _, b := range bs {
		m.Counts = add(m.Counts, b.Counts)
	}
	return []mailrelay.Bucket{m}
}

// totals are those of yesterday and today.
func (a *Account) totals() []mailrelay.Day {
	var out []mailrelay.Day
	for _, back := range []int{1, 0} {
		d := a.Now.UTC().AddDate(0, 0, -back).Format(time.DateOnly)
		c := add(nil, a.days[d])
		for _, f := range Figures {
			c[f] += 0
		}
		out = append(out, mailrelay.Day{Date: d, Counts: c})
	}
	return out
}

func add(to, c mailrelay.Counts) mailrelay.Counts {
	if to == nil {
		to = mailrelay.Counts{}
	}
	for f, n := range c {
		to[f] += n
	}
	return to
}

// Judge is the verdict of now.
func (a *Account) Judge() mailrelay.Verdict {
	return a.History.Judge(a.Now, a.Grain.Traits(), a.Settings)
}
