package mailrelay

import (
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/internal/text"
)

// every polls buckets of a grain, all with the same counts.
func every(h *History, from, to time.Time, grain time.Duration, c Counts) {
	for at := from; at.Before(to); at = at.Add(grain) {
		_, _ = h.Add(Poll{Span: Span{From: at, To: at.Add(grain)}, Report: Report{Buckets: []Bucket{{Start: at, End: at.Add(grain), Counts: c}}}}, minutely(grain))
	}
}

// usual is a history of some days of 100 mails a minute.
func usualDays(days int) (*History, time.Time) {
	h := &History{Account: "shop"}
	begin := monday.Add(9 * time.Hour)
	late := begin.Add(-recentFor)
	c := Counts{Accepted: 100, Delivered: 98, Dropped: 0, BouncedHard: 1, Blocked: 0, Complaints: 0}
	quarter := Counts{}
	for f, n := range c {
		quarter[f] = 15 * n
	}
	every(h, begin.AddDate(0, 0, -days), late, cell, quarter)
	every(h, late, begin, time.Minute, c)
	return h, begin
}

func TestSuppressedMailsAreNotKeptBack(t *testing.T) {
	h, begin := usualDays(21)
	end := begin.Add(time.Hour)
	every(h, begin, end, time.Minute, Counts{Accepted: 200, Delivered: 98, Dropped: 100, BouncedHard: 1, Blocked: 0, Complaints: 0})
	v := h.Judge(end, minutely(time.Minute), inTokyo)
	if _, ok := has1(v, Drop); ok || v.Severity == Critical {
		t.Errorf("delivery is unchanged: %s", v.Sentence(text.English, inTokyo))
	}
	if f, ok := has1(v, Rise); !ok || f.Figure != Dropped || f.Severity != Warning {
		t.Errorf("that the relay drops mails is not told: %+v", v.Findings)
	}
}

func TestWhereTheMailsAreThatAreNotDelivered(t *testing.T) {
	for _, c := range []struct {
		name   string
		counts Counts
		says   string
	}{
		{"they stay in the relay", Counts{Accepted: 100, Delivered: 10, Dropped: 0, BouncedHard: 1, Blocked: 0}, "stay in the relay"},
		{"they are refused", Counts{Accepted: 100, Delivered: 10, Dropped: 0, BouncedHard: 1, Blocked: 88}, "recipients' servers refused"},
		{"the relay drops them", Counts{Accepted: 100, Delivered: 10, Dropped: 88, BouncedHard: 1, Blocked: 0}, "the relay itself dropped"},
		{"they do not come in", Counts{Accepted: 10, Delivered: 9, Dropped: 0, BouncedHard: 0, Blocked: 0}, "Fewer mails came in"},
	} {
		h, begin := usualDays(21)
		end := begin.Add(time.Hour)
		every(h, begin, end, time.Minute, c.counts)
		v := h.Judge(end, minutely(time.Minute), inTokyo)
		f, ok := has1(v, Drop)
		if line := v.Sentence(text.English, inTokyo); !ok || f.Severity != Critical || !strings.Contains(line, c.says) {
			t.Errorf("%s: severity %d: %s", c.name, f.Severity, line)
		}
	}
}

