package incident

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

func begun() Incident {
	return Incident{ID: "inc-1", Title: "カートで決済が失敗する", Severity: Major, State: Open, DetectedAt: noon}
}

func after(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }

func TestAScopeThatNobodyKnowsTouchesEverything(t *testing.T) {
	tests := []struct {
		name  string
		scope Scope
		want  bool
	}{
		{"not known", Scope{}, true},
		{"the whole fleet", Scope{Fleet: true}, true},
		{"the tier", Scope{Tiers: []string{"prod"}}, true},
		{"one of its ShopSets", Scope{ShopSets: []string{"c-2", "a-1"}}, true},
		{"another tier", Scope{Tiers: []string{"beta"}}, false},
		{"other ShopSets", Scope{ShopSets: []string{"c-2"}}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := test.scope.Touches("prod", []string{"a-1", "b-2"}); got != test.want {
				t.Errorf("touches prod: %v, want %v", got, test.want)
			}
		})
	}
}

func TestEventsChangeAnIncidentOrSayWhyNot(t *testing.T) {
	written := &Postmortem{Summary: "s", Impact: "i", Cause: "c", Resolution: "r", Actions: []Action{{What: "w"}}}
	tests := []struct {
		name   string
		before func(*Incident)
		event  Event
		want   func(Incident) bool
		err    string
	}{
		{"a note", nil, Event{Kind: Noted, Text: "再起動した"}, func(i Incident) bool { return i.Timeline[0].Text == "再起動した" }, ""},
		{"an empty note", nil, Event{Kind: Noted}, nil, "needs a text"},
		{"worse than thought", nil, Event{Kind: Escalated, Value: "critical"}, func(i Incident) bool { return i.Severity == Critical }, ""},
		{"a severity that is none", nil, Event{Kind: Escalated, Value: "bad"}, nil, `severity "bad" is none of`},
		{"mitigated", nil, Event{Kind: Moved, Value: "mitigated"}, func(i Incident) bool { return i.State == Mitigated }, ""},
		{"a state that is none", nil, Event{Kind: Moved, Value: "fixed"}, nil, `state "fixed" is none of open, mitigated, resolved, closed`},
		{"no state", nil, Event{Kind: Moved}, nil, `state "" is none of`},
		{"out of a state that is none", func(i *Incident) { i.State = "fixed" }, Event{Kind: Noted, Text: "x"}, nil, `state "fixed" is none of`},
		{"mitigated again", func(i *Incident) { i.State = Mitigated }, Event{Kind: Moved, Value: "mitigated"}, nil, "it is mitigated already"},
		{"back a step", func(i *Incident) { i.State = Resolved }, Event{Kind: Moved, Value: "mitigated"}, nil, "may be reopened"},
		{"reopened", func(i *Incident) { i.State = Resolved }, Event{Kind: Moved, Value: "open"}, func(i Incident) bool { return i.State == Open }, ""},
		{"closed without a postmortem", func(i *Incident) { i.State = Resolved }, Event{Kind: Moved, Value: "closed"}, nil, "its postmortem lacks all of it"},
		{"closed without actions", func(i *Incident) {
			p := *written
			i.Postmortem, p.Actions = &p, nil
		}, Event{Kind: Moved, Value: "closed"}, nil, "its postmortem lacks actions: write it"},
		{"closed without a cause and a resolution", func(i *Incident) {
			p := *written
			i.Postmortem, p.Cause, p.Resolution = &p, " ", ""
		}, Event{Kind: Moved, Value: "closed"}, nil, "its postmortem lacks cause, resolution: write it"},
		{"closed, minor", func(i *Incident) { i.Severity = Minor }, Event{Kind: Moved, Value: "closed"}, func(i Incident) bool { return i.State == Closed }, ""},
		{"closed with a postmortem", func(i *Incident) { i.Postmortem = written }, Event{Kind: Moved, Value: "closed"}, func(i Incident) bool { return i.State == Closed }, ""},
		{"somebody leads", nil, Event{Kind: Appointed, Role: Commander, Value: "mai"}, func(i Incident) bool { return i.Assigned[Commander] == "mai" }, ""},
		{"a role that is none", nil, Event{Kind: Appointed, Role: "boss", Value: "mai"}, nil, `role "boss"`},
		{"started after it was noticed", nil, Event{Kind: Dated, Time: after(5)}, nil, "before it started"},
		{"an event of no kind", nil, Event{Kind: "x"}, nil, `event kind "x" is unknown`},
		{"an event seen before", func(i *Incident) { i.Timeline = []Event{{ID: "e", At: noon}} }, Event{ID: "e", Kind: Noted, Text: "x"}, nil, "already"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			i := begun()
			if test.before != nil {
				test.before(&i)
			}
			test.event.At = after(1)
			next, err := i.Apply(test.event)
			switch {
			case test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)):
				t.Errorf("error %v, want one with %q", err, test.err)
			case test.err == "" && err != nil:
				t.Error(err)
			case test.err == "" && !test.want(next):
				t.Errorf("not as it should be: %+v", next)
			}
		})
	}
	if _, err := (Incident{ID: "x", Timeline: []Event{{ID: "e"}}}).Apply(Event{ID: "e", At: noon}); !errors.Is(err, ErrTwice) {
		t.Errorf("error %v is not ErrTwice", err)
	}
}

