//go:build e2e

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/shopslo/shopslo/internal/fakes/mackerelfake"
	"github.com/shopslo/shopslo/internal/fakes/relayfake"
	"github.com/shopslo/shopslo/internal/lab"
	"github.com/shopslo/shopslo/plugins/mailrelay"
	"github.com/shopslo/shopslo/plugins/plugintest"
)

// agentRuns is how long the real agent runs: it posts for the first time after a
// minute, and polls once a minute.
const agentRuns = 6 * time.Minute

// troubled are accounts, each with what is wrong with its relay.
var troubled = map[string]relayfake.Fault{
	"good-1": relayfake.None, "good-2": relayfake.None, "quiet": relayfake.None,
	"hangs": relayfake.Hang, "fails": relayfake.Broken, "refuses": relayfake.TooMany, "half": relayfake.Half,
	"empty": relayfake.Empty, "old": relayfake.Yesterday, "elsewhere": relayfake.OtherZone,
}

// TestTheRealAgentPostsWhatTheRelaysHad runs mackerel-agent with the block that
// the README has, the real plugin and check, relays with all kinds of trouble,
// and Mackerel's fake.
func TestTheRealAgentPostsWhatTheRelaysHad(t *testing.T) {
	dir := t.TempDir()
	agent, err := lab.MackerelAgent(t.Context(), "", func(line string) { t.Log(line) })
	if err != nil {
		t.Fatal(err)
	}
	for _, program := range []string{"mackerel-plugin-mailrelay", "check-mailrelay"} {
		if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(dir, program), "../"+program).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	fakes := startRelays(t, dir)
	org := mackerelfake.Start(nil)
	t.Cleanup(org.Close)
	org.Fail(mackerelfake.DropAfterWrite, "POST /api/v0/tsdb", 1) // the agent sends it again
	log := runAgent(t, agent, dir, org.URL)

	id := org.Hosts()[0]
	for name, fake := range fakes {
		t.Run(name, func(t *testing.T) { checkArrived(t, org, id, name, fake) })
	}
	t.Run("graph definitions are accepted", func(t *testing.T) {
		defs := org.GraphDefs()
		if d, ok := defs["custom.mailrelay.mails.#"]; !ok || len(d.Metrics) < 5 {
			t.Errorf("got %v", defs)
		}
		for _, r := range org.Requests() {
			if strings.Contains(r.Path, "graph-defs") && r.Status != 200 {
				t.Errorf("answered %d", r.Status)
			}
		}
	})
	t.Run("the check reports each minute", func(t *testing.T) { checkReports(t, org, id) })
	t.Run("no key shows", func(t *testing.T) {
		for _, secret := range []string{relayfake.Key, "SECRET", "odd&signs", mackerelfake.Key} {
			if strings.Contains(log, secret) {
				t.Errorf("%q is in the agent's log", secret)
			}
		}
		if !strings.Contains(log, "mackerel-plugin-mailrelay") {
			t.Errorf("the log says nothing of the plugin, so that this proves nothing:\n%s", log)
		}
	})
}

