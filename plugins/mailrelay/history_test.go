package mailrelay

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/internal/text"
)

func day(date string, delivered int64) Day {
	return Day{Date: date, Counts: Counts{Delivered: delivered}}
}

func TestDaysBecomeDifferencesBetweenPolls(t *testing.T) {
	at := func(d, h, m int) time.Time { return time.Date(2026, 10, d, h, m, 0, 0, tokyo) }
	type poll struct {
		at   time.Time
		days []Day
		want int64 // -1: no bucket; -2: an error; -3: a bucket without the figure
	}
	tests := []struct {
		name  string
		polls []poll
	}{
		{"the first poll tells nothing", []poll{{at(5, 9, 0), []Day{day("2026-10-05", 500)}, -1}}},
		{"the second tells the difference", []poll{{at(5, 9, 0), []Day{day("2026-10-05", 500)}, -1}, {at(5, 9, 1), []Day{day("2026-10-05", 520)}, 20}}},
		{"nothing sent is told as 0", []poll{{at(5, 9, 0), []Day{day("2026-10-05", 500)}, -1}, {at(5, 9, 1), []Day{day("2026-10-05", 500)}, 0}}},
		{"midnight in the relay's zone loses and doubles nothing", []poll{
			{at(5, 23, 59), []Day{day("2026-10-05", 500)}, -1},
			{at(6, 0, 1), []Day{day("2026-10-05", 507), day("2026-10-06", 3)}, 10},
			{at(6, 0, 2), []Day{day("2026-10-05", 508), day("2026-10-06", 5)}, 3}}},
		{"a relay that still shows yesterday tells nothing yet", []poll{
			{at(5, 23, 59), []Day{day("2026-10-05", 500)}, -1},
			{at(6, 0, 1), []Day{day("2026-10-05", 507)}, -1},
			{at(6, 0, 2), []Day{day("2026-10-05", 507), day("2026-10-06", 5)}, 12}}},
		{"an old answer is unknown, and tells nothing twice", []poll{
			{at(5, 9, 0), []Day{day("2026-10-05", 500)}, -1},
			{at(5, 9, 1), []Day{day("2026-10-05", 250)}, -3},
			{at(5, 9, 2), []Day{day("2026-10-05", 255)}, -3},
			{at(5, 9, 3), []Day{day("2026-10-05", 507)}, 7}, {at(5, 9, 4), []Day{day("2026-10-05", 509)}, 2}}},
		{"a correction downwards is unknown for half an hour, then counted from", []poll{
			{at(5, 9, 0), []Day{day("2026-10-05", 500)}, -1},
			{at(5, 9, 1), []Day{day("2026-10-05", 250)}, -3},
			{at(5, 9, 30), []Day{day("2026-10-05", 260)}, -3},
			{at(5, 9, 31), []Day{day("2026-10-05", 261)}, -3},
			{at(5, 9, 32), []Day{day("2026-10-05", 263)}, 2}, {at(5, 9, 33), []Day{day("2026-10-05", 260)}, -3},
			{at(5, 10, 0), []Day{day("2026-10-05", 262)}, -3}, {at(5, 10, 1), []Day{day("2026-10-05", 265)}, 2}}},
		{"a correction of yesterday downwards spoils nothing of today", []poll{
			{at(6, 9, 0), []Day{day("2026-10-05", 900), day("2026-10-06", 500)}, -1},
			{at(6, 9, 1), []Day{day("2026-10-05", 890), day("2026-10-06", 510)}, 10},
			{at(6, 9, 2), []Day{day("2026-10-05", 890), day("2026-10-06", 511)}, 1},
			{at(6, 9, 3), []Day{day("2026-10-05", 902), day("2026-10-06", 511)}, 2}}},
		{"an empty list is not a zero", []poll{
			{at(5, 9, 0), []Day{day("2026-10-05", 500)}, -1}, {at(5, 9, 1), nil, -1}, {at(5, 9, 2), []Day{day("2026-10-05", 509)}, 9}}},
		{"another time zone is an error", []poll{{at(5, 9, 0), []Day{day("2026-10-06", 1)}, -2}}},
		{"after long silence the ground is laid anew", []poll{
			{at(1, 9, 0), []Day{day("2026-10-01", 500)}, -1},
			{at(9, 9, 0), []Day{day("2026-10-08", 1), day("2026-10-09", 700)}, -1},
			{at(9, 9, 1), []Day{day("2026-10-08", 1), day("2026-10-09", 702)}, 2}}},
	}
	traits := Traits{Vendor: "test", Grain: 24 * time.Hour, Daily: true, Zone: tokyo}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h := &History{}
			for i, p := range test.polls {
				h = restarted(t, h)
				fresh, err := h.Add(Poll{Span: h.Ask(p.at, traits), Report: Report{Days: p.days}}, traits)
				got := int64(-1)
				if err != nil {
					got = -2
				} else if len(fresh) == 1 {
					n, ok := fresh[0].Counts[Delivered]
					if got = n; !ok {
						got = -3
					}
				}
				if p.want == -3 && len(fresh) == 0 {
					got = -3 // no figure was left
				}
				if got != p.want {
					t.Errorf("poll %d: %d, want %d (%+v, %v)", i, got, p.want, fresh, err)
				}
			}
		})
	}
}

