package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestSignals(t *testing.T) {
	var documents []byte
	files, err := filepath.Glob(examples)
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		documents = append(append(documents, data...), "\n---\n"...)
	}
	path := filepath.Join(t.TempDir(), "fleet.yaml")
	write := func(data []byte) {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	kill := func(s syscall.Signal) {
		if err := syscall.Kill(os.Getpid(), s); err != nil {
			t.Fatal(err)
		}
	}
	for signal, want := range map[syscall.Signal]int{syscall.SIGTERM: exitOK, syscall.SIGINT: exitInterrupted} {
		write(documents)
		e := start(t, "--fleet", path, "--kubeconfig", kubeconfig(t, map[string]*apiServer{"x": newAPIServer(t)}))
		e.waitFor(`shopset_tier_order{tier="dev"} 0`)

		write([]byte("kind: Nonsense"))
		kill(syscall.SIGHUP)
		time.Sleep(500 * time.Millisecond) // signals that come at once are one
		e.waitFor(`shopset_tier_order{tier="dev"} 0`)
		write([]byte(strings.ReplaceAll(string(documents), "tier-0", "trunk")))
		kill(syscall.SIGHUP)
		e.waitFor(`shopset_tier_info{tier="dev",branch="trunk"} 1`)

		kill(signal)
		code, stderr := e.wait()
		if code != want || !strings.Contains(stderr, "those from before stay") || !strings.Contains(stderr, "are read again") {
			t.Errorf("%v: exit code %d, want %d; the log:\n%s", signal, code, want, stderr)
		}
	}
}
