package config

import (
	"path/filepath"
	"strings"

	"github.com/shopslo/shopslo/internal/git"
)

// Promotion is how Releases are moved: docs/promote.md.
type Promotion struct {
	Git Git
	// Author of the commits; both are "" where nobody says.
	AuthorName, AuthorEmail string
	// SigningFormat is openpgp, ssh or x509, "" for no signature; SigningKey is what
	// git's user.signingKey may be, "" for git's own choice.
	SigningFormat, SigningKey string
	// Hooks is a folder of git hooks; "" for none.
	Hooks string
	// Compare is a URL with {from} and {to} in it; "" for none.
	Compare string
	// Images: rollbacks look in the registries for the images that they need.
	Images bool
	// SlackWebhookFile holds the address of an incoming webhook; "" for none.
	SlackWebhookFile string
}

// Git says where the repositories are, in the words of shopset_exporter's flags.
type Git struct {
	// System is the URL of the repository that Argo CD reads; App that of the app
	// repository and Submodule its folder there, both "" for a single repository.
	System, App, Submodule string
	// Dir is the folder of the mirrors.
	Dir string
}

func (c *Config) promotion(top *mapping) {
	n := top.take("promotion")
	if n == nil {
		return
	}
	m := top.r.mapping(n, "promotion")
	p := &Promotion{Images: true}
	c.Promotion = p
	c.git(m.r.mapping(m.take("git"), m.at("git")), m, p)
	if n := m.take("author"); n != nil {
		a := m.r.mapping(n, m.at("author"))
		a.text("name", &p.AuthorName)
		a.text("email", &p.AuthorEmail)
		a.done()
		a.need("name", p.AuthorName, "say who makes the commits")
		a.need("email", p.AuthorEmail, "say who makes the commits")
	}
	if n := m.take("signing"); n != nil {
		s := m.r.mapping(n, m.at("signing"))
		s.word("format", &p.SigningFormat, "openpgp", "ssh", "x509")
		s.text("key", &p.SigningKey)
		if p.SigningFormat == "ssh" && p.SigningKey != "" && !strings.HasPrefix(p.SigningKey, "key::") {
			p.SigningKey = c.join(p.SigningKey)
		}
		s.done()
		if !s.has("format") {
			s.fault("format", " is missing: openpgp, ssh or x509")
		}
	}
	c.path(m, "hooks", &p.Hooks)
	m.text("compare", &p.Compare)
	if p.Compare != "" && (!strings.Contains(p.Compare, "{from}") || !strings.Contains(p.Compare, "{to}")) {
		m.fault("compare", ` needs {from} and {to} in it, like "https://git.example/shop/app/compare/{from}...{to}"`)
	}
	m.boolean("images", &p.Images)
	if n := m.take("slack"); n != nil {
		s := m.r.mapping(n, m.at("slack"))
		c.path(s, "webhook_file", &p.SlackWebhookFile)
		s.hint("webhook", "the address is a secret: put it into a file of its own and name that with webhook_file")
		s.hint("webhook_url", "the address is a secret: put it into a file of its own and name that with webhook_file")
		s.done()
		s.need("webhook_file", p.SlackWebhookFile, "name the file that holds the webhook's address")
	}
	m.done()
}

func (c *Config) git(m, around *mapping, p *Promotion) {
	m.text("system", &p.Git.System)
	m.text("app", &p.Git.App)
	m.text("submodule", &p.Git.Submodule)
	c.path(m, "dir", &p.Git.Dir)
	m.done()
	if !around.has("git") {
		around.fault("git", " is missing: name the system repository and a folder for its mirror")
		return
	}
	m.need("system", p.Git.System, "name the repository that Argo CD reads")
	m.need("dir", p.Git.Dir, "name a folder for the mirrors")
	if (p.Git.App == "") != (p.Git.Submodule == "") {
		m.fault("app", " and submodule go together: name both, or none for a single repository")
	}
	for key, remote := range map[string]*string{"system": &p.Git.System, "app": &p.Git.App} {
		if *remote == "" {
			continue
		}
		if err := git.CheckRemote(*remote); err != nil {
			m.fault(key, ": %v", err)
		}
		if !strings.Contains(*remote, ":") && !filepath.IsAbs(*remote) {
			*remote = c.join(*remote)
		}
	}
}
