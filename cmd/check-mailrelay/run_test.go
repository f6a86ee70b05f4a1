package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/shopslo/shopslo/plugins/mailrelay"
	"github.com/shopslo/shopslo/plugins/mailrelay/relaystore"
)

var (
	tokyo  = time.FixedZone("JST", 9*3600)
	monday = time.Date(2026, 10, 5, 9, 30, 0, 0, tokyo)
	minute = mailrelay.Traits{Vendor: "sparkpost", Grain: time.Minute, Tells: []mailrelay.Figure{mailrelay.Accepted, mailrelay.Delivered}}
)

// host is a machine with a configuration and the plugin's histories.
type host struct {
	t   *testing.T
	dir string
}

func newHost(t *testing.T, text string) host {
	h := host{t, t.TempDir()}
	if err := os.WriteFile(h.config(), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return h
}

func (h host) config() string { return filepath.Join(h.dir, "mailrelay.yaml") }

func (h host) store() relaystore.Store {
	return relaystore.Store{Dir: filepath.Join(h.dir, "mackerel-plugin-mailrelay")}
}

// polled keeps three weeks of 20 mails a minute, of which a part was delivered in the
// last half hour.
func (h host) polled(account string, until time.Time, kept float64) {
	h.t.Helper()
	err := h.store().Update(context.Background(), account, minute, func(hist *mailrelay.History) {
		for at := until.AddDate(0, 0, -21); at.Before(until); {
			grain, part := 15*time.Minute, 1.0
			if until.Sub(at) <= 12*time.Hour {
				grain = time.Minute
			}
			if until.Sub(at) <= 30*time.Minute {
				part = kept
			}
			n := int64(20 * grain.Minutes())
			_, _ = hist.Add(mailrelay.Poll{Span: mailrelay.Span{From: at, To: at.Add(grain)}, Report: mailrelay.Report{Buckets: []mailrelay.Bucket{
				{Start: at, End: at.Add(grain), Counts: mailrelay.Counts{mailrelay.Accepted: n, mailrelay.Delivered: int64(float64(n) * part)}}}}}, minute)
			at = at.Add(grain)
		}
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h host) run(now time.Time, args ...string) (int, string) {
	h.t.Helper()
	var out bytes.Buffer
	c := check{env: []string{"MACKEREL_PLUGIN_WORKDIR=" + h.dir}, stdout: &out, stderr: io.Discard, now: func() time.Time { return now }}
	code := c.run(append([]string{"-config", h.config()}, args...))
	line := out.String()
	if strings.Count(line, "\n") != 1 || !strings.HasSuffix(line, "\n") || utf8.RuneCountInString(line) > 1024+1 {
		h.t.Errorf("not one line of at most 1,024 characters: %q", line)
	}
	return code, line
}

const two = "time_zone: Asia/Tokyo\naccounts:\n- {name: shop, relay: sparkpost, key: {env: NOT_SET_HERE}}\n- {name: owners, relay: sparkpost, key: {env: NOT_SET_HERE}}\n"

func TestTheCheckSaysWhatChangedSinceWhen(t *testing.T) {
	tests := []struct {
		name  string
		kept  map[string]float64
		after time.Duration // from the last poll
		args  []string
		code  int
		want  string
	}{
		{"all is well", map[string]float64{"shop": 1, "owners": 1}, time.Minute, nil, 0, "MailRelay OK: nothing has changed for the worse at any of 2 accounts."},
		{"one account is well", map[string]float64{"shop": 1, "owners": 0}, time.Minute, []string{"-account", "shop"}, 0, "MailRelay OK: shop: the relay does what it always does"},
		{"one of two fails", map[string]float64{"shop": 1, "owners": 0}, time.Minute, nil, 2,
			"MailRelay CRITICAL: owners: deliveries fell to 0 % of the usual since 09:00: 0 until 09:30 where about 600 were expected. As many mails as ever came in, so they stay in the relay. (1 more without findings)"},
		{"the same in Japanese", map[string]float64{"shop": 1, "owners": 0}, time.Minute, []string{"-lang", "ja"}, 2, "MailRelay CRITICAL: owners: 配信が09:00から通常の0%に減っています"},
		{"the history is too old", map[string]float64{"shop": 1, "owners": 1}, 25 * time.Minute, []string{"-account", "shop"}, 3,
			"MailRelay UNKNOWN: shop: mackerel-plugin-mailrelay has not polled since 09:30 (25 min ago): nothing is known."},
		{"one was never polled", map[string]float64{"shop": 1}, time.Minute, nil, 3, "MailRelay UNKNOWN: owners: mackerel-plugin-mailrelay has never polled this account"},
		{"a known failure is worse than not knowing", map[string]float64{"owners": 0}, time.Minute, nil, 2, "CRITICAL: owners: deliveries fell"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHost(t, two)
			for account, kept := range tt.kept {
				h.polled(account, monday, kept)
			}
			code, line := h.run(monday.Add(tt.after), tt.args...)
			if code != tt.code || !strings.Contains(line, tt.want) {
				t.Errorf("code %d: %s\nwant %d: %s", code, line, tt.code, tt.want)
			}
		})
	}
}

func TestADamagedHistoryIsUnknownAndHidesNoOther(t *testing.T) {
	h := newHost(t, two)
	h.polled("owners", monday, 0)
	if err := os.WriteFile(h.store().Path("shop", "sparkpost"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, line := h.run(monday); code != 2 || !strings.Contains(line, "owners: deliveries fell") || !strings.Contains(line, "account shop") {
		t.Errorf("code %d: %s", code, line)
	}
	if code, line := h.run(monday, "-account", "shop"); code != 3 || !strings.Contains(line, "holds no history") {
		t.Errorf("code %d: %s", code, line)
	}
}

func TestWrongUsageIsUnknown(t *testing.T) {
	h := newHost(t, two)
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"an account that is not listed": {[]string{"-account", "none"}, `lists no account "none"; it lists shop, owners`},
		"another language":              {[]string{"-lang", "fr"}, "it can be en or ja"},
		"an argument":                   {[]string{"shop"}, "takes flags only"},
		"an unknown flag":               {[]string{"-w", "1"}, "unknown flag: -w; see -h"},
		"no file":                       {[]string{"-config", "/none"}, "may read with -config"},
	} {
		t.Run(name, func(t *testing.T) {
			if code, line := h.run(monday, c.args...); code != 3 || !strings.Contains(line, c.want) {
				t.Errorf("code %d: %s", code, line)
			}
		})
	}
	broken := newHost(t, "accounts: [{name: a, relay: r}]\nlanguge: ja\nother: 1\n")
	if code, line := broken.run(monday); code != 3 || !strings.Contains(line, "mailrelay.yaml:2:1: languge") || !strings.Contains(line, "mailrelay.yaml:3:1: other") {
		t.Errorf("code %d: %s", code, line)
	}
}

func TestManyFailingAccountsStillFitOneLine(t *testing.T) {
	text := "time_zone: Asia/Tokyo\nlanguage: ja\naccounts:\n"
	h := host{t, t.TempDir()}
	for _, n := range []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p"} {
		name := strings.Repeat(n, 40)
		text += "- {name: " + name + ", relay: sparkpost}\n"
		h.polled(name, monday, 0)
	}
	if err := os.WriteFile(h.config(), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, line := h.run(monday); code != 2 || !strings.HasSuffix(line, "…\n") {
		t.Errorf("code %d: %s", code, line)
	}
}
