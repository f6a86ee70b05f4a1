package starter

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/shopslo/shopslo/internal/disk"
)

// File is one that is to be written, by its path below the folder.
type File struct {
	Path string `json:"path"`
	Text string `json:"text"`
}

// Access is how a source is reached; what is empty is not said.
type Access struct {
	URL, Username, PasswordFile, BearerTokenFile, Tenant, CAFile string
}

// settings is shopslo.yaml with that source; interval "" leaves the default.
func (a Access) settings(interval string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "source:\n  prometheus:\n    url: %s\n", quoted(a.URL))
	if a.Username != "" {
		fmt.Fprintf(&b, "    basic_auth: {username: %s, password: {file: %s}}\n", quoted(a.Username), quoted(a.PasswordFile))
	}
	if a.BearerTokenFile != "" {
		fmt.Fprintf(&b, "    bearer_token: {file: %s}\n", quoted(a.BearerTokenFile))
	}
	if a.Tenant != "" {
		fmt.Fprintf(&b, "    tenant: %s\n", quoted(a.Tenant))
	}
	if a.CAFile != "" {
		fmt.Fprintf(&b, "    tls: {ca_file: %s}\n", quoted(a.CAFile))
	}
	if interval != "" {
		fmt.Fprintf(&b, "    scrape_interval: %s # how often it scrapes\n", interval)
	}
	b.WriteString("fleet: [fleet/*.yaml]\nslos: [slos/*.yaml]\nledger: {dir: data/ledger} # of 'shopslo serve'; commands work without\n")
	return b.String()
}

// Files are what is to be written.
func (f Found) Files(a Access) []File {
	out := []File{{"shopslo.yaml", "# Made by 'shopslo init'; docs/configuration.md has all that can stand here.\n" + a.settings(f.Interval)}, {"fleet/fleet.yaml", f.fleet()}}
	for _, c := range f.SLOs {
		out = append(out, File{"slos/" + c.Name + ".yaml", c.document(f)})
	}
	return out
}

func (f Found) fleet() string {
	var b strings.Builder
	b.WriteString("# Made by 'shopslo init'. Tiers are in the order in which a release goes through them, ShopSets are what\n# has an error budget of its own: its series carry the labels of match.\n")
	for i, t := range f.Tiers {
		fmt.Fprintf(&b, "---\napiVersion: shopset.dev/v1alpha1\nkind: Tier\nmetadata: {name: %s}\nspec: {order: %d}\n", quoted(t), i)
	}
	for _, c := range f.Cells {
		var match []string
		for _, l := range slices.Sorted(maps.Keys(c.Match)) {
			match = append(match, l+": "+quoted(c.Match[l]))
		}
		fmt.Fprintf(&b, "---\napiVersion: shopset.dev/v1alpha1\nkind: ShopSet\nmetadata: {name: %s}\nspec: {tier: %s, match: {%s}}\n", quoted(c.Name), quoted(c.Tier), strings.Join(match, ", "))
	}
	return b.String()
}

// document is an SLO as OpenSLO has it.
func (c Chosen) document(f Found) string {
	kind, query := "bad", c.Bad
	if c.Good != "" {
		kind, query = "good", c.Good
	}
	service := slug(f.Service)
	if f.Service == "" && len(f.Cells) == 1 {
		service = f.Cells[0].Name
	}
	side := func(name, query string) string {
		return fmt.Sprintf("        %s:\n          metricSource:\n            type: Prometheus\n            spec: {query: %s}\n", name, quoted(query))
	}
	return "# Made by 'shopslo init'" + c.remark() + ".\napiVersion: openslo/v1\nkind: SLO\nmetadata: {name: " + c.Name + "}\nspec:\n  service: " + quoted(service) + `
  budgetingMethod: Occurrences
  timeWindow: [{duration: 28d, isRolling: true}]
  indicator:
    metadata: {name: ` + c.Name + `}
    spec:
      ratioMetric:
        counter: true
` + side(kind, query) + side("total", c.Total) + "  objectives: [{target: " + strconv.FormatFloat(c.Objective, 'f', -1, 64) + "}]\n"
}

// remark says where the objective comes from.
func (c Chosen) remark() string {
	if c.Lately == nil {
		return "; the objective is a guess: there was no traffic"
	}
	return fmt.Sprintf("; the objective is what was reached over the last day (%s %%): let it be what users need", percent(*c.Lately))
}

// percent writes a share for people, rounded down so that 99.9996 is not 100.
func percent(share float64) string {
	return strconv.FormatFloat(float64(int64(share*1e5))/1e3, 'f', -1, 64)
}

func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// There gives the first of the files that is there already; "" where none is.
func There(dir string, files []File) string {
	for _, f := range files {
		if _, err := os.Lstat(filepath.Join(dir, f.Path)); !errors.Is(err, fs.ErrNotExist) {
			return filepath.Join(dir, f.Path)
		}
	}
	return ""
}

// Write writes the files below a folder, none over one that is there: all of them, or none,
// so that it can be begun anew.
func Write(dir string, files []File) error { return write(disk.System, dir, files) }

func write(d disk.FS, dir string, files []File) error {
	for i, f := range files {
		path := filepath.Join(dir, f.Path)
		err := os.MkdirAll(filepath.Dir(path), 0o755)
		if err == nil {
			err = disk.New(d, path, []byte(f.Text), 0o644)
		}
		if err != nil {
			err = fmt.Errorf("cannot write %s: %w", path, err)
			for _, written := range files[:i] {
				err = errors.Join(err, d.Remove(filepath.Join(dir, written.Path)))
			}
			return err
		}
	}
	return nil
}
