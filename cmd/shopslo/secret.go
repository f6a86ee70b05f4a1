package main

import (
	"fmt"
	"os"

	strict "github.com/shopslo/shopslo/internal/document"
	"github.com/shopslo/shopslo/promotion/promoter/slackhook"
)

// surroundings are where secrets of the configuration are.
func (p *program) surroundings() strict.Surroundings {
	return strict.Surroundings{ReadFile: os.ReadFile, Env: func(name string) (string, bool) { v, ok := p.env[name]; return v, ok }}
}

// inEnv reads a secret that is in the environment; "" for one in a file, which is read
// when it is needed and so may change.
func inEnv(key string, s strict.Secret, from strict.Surroundings) (string, error) {
	value, err := strict.Secret{Env: s.Env}.Read(from)
	if err != nil {
		return "", fmt.Errorf("%s %w", key, err)
	}
	return value, nil
}

// hook is a webhook whose address is a secret.
func (p *program) hook(key string, s strict.Secret) (*slackhook.Hook, error) {
	address, err := inEnv(key, s, p.surroundings())
	return &slackhook.Hook{File: s.File, Address: address}, err
}
