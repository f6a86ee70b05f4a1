package host

import (
	"fmt"

	"github.com/shopslo/shopslo/internal/disk"
	"github.com/shopslo/shopslo/internal/document"
)

// surroundings are where secrets of the configuration are.
func (h Host) surroundings() document.Surroundings {
	return document.Surroundings{ReadFile: disk.ReadSmall, Env: func(name string) (string, bool) { v, ok := h.Env[name]; return v, ok }}
}

// InEnv reads a secret that is in the environment; "" for one in a file, which is read
// when it is needed and so may change. key is where the configuration names it.
func (h Host) InEnv(key string, s document.Secret) (string, error) {
	value, err := document.Secret{Env: s.Env}.Read(h.surroundings())
	if err != nil {
		return "", fmt.Errorf("%s %w", key, err)
	}
	return value, nil
}
