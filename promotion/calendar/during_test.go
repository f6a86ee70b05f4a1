package calendar

import (
	"testing"
	"time"
)

func TestDuringGivesEachTimeThatAFreezeIsOn(t *testing.T) {
	c, err := Parse("freezes.yaml", []byte(`apiVersion: shopslo.dev/v1alpha1
kind: Freeze
metadata: {name: nights}
spec: {reason: r, by: mai, affects: {fleet: true}, recurring: {rrule: "FREQ=WEEKLY;BYDAY=MO,WE", at: "22:00", for: 4h, timeZone: Asia/Tokyo}}
---
apiVersion: shopslo.dev/v1alpha1
kind: Freeze
metadata: {name: days-off}
spec: {reason: r, by: mai, affects: {fleet: true}, holidays: {country: JP}}
---
apiVersion: shopslo.dev/v1alpha1
kind: Freeze
metadata: {name: over}
spec: {reason: r, by: mai, affects: {fleet: true}, from: 2026-04-01T00:00:00Z, until: 2026-04-26T15:00:00Z}
---
apiVersion: shopslo.dev/v1alpha1
kind: Freeze
metadata: {name: stop}
spec: {reason: r, by: mai, affects: {fleet: true}, emergency: true, from: 2026-05-05T00:00:00Z}
`), Words{})
	if err != nil {
		t.Fatal(err)
	}
	tokyo := time.FixedZone("JST", 9*3600)
	from := time.Date(2026, 4, 27, 0, 0, 0, 0, tokyo) // a Monday
	got := c.During(from, from.AddDate(0, 0, 10))
	want := []struct{ id, from, until string }{
		{"nights", "04-27 22:00", "04-28 02:00"}, {"nights", "04-29 22:00", "04-30 02:00"},
		{"nights", "05-04 22:00", "05-05 02:00"}, {"nights", "05-06 22:00", "05-07 02:00"},
		{"days-off", "04-29 00:00", "04-30 00:00"}, {"days-off", "05-03 00:00", "05-07 00:00"}, // four in a row
		{"stop", "05-05 09:00", ""},
	}
	if len(got) != len(want) {
		t.Fatalf("%d freezes, want %d: %+v", len(got), len(want), got)
	}
	for i, w := range want {
		until := ""
		if !got[i].Until.IsZero() {
			until = got[i].Until.In(tokyo).Format("01-02 15:04")
		}
		if got[i].ID != w.id || got[i].From.In(tokyo).Format("01-02 15:04") != w.from || until != w.until {
			t.Errorf("%d: %s %s to %q, want %v", i, got[i].ID, got[i].From.In(tokyo), until, w)
		}
	}
}
