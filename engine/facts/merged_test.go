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
