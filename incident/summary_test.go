package incident

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

func moved(t *testing.T, i Incident, steps ...any) Incident {
	t.Helper()
	for k := 0; k < len(steps); k += 2 {
		var err error
		if i, err = i.Apply(Event{At: after(steps[k].(int)), Kind: Moved, Value: string(steps[k+1].(State))}); err != nil {
			t.Fatal(err)
		}
	}
	return i
}

func TestASummaryCountsAndMeasures(t *testing.T) {
	tokyo := time.FixedZone("", 9*3600)
	fast := begun()
	fast.StartedAt = after(-10)
	fast = moved(t, fast, 20, Mitigated, 50, Resolved)
	slow := begun()
	slow.ID, slow.Severity = "inc-2", Critical
	slow.Postmortem = &Postmortem{Summary: "s", Impact: "i", Cause: "c", Resolution: "r", Actions: []Action{
		{What: "no date"}, {What: "later", Due: after(60 * 24 * 30)}, {What: "done", Due: after(-60), DoneAt: after(-50)}, {What: "late", Due: after(-1)}}}
	slow = moved(t, slow, 100, Resolved, 200, Closed)
	open := begun()
	open.ID, open.Severity = "inc-3", Minor
	open.Postmortem = &Postmortem{Actions: []Action{{What: "today", Owner: "mai", Due: time.Date(2026, 11, 2, 0, 0, 0, 0, tokyo)}}}
	private := fast // of which nobody outside knows whether it is written
	private.ID, private.Private, private.StartedAt = "inc-4", true, time.Time{}
	if s := Summarize([]Incident{private}, after(120)); s.Count != 1 || len(s.Unwritten) != 0 {
		t.Errorf("%+v", s)
	}
	s := Summarize([]Incident{fast, slow, open}, after(120)) // 23:00 in Tokyo
	if s.Count != 3 || s.Ongoing != 1 || s.BySeverity[Critical] != 1 || s.BySeverity[Major] != 1 || s.BySeverity[Minor] != 1 {
		t.Errorf("%+v", s)
	}
	if s.ToDetect.Known != 1 || *s.ToDetect.Median != 10*time.Minute || s.ToMitigate.Known != 2 || *s.ToMitigate.Median != 65*time.Minute ||
		*s.ToMitigate.P90 != 100*time.Minute || *s.ToResolve.Median != 80*time.Minute || s.Hurting != (30+100+120)*time.Minute {
		t.Errorf("detect %+v, mitigate %+v, resolve %+v, hurting %v", s.ToDetect, s.ToMitigate, s.ToResolve, s.Hurting)
	}
	var open4 []string
	for _, a := range s.OpenActions {
		open4 = append(open4, a.Incident+" "+a.What)
	}
	if want := "inc-3 today, inc-2 late, inc-2 later, inc-2 no date"; strings.Join(open4, ", ") != want || s.Overdue != 1 || !s.OpenActions[1].Overdue {
		t.Errorf("open actions %q, %d overdue; want %q", open4, s.Overdue, want)
	}
	if later := Summarize([]Incident{open}, after(180)); later.Overdue != 1 {
		t.Errorf("at midnight in Tokyo, %d are overdue", later.Overdue)
	}
	if !slices.Equal(s.Unwritten, []string{"inc-1"}) {
		t.Errorf("unwritten: %v", s.Unwritten)
	}
	none := Summarize(nil, noon)
	if none.Count != 0 || none.ToDetect.Median != nil || none.ToDetect.P90 != nil || none.BySeverity == nil {
		t.Errorf("of none: %+v", none)
	}
}

// The median has as many on either side, and P90 is the first that enough are within.
func TestASpreadEqualsWhatCountingGives(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		all := make([]time.Duration, 1+random.IntN(40))
		for k := range all {
			all[k] = time.Duration(2 * random.IntN(20))
		}
		within := func(d time.Duration) (n int) {
			for _, one := range all {
				if one <= d {
					n++
				}
			}
			return n
		}
		var p90, low, high time.Duration = -1, -1, -1
		for d := range time.Duration(40) {
			if p90 < 0 && 10*within(d) >= 9*len(all) {
				p90 = d
			}
			if low < 0 && 2*within(d) >= len(all) {
				low = d
			}
			if high < 0 && 2*within(d) > len(all) {
				high = d
			}
		}
		got := spread(slices.Clone(all))
		if *got.P90 != p90 || *got.Median != (low+high)/2 || got.Known != len(all) {
			t.Fatalf("%v: median %d, p90 %d; want %d, %d", all, *got.Median, *got.P90, (low+high)/2, p90)
		}
	}
}

func TestAnOutlineIsEnoughForDurations(t *testing.T) {
	i := begun()
	i.Timeline = []Event{{At: after(-1), Kind: Noted, Text: "x"}}
	i = moved(t, i, 10, Mitigated, 20, Open, 30, Resolved)
	o := i.Outline()
	a, _ := json.Marshal(i.Durations(after(99)))
	b, _ := json.Marshal(o.Durations(after(99)))
	if len(o.Timeline) != 3 || string(a) != string(b) || len(i.Timeline) != 4 {
		t.Errorf("%d events, durations %s; want %s", len(o.Timeline), b, a)
	}
	if !i.Changed().Equal(after(30)) || !begun().Changed().Equal(noon) {
		t.Errorf("changed at %v", i.Changed())
	}
	early := begun()
	early.Timeline = []Event{{At: after(-5), Kind: Noted, Text: "before"}}
	if !early.Changed().Equal(noon) {
		t.Errorf("changed at %v, before it was detected", early.Changed())
	}
}

func TestAnActionIsOverdueAfterItsDay(t *testing.T) {
	tokyo := time.FixedZone("", 9*3600)
	day := time.Date(2026, 11, 2, 0, 0, 0, 0, tokyo)
	for _, c := range []struct {
		name   string
		action Action
		now    time.Time
		want   bool
	}{
		{"without a date", Action{}, noon, false},
		{"on its day", Action{Due: day}, day.Add(24*time.Hour - 1), false},
		{"after its day", Action{Due: day}, day.Add(24 * time.Hour), true},
		{"before its time", Action{Due: noon}, noon.Add(-1), false},
		{"at its time", Action{Due: noon}, noon, true},
		{"done", Action{Due: day, DoneAt: noon}, day.AddDate(1, 0, 0), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.action.overdue(c.now); got != c.want {
				t.Errorf("overdue: %v", got)
			}
		})
	}
}

func TestWhatAStoreRefusesIsSaid(t *testing.T) {
	for _, c := range []struct {
		name string
		job  Job
		want string
	}{
		{"good", Job{Key: "鍵", Kind: "k", Payload: []byte(`{}`)}, ""},
		{"no key and no kind", Job{}, "the key is missing\nkind is missing"},
		{"a long key", Job{Key: strings.Repeat("あ", 334), Kind: "k"}, "longer than 1000 bytes"},
		{"no JSON", Job{Key: "j", Kind: "k", Payload: []byte("x")}, "payload is no JSON"},
		{"no text", Job{Key: "j", Kind: "k", Incident: "\xff"}, "is no UTF-8 text"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := c.job.Validate()
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}
