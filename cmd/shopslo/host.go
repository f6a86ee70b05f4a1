// Package host is what a program gives the engine: the clock, the environment, its own
// version, and where it tells people how far it is. Nothing below reads them by itself.
package main

import (
	"cmp"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"slices"
	"time"

	"github.com/shopslo/shopslo/internal/config"
	"github.com/shopslo/shopslo/internal/mackerelhttp"
	"github.com/shopslo/shopslo/mackerel"
)

// host is the program that an engine runs in.
type host struct {
	now     func() time.Time
	env     map[string]string
	version string // of the program, as decisions and servers tell it
	// warnings takes what is worth knowing of one who answers once.
	warnings *slog.Logger
	// complain tells people what went wrong beside the answer.
	complain func(message string)
	// progress shows the state of long work to people, over the last one; "" takes it away.
	progress func(format string, args ...any)
}

// environ is the environment as processes get it: credentials are git's own business.
func (h host) environ() (out []string) {
	for _, name := range slices.Sorted(maps.Keys(h.env)) {
		out = append(out, name+"="+h.env[name])
	}
	return out
}

// whoAsks is who asks, as GitHub, GitLab, CodeBuild or Jenkins say; on a machine, whose
// it is.
func (h host) whoAsks() string {
	return cmp.Or(h.env["GITHUB_ACTOR"], h.env["GITLAB_USER_LOGIN"], h.env["CODEBUILD_INITIATOR"], h.env["BUILD_USER_ID"], h.env["USER"])
}

// mackerelKey is the variable of the environment that holds Mackerel's API key where
// no file does; the one that Mackerel's own tools read.
const mackerelKey = "MACKEREL_API_KEY"

// mackerelKeyOf reads the API key: from the file, or else from the environment.
func (h host) mackerelKeyOf(m config.Mackerel) (string, error) {
	if m.APIKeyFile != "" {
		return mackerelhttp.ReadKey(m.APIKeyFile)
	}
	key := h.env[mackerelKey]
	if key == "" {
		return "", fmt.Errorf("there is no API key of Mackerel: set %s, or name a file that holds it with api_key_file in the configuration, or with --api-key-file where there is none", mackerelKey)
	}
	if err := mackerelhttp.CheckKey(key); err != nil {
		return "", fmt.Errorf("%s cannot be an API key: %w", mackerelKey, err)
	}
	return key, nil
}

// mackerelClient makes the client that a configuration asks for. It asks nobody.
func (h host) mackerelClient(m config.Mackerel) (*mackerel.Client, error) {
	key, err := h.mackerelKeyOf(m)
	if err != nil {
		return nil, err
	}
	return mackerel.New(mackerelhttp.Config{URL: m.URL, Key: key, Timeout: m.Timeout})
}

// withoutUser is a URL as it may be shown.
func withoutUser(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return "an address that is no URL"
	}
	u.User = nil
	return u.String()
}
