package main

import (
	"fmt"
	"testing"
	"time"

	"github.com/shopslo/shopslo/internal/fakes/relayfake"
	"github.com/shopslo/shopslo/internal/scripttest"
)

func TestMain(m *testing.M) { scripttest.Main(m, "mackerel-plugin-mailrelay", main) }

func TestScripts(t *testing.T) {
	f, stop, err := relayfake.Start("sparkpost", time.Now().Add(-time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	scripttest.Run(t, map[string]string{"RELAY": fmt.Sprint(f.URL), "RELAY_KEY": relayfake.Key})
}
