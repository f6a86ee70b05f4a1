package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	mackerelplugin "github.com/mackerelio/go-mackerel-plugin"

	"github.com/shopslo/shopslo/plugins/mailrelay"
)

// figure is one value of an account in a graph. A whole number is exact.
type figure struct {
	graph, name string
	value       float64
}

// write prints a line as go-mackerel-plugin does. The library's own printing is not
// used: its patterns let bounced also match bounced_hard, and print both twice.
func (f figure) write(w io.Writer, prefix, account string, now time.Time) {
	value := strconv.FormatFloat(f.value, 'f', -1, 64)
	if f.value != float64(int64(f.value)) {
		value = strconv.FormatFloat(f.value, 'f', 3, 64)
	}
	fmt.Fprintf(w, "%s.%s.%s.%s\t%s\t%d\n", prefix, f.graph, account, f.name, value, now.Unix())
}

// caughtUp is how old the end of a bucket may be to be told as a value of now, beyond
// the relay's own time to settle; longest is how long the span of a difference may be.
// What is older or longer goes into the history only: an old value is never new.
const (
	caughtUp = 5 * time.Minute
	longest  = 10 * time.Minute
)

// dated is a figure of another time than now.
type dated struct {
	figure
	at time.Time
}

// stampWindow is how far back the agent takes a plugin's own time stamps, less a minute
// for the way: mackerel-agent 0.87 and later with use_plugin_timestamp, ±15 minutes.
const stampWindow = 14 * time.Minute

// stamped are the mails of the buckets that are new with this poll, each at the last
// minute of its bucket. What is older than the agent takes goes into the history only.
func stamped(fresh []mailrelay.Bucket, now time.Time, t mailrelay.Traits) []dated {
	var out []dated
	for _, b := range fresh {
		at := b.End.Add(-time.Minute)
		if t.Daily && b.End.Sub(b.Start) > longest || now.Sub(at) > stampWindow {
			continue
		}
		if t.Daily {
			at = now // a difference between two polls ends now
		}
		for _, f := range mailrelay.Figures {
			if n, told := b.Counts[f]; told {
				out = append(out, dated{figure{"mails", string(f), float64(n)}, at})
			}
		}
	}
	return out
}

// counted are the mails of the buckets that are new with this poll. Usually that is
// one; where a poll came a little late, they are summed, so that the values add up to
// what the relay counted. A figure that one of them does not tell is not told.
func counted(fresh []mailrelay.Bucket, first bool, now time.Time, t mailrelay.Traits) []figure {
	var told []mailrelay.Bucket
	for _, b := range fresh {
		age := now.Sub(b.End) - t.Settle
		if t.Daily && b.End.Sub(b.Start) <= longest || !t.Daily && age <= t.Grain+caughtUp {
			told = append(told, b)
		}
	}
	if first && len(told) > 1 {
		told = told[len(told)-1:] // the ones before were closed before we came
	}
	var out []figure
	for _, f := range mailrelay.Figures {
		sum, known := int64(0), len(told) > 0
		for _, b := range told {
			n, there := b.Counts[f]
			sum, known = sum+n, known && there
		}
		if known {
			out = append(out, figure{"mails", string(f), float64(sum)})
		}
	}
	return out
}

// standing are the figures of the relay's API and of the account, as this poll found
// them.
func standing(h *mailrelay.History, now time.Time) []figure {
	s := h.State
	out := []figure{{"api", "up", flag01(s.Up)}}
	if s.Up {
		out = append(out, figure{"latency", "api", s.Took.Seconds()})
	}
	if age, ok := h.Age(now); ok {
		out = append(out, figure{"data", "age", age.Round(time.Second).Seconds()})
	}
	for _, v := range []struct {
		graph, name string
		n           *int64
	}{{"queue", "waiting", s.Queue}, {"quota", "used", s.Quota.Used}, {"quota", "left", s.Quota.Left}, {"quota", "limit", s.Quota.Limit}} {
		if v.n != nil {
			out = append(out, figure{v.graph, v.name, float64(*v.n)})
		}
	}
	if s.Status != "" {
		for _, st := range []mailrelay.AccountStatus{mailrelay.Healthy, mailrelay.Probation, mailrelay.Paused} {
			out = append(out, figure{"account", string(st), flag01(s.Status == st)})
		}
	}
	return out
}

// sent are the figures of a canary, as this run found them: beside the mails of its
// destination, or of the account where it names none.
func sent(h *mailrelay.History, p mailrelay.Probe) []figure {
	c := h.CanaryAt(p.Destination)
	if !c.At.Equal(p.At) { // another run was quicker
		return nil
	}
	add := func(out []figure, name string, value float64) []figure {
		switch {
		case p.Destination != "":
			return append(out, figure{"destination", string(p.Destination) + ".canary_" + name, value})
		case name == "sending" || name == "delivery":
			return append(out, figure{"latency", "canary_" + name, value})
		}
		return append(out, figure{"canary", name, value})
	}
	var out []figure
	if c.Sent != nil {
		out = add(add(out, "sent", flag01(*c.Sent)), "sending", c.Took.Seconds())
	}
	if p.Looked && p.FindErr == nil {
		out = add(add(out, "arrived", float64(len(c.Arrived))), "missing", float64(c.Lost))
	}
	n := len(c.Arrived)
	if n == 0 {
		return out
	}
	out = add(add(out, "delivery", c.Arrived[n-1].Seconds()), "junk", flag01(!c.Junk.IsZero()))
	for _, proof := range mailrelay.AllProofs {
		if word := c.Proofs[proof]; word != "" {
			out = add(out, string(proof), flag01(word == "pass"))
		}
	}
	return out
}

