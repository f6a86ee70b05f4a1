package document_test

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/shopslo/shopslo/engine/config"
	"github.com/shopslo/shopslo/fleet/manifest"
	"github.com/shopslo/shopslo/internal/document"
	"github.com/shopslo/shopslo/plugins/mailrelay/relayconf"
	"github.com/shopslo/shopslo/promotion/calendar"
	"github.com/shopslo/shopslo/slo/openslo"
)

// file is a kind of YAML file, as its readers know it. Each text has %s where a key's
// value, or more keys, can stand.
type file struct {
	name string
	read func(data []byte) error
	// length has a duration of 1 m to 20 y for its value.
	length string
	// keys is a whole document but for the key that merges bring, which is
	// key: value; unknown is a name near key.
	keys               string
	key, value, nearBy string
	// secret has a secret for its value, "" where the kind has none.
	secret string
}

var files = []file{
	{
		name:   "shopslo.yaml",
		read:   func(data []byte) error { _, err := config.Parse("f.yaml", data); return err },
		length: settings + "gate: {since_release: {baseline: %s}}\n",
		keys:   settings + "ledger:\n  resolution: 10s\n  %s\n",
		key:    "dir", value: "data", nearBy: "dri",
		secret: "fleet: [f]\nslos: [s]\nsource: {prometheus: {url: http://p, %s}}\n",
	},
	{
		name:   "a fleet document",
		read:   func(data []byte) error { _, err := manifest.Parse("f.yaml", data); return err },
		length: tier + "  soak: %s\n",
		keys:   shopSet + "  %s\n",
		key:    "tier", value: "a", nearBy: "teir",
	},
	{
		name:   "an OpenSLO document",
		read:   func(data []byte) error { _, err := openslo.Parse("f.yaml", data); return err },
		length: slo + "  service: a\n  timeWindow: [{isRolling: true, duration: %s}]\n",
		keys:   slo + "  timeWindow: [{isRolling: true, duration: 28d}]\n  %s\n",
		key:    "service", value: "a", nearBy: "servcie",
	},
	{
		name:   "mailrelay.yaml",
		read:   readRelays,
		length: "accounts:\n- {name: a, relay: r, max_silence: %s}\n",
		keys:   "accounts:\n- name: a\n  %s\n",
		key:    "relay", value: "r", nearBy: "rleay",
		secret: "accounts:\n- {name: a, relay: r, %s}\n",
	},
	{
		name:   "a Freeze",
		read:   func(data []byte) error { _, err := calendar.Parse("f.yaml", data, calendar.Words{}); return err },
		length: freeze + "  reason: r\n  recurring: {rrule: FREQ=WEEKLY;BYDAY=FR, at: '18:00', timeZone: UTC, for: %s}\n",
		keys:   freeze + "  holidays: {country: JP}\n  %s\n",
		key:    "reason", value: "r", nearBy: "raeson",
	},
}

const (
	settings = "source: {prometheus: {url: http://p}}\nfleet: [f]\nslos: [s]\n"
	tier     = "apiVersion: shopset.dev/v1alpha1\nkind: Tier\nmetadata: {name: a}\nspec:\n  order: 1\n"
	shopSet  = tier + "---\napiVersion: shopset.dev/v1alpha1\nkind: ShopSet\nmetadata: {name: s}\nspec:\n  components: [api]\n"
	slo      = "apiVersion: openslo/v1\nkind: SLO\nmetadata: {name: a}\nspec:\n  budgetingMethod: Occurrences\n  objectives: [{target: 0.9}]\n" +
		"  indicator: {metadata: {name: i}, spec: {ratioMetric: {rawType: success, raw: {metricSource: {spec: {query: v}}}}}}\n"
	freeze = "apiVersion: shopslo.dev/v1alpha1\nkind: Freeze\nmetadata: {name: a}\nspec:\n  by: b\n  affects: {fleet: true}\n"
)

// readRelays reads the accounts as the program does that polls them.
func readRelays(data []byte) error {
	around := relayconf.Surroundings{
		Env:      func(string) (string, bool) { return "hidden", true },
		ReadFile: func(string) ([]byte, error) { return []byte("hidden\n"), nil },
	}
	f, err := relayconf.Parse("f.yaml", data, around)
	if err != nil {
		return err
	}
	var errs []error
	for _, a := range f.Accounts {
		a.Options.MaySecret("bearer_token")
		errs = append(errs, a.Finish())
	}
	return errors.Join(errs...)
}

