// Command vulndb makes a folder that govulncheck reads (-db file://DIR) of the Go
// vulnerability database's repository, which the module proxy serves as
// golang.org/x/vulndb: so the check needs no other host than builds do.
//
//	vulndb VERSION DIR
//
// The layout is that of https://go.dev/doc/security/vuln/database#api.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const database = "golang.org/x/vulndb"

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: vulndb VERSION DIR")
		os.Exit(2)
	}
	n, err := build(os.Args[1], os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, "vulndb:", err)
		os.Exit(1)
	}
	fmt.Printf("%s@%s: %d reports\n", database, os.Args[1], n)
}

// entry is what the index needs of a report in OSV's format.
type entry struct {
	ID       string    `json:"id"`
	Modified time.Time `json:"modified"`
	Aliases  []string  `json:"aliases"`
	Affected []struct {
		Package struct {
			Name string `json:"name"`
		} `json:"package"`
		Ranges []struct {
			Events []struct {
				Fixed string `json:"fixed"`
			} `json:"events"`
		} `json:"ranges"`
	} `json:"affected"`
}

// vuln is a report in index/modules.json and, with aliases, in index/vulns.json.
type vuln struct {
	ID       string    `json:"id"`
	Modified time.Time `json:"modified"`
	Fixed    string    `json:"fixed,omitempty"`
	Aliases  []string  `json:"aliases,omitempty"`
}

type module struct {
	Path  string `json:"path"`
	Vulns []vuln `json:"vulns"`
}

// build writes the folder and returns how many reports it has.
func build(version, dir string) (int, error) {
	source, err := download(version)
	if err != nil {
		return 0, err
	}
	files, err := filepath.Glob(filepath.Join(source, "data", "osv", "GO-*.json"))
	if err != nil || len(files) == 0 {
		return 0, fmt.Errorf("no reports in %s: %v", source, err)
	}
	for _, d := range []string{"ID", "index"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			return 0, err
		}
	}
	var newest time.Time
	var all []vuln
	modules := map[string][]vuln{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return 0, err
		}
		var e entry
		if err := json.Unmarshal(data, &e); err != nil {
			return 0, fmt.Errorf("%s: %w", file, err)
		}
		if err := os.WriteFile(filepath.Join(dir, "ID", e.ID+".json"), data, 0o644); err != nil {
			return 0, err
		}
		if e.Modified.After(newest) {
			newest = e.Modified
		}
		all = append(all, vuln{ID: e.ID, Modified: e.Modified, Aliases: e.Aliases})
		for _, a := range e.Affected {
			v := vuln{ID: e.ID, Modified: e.Modified}
			for _, r := range a.Ranges {
				for _, ev := range r.Events {
					if ev.Fixed != "" {
						v.Fixed = ev.Fixed
					}
				}
			}
			modules[a.Package.Name] = append(modules[a.Package.Name], v)
		}
	}
	var index []module
	for path, vs := range modules {
		index = append(index, module{path, vs})
	}
	slices.SortFunc(index, func(a, b module) int { return strings.Compare(a.Path, b.Path) })
	for name, v := range map[string]any{"db": map[string]time.Time{"modified": newest}, "modules": index, "vulns": all} {
		data, err := json.Marshal(v)
		if err != nil {
			return 0, err
		}
		if err := os.WriteFile(filepath.Join(dir, "index", name+".json"), data, 0o644); err != nil {
			return 0, err
		}
	}
	return len(files), nil
}

// download returns the folder of the database's repository at a version.
func download(version string) (string, error) {
	out, err := exec.Command("go", "mod", "download", "-json", database+"@"+version).Output()
	var got struct{ Dir, Error string }
	if jsonErr := json.Unmarshal(out, &got); jsonErr != nil || err != nil || got.Dir == "" {
		return "", fmt.Errorf("download %s@%s: %v %s", database, version, err, got.Error)
	}
	return got.Dir, nil
}
