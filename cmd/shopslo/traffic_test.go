package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/source/sourcetest"
)

// rate is how many requests a second a pod of a ShopSet answers; gone: the pod is no more.
type rate func(s *stage, set string, pod int, at time.Time) float64

var gone = math.NaN()

const podsOfEach = 4

// evenTraffic is traffic as it always is.
func evenTraffic(*stage, string, int, time.Time) float64 { return 5 }

// sinceRelease is another rate below since the Release came.
func sinceRelease(other float64) rate {
	return func(s *stage, set string, pod int, at time.Time) float64 {
		if strings.HasPrefix(set, "b-") && at.After(s.since()) {
			return other
		}
		return evenTraffic(s, set, pod, at)
	}
}

// oneOfFour pods of b-1 is left since the Release came, and answers all requests.
func oneOfFour(s *stage, set string, pod int, at time.Time) float64 {
	switch {
	case set != "b-1" || !at.After(s.since()):
		return 5
	case pod > 0:
		return gone
	}
	return 20
}

// traffic is a stage whose ShopSets have four pods each, and such traffic for some time.
func traffic(t *testing.T, history time.Duration, below string, r rate) *stage {
	t.Helper()
	docs := fleetOf("beta: "+below, "prod: p-1")
	if strings.Contains(below, " ") {
		docs += "---\napiVersion: shopset.dev/v1alpha1\nkind: ShopGroup\nmetadata: {name: main}\nspec: {shopSets: [" + strings.ReplaceAll(below, " ", ", ") + "], failureDomains: 1}\n"
	}
	return newStageOf(t, docs, func(s *stage) []sourcetest.Series {
		var out []sourcetest.Series
		for _, set := range append(strings.Fields(below), "p-1") {
			for pod := range podsOfEach {
				out = append(out, s.pod(set, pod, history, r)...)
			}
		}
		return out
	})
}

// pod are the series of one pod.
func (s *stage) pod(set string, pod int, history time.Duration, r rate) []sourcetest.Series {
	series := func(name, code string) sourcetest.Series {
		m := map[string]string{slo.MetricName: name, "shopset": set, "job": "shops", "instance": fmt.Sprintf("%s-%d:80", set, pod)}
		if code != "" {
			m["code"] = code
		}
		return sourcetest.Series{Labels: sortedLabels(m)}
	}
	all := []sourcetest.Series{series("up", ""), series("process_start_time_seconds", ""), series("http_requests_total", "200"), series("http_requests_total", "500")}
	first, answered := s.at.Add(-history), 1000.0
	for at := first; !at.After(s.at.Add(time.Minute)); at = at.Add(15 * time.Second) {
		rate := r(s, set, pod, at)
		if math.IsNaN(rate) {
			continue
		}
		answered += 15 * rate
		for i, v := range []float64{1, float64(first.Add(-time.Hour).Unix()), math.Floor(answered), 0} {
			all[i].T, all[i].V = append(all[i].T, at.UnixMilli()), append(all[i].V, v)
		}
	}
	return all
}

// dip is a rate that falls to a tenth in the last hour of each day.
func dip(s *stage, _ string, _ int, at time.Time) float64 {
	if s.at.Sub(at)%(24*time.Hour) < time.Hour {
		return 0.5
	}
	return 5
}

// standstill is traffic that has ended below so long ago.
func standstill(ago time.Duration) rate {
	return func(s *stage, set string, pod int, at time.Time) float64 {
		if set == "b-1" && at.After(s.at.Add(-ago)) {
			return 0
		}
		return 5
	}
}

// bursts are ten minutes of requests in each half of an hour, the last of which have just ended.
func bursts(s *stage, _ string, _ int, at time.Time) float64 {
	if into := (s.at.Sub(at) + 30*time.Hour) % (30 * time.Minute); into > 12*time.Minute && into < 22*time.Minute {
		return 15
	}
	return 0
}

func TestTheGateMissesTraffic(t *testing.T) {
	const day = 26 * time.Hour
	for _, c := range []struct {
		name    string
		history time.Duration
		below   string
		rate    rate
		code    int
		want    string
	}{
		{"traffic as always", day, "b-1", evenTraffic, exitOK, ""},
		{"traffic falls to 1 %", day, "b-1", sinceRelease(0.05), exitNo, "Traffic is 1.0% of the expected 72,000 events"},
		{"traffic stands still for a quarter of an hour", day, "b-1", standstill(15 * time.Minute), exitNo, "No traffic: 0 of the expected 12,000 events in the last 10m"},
		{"requests that come in bursts", day, "b-1", bursts, exitOK, ""},
		{"traffic falls to 40 %", day, "b-1", sinceRelease(2), exitInconclusive, "Traffic is 40.0% of the expected"},
		{"no traffic at all", day, "b-1", sinceRelease(0), exitNo, "No traffic"},
		{"three of four pods are gone", day, "b-1", oneOfFour, exitNo, "1 of 4 targets"},
		{"the same dip a day ago", day, "b-1", dip, exitOK, ""},
		{"the same dip in a Tier that did not change", day, "b-1", func(s *stage, _ string, _ int, at time.Time) float64 {
			if at.After(s.since()) {
				return 0.5
			}
			return 5
		}, exitOK, ""},
		{"shops move to the other ShopSet of their group", day, "b-1 b-2", func(s *stage, set string, _ int, at time.Time) float64 {
			switch {
			case set == "p-1" || !at.After(s.since()):
				return 5
			case set == "b-1":
				return 0.5
			}
			return 9.5
		}, exitOK, ""},
		{"both ShopSets of the group lose their traffic", day, "b-1 b-2", sinceRelease(0.5), exitNo, "Traffic is 10.0% of the expected"},
		{"nothing is known of before", 8 * time.Hour, "b-1", evenTraffic, exitOK, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := traffic(t, c.history, c.below, c.rate)
			code, stdout, stderr := s.gate(t)
			if said := strings.Join(strings.Fields(stdout+stderr), " "); code != c.code || !strings.Contains(said, c.want) {
				t.Errorf("exit code %d, want %d with %q:\n%s%s", code, c.code, c.want, stdout, stderr)
			}
		})
	}
}

