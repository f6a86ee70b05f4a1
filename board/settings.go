package board

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/shopslo/shopslo/promotion"
)

// settings lists what the gate asked for, under the names that `gate --explain` has.
func settings(p promotion.Policy) []setting {
	data, err := json.Marshal(p)
	if err != nil {
		return nil // a policy that was judged by is one that can be written
	}
	var all map[string]any
	if err := json.Unmarshal(data, &all); err != nil {
		return nil
	}
	var out []setting
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if v := written(all[name]); v != "" {
			out = append(out, setting{name, clean(v)})
		}
	}
	return out
}

// written is a value as people write it; "" where there is none.
func written(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case []any:
		var parts []string
		for _, x := range v {
			parts = append(parts, written(x))
		}
		return strings.Join(parts, ", ")
	case map[string]any:
		var parts []string
		for _, name := range slices.Sorted(maps.Keys(v)) {
			parts = append(parts, name+": "+written(v[name]))
		}
		return strings.Join(parts, ", ")
	}
	return fmt.Sprint(v)
}
