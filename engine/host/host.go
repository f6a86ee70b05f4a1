// Package host is what a program gives the engine: the clock, the environment, its own
// version, and where it tells people how far it is. Nothing below reads them by itself.
package host

import (
	"cmp"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/shopslo/shopslo/engine/config"
	"github.com/shopslo/shopslo/internal/mackerelhttp"
	"github.com/shopslo/shopslo/mackerel"
)

// Host is the program that an engine runs in.
type Host struct {
	Now     func() time.Time
	Env     map[string]string
	Version string // of the program, as decisions and servers tell it
	// Warnings takes what is worth knowing of one who answers once.
	Warnings *slog.Logger
	// Complain tells people what went wrong beside the answer.
	Complain func(message string)
	// Progress shows the state of long work to people, over the last one; "" takes it away.
	Progress func(format string, args ...any)
}

// Environ is the environment as processes get it: credentials are git's own business.
func (h Host) Environ() (out []string) {
	for _, name := range slices.Sorted(maps.Keys(h.Env)) {
		out = append(out, name+"="+h.Env[name])
	}
	return out
}

// WhoAsks is who asks, as GitHub, GitLab, CodeBuild or Jenkins say; on a machine, whose
// it is.
func (h Host) WhoAsks() string {
	return cmp.Or(h.Env["GITHUB_ACTOR"], h.Env["GITLAB_USER_LOGIN"], h.Env["CODEBUILD_INITIATOR"], h.Env["BUILD_USER_ID"], h.Env["USER"])
}

// EnvMackerelKey is the variable of the environment that holds Mackerel's API key where
// no file does; the one that Mackerel's own tools read.
const EnvMackerelKey = "MACKEREL_API_KEY"

// MackerelKey reads the API key: from the file, or else from the environment.
func (h Host) MackerelKey(m config.Mackerel) (string, error) {
	if m.APIKey.File != "" {
		return mackerelhttp.ReadKey(m.APIKey.File)
	}
	name := cmp.Or(m.APIKey.Env, EnvMackerelKey)
	key := h.Env[name]
	if key == "" {
		return "", fmt.Errorf("there is no API key of Mackerel: set %s, or name a file that holds it with api_key_file in the configuration, or with --api-key-file where there is none", name)
	}
	if err := mackerelhttp.CheckKey(key); err != nil {
		return "", fmt.Errorf("%s cannot be an API key: %w", name, err)
	}
	return key, nil
}

// MackerelClient makes the client that a configuration asks for. It asks nobody.
func (h Host) MackerelClient(m config.Mackerel) (*mackerel.Client, error) {
	key, err := h.MackerelKey(m)
	if err != nil {
		return nil, err
	}
	return mackerel.New(mackerelhttp.Config{URL: m.URL, Key: key, Timeout: m.Timeout})
}

// WithoutUser is a URL as it may be shown.
func WithoutUser(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return "an address that is no URL"
	}
	u.User = nil
	if i := strings.LastIndex(u.Path, "@"); i >= 0 { // the / of a password that nobody escaped
		return u.Scheme + "://***" + u.Path[i:]
	}
	return u.String()
}
