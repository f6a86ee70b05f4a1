package config

import (
	"time"

	"github.com/shopslo/shopslo/internal/mackerelhttp"
)

// Mackerel is how to reach an organization of Mackerel.
type Mackerel struct {
	// URL is scheme and host of the API.
	URL string
	// APIKeyFile holds the API key; "" means that the environment does, in MACKEREL_API_KEY.
	APIKeyFile string
	// Timeout of one request.
	Timeout time.Duration
}

// MackerelPush is what goes to Mackerel, and whereto: the section "mackerel".
type MackerelPush struct {
	Mackerel
	// Service is the Mackerel service whose metrics the budgets become; "" where none is named.
	Service string
	// Every is the distance of two values, whole minutes.
	Every time.Duration
	// Spool is the folder of what is still to be sent.
	Spool string
}

// mackerelDelay is after how long Mackerel is taken to have a minute's values: agents
// send once a minute, and service metrics come with one post a minute as well.
const mackerelDelay = 3 * time.Minute

// reach takes the keys that say how to reach Mackerel.
func (c *Config) reach(m *mapping, to *Mackerel) {
	to.URL, to.Timeout = mackerelhttp.DefaultURL, 30*time.Second
	m.text("url", &to.URL)
	if err := mackerelhttp.CheckURL(to.URL); err != nil {
		m.fault("url", " %v", err)
	}
	c.path(m, "api_key_file", &to.APIKeyFile)
	m.duration("timeout", &to.Timeout)
	for _, key := range []string{"api_key", "apikey", "key"} {
		m.hint(key, "no secret stands in this file: put it into a file of its own and name that with api_key_file")
	}
}

func (c *Config) mackerelSource(m *mapping) *Mackerel {
	s := &Mackerel{}
	c.reach(m, s)
	m.done()
	return s
}

// mackerel takes the section of what goes to Mackerel, nil where there is none.
func (c *Config) mackerel(top *mapping) {
	n := top.take("mackerel")
	if n == nil {
		return
	}
	m := top.r.mapping(n, "mackerel")
	p := &MackerelPush{Every: time.Minute, Spool: "data/mackerel"}
	c.reach(m, &p.Mackerel)
	m.text("service", &p.Service)
	m.duration("every", &p.Every)
	m.text("spool", &p.Spool)
	p.Spool = c.join(p.Spool)
	m.done()
	m.need("service", p.Service, "name the Mackerel service whose metrics the budgets are to be")
	if p.Every < time.Minute || p.Every%time.Minute != 0 || p.Every > time.Hour {
		m.fault("every", " must be whole minutes, 1m to 1h: Mackerel takes one post a minute")
	} else if c.Ledger.Resolution > 0 && p.Every%c.Ledger.Resolution != 0 {
		m.fault("every", " must be a multiple of ledger.resolution, %s", formatDuration(c.Ledger.Resolution))
	}
	c.Mackerel = p
}
