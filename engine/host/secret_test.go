package host

import (
	"strings"
	"testing"

	"github.com/shopslo/shopslo/internal/document"
)

func TestSecretsComeFromTheEnvironmentToo(t *testing.T) {
	h := Host{Env: map[string]string{"KEY": "hunter2"}}
	if got, err := h.InEnv("token", document.Secret{Env: "KEY"}); err != nil || got != "hunter2" {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := h.InEnv("token", document.Secret{File: "none"}); err != nil || got != "" {
		t.Errorf("a file was read ahead: %q, %v", got, err)
	}
	if _, err := h.InEnv("token", document.Secret{Env: "OTHER"}); err == nil || !strings.Contains(err.Error(), "token is to come from the environment variable OTHER, which is not set") {
		t.Errorf("a variable that is not set: %v", err)
	}
}

func TestNoPasswordIsShownOfAURL(t *testing.T) {
	for url, want := range map[string]string{
		"https://u:tok@host/x": "https://host/x", "https://tok/en@host/x": "https://***@host/x", "http://host:9090": "http://host:9090", "https://u:tok/en@host": "an address that is no URL",
	} {
		if got := WithoutUser(url); got != want {
			t.Errorf("%s: %s, want %s", url, got, want)
		}
	}
}
