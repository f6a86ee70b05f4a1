package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/shopslo/shopslo/plugins/mailrelay"
	"github.com/shopslo/shopslo/plugins/mailrelay/sparkpost"
	"github.com/shopslo/shopslo/plugins/relaystore"
)

// The agent starts the plugin every minute, so it must be small and quick: start to
// exit beside the relay's latency, memory, and size of the binary.
const (
	maxRun      = 30 * time.Millisecond
	maxResident = 25 << 10 // KiB
	maxBinary   = 20 << 20
)

// TestTheBinaryIsSmallAndQuick runs the real binary on an account whose history is as
// long as one gets: five weeks and half a day of minutes, with every figure.
func TestTheBinaryIsSmallAndQuick(t *testing.T) {
	bin := filepath.Join(t.TempDir(), "mackerel-plugin-mailrelay")
	if out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
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
		cmd := exec.Command(os.Args[0], bin, "-config", b.config)
		cmd.Env = append(os.Environ(), measuring+"=1", "RELAY_KEY=SECRET+key/with=odd&signs", "MACKEREL_AGENT_PLUGIN_META=")
		out, err := cmd.CombinedOutput()
		var took, rss int64
		if _, no := fmt.Sscan(string(out), &took, &rss); err != nil || no != nil {
			t.Fatalf("run %d: %v, %q", i, err, out)
		}
		best, resident = min(best, time.Duration(took)), max(resident, rss)
	}
	text := fmt.Sprintf("start to exit %s, %.1f MB resident, binary %.1f MB", best, float64(resident)/1024, float64(info.Size())/(1<<20))
	t.Log(text)
	if best > maxRun || resident > maxResident || info.Size() > maxBinary {
		t.Errorf("too much for every minute: %s", text)
	}
}

// measuring makes this test's program run another and say what it took.
const measuring = "MEASURE_THE_PLUGIN"

// TestMain is a small process that starts the plugin: what a process has resident
// counts for those that it starts, and a process of tests has much.
func TestMain(m *testing.M) {
	if os.Getenv(measuring) == "" {
		os.Exit(m.Run())
	}
	cmd := exec.Command(os.Args[1], os.Args[2:]...)
	begun := time.Now()
	out, err := cmd.Output()
	took := time.Since(begun)
	if err != nil || len(out) == 0 {
		fmt.Printf("%v: %q", err, out)
		os.Exit(1)
	}
	fmt.Println(took.Nanoseconds(), cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss)
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
