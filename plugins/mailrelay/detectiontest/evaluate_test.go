package detectiontest

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/internal/racetest"
	"github.com/shopslo/shopslo/plugins/mailrelay"
)

// measure makes TestMeasure measure at length and write the report; it takes minutes a part.
var measure = flag.Bool("measure", false, "measure at length and write docs/mailrelay-detection.md")

const (
	report = "../../../docs/mailrelay-detection.md"
	chart  = "../../../docs/mailrelay-detection.svg"
)

func TestMeasure(t *testing.T) {
	racetest.NotHere(t)
	size := Size{Volumes: Volumes[2:3], Starts: []time.Duration{9 * time.Hour}, Seeds: 1, QuietSeeds: 1, Weeks: 1, Cases: 1, Mornings: Mornings{ByMinute: 4, ByHour: 2, ByDay: 1}}
	if *measure {
		size = Size{Volumes: []Volume{Volumes[0], Volumes[2], Volumes[4], Volumes[5]}, Starts: []time.Duration{9 * time.Hour, (3*24 + 20) * time.Hour, (6*24 + 3) * time.Hour},
			Seeds: 1, QuietSeeds: 2, Weeks: 4, Cases: 6, GrainWeeks: 4, Mornings: Mornings{ByMinute: 20, ByHour: 10, ByDay: 10}}
	}
	for _, part := range Parts {
		t.Run(part.Name, func(t *testing.T) {
			begun := time.Now()
			s := part.Measure(size, func(what string) { t.Logf("%s after %s", what, time.Since(begun).Round(time.Second)) })
			t.Log("\n" + s.Tables)
			for _, w := range s.Words {
				t.Log(w)
			}
			for _, b := range s.Broken {
				t.Error(b)
			}
			if *measure {
				write(t, part.Name, s)
			}
		})
	}
}

// write puts the tables between the part's marks in the report, and draws the chart.
func write(t *testing.T, part string, s Section) {
	text, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	from, to := "<!-- measured: "+part+" -->\n", "<!-- end: "+part+" -->\n"
	head, rest, ok1 := strings.Cut(string(text), from)
	_, tail, ok2 := strings.Cut(rest, to)
	if !ok1 || !ok2 {
		t.Fatalf("%s lacks the marks %q and %q", report, from, to)
	}
	if err := os.WriteFile(report, []byte(head+from+"\n"+s.Tables+"\n"+to+tail), 0o644); err != nil {
		t.Fatal(err)
	}
	if s.Chart == "" {
		return
	}
	if err := os.WriteFile(chart, []byte(s.Chart), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestTheTrafficIsLikeRealTraffic(t *testing.T) {
	g := NewTraffic(Volumes[2], 1, Monday, 2, map[string]bool{Monday.AddDate(0, 0, 7).Format(time.DateOnly): true})
	sums := map[string]float64{}
	for at := Monday; at.Before(Monday.AddDate(0, 0, 14)); at = at.Add(time.Minute) {
		c := g.Minute(at, nil)
		for f, n := range c {
			if n < 0 {
				t.Fatalf("%s: %s is %d", at, f, n)
			}
			sums[string(f)] += float64(n)
		}
		day := at.In(Tokyo)
		sums[fmt.Sprintf("%d %s", int(day.Sub(Monday).Hours())/24, map[bool]string{true: "night", false: "day"}[day.Hour() < 6])] += float64(c[mailrelay.Delivered])
	}
	for name, ok := range map[string]bool{
		"nearly all is delivered":        sums["delivered"] > 0.97*sums["accepted"] && sums["delivered"] < sums["accepted"],
		"nights are quiet":               sums["1 night"]*8 < sums["1 day"],
		"a Sunday is less than a Monday": sums["6 day"] < 0.8*sums["0 day"],
		"a holiday is less as well":      sums["7 day"] < 0.8*sums["0 day"],
	} {
		if !ok {
			t.Errorf("%s: not so: %v", name, sums)
		}
	}
}

func TestAFailureDoesWhatItSays(t *testing.T) {
	begin := Monday.Add(12 * time.Hour)
	for _, f := range Failures() {
		f.Begin = begin
		ratio := func(fig mailrelay.Figure, of mailrelay.Figure, f *Failure) float64 {
			g := NewTraffic(Volumes[0], 3, Monday, 1, nil)
			g.campaign = nil
			some, all := 0.0, 0.0
			for at := Monday; at.Before(begin.Add(6 * time.Hour)); at = at.Add(time.Minute) {
				c := g.Minute(at, f)
				if !at.Before(begin.Add(3 * time.Hour)) {
					some, all = some+float64(c[fig]), all+float64(c[of])
				}
			}
			return some / max(1, all)
		}
		switch f.Name {
		case "hard stop":
			if r := ratio(mailrelay.Delivered, mailrelay.Accepted, &f); r > 0.01 {
				t.Errorf("%s: %g is delivered", f.Name, r)
			}
		case "half":
			if r := ratio(mailrelay.Delivered, mailrelay.Accepted, &f); r < 0.45 || r > 0.55 {
				t.Errorf("%s: %g is delivered", f.Name, r)
			}
		case "one domain":
			if r := ratio(mailrelay.Blocked, mailrelay.Accepted, &f); r < 0.3 || r > 0.4 {
				t.Errorf("%s: %g is blocked", f.Name, r)
			}
		case "deferrals":
			if r := ratio(mailrelay.Deferred, mailrelay.Accepted, &f); r < 0.5 || r > 0.7 {
				t.Errorf("%s: %g deferrals a mail", f.Name, r)
			}
		case "refused at the door":
			if r := ratio(mailrelay.Accepted, mailrelay.Accepted, &f); r != 0 {
				t.Errorf("%s: mails come in", f.Name)
			}
		}
	}
}
