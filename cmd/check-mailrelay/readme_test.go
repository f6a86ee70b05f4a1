package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/shopslo/shopslo/plugins/plugintest"
)

func TestWhatTheREADMESaysToCopyIsUnderstood(t *testing.T) {
	h := newHost(t, plugintest.Block(t, "yaml", "accounts:"))
	args := plugintest.Args(t, "plugin.checks.mailrelay", "check-mailrelay")
	i := slices.Index(args, "/etc/mackerel-agent/mailrelay.yaml")
	if i < 0 {
		t.Fatalf("%v name no file", args)
	}
	args[i] = h.config()
	if code, line := h.run(monday, args...); code != 3 || !strings.Contains(line, "shop: mackerel-plugin-mailrelay has never polled") {
		t.Errorf("code %d: %s", code, line)
	}
	for _, account := range []string{"shop", "owners"} {
		h.polled(account, monday, 1)
	}
	// The README's accounts are at other relays than the histories' of these tests.
	for from, to := range map[string]string{"shop.sparkpost": "shop.sendgrid", "owners.sparkpost": "owners.mailgun"} {
		dir := h.store().Dir
		if err := os.Rename(filepath.Join(dir, from+".json"), filepath.Join(dir, to+".json")); err != nil {
			t.Fatal(err)
		}
	}
	if code, line := h.run(monday, args...); code != 0 || !strings.Contains(line, "any of 2 accounts") {
		t.Errorf("code %d: %s", code, line)
	}
}