// amend changes the configuration, or another file.
func (s *stage) amend(t *testing.T, file, old, new string) {
	t.Helper()
	path := filepath.Join(s.dir, file)
	data, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(data), old) {
		t.Fatalf("%v: no %q in %s", err, old, data)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(data), old, new, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestTrafficThatIsRequiredNeedsAHistory(t *testing.T) {
	s := traffic(t, 8*time.Hour, "b-1", evenTraffic)
	s.amend(t, "shopslo.yaml", "checks: {sync", "checks: {traffic: required, sync")
	code, stdout, stderr := s.gate(t)
	if want := "No traffic history before the Release"; code != exitInconclusive || !strings.Contains(stdout, want) {
		t.Errorf("exit code %d, want %q:\n%s%s", code, want, stdout, stderr)
	}
}

func TestThresholdsOfTrafficArePolicy(t *testing.T) {
	s := traffic(t, 26*time.Hour, "b-1", sinceRelease(2))
	s.amend(t, "shopslo.yaml", "gate:\n", "gate:\n  traffic: {unknown_below: 0.3, fail_below: 0.1}\n")
	if code, stdout, stderr := s.gate(t); code != exitOK {
		t.Errorf("exit code %d:\n%s%s", code, stdout, stderr)
	}
	s.amend(t, "shopslo.yaml", "fail_below: 0.1", "fail_below: 0.5")
	if code, stdout, stderr := s.gate(t); code != exitUsage || !strings.Contains(stderr, "fail_below") {
		t.Errorf("exit code %d:\n%s%s", code, stdout, stderr)
	}
}

func TestDeclaredScalingIsNoLoss(t *testing.T) {
	s := traffic(t, 26*time.Hour, "b-1", oneOfFour)
	s.amend(t, "shopslo.yaml", "gate:\n", "gate:\n  traffic: {targets: {b-1: 1}}\n")
	if code, stdout, stderr := s.gate(t); code != exitOK {
		t.Errorf("exit code %d:\n%s%s", code, stdout, stderr)
	}
	s.amend(t, "shopslo.yaml", "b-1: 1", "b-1: 2")
	if code, stdout, stderr := s.gate(t); code != exitNo || !strings.Contains(stdout, "1 of 2 declared targets") {
		t.Errorf("exit code %d:\n%s%s", code, stdout, stderr)
	}
}

func TestADecisionAboutTrafficIsReplayed(t *testing.T) {
	s := traffic(t, 26*time.Hour, "b-1", sinceRelease(0.05))
	_, stdout, stderr := s.gate(t, "-o", "json")
	valid(t, "gate", stdout)
	r, err := promotion.DecodeRecord([]byte(stdout))
	if err != nil {
		t.Fatalf("%v: %s", err, stderr)
	}
	if d, err := r.Replay(r.Program); err != nil || d.Verdict != promotion.Hold {
		t.Errorf("%s, %v", d.Verdict, err)
	}
}

func TestAServerMissesTheSameTraffic(t *testing.T) {
	s := traffic(t, 26*time.Hour, "b-1", oneOfFour)
	said := func(more ...string) string {
		t.Helper()
		_, stdout, stderr := runWith(t, nil, append([]string{"gate", "--to", "prod", "--at", s.at.Format(time.RFC3339), "-o", "json"}, more...)...)
		d, err := promotion.Decode([]byte(stdout))
		if err != nil {
			t.Fatalf("%v: %s", err, stderr)
		}
		for _, c := range d.Checks {
			if c.Check == promotion.CheckTraffic {
				return string(c.Result) + ": " + c.Reason
			}
		}
		return ""
	}
	here := said("--config", s.config)
	server := startServe(t, s.config)
	server.waitReady(t)
	there := said("--server", server.url)
	if here != there || !strings.HasPrefix(here, "fail: Only 1 of 4 targets is live") {
		t.Errorf("here it is\n%s\nthere\n%s", here, there)
	}
}
