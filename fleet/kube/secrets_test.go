package kube

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"k8s.io/client-go/rest"

	"github.com/shopslo/shopslo/fleet/kube/kubetest"
)

// secretServer answers a list of cluster Secrets.
func secretServer(t *testing.T, status int, answer string) (at Cluster, asked *http.Request) {
	asked = &http.Request{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*asked = *r
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		fmt.Fprint(w, answer)
	}))
	t.Cleanup(server.Close)
	return Cluster{Name: "here", Config: &rest.Config{Host: server.URL, BearerToken: "hunter2"}}, asked
}

// secretJSON is a Secret as an API server answers it.
func secretJSON(name string, data map[string]string) string {
	encoded := map[string]string{}
	for key, text := range data {
		encoded[key] = base64.StdEncoding.EncodeToString([]byte(text))
	}
	text, err := json.Marshal(map[string]any{"metadata": map[string]string{"name": name, "namespace": "argocd"}, "type": "Opaque", "data": encoded})
	if err != nil {
		panic(err)
	}
	return string(text)
}

func TestClusterSecretsAreListed(t *testing.T) {
	at, asked := secretServer(t, 200, `{"kind":"SecretList","apiVersion":"v1","metadata":{"resourceVersion":"7"},"items":[`+
		secretJSON("b", map[string]string{"name": "onprem-b", "server": "https://b.example", "config": `{"bearerToken":"b-token"}`})+","+
		secretJSON("a", map[string]string{"server": "https://a.example"})+","+
		secretJSON("odd", map[string]string{"server": "https://c.example", "config": `hunter3`})+","+
		secretJSON("none", nil)+`]}`)
	clusters, faults, err := ArgoSecrets(t.Context(), at, "argocd")
	if err != nil {
		t.Fatal(err)
	}
	if asked.URL.Path != "/api/v1/namespaces/argocd/secrets" || asked.URL.Query().Get("labelSelector") != "argocd.argoproj.io/secret-type=cluster" ||
		asked.Header.Get("Authorization") != "Bearer hunter2" || asked.Header.Get("Accept") != "application/json" {
		t.Errorf("it asked for %s with %v", asked.URL, asked.Header)
	}
	if len(clusters) != 2 || clusters[0].Name != "https://a.example" || clusters[1].Name != "onprem-b" || clusters[1].Config.BearerToken != "b-token" {
		t.Errorf("%+v", clusters)
	}
	if text := fmt.Sprint(faults); len(faults) != 2 || !strings.Contains(text, "cluster here: Secret argocd/odd: its config is no JSON") ||
		!strings.Contains(text, "Secret argocd/none: it has no server") || strings.Contains(text, "hunter") {
		t.Error(text)
	}
}

func TestSecretsThatCannotBeListedAreAnErrorWithoutAnyOfThem(t *testing.T) {
	code, forbidden := kubetest.Status(403, "Forbidden")
	for name, tt := range map[string]struct {
		status       int
		answer, want string
	}{
		"no rights":      {code, forbidden, "list Argo CD's cluster Secrets in namespace argocd: Forbidden"},
		"no JSON":        {200, "hunter3", "no list of Secrets"},
		"another kind":   {200, `{"kind":"PodList","items":[]}`, "no list of Secrets"},
		"data that none": {200, `{"kind":"SecretList","items":[{"data":{"config":"hunter3!"}}]}`, "no list of Secrets"},
		"endless":        {200, `{"kind":"SecretList","items":[` + strings.Repeat(" ", maxSecrets) + `]}`, "more than 64 MiB"},
	} {
		at, _ := secretServer(t, tt.status, tt.answer)
		clusters, _, err := ArgoSecrets(t.Context(), at, "argocd")
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "hunter") || len(clusters) > 0 {
			t.Errorf("%s: %v, %v", name, clusters, err)
		}
	}
}

// The cluster that a pod runs in has an address of its own in a Secret.
func TestASecretOfTheOwnClusterNeedsAPod(t *testing.T) {
	t.Setenv("KUBERNETES_SERVICE_HOST", "")
	var s secret
	s.Data.Server = []byte(ownAddress)
	if c, err := s.cluster(); err == nil || !strings.Contains(err.Error(), "cannot be used") {
		t.Errorf("%+v, %v", c, err)
	}
}
