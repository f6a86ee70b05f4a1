package starter

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/shopslo/shopslo/engine/config"
	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/engine/host"
	"github.com/shopslo/shopslo/engine/source"
	"github.com/shopslo/shopslo/engine/usage"
)

// In is the access as a configuration in that folder has it, or an error of usage.
func (a Access) In(dir string) (Access, error) {
	u, err := url.Parse(a.URL)
	switch {
	case a.URL == "":
		return a, usage.Errorf("--source is missing; name the Prometheus, such as http://127.0.0.1:9090")
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return a, usage.Errorf("--source: %q is not a URL like http://127.0.0.1:9090", host.WithoutUser(a.URL))
	case u.User != nil:
		return a, usage.Errorf("--source: no user or password in the URL; give --username and --password-file")
	case (a.Username == "") != (a.PasswordFile == ""):
		return a, usage.Errorf("--username and --password-file go together")
	}
	if filepath.Clean(dir) == "." {
		return a, nil
	}
	for _, path := range []*string{&a.PasswordFile, &a.BearerTokenFile, &a.CAFile} {
		if *path != "" {
			if *path, err = filepath.Abs(*path); err != nil {
				return a, fmt.Errorf("find %s: %w", *path, err)
			}
		}
	}
	return a, nil
}

// Open opens the source of a configuration that is not written yet.
func (a Access) Open(h host.Host, dir string) (Source, error) {
	c, err := config.Parse(filepath.Join(dir, "shopslo.yaml"), []byte(a.settings("")))
	if err != nil {
		return nil, err
	}
	src, err := source.Open(h, &documents.Documents{Config: c}, prometheus.NewRegistry(), slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	asked, ok := src[""].Source.(Source)
	if !ok {
		return nil, errors.New("the source cannot list its metrics")
	}
	return asked, nil
}
