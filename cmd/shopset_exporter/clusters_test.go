package main

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/rest"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/fleet/kube"
	"github.com/shopslo/shopslo/fleet/kube/kubetest"
	"github.com/shopslo/shopslo/fleet/manifest"
)

func TestAClusterThatIsReadAlreadyIsNotReadAgainByItsSecret(t *testing.T) {
	at := func(name, host string) kube.Cluster {
		return kube.Cluster{Name: name, Config: &rest.Config{Host: host}}
	}
	read := []kube.Cluster{at("central", "https://10.0.0.1:6443")}
	found := []kube.Cluster{
		at("central", "https://10.0.0.1:6443/"), at("in-cluster", "https://kubernetes.default.svc"), at("eks-b", "https://10.0.0.2:6443"),
	}
	got := others(found, read)
	if len(got) != 1 || got[0].Name != "eks-b" {
		t.Errorf("%+v, want eks-b alone", got)
	}
}

func TestAShopSetInALostClusterIsUnknownWhateverAnotherClustersArgoCDSays(t *testing.T) {
	f, err := manifest.Load("", examples)
	if err != nil {
		t.Fatal(err)
	}
	drift, events := time.Unix(1000, 0), int64(3)
	well := func(name fleet.ShopSetName) fleet.Observation {
		return fleet.Observation{ShopSet: name, Source: "central", Sync: fleet.Synced, Health: fleet.Healthy, Release: "r", DriftedSince: drift, DriftEvents: &events}
	}
	got := placed(f, map[string]string{"onprem-c": "cluster onprem-c cannot be read"}, []fleet.Observation{well("a-1"), well("c-1"), well("stranger")})
	for i, want := range []fleet.SyncStatus{fleet.Synced, fleet.SyncUnknown, fleet.Synced} {
		if o := got[i]; o.Sync != want || o.Source != "central" || !o.DriftedSince.Equal(drift) || o.DriftEvents == nil || *o.DriftEvents != events {
			t.Errorf("%+v, want %s with what is kept of drift", o, want)
		}
	}
	if o := got[1]; o.Health != fleet.HealthUnknown || o.Release != "" || o.Reason != "cluster onprem-c cannot be read" {
		t.Errorf("%+v, want that nothing is known of it, and why", o)
	}
}

func TestWhatWasNotSeenMayBeInALostCluster(t *testing.T) {
	f, err := manifest.Load("", examples)
	if err != nil {
		t.Fatal(err)
	}
	seen := []fleet.Observation{{ShopSet: "a-1", Sync: fleet.Synced}}
	for _, tt := range []struct {
		lost map[string]string
		want map[fleet.ShopSetName]string
	}{
		{nil, map[fleet.ShopSetName]string{}},
		{map[string]string{"eks-b": "cluster eks-b cannot be read"}, map[fleet.ShopSetName]string{"b-1": "cluster eks-b cannot be read", "a-2": "nothing was seen of it; cluster eks-b cannot be read"}},
		{map[string]string{"y": "cluster y cannot be read", "x": "cluster x cannot be read"}, map[fleet.ShopSetName]string{"b-1": "nothing was seen of it; cluster x cannot be read; and others, 2 in all"}},
	} {
		got := map[fleet.ShopSetName]string{}
		for _, o := range unseen(f, tt.lost, seen)[1:] {
			got[o.ShopSet] = o.Reason
		}
		for name, reason := range tt.want {
			if got[name] != reason {
				t.Errorf("%v: %s: %q, want %q", tt.lost, name, got[name], reason)
			}
		}
		if _, ok := got["a-1"]; ok || (len(got) > 0) != (len(tt.lost) > 0) {
			t.Errorf("%v: %v", tt.lost, got)
		}
	}
}

// Where the right to read one Argo CD's cluster Secrets is missing, what it knows besides is
// not known: everything else is.
func TestClusterSecretsThatAreRefusedCostTheirClusterAlone(t *testing.T) {
	refusing, other := kubetest.New(t), kubetest.New(t)
	secrets := func(status int, body string) func(*http.Request) (int, string) {
		return func(r *http.Request) (int, string) {
			if strings.HasSuffix(r.URL.Path, "/secrets") {
				return status, body
			}
			return 0, ""
		}
	}
	refusing.FailWith(secrets(kubetest.Status(403, "Forbidden")))
	other.FailWith(secrets(200, `{"kind":"SecretList","items":[]}`))
	e := start(t, "--fleet", examples, "--argocd.cluster-secrets", "--kubeconfig", kubeconfigOf(t, map[string]*kubetest.Server{"refusing": refusing, "other": other}))
	e.waitFor(`shopset_exporter_cluster_secrets_refused{cluster="refusing"} 1`)
	e.waitFor(`shopset_exporter_cluster_up{cluster="refusing"} 1`)
	e.waitFor(`shopset_exporter_cluster_up{cluster="other"} 1`)
	if _, text := e.get("/metrics"); strings.Contains(text, `shopset_exporter_cluster_secrets_refused{cluster="other"}`) {
		t.Error("the other cluster's Secrets were not refused")
	}
	if _, stderr := e.stop(); !strings.Contains(stderr, "deploy/rbac/cluster-secrets.yaml") || !strings.Contains(stderr, "refusing") {
		t.Errorf("it does not say what to do: %s", stderr)
	}
}

// A cluster Secret with the name of another cluster costs that cluster alone.
func TestAClusterSecretWithATakenNameIsLeftOut(t *testing.T) {
	argo := kubetest.New(t)
	text := func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
	secret := func(name, server string) string {
		return fmt.Sprintf(`{"metadata":{"name":"s","namespace":"argocd"},"data":{"name":%q,"server":%q}}`, text(name), text(server))
	}
	argo.FailWith(func(r *http.Request) (int, string) {
		if strings.HasSuffix(r.URL.Path, "/secrets") {
			return 200, `{"kind":"SecretList","items":[` + secret("argo", "https://127.0.0.1:1") + "," + secret("far", "https://127.0.0.1:2") + "," + secret("far", "https://127.0.0.1:2/") + `]}`
		}
		return 0, ""
	})
	e := start(t, "--fleet", examples, "--argocd.cluster-secrets", "--grace", "1s", "--kubeconfig", kubeconfigOf(t, map[string]*kubetest.Server{"argo": argo}))
	e.waitFor(`shopset_exporter_cluster_secrets_refused{cluster="argo"} 1`)
	e.waitFor(`shopset_exporter_cluster_up{cluster="argo"} 1`)
	e.waitFor(`shopset_exporter_cluster_up{cluster="far"} 0`)
	if _, stderr := e.stop(); !strings.Contains(stderr, "another one has its name") || strings.Contains(stderr, "cluster=far argocd") {
		t.Errorf("it does not say what to do: %s", stderr)
	}
}
