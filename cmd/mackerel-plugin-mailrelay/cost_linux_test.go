package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/shopslo/shopslo/plugins/mailrelay"
	"github.com/shopslo/shopslo/plugins/mailrelay/relaystore"
	"github.com/shopslo/shopslo/plugins/mailrelay/sparkpost"
)

// The agent starts the plugin every minute, so it must be small and quick: processor time
// (what else runs on the machine does not count), memory, and size of the binary.
const (
	maxRun      = 30 * time.Millisecond
	maxResident = 25 << 10 // KiB
	maxBinary   = 20 << 20
)

// TestTheBinaryIsSmallAndQuick runs the real binary on an account whose history is as
// long as one gets: five weeks and half a day of minutes, with every figure.
func TestTheBinaryIsSmallAndQuick(t *testing.T) {
	bin, measure := filepath.Join(t.TempDir(), "mackerel-plugin-mailrelay"), filepath.Join(t.TempDir(), "measure")
	for path, source := range map[string]string{bin: ".", measure: "testdata/measure/main.go"} {
		if out, err := exec.Command("go", "build", "-o", path, source).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	info, err := os.Stat(bin)
	if err != nil {
		t.Fatal(err)
	}
	b := newBench(t, "sparkpost")
	now := time.Now()
	b.fakes["sparkpost"].Set(now)
	grown(t, relaystore.Store{Dir: filepath.Join(b.dir, "state")}, "sparkpost", now)
	best, resident := time.Hour, int64(0)
	for i := range 8 {
		cmd := exec.Command(measure, bin, "-config", b.config)
		cmd.Env = append(os.Environ(), "RELAY_KEY=SECRET+key/with=odd&signs", "MACKEREL_AGENT_PLUGIN_META=")
		out, err := cmd.CombinedOutput()
		var took, rss int64
		if _, no := fmt.Sscan(string(out), &took, &rss); err != nil || no != nil {
			t.Fatalf("run %d: %v, %q", i, err, out)
		}
		best, resident = min(best, time.Duration(took)), max(resident, rss)
	}
	text := fmt.Sprintf("%s of processor time, %.1f MB resident, binary %.1f MB", best, float64(resident)/1024, float64(info.Size())/(1<<20))
	t.Log(text)
	if best > maxRun || resident > maxResident || info.Size() > maxBinary {
		t.Errorf("too much for every minute: %s", text)
	}
}

// grown stores a history of five weeks.
func grown(t *testing.T, s relaystore.Store, account string, now time.Time) {
	t.Helper()
	traits := sparkpost.New(sparkpost.Account{}).Traits()
	rng := rand.New(rand.NewPCG(1, 2))
	err := s.Update(context.Background(), account, traits, func(h *mailrelay.History) {
		for at := now.AddDate(0, 0, -36).Truncate(time.Hour); at.Before(now.Add(-5 * time.Minute)); {
			grain := 15 * time.Minute
			if now.Sub(at) < 13*time.Hour {
				grain = time.Minute
			}
			c := mailrelay.Counts{}
			for _, f := range traits.Tells {
				c[f] = rng.Int64N(2000)
			}
			next := at.Add(grain)
			_, _ = h.Add(mailrelay.Poll{Span: mailrelay.Span{From: at, To: next}, Report: mailrelay.Report{Buckets: []mailrelay.Bucket{{Start: at, End: next, Counts: c}}}}, traits)
			at = next
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}
