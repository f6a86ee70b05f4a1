package evidence

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/shopslo/shopslo/engine/config"
	"github.com/shopslo/shopslo/engine/host"
	"github.com/shopslo/shopslo/internal/document"
)

func TestAServerIsShownSecretsOfTheEnvironment(t *testing.T) {
	key := document.Secret{Env: "KEY"}
	for _, r := range []config.Remote{{BearerToken: key}, {BasicAuth: &config.BasicAuth{Username: "u", Password: key}}} {
		var letIn bool
		server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, q *http.Request) {
			_, password, _ := q.BasicAuth()
			letIn = password == "hunter2" || q.Header.Get("Authorization") == "Bearer hunter2"
		}))
		defer server.Close()
		client, err := httpClient(host.Host{Env: map[string]string{"KEY": "hunter2"}}, r)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.Get(server.URL); err != nil || !letIn {
			t.Errorf("%+v: not let in, %v", r, err)
		}
		if _, err := httpClient(host.Host{}, r); err == nil {
			t.Errorf("%+v: a variable that is not set is no fault", r)
		}
	}
}
