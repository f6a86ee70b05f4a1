package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/shopslo/shopslo/internal/config"
	strict "github.com/shopslo/shopslo/internal/document"
)

func TestSecretsComeFromTheEnvironmentToo(t *testing.T) {
	p := &program{env: map[string]string{"KEY": "hunter2"}}
	token := config.Remote{BearerToken: strict.Secret{Env: "KEY"}}
	basic := config.Remote{BasicAuth: &config.BasicAuth{Username: "u", Password: strict.Secret{Env: "KEY"}}}
	for _, r := range []config.Remote{token, basic} {
		var letIn bool
		server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, q *http.Request) {
			_, password, _ := q.BasicAuth()
			letIn = password == "hunter2" || q.Header.Get("Authorization") == "Bearer hunter2"
		}))
		defer server.Close()
		client, err := httpClient(r, p.surroundings())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.Get(server.URL); err != nil || !letIn {
			t.Errorf("%+v: not let in, %v", r, err)
		}
		asked, err := p.remote(&config.Prometheus{Remote: r})
		if err != nil || asked.BearerToken+asked.Password != "hunter2" {
			t.Errorf("%+v: %v", asked, err)
		}
	}
	p.env = nil
	if _, err := httpClient(token, p.surroundings()); err == nil || !strings.Contains(err.Error(), "KEY, which is not set") {
		t.Errorf("a variable that is not set: %v", err)
	}
}
