package main

import (
	"cmp"
	"crypto/x509"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/shopslo/shopslo/internal/disk"
	"github.com/shopslo/shopslo/plugins/mailrelay"
	"github.com/shopslo/shopslo/plugins/mailrelay/blastengine"
	"github.com/shopslo/shopslo/plugins/mailrelay/cuenote"
	"github.com/shopslo/shopslo/plugins/mailrelay/customersmailcloud"
	"github.com/shopslo/shopslo/plugins/mailrelay/mailgun"
	"github.com/shopslo/shopslo/plugins/mailrelay/postmark"
	"github.com/shopslo/shopslo/plugins/mailrelay/relayconf"
	"github.com/shopslo/shopslo/plugins/mailrelay/sendgrid"
	"github.com/shopslo/shopslo/plugins/mailrelay/ses"
	"github.com/shopslo/shopslo/plugins/mailrelay/smtpimap"
	"github.com/shopslo/shopslo/plugins/mailrelay/sparkpost"
	"github.com/shopslo/shopslo/plugins/mailrelay/statuspageio"
)

// relays makes an adapter of what the configuration says after `relay:`. A constructor
// takes its keys out of the options and asks nothing yet; faults stay in the options.
var relays = map[string]func(o *relayconf.Options) mailrelay.Relay{
	"blastengine": func(o *relayconf.Options) mailrelay.Relay {
		return blastengine.New(blastengine.Account{Login: o.Text("user"), Key: o.Secret("key"), BaseURL: o.MayURL("url")})
	},
	"cuenote": func(o *relayconf.Options) mailrelay.Relay {
		return cuenote.New(cuenote.Account{User: o.Text("user"), Password: o.Secret("key"), Group: o.MayText("group"), BaseURL: o.URL("url")})
	},
	"customersmailcloud": func(o *relayconf.Options) mailrelay.Relay {
		return customersmailcloud.New(customersmailcloud.Account{User: o.Text("user"), Key: o.Secret("key"),
			ServerComposition: o.MayText("server_composition"), BaseURL: o.URL("url")})
	},
	"mailgun": func(o *relayconf.Options) mailrelay.Relay {
		return mailgun.New(mailgun.Account{Key: o.Secret("key"), Domain: o.MayText("domain"), BaseURL: o.MayURL("url")})
	},
	"postmark": func(o *relayconf.Options) mailrelay.Relay {
		return postmark.New(postmark.Account{Token: o.Secret("key"), Stream: o.MayText("stream"), BaseURL: o.MayURL("url"), Zone: o.MayZone("time_zone")})
	},
	"sendgrid": func(o *relayconf.Options) mailrelay.Relay {
		return sendgrid.New(sendgrid.Account{Key: o.Secret("key"), Subuser: o.MayText("subuser"), BaseURL: o.MayURL("url"), Zone: o.MayZone("time_zone")})
	},
	"ses": amazonSES,
	"sparkpost": func(o *relayconf.Options) mailrelay.Relay {
		return sparkpost.New(sparkpost.Account{Key: o.Secret("key"), Scheme: o.MayText("scheme"), BaseURL: o.MayURL("url")})
	},
}

// amazonSES takes keys of the account's own, or leaves it to the AWS SDK to find some.
func amazonSES(o *relayconf.Options) mailrelay.Relay {
	a := ses.Account{AccessKey: o.MaySecret("key_id"), SecretKey: o.MaySecret("key"), SessionToken: o.MaySecret("token"),
		Profile: o.MayText("profile"), Region: o.MayText("region"), BaseURL: o.MayURL("url"), Now: time.Now}
	if (a.AccessKey == "") != (a.SecretKey == "") {
		o.Refuse("key", "and key_id go together: the secret access key and its id; without both the AWS SDK looks for credentials where it always does")
	}
	return ses.New(a)
}

// canaries and statusPages make what stands in the sections `canary:` and
// `status_page:` of an account; the key of each table is the section's `by:`.
var (
	canaries    = map[string]func(o *relayconf.Options) mailrelay.Canary{"smtp_imap": marked}
	statusPages = map[string]func(o *relayconf.Options) mailrelay.StatusPage{
		"statuspage": func(o *relayconf.Options) mailrelay.StatusPage {
			return &statuspageio.Page{URL: o.URL("url"), Component: o.MayText("component")}
		},
	}
)

// wayTo makes a canary that is not to the same destination as one before.
func wayTo(o *relayconf.Options, before []canary) canary {
	c := canary{to: mailrelay.Destination(o.MayText("destination"))}
	switch {
	case c.to != "" && !slices.Contains(mailrelay.Destinations, c.to):
		o.Refuse("destination", "is %q; it can be %s", c.to, strings.Join(names(mailrelay.Destinations), ", "))
	case slices.ContainsFunc(before, func(b canary) bool { return b.to == c.to }) && c.to == "":
		o.Refuse("destination", "is missing: of an account's canaries one at most names none")
	case slices.ContainsFunc(before, func(b canary) bool { return b.to == c.to }):
		o.Refuse("destination", "is %q, to which another canary of the account goes", c.to)
	}
	c.way = choose(canaries, o.Text("by"), o, "by")
	return c
}

func names(all []mailrelay.Destination) (out []string) {
	for _, d := range all {
		out = append(out, string(d))
	}
	return out
}

// marked makes the way of marked mails, from a relay's SMTP to a mailbox's IMAP.
func marked(o *relayconf.Options) mailrelay.Canary {
	end := func(name string) smtpimap.Server {
		s := smtpimap.Server{Address: o.Text(name), Security: smtpimap.Security(cmp.Or(o.MayText(name+"_security"), string(smtpimap.TLS))),
			User: o.MayText(name + "_user"), Password: o.MaySecret(name + "_password")}
		if wrong := s.Check(); wrong != "" && s.Address != "" {
			o.Refuse(name, "%s", wrong)
		}
		return s
	}
	w := &smtpimap.Way{From: o.Text("from"), To: o.Text("to"), SMTP: end("smtp"), IMAP: end("imap"), Mailbox: o.MayText("mailbox"), Junk: o.MayText("junk"), Now: time.Now}
	if path := o.MayText("ca_file"); path != "" {
		text, err := disk.ReadSmall(path)
		w.Roots = x509.NewCertPool()
		if err != nil || !w.Roots.AppendCertsFromPEM(text) {
			o.Refuse("ca_file", "is %q, which cannot be read as certificates (PEM)", path)
		}
	}
	return w
}

// choose takes a constructor out of a table by a word of the configuration.
func choose[T any](table map[string]func(*relayconf.Options) T, word string, o *relayconf.Options, key string) (made T) {
	if make, ok := table[word]; ok {
		return make(o)
	}
	if word != "" {
		o.Refuse(key, "is %q, which is not known; it can be %s", word, strings.Join(slices.Sorted(maps.Keys(table)), ", "))
	}
	o.Skip()
	return made
}