// restarted is a history as the next process reads it.
func restarted(t *testing.T, h *History) *History {
	t.Helper()
	b, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	again := &History{}
	if err := json.Unmarshal(b, again); err != nil {
		t.Fatal(err)
	}
	return again
}

func TestBucketsAreNewOnceAndCorrectedInPlace(t *testing.T) {
	h, traits := &History{}, minutely(time.Minute)
	b := func(m int, n int64) Bucket {
		s := monday.Add(time.Duration(m) * time.Minute)
		return Bucket{Start: s, End: s.Add(time.Minute), Counts: Counts{Delivered: n}}
	}
	add := func(now int, bs ...Bucket) int {
		at := monday.Add(time.Duration(now) * time.Minute)
		fresh, err := h.Add(Poll{Span: Span{From: monday, To: at}, Report: Report{Buckets: bs}}, traits)
		if err != nil {
			t.Fatal(err)
		}
		return len(fresh)
	}
	if n := add(2, b(0, 5), b(1, 6)); n != 2 {
		t.Errorf("%d new", n)
	}
	if n := add(3, b(1, 9), b(2, 7)); n != 1 {
		t.Errorf("%d new after a correction", n)
	}
	if n := add(3, b(1, 9), b(2, 70)); n != 0 || h.Recent[2].Counts[Delivered] != 7 {
		t.Error("a run that overlaps changed something")
	}
	if got := h.Recent[1].Counts[Delivered]; got != 9 || len(h.Recent) != 3 {
		t.Errorf("corrected to %d in %d buckets", got, len(h.Recent))
	}
}

func TestAClockThatWasAheadCostsNeitherPollsNorThePast(t *testing.T) {
	h, g, begin := grown(2, 20, 0.05, time.Minute, 3)
	weeks := h.Past.len()
	future := begin.Add(3 * time.Hour)
	live(h, g, begin, future, time.Minute, nil)
	h.State.WaitUntil = future.Add(time.Hour)
	if v := h.Judge(begin, minutely(time.Minute), inTokyo); v.Severity != Unknown || !strings.Contains(v.Sentence(text.English, inTokyo), "the last poll was made at 12:00, which has not come yet") {
		t.Errorf("judged %+v", v)
	}
	if span := h.Ask(begin, minutely(time.Minute)); !span.From.Before(span.To) {
		t.Errorf("it asks for %v", span)
	}
	if h.Resting(begin) {
		t.Error("it rests until a time that may never come")
	}
	for i, want := range []int{0, 1} { // the first minute has been told already
		at := begin.Add(time.Duration(i) * time.Minute)
		now := at.Add(time.Minute)
		fresh, err := h.Add(Poll{Span: Span{From: at, To: now}, Report: Report{Buckets: []Bucket{g.bucket(at, time.Minute)}}}, minutely(time.Minute))
		if err != nil || len(fresh) != want || !h.State.At.Equal(now) {
			t.Errorf("minute %d after the clock was set: %d buckets are new: %+v, %v", i, len(fresh), h.State, err)
		}
	}
	if h.Past.len() < weeks-1 || h.Past.To().After(begin) {
		t.Errorf("of %d cells %d are left, until %s", weeks, h.Past.len(), h.Past.To())
	}
	if v := h.Judge(begin.Add(2*time.Minute), minutely(time.Minute), inTokyo); v.Severity != OK {
		t.Errorf("afterwards: %+v", v)
	}
}

func TestUnsoundBucketsAreRefused(t *testing.T) {
	end := monday.Add(time.Minute)
	for name, bs := range map[string][]Bucket{
		"negative":   {{monday, end, Counts{Delivered: -1}}},
		"future":     {{monday.Add(time.Hour), monday.Add(2 * time.Hour), Counts{}}},
		"backwards":  {{end, monday, Counts{}}},
		"overlapped": {{monday, end, Counts{}}, {monday, end, Counts{}}},
	} {
		h := &History{}
		if _, err := h.Add(Poll{Span: Span{From: monday, To: monday.Add(30 * time.Minute)}, Report: Report{Buckets: bs}}, minutely(time.Minute)); TroubleOf(err) != Garbled || err == nil {
			t.Errorf("%s: %v", name, err)
		}
		if len(h.Recent) != 0 {
			t.Errorf("%s: kept", name)
		}
	}
}