func TestApplyLeavesTheIncidentBeforeItAlone(t *testing.T) {
	before := begun()
	before.Assigned = map[Role]string{Scribe: "ken"}
	before.Timeline = append(make([]Event, 0, 8), Event{At: after(5), Kind: Noted, Text: "later"})
	next, err := before.Apply(Event{At: after(1), Kind: Appointed, Role: Commander, Value: "mai"})
	if err != nil {
		t.Fatal(err)
	}
	if len(before.Assigned) != 1 || before.Timeline[:1][0].Text != "later" || len(before.Timeline) != 1 {
		t.Errorf("changed: %+v", before)
	}
	if len(next.Timeline) != 2 || next.Timeline[1].Text != "later" {
		t.Errorf("not in the order of time: %+v", next.Timeline)
	}
}

func TestDurationsComeFromTheTimeline(t *testing.T) {
	i := begun()
	i.StartedAt = after(-10)
	for _, step := range []struct {
		minute int
		to     State
	}{{20, Mitigated}, {30, Open}, {40, Mitigated}, {60, Resolved}} {
		var err error
		if i, err = i.Apply(Event{At: after(step.minute), Kind: Moved, Value: string(step.to)}); err != nil {
			t.Fatal(err)
		}
	}
	d := i.Durations(after(600))
	if *d.ToDetect != 10*time.Minute || *d.ToMitigate != 50*time.Minute || *d.ToResolve != 70*time.Minute || d.Hurting != 40*time.Minute {
		t.Errorf("detect %v, mitigate %v, resolve %v, hurting %v", *d.ToDetect, *d.ToMitigate, *d.ToResolve, d.Hurting)
	}
	early := i.Durations(after(35))
	if early.ToMitigate != nil || early.ToResolve != nil || early.Hurting != 35*time.Minute {
		t.Errorf("at 35 minutes, reopened: %+v", early)
	}
	if begun().Durations(after(1)).ToDetect != nil {
		t.Error("a start that nobody knows gives a time to detect")
	}
}

// Whatever order events arrive in, how long it hurt equals the minutes counted one by one.
func TestHurtingEqualsTheMinutesCountedOneByOne(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		i, hurts := begun(), map[int]State{}
		minute := 0
		for range random.IntN(8) {
			minute += 1 + random.IntN(20)
			to := States[random.IntN(3)]
			if next, err := i.Apply(Event{At: after(minute), Kind: Moved, Value: string(to)}); err == nil {
				i, hurts[minute] = next, to
			}
		}
		end, state, want := minute+5, Open, 0
		for m := range end {
			if to, ok := hurts[m]; ok {
				state = to
			}
			if state == Open {
				want++
			}
		}
		if got := i.Durations(after(end)).Hurting; got != time.Duration(want)*time.Minute {
			t.Fatalf("%v: hurting %v, want %d minutes", i.Timeline, got, want)
		}
		if !slices.IsSortedFunc(i.Timeline, func(a, b Event) int { return a.At.Compare(b.At) }) {
			t.Fatal("timeline out of order")
		}
	}
}

func TestAnIncidentThatMakesNoSenseIsRefusedWithEverythingThatIsWrong(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*Incident)
		want   string // "": nothing
	}{
		{"one as it should be", func(*Incident) {}, ""},
		{"no title", func(i *Incident) { i.Title = " \t" }, "title is missing"},
		{"a title of several lines", func(i *Incident) { i.Title = "a\nb" }, "title has several lines"},
		{"a title as long as may be", func(i *Incident) { i.Title = strings.Repeat("決", maxTitle) }, ""},
		{"a longer one", func(i *Incident) { i.Title = strings.Repeat("決", maxTitle+1) }, "longer than 200 characters"},
		{"no ID", func(i *Incident) { i.ID = "" }, "id is missing"},
		{"no severity", func(i *Incident) { i.Severity = "" }, `severity "" is none of`},
		{"an unknown state", func(i *Incident) { i.State = "fixed" }, `state "fixed" is none of`},
		{"no detection", func(i *Incident) { i.DetectedAt = time.Time{} }, "the time of detection is missing"},
		{"detected when it started", func(i *Incident) { i.StartedAt = noon }, ""},
		{"detected before it started", func(i *Incident) { i.StartedAt = noon.Add(1) }, "before it started"},
		{"an unknown role", func(i *Incident) { i.Assigned = map[Role]string{"boss": "mai"} }, `role "boss" is none of`},
	} {
		i := begun()
		test.change(&i)
		switch err := i.Validate(); {
		case test.want == "" && err != nil:
			t.Errorf("%s: %v", test.name, err)
		case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%s: %v, want %q", test.name, err, test.want)
		}
	}
	if err := (Incident{}).Validate(); err == nil || len(strings.Split(err.Error(), "\n")) != 5 {
		t.Errorf("not everything is told: %v", err)
	}
}

