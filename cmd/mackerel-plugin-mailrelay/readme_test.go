package main

import (
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/shopslo/shopslo/plugins/mailrelay/relayconf"
	"github.com/shopslo/shopslo/plugins/mailrelay/relaystore"
	"github.com/shopslo/shopslo/plugins/plugintest"
)

func TestWhatTheREADMESaysToCopyIsUnderstood(t *testing.T) {
	p := &program{stdout: io.Discard, stderr: io.Discard}
	if err := p.parse(plugintest.Args(t, "plugin.metrics.mailrelay", "mackerel-plugin-mailrelay")); err != nil {
		t.Fatal(err)
	}
	if dir, name := filepath.Split(p.config); dir != "/etc/mackerel-agent/" || name != "mailrelay.yaml" {
		t.Errorf("it reads %s", p.config)
	}
	secret := func(string) (string, bool) { return "k", true }
	file, err := relayconf.Parse(p.config, []byte(plugintest.Block(t, "yaml", "accounts:")), relayconf.Surroundings{
		Env: secret, ReadFile: func(string) ([]byte, error) { return []byte("k"), nil }})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range file.Accounts {
		if j, err := p.job(a, relaystore.Store{}, begin); err != nil || j.relay == nil {
			t.Errorf("account %s: %v", a.Name, err)
		}
	}
	if len(file.Accounts) < 2 {
		t.Errorf("it lists %d accounts", len(file.Accounts))
	}
}

func TestTheREADMEShowsWhatTheArchiveHolds(t *testing.T) {
	layout := plugintest.Block(t, "", "shopslo_linux_amd64.zip")
	for _, pattern := range []string{"../mackerel-plugin-*", "../check-*"} {
		programs, err := filepath.Glob(pattern)
		if err != nil || len(programs) < 2 {
			t.Fatalf("%v, %v", programs, err)
		}
		for _, p := range programs {
			if !strings.Contains(layout, "── "+filepath.Base(p)) {
				t.Errorf("%s is not in it:\n%s", filepath.Base(p), layout)
			}
		}
	}
}
