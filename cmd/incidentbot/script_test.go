package main

import (
	"strings"
	"testing"

	"github.com/shopslo/shopslo/internal/scripttest"
)

func TestMain(m *testing.M) { scripttest.Main(m, "incidentbot", main) }

func TestScripts(t *testing.T) {
	x := newTeam(t, "socket", "")
	address, stop := x.serve()
	x.wait("ready", func() bool { code, _ := get(t, address+"/-/ready"); return code == 200 })
	if r, err := x.slack.Command(x.mai, x.shops, "open critical the cart fails"); err != nil || !strings.Contains(r.Text, "inc-1") {
		t.Fatalf("%q, %v", r.Text, err)
	}
	x.wait("the channel is there", func() bool { return x.channel("inc-") != "" })
	if code := stop(); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	env := map[string]string{"TEAM": x.dir}
	for _, v := range x.env() {
		name, value, _ := strings.Cut(v, "=")
		env[name] = value
	}
	scripttest.Run(t, env)
}
