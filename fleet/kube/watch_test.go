package kube

import (
	"log/slog"
	"net/http"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/fleet/kube/kubetest"
)

// An API server ends each watch after the time that was asked for, or a moment before.
func TestAWatchThatEndsOnTimeIsNoFault(t *testing.T) {
	s, c, log := kubetest.New(t), &clock{}, &diary{}
	var asked atomic.Int64 // seconds
	s.FailWith(func(r *http.Request) (int, string) {
		if seconds, err := strconv.ParseInt(r.URL.Query().Get("timeoutSeconds"), 10, 64); err == nil && r.URL.Query().Get("watch") != "" {
			asked.Store(seconds)
		}
		return 0, ""
	})
	s.Set(applications, "one", app("a-1", "Synced", "Healthy"))
	w := watching(t, c, func(config *Config) { config.Log = slog.New(slog.NewTextHandler(log, nil)) }, s)
	kubetest.Eventually(t, "it is watched", func() bool {
		return is(w, "a-1:Synced/Healthy")() && s.Watching(applications) == 1 && asked.Load() > 60
	})
	c.to(time.Duration(asked.Load())*time.Second - time.Second)
	s.EndWatches()
	kubetest.Eventually(t, "it is watched again", func() bool { return s.Watching(applications) == 1 })
	s.Set(applications, "one", app("a-1", "OutOfSync", "Healthy"))
	kubetest.Eventually(t, "it goes on", func() bool { return w.Clusters()[0].Changes > 0 })
	if warnings, _ := log.about(""); warnings != 0 || w.Clusters()[0].Faults[fleet.Closed] != 0 {
		t.Errorf("%d warnings, faults %v:\n%s", warnings, w.Clusters()[0].Faults, log)
	}
}

// That a cluster is lost is told when its grace is over, also where none of its Applications
// could tell.
func TestADeadClusterWithoutApplicationsIsLostAfterItsGrace(t *testing.T) {
	const grace = 400 * time.Millisecond
	s := kubetest.New(t)
	w := watching(t, &clock{}, func(c *Config) { c.Now, c.Grace = time.Now, grace }, s)
	kubetest.Eventually(t, "it is read", func() bool { return w.Clusters()[0].Loaded && s.Watching(applications) == 1 })
	w.Changes(releases)
	s.Stop()
	late := time.After(grace + 3*time.Second)
	for whole := false; !whole; {
		select {
		case <-w.Changed():
			_, whole = w.Changes(releases)
		case <-late:
			t.Fatal("nobody was told that the cluster is lost")
		}
	}
	if len(w.Lost()) != 1 {
		t.Errorf("lost are %v", w.Lost())
	}
}
