package relayconf

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/internal/text"
)

var around = Surroundings{
	Env: func(name string) (string, bool) { return "from the environment", name == "KEY" },
	ReadFile: func(path string) ([]byte, error) {
		if path == "/etc/relays/key" {
			return []byte("from a file\n"), nil
		}
		return nil, fs.ErrNotExist
	},
}

const full = `
state: history
language: ja
time_zone: Asia/Tokyo
holidays: [2026-11-03, "2026-11-23"]
accounts:
- name: shop
  relay: sendgrid
  key: {env: KEY}
  subuser: shops
  time_zone: America/Los_Angeles
  timeout: 5s
  max_queue: 1000
  max_silence: 20m
  canary: {to: canary@example.com}
  canaries: [{to: canary@docomo.ne.jp, destination: docomo}, {to: canary@gmail.com}]
- {name: owners, relay: mailgun, key: {file: key}, url: "https://api.eu.mailgun.net/"}
`

func TestEveryKeyIsRead(t *testing.T) {
	f, err := Parse("/etc/relays/mailrelay.yaml", []byte(full), around)
	if err != nil {
		t.Fatal(err)
	}
	if f.State != "/etc/relays/history" || f.Language != text.Japanese || f.Zone.String() != "Asia/Tokyo" || !f.Holidays["2026-11-03"] || !f.Holidays["2026-11-23"] {
		t.Errorf("%+v", f)
	}
	a := f.Accounts[0]
	if a.Name != "shop" || a.Relay != "sendgrid" || a.Timeout != 5*time.Second || a.MaxQueue != 1000 || a.MaxSilence != 20*time.Minute {
		t.Errorf("%+v", a)
	}
	if k := a.Options.Secret("key"); k != "from the environment" {
		t.Errorf("key %q", k)
	}
	if s, z := a.Options.MayText("subuser"), a.Options.MayZone("time_zone"); s != "shops" || z.String() != "America/Los_Angeles" {
		t.Error(s, z)
	}
	for i, want := range []string{"canary@example.com", "canary@docomo.ne.jp", "canary@gmail.com"} {
		if to := a.Canaries[i].Text("to"); to != want || a.StatusPage != nil {
			t.Errorf("canary %d to %q", i, to)
		}
		a.Canaries[i].MayText("destination")
	}
	b := f.Accounts[1]
	if k, u := b.Options.Secret("key"), b.Options.MayURL("url"); k != "from a file" || u != "https://api.eu.mailgun.net" || b.Timeout != defaultTimeout {
		t.Error(k, u, b.Timeout)
	}
	if err := errors.Join(a.Finish(), b.Finish()); err != nil {
		t.Error(err)
	}
}

func TestFaultsOfTheFileNameTheirLine(t *testing.T) {
	const ok = "accounts: [{name: a, relay: r}]\n"
	tests := []struct{ name, text, want string }{
		{"an empty file", "", "f.yaml: the file is empty"},
		{"a text", "hello", "f.yaml:1:1: needs a mapping"},
		{"a broken document", "a: [", "f.yaml:1: is not YAML"},
		{"two documents", ok + "---\na: 1\n", "second document"},
		{"no accounts", "language: en", "f.yaml:1:1: accounts: is missing; name at least one"},
		{"an unknown key", ok + "langauge: ja\n", `f.yaml:2:1: langauge: unknown key (did you mean "language"?)`},
		{"a key given twice", ok + "language: ja\nlanguage: en\n", `f.yaml:3:1: language: is given twice, first on line 2`},
		{"another language", ok + "language: fr\n", `f.yaml:2:11: language: "fr" is not one of en, ja`},
		{"no time zone", ok + "time_zone: Tokio\n", `f.yaml:2:12: time_zone: "Tokio" is no time zone`},
		{"no date", ok + "holidays: [soon]\n", `f.yaml:2:12: holidays[0]: "soon" is no date`},
		{"an account without a name", "accounts:\n- relay: r\n", "f.yaml:2:3: accounts[0].name: is missing"},
		{"an account without a relay", "accounts:\n- name: a\n", "f.yaml:2:3: accounts[0].relay: is missing"},
		{"a name that is none", "accounts:\n- {name: a.b, relay: r}\n", `f.yaml:2:10: accounts[0].name: is "a.b"`},
		{"a name given twice", "accounts:\n- {name: a, relay: r}\n- {name: A, relay: r}\n", `f.yaml:3:10: accounts[1].name: "A" is also the name on line 2`},
		{"a timeout beyond the agent's", "accounts:\n- {name: a, relay: r, timeout: 1m}\n", "f.yaml:2:32: accounts[0].timeout: is 1m0s"},
		{"a length of time without a unit", "accounts:\n- {name: a, relay: r, timeout: 10}\n", `f.yaml:2:32: accounts[0].timeout: "10" is not a duration`},
		{"a count that is none", "accounts:\n- {name: a, relay: r, max_queue: -1}\n", "max_queue: must be a whole number above 0"},
		{"a list that is none", "accounts: all\n", "f.yaml:1:11: accounts: needs a list"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse("f.yaml", []byte(tt.text), around)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v\nwant %s", err, tt.want)
			}
		})
	}
}

func TestFaultsOfAnAccountAreItsOwn(t *testing.T) {
	tests := []struct{ name, keys, want string }{
		{"a secret in the file is refused and not repeated", "key: hunter22", "key: a secret does not stand in this file"},
		{"neither is it under another word", "key: {value: hunter22}", "key: a secret does not stand in this file"},
		{"no secret", "x: 1", "key: is missing; write key: {env: NAME}"},
		{"a variable that is not set", "key: {env: OTHER}", "environment variable OTHER, which is not set"},
		{"a file that is not there", "key: {file: other}", "the file other, which does not exist"},
		{"an unknown key", "key: {env: KEY}, subusr: a", `f.yaml:2:40: account "a": subusr: unknown key (did you mean "subuser"?)`},
		{"an address with a password", `key: {env: KEY}, url: "https://u:hunter22@host"`, "url: holds a user or password"},
		{"an address without a host", `key: {env: KEY}, url: "api"`, "url: is no address"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, err := Parse("f.yaml", []byte("accounts:\n- {name: a, relay: r, "+tt.keys+"}\n- {name: b, relay: r, key: {env: KEY}}\n"), around)
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range f.Accounts {
				_, _, _ = a.Options.Secret("key"), a.Options.MayText("subuser"), a.Options.MayURL("url")
			}
			got := f.Accounts[0].Finish()
			if got == nil || !strings.Contains(got.Error(), tt.want) {
				t.Errorf("got %v\nwant %s", got, tt.want)
			}
			if got != nil && strings.Contains(got.Error(), "hunter22") {
				t.Errorf("the secret shows: %v", got)
			}
			if err := f.Accounts[1].Finish(); err != nil {
				t.Errorf("the other account: %v", err)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(full))
	f.Add([]byte("accounts: [&a {name: a, relay: r, canary: *a}]"))
	f.Add([]byte("accounts: [{name: a, relay: r, key: {? [x] : y}}]"))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := Parse("f.yaml", b, around)
		if err != nil {
			if strings.TrimSpace(err.Error()) == "" {
				t.Error("an error without words")
			}
			return
		}
		for _, a := range c.Accounts {
			if !nameRule.MatchString(a.Name) || a.Timeout > maxTimeout {
				t.Errorf("read %+v", a)
			}
			_, _, _, _ = a.Options.Secret("key"), a.Options.MayText("subuser"), a.Options.MayURL("url"), a.Options.MayZone("time_zone")
			_ = a.Finish()
		}
	})
}
