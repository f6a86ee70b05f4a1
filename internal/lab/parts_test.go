package lab

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/shopslo/shopslo/fleet/manifest"
)

// unstarted is a lab of which nothing runs, for what is computed beforehand.
func unstarted(t *testing.T, o Options) *Lab {
	t.Helper()
	f, err := manifest.Load("../../examples/fleet", "*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	l := &Lab{options: o.withDefaults(), Fleet: f, dir: t.TempDir(), Repos: &Repos{SystemURL: "http://127.0.0.1:1/system.git"}}
	l.secrets = secrets{ca: []byte("the authority"), admin: "a-token", argo: "b-token"}
	for i, d := range f.FailureDomains() {
		c := l.newCluster(string(d.Name))
		c.port = 7000 + i
		l.clusters = append(l.clusters, c)
	}
	return l
}

func documents(t *testing.T, data []byte) []map[string]any {
	t.Helper()
	var all []map[string]any
	for d := yaml.NewDecoder(bytes.NewReader(data)); ; {
		var one map[string]any
		switch err := d.Decode(&one); {
		case err == io.EOF:
			return all
		case err != nil:
			t.Fatalf("%v in\n%s", err, data)
		case one != nil:
			all = append(all, one)
		}
	}
}

func TestEveryComponentIsAnApplicationOfItsTiersBranch(t *testing.T) {
	for _, selfHeal := range []bool{false, true} {
		l := unstarted(t, Options{SelfHeal: selfHeal})
		apps := map[string]map[string]any{}
		for _, c := range l.clusters {
			list := documents(t, (&argoCD{home: c, manages: []*cluster{c}}).applications())
			if len(list) != 15 {
				t.Errorf("%s has %d Applications, want 3 ShopSets times 5 components", c.name, len(list))
			}
			for _, a := range list {
				apps[a["metadata"].(map[string]any)["name"].(string)] = a
			}
		}
		got, err := yaml.Marshal(apps["b-3-shop-page"])
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{
			"shopset.dev/shopset: b-3", "shopset.dev/component: shop-page", "path: overlays/b-3/shop-page", "targetRevision: tier-4",
			"server: https://127.0.0.1:7000", "namespace: b-3", "repoURL: http://127.0.0.1:1/system.git",
			map[bool]string{false: "selfHeal: false", true: "selfHeal: true"}[selfHeal],
		} {
			if !strings.Contains(string(got), want) {
				t.Errorf("b-3's shop-page lacks %q:\n%s", want, got)
			}
		}
	}
}

func TestACentralArgoCDSendsEachApplicationToItsShopSetsCluster(t *testing.T) {
	l := unstarted(t, Options{Layout: Central})
	all := documents(t, (&argoCD{home: l.clusters[0], manages: l.clusters}).applications())
	count := map[string]int{}
	for _, a := range all {
		count[a["spec"].(map[string]any)["destination"].(map[string]any)["server"].(string)]++
	}
	if len(all) != 45 || count["https://127.0.0.1:7000"] != 15 || count["https://127.0.0.1:7001"] != 15 || count["https://127.0.0.1:7002"] != 15 {
		t.Errorf("%d Applications, by server %v; want 15 for each", len(all), count)
	}
}

func TestAKubeconfigHasAContextPerCluster(t *testing.T) {
	l := unstarted(t, Options{})
	data, err := l.kubeconfig("lab-admin", func(cluster string) string { return "token-for-" + cluster }, l.clusters...)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range documents(t, data)[0]["contexts"].([]any) {
		names = append(names, c.(map[string]any)["name"].(string))
	}
	if got := strings.Join(names, " "); got != "eks-b onprem-a onprem-c" {
		t.Errorf("contexts %q", got)
	}
	for _, want := range []string{"name: eks-b.lab-admin\n  user:\n    token: token-for-eks-b\n", "user: onprem-c.lab-admin\n", "server: https://127.0.0.1:7002", "certificate-authority-data: dGhlIGF1dGhvcml0eQ=="} {
		if !strings.Contains(string(data), want) {
			t.Errorf("no %q in\n%s", want, data)
		}
	}
}

func TestTheCertificateIsGoodFor127001AndSignedByTheAuthority(t *testing.T) {
	ca, cert, key, err := newCertificate()
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(ca) {
		t.Fatal("the authority is no PEM certificate")
	}
	for name, ok := range map[string]bool{"127.0.0.1": true, "localhost": true, "127.0.0.2": false, "example.com": false} {
		if _, err := pair.Leaf.Verify(x509.VerifyOptions{Roots: pool, DNSName: name}); (err == nil) != ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestATargetIsAFileThatPrometheusReads(t *testing.T) {
	l := unstarted(t, Options{})
	l.prom = &prometheus{targets: l.dir}
	if err := l.AddTarget("exporter", "https://127.0.0.1:9300/custom/metrics", map[string]string{"cluster": "eks-b"}); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(l.dir, "exporter-127.0.0.1-9300.json"))
	if err != nil {
		t.Fatal(err)
	}
	var got []struct {
		Targets []string
		Labels  map[string]string
	}
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	labels := got[0].Labels
	if got[0].Targets[0] != "127.0.0.1:9300" || labels["job"] != "exporter" || labels["cluster"] != "eks-b" ||
		labels["__scheme__"] != "https" || labels["__metrics_path__"] != "/custom/metrics" {
		t.Errorf("target %s", data)
	}
	for _, bad := range []string{"127.0.0.1:9300", "", "http:///metrics"} {
		if err := l.AddTarget("exporter", bad, nil); err == nil {
			t.Errorf("%q is taken for an address", bad)
		}
	}
}

func TestPortsAreHandedOutOnce(t *testing.T) {
	list, err := newPorts().list(200)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int]bool{}
	for _, p := range list {
		if seen[p] || p < lowestPort || p >= highestPort {
			t.Errorf("port %d: seen before: %v", p, seen[p])
		}
		seen[p] = true
	}
}

func TestMissingProgramsAreAllNamedWithTheirPackages(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := findPrograms()
	for _, want := range []string{"etcd-server", "redis-server", "prometheus", "git"} {
		if err == nil || !strings.Contains(err.Error(), "package "+want) {
			t.Errorf("error %v, want one that names the package %s", err, want)
		}
	}
}

func TestAModulesKeyChangesWithWhatIsBuilt(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	key := func(m toolModule, goVersion string) string {
		t.Helper()
		k, err := m.key(dir, goVersion)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	write("go.mod", "module a\n")
	write("go.sum", "b\n")
	first := key(kubeModule, "go1.26 linux amd64\n")
	if again := key(kubeModule, "go1.26\nlinux\namd64\n"); again != first {
		t.Error("the key depends on blanks")
	}
	keys := map[string]string{"": first, "another go": key(kubeModule, "go1.27 linux amd64"), "other packages": key(argoModules[3], "go1.26 linux amd64")}
	write("go.sum", "c\n")
	keys["another go.sum"] = key(kubeModule, "go1.26 linux amd64")
	write("go.sum", "b\n")
	write("go.mod", "module b\n")
	keys["another go.mod"] = key(kubeModule, "go1.26 linux amd64")
	seen := map[string]string{}
	for what, k := range keys {
		if other, ok := seen[k]; ok {
			t.Errorf("%q and %q have the same key", what, other)
		}
		seen[k] = what
	}
}

func TestTheModulesRootIsFoundFromBelowAndNowhereElse(t *testing.T) {
	root, err := moduleRoot("")
	if err != nil || !exists(filepath.Join(root, "internal", "lab", "tools", kubeModule.name, "go.mod")) {
		t.Errorf("root %q, %v", root, err)
	}
	if _, err := moduleRoot(t.TempDir()); err == nil {
		t.Error("a folder without the module is taken for its root")
	}
}

func TestAnUnknownLayoutIsRefused(t *testing.T) {
	_, err := Start(t.Context(), Options{Layout: "federated"})
	if err == nil || !strings.Contains(err.Error(), "federated") {
		t.Errorf("error %v", err)
	}
}

func TestApplicationsAreReadWithAndWithoutAStatus(t *testing.T) {
	apps, err := decodeApplications("eks-b", []byte(`{"items": [
		{"metadata": {"name": "b-1-cart", "labels": {"shopset.dev/shopset": "b-1", "shopset.dev/component": "cart"}},
		 "status": {"sync": {"status": "Synced", "revision": "abc"}, "health": {"status": "Healthy"}, "reconciledAt": "2026-11-22T00:00:05Z",
		  "conditions": [{"type": "ComparisonError", "message": "no such path"}]}},
		{"metadata": {"name": "new"}}]}`))
	if err != nil || len(apps) != 2 {
		t.Fatal(apps, err)
	}
	a := apps[0]
	if !a.Settled() || a.Cluster != "eks-b" || a.ShopSet != "b-1" || a.Component != "cart" || a.Revision != "abc" ||
		!a.ReconciledAt.Equal(time.Date(2026, 11, 22, 0, 0, 5, 0, time.UTC)) || a.Conditions[0] != "ComparisonError: no such path" {
		t.Errorf("%+v", a)
	}
	if b := apps[1]; b.Settled() || !b.ReconciledAt.IsZero() {
		t.Errorf("an Application that nobody looked at: %+v", b)
	}
}

func FuzzDecodeApplications(f *testing.F) {
	f.Add([]byte(`{"items": [{"metadata": {"name": "a"}, "status": {"sync": {"status": "Synced"}, "health": {"status": "Healthy"}}}]}`))
	f.Add([]byte(`{"items": null}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		apps, err := decodeApplications("c", data)
		if err != nil && apps != nil {
			t.Errorf("%q: an error, and yet %v", data, apps)
		}
		for _, a := range apps {
			if a.Cluster != "c" || a.Settled() && a.Sync != "Synced" {
				t.Errorf("%q gives %+v", data, a)
			}
		}
	})
}
