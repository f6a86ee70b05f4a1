package lab

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"text/template"
	"time"
)

// cluster is one kube-apiserver, and Argo CD where one runs in it.
type cluster struct {
	name   string
	lab    *Lab
	port   int
	server *process
	argo   *argoCD // nil: a central one, elsewhere, manages this cluster
}

func (l *Lab) newCluster(name string) *cluster { return &cluster{name: name, lab: l} }

func (c *cluster) url() string { return "https://" + local(c.port) }

// upLimit is how long a part of the lab may take to come up; on a machine that
// does nothing else an API server needs 5 s.
const upLimit = 3 * time.Minute

// startEtcd starts the one etcd that all API servers share, each with a prefix of
// its own.
func (l *Lab) startEtcd(ctx context.Context) error {
	ports, err := l.ports.list(2)
	if err != nil {
		return err
	}
	client, peer := "http://"+local(ports[0]), "http://"+local(ports[1])
	p, err := l.procs.start(spec{name: "etcd", exe: l.programs["etcd"], args: []string{
		"--name=lab", "--data-dir=" + filepath.Join(l.dir, "etcd"),
		"--listen-client-urls=" + client, "--advertise-client-urls=" + client,
		"--listen-peer-urls=" + peer, "--initial-advertise-peer-urls=" + peer, "--initial-cluster=lab=" + peer,
		"--logger=zap", "--log-level=warn",
	}})
	if err != nil {
		return err
	}
	for _, c := range l.clusters {
		if c.port, err = l.ports.free(); err != nil {
			return err
		}
	}
	l.etcd = client
	return p.ready(ctx, http.DefaultClient, client+"/health", upLimit)
}

// startCluster starts a kube-apiserver and waits until it is ready.
func (l *Lab) startCluster(ctx context.Context, c *cluster) (err error) {
	authorization := "AlwaysAllow"
	if l.options.RBAC {
		authorization = "RBAC"
	}
	s := l.secrets
	c.server, err = l.procs.start(spec{name: c.name + ".kube-apiserver", exe: l.tools.kubeAPIServer, args: []string{
		"--etcd-servers=" + l.etcd, "--etcd-prefix=/" + c.name,
		"--bind-address=127.0.0.1", fmt.Sprintf("--secure-port=%d", c.port),
		// There are no services, whose endpoints must not be loopback addresses.
		"--endpoint-reconciler-type=none", "--service-cluster-ip-range=10.0.0.0/24",
		"--cert-dir=" + filepath.Join(l.dir, "home", c.name+".kube-apiserver"),
		"--tls-cert-file=" + s.certFile, "--tls-private-key-file=" + s.keyFile,
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file=" + s.saFile, "--service-account-signing-key-file=" + s.saFile,
		"--token-auth-file=" + s.tokens, "--authorization-mode=" + authorization,
		// Nobody makes the service accounts that its check of pods asks for.
		"--disable-admission-plugins=ServiceAccount",
	}})
	if err != nil {
		return err
	}
	return c.awaitServer(ctx)
}

func (c *cluster) awaitServer(ctx context.Context) error {
	return c.server.ready(ctx, c.lab.secrets.client(), c.url()+"/readyz", upLimit)
}

var kubeconfigTemplate = template.Must(template.New("kubeconfig").Funcs(template.FuncMap{"b64": base64.StdEncoding.EncodeToString}).Parse(`apiVersion: v1
kind: Config
current-context: {{(index .Clusters 0).Name}}
users:{{range .Clusters}}
- name: {{.Name}}.{{$.User}}
  user:
    token: {{.Token}}{{end}}
clusters:{{range .Clusters}}
- name: {{.Name}}
  cluster:
    server: {{.URL}}
    certificate-authority-data: {{b64 $.CA}}{{end}}
contexts:{{range .Clusters}}
- name: {{.Name}}
  context:
    cluster: {{.Name}}
    user: {{.Name}}.{{$.User}}{{end}}
`))

// kubeconfig makes a kubeconfig with one context per cluster, of the cluster's name.
// token gives the user's token for a cluster.
func (l *Lab) kubeconfig(user string, token func(cluster string) string, clusters ...*cluster) ([]byte, error) {
	type entry struct{ Name, URL, Token string }
	in := struct {
		User     string
		CA       []byte
		Clusters []entry
	}{User: user, CA: l.secrets.ca}
	for _, c := range clusters {
		in.Clusters = append(in.Clusters, entry{c.name, c.url(), token(c.name)})
	}
	var b bytes.Buffer
	err := kubeconfigTemplate.Execute(&b, in)
	return b.Bytes(), err
}

func (l *Lab) writeKubeconfigs() error {
	always := func(token string) func(string) string { return func(string) string { return token } }
	all, err := l.kubeconfig("lab-admin", always(l.secrets.admin), l.clusters...)
	if err != nil {
		return err
	}
	if err := os.WriteFile(l.adminConfig(), all, 0o600); err != nil {
		return err
	}
	for _, c := range l.clusters {
		for file, token := range map[string][2]string{
			l.configOf(c.name): {"lab-admin", l.secrets.admin},
			c.argoKubeconfig(): {"argocd", l.secrets.argo},
		} {
			one, err := l.kubeconfig(token[0], always(token[1]), c)
			if err != nil {
				return err
			}
			if err := os.WriteFile(file, one, 0o600); err != nil {
				return err
			}
		}
	}
	return nil
}

