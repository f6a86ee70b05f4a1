package main

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
)

// An API server that takes a request and does not answer it costs its own cluster what is
// known, within the grace, and nobody else anything.
func TestAnAPIServerThatFallsSilentIsLostWithinTheGrace(t *testing.T) {
	const grace = time.Second
	list := fmt.Sprintf(`{"kind":"ApplicationList","apiVersion":"argoproj.io/v1alpha1","metadata":{"resourceVersion":"1"},"items":[%s]}`, anApplication("b-1"))
	var fallen atomic.Bool
	for name, serve := range map[string]http.HandlerFunc{
		"it never answers":               func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"it begins an answer, and stops": begins(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }),
		"it answers very slowly": begins(func(w http.ResponseWriter, r *http.Request) {
			for i := 0; i < len(list) && r.Context().Err() == nil; i++ {
				fmt.Fprint(w, list[i:i+1])
				w.(http.Flusher).Flush()
				time.Sleep(100 * time.Millisecond)
			}
		}),
		"it answers a list, and no watch": func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Get("watch") == "" {
				fmt.Fprint(w, list)
				return
			}
			<-r.Context().Done()
		},
		"it answers at first, and then nothing": func(w http.ResponseWriter, r *http.Request) {
			switch {
			case fallen.Load():
				<-r.Context().Done()
			case r.URL.Query().Get("watch") == "":
				fmt.Fprint(w, list)
			default:
				time.AfterFunc(grace, func() { fallen.Store(true) })
				begins(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })(w, r)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			before := runtime.NumGoroutine()
			bad := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				if !strings.HasSuffix(r.URL.Path, "/applications") {
					http.NotFound(w, r)
					return
				}
				serve(w, r)
			}))
			good := newAPIServer(t)
			good.set("c-3", "Synced", "r1")
			e := start(t, "--fleet", examples, "--grace", grace.String(),
				"--kubeconfig", kubeconfig(t, map[string]*apiServer{"eks-b": {url: bad.URL}, "onprem-c": good}))
			e.waitFor(`shopset_sync_status{shopset="c-3",tier="prod",state="Synced"} 1`)
			begun := time.Now()
			e.waitFor(`shopset_exporter_cluster_up{cluster="eks-b"} 0`)
			var lost fleet.ShopSetState
			for deadline := begun.Add(4 * grace); ; time.Sleep(50 * time.Millisecond) {
				sets := map[fleet.ShopSetName]fleet.ShopSetState{}
				for _, s := range e.fleet().ShopSets {
					sets[s.ShopSet] = s
				}
				if lost = sets["b-1"]; lost.Sync == fleet.SyncUnknown && strings.Contains(lost.Reason, "cluster eks-b cannot be read since") && strings.Contains(lost.Reason, "no answer within 1s") {
					if other := sets["c-3"]; other.Sync != fleet.Synced {
						t.Errorf("another cluster's is %s: %s", other.Sync, other.Reason)
					}
					break
				}
				if time.Now().After(deadline) {
					t.Fatalf("after %v it is %s: %s", time.Since(begun), lost.Sync, lost.Reason)
				}
			}
			e.waitFor(`shopset_exporter_cluster_up{cluster="onprem-c"} 1`)
			if code, stderr := e.stop(); code != exitOK || !strings.Contains(stderr, "no answer within 1s") || strings.Contains(stderr, "panic") {
				t.Errorf("it ended with %d: %s", code, stderr)
			}
			bad.CloseClientConnections()
			bad.Close()
			http.DefaultClient.CloseIdleConnections()
			for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before+8; time.Sleep(50 * time.Millisecond) {
				if time.Now().After(deadline) {
					stacks := make([]byte, 1<<20)
					t.Fatalf("%d goroutines are left of %d before:\n%s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
				}
			}
		})
	}
}

// begins answers 200 at once, with the rest to come.
func begins(rest http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		w.(http.Flusher).Flush()
		rest(w, r)
	}
}

// anApplication is one that makes a whole ShopSet.
func anApplication(shopSet string) string {
	return fmt.Sprintf(`{"apiVersion":"argoproj.io/v1alpha1","kind":"Application","metadata":{"name":%[1]q,"namespace":"argocd","labels":{"shopset.dev/shopset":%[1]q}},
		"status":{"sync":{"status":"Synced","revision":"r1"},"health":{"status":"Healthy"},"reconciledAt":%[2]q}}`, shopSet, time.Now().UTC().Format(time.RFC3339))
}

// Cluster Secrets are waited for a while only.
func TestClusterSecretsThatNeverComeAreNotWaitedFor(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // it takes connections, and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	good := newAPIServer(t)
	good.set("c-3", "Synced", "r1")
	began := time.Now()
	e := start(t, "--fleet", examples, "--grace", "1s", "--argocd.cluster-secrets",
		"--kubeconfig", kubeconfig(t, map[string]*apiServer{"eks-b": {url: "http://" + l.Addr().String()}, "onprem-c": good}))
	if took := time.Since(began); took > leastSecretsTimeout+5*time.Second {
		t.Errorf("it began after %v", took)
	}
	e.waitFor(`shopset_exporter_cluster_secrets_refused{cluster="eks-b"} 1`)
	e.waitFor(`shopset_exporter_cluster_up{cluster="eks-b"} 0`)
	e.waitFor(`shopset_sync_status{shopset="c-3",tier="prod",state="Synced"} 1`)
}
