package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	mackerelplugin "github.com/mackerelio/go-mackerel-plugin"

	"github.com/shopslo/shopslo/internal/fakes/relayfake"
	"github.com/shopslo/shopslo/internal/racetest"
	"github.com/shopslo/shopslo/plugins/mailrelay"
	"github.com/shopslo/shopslo/plugins/mailrelay/relaystore"
)

// begin is a Monday morning in Tokyo, far from every vendor's midnight.
var begin = time.Date(2026, 10, 5, 1, 0, 0, 0, time.UTC)

// bench is a set of fake relays and the plugin that polls them.
type bench struct {
	t      *testing.T
	dir    string
	fakes  map[string]*relayfake.Fake
	config string
	stderr string // of all runs
}

// extra are the keys that a relay wants beside key and url.
var extra = map[string]string{"customersmailcloud": ", server_composition: main, user: " + relayfake.User, "blastengine": ", user: " + relayfake.User,
	"cuenote": ", user: " + relayfake.User, "ses": ", key_id: {env: RELAY_USER}, region: ap-northeast-1"}

// newBench starts a fake for each vendor; accounts are called like them.
func newBench(t *testing.T, vendors ...string) *bench {
	t.Helper()
	b := &bench{t: t, dir: t.TempDir(), fakes: map[string]*relayfake.Fake{}}
	text := "state: state\naccounts:\n"
	for _, v := range vendors {
		f, stop, err := relayfake.Start(v, begin)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(stop)
		b.fakes[v] = f
		text += fmt.Sprintf("- {name: %s, relay: %s, url: %q, key: {env: RELAY_KEY}, timeout: 20s%s}\n", v, v, f.URL, extra[v])
	}
	b.write(text)
	return b
}

// patience sets how long the program waits for each relay: 20 s at first, for slow machines.
func (b *bench) patience(seconds int) {
	b.t.Helper()
	text, err := os.ReadFile(b.config)
	if err != nil {
		b.t.Fatal(err)
	}
	b.write(regexp.MustCompile("timeout: [0-9]+s").ReplaceAllString(string(text), fmt.Sprintf("timeout: %ds", seconds)))
}