func TestAFailureOfTheFirstDaysIsSeen(t *testing.T) {
	well := Counts{Accepted: 100, Delivered: 98, BouncedHard: 1, Blocked: 0}
	for _, c := range []struct {
		name   string
		days   int
		counts Counts
		lasts  time.Duration
		kind   Kind
		worst  Severity
	}{
		{"nothing is delivered on the third day", 2, Counts{Accepted: 100, Delivered: 0, BouncedHard: 1, Blocked: 0}, 12 * time.Hour, Undelivered, Critical},
		{"nothing was ever delivered", 0, Counts{Accepted: 1, Delivered: 0, BouncedHard: 0, Blocked: 0}, time.Hour, Undelivered, Critical},
		{"too few to tell", 0, Counts{Accepted: 1, Delivered: 0, BouncedHard: 0, Blocked: 0}, 19 * time.Minute, Undelivered, OK},
		{"as many are dropped", 0, Counts{Accepted: 100, Delivered: 0, Dropped: 100}, time.Hour, Undelivered, OK},
		{"more are refused than delivered", 0, Counts{Accepted: 100, Delivered: 40, BouncedHard: 20, Blocked: 25}, 30 * time.Minute, Refusals, Critical},
		{"fewer are refused than delivered", 0, Counts{Accepted: 100, Delivered: 50, BouncedHard: 20, Blocked: 25}, 30 * time.Minute, Refusals, OK},
		{"all is well", 0, well, 6 * time.Hour, Undelivered, OK},
		{"half is delivered on the second day", 1, Counts{Accepted: 100, Delivered: 49, BouncedHard: 1, Blocked: 0}, time.Hour, Drop, Critical},
	} {
		h := &History{Account: "shop"}
		begin := monday.Add(9 * time.Hour)
		every(h, begin.AddDate(0, 0, -c.days), begin, 5*time.Minute, times(well, 5))
		every(h, begin, begin.Add(c.lasts), time.Minute, c.counts)
		now := begin.Add(c.lasts)
		v := h.Judge(now, minutely(time.Minute), inTokyo)
		f, ok := has1(v, c.kind)
		if ok != (c.worst > OK) || f.Severity != c.worst {
			t.Errorf("%s: %s, severity %d: %s", c.name, c.kind, f.Severity, v.Sentence(text.English, inTokyo))
		}
		if v.Severity != c.worst {
			t.Errorf("%s: severity %d: %+v", c.name, v.Severity, v.Findings)
		}
	}
}

func times(c Counts, n int64) Counts {
	out := Counts{}
	for f, v := range c {
		out[f] = n * v
	}
	return out
}

func TestACampaignThatHasJustBeenTakenIsNotUndelivered(t *testing.T) {
	h := &History{Account: "shop"}
	begin := monday.Add(9 * time.Hour)
	every(h, begin, begin.Add(time.Hour), time.Minute, Counts{Accepted: 0, Delivered: 0})
	every(h, begin.Add(time.Hour), begin.Add(65*time.Minute), time.Minute, Counts{Accepted: 500, Delivered: 0})
	if v := h.Judge(begin.Add(65*time.Minute), minutely(time.Minute), inTokyo); v.Severity != OK {
		t.Errorf("%+v", v.Findings)
	}
}

// Yesterday's campaign is not what today is held to, and a day without one is.
func TestACampaignOfTheOnlyDayBeforeIsNotTheRule(t *testing.T) {
	h := &History{Account: "shop"}
	begin := monday.Add(24 * time.Hour) // a Tuesday
	well, campaign := Counts{Accepted: 10, Delivered: 10, Blocked: 0}, Counts{Accepted: 60, Delivered: 60, Blocked: 0}
	every(h, begin, begin.Add(10*time.Hour), time.Minute, well)
	every(h, begin.Add(10*time.Hour), begin.Add(11*time.Hour), time.Minute, campaign)
	every(h, begin.Add(11*time.Hour), begin.Add(34*time.Hour), time.Minute, well)
	for m := time.Duration(0); m <= 90; m += 5 {
		end := begin.Add(34*time.Hour + m*time.Minute)
		every(h, end.Add(-5*time.Minute), end, time.Minute, well)
		if v := h.Judge(end, minutely(time.Minute), inTokyo); v.Severity != OK {
			t.Fatalf("%s: %s", end, v.Sentence(text.English, inTokyo))
		}
	}
	end := begin.Add(36 * time.Hour)
	every(h, begin.Add(35*time.Hour+30*time.Minute), end, time.Minute, Counts{Accepted: 2, Delivered: 2, Blocked: 0})
	if f, ok := has1(h.Judge(end, minutely(time.Minute), inTokyo), Drop); !ok || f.Expected > 15*f.Until.Sub(f.Since).Minutes() {
		t.Errorf("a drop where nothing stood out: %+v, %v", f, ok)
	}
}

