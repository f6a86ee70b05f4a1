package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/shopslo/shopslo/internal/document"
	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/slo"
)

// Load reads and checks the file. A file with faults gives document.Faults; one that
// cannot be read gives the system's error.
func Load(path string) (*Config, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, fmt.Errorf("read configuration: %s: %w; write one, or name it with --config", path, os.ErrNotExist)
	case err != nil:
		return nil, fmt.Errorf("read configuration: %w", err)
	case info.IsDir():
		return nil, fmt.Errorf("read configuration: %s is a folder; name the file in it", path)
	}
	data, fault := document.ReadFile(path)
	if fault != nil {
		return nil, fmt.Errorf("read configuration: %w", fault)
	}
	return Parse(path, data)
}

// Parse reads the text of a configuration file; path is its name, for messages
// and for the paths in it. The error is of type document.Faults.
func Parse(path string, data []byte) (*Config, error) {
	c := &Config{
		Path: path, Dir: filepath.Dir(path),
		TargetLabels:    []string{"job", "instance"},
		StartTimeMetric: "process_start_time_seconds",
		BurnRates:       slo.DefaultBurnAlerts(),
	}
	o, faults := document.Settings(path, data, dialect, c)
	if o == nil {
		return nil, faults.Err()
	}
	(&checker{c, o}).all()
	if err := o.Faults().Err(); err != nil {
		return nil, err
	}
	return c, nil
}

const (
	isBearer  = "no secret stands in this file: write bearer_token: {file: PATH} or {env: NAME}"
	isAPIKey  = "no secret stands in this file: write api_key: {file: PATH} or {env: NAME}"
	isWebhook = "the address is a secret: write webhook: {file: PATH} or {env: NAME}"
	isBasic   = "it belongs under basic_auth, as username and password: no secret stands in this file"
)

// dialect is shopslo.yaml's own.
var dialect = document.Dialect{
	Loose: true,
	Words: map[reflect.Type][]string{
		reflect.TypeFor[promotion.Lenience](): {"all", "fixes", "none"},
		reflect.TypeFor[promotion.Need]():     {"required", "optional", "off"},
		reflect.TypeFor[promotion.Verdict]():  {"promote", "hold", "inconclusive"},
		reflect.TypeFor[slo.Severity]():       {"page", "ticket"},
		reflect.TypeFor[AlertKind]():          {"prometheus", "alertmanager"},
		reflect.TypeFor[SignFormat]():         {"openpgp", "ssh", "x509"},
		reflect.TypeFor[text.Language]():      {"en", "ja"},
	},
	Readers: map[reflect.Type]document.Reader{reflect.TypeFor[Jobs](): readJobs},
	Hints: map[string]string{
		"token": isBearer, "credentials": isBearer, "username": isBasic, "password": isBasic, "password_file": isBasic,
		"apikey": isAPIKey, "mackerel.key": isAPIKey, "webhook_url": isWebhook, "slack.url": isWebhook,
		"tls.ca": "name a file with ca_file", "tls.cert": "name a file with cert_file", "tls.key": "name a file with key_file",
	},
}

// readJobs keeps a list as it is written.
func readJobs(o *document.Object, path string, n *yaml.Node, into reflect.Value) {
	if n.Kind != yaml.SequenceNode {
		o.WrongType(path, o.At(path), n, "a list, such as [a, b]")
		return
	}
	if len(n.Content) == 0 {
		return
	}
	text, err := document.Raw{Node: n}.Text()
	if err != nil {
		o.Refuse(path, o.At(path), "%v", err)
	}
	into.SetBytes(text)
}

// mackerelDelay is after how long Mackerel is taken to have a minute's values: agents
// send once a minute, and service metrics come with one post a minute as well.
const mackerelDelay = 3 * time.Minute

// complete fills in the defaults that depend on something else.
func (c *Config) complete() {
	l := &c.Ledger
	if l.Resolution == 0 {
		l.Resolution = time.Minute
	}
	if l.delayed = l.Delay != 0; !l.delayed {
		for _, s := range c.Sources {
			l.Delay = max(l.Delay, s.delay())
		}
	}
	if p := c.Mackerel; p != nil && p.Spool == "" {
		p.Spool = c.join("data/mackerel")
	}
}

func (c *Config) join(p string) string {
	if filepath.IsAbs(p) {
		return filepath.Clean(p)
	}
	return filepath.Join(c.Dir, p)
}
