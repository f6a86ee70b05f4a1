//go:build e2e && more

package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/shopslo/shopslo/internal/lab"
)

// password is what Prometheus needs to scrape the exporter.
const password = "wants-a-scrape"

func TestACentralArgoCDAsPrometheusSeesIt(t *testing.T) {
	f := startFleetLab(t, lab.Options{RBAC: true, Layout: lab.Central, ApplicationSets: true, SelfHeal: true})
	home := f.Clusters()[0]
	f.manifest(t, home, "deploy/rbac/reader.yaml")
	f.manifest(t, home, "deploy/rbac/cluster-secrets.yaml")
	account, err := f.ServiceAccountKubeconfig(limited(t), "argocd", "shopset-exporter", home)
	must(t, err)
	documents, err := filepath.Abs(root + "examples/fleet")
	must(t, err)
	f.args = append(f.releaseFlags(), "--fleet", documents+"/*.yaml", "--kubeconfig", account, "--argocd.cluster-secrets",
		"--state.file", f.stateFile(), "--max-age", f.Trusted().String(), "--grace", "3s", "--refresh", "1s", "--log.format", "json",
		"--web.config.file", webConfig(t, f))
	f.start(t)

	steps(t, f, []step{
		{"Prometheus scrapes it with TLS and a password, and nobody without", scrapedInSecret},
		{"the Applications of one Argo CD make ShopSets in three clusters", allFromOne},
		{"what is changed by hand is undone, and counted", undoneAndCounted},
		{"a remote cluster whose API server was killed is Unknown, and comes back", remoteServerKilled},
	})
}

// webConfig writes exporter-toolkit's web configuration file.
func webConfig(t *testing.T, f *fleetLab) string {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	must(t, err)
	_, cert, key := f.TLSFiles()
	file := filepath.Join(f.Dir(), "web.yml")
	must(t, os.WriteFile(file, fmt.Appendf(nil, "tls_server_config: {cert_file: %q, key_file: %q}\nbasic_auth_users: {prometheus: %q}\n", cert, key, hash), 0o600))
	return file
}

func scrapedInSecret(t *testing.T, f *fleetLab) {
	ca, _, _ := f.TLSFiles()
	file := filepath.Join(f.Dir(), "password")
	must(t, os.WriteFile(file, []byte(password), 0o600))
	must(t, f.AddScrapeConfig(limited(t), fmt.Sprintf("{job_name: shopset, scheme: https, tls_config: {ca_file: %q}, "+
		"basic_auth: {username: prometheus, password_file: %q}, static_configs: [{targets: [%q]}]}", ca, file, f.address)))
	f.wait(t, `up{job="shopset"} == 1`, "job", "shopset")

	pem, err := os.ReadFile(ca)
	must(t, err)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	for _, path := range []string{"/metrics", "/api/v1/fleet", "/"} {
		for user, want := range map[*url.Userinfo]int{
			nil: http.StatusUnauthorized,
			url.UserPassword("prometheus", "guessed"): http.StatusUnauthorized,
			url.UserPassword("prometheus", password):  http.StatusOK,
		} {
			if status, _ := get(t, client, (&url.URL{Scheme: "https", User: user, Host: f.address, Path: path}).String()); status != want {
				t.Errorf("%s as %v: %d, want %d", path, user, status, want)
			}
		}
	}
	for _, path := range []string{"/-/healthy", "/-/ready"} { // probes have no password
		if status, _ := get(t, client, "https://"+f.address+path); status == http.StatusUnauthorized {
			t.Errorf("%s without a password: %d", path, status)
		}
	}
	if status, body := get(t, http.DefaultClient, "http://"+f.address+"/metrics"); status != http.StatusBadRequest || strings.Contains(body, "shopset_") {
		t.Errorf("without TLS it answers %d", status)
	}
	if strings.Contains(f.process.Log(), password) {
		t.Error("the log has the password")
	}
}

func allFromOne(t *testing.T, f *fleetLab) {
	f.allSynced(t)
	home := f.Clusters()[0]
	f.is(t, `shopset_info{cluster="`+home+`"}`, "shopset", allNames)
	f.is(t, `shopset_exporter_cluster_applications == 45`, "cluster", home)
	f.is(t, `shopset_exporter_cluster_up == 1`, "cluster", "eks-b onprem-a onprem-c")
	f.is(t, `shopset_group_redundancy_intact == 1`, "group", "canary ha main pilot solo")
	f.is(t, `shopset_release_info`, "shopset", allNames)
	// The rights are what the manifests give: cluster Secrets, and no other namespace's.
	account, err := f.ServiceAccountKubeconfig(limited(t), "argocd", "shopset-exporter", home)
	must(t, err)
	_, err = f.KubectlAs(limited(t), account, home, "get", "secrets", "--namespace", "argocd")
	must(t, err)
	for _, args := range []string{"get secrets -n default", "get secret argocd-secret -n argocd", "delete secret argocd-secret -n argocd"} {
		out, err := f.KubectlAs(limited(t), account, home, strings.Fields(args)...)
		if said := refused(t, out, err); !strings.Contains(said, "orbidden") {
			t.Errorf("%s: it said %q", args, said)
		}
	}
}

func undoneAndCounted(t *testing.T, f *fleetLab) {
	const events = `shopset_drift_events_total{shopset="c-3"}`
	before := f.value(t, events)
	f.setVersion(t, "onprem-c", "c-3", "cart", "by-hand")
	f.wait(t, fmt.Sprintf(`%s > %v`, events, before), "shopset", "c-3")
	f.allSynced(t)
	if got, err := f.Version(limited(t), "c-3", "cart"); err != nil || got != lab.FirstVersion {
		t.Errorf("c-3 runs cart %s (%v), want that it was healed", got, err)
	}
}

func remoteServerKilled(t *testing.T, f *fleetLab) {
	killed := time.Now()
	must(t, f.KillAPIServer("onprem-c"))
	const unknown = `shopset_sync_status{state="Unknown"}`
	f.wait(t, unknown+` == 1`, "shopset", "c-1 c-2 c-3")
	f.is(t, `max_over_time(`+unknown+window(killed)+`) > 0`, "shopset", "c-1 c-2 c-3")
	f.is(t, `shopset_exporter_cluster_up == 0`, "cluster", "onprem-c")
	f.is(t, `shopset_group_redundancy_intact == 1`, "group", "ha main pilot")
	must(t, f.StartAPIServer(limited(t), "onprem-c"))
	f.allSynced(t)
}
