package kube

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet/kube/kubetest"
)

func TestMain(m *testing.M) {
	if os.Getenv(execToken) != "" {
		giveToken()
		return
	}
	Quiet()
	os.Exit(m.Run())
}

// run watches until the test ends, and waits for the watch to end.
func run(t testing.TB, w *Watcher) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); w.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		select {
		case <-done:
		case <-time.After(10 * time.Second):
			t.Error("the watch does not end")
		}
	})
}

// at gives a server as a cluster of that name.
func at(s *kubetest.Server, name string) Cluster { return Cluster{Name: name, Config: s.Config()} }
