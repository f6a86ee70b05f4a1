package lab

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/template"
	"time"

	"github.com/shopslo/shopslo/fleet"
)

// argoCD is one Argo CD: application controller, repo-server and Redis.
type argoCD struct {
	home                                        *cluster   // where it runs and has its Applications
	manages                                     []*cluster // what it applies them to
	redis, repo, repoMetrics, controllerMetrics int        // ports
	controller                                  *process
}

// ArgoCDNamespace is where Argo CD and its Applications are.
const ArgoCDNamespace = "argocd"

func (a *argoCD) metricsURL() string { return "http://" + local(a.controllerMetrics) + "/metrics" }

func (c *cluster) argoKubeconfig() string {
	return filepath.Join(c.lab.dir, c.name+".argocd.kubeconfig")
}

// startArgoCD starts Argo CD in each cluster, or in the first, with its Applications.
func (l *Lab) startArgoCD(ctx context.Context) error {
	if l.options.Layout == Central {
		l.clusters[0].argo = &argoCD{home: l.clusters[0], manages: l.clusters}
	} else {
		for _, c := range l.clusters {
			c.argo = &argoCD{home: c, manages: []*cluster{c}}
		}
	}
	return together(each(l.clusters, func(c *cluster) error {
		if err := l.apply(ctx, c.name, l.namespaces(c)); err != nil {
			return err
		}
		if c.argo == nil {
			return nil
		}
		return c.argo.start(ctx)
	})...)
}

// shopSetsOf are the ShopSets that run in a cluster.
func (l *Lab) shopSetsOf(c *cluster) []fleet.ShopSet {
	var list []fleet.ShopSet
	for _, s := range l.Fleet.ShopSets() {
		if string(s.FailureDomain) == c.name {
			list = append(list, s)
		}
	}
	return list
}

func (l *Lab) namespaces(c *cluster) []byte {
	var b bytes.Buffer
	for _, s := range l.shopSetsOf(c) {
		fmt.Fprintf(&b, "---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: %s\n", s.Name)
	}
	return b.Bytes()
}

func (a *argoCD) start(ctx context.Context) error {
	l, name := a.home.lab, a.home.name
	ports, err := l.ports.list(4)
	if err != nil {
		return err
	}
	a.redis, a.repo, a.repoMetrics, a.controllerMetrics = ports[0], ports[1], ports[2], ports[3]
	if _, err := l.procs.start(spec{name: name + ".redis", exe: l.programs["redis-server"], args: []string{
		"--bind", "127.0.0.1", "--port", fmt.Sprint(a.redis), "--save", "", "--appendonly", "no",
	}}); err != nil {
		return err
	}
	var args []string
	if l.options.ArgoCD > 2 {
		args = []string{"--client-ca-path", ""} // 2 does not know it
	}
	repo, err := l.procs.start(spec{name: name + ".repo-server", exe: l.tools.argoCD,
		env: a.env("argocd-repo-server"),
		args: append(args,
			"--address", "127.0.0.1", "--port", fmt.Sprint(a.repo), "--disable-tls",
			"--metrics-address", "127.0.0.1", "--metrics-port", fmt.Sprint(a.repoMetrics),
			"--redis", local(a.redis), "--revision-cache-expiration", (l.options.Resync / 2).String(), "--loglevel", "warn",
		)})
	if err != nil {
		return err
	}
	if err := a.configure(ctx); err != nil {
		return err
	}
	if err := repo.ready(ctx, http.DefaultClient, "http://"+local(a.repoMetrics)+"/healthz", upLimit); err != nil {
		return err
	}
	if err := a.startController(ctx); err != nil {
		return err
	}
	if err := l.AddTarget("argocd", a.metricsURL(), map[string]string{"cluster": name}); err != nil {
		return err
	}
	if l.options.ApplicationSets {
		return a.startApplicationSets(ctx)
	}
	return l.apply(ctx, name, a.applications())
}

