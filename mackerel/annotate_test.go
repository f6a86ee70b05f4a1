package mackerel_test

import (
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/internal/fakes/mackerelfake"
	"github.com/shopslo/shopslo/internal/mackerelhttp"
	"github.com/shopslo/shopslo/mackerel"
)

func TestAReleaseIsNotedOnce(t *testing.T) {
	r := newRig(t)
	client, err := mackerel.New(mackerelhttp.Config{URL: r.fake.URL, Key: mackerelfake.Key})
	if err != nil {
		t.Fatal(err)
	}
	release := mackerel.Release{Tier: "prod", Release: strings.Repeat("abcdef0123", 4), Previous: "v1", At: noon, Note: strings.Repeat("買", 2000)}
	if release.Compare, err = mackerel.CompareURL("https://github.example/shops/app.git", "v1", "v2/x"); err != nil {
		t.Fatal(err)
	}
	r.fake.Fail(mackerelfake.DropAfterWrite, "POST", 1)
	if made, err := client.Annotate(t.Context(), "shops", release); err == nil {
		t.Errorf("the connection broke, and it says %t", made)
	}
	release.At = noon.Add(time.Minute)
	if made, err := client.Annotate(t.Context(), "shops", release); err != nil || made {
		t.Errorf("again: %t %v", made, err)
	}
	release.Tier = "prod-ha"
	if made, err := client.Annotate(t.Context(), "shops", release); err != nil || !made {
		t.Errorf("another Tier: %t %v", made, err)
	}
	got := r.fake.Annotations()
	if len(got) != 2 || got[0].Title != "prod: release abcdef0123" || !strings.Contains(got[0].Description, "https://github.example/shops/app/compare/v1...v2%2Fx\n") || len([]rune(got[0].Description)) != 1024 {
		t.Errorf("%+v", got)
	}
	if _, err := client.Annotate(t.Context(), "nobody", release); err == nil {
		t.Error("an unknown service is taken")
	}
}

func TestCompareLinksHoldNoUser(t *testing.T) {
	for _, repository := range []string{"https://user:password@github.example/a/b", "git@github.example:a/b", "github.example/a/b"} {
		if u, err := mackerel.CompareURL(repository, "a", "b"); err == nil || strings.Contains(err.Error(), "password") {
			t.Errorf("%s: %s %v", repository, u, err)
		}
	}
	if u, err := mackerel.CompareURL("", "a", "b"); u != "" || err != nil {
		t.Errorf("%s %v", u, err)
	}
}