func (b *bench) write(text string) {
	b.config = filepath.Join(b.dir, "mailrelay.yaml")
	if err := os.WriteFile(b.config, []byte(text), 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// run polls once at a time of the fakes and gives the values by name.
func (b *bench) run(now time.Time, code int) map[string]float64 {
	b.t.Helper()
	for _, f := range b.fakes {
		f.Set(now)
	}
	var out, errs bytes.Buffer
	if got := b.program(now, &out, &errs).run(context.Background(), []string{"-config", b.config}); got != code {
		b.t.Errorf("exit code %d, want %d: %s", got, code, errs.String())
	}
	b.stderr += errs.String()
	b.hidden(out.String() + errs.String())
	return b.values(out.String(), now)
}

func (b *bench) program(now time.Time, out, errs io.Writer) *program {
	return &program{env: map[string]string{"RELAY_KEY": relayfake.Key, "RELAY_USER": relayfake.User}, stdout: out, stderr: errs, now: func() time.Time { return now }}
}

var lineRule = regexp.MustCompile(`^mailrelay(\.[-a-zA-Z0-9_]+){3,4}\t-?\d+(\.\d+)?\t\d+$`)

func (b *bench) values(out string, now time.Time) map[string]float64 {
	b.t.Helper()
	values := map[string]float64{}
	for line := range strings.Lines(out) {
		line = strings.TrimSuffix(line, "\n")
		if !lineRule.MatchString(line) {
			b.t.Errorf("no line of a plugin: %q", line)
			continue
		}
		f := strings.Split(line, "\t")
		name := strings.TrimPrefix(f[0], "mailrelay.")
		if _, twice := values[name]; twice {
			b.t.Errorf("%s is told twice", name)
		}
		if f[2] != strconv.FormatInt(now.Unix(), 10) {
			b.t.Errorf("the time of %q is not now", line)
		}
		values[name], _ = strconv.ParseFloat(f[1], 64)
	}
	return values
}

// hidden fails where the key, or a part of it, shows.
func (b *bench) hidden(text string) {
	b.t.Helper()
	for _, part := range []string{relayfake.Key, "SECRET", "odd&signs", "odd%26signs"} {
		if strings.Contains(text, part) {
			b.t.Errorf("the key shows: %s", text)
		}
	}
}

// traffic counts something of each figure in every minute.
func (b *bench) traffic(from, to time.Time) {
	for at, i := from, int64(1); at.Before(to); at, i = at.Add(time.Minute), i+1 {
		c := mailrelay.Counts{}
		for n, f := range mailrelay.Figures {
			c[f] = i%7 + int64(n) + 1
		}
		for _, f := range b.fakes {
			f.Count(at, c)
		}
	}
}

var allVendors = []string{"blastengine", "cuenote", "customersmailcloud", "mailgun", "postmark", "sendgrid", "ses", "sparkpost"}

func TestTheFiguresAddUpToWhatTheRelaysHad(t *testing.T) {
	racetest.NotHere(t)
	b := newBench(t, allVendors...)
	b.traffic(begin.Add(-26*time.Hour), begin.Add(5*time.Hour))
	sums := map[string]float64{}
	first := b.run(begin, exitOK)
	last := begin
	for now := begin.Add(time.Minute); now.Before(begin.Add(4 * time.Hour)); now = now.Add(59 * time.Second) {
		for name, v := range b.run(now, exitOK) {
			if strings.HasPrefix(name, "mails.") {
				sums[name] += v
			}
		}
		last = now
	}
	// What is told after the first run began at the edge that it had reached, and goes
	// to the newest one: now for totals of a day, else the last bucket that settled.
	spans := map[string][2]time.Time{"sparkpost": {begin.Add(-2 * time.Minute), last.Add(-2 * time.Minute).Truncate(time.Minute)},
		"mailgun":     {begin.Add(-time.Hour), last.Add(-3 * time.Minute).Truncate(time.Hour)},
		"blastengine": {begin.Add(-5 * time.Minute), last.Add(-5 * time.Minute).Truncate(time.Minute)}, "cuenote": {begin, last.Truncate(time.Minute)},
		"ses": {begin.Add(-5 * time.Minute), last.Add(-5 * time.Minute).Truncate(5 * time.Minute)}}
	for _, v := range allVendors {
		span, ok := spans[v]
		if !ok {
			span = [2]time.Time{begin, last.Truncate(time.Minute).Add(time.Minute)}
		}
		told := 0
		for _, f := range mailrelay.Figures {
			got, there := sums["mails."+v+"."+string(f)]
			if !there {
				continue
			}
			told++
			if want := float64(b.fakes[v].Sum(f, span[0], span[1])); got != want {
				t.Errorf("%s: %s adds up to %g, the relay had %g", v, f, got, want)
			}
		}
		if told < 4 {
			t.Errorf("%s: only %d figures", v, told)
		}
	}
	if _, ok := first["mails.sendgrid.delivered"]; ok {
		t.Error("the first poll of a day's total was told as news")
	}
	if first["api.sparkpost.up"] != 1 || first["data.sparkpost.age"] != 120 {
		t.Errorf("%v", first)
	}
}

func TestWhatIsWrongWithOneRelayCostsNoOtherAnything(t *testing.T) {
	faults := []relayfake.Fault{relayfake.Hang, relayfake.Broken, relayfake.TooMany, relayfake.Denied, relayfake.Half, relayfake.Cut,
		relayfake.Page, relayfake.Empty, relayfake.Yesterday, relayfake.OtherZone}
	for _, fault := range faults {
		t.Run(string(fault), func(t *testing.T) {
			b := newBench(t, "sendgrid", "sparkpost", "mailgun")
			b.traffic(begin.Add(-26*time.Hour), begin.Add(time.Hour))
			b.run(begin, exitOK)
			b.fakes["sendgrid"].Break(fault)
			b.fakes["mailgun"].Break(fault)
			now := begin.Add(5 * time.Minute)
			if fault == relayfake.Hang {
				b.patience(3)
			}
			started := time.Now()
			got := b.run(now, exitOK)
			if took := time.Since(started); took > 10*time.Second {
				t.Errorf("it took %s", took)
			}
			b.patience(20)
			edge := now.Add(-2 * time.Minute)
			if got["mails.sparkpost.delivered"] != float64(b.fakes["sparkpost"].Sum(mailrelay.Delivered, begin.Add(-2*time.Minute), edge)) {
				t.Errorf("the healthy account told %v", got)
			}
			for name, v := range got {
				// Mailgun writes its zone with each hour, so another one does no harm.
				mailgun := strings.TrimPrefix(name, "mails.mailgun.")
				if fault == relayfake.OtherZone && mailgun != name {
					if want := float64(b.fakes["mailgun"].Sum(mailrelay.Figure(mailgun), begin.Add(-time.Hour), begin)); v != want {
						t.Errorf("%s is %g, not %g", name, v, want)
					}
				} else if mailgun != name || strings.HasPrefix(name, "mails.sendgrid.") {
					t.Errorf("told in spite of the fault: %s %g", name, v)
				}
			}
			if up := got["api.sendgrid.up"]; (up == 0) == (fault == relayfake.Empty || fault == relayfake.Yesterday || fault == relayfake.TooMany || fault == relayfake.Denied) {
				if fault != relayfake.OtherZone {
					t.Errorf("up is %g", up)
				}
			}
			b.stateIsClean()
			// Afterwards nothing is lost: a day's total makes one difference of all.
			b.fakes["sendgrid"].Break(relayfake.None)
			b.fakes["mailgun"].Break(relayfake.None)
			later := begin.Add(9 * time.Minute)
			if fault != relayfake.OtherZone {
				if n := b.run(later, exitOK)["mails.sendgrid.delivered"]; n != float64(b.fakes["sendgrid"].Sum(mailrelay.Delivered, begin, later)) {
					t.Errorf("after the fault %g were told", n)
				}
			}
		})
	}
}

// With time stamps of its own the plugin tells each bucket at the time that it is of.
func TestEachBucketIsToldAtItsOwnTimeWhereTheAgentTakesIt(t *testing.T) {
	b := newBench(t, "sparkpost", "sendgrid")
	b.traffic(begin.Add(-26*time.Hour), begin.Add(time.Hour))
	b.run(begin, exitOK)
	now := begin.Add(9 * time.Minute)
	for _, f := range b.fakes {
		f.Set(now)
	}
	var out, errs bytes.Buffer
	folder := filepath.Join(b.dir, "state")
	if code := b.program(now, &out, &errs).run(context.Background(), []string{"-config", b.config, "-plugin-timestamps", "-tempfile", folder}); code != exitOK {
		t.Fatal(code, errs.String())
	}
	for m := -2; m < 7; m++ {
		at := begin.Add(time.Duration(m) * time.Minute)
		want := fmt.Sprintf("mailrelay.mails.sparkpost.delivered\t%d\t%d\n", b.fakes["sparkpost"].Sum(mailrelay.Delivered, at, at.Add(time.Minute)), at.Unix())
		if !strings.Contains(out.String(), want) {
			t.Errorf("minute %d: no %q", m, want)
		}
	}
	if n := strings.Count(out.String(), "mails.sparkpost.delivered"); n != 9 {
		t.Errorf("%d minutes were told", n)
	}
	if !strings.Contains(out.String(), fmt.Sprintf("mails.sendgrid.delivered\t%d\t%d\n", b.fakes["sendgrid"].Sum(mailrelay.Delivered, begin, now), now.Unix())) {
		t.Errorf("the difference of a day's total: %s", out.String())
	}
}

// stateIsClean looks for the key in every file that was kept.
func (b *bench) stateIsClean() {
	b.t.Helper()
	files, err := filepath.Glob(filepath.Join(b.dir, "state", "*"))
	if err != nil || len(files) == 0 {
		b.t.Fatalf("no state: %v", err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			b.t.Fatal(err)
		}
		b.hidden(string(text))
	}
}

func TestRunsThatOverlapTellEveryMailOnce(t *testing.T) {
	b := newBench(t, "sparkpost", "sendgrid")
	b.traffic(begin.Add(-26*time.Hour), begin.Add(time.Hour))
	b.run(begin, exitOK)
	sums := map[string]float64{}
	now := begin
	for range 20 {
		now = now.Add(time.Minute)
		for _, f := range b.fakes {
			f.Set(now)
		}
		outs := make([]bytes.Buffer, 3)
		var wg sync.WaitGroup
		for i := range outs {
			wg.Go(func() {
				// Runs of the same minute begin a moment apart.
				b.program(now.Add(time.Duration(i)*time.Millisecond), &outs[i], io.Discard).run(context.Background(), []string{"-config", b.config})
			})
		}
		wg.Wait()
		for i := range outs {
			for name, v := range b.values(outs[i].String(), now) {
				sums[name] += v
			}
		}
	}
	if got, want := sums["mails.sparkpost.delivered"], float64(b.fakes["sparkpost"].Sum(mailrelay.Delivered, begin.Add(-2*time.Minute), now.Add(-2*time.Minute))); got != want {
		t.Errorf("sparkpost: %g told, %g counted", got, want)
	}
	if got, want := sums["mails.sendgrid.delivered"], float64(b.fakes["sendgrid"].Sum(mailrelay.Delivered, begin, now.Add(time.Minute))); got > want || got < want-2*9 {
		t.Errorf("sendgrid: %g told, %g counted", got, want)
	}
}

func TestAfterALongPauseOldBucketsAreNoNews(t *testing.T) {
	b := newBench(t, "sparkpost", "sendgrid")
	b.traffic(begin.Add(-26*time.Hour), begin.Add(5*time.Hour))
	b.run(begin, exitOK)
	now := begin.Add(3 * time.Hour)
	got := b.run(now, exitOK)
	edge := now.Add(-2 * time.Minute)
	if n, want := got["mails.sparkpost.delivered"], b.fakes["sparkpost"].Sum(mailrelay.Delivered, edge.Add(-6*time.Minute), edge); n <= 0 || n > float64(want)*7/6 {
		t.Errorf("told %g, the last minutes had %d", n, want)
	}
	if n, told := got["mails.sendgrid.delivered"]; told {
		t.Errorf("three hours were told as one value: %g", n)
	}
	h, _, err := relaystore.Store{Dir: filepath.Join(b.dir, "state")}.Read("sendgrid", "sendgrid")
	if err != nil || len(h.Recent) != 1 || h.Recent[0].Counts[mailrelay.Delivered] != b.fakes["sendgrid"].Sum(mailrelay.Delivered, begin, now.Add(time.Minute)) {
		t.Errorf("the history lacks them: %+v, %v", h.Recent, err)
	}
}

func TestAFaultOfOneAccountIsToldAndTheOthersGoOn(t *testing.T) {
	b := newBench(t, "sparkpost")
	b.traffic(begin.Add(-time.Hour), begin)
	good := fmt.Sprintf("- {name: good, relay: sparkpost, url: %q, key: {env: RELAY_KEY}}\n", b.fakes["sparkpost"].URL)
	for i, c := range []struct{ name, account, want string }{
		{"an unknown relay", "{name: bad, relay: sendgird, key: {env: X}}", `account "bad": relay: is "sendgird", which is not known; it can be blastengine, cuenote, customersmailcloud, mailgun`},
		{"a key that the relay does not have", "{name: bad, relay: sparkpost, key: {env: RELAY_KEY}, subuser: a}", `mailrelay.yaml:4:56: account "bad": subuser: unknown key (known here: `},
		{"a secret that is not set", "{name: bad, relay: mailgun, key: {env: NOT_SET}}", "environment variable NOT_SET, which is not set"},
		{"a canary that nobody knows", "{name: bad, relay: sparkpost, key: {env: RELAY_KEY}, canary: {by: pigeon}}", `canary.by: is "pigeon"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			b.write("state: state\naccounts:\n" + good + "- " + c.account + "\n")
			b.stderr = ""
			if got := b.run(begin.Add(time.Duration(i)*time.Minute), exitUsage); got["api.good.up"] != 1 {
				t.Errorf("the good account told %v", got)
			}
			if !strings.Contains(b.stderr, c.want) {
				t.Errorf("got  %s\nwant %s", b.stderr, c.want)
			}
		})
	}
}

func TestWrongUsageIsSaidAndNothingIsPrinted(t *testing.T) {
	b := newBench(t, "sparkpost")
	broken := filepath.Join(b.dir, "broken.yaml")
	if err := os.WriteFile(broken, []byte("accounts: [{name: a, relay: sparkpost}]\nkeys: {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, want string
		args       []string
		code       int
	}{
		{"a file that is not there", "name a file that the agent may read with -config", []string{"-config", b.dir + "/none"}, exitUsage},
		{"an unknown key", "broken.yaml:2:1: keys: unknown key", []string{"-config", broken}, exitUsage},
		{"an argument", "takes flags only", []string{"key"}, exitUsage},
		{"a prefix that is none", `-metric-key-prefix is "a b"`, []string{"-metric-key-prefix", "a b"}, exitUsage},
		{"an unknown flag", "unknown flag: -key; see -h\n", []string{"-key", "x"}, exitUsage},
		{"a folder", "is a directory; name a file", []string{"-config", b.dir}, exitUsage},
		{"help", "-config file", []string{"-h"}, exitOK},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out, errs bytes.Buffer
			code := run(context.Background(), c.args, nil, &out, &errs)
			if lines := strings.Count(errs.String(), "\n"); lines != 1 && c.code != exitOK {
				t.Errorf("told in %d lines", lines)
			}
			if code != c.code || out.Len() > 0 || !strings.Contains(errs.String(), c.want) {
				t.Errorf("code %d, %q, %s", code, out.String(), errs.String())
			}
		})
	}
}

func TestAFolderOfHistoriesThatCannotBeUsedIsSaidAndNothingIsTold(t *testing.T) {
	b := newBench(t, "sparkpost")
	b.traffic(begin.Add(-time.Hour), begin)
	account := fmt.Sprintf("accounts: [{name: shop, relay: sparkpost, url: %q, key: {env: RELAY_KEY}}]\n", b.fakes["sparkpost"].URL)
	for _, state := range []string{"mailrelay.yaml", "mailrelay.yaml/below"} { // a file is no folder
		b.stderr = ""
		b.write("state: " + state + "\n" + account)
		if got := b.run(begin, exitUsage); len(got) > 0 {
			t.Errorf("told %v", got)
		}
		if !strings.HasPrefix(b.stderr, "account shop: ") || !strings.Contains(b.stderr, "name a folder that the agent may write with state:") || strings.Count(b.stderr, "\n") != 1 {
			t.Errorf("said %s", b.stderr)
		}
	}
}

func TestEveryFigureHasAGraphAndTheAgentCanReadThem(t *testing.T) {
	var out bytes.Buffer
	if code := run(context.Background(), []string{"-metric-key-prefix", "relay.mail"}, []string{"MACKEREL_AGENT_PLUGIN_META=1"}, &out, io.Discard); code != exitOK {
		t.Fatal(code)
	}
	head, body, _ := strings.Cut(out.String(), "\n")
	if head != "# mackerel-agent-plugin" {
		t.Errorf("first line %q", head)
	}
	var def mackerelplugin.GraphDef
	if err := json.Unmarshal([]byte(body), &def); err != nil {
		t.Fatal(err)
	}
	told := map[string]bool{}
	n := int64(1)
	ok, level := true, mailrelay.LevelMinor
	h := &mailrelay.History{State: mailrelay.State{Up: true, Took: time.Second, DataTo: begin, Queue: &n, Quota: mailrelay.Quota{Used: &n, Left: &n, Limit: &n}, Status: mailrelay.Healthy},
		Canary: mailrelay.Canaries{At: begin, Sent: &ok, Arrived: []time.Duration{time.Second}, Proofs: mailrelay.Proofs{mailrelay.SPF: "pass", mailrelay.DKIM: "none", mailrelay.DMARC: "fail"}}}
	h.Canaries = map[mailrelay.Destination]mailrelay.Canaries{mailrelay.Docomo: h.Canary}
	c := mailrelay.Counts{}
	for _, f := range mailrelay.Figures {
		c[f] = 1
	}
	figures := counted([]mailrelay.Bucket{{Start: begin.Add(-time.Minute), End: begin, Counts: c}}, false, begin, mailrelay.Traits{Grain: time.Minute})
	figures = append(figures, standing(h, begin)...)
	figures = append(figures, sent(h, mailrelay.Probe{At: begin, Looked: true})...)
	figures = append(figures, announced(&look{notice: mailrelay.Notice{Level: level}})...)
	for _, f := range figures {
		told["relay.mail."+f.graph+".#."+f.name] = true
	}
	var o outcome
	o.placed(mailrelay.Docomo, []mailrelay.Bucket{{Start: begin.Add(-time.Minute), End: begin, Counts: c}}, false, job{begun: begin}, mailrelay.Traits{Grain: time.Minute})
	for _, f := range append(o.figures, sent(h, mailrelay.Probe{At: begin, Destination: mailrelay.Docomo, Looked: true})...) {
		_, name, _ := strings.Cut(f.name, ".")
		told["relay.mail."+f.graph+".#.*."+name] = true
	}
	defined := 0
	for key, g := range def.Graphs {
		for _, m := range g.Metrics {
			defined++
			if !told[key+"."+m.Name] {
				t.Errorf("%s.%s is defined and never told", key, m.Name)
			}
		}
	}
	if defined != len(told) {
		t.Errorf("%d figures, %d of them have a graph", len(told), defined)
	}
}