func TestTroubleIsToldAfterAWhileAndValuesAreForgotten(t *testing.T) {
	h, g, begin := grown(5, 5, 0.05, time.Minute, 2)
	n := int64(3)
	ok := Report{Queue: &n, Status: Healthy, Buckets: []Bucket{g.bucket(begin, time.Minute)}}
	if _, err := h.Add(Poll{Span: Span{From: begin, To: begin.Add(time.Minute)}, Report: ok}, minutely(time.Minute)); err != nil || h.State.Queue == nil {
		t.Fatal(err)
	}
	bad := &Error{Trouble: Failing, Doing: "test: read", RetryAfter: 90 * time.Second}
	for m := 2; m <= 20; m++ {
		now := begin.Add(time.Duration(m) * time.Minute)
		if _, err := h.Add(Poll{Span: Span{From: begin, To: now}, Err: bad}, minutely(time.Minute)); !errors.Is(err, bad) {
			t.Fatal(err)
		}
		f, found := has1(h.Judge(now, minutely(time.Minute), inTokyo), APIDown)
		want := map[bool]Severity{true: Critical, false: Warning}[m >= 17]
		if found != (m >= 6) || found && f.Severity != want {
			t.Errorf("minute %d: %v %+v", m, found, f)
		}
	}
	if h.State.Queue != nil || h.State.Status != "" || !h.Resting(begin.Add(21*time.Minute)) {
		t.Errorf("an old value stands: %+v", h.State)
	}
	if v := h.Judge(begin.Add(time.Hour), minutely(time.Minute), inTokyo); v.Severity != Unknown {
		t.Errorf("not polled for 40 minutes: %+v", v)
	}
}

func TestOneFailureAndALongRestAreOneFailure(t *testing.T) {
	for _, trouble := range []Trouble{Failing, Limited} {
		h, g, begin := grown(5, 5, 0.05, time.Minute, 1)
		poll := func(m int, err error) {
			now, r := begin.Add(time.Duration(m)*time.Minute), Report{}
			if err == nil {
				r.Buckets = []Bucket{g.bucket(now.Add(-time.Minute), time.Minute)}
			}
			_, _ = h.Add(Poll{Span: Span{From: begin, To: now}, Report: r, Err: err}, minutely(time.Minute))
		}
		rest := &Error{Trouble: trouble, Doing: "test: read", RetryAfter: 40 * time.Minute}
		poll(1, nil)
		poll(2, rest)
		for m := 2; m <= 43; m++ { // at 42 the rest is over, and the next poll comes later
			if v := h.Judge(begin.Add(time.Duration(m)*time.Minute), minutely(time.Minute), inTokyo); worst(v, APIDown, Denied) != "" {
				t.Fatalf("%s, minute %d: %s", trouble, m, v.Sentence(text.English, inTokyo))
			}
		}
		poll(43, rest)
		if v := h.Judge(begin.Add(43*time.Minute), minutely(time.Minute), inTokyo); worst(v, APIDown, Denied) == "" {
			t.Errorf("%s, failed before and after the rest: %s", trouble, v.Sentence(text.English, inTokyo))
		}
	}
}

func TestStaleFiguresAreTold(t *testing.T) {
	h, _, begin := grown(6, 5, 0.05, time.Minute, 3)
	for m := 1; m <= 30; m++ {
		now := begin.Add(time.Duration(m) * time.Minute)
		_, _ = h.Add(Poll{Span: Span{From: begin, To: now}, Report: Report{}}, minutely(time.Minute))
	}
	v := h.Judge(begin.Add(30*time.Minute), minutely(time.Minute), inTokyo)
	f, ok := has1(v, Stale)
	if !ok || !f.Since.Equal(begin) {
		t.Fatalf("%+v", v)
	}
	if s := v.Sentence(text.English, inTokyo); !strings.Contains(s, "figures end at 09:00") {
		t.Error(s)
	}
}

