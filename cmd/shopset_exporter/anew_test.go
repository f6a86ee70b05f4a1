package main

import (
	"net/http"
	"path/filepath"
	"testing"
	"time"
)

// What changes beside the Release begins the soak anew: images that an updater writes into
// the Application, and an Application that was deleted and created again, also where nobody
// saw that, since the watch was closed or the exporter was away.
func TestWhatChangesBesideTheReleaseBeginsTheSoakAnew(t *testing.T) {
	system, first, _ := repository(t)
	server := newAPIServer(t)
	now := time.Now().UTC().Truncate(time.Second)
	ago := func(d time.Duration) string { return now.Add(-d).Format(time.RFC3339) }
	source := func(tag string) map[string]any {
		return map[string]any{"repoURL": "x", "path": "/", "kustomize": map[string]any{"images": []any{"shop:" + tag}}}
	}
	// put has it created and deployed some hours ago, the last time with some images.
	put := func(created int, tag string, deployed ...int) {
		hour := func(n int) string { return ago(time.Duration(n) * time.Hour) }
		var history []any
		for i, n := range deployed {
			with := "1"
			if i == len(deployed)-1 {
				with = tag
			}
			history = append(history, map[string]any{"id": i, "revision": first, "source": source(with), "deployedAt": hour(n)})
		}
		server.putCreated("c-2", hour(created), map[string]any{"spec": map[string]any{"source": source(tag)}, "status": map[string]any{
			"reconciledAt": time.Now().UTC().Format(time.RFC3339), "health": map[string]any{"status": "Healthy"},
			"sync": map[string]any{"status": "Synced", "revision": first}, "history": history,
		}})
	}
	args := []string{"--fleet", examples, "--kubeconfig", kubeconfig(t, map[string]*apiServer{"x": server}),
		"--git.system", system, "--git.dir", t.TempDir(), "--state.file", filepath.Join(t.TempDir(), "state.json")}
	var e *running
	var soaking time.Time
	wait := func(what string, release, changed int) {
		t.Helper()
		want := func() bool {
			if status, _ := e.get("/api/v1/fleet"); status != http.StatusOK {
				return false
			}
			s := e.fleet()
			for _, o := range s.ShopSets {
				if o.ShopSet == "c-2" {
					return o.ReleaseSince.Equal(now.Add(-time.Duration(release)*time.Hour)) && o.ChangedSince.Equal(now.Add(-time.Duration(changed)*time.Hour)) &&
						s.Tiers[0].SoakingSince.After(soaking)
				}
			}
			return false
		}
		for end := time.Now().Add(20 * time.Second); !want(); time.Sleep(20 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%s, and the Release is not told to be there for %d hours, as it is for %d, and soaking since then: %+v", what, release, changed, e.fleet().ShopSets[0])
			}
		}
		soaking = e.fleet().Tiers[0].SoakingSince
	}
	put(200, "1", 100)
	e = start(t, args...)
	wait("it came", 100, 100)
	put(200, "2", 100, 50)
	wait("it has other images", 100, 50)
	put(30, "2", 29)
	wait("it was created again", 29, 29)
	if code, log := e.stop(); code != 0 {
		t.Fatal(code, log)
	}
	put(20, "2", 19)
	e = start(t, args...)
	wait("it was created again while the exporter was away", 19, 19)
}