// announced is what the status page said.
func announced(l *look) (out []figure) {
	if l != nil && l.err == nil && l.notice.Level != "" {
		for _, level := range levels {
			out = append(out, figure{"status_page", string(level), flag01(l.notice.Level == level)})
		}
	}
	return out
}

var levels = []mailrelay.Level{mailrelay.LevelNone, mailrelay.LevelMaintenance, mailrelay.LevelMinor, mailrelay.LevelMajor, mailrelay.LevelCritical}

func flag01(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// mails are the figures of an account, and of each of its destinations.
var mails = []mackerelplugin.Metrics{
	{Name: "accepted", Label: "Accepted by the relay"}, {Name: "delivered", Label: "Delivered"}, {Name: "deferred", Label: "Deferred (attempts)"},
	{Name: "bounced", Label: "Bounced"}, {Name: "bounced_hard", Label: "Bounced (hard)"}, {Name: "bounced_soft", Label: "Bounced (soft)"},
	{Name: "blocked", Label: "Blocked"}, {Name: "dropped", Label: "Dropped by the relay"}, {Name: "complaints", Label: "Spam complaints"}}

// testMails are the figures of a canary.
func testMails(prefix string) []mackerelplugin.Metrics {
	return []mackerelplugin.Metrics{{Name: prefix + "sent", Label: "Test mail taken by the relay"}, {Name: prefix + "arrived", Label: "Test mails arrived"}, {Name: prefix + "missing", Label: "Test mails missing"},
		{Name: prefix + "junk", Label: "Test mail in the spam folder"}, {Name: prefix + "spf", Label: "SPF passed"}, {Name: prefix + "dkim", Label: "DKIM passed"}, {Name: prefix + "dmarc", Label: "DMARC passed"}}
}

// graphs are the definitions, # being the account. Diff stays false: differences are
// made by the history, which knows resets, corrections and midnight.
var graphs = map[string]mackerelplugin.Graphs{
	"mails.#": {Label: "Mail relay: mails", Unit: mackerelplugin.UnitInteger, Metrics: mails},
	"destination.#.*": {Label: "Mail relay: mails by destination", Unit: mackerelplugin.UnitFloat, Metrics: slices.Concat(mails, testMails("canary_"),
		[]mackerelplugin.Metrics{{Name: "canary_sending", Label: "Test mail taken after (s)"}, {Name: "canary_delivery", Label: "Test mail delivered after (s)"}})},
	"api.#": {Label: "Mail relay: API up", Unit: mackerelplugin.UnitInteger, Metrics: []mackerelplugin.Metrics{{Name: "up", Label: "Up"}}},
	"latency.#": {Label: "Mail relay: latency", Unit: mackerelplugin.UnitSeconds, Metrics: []mackerelplugin.Metrics{
		{Name: "api", Label: "API"}, {Name: "canary_sending", Label: "Test mail taken"}, {Name: "canary_delivery", Label: "Test mail delivered"}}},
	"data.#":  {Label: "Mail relay: age of the data", Unit: mackerelplugin.UnitSeconds, Metrics: []mackerelplugin.Metrics{{Name: "age", Label: "Age"}}},
	"queue.#": {Label: "Mail relay: queue", Unit: mackerelplugin.UnitInteger, Metrics: []mackerelplugin.Metrics{{Name: "waiting", Label: "Waiting"}}},
	"quota.#": {Label: "Mail relay: quota", Unit: mackerelplugin.UnitInteger, Metrics: []mackerelplugin.Metrics{
		{Name: "used", Label: "Used"}, {Name: "left", Label: "Left"}, {Name: "limit", Label: "Limit"}}},
	"account.#": {Label: "Mail relay: account", Unit: mackerelplugin.UnitInteger, Metrics: []mackerelplugin.Metrics{
		{Name: "healthy", Label: "Healthy", Stacked: true}, {Name: "probation", Label: "Under review", Stacked: true}, {Name: "paused", Label: "May not send", Stacked: true}}},
	"canary.#": {Label: "Mail relay: test mails", Unit: mackerelplugin.UnitInteger, Metrics: testMails("")},
	"status_page.#": {Label: "Mail relay: status page", Unit: mackerelplugin.UnitInteger, Metrics: []mackerelplugin.Metrics{
		{Name: "none", Label: "Operational", Stacked: true}, {Name: "maintenance", Label: "Maintenance", Stacked: true}, {Name: "minor", Label: "Minor", Stacked: true},
		{Name: "major", Label: "Major", Stacked: true}, {Name: "critical", Label: "Critical", Stacked: true}}},
}

// definitions prints the graphs as the agent asks for them at its start. They need no
// configuration, so a fault in it does not cost the graphs.
func definitions(w io.Writer, prefix string) error {
	def := mackerelplugin.GraphDef{Graphs: map[string]mackerelplugin.Graphs{}}
	for key, g := range graphs {
		def.Graphs[prefix+"."+key] = g
	}
	b, err := json.Marshal(def)
	if err != nil {
		return fmt.Errorf("write the graph definitions: %w", err)
	}
	_, err = fmt.Fprintf(w, "# mackerel-agent-plugin\n%s\n", b)
	return err
}
