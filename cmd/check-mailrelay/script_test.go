package main

import (
	"testing"
	"time"

	"github.com/shopslo/shopslo/internal/scripttest"
)

func TestMain(m *testing.M) { scripttest.Main(m, "check-mailrelay", main) }

func TestScripts(t *testing.T) {
	h := newHost(t, "state: mackerel-plugin-mailrelay\naccounts: [{name: shop, relay: sparkpost, key: {env: RELAY_KEY}}]\n")
	h.polled("shop", time.Now().Truncate(time.Minute), 1)
	scripttest.Run(t, map[string]string{"HOST": h.dir, "MACKEREL_PLUGIN_WORKDIR": h.dir, "RELAY_KEY": "k"})
}