// adminConfig is the path of a kubeconfig of an administrator, with one context per
// cluster, of the cluster's name.
func (l *Lab) adminConfig() string { return filepath.Join(l.dir, "kubeconfig") }

// configOf is the path of a kubeconfig of an administrator for one cluster. Its
// only context has the cluster's name.
func (l *Lab) configOf(cluster string) string {
	return filepath.Join(l.dir, cluster+".kubeconfig")
}

// ServiceAccountKubeconfig writes a kubeconfig for a service account, which must
// exist in each of the clusters, and gives its path. It has one context per cluster,
// of the cluster's name; without clusters, all. The tokens are real ones, good for
// a day.
func (l *Lab) ServiceAccountKubeconfig(ctx context.Context, namespace, name string, clusters ...string) (string, error) {
	if len(clusters) == 0 {
		clusters = l.Clusters()
	}
	tokens, in := map[string]string{}, []*cluster(nil)
	for _, cluster := range clusters {
		c, err := l.cluster(cluster)
		if err != nil {
			return "", err
		}
		token, err := l.Kubectl(ctx, cluster, "create", "token", name, "--namespace", namespace, "--duration", "24h")
		if err != nil {
			return "", err
		}
		in, tokens[cluster] = append(in, c), strings.TrimSpace(token)
	}
	data, err := l.kubeconfig(namespace+"."+name, func(cluster string) string { return tokens[cluster] }, in...)
	if err != nil {
		return "", err
	}
	file := filepath.Join(l.dir, fmt.Sprintf("%s.%s.%s.kubeconfig", strings.Join(clusters, "+"), namespace, name))
	return file, os.WriteFile(file, data, 0o600)
}

// Kubectl runs kubectl on a cluster as an administrator and gives its output. The
// error has what it said.
func (l *Lab) Kubectl(ctx context.Context, cluster string, args ...string) (string, error) {
	return l.kubectl(ctx, cluster, nil, args...)
}

// apply does to a cluster what kubectl apply --server-side does with YAML documents.
func (l *Lab) apply(ctx context.Context, cluster string, documents []byte) error {
	_, err := l.kubectl(ctx, cluster, documents, "apply", "--server-side", "--force-conflicts", "--field-manager=lab", "-f", "-")
	return err
}

// WaitEstablished waits until a cluster serves custom resources whose definitions
// were applied, named such as applications.argoproj.io.
func (l *Lab) WaitEstablished(ctx context.Context, cluster string, crds ...string) error {
	args := []string{"wait", "--for=condition=Established", "--timeout=60s"}
	for _, crd := range crds {
		args = append(args, "crd/"+crd)
	}
	// kubectl wait fails where a definition is so new that it has no conditions yet.
	for end := time.Now().Add(upLimit); ; time.Sleep(200 * time.Millisecond) {
		_, err := l.Kubectl(ctx, cluster, args...)
		if err == nil || ctx.Err() != nil || time.Now().After(end) {
			return err
		}
	}
}

// KubectlAs runs kubectl on a cluster with another kubeconfig, such as that of
// ServiceAccountKubeconfig.
func (l *Lab) KubectlAs(ctx context.Context, kubeconfig, cluster string, args ...string) (string, error) {
	return l.kubectlWith(ctx, kubeconfig, cluster, nil, args...)
}

func (l *Lab) kubectl(ctx context.Context, cluster string, stdin []byte, args ...string) (string, error) {
	return l.kubectlWith(ctx, l.adminConfig(), cluster, stdin, args...)
}

func (l *Lab) kubectlWith(ctx context.Context, kubeconfig, cluster string, stdin []byte, args ...string) (string, error) {
	if _, err := l.cluster(cluster); err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, l.tools.kubectl, append([]string{"--kubeconfig", kubeconfig, "--context", cluster}, args...)...)
	cmd.Env = environment(filepath.Join(l.dir, "home"), os.Getenv("PATH"))
	cmd.Stdin = bytes.NewReader(stdin)
	cmd.WaitDelay = 5 * time.Second
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return stdout.String(), fmt.Errorf("%s: kubectl %s: %w\n%s", cluster, strings.Join(args, " "), err, strings.TrimSpace(stderr.String()))
	}
	return stdout.String(), nil
}

// KillAPIServer ends a cluster's API server as kill -9 does: the FailureDomain fails.
func (l *Lab) KillAPIServer(cluster string) error {
	c, err := l.cluster(cluster)
	if err != nil {
		return err
	}
	c.server.kill()
	return nil
}

// StartAPIServer starts a killed API server on the same port, with the same data,
// and waits until it is ready.
func (l *Lab) StartAPIServer(ctx context.Context, cluster string) error {
	c, err := l.cluster(cluster)
	if err != nil {
		return err
	}
	return l.startCluster(ctx, c)
}

// SuspendAPIServer has an API server answer nothing, connections stay open.
func (l *Lab) SuspendAPIServer(cluster string) error {
	return l.signalServer(cluster, suspend)
}

// ResumeAPIServer lets a suspended API server go on.
func (l *Lab) ResumeAPIServer(cluster string) error {
	return l.signalServer(cluster, resume)
}

func (l *Lab) signalServer(cluster string, signal func(pid int) error) error {
	c, err := l.cluster(cluster)
	if err != nil {
		return err
	}
	if !c.server.Alive() {
		return fmt.Errorf("%s: its API server does not run", cluster)
	}
	return signal(c.server.PID())
}