// An action is overdue once its time is over; a date alone lasts until its day does.
func TestWhenAnActionIsOverdue(t *testing.T) {
	tokyo := time.FixedZone("JST", 9*60*60)
	day := time.Date(2026, 11, 20, 0, 0, 0, 0, tokyo)
	for _, test := range []struct {
		name string
		a    Action
		now  time.Time
		want bool
	}{
		{"the last moment of its day", Action{Due: day}, day.Add(24*time.Hour - 1), false},
		{"the day is over", Action{Due: day}, day.Add(24 * time.Hour), true},
		{"before its hour", Action{Due: day.Add(10 * time.Hour)}, day.Add(10*time.Hour - 1), false},
		{"at its hour", Action{Due: day.Add(10 * time.Hour)}, day.Add(10 * time.Hour), true},
		{"a second past midnight is no date", Action{Due: day.Add(time.Second)}, day.Add(time.Minute), true},
		{"done", Action{Due: day, DoneAt: day.Add(48 * time.Hour)}, day.Add(72 * time.Hour), false},
		{"no date", Action{}, day, false},
	} {
		if got := test.a.overdue(test.now); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
}

// Whoever lowers the severity has learned nothing yet.
func TestAPostmortemIsNotDodgedByALowerSeverity(t *testing.T) {
	at := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	i := Incident{ID: "inc-1", Title: "x", Severity: Major, State: Resolved, DetectedAt: at}
	for n, severity := range []Severity{Critical, Minor} {
		var err error
		if i, err = i.Apply(Event{At: at.Add(time.Duration(n) * time.Minute), Kind: Escalated, Value: string(severity)}); err != nil {
			t.Fatal(err)
		}
	}
	closing := Event{At: at.Add(time.Hour), Kind: Moved, Value: string(Closed)}
	if _, err := i.Apply(closing); err == nil || i.Worst != Critical || !i.NeedsPostmortem() {
		t.Errorf("closed: %v, %+v", err, i)
	}
	if s := Summarize([]Incident{i.Outline()}, at.Add(time.Hour)); len(s.Unwritten) != 1 {
		t.Errorf("%+v", s)
	}
	part, err := i.Apply(Event{At: at.Add(time.Hour), Kind: Merged, Value: "inc-2"})
	if err == nil {
		part, err = part.Apply(closing)
	}
	if err != nil || part.State != Closed || part.NeedsPostmortem() {
		t.Errorf("a part of another: %+v, %v", part, err)
	}
	if s := Summarize([]Incident{part.Outline()}, at.Add(time.Hour)); s.Count != 0 || len(s.Unwritten) != 0 {
		t.Errorf("counted twice: %+v", s)
	}
	if i, err := part.Apply(Event{At: at.Add(2 * time.Hour), Kind: Moved, Value: string(Open)}); err != nil || i.MergedInto != "" {
		t.Errorf("by itself again: %+v, %v", i, err)
	}
	if _, err := i.Apply(Event{At: at, Kind: Merged, Value: "inc-1"}); err == nil {
		t.Error("a part of itself")
	}
}

// What was worse cannot be hidden in one that was not: the whole needs the postmortem.
func TestTheWholeNeedsThePostmortemOfItsParts(t *testing.T) {
	for _, test := range []struct {
		now, joins, worst Severity
		needs             bool
	}{{Minor, Critical, Critical, true}, {Minor, Major, Major, true}, {Minor, Minor, "", false}, {Major, Minor, "", true}, {Major, Critical, Critical, true}} {
		i := begun()
		i.Severity = test.now
		next, err := i.Apply(Event{At: after(1), Kind: Joined, Value: string(test.joins)})
		if err != nil || next.Severity != test.now || next.Worst != test.worst || next.NeedsPostmortem() != test.needs {
			t.Errorf("%+v: %s %v, %v", test, next.Worst, next.NeedsPostmortem(), err)
		}
	}
	if _, err := begun().Apply(Event{At: after(1), Kind: Joined, Value: "bad"}); err == nil {
		t.Error("a severity that is none")
	}
}