func TestRefusalsAreSeenAndACampaignIsNone(t *testing.T) {
	h, g, begin := grown(8, 10, 0.05, time.Minute, 3)
	saved := restarted(t, h)
	g.peak = 50 // a campaign
	live(h, g, begin, begin.Add(time.Hour), time.Minute, nil)
	if v := h.Judge(begin.Add(time.Hour), minutely(time.Minute), inTokyo); v.Severity != OK {
		t.Errorf("campaign: %s", v.Sentence(text.English, inTokyo))
	}
	g.peak = 10
	traits := minutely(time.Minute)
	for m := range 30 {
		b := g.bucket(begin.Add(time.Duration(m)*time.Minute), time.Minute)
		b.Counts = maps.Clone(b.Counts)
		b.Counts[BouncedHard] += 2 // one domain refuses
		_, _ = saved.Add(Poll{Span: Span{From: b.Start, To: b.End}, Report: Report{Buckets: []Bucket{b}}}, traits)
	}
	f, ok := has1(saved.Judge(begin.Add(30*time.Minute), traits, inTokyo), Rise)
	if !ok || f.Figure != BouncedHard {
		t.Errorf("bounces were not seen: %+v", f)
	}
}

func TestHolidaysAreComparedWithSundays(t *testing.T) {
	h, g, begin := grown(9, 10, 0.05, time.Minute, 4)
	g.fail = nil
	g.peak *= 0.5 // as on a Sunday
	live(h, g, begin, begin.Add(time.Hour), time.Minute, nil)
	plain := h.Judge(begin.Add(time.Hour), minutely(time.Minute), inTokyo)
	holiday := inTokyo
	holiday.Holidays = map[string]bool{begin.Format(time.DateOnly): true}
	if _, ok := has1(plain, Drop); !ok {
		t.Error("half of a Monday was not seen")
	}
	if v := h.Judge(begin.Add(time.Hour), minutely(time.Minute), holiday); v.Severity != OK {
		t.Error(v.Sentence(text.English, holiday))
	}
}

func TestSecretsAreHidden(t *testing.T) {
	key := "SG.a+b/c d&é"
	text := `Get "https://x/?k=SG.a%2Bb%2Fc+d%26%C3%A9": ` + key
	if got := Hide(text, key); strings.Contains(got, "SG.a") {
		t.Error(got)
	}
}

func TestColumnsAreStoredExactlyToTheHundredth(t *testing.T) {
	want := Column{0, 1, unknown, 0.25, 123456.75, 1 << 40}
	b, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got Column
	if err := json.Unmarshal(b, &got); err != nil || !slices.Equal(got, want) {
		t.Errorf("%s is read as %v, %v", b, got, err)
	}
	for name, text := range map[string]string{"no base 64": `"?"`, "a number cut off": `"gA"`, "a number beyond all": `"//////////8B"`} {
		if err := json.Unmarshal([]byte(text), &got); err == nil {
			t.Errorf("%s was read as %v", name, got)
		}
	}
}

func TestBucketsAreStoredExactly(t *testing.T) {
	at := monday.Add(123456789)
	want := Buckets{{Start: at, End: at.Add(time.Minute), Counts: Counts{Delivered: 3, Complaints: 0}},
		{Start: at.Add(time.Hour), End: at.Add(2 * time.Hour), Counts: Counts{}}, {Start: at.Add(2 * time.Hour), End: at.Add(3 * time.Hour), Counts: Counts{Accepted: 1 << 40}}}
	b, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got Buckets
	if err := json.Unmarshal(b, &got); err != nil || len(got) != len(want) {
		t.Fatal(got, err)
	}
	for i, w := range want {
		if g := got[i]; !g.Start.Equal(w.Start) || !g.End.Equal(w.End) || !maps.Equal(g.Counts, w.Counts) {
			t.Errorf("bucket %d: %v is read as %v", i, w, g)
		}
	}
	for name, text := range map[string]string{"no base 64": `"?"`, "a bucket cut off": `"AAIC"`} {
		if err := json.Unmarshal([]byte(text), &got); err == nil {
			t.Errorf("%s was read as %v", name, got)
		}
	}
}

func FuzzHistory(f *testing.F) {
	h, _, begin := grown(1, 1, 0.1, time.Hour, 1)
	b, _ := json.Marshal(h)
	f.Add(b, begin.Unix())
	f.Add([]byte(`{}`), int64(0))
	f.Add([]byte(`{"past":{"first":"2026-10-01T00:00:00Z","step":1,"columns":{"delivered":"ZQA"}},"recent":"gICAgMDX+9kvAwIB"}`), begin.Unix())
	f.Fuzz(func(t *testing.T, b []byte, at int64) {
		var h History
		if json.Unmarshal(b, &h) != nil || at < 0 || at > 1<<33 {
			return
		}
		now := time.Unix(at, 0)
		_, _ = h.Add(Poll{Span: Span{From: now.Add(-time.Hour), To: now}, Report: Report{Buckets: []Bucket{{now.Add(-time.Minute), now, Counts{Delivered: 1}}}}}, minutely(time.Minute))
		_ = h.Judge(now, minutely(time.Minute), inTokyo).Sentence(text.English, inTokyo)
	})
}
