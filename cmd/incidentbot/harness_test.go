package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopslo/shopslo/internal/cli"
	"github.com/shopslo/shopslo/internal/fakes/slackfake"
)

// written is what a program writes while others read it.
type written struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (t *written) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.Write(p)
}

func (t *written) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.String()
}

// team is a workspace, and a folder with settings for a bot in it.
type team struct {
	t               *testing.T
	slack           *slackfake.Fake
	dir             string
	store           string // "": a file in dir
	mai, sre        string
	announce, shops string
	log             written // of serve
}

const fleetDocuments = `apiVersion: shopset.dev/v1alpha1
kind: Tier
metadata: {name: beta}
spec: {order: 1, branch: tier-1}
---
apiVersion: shopset.dev/v1alpha1
kind: Tier
metadata: {name: prod}
spec: {order: 2, branch: tier-2}
---
apiVersion: shopset.dev/v1alpha1
kind: FailureDomain
metadata: {name: onprem-a}
---
apiVersion: shopset.dev/v1alpha1
kind: Configuration
metadata: {name: production}
---
apiVersion: shopset.dev/v1alpha1
kind: ShopSet
metadata: {name: c-1}
spec: {tier: beta, configuration: production, failureDomain: onprem-a, components: [cart]}
---
apiVersion: shopset.dev/v1alpha1
kind: ShopSet
metadata: {name: a-1}
spec: {tier: prod, configuration: production, failureDomain: onprem-a, components: [cart]}
`

// newTeam makes a team; more is added to its settings.
func newTeam(t *testing.T, mode, more string) *team {
	t.Helper()
	slack := slackfake.Start(slackfake.Options{})
	t.Cleanup(slack.Close)
	return newTeamIn(t, slack, mode, more)
}

// newTeamIn makes a team in a workspace.
func newTeamIn(t *testing.T, slack *slackfake.Fake, mode, more string) *team {
	t.Helper()
	x := &team{t: t, slack: slack, dir: t.TempDir()}
	x.mai = x.slack.AddUser("mai", "Mai")
	x.sre = x.slack.AddGroup("sre", x.mai)
	x.announce, x.shops = x.slack.AddChannel("incidents"), x.slack.AddChannel("shops", x.mai)
	x.write("fleet.yaml", fleetDocuments)
	x.write("signing", slackfake.SigningSecret+"\n")
	x.write("incidentbot.yaml", fmt.Sprintf("language: ja\ntime_zone: Asia/Tokyo\nfleet: [fleet.yaml]\nslack:\n  mode: %s\n  signing_secret_file: signing\n  announce: [%s]\n  invite:\n    severity: {critical: [\"@sre\"]}\n%s", mode, x.announce, more))
	return x
}

func (x *team) write(name, text string) {
	x.t.Helper()
	if err := os.WriteFile(filepath.Join(x.dir, name), []byte(text), 0o600); err != nil {
		x.t.Fatal(err)
	}
}

func (x *team) env() []string {
	return []string{"INCIDENTBOT_STORE=" + x.store, "SLACK_BOT_TOKEN=" + slackfake.BotToken, "SLACK_APP_TOKEN=" + slackfake.AppToken, "SLACK_API_URL=" + x.slack.URL,
		"INCIDENTBOT_ALERT_TOKEN=let-me-in"}
}

// run runs the program to its end.
func (x *team) run(args ...string) (code int, stdout, stderr string) {
	x.t.Helper()
	var out, err written
	code = run(context.Background(), append(args, "--config", filepath.Join(x.dir, "incidentbot.yaml")), x.env(), &out, &err)
	return code, out.String(), err.String()
}

// serve starts the bot and gives its address; stop ends it and gives its exit code.
func (x *team) serve() (address string, stop func() int) {
	x.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	at, ended := make(chan string, 1), make(chan int, 1)
	var out written
	errs := &x.log
	p := &program{env: cli.Env(x.env()), stdout: &out, stderr: errs, now: time.Now, listening: func(a string) { at <- a }}
	go func() {
		ended <- p.run(ctx, []string{"serve", "--config", filepath.Join(x.dir, "incidentbot.yaml"), "--web.listen-address", "127.0.0.1:0"})
	}()
	once := sync.OnceValue(func() int { cancel(); return <-ended })
	x.t.Cleanup(func() { once() })
	select {
	case a := <-at:
		return "http://" + a, once
	case code := <-ended:
		x.t.Fatalf("serve ends at once with %d: %s", code, errs.String())
	}
	return "", nil
}

// wait waits until something is so; a job that failed a few times has long pauses.
func (x *team) wait(what string, so func() bool) {
	x.t.Helper()
	for deadline := time.Now().Add(90 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if so() {
			return
		}
	}
	x.t.Fatalf("never: %s", what)
}

// channel is the first channel whose name has this in it, "" while there is none.
func (x *team) channel(part string) string {
	ids, names := x.slack.Channels()
	for _, id := range ids {
		if strings.Contains(names[id], part) {
			return id
		}
	}
	return ""
}

func get(t *testing.T, address string) (int, string) {
	t.Helper()
	resp, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}
