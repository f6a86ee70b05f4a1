package main

import (
	"slices"
	"testing"

	"github.com/shopslo/shopslo/plugins/dnsrecords"
	"github.com/shopslo/shopslo/plugins/plugintest"
)

func TestWhatTheREADMESaysToCopyIsUnderstood(t *testing.T) {
	args := plugintest.Args(t, "plugin.checks.dns-records", "check-dns-records")
	if want := []string{"-config", "/etc/mackerel-agent/dns-records.yaml"}; !slices.Equal(args, want) {
		t.Errorf("got %v, want %v", args, want)
	}
	e, err := dnsrecords.Parse(args[1], []byte(plugintest.Block(t, "yaml", "records:")))
	if err != nil || len(e.Records) != 2 || !slices.Equal(e.Servers, []string{"192.0.2.53:53"}) {
		t.Errorf("got %+v, %v", e, err)
	}
}
