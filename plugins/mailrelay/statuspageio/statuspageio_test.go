package statuspageio

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/internal/fakes/relayfake"
	"github.com/shopslo/shopslo/plugins/mailrelay"
)

// documented has the fields of the page that the package comment cites.
const documented = `{"page":{"id":"y2j98763l56x","name":"Example","url":"https://status.example.com","time_zone":"Etc/UTC","updated_at":"2026-10-05T01:00:00.000Z"},
"status":{"indicator":"major","description":"Partial System Outage"},
"components":[{"id":"b1","name":"Mail Sending","status":"major_outage","created_at":"2014-05-03T01:22:07.274Z","updated_at":"2014-05-14T20:34:43.340Z","position":1,"description":null,"showcase":false,"group_id":null,"page_id":"y2j98763l56x","group":false,"only_show_if_degraded":false},
{"id":"b2","name":"Web page","status":"operational"}],
"incidents":[{"id":"c1","name":"Delayed mail","status":"monitoring","impact":"major","created_at":"2026-10-05T00:20:51.000-07:00","started_at":"2026-10-05T00:18:00.000Z","resolved_at":null,"components":[{"id":"b1","name":"Mail Sending","status":"major_outage"}],
"incident_updates":[{"id":"d1","status":"monitoring","body":"A fix has been made."}]}],
"scheduled_maintenances":[{"id":"e1","name":"Database","status":"scheduled","impact":"maintenance","scheduled_for":"2026-10-07T22:00:00.000Z","scheduled_until":"2026-10-08T02:00:00.000Z"}]}`

func TestWhatThePageSays(t *testing.T) {
	begun := time.Date(2026, 10, 5, 0, 18, 0, 0, time.UTC)
	working := strings.NewReplacer(`"indicator":"major"`, `"indicator":"none"`, "monitoring", "resolved").Replace(documented)
	for _, tt := range []struct {
		name, body, component string
		want                  mailrelay.Notice
	}{
		{"an incident is told with its name and beginning", documented, "", mailrelay.Notice{Level: mailrelay.LevelMajor, Text: "Delayed mail", Since: begun}},
		{"a component has a level of its own", documented, "mail sending", mailrelay.Notice{Level: mailrelay.LevelCritical, Text: "Delayed mail", Since: begun}},
		{"an incident of another component is none", documented, "Web page", mailrelay.Notice{Level: mailrelay.LevelNone, Text: "Web page: operational"}},
		{"what is over or only planned is not told", working, "", mailrelay.Notice{Level: mailrelay.LevelNone, Text: "Partial System Outage"}},
		{"a maintenance under way is told", strings.Replace(working, `"status":"scheduled"`, `"status":"in_progress"`, 1), "",
			mailrelay.Notice{Level: mailrelay.LevelMaintenance, Text: "Database", Since: time.Date(2026, 10, 7, 22, 0, 0, 0, time.UTC)}},
		{"an incident comes before a maintenance", strings.Replace(documented, `"status":"scheduled"`, `"status":"in_progress"`, 1), "",
			mailrelay.Notice{Level: mailrelay.LevelMajor, Text: "Delayed mail", Since: begun}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if n, err := parse([]byte(tt.body), tt.component); err != nil || n.Level != tt.want.Level || n.Text != tt.want.Text || !n.Since.Equal(tt.want.Since) {
				t.Errorf("got %+v, %v", n, err)
			}
		})
	}
	if n, err := parse([]byte(documented), "Mail Sendng"); err == nil || !strings.Contains(err.Error(), `no component "Mail Sendng", the page has "Mail Sending"`) {
		t.Errorf("a component that is not there: %+v, %v", n, err)
	}
	for _, body := range []string{``, `{}`, `null`, `[]`, `{"status":{"indicator":"fine"}}`, documented[:len(documented)/2]} {
		if n, err := parse([]byte(body), ""); err == nil {
			t.Errorf("%q was read as %+v", body, n)
		}
	}
}

func TestTheFakesPageIsReadAndItsFaultsAreErrors(t *testing.T) {
	now := time.Date(2026, 10, 5, 1, 0, 0, 0, time.UTC)
	f, stop, err := relayfake.Start("statuspage", now)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	p := &Page{URL: f.URL}
	look := func() (mailrelay.Notice, error) {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		return p.Look(ctx)
	}
	if n, err := look(); err != nil || n.Level != mailrelay.LevelNone {
		t.Errorf("got %+v, %v", n, err)
	}
	f.Announce(mailrelay.Notice{Level: mailrelay.LevelMinor, Text: "Mail is slow", Since: now})
	if n, err := look(); err != nil || n.Level != mailrelay.LevelMinor || n.Text != "Mail is slow" || !n.Since.Equal(now) {
		t.Errorf("got %+v, %v", n, err)
	}
	for fault, want := range map[relayfake.Fault]mailrelay.Trouble{relayfake.Broken: mailrelay.Failing, relayfake.TooMany: mailrelay.Limited, relayfake.Half: mailrelay.Garbled,
		relayfake.Page: mailrelay.Garbled, relayfake.Hang: mailrelay.Unreachable} {
		f.Break(fault)
		if n, err := look(); err == nil || mailrelay.TroubleOf(err) != want || n != (mailrelay.Notice{}) {
			t.Errorf("%s: %+v, %v", fault, n, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(documented), "")
	f.Add([]byte(documented), "Mail Sending")
	f.Fuzz(func(t *testing.T, b []byte, name string) {
		n, err := parse(b, name)
		if err == nil && n.Level == "" && (name == "" || n != (mailrelay.Notice{})) {
			t.Errorf("read %+v", n)
		}
		if err != nil && n != (mailrelay.Notice{}) {
			t.Errorf("%+v beside an error", n)
		}
	})
}