// In other weeks an hour had mails that had come in before it: fewer go out now, although as
// many come in, and nobody refuses any.
func TestACauseThatDoesNotMakeUpForADropIsNotTold(t *testing.T) {
	h := &History{Account: "shop"}
	begin := monday.Add(9 * time.Hour)
	for day := 21; day > 0; day-- {
		at := begin.AddDate(0, 0, -day)
		every(h, at.Add(-9*time.Hour), at, cell, Counts{Accepted: 1500, Delivered: 1500, BouncedHard: 15, Blocked: 0, Dropped: 0})
		every(h, at, at.Add(2*time.Hour), cell, Counts{Accepted: 1500, Delivered: 3000, BouncedHard: 15, Blocked: 0, Dropped: 0})
		every(h, at.Add(2*time.Hour), at.Add(15*time.Hour), cell, Counts{Accepted: 1500, Delivered: 1300, BouncedHard: 15, Blocked: 0, Dropped: 0})
	}
	every(h, begin.Add(-9*time.Hour), begin, cell, Counts{Accepted: 1500, Delivered: 1500, BouncedHard: 15, Blocked: 0, Dropped: 0})
	end := begin.Add(time.Hour)
	every(h, begin, end, time.Minute, Counts{Accepted: 100, Delivered: 100, BouncedHard: 1, Blocked: 0, Dropped: 0})
	v := h.Judge(end, minutely(time.Minute), inTokyo)
	if f, ok := has1(v, Drop); !ok || f.TakenOver != "" || f.Lost != 0 {
		t.Errorf("%+v: %s", f, v.Sentence(text.English, inTokyo))
	}
}

// Mailbox operators ask for less than 0.1 % and refuse senders from 0.3 % on.
func TestComplaintsAreHeldToTheLimitsOfMailboxOperators(t *testing.T) {
	for _, c := range []struct {
		complaints int64 // in 10,000 deliveries
		want       Severity
	}{{9, OK}, {10, Warning}, {29, Warning}, {30, Critical}} {
		h := &History{Account: "shop"}
		at := monday.Add(9 * time.Hour)
		every(h, at, at.Add(50*time.Minute), time.Minute, Counts{Accepted: 200, Delivered: 200, Complaints: 0})
		every(h, at.Add(50*time.Minute), at.Add(51*time.Minute), time.Minute, Counts{Accepted: 0, Delivered: 0, Complaints: c.complaints})
		v := h.Judge(at.Add(51*time.Minute), minutely(time.Minute), inTokyo)
		if f, _ := has1(v, Complained); f.Severity != c.want || v.Severity != c.want {
			t.Errorf("%d complaints: severity %d: %s", c.complaints, f.Severity, v.Sentence(text.English, inTokyo))
		}
	}
	// One of a few hundred is chance.
	h := &History{Account: "shop"}
	every(h, monday, monday.Add(time.Hour), time.Hour, Counts{Accepted: 200, Delivered: 200, Complaints: 1})
	if v := h.Judge(monday.Add(time.Hour), minutely(time.Hour), inTokyo); v.Severity != OK {
		t.Errorf("%s", v.Sentence(text.English, inTokyo))
	}
}

// SES tells no deliveries without the right to CloudWatch; then the right is given.
func TestFiguresOfDifferentBucketsAreNotHeldTogether(t *testing.T) {
	h := &History{Account: "shop"}
	begin := monday.Add(9 * time.Hour)
	every(h, begin, begin.Add(15*time.Hour), 15*time.Minute, Counts{Accepted: 100, Bounced: 5, Dropped: 0, Complaints: 1})
	every(h, begin.Add(15*time.Hour), begin.Add(15*time.Hour+5*time.Minute), 5*time.Minute, Counts{Accepted: 0, Delivered: 0, Bounced: 0, Dropped: 0, Complaints: 0})
	at := begin.Add(15*time.Hour + 5*time.Minute)
	if v := h.Judge(at, minutely(5*time.Minute), inTokyo); worst(v, Undelivered, Refusals, Complained) != "" {
		t.Errorf("%s", v.Sentence(text.English, inTokyo))
	}
	h2 := &History{Account: "shop"}
	every(h2, begin, begin.Add(15*time.Hour), 15*time.Minute, Counts{Accepted: 1000, Bounced: 5, Dropped: 0, Complaints: 1})
	every(h2, begin.Add(15*time.Hour), begin.Add(15*time.Hour+20*time.Minute), 5*time.Minute, Counts{Accepted: 50, Delivered: 50, Bounced: 0, Dropped: 0, Complaints: 0})
	at = begin.Add(15*time.Hour + 20*time.Minute)
	if v := h2.Judge(at, minutely(5*time.Minute), inTokyo); worst(v, Undelivered, Refusals, Complained) != "" {
		t.Errorf("a day's complaints beside the deliveries of minutes: %s", v.Sentence(text.English, inTokyo))
	}
}
