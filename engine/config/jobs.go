package config

import (
	"encoding/json"
	"regexp"

	"go.yaml.in/yaml/v3"
)

// Plain gives the list as JSON, to be compared: without comments, ways to write, and what may be a
// secret.
func (j Jobs) Plain() []byte {
	var list any
	if yaml.Unmarshal(j, &list) != nil {
		return j
	}
	plain, err := json.Marshal(withoutSecrets(list))
	if err != nil {
		return j
	}
	return plain
}

var secretKey = regexp.MustCompile(`password|secret|token|credentials|_key$`)

func withoutSecrets(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key := range v {
			if secretKey.MatchString(key) {
				delete(v, key)
				continue
			}
			v[key] = withoutSecrets(v[key])
		}
	case []any:
		for i := range v {
			v[i] = withoutSecrets(v[i])
		}
	}
	return v
}
