package config

import (
	"path/filepath"
	"strings"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/git"
)

// DecisionLog is where the gate's decisions are logged, and what was moved after them:
// either in a folder or in a branch.
type DecisionLog struct {
	// Dir is the folder of a server's log; "" where it is in a branch.
	Dir string
	// Repository is the URL of the git repository with the log; "" where it is in a folder.
	Repository string
	// Branch is of the log alone.
	Branch string
	// Required: what cannot be logged is inconclusive.
	Required bool
}

// Tell is who is told of decisions.
type Tell struct {
	// Slack: an incoming webhook is told. SlackWebhookFile holds its address; "" means
	// that the environment does.
	Slack            bool
	SlackWebhookFile string
	// Mackerel: decisions are annotated on the service of the section mackerel.
	Mackerel bool
	// Decisions are those that are told: promote, hold, inconclusive.
	Decisions []string
}

func (c *Config) decisionLog(gate *mapping) {
	n := gate.take("log")
	if n == nil {
		return
	}
	m := gate.r.mapping(n, gate.at("log"))
	l := &DecisionLog{}
	c.Gate.Log = l
	c.path(m, "dir", &l.Dir)
	if n := m.take("git"); n != nil {
		c.decisionBranch(m.r.mapping(n, m.at("git")), l)
	}
	m.boolean("required", &l.Required)
	m.done()
	switch {
	case m.has("dir") && m.has("git"):
		m.fault("git", " stands beside dir; a log is in one place: choose one")
	case !m.has("git"):
		m.need("dir", l.Dir, "name the folder of a server's log, or a repository and branch with git; or leave log out")
	}
}

func (c *Config) decisionBranch(m *mapping, l *DecisionLog) {
	l.Branch = "decisions"
	m.text("repository", &l.Repository)
	m.text("branch", &l.Branch)
	m.done()
	m.need("repository", l.Repository, "name the git repository that is to hold the decisions")
	if l.Repository == "" {
		return
	}
	if err := git.CheckRemote(l.Repository); err != nil {
		m.fault("repository", ": %v", err)
	}
	if !strings.Contains(l.Repository, ":") && !filepath.IsAbs(l.Repository) {
		l.Repository = c.join(l.Repository)
	}
	if err := fleet.CheckBranch(l.Branch); err != nil {
		m.fault("branch", ": %v", err)
	}
}

func (c *Config) tell(gate, top *mapping) {
	n := gate.take("tell")
	if n == nil {
		return
	}
	m := gate.r.mapping(n, gate.at("tell"))
	t := &c.Gate.Tell
	if n := m.take("slack"); n != nil {
		t.Slack = true
		s := m.r.mapping(n, m.at("slack"))
		c.path(s, "webhook_file", &t.SlackWebhookFile)
		for _, key := range []string{"webhook", "webhook_url", "url"} {
			s.hint(key, "the address is a secret: put it into a file of its own and name that with webhook_file, or into the environment")
		}
		s.done()
	}
	m.boolean("mackerel", &t.Mackerel)
	if t.Mackerel && !top.has("mackerel") {
		m.fault("mackerel", " needs the section mackerel, which names the service")
	}
	t.Decisions = []string{"promote", "hold", "inconclusive"}
	if m.has("decisions") {
		t.Decisions = nil
		m.texts("decisions", &t.Decisions)
		for i, d := range t.Decisions {
			if d != "promote" && d != "hold" && d != "inconclusive" {
				m.fault("decisions", "[%d]: %q must be promote, hold or inconclusive", i, d)
			}
		}
	}
	m.done()
}
