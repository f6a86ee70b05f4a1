package config

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/internal/document"
)

const withoutPromotion = "source: {prometheus: {url: 'http://p:9090'}}\nfleet: [f.yaml]\nslos: [s.yaml]\n"

func TestThePromotionSectionIsRead(t *testing.T) {
	c, err := Parse("/etc/shop/shopslo.yaml", []byte(withoutPromotion))
	if err != nil || c.Promotion != nil {
		t.Fatalf("%+v, %v", c, err)
	}
	c, err = Parse("/etc/shop/shopslo.yaml", []byte(withoutPromotion+`promotion:
  git: {system: "git@git.example:shop/system.git", app: "repos/app.git", submodule: app, dir: data/git}
  author: {name: Release Bot, email: bot@example.com}
  signing: {format: ssh, key: secrets/key}
  compare: "https://git.example/shop/app/compare/{from}...{to}"
  images: false
  slack: {webhook_file: secrets/slack}
`))
	if err != nil {
		t.Fatal(err)
	}
	want := Promotion{Git: Git{"git@git.example:shop/system.git", "/etc/shop/repos/app.git", "app", "/etc/shop/data/git"},
		Author: Author{"Release Bot", "bot@example.com"}, Signing: Signing{"ssh", "/etc/shop/secrets/key"},
		Compare: "https://git.example/shop/app/compare/{from}...{to}", PullRequestExpiry: 24 * time.Hour, Slack: &Slack{document.Secret{File: filepath.Join("/etc/shop", "secrets/slack")}}}
	if !reflect.DeepEqual(*c.Promotion, want) {
		t.Errorf("%+v, want\n%+v", *c.Promotion, want)
	}
}

// The example that users copy must load.
func TestTheDocumentedPromotionSectionLoads(t *testing.T) {
	text, err := os.ReadFile("../../docs/promote.md")
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(text), "```yaml\n")
	example, _, _ = strings.Cut(example, "```")
	c, err := Parse("shopslo.yaml", []byte(withoutPromotion+example))
	if err != nil || c.Promotion.Git.Submodule != "app" || !c.Promotion.Images {
		t.Errorf("%v\n%s", err, example)
	}
}

func TestFaultsOfThePromotionSectionAreNamed(t *testing.T) {
	for text, want := range map[string]string{
		"{}":                                    "promotion.git: is missing",
		"{git: {dir: d}}":                       "promotion.git.system: is missing",
		"{git: {system: s}}":                    "promotion.git.dir: is missing",
		"{git: {system: s, dir: d, app: a}}":    "promotion.git.app: and submodule go together",
		"{git: {system: 'ext::sh', dir: d}}":    "names a remote helper",
		"{git: {system: s, dir: d}, slack: {}}": "promotion.slack.webhook: is missing",
		"{git: {system: s, dir: d}, slack: {webhook: 'https://x'}}": "a secret does not stand in this file",
		"{git: {system: s, dir: d}, compare: 'https://x'}":          "needs {from} and {to}",
		"{git: {system: s, dir: d}, signing: {key: k}}":             "promotion.signing.format: is missing",
		"{git: {system: s, dir: d}, signing: {format: pgp}}":        "is not one of",
		"{git: {system: s, dir: d}, pull_request_expiry: 30s}":      "must be 1m to 30d",
		"{git: {system: s, dir: d}, pull_request_expiry: 31d}":      "must be 1m to 30d",
		"{git: {system: s, dir: d}, author: {name: n}}":             "promotion.author.email: is missing",
		"{git: {system: 'https://u:hunter2@x/y', dir: d}}":          "holds a password",
		"{git: {system: s, dir: d, brnch: x}}":                      "unknown key",
	} {
		_, err := Parse("shopslo.yaml", []byte(withoutPromotion+"promotion: "+text+"\n"))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "shopslo.yaml:4:") || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}
