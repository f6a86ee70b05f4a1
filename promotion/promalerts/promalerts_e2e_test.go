//go:build e2e

package promalerts

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/promotion"
)

// start runs a program until the test's end and gives its address; PORT in the
// arguments is a free port.
func start(t *testing.T, program string, args ...string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "ADDRESS", address)
	}
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, args...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatalf("%v; .ci/run installs it", err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		log.Close()
		if t.Failed() {
			text, _ := os.ReadFile(log.Name())
			t.Logf("%s said:\n%s", program, text)
		}
	})
	return "http://" + address
}

// until asks until the answer is as wanted.
func until(t *testing.T, c *Client, want string) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		alerts, err := c.Firing(t.Context())
		if got := said(alerts, err); strings.Contains(got, want) {
			return
		} else if time.Now().After(deadline) {
			t.Fatalf("it says %s, want %s", got, want)
		}
		time.Sleep(200 * time.Millisecond)
	}
}

func said(alerts []promotion.Alert, err error) string {
	if err != nil {
		return err.Error()
	}
	text := fmt.Sprint(len(alerts), " fire:")
	for _, a := range alerts {
		text += fmt.Sprintf(" %s shopset=%s silenced=%v since=%v", a.Name, a.Labels["shopset"], a.Silenced, !a.Since.IsZero())
	}
	return text
}

func client(t *testing.T, url string, alertmanager bool) *Client {
	t.Helper()
	c, err := New(url, alertmanager, http.DefaultClient)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestRealPrometheusAndAlertmanager(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	manager := start(t, "prometheus-alertmanager", "--config.file="+write("am.yml", "route: {receiver: none}\nreceivers: [{name: none}]\n"),
		"--storage.path="+filepath.Join(dir, "am"), "--web.listen-address=ADDRESS", "--cluster.listen-address=")
	until(t, client(t, manager, true), "has no alerts at all")
	rules := write("rules.yml", `groups: [{name: shops, rules: [
  {alert: CartErrors, expr: vector(1), labels: {shopset: a-2, severity: page}},
  {alert: CartSlow, expr: vector(1), for: 1h, labels: {shopset: a-2}},
  {alert: Never, expr: vector(1) > 2}]}]`)
	config := func(rules string) string {
		return "global: {evaluation_interval: 1s}\n" + rules + "alerting: {alertmanagers: [{static_configs: [{targets: ['" + strings.TrimPrefix(manager, "http://") + "']}]}]}\n"
	}
	run := func(name, text string) string {
		return start(t, "prometheus", "--config.file="+write(name+".yml", text), "--storage.tsdb.path="+filepath.Join(dir, name), "--web.listen-address=ADDRESS", "--rules.alert.resend-delay=1s")
	}
	until(t, client(t, run("bare", config("")), false), "has no alerting rule")
	until(t, client(t, run("ruled", config("rule_files: ['"+rules+"']\n")), false), "1 fire: CartErrors shopset=a-2 silenced=false since=true")
	until(t, client(t, manager, true), "1 fire: CartErrors shopset=a-2 silenced=false since=true")
	silence := fmt.Sprintf(`{"matchers":[{"name":"alertname","value":"CartErrors","isRegex":false,"isEqual":true}],"startsAt":%q,"endsAt":%q,"createdBy":"mai","comment":"known"}`,
		time.Now().UTC().Format(time.RFC3339), time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
	resp, err := http.Post(manager+"/api/v2/silences", "application/json", strings.NewReader(silence))
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%v %v", resp, err)
	}
	resp.Body.Close()
	until(t, client(t, manager, true), "1 fire: CartErrors shopset=a-2 silenced=true since=true")
	known, err := client(t, manager, true).Silences(t.Context(), time.Now().Add(-time.Hour), time.Now())
	if err != nil || len(known) != 1 || known[0].By != "mai" || known[0].Comment != "known" || strings.Join(known[0].Matchers, " ") != `alertname="CartErrors"` {
		t.Errorf("silences: %+v, %v", known, err)
	}
	if later, err := client(t, manager, true).Silences(t.Context(), time.Now().Add(2*time.Hour), time.Now().Add(3*time.Hour)); err != nil || len(later) != 0 {
		t.Errorf("silences of later: %+v, %v", later, err)
	}
}
