package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// What changed after a rest is kept at once, so that little is lost with a killed process; and
// two exporters would write over what the other one remembers.
func TestAStateFileIsWrittenSoonAndBelongsToOneExporter(t *testing.T) {
	server := newAPIServer(t)
	server.set("c-3", "Synced", "r1")
	file := filepath.Join(t.TempDir(), "state.json")
	args := []string{"--fleet", examples, "--kubeconfig", kubeconfig(t, map[string]*apiServer{"onprem-c": server}), "--state.file", file}
	e := start(t, args...)
	e.waitFor(`shopset_sync_status{shopset="c-3",tier="prod",state="Synced"} 1`)
	for deadline := time.Now().Add(saveEvery / 2); ; time.Sleep(20 * time.Millisecond) {
		data, err := os.ReadFile(file)
		if err == nil && strings.Contains(string(data), `"c-3"`) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("it is not kept yet: %s, %v", data, err)
		}
	}
	var stderr strings.Builder
	if code := run(context.Background(), append(args, "--web.listen-address", "127.0.0.1:0"), nil, &stderr, &stderr); code != exitFailed || !strings.Contains(stderr.String(), "another shopset_exporter has it") {
		t.Errorf("a second one ended with %d: %s", code, stderr.String())
	}
	if code, text := e.stop(); code != exitOK {
		t.Errorf("it ended with %d: %s", code, text)
	}
	e = start(t, args...)
	e.waitFor(`shopset_sync_status{shopset="c-3",tier="prod",state="Synced"} 1`)
	e.stop()
}
