package config

import (
	"net/url"
	"strings"
	"time"
)

// Review is how `shopslo report` compiles the weekly review: docs/review.md.
type Review struct {
	// Zone is where weeks and days begin.
	Zone *time.Location
	// Language is en or ja.
	Language string
	// Actions are patterns of the names of files with action items, as written; nil: none.
	Actions []string
	// Link is where people find the report, with {week} in it; "" : nowhere.
	Link string
	// SlackWebhookFile holds the address of an incoming webhook; "" for none.
	SlackWebhookFile string
}

// WeeklyReview is the section review, or where there is none its defaults.
func (c *Config) WeeklyReview() Review {
	if c.Review == nil {
		return Review{Zone: time.UTC, Language: "en"}
	}
	return *c.Review
}

func (c *Config) review(top *mapping) {
	n := top.take("review")
	if n == nil {
		return
	}
	m := top.r.mapping(n, "review")
	v := &Review{Zone: time.UTC, Language: "en"}
	c.Review = v
	zone := ""
	m.text("timezone", &zone)
	if zone != "" {
		location, err := time.LoadLocation(zone)
		if err != nil || zone == "Local" {
			m.fault("timezone", ": %q is no time zone; write its IANA name, such as Asia/Tokyo", zone)
		} else {
			v.Zone = location
		}
	}
	m.word("language", &v.Language, "en", "ja")
	m.texts("actions", &v.Actions)
	m.text("link", &v.Link)
	if u, err := url.Parse(strings.ReplaceAll(v.Link, "{week}", "2026-W46")); v.Link != "" && (err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "") {
		m.fault("link", ` must be the address of a page, like "https://git.example/shop/reviews/{week}.md"`)
	}
	if n := m.take("slack"); n != nil {
		s := m.r.mapping(n, m.at("slack"))
		c.path(s, "webhook_file", &v.SlackWebhookFile)
		for _, key := range []string{"webhook", "webhook_url", "url"} {
			s.hint(key, "the address is a secret: put it into a file of its own and name that with webhook_file")
		}
		s.done()
		s.need("webhook_file", v.SlackWebhookFile, "name the file that holds the webhook's address")
	}
	m.done()
}