// env is the environment of Argo CD's programs: one binary, whose name says what it is.
func (a *argoCD) env(program string) []string {
	l := a.home.lab
	return []string{
		"ARGOCD_BINARY_NAME=" + program, "ARGOCD_GPG_ENABLED=false",
		"KUBECONFIG=" + a.home.argoKubeconfig(), "POD_NAMESPACE=" + ArgoCDNamespace, "ARGOCD_K8S_NAMESPACE=" + ArgoCDNamespace,
		"PATH=" + strings.Join(slices.Concat(l.tools.path, []string{os.Getenv("PATH")}), string(os.PathListSeparator)),
		// Its default is one path for the whole machine. This one is in the process's
		// working folder, as a socket's whole path may have 107 bytes only.
		"ARGOCD_ASK_PASS_SOCK=ask-pass.sock",
	}
}

// startController starts the application controller. It serves its metrics on all
// addresses: Argo CD has no setting for that.
func (a *argoCD) startController(ctx context.Context) (err error) {
	l := a.home.lab
	resync := fmt.Sprint(int(l.options.Resync / time.Second))
	a.controller, err = l.procs.start(spec{name: a.home.name + ".application-controller", exe: l.tools.argoCD,
		env: a.env("argocd-application-controller"),
		args: []string{
			"--kubeconfig", a.home.argoKubeconfig(), "--namespace", ArgoCDNamespace,
			"--repo-server", local(a.repo), "--repo-server-plaintext", "--redis", local(a.redis),
			"--metrics-port", fmt.Sprint(a.controllerMetrics), "--app-resync", resync,
			// So long a repository that fails is not reported; as long as a resync by default.
			"--repo-error-grace-period-seconds", resync,
			"--status-processors", "4", "--operation-processors", "4", "--loglevel", "warn",
			"--app-resync-jitter", fmt.Sprint(int(l.options.Jitter / time.Second)),
		}})
	if err != nil {
		return err
	}
	return a.controller.ready(ctx, http.DefaultClient, "http://"+local(a.controllerMetrics)+"/healthz", upLimit)
}

// configure installs Argo CD's custom resources and settings in its cluster.
func (a *argoCD) configure(ctx context.Context) error {
	l, name := a.home.lab, a.home.name
	if err := a.home.installCRDs(ctx); err != nil {
		return err
	}
	type target struct{ Name, URL string }
	in := struct {
		Namespace, Token, CA string
		Clusters             []target
	}{Namespace: ArgoCDNamespace, Token: l.secrets.argo, CA: base64.StdEncoding.EncodeToString(l.secrets.ca)}
	for _, c := range a.manages {
		in.Clusters = append(in.Clusters, target{c.name, c.url()})
	}
	var b bytes.Buffer
	if err := settingsTemplate.Execute(&b, in); err != nil {
		return err
	}
	return l.apply(ctx, name, b.Bytes())
}

// installCRDs leaves ApplicationSets out: nobody would act on them.
func (c *cluster) installCRDs(ctx context.Context) error {
	if _, err := c.lab.Kubectl(ctx, c.name, "apply", "--server-side", "--field-manager=lab",
		"-f", filepath.Join(c.lab.tools.crds, "application-crd.yaml"), "-f", filepath.Join(c.lab.tools.crds, "appproject-crd.yaml")); err != nil {
		return err
	}
	return c.lab.WaitEstablished(ctx, c.name, "applications.argoproj.io", "appprojects.argoproj.io")
}