// startRelays starts a fake for each account, with a clock that goes, and writes their
// configuration.
func startRelays(t *testing.T, dir string) map[string]*relayfake.Fake {
	t.Helper()
	fakes := map[string]*relayfake.Fake{}
	text := "state: state\naccounts:\n"
	now := time.Now().Truncate(time.Minute)
	for name, fault := range troubled {
		f, stop, err := relayfake.Start("sparkpost", time.Now())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(stop)
		for minute := -26 * 60; name != "quiet" && minute < 30; minute++ {
			at := now.Add(time.Duration(minute) * time.Minute)
			f.Count(at, countsOf(at))
		}
		f.Break(fault)
		fakes[name] = f
		text += fmt.Sprintf("- {name: %s, relay: sparkpost, url: %q, key: {file: key}, timeout: 5s}\n", name, f.URL)
	}
	for name, text := range map[string]string{"mailrelay.yaml": text, "key": relayfake.Key + "\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	t.Cleanup(stop)
	go func() {
		for ctx.Err() == nil {
			for _, f := range fakes {
				f.Set(time.Now())
			}
			time.Sleep(200 * time.Millisecond)
		}
	}()
	return fakes
}

// countsOf are the mails of a minute, others in each.
func countsOf(at time.Time) mailrelay.Counts {
	c := mailrelay.Counts{}
	for i, f := range mailrelay.Figures {
		c[f] = 100 + at.Unix()/60%41 + int64(i)
	}
	return c
}

// runAgent runs the agent for a while and gives its log.
func runAgent(t *testing.T, agent, dir, url string) string {
	t.Helper()
	block := plugintest.Block(t, "toml", "[plugin.metrics.mailrelay]")
	block = strings.ReplaceAll(block, "/opt/mackerel-agent/plugins/bin/", dir+"/")
	block = strings.ReplaceAll(block, "/etc/mackerel-agent/", dir+"/")
	conf := fmt.Sprintf("apikey = %q\napibase = %q\nroot = %q\npidfile = %q\ncloud_platform = \"none\"\nverbose = true\n%s", mackerelfake.Key, url, dir, filepath.Join(dir, "pid"), block)
	if err := os.WriteFile(filepath.Join(dir, "agent.conf"), []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := os.Create(filepath.Join(dir, "agent.log"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	cmd := exec.Command(agent, "-conf", filepath.Join(dir, "agent.conf"))
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "MACKEREL_PLUGIN_WORKDIR=" + dir, "TMPDIR=" + dir}
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		t.Errorf("the agent ended by itself: %v", err)
	case <-time.After(agentRuns):
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(90 * time.Second): // it posts what it still has
			_ = cmd.Process.Kill()
			<-ended
		}
	}
	log, err := os.ReadFile(out.Name())
	if err != nil {
		t.Fatal(err)
	}
	if t.Failed() || testing.Verbose() {
		t.Logf("the agent's log:\n%s", tail(string(log), 60))
	}
	return string(log)
}

func tail(text string, lines int) string {
	all := strings.Split(text, "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// checkArrived compares what arrived of an account with what its relay had.
func checkArrived(t *testing.T, org *mackerelfake.Fake, host, name string, fake *relayfake.Fake) {
	t.Helper()
	arrived := 0
	for _, figure := range mailrelay.Figures {
		values := org.HostMetric(host, "custom.mailrelay.mails."+name+"."+string(figure))
		arrived += len(values)
		if why := wrong(values, func(from, to int64) int64 { return fake.Sum(figure, time.Unix(from, 0), time.Unix(to, 0)) }); why != "" {
			t.Errorf("%s: %s", figure, why)
		}
	}
	up := org.HostMetric(host, "custom.mailrelay.api."+name+".up")
	down := slices.Contains([]relayfake.Fault{relayfake.Hang, relayfake.Broken, relayfake.Half}, troubled[name])
	if len(up) < 3 {
		t.Errorf("the state of its API arrived %d times", len(up))
	}
	for _, v := range up {
		if down && v.Value != 0 {
			t.Errorf("its API is told to be up: %v", up)
		}
	}
	switch healthy := troubled[name] == relayfake.None; {
	case healthy && arrived < 2*5: // of five figures, in at least two minutes
		t.Errorf("only %d values arrived", arrived)
	case (down || troubled[name] == relayfake.TooMany) && arrived > 0:
		t.Errorf("%d values of a relay that says nothing", arrived)
	}
}

// wrong finds a value that no relay had: each is the sum of the minutes that closed,
// two minutes after their end, since the poll before; the first of one minute. A poll
// begins some seconds after the time that the agent writes on it.
func wrong(values []mackerelfake.Value, sum func(from, to int64) int64) string {
	edges := func(t int64) []int64 {
		a, b := (t-120)/60*60, (t+10-120)/60*60
		if a == b {
			return []int64{a}
		}
		return []int64{a, b}
	}
	var reached []int64
	for i, v := range values {
		var next []int64
		for _, edge := range edges(v.Time) {
			before := reached
			if i == 0 {
				before = []int64{edge - 60}
			}
			if slices.ContainsFunc(before, func(b int64) bool { return float64(sum(b, edge)) == v.Value }) {
				next = append(next, edge)
			}
		}
		if reached = next; len(next) == 0 {
			return fmt.Sprintf("value %d of %v is not what the relay had", i, values)
		}
	}
	return ""
}

// checkReports looks at what the check said.
func checkReports(t *testing.T, org *mackerelfake.Fake, host string) {
	t.Helper()
	reports := org.CheckReports()
	if len(reports) == 0 {
		t.Fatal("the check reported nothing")
	}
	for _, r := range reports {
		if r.Source.HostID != host || r.Name != "mailrelay" || r.Message == "" || strings.Contains(r.Message, "\n\n") {
			t.Errorf("got %+v", r)
		}
	}
	if last := reports[len(reports)-1]; last.Status == "OK" || !strings.Contains(last.Message, "fails") && !strings.Contains(last.Message, "hangs") {
		t.Errorf("with relays that fail and hang it says %s: %s", last.Status, last.Message)
	}
}
