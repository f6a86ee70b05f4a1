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

// troubled are accounts, each with what is wrong with its relay. All relays are there at
// once, well and with hostile answers.
var troubled = map[string]struct {
	vendor string
	fault  relayfake.Fault
}{
	"good-1": {"sparkpost", relayfake.None}, "good-2": {"sparkpost", relayfake.None}, "quiet": {"sparkpost", relayfake.None},
	"hangs": {"sparkpost", relayfake.Hang}, "fails": {"sparkpost", relayfake.Broken}, "refuses": {"sparkpost", relayfake.TooMany}, "half": {"sparkpost", relayfake.Half},
	"empty": {"sparkpost", relayfake.Empty}, "old": {"sparkpost", relayfake.Yesterday}, "elsewhere": {"sparkpost", relayfake.OtherZone},
	"sendgrid": {"sendgrid", relayfake.None}, "mailgun": {"mailgun", relayfake.None}, "ses": {"ses", relayfake.None}, "postmark": {"postmark", relayfake.None},
	"cmc": {"customersmailcloud", relayfake.None}, "blast": {"blastengine", relayfake.None}, "cuenote": {"cuenote", relayfake.None},
	"sendgrid-half": {"sendgrid", relayfake.Half}, "mailgun-page": {"mailgun", relayfake.Page}, "ses-denied": {"ses", relayfake.Denied}, "postmark-hangs": {"postmark", relayfake.Hang},
	"cmc-cut": {"customersmailcloud", relayfake.Cut}, "blast-limits": {"blastengine", relayfake.TooMany}, "cuenote-fails": {"cuenote", relayfake.Broken},
}

// edges say when a relay's figures close: after how many seconds, in steps of how many.
// Totals of a day are differences up to now, to which the minute belongs that has begun.
var edges = map[string]struct{ settle, grain int64 }{"sparkpost": {120, 60}, "blastengine": {300, 60}, "cuenote": {0, 60}, "ses": {300, 300}, "mailgun": {180, 3600},
	"sendgrid": {-60, 60}, "postmark": {-60, 60}, "customersmailcloud": {-60, 60}}

// own are the keys that an account has beside url and key.
var own = map[string]string{"customersmailcloud": ", user: " + relayfake.User, "blastengine": ", user: " + relayfake.User, "cuenote": ", user: " + relayfake.User,
	"ses": ", key_id: {file: user}, region: ap-northeast-1"}

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
	for name, relay := range troubled {
		f, stop, err := relayfake.Start(relay.vendor, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(stop)
		for minute := -26 * 60; name != "quiet" && minute < 30; minute++ {
			at := now.Add(time.Duration(minute) * time.Minute)
			f.Count(at, countsOf(at))
		}
		f.Break(relay.fault)
		fakes[name] = f
		text += fmt.Sprintf("- {name: %s, relay: %s, url: %q, key: {file: key}, timeout: 8s%s}\n", name, relay.vendor, f.URL, own[relay.vendor])
	}
	for name, text := range map[string]string{"mailrelay.yaml": text, "key": relayfake.Key + "\n", "user": relayfake.User + "\n"} {
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
	n := at.Unix() / 60 % 41
	c := mailrelay.Counts{mailrelay.Accepted: 14 + n, mailrelay.Delivered: 8 + n, mailrelay.Complaints: 0}
	for i, f := range []mailrelay.Figure{mailrelay.Deferred, mailrelay.Bounced, mailrelay.BouncedHard, mailrelay.BouncedSoft, mailrelay.Blocked, mailrelay.Dropped} {
		c[f] = (n + int64(i)) % 2
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
		if why := wrong(values, troubled[name].vendor, func(from, to int64) int64 { return fake.Sum(figure, time.Unix(from, 0), time.Unix(to, 0)) }); why != "" {
			t.Errorf("%s: %s", figure, why)
		}
	}
	up := org.HostMetric(host, "custom.mailrelay.api."+name+".up")
	fault := troubled[name].fault
	down := slices.Contains([]relayfake.Fault{relayfake.Hang, relayfake.Broken, relayfake.Half, relayfake.Page, relayfake.Cut}, fault)
	if len(up) < 3 {
		t.Errorf("the state of its API arrived %d times", len(up))
	}
	for _, v := range up {
		if down && v.Value != 0 {
			t.Errorf("its API is told to be up: %v", up)
		}
	}
	least := 2 * 4 // of four figures, in at least two minutes
	if edges[troubled[name].vendor].grain > 60 {
		least = 4
	}
	switch {
	case fault == relayfake.None && arrived < least:
		t.Errorf("only %d values arrived", arrived)
	case (down || fault == relayfake.TooMany || fault == relayfake.Denied) && arrived > 0:
		t.Errorf("%d values of a relay that says nothing", arrived)
	}
}

// wrong finds a value that no relay had: each is the sum of the buckets that closed since
// the poll before; the first of one bucket. A poll begins some seconds after the time that
// the agent writes on it.
func wrong(values []mackerelfake.Value, vendor string, sum func(from, to int64) int64) string {
	e := edges[vendor]
	closed := func(t int64) []int64 {
		var out []int64
		for _, at := range []int64{t - 1, t, t + 10} { // the relay's clock may be behind the agent's
			if edge := (at - e.settle) / e.grain * e.grain; !slices.Contains(out, edge) {
				out = append(out, edge)
			}
		}
		return out
	}
	var reached []int64
	for i, v := range values {
		var next []int64
		for _, edge := range closed(v.Time) {
			before := reached
			if i == 0 {
				before = []int64{edge - e.grain}
				if e.settle < 0 { // two polls within a minute
					before = append(before, edge)
				}
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