func TestDurationsAreWrittenAlikeInAllFiles(t *testing.T) {
	tests := []struct {
		text string
		ok   bool
	}{
		{"30m", true}, {"1h30m", true}, {"1.5h", true}, {"1d", true}, {"1d12h", true}, {"1w", true}, {"2w", true}, {"0.5d", true},
		{"120s", true}, {"1y", true}, {`"1h"`, true}, {"60m30m", true},
		{"12", false}, {"soon", false}, {"1 h", false}, {`""`, false}, {"1x", false}, {"1h-5m", false}, {"[1h]", false}, {"{h: 1}", false}, {"300y", false},
	}
	for _, f := range files {
		for _, tt := range tests {
			err := f.read(fmt.Appendf(nil, f.length, tt.text))
			if (err == nil) != tt.ok {
				t.Errorf("%s: %s: %v", f.name, tt.text, err)
			}
			if err != nil {
				placed(t, f, tt.text, err)
			}
		}
	}
}

func TestKeysAreReadAlikeInAllFiles(t *testing.T) {
	laughs := "[&a0 [x]"
	for i := range 9 {
		laughs += fmt.Sprintf(", &a%d [*a%d%s]", i+1, i, strings.Repeat(fmt.Sprintf(", *a%d", i), 9))
	}
	laughs += "]"
	for _, f := range files {
		pair := f.key + ": " + f.value
		tests := []struct{ name, keys, want string }{
			{"the key itself", pair, ""},
			{"a merged key", "<<: {" + pair + "}", ""},
			{"a key merged of a list", "<<: [{" + pair + "}, {" + f.key + ": [no]}]", ""},
			{"a key merged of a merged one", "<<: {<<: {" + pair + "}}", ""},
			{"a key before what is merged", "<<: {" + f.key + ": [no]}\n  " + pair, ""},
			{"an alias", f.key + ": &v " + f.value + "\n# *v", ""},
			{"a key twice", pair + "\n  " + pair, "is given twice, first on line"},
			{"a key without a value", f.key + ":", "is missing"},
			{"no key", "# nothing", "is missing"},
			{"a misspelt key", f.nearBy + ": " + f.value, fmt.Sprintf("unknown key (did you mean %q?)", f.key)},
			{"a merged key that is misspelt", "<<: {" + f.nearBy + ": " + f.value + "}", fmt.Sprintf("unknown key (did you mean %q?)", f.key)},
			{"a merge of a text", pair + "\n  <<: text", "to merge (<<)"},
			{"a list for a text", f.key + ": [a]", "needs a text, found a list"},
			{"a document in itself", f.key + ": &a [*a]", "*a stands inside of what it names"},
			{"a thousand million laughs", f.key + ": " + laughs, "grows by more than 200000 nodes"},
			{"a deep document", f.key + ": " + strings.Repeat("[", 150) + strings.Repeat("]", 150), "is nested more than 100 deep"},
		}
		for _, tt := range tests {
			err := f.read(fmt.Appendf(nil, f.keys, tt.keys))
			switch {
			case tt.want == "" && err != nil, tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("%s: %s: %v, want %q", f.name, tt.name, err, tt.want)
			case err != nil:
				placed(t, f, tt.name, err)
			}
		}
	}
}

func TestSecretsAreWrittenAlikeInAllFiles(t *testing.T) {
	for _, f := range files {
		if f.secret == "" {
			continue
		}
		for text, want := range map[string]string{
			"bearer_token: {env: KEY}":                         "",
			"bearer_token: {file: key}":                        "",
			"bearer_token_file: key":                           "",
			"bearer_token: {<<: {env: KEY}}":                   "",
			"bearer_token: hunter2":                            "a secret does not stand in this file",
			"bearer_token: {value: hunter2}":                   "a secret does not stand in this file",
			"bearer_token: {env: A, file: hunter2}":            "a secret does not stand in this file",
			"bearer_token: {env: KEY}, bearer_token_file: key": "is given twice",
			"bearer_token: {}":                                 "a secret does not stand in this file",
			"bearer_token_file: [a]":                           "needs a text",
		} {
			err := f.read(fmt.Appendf(nil, f.secret, text))
			switch {
			case want == "" && err != nil, want != "" && (err == nil || !strings.Contains(err.Error(), want)):
				t.Errorf("%s: %s: %v, want %q", f.name, text, err, want)
			case err != nil && strings.Contains(err.Error(), "hunter2"):
				t.Errorf("%s: %s: the secret shows: %v", f.name, text, err)
			case err != nil:
				placed(t, f, text, err)
			}
		}
	}
}

var atColumn = regexp.MustCompile(`^f\.yaml:[0-9]+:[0-9]+: `)

// placed holds an error to being faults of which each names file, line and column.
func placed(t *testing.T, f file, name string, err error) {
	t.Helper()
	if faults := (document.Faults)(nil); !errors.As(err, &faults) || len(faults) != 1 {
		t.Errorf("%s: %s: %T, %v; want one fault", f.name, name, err, err)
	}
	if !atColumn.MatchString(err.Error()) {
		t.Errorf("%s: %s: no line and column: %v", f.name, name, err)
	}
}
