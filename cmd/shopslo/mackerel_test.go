package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopslo/shopslo/internal/fakes/mackerelfake"
	"github.com/shopslo/shopslo/mackerel"
)

// fakeMackerel is a Mackerel with the service "shops" and a file with its key in dir; nil is
// the real clock.
func fakeMackerel(t testing.TB, dir string, now func() time.Time) *mackerelfake.Fake {
	t.Helper()
	f := mackerelfake.Start(now)
	t.Cleanup(f.Close)
	f.AddService("shops")
	writeFiles(t, dir, map[string]string{"key": mackerelfake.Key + "\n"})
	return f
}

// postedAt makes a spool remember another time of its last post: Mackerel takes one a minute,
// and nobody wants to wait for it.
func postedAt(t *testing.T, spool string, at time.Time) {
	t.Helper()
	path, state := filepath.Join(spool, "state.json"), map[string]any{}
	data, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(data, &state)
	}
	if state["posted"] == nil {
		t.Fatalf("the spool remembers no post: %s, %v", data, err)
	}
	state["posted"] = at.UTC().Format(time.RFC3339Nano)
	if data, err = json.Marshal(state); err == nil {
		err = os.WriteFile(path, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestPushSendsWhatStatusSays(t *testing.T) {
	t.Parallel()
	h := restless(time.Now().Add(-2 * time.Minute))
	dir := t.TempDir()
	// A push is of the minute in which it begins, and may arrive in the next one, in which
	// the next push begins: each is of a minute of its own here.
	var minutes atomic.Int64
	f := fakeMackerel(t, dir, func() time.Time { return time.Now().Add(time.Duration(minutes.Load()) * time.Minute) })
	fill(t, filepath.Join(dir, "tsdb"), dataOf(seriesOf(h)))
	writeFiles(t, dir, map[string]string{
		"shopslo.yaml": embeddedHere + "mackerel: {url: '" + f.URL + "', api_key_file: key, service: shops, spool: spool}\n",
		"fleet.yaml":   fleetOf("beta: busy sparse nostart", "prod: noup odd down"), "slo.yaml": yamlOf(ofHistory)})
	config, spool := filepath.Join(dir, "shopslo.yaml"), filepath.Join(dir, "spool")
	killedWhilePushing(t, f, config)
	minutes.Add(2)
	postedAt(t, spool, time.Now())
	minute := time.Now().Truncate(time.Minute)
	code, stdout, stderr := runWith(t, nil, "mackerel", "push", "--config", config)
	same := time.Now().Truncate(time.Minute).Equal(minute)
	if code != exitOK || same && !strings.HasPrefix(stdout, "sent nothing; ") || stderr != "" {
		t.Errorf("within the minute: exit code %d: %s%s", code, stdout, stderr)
	}
	minutes.Add(2)
	postedAt(t, spool, time.Now().Add(-time.Minute))
	code, stdout, stderr = runWith(t, nil, "mackerel", "push", "--config", config)
	if code != exitOK || !strings.HasPrefix(stdout, "sent ") || strings.Contains(stdout, "wait") || stderr != "" {
		t.Errorf("afterwards: exit code %d: %s%s", code, stdout, stderr)
	}
	checkPushed(t, f, config)
}

// killedWhilePushing kills a push, as kill -9 does, after Mackerel has written its values
// and before it said so.
func killedWhilePushing(t *testing.T, f *mackerelfake.Fake, config string) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	f.Fail(mackerelfake.Slow, "tsdb", 1)
	cmd := &exec.Cmd{Path: exe, Args: []string{"shopslo", "mackerel", "push", "--config", config}}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	eventually(t, func() string {
		if len(f.ServiceMetricNames("shops")) == 0 {
			return "nothing arrived"
		}
		return ""
	})
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
}

// checkPushed compares the values that arrived with what `status` says of their times.
func checkPushed(t *testing.T, f *mackerelfake.Fake, config string) {
	t.Helper()
	values := map[int64]map[string]float64{}
	for _, name := range f.ServiceMetricNames("shops") {
		for _, v := range f.ServiceMetric("shops", name) {
			if values[v.Time] == nil {
				values[v.Time] = map[string]float64{}
			}
			values[v.Time][name] = v.Value
		}
	}
	if len(values) == 0 {
		t.Fatal("nothing arrived")
	}
	for at, got := range values {
		when := time.Unix(at, 0).UTC()
		code, stdout, stderr := runWith(t, nil, "status", "--config", config, "--at", when.Format(time.RFC3339), "-o", "json")
		if code != exitOK {
			t.Fatalf("exit code %d: %s", code, stderr)
		}
		points, err := mackerel.Points(decodeStatus(t, stdout), when)
		if err != nil || len(points) != len(got) || len(points) == 0 {
			t.Fatalf("%v: %d values at %s, want %d", err, len(got), when, len(points))
		}
		for _, p := range points {
			if v, ok := got[p.Name]; !ok || v != p.Value {
				t.Errorf("%s at %s is %v, want %v", p.Name, when, v, p.Value)
			}
		}
	}
}

func TestServePushesEachMinute(t *testing.T) {
	t.Parallel()
	x := newShops(t)
	f := fakeMackerel(t, x.dir, nil)
	appendTo(t, x.config, "mackerel: {url: '"+f.URL+"', api_key_file: key, service: shops, spool: spool}\n")
	f.Fail(mackerelfake.HalfReply, "tsdb", 1)
	s := startServe(t, x.config)
	s.waitReady(t)
	x.waitScraped(t)
	name := mackerel.Metric("cart", mackerel.Coverage, "b-1")
	eventuallyWithin(t, 3*time.Minute, func() string {
		if got := f.ServiceMetric("shops", name); len(got) < 1 || f.Count("tsdb") < 2 {
			return fmt.Sprintf("%s has %v after %d posts\n%s", name, got, f.Count("tsdb"), s.log)
		}
		return ""
	})
	if strings.Contains(s.log.String(), mackerelfake.Key) || strings.Count(s.log.String(), "sending to Mackerel failed") != 1 {
		t.Errorf("log:\n%s", s.log)
	}
	code, stdout, stderr := runWith(t, nil, "mackerel", "push", "--config", x.config, "--server", s.url)
	if code != exitUsage || !strings.Contains(stderr, "pushes already") {
		t.Errorf("a second sender: exit code %d: %s%s", code, stdout, stderr)
	}
}

func TestPushRefusesWhatCannotWork(t *testing.T) {
	dir := t.TempDir()
	f := fakeMackerel(t, dir, nil)
	base := embeddedHere
	writeFiles(t, dir, map[string]string{"fleet.yaml": fleetOf("beta: b-1"), "slo.yaml": cartSLO("1h"), "twolines": "abc\ndef\n",
		"none.yaml":   base,
		"nokey.yaml":  base + "mackerel: {service: shops, url: '" + f.URL + "'}\n",
		"lines.yaml":  base + "mackerel: {service: shops, url: '" + f.URL + "', api_key_file: twolines}\n",
		"nofile.yaml": base + "mackerel: {service: shops, url: '" + f.URL + "', api_key_file: nowhere}\n",
	})
	for name, want := range map[string]string{"none": "no section mackerel", "nokey": "MACKEREL_API_KEY", "lines": "must hold the key alone", "nofile": "nowhere"} {
		code, stdout, stderr := runWith(t, nil, "mackerel", "push", "--config", filepath.Join(dir, name+".yaml"))
		if code != exitUsage || stdout != "" || !strings.Contains(stderr, want) || strings.Contains(stderr, "abc") {
			t.Errorf("%s: exit code %d: %s%s", name, code, stdout, stderr)
		}
	}
	code, stdout, stderr := runWith(t, []string{"MACKEREL_API_KEY=" + mackerelfake.Key}, "mackerel", "push", "--config", filepath.Join(dir, "nokey.yaml"))
	if code != exitOK || stdout != "sent 1 value\n" || stderr != "" {
		t.Errorf("nothing but coverage is known, the key from the environment: exit code %d: %s%s", code, stdout, stderr)
	}
}

// appendTo adds lines to a file.
func appendTo(t testing.TB, path, text string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(data, text...), 0o600); err != nil {
		t.Fatal(err)
	}
}

// eventuallyWithin is eventually for what takes minutes.
func eventuallyWithin(t testing.TB, limit time.Duration, ok func() string) {
	t.Helper()
	deadline := time.Now().Add(limit)
	for why := ok(); why != ""; why = ok() {
		if time.Now().After(deadline) {
			t.Fatalf("still not after %v: %s", limit, why)
		}
		time.Sleep(200 * time.Millisecond)
	}
}
