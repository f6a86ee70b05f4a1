package deploy_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

func read(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// aCommand is what a reader types.
var aCommand = regexp.MustCompile(`(?m)^\$ (\S.*)$`)

// commands of a page are executed elsewhere where that can be: kubectl's by the exporter's
// end-to-end test, helm's by tools/chart. Here, that what they name is there.
func TestWhatThePagesHavePeopleTypeIsThere(t *testing.T) {
	helps, err := filepath.Glob("../cmd/shopslo/testdata/help/*.txt")
	if err != nil || len(helps) < 15 {
		t.Fatalf("%v, %v", helps, err)
	}
	aFlag := regexp.MustCompile(` --([a-z][a-z.-]*)`)
	seen := map[string]int{}
	for _, page := range []string{"README.md", "docs/install.md", "docs/operate.md"} {
		for _, m := range aCommand.FindAllStringSubmatch(read(t, page), -1) {
			words := strings.Fields(m[1])
			seen[words[0]]++
			switch {
			case slices.Contains(words, "apply") && slices.Contains(words, "-k"):
				read(t, words[slices.Index(words, "-k")+1]+"/kustomization.yaml")
			case words[0] == "helm":
				read(t, words[3]+"/Chart.yaml")
			case words[0] == "shopset_exporter" || strings.HasPrefix(m[1], "shopslo serve"):
				source := "cmd/shopset_exporter/root.go"
				if words[0] == "shopslo" {
					source = "cmd/shopslo/testdata/help/shopslo-serve.txt"
				}
				for _, flag := range aFlag.FindAllStringSubmatch(m[1], -1) {
					if text := read(t, source); !strings.Contains(text, `"`+flag[1]+`"`) && !strings.Contains(text, "--"+flag[1]+" ") {
						t.Errorf("%s: %s: no flag --%s", page, m[1], flag[1])
					}
				}
			}
		}
	}
	for _, program := range []string{"kubectl", "helm", "shopslo", "shopset_exporter"} {
		if seen[program] == 0 {
			t.Errorf("no page calls %s: %v", program, seen)
		}
	}
}

// values are the chart's, by their path.
func values(t *testing.T) map[string]any {
	t.Helper()
	var v map[string]any
	if err := yaml.UnmarshalStrict([]byte(read(t, "deploy/charts/shopslo/values.yaml")), &v); err != nil {
		t.Fatal(err)
	}
	out := map[string]any{}
	var walk func(at string, v any)
	walk = func(at string, v any) {
		out[at] = v
		if m, ok := v.(map[string]any); ok {
			for k, v := range m {
				walk(at+"."+k, v)
			}
		}
	}
	for k, v := range v {
		walk(k, v)
	}
	return out
}

func TestThePagesKnowTheChartsValues(t *testing.T) {
	there := values(t)
	found := map[string]bool{}
	for _, m := range regexp.MustCompile("`((?:serve|exporter|incidentbot|image|fleet|slos)\\.[a-zA-Z.]+)").FindAllStringSubmatch(read(t, "docs/install.md"), -1) {
		name := strings.TrimSuffix(m[1], ".")
		if found[name] = true; there[name] == nil && !strings.HasPrefix(name, "serve.config.") {
			t.Errorf("docs/install.md names %s; there are %v", name, slices.Sorted(maps.Keys(there)))
		}
	}
	if len(found) < 12 {
		t.Errorf("found %v", found)
	}
	bytes := strings.NewReplacer(" MiB", "Mi", " GiB", "Gi")
	for server, part := range map[string]string{"to 5,000": "serve", "to 10,000 Applications": "exporter"} {
		_, row, _ := strings.Cut(read(t, "docs/operate.md"), "\n| "+server+" |")
		row, _, _ = strings.Cut(bytes.Replace(row), "\n")
		for _, name := range []string{".resources.requests.memory", ".resources.limits.memory"} {
			if v, _ := there[part+name].(string); !strings.Contains(row, " "+v+" ") || v == "" || !strings.Contains(row, "the chart's values") {
				t.Errorf("docs/operate.md says of %s%q, the chart has %s %q", server, row, name, v)
			}
		}
	}
}

// What is typed, and what is set, is the same in both languages.
func TestTheJapanesePagesSayTheSame(t *testing.T) {
	typed := regexp.MustCompile("(?m)^\\$ .*$|`[^`\n]*`")
	of := func(page string) []string {
		all := typed.FindAllString(read(t, page), -1)
		slices.Sort(all)
		return slices.Compact(all)
	}
	english, japanese := of("docs/install.md"), of("docs/install.ja.md")
	if len(english) < 60 {
		t.Errorf("found %v", english)
	}
	for _, m := range english {
		if !slices.Contains(japanese, m) {
			t.Errorf("docs/install.ja.md lacks %s", m)
		}
	}
	english = slices.Concat(english, of("docs/operate.md"), []string{"`shopslo ledger verify --from TIME --to TIME`"}) // a usage, for the example there
	for _, m := range slices.Concat(japanese, of("docs/operate.ja.md")) {
		if !slices.Contains(english, m) {
			t.Errorf("no English page has %s", m)
		}
	}
}

// Each server that others may reach is told so where it is installed.
func TestWhereItListensIsSaid(t *testing.T) {
	for page, want := range map[string]string{"README.md": "127.0.0.1 only", "docs/operate.md": "| `shopslo serve` | 9876 | 127.0.0.1 |", "docs/install.md": "127.0.0.1 only"} {
		if text := read(t, page); !strings.Contains(text, want) || !strings.Contains(text, "--web.listen-address") {
			t.Errorf("%s does not say where a server listens", page)
		}
	}
}
