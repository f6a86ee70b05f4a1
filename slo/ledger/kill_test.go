package ledger_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/shopslo/shopslo/internal/racetest"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger"
	"github.com/shopslo/shopslo/slo/ledger/ledgertest"
)

const killDirEnv = "LEDGER_TEST_KILL_DIR" // set in the process that is to be killed

// killHistory is what the killed process and its parent both know.
func killHistory() *ledgertest.History {
	specs := ledgertest.Mixed(4)
	for i := range specs {
		specs[i].LateEvery, specs[i].LateSample = 0, 0
	}
	return ledgertest.New(ledgertest.Config{Seed: 21, Length: 60 * time.Hour, ShopSets: specs})
}

func openKillLedger(dir string, src ledger.Source, h *ledgertest.History, s *slo.SLO) (*ledger.Ledger, error) {
	cfg := testConfig(dir, h.Start, time.UnixMilli(h.End), h.Config.Interval, time.Minute)
	cfg.CheckpointAfter = 20_000 // checkpoints all the time
	l, err := ledger.Open(cfg)
	if err != nil {
		return nil, err
	}
	return l, l.Configure(planOf(src, h.Subjects(), s), time.UnixMilli(h.End))
}

// TestProcessToBeKilled is the process that TestKilledAtRandomPoints kills. By
// itself it does nothing.
func TestProcessToBeKilled(t *testing.T) {
	dir := os.Getenv(killDirEnv)
	if dir == "" {
		return
	}
	h := killHistory()
	src, s := h.Source(), sloOf("s", "bad", "total")
	// A line on standard input lets one life begin; the parent ends it with a signal.
	in := bufio.NewReader(os.Stdin)
	fmt.Println("ready")
	if _, err := in.ReadString('\n'); err != nil {
		return
	}
	l, err := openKillLedger(dir, src, h, s)
	if err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
	for now := h.Start; now < h.End; now += 60_000 {
		if err := l.Advance(context.Background(), time.UnixMilli(now+1), nil); err != nil {
			fmt.Println("error:", err)
			os.Exit(1)
		}
	}
	fmt.Println("done")
	time.Sleep(time.Hour)
}

// kills is how many times the ledger is killed at least: enough to hit every place.
var kills = racetest.Fewer(200)

func TestKilledAtRandomPoints(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(9, 9))
	h := killHistory()
	killed := 0
	for killed < kills { // one history may be counted before it was killed that often
		dir := t.TempDir()
		for done := false; !done; {
			patience := time.Duration(r.IntN(30_000)) * time.Microsecond
			if killed >= kills {
				patience = time.Minute
			}
			if done = oneLife(t, dir, patience); !done {
				killed++
			}
			if killed > 5*kills {
				t.Fatalf("not done after being killed %d times", killed)
			}
		}
		l, err := openKillLedger(dir, h.Source(), h, sloOf("s", "bad", "total"))
		if err != nil {
			t.Fatal(err)
		}
		end := h.End - h.End%60_000
		if err := l.Advance(context.Background(), time.UnixMilli(end+1), nil); err != nil {
			t.Fatal(err)
		}
		checkWeek(t, l, h, end)
		closeLedger(t, l)
	}
	t.Logf("killed %d times", killed)
}

// oneLife starts the process, kills it after a while, and reports whether it was
// done by then.
func oneLife(t *testing.T, dir string, patience time.Duration) bool {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestProcessToBeKilled$")
	cmd.Env = append(os.Environ(), killDirEnv+"="+dir)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	out := bufio.NewReader(stdout)
	if line, err := out.ReadString('\n'); err != nil || line != "ready\n" {
		t.Fatalf("the process said %q, %v", line, err)
	}
	if _, err := io.WriteString(stdin, "go\n"); err != nil {
		t.Fatal(err)
	}
	said := make(chan string, 1)
	go func() { line, _ := out.ReadString('\n'); said <- line }()
	line := ""
	select {
	case line = <-said:
	case <-time.After(patience):
	}
	_ = cmd.Process.Kill()
	if line == "" {
		line = <-said
	}
	_ = cmd.Wait() // killed: that is the point
	if line != "" && line != "done\n" {
		t.Fatal(line)
	}
	return line == "done\n"
}
