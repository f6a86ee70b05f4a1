package kube

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/shopslo/shopslo/fleet/kube/kubetest"
)

// execToken has the test's own program be one that gives a token, as
// aws-iam-authenticator or gke-gcloud-auth-plugin is.
const execToken = "KUBE_TEST_EXEC_TOKEN"

// giveToken answers as client-go expects it of such a program.
func giveToken() {
	fmt.Printf(`{"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential","status":{"token":%q}}`, os.Getenv(execToken))
}

// demanding is a server that answers to one token only.
func demanding(t *testing.T, token string) *kubetest.Server {
	s := kubetest.New(t)
	s.Set(applications, "one", app("a-1", "Synced", "Healthy"))
	s.FailWith(func(r *http.Request) (int, string) {
		if r.Header.Get("Authorization") != "Bearer "+token {
			return kubetest.Status(401, "Unauthorized")
		}
		return 0, ""
	})
	return s
}

func TestAProgramOfAKubeconfigGivesTheToken(t *testing.T) {
	// Over plain HTTP client-go sends nothing of what a kubeconfig's user has.
	s := httptest.NewTLSServer(demanding(t, "from-a-program"))
	t.Cleanup(s.Close)
	file := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(file, fmt.Appendf(nil, `
apiVersion: v1
kind: Config
clusters:
- {name: x, cluster: {server: %q, insecure-skip-tls-verify: true}}
users:
- name: u
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1beta1
      command: %q
      env: [{name: %s, value: from-a-program}]
contexts:
- {name: eks-b, context: {cluster: x, user: u}}
`, s.URL, os.Args[0], execToken), 0o600); err != nil {
		t.Fatal(err)
	}
	clusters, err := Kubeconfig(file)
	if err != nil {
		t.Fatal(err)
	}
	isRead(t, clusters...)
}

func TestAProgramOfAClusterSecretGivesTheToken(t *testing.T) {
	s := demanding(t, "from-a-program")
	var exec secret
	exec.Data.Server = []byte(s.Config().Host)
	exec.Data.Config = fmt.Appendf(nil, `{"execProviderConfig":{"command":%q,"apiVersion":"client.authentication.k8s.io/v1beta1","env":{%q:"from-a-program"}}}`, os.Args[0], execToken)
	one, err := exec.cluster()
	if err != nil {
		t.Fatal(err)
	}
	isRead(t, one)
}

// Where a Secret names AWS, Argo CD's program argocd-k8s-auth gives the token.
func TestArgoCDsProgramForAWSGivesTheToken(t *testing.T) {
	bin := t.TempDir()
	if err := os.Symlink(os.Args[0], filepath.Join(bin, "argocd-k8s-auth")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin)
	t.Setenv(execToken, "from-aws")
	s := demanding(t, "from-aws")
	var aws secret
	aws.Data.Server, aws.Data.Config = []byte(s.Config().Host), []byte(`{"awsAuthConfig":{"clusterName":"eks-b"}}`)
	one, err := aws.cluster()
	if err != nil {
		t.Fatal(err)
	}
	isRead(t, one)
}

// isRead watches clusters until the one Application is seen.
func isRead(t *testing.T, clusters ...Cluster) {
	t.Helper()
	m, err := NewMapping("", "", "")
	if err != nil {
		t.Fatal(err)
	}
	w, err := New(Config{Mapping: m, Now: (&clock{}).now}, clusters)
	if err != nil {
		t.Fatal(err)
	}
	run(t, w)
	kubetest.Eventually(t, "the Application is read", is(w, "a-1:Synced/Healthy"))
}
