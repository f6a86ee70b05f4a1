package incidentbot

import (
	"os"
	"strings"
	"testing"
)

// blocks are the YAML blocks of a text that have a part in them, without indentation.
func blocks(t *testing.T, path, part string) []string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for n, rest := range strings.Split(string(data), "```yaml\n") {
		if n == 0 {
			continue
		}
		block, _, _ := strings.Cut(rest, "```")
		indent := len(block) - len(strings.TrimLeft(block, " "))
		var lines []string
		for l := range strings.Lines(block) {
			lines = append(lines, l[min(indent, len(l)-len(strings.TrimLeft(l, " "))):])
		}
		if block = strings.Join(lines, ""); strings.Contains(block, part) {
			found = append(found, block)
		}
	}
	return found
}

func TestWhatTheDocumentsSayToCopyIsUnderstood(t *testing.T) {
	for path, want := range map[string]int{"../../docs/incidentbot.md": 2, "../../README.md": 1} {
		all := blocks(t, path, "announce:")
		if len(all) != want {
			t.Errorf("%s has %d settings, want %d", path, len(all), want)
		}
		for _, text := range all {
			s, err := parse("incidentbot.yaml", []byte(text))
			if err != nil {
				t.Errorf("%s: %v\n%s", path, err, text)
				continue
			}
			s.Fleet = nil
			if _, err := s.bot(); err != nil {
				t.Errorf("%s: %v", path, err)
			}
		}
	}
}
