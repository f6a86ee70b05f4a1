package facts

import (
	"testing"
	"time"

	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/review"
)

// An incident that was merged into another is not told beside it; what was promised in it is.
func TestAPartOfAnIncidentIsNotToldBesideIt(t *testing.T) {
	at := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	in := &review.Input{Period: review.Period{From: at.AddDate(0, 0, -3), Until: at.AddDate(0, 0, 4)}}
	one := incident.Incident{ID: "inc-1", Title: "x", Severity: incident.Major, State: incident.Open, DetectedAt: at}
	part := one
	part.ID, part.State, part.MergedInto, part.Postmortem = "inc-2", incident.Closed, "inc-1", &incident.Postmortem{Actions: []incident.Action{{What: "watch retries"}}}
	addIncidents(in, []incident.Incident{one, part}, time.UTC)
	if len(in.Incidents.Items) != 1 || in.Incidents.Items[0].ID != "inc-1" || len(in.Actions.Items) != 1 {
		t.Errorf("%+v, %+v", in.Incidents.Items, in.Actions.Items)
	}
}

// Of a private incident nobody is told what its postmortem lacks: it is not called incomplete.
func TestAPrivateIncidentLacksNothingThatIsKnown(t *testing.T) {
	at := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	closed := []incident.Event{{At: at.Add(time.Hour), Kind: incident.Moved, Value: string(incident.Closed)}}
	one := incident.Incident{ID: "inc-1", Title: "private incident", Severity: incident.Major, State: incident.Closed, DetectedAt: at, Timeline: closed}
	if got := incidentOf(&one, at.AddDate(0, 0, 4)); len(got.Lacks) == 0 {
		t.Errorf("%+v", got)
	}
	if one.Private = true; incidentOf(&one, at.AddDate(0, 0, 4)).Lacks != nil {
		t.Errorf("%+v", incidentOf(&one, at.AddDate(0, 0, 4)))
	}
}

// What was over before a week and came back after it is none of that week.
func TestAnIncidentIsOfTheWeeksThatItGoesOnIn(t *testing.T) {
	at := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	move := func(day int, to incident.State) incident.Event {
		return incident.Event{At: at.AddDate(0, 0, day), Kind: incident.Moved, Value: string(to)}
	}
	x := &incident.Incident{ID: "inc-1", State: incident.Open, Severity: incident.Minor, DetectedAt: at, Timeline: []incident.Event{move(1, incident.Resolved), move(21, incident.Open)}}
	for week, want := range []bool{true, false, false, true, true} {
		from := at.AddDate(0, 0, 7*week-1)
		if got := touches(x, review.Period{From: from, Until: from.AddDate(0, 0, 7)}); got != want {
			t.Errorf("week %d: %v", week, got)
		}
	}
	if x.Timeline = nil; !touches(x, review.Period{From: at.AddDate(0, 0, 7), Until: at.AddDate(0, 0, 14)}) {
		t.Error("one that is open and has no timeline goes on")
	}
}

// A postmortem that nobody writes is talked about each week, until somebody has written it.
func TestWhatIsResolvedStaysUntilItIsLearnedFrom(t *testing.T) {
	at := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	resolved := incident.Incident{ID: "inc-1", State: incident.Resolved, Severity: incident.Critical, DetectedAt: at,
		Timeline: []incident.Event{{At: at.Add(time.Hour), Kind: incident.Moved, Value: string(incident.Resolved)}}}
	later := review.Period{From: at.AddDate(0, 0, 28), Until: at.AddDate(0, 0, 35)}
	for name, test := range map[string]struct {
		change func(*incident.Incident)
		want   bool
	}{
		"nothing is written":     {func(*incident.Incident) {}, true},
		"a part of it is":        {func(x *incident.Incident) { x.Postmortem = &incident.Postmortem{Summary: "s"} }, true},
		"all of it is":           {func(x *incident.Incident) { x.Postmortem = whole() }, false},
		"it is minor":            {func(x *incident.Incident) { x.Severity = incident.Minor }, false},
		"it is minor now":        {func(x *incident.Incident) { x.Severity, x.Worst = incident.Minor, incident.Major }, true},
		"it is private":          {func(x *incident.Incident) { x.Private = true }, false},
		"it is a part":           {func(x *incident.Incident) { x.MergedInto = "inc-2" }, false},
		"it was opened after it": {func(x *incident.Incident) { x.DetectedAt = later.Until.Add(time.Hour) }, false},
	} {
		x := resolved
		if test.change(&x); touches(&x, later) != test.want {
			t.Errorf("%s: %v", name, !test.want)
		}
	}
}

func whole() *incident.Postmortem {
	return &incident.Postmortem{Summary: "s", Impact: "i", Cause: "c", Resolution: "r", Actions: []incident.Action{{What: "a"}}}
}

// A date that was given in Tokyo is a whole day, also for those who read in another zone.
func TestADateIsAWholeDayWhereItWasWritten(t *testing.T) {
	tokyo := time.FixedZone("", 9*60*60)
	for _, zone := range []*time.Location{time.UTC, tokyo} {
		if got := endOfDay(time.Date(2026, 11, 25, 0, 0, 0, 0, tokyo), zone); !got.Equal(time.Date(2026, 11, 26, 0, 0, 0, 0, tokyo)) {
			t.Errorf("%s: %s", zone, got)
		}
	}
}
