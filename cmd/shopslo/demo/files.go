package demo

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"text/template"
)

// The fleet's documents are copies of those in examples/fleet, which a package
// elsewhere cannot embed; a test keeps them equal.
//
//go:generate sh -c "rm -f files/fleet/*.yaml && cp ../../../examples/fleet/*.yaml files/fleet/"
//go:embed files
var files embed.FS

// The files that the demo writes, below its folder.
const (
	configFile = "shopslo.yaml"
	serveLog   = "serve.log"
)

// address is where a ShopSet is scraped.
type address struct {
	Name    string // the ShopSet
	Address string // host:port
}

// writeFiles fills dir with a configuration that scrapes the given shops, and
// with the documents of the example fleet and its SLOs.
func writeFiles(dir string, shops []address) error {
	if err := copyDocuments(dir); err != nil {
		return fmt.Errorf("write the demo's documents: %w", err)
	}
	tmpl, err := template.ParseFS(files, "files/shopslo.yaml.tmpl")
	if err != nil {
		return fmt.Errorf("read the demo's configuration: %w", err)
	}
	f, err := os.Create(filepath.Join(dir, configFile))
	if err != nil {
		return fmt.Errorf("write the demo's configuration: %w", err)
	}
	if err := tmpl.Execute(f, struct{ Shops []address }{shops}); err != nil {
		f.Close()
		return fmt.Errorf("write the demo's configuration: %w", err)
	}
	return f.Close()
}

// copyDocuments writes the embedded folders fleet and slos into dir.
func copyDocuments(dir string) error {
	for _, folder := range []string{"fleet", "slos"} {
		names, err := fs.Glob(files, "files/"+folder+"/*.yaml")
		if err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o755); err != nil {
			return err
		}
		for _, name := range names {
			data, err := files.ReadFile(name)
			if err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(dir, folder, filepath.Base(name)), data, 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}