// The in-cluster address means something to a pod only, so it is switched off.
var settingsTemplate = template.Must(template.New("argocd").Parse(`apiVersion: v1
kind: Namespace
metadata: {name: {{.Namespace}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: argocd-cm, namespace: {{.Namespace}}, labels: {app.kubernetes.io/part-of: argocd}}
data: {cluster.inClusterEnabled: "false"}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: argocd-rbac-cm, namespace: {{.Namespace}}, labels: {app.kubernetes.io/part-of: argocd}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: argocd-cmd-params-cm, namespace: {{.Namespace}}, labels: {app.kubernetes.io/part-of: argocd}}
---
apiVersion: v1
kind: Secret
metadata: {name: argocd-secret, namespace: {{.Namespace}}, labels: {app.kubernetes.io/part-of: argocd}}
stringData: {server.secretkey: {{.Token}}}
---
apiVersion: argoproj.io/v1alpha1
kind: AppProject
metadata: {name: default, namespace: {{.Namespace}}}
spec:
  sourceRepos: ["*"]
  destinations: [{namespace: "*", server: "*"}]
  clusterResourceWhitelist: [{group: "*", kind: "*"}]
{{range .Clusters}}---
apiVersion: v1
kind: Secret
metadata:
  name: cluster-{{.Name}}
  namespace: {{$.Namespace}}
  labels: {argocd.argoproj.io/secret-type: cluster}
stringData:
  name: {{.Name}}
  server: {{.URL}}
  config: '{"bearerToken": "{{$.Token}}", "tlsClientConfig": {"caData": "{{$.CA}}"}}'
{{end}}`))

var applicationTemplate = template.Must(template.New("application").Parse(`---
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: {{.ShopSet}}-{{.Component}}
  namespace: {{.Namespace}}
  labels: {shopset.dev/shopset: {{.ShopSet}}, shopset.dev/component: {{.Component}}}
spec:
  project: default
  source: {repoURL: "{{.Repo}}", targetRevision: {{.Branch}}, path: overlays/{{.ShopSet}}/{{.Component}}}
  destination: {server: "{{.Server}}", namespace: {{.ShopSet}}}
  syncPolicy: {automated: {prune: true, selfHeal: {{.SelfHeal}}}}
`))

// part is a component of a ShopSet: what one Application is for.
type part struct{ ShopSet, Component, Branch, Server string }

// parts are those of all ShopSets that this Argo CD manages.
func (a *argoCD) parts() []part {
	l := a.home.lab
	var all []part
	for _, c := range a.manages {
		for _, s := range l.shopSetsOf(c) {
			tier, _ := l.Fleet.Tier(s.Tier)
			for _, component := range s.Components {
				all = append(all, part{string(s.Name), string(component), tier.Branch, c.url()})
			}
		}
	}
	return all
}

// applications are the Applications of all ShopSets that this Argo CD manages.
func (a *argoCD) applications() []byte {
	l := a.home.lab
	var b bytes.Buffer
	for _, p := range a.parts() {
		err := applicationTemplate.Execute(&b, map[string]any{
			"ShopSet": p.ShopSet, "Component": p.Component, "Namespace": ArgoCDNamespace, "Repo": l.Repos.SystemURL,
			"Branch": p.Branch, "Server": p.Server, "SelfHeal": l.options.SelfHeal,
		})
		if err != nil { // a bytes.Buffer takes everything, and the fields are all there
			panic(err)
		}
	}
	return b.Bytes()
}

// argoOf finds the Argo CD that manages a cluster.
func (l *Lab) argoOf(cluster string) (*argoCD, error) {
	c, err := l.cluster(cluster)
	if err != nil {
		return nil, err
	}
	for _, host := range l.clusters {
		if host.argo != nil && slices.Contains(host.argo.manages, c) {
			return host.argo, nil
		}
	}
	return nil, fmt.Errorf("lab: no Argo CD manages %s yet", cluster)
}

// StopController kills the application controller that manages a cluster: its
// Applications keep the status that they have.
func (l *Lab) StopController(cluster string) error {
	a, err := l.argoOf(cluster)
	if err != nil {
		return err
	}
	a.controller.kill()
	return nil
}

// StartController starts the application controller again.
func (l *Lab) StartController(ctx context.Context, cluster string) error {
	a, err := l.argoOf(cluster)
	if err != nil {
		return err
	}
	return a.startController(ctx)
}
