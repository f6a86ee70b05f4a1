//go:build e2e && more

package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopslo/shopslo/internal/fakes/slackfake"
)

// Fifty alerts a second for a minute, through Slack's latency and limits: one incident, its
// channel soon, and nothing that somebody says is read later than five seconds after.
func TestAMinuteOfFiftyAlertsASecondIsOneIncident(t *testing.T) {
	slack := slackfake.Start(slackfake.Options{Latency: [2]time.Duration{100 * time.Millisecond, 600 * time.Millisecond}})
	t.Cleanup(slack.Close)
	x := newTeamIn(t, slack, "http", "alerts:\n  rules:\n    - {severity: critical}\n")
	address, _ := x.serve()
	slack.Deliver(address + "/slack")
	var all sync.WaitGroup
	began := time.Now()
	for n := range 3000 {
		time.Sleep(time.Until(began.Add(time.Duration(n) * 20 * time.Millisecond)))
		all.Go(func() {
			body := fmt.Sprintf(`{"version":"4","groupKey":"g%d","alerts":[{"status":"firing","labels":{"alertname":"Burn","slo":"cart","shopset":"a-1","n":"%d"},"startsAt":"2026-11-22T05:00:00Z","fingerprint":"f%d"}]}`, n, n, n)
			if got := postTo(t, address+"/alerts/alertmanager", body, func(r *http.Request) { r.Header.Set("Authorization", "Bearer let-me-in") }); got != 200 {
				t.Errorf("alert %d: %d", n, got)
			}
		})
		if n%300 != 299 {
			continue
		}
		c := x.channel("inc-")
		if c == "" {
			t.Fatalf("no channel after %s", time.Since(began))
		}
		all.Go(func() {
			said := time.Now()
			if _, err := slack.Command(x.mai, c, fmt.Sprintf("update 状況 %d。", n)); err != nil {
				t.Error(err)
			}
			for {
				if slices.ContainsFunc(slack.Messages(c), func(m slackfake.Message) bool {
					return strings.HasPrefix(m.Text, "📣") && strings.Contains(m.Text, fmt.Sprintf("状況 %d。", n))
				}) {
					t.Logf("read after %s", time.Since(said).Round(10*time.Millisecond))
					return
				}
				if time.Since(said) > 5*time.Second {
					t.Errorf("status %d is not read within 5 s", n)
					return
				}
				time.Sleep(20 * time.Millisecond)
			}
		})
	}
	all.Wait()
	ids, names := slack.Channels()
	if len(ids) != 3 {
		t.Errorf("channels %v", names)
	}
	calls := map[string]int{}
	for _, c := range slack.Calls() {
		calls[c.Method+" "+c.Outcome]++
	}
	t.Logf("%v", calls)
	if n := calls["chat.update ok"]; n > 40 {
		t.Errorf("%d updates", n)
	}
}
