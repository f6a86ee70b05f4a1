package lab

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"text/template"

	"github.com/shopslo/shopslo/internal/customers"
)

// Town is a fleet with its people: a shop in each ShopSet that runs what Argo CD has
// applied, customers, shopset_exporter and shopslo serve as processes, and a folder
// with what its people keep in git. Its windows are a minute long.
type Town struct {
	*Lab
	// Dir has shopslo.yaml, alone.yaml (for commands that ask no server), the fleet's
	// documents, SLOs, and the folders incidents and calendar.
	Dir   string
	Exe   string // the shopslo program
	Shops *Shops
	Load  *customers.Load
	// ServerURL and ExporterURL are where shopslo serve and shopset_exporter answer.
	ServerURL, ExporterURL string
	// Exporter is the process; see StartExporter.
	Exporter *Process

	exporterExe, exporterAddress string
}

// townDir is the town's folder in that of the lab.
const townDir = "town"

// townLoad are the requests a second to each shop.
const townLoad = 60

//go:embed town
var townFiles embed.FS

// StartTown builds the programs and starts all of it. It returns when every shop
// answers and exporter and server are ready, and ends with the lab.
func (l *Lab) StartTown(ctx context.Context) (*Town, error) {
	t := &Town{Lab: l, Dir: filepath.Join(l.dir, townDir)}
	for _, step := range []func(context.Context) error{t.build, l.waitSynced, t.open, t.write, t.StartExporter, t.serve} {
		if err := step(ctx); err != nil {
			return nil, fmt.Errorf("start the town: %w", err)
		}
	}
	var err error
	if t.Load, err = t.Shops.customers(townLoad); err != nil {
		return nil, fmt.Errorf("start the town: %w", err)
	}
	l.town = t
	return t, l.writeInfo()
}

func (t *Town) build(ctx context.Context) (err error) {
	if t.Exe, err = t.Build(ctx, "./cmd/shopslo"); err != nil {
		return err
	}
	t.exporterExe, err = t.Build(ctx, "./cmd/shopset_exporter")
	return err
}

// open starts the shops.
func (t *Town) open(ctx context.Context) (err error) {
	if t.Shops, err = t.startShops(t.Exe); err != nil {
		return err
	}
	return t.Shops.WaitVersion(ctx, FirstVersion)
}

// write writes what the town's people keep in git, and the alerts of its Prometheus.
func (t *Town) write(ctx context.Context) (err error) {
	if t.exporterAddress, err = t.FreeAddress(); err != nil {
		return err
	}
	t.ExporterURL = "http://" + t.exporterAddress
	if err := t.AddTarget("shopset_exporter", t.ExporterURL+"/metrics", nil); err != nil {
		return err
	}
	root, err := moduleRoot(t.options.Root)
	if err != nil {
		return err
	}
	for _, dir := range []string{"incidents", "calendar"} {
		if err := os.MkdirAll(filepath.Join(t.Dir, dir), 0o755); err != nil {
			return err
		}
	}
	slos, err := fs.Sub(townFiles, "town/slos")
	if err != nil {
		return err
	}
	err = together(
		func() error {
			return os.CopyFS(filepath.Join(t.Dir, "fleet"), os.DirFS(filepath.Join(root, "examples", "fleet")))
		},
		func() error { return os.CopyFS(filepath.Join(t.Dir, "slos"), slos) },
		func() error { return t.configure("shopslo.yaml", true) },
		func() error { return t.configure("alone.yaml", false) },
	)
	if err != nil {
		return err
	}
	rules, err := townFiles.ReadFile("town/rules.yaml")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(t.dir, "rules"), 0o755); err != nil {
		return err
	}
	if err := writeWhole(filepath.Join(t.dir, "rules", "town.yaml"), rules, 0o644); err != nil {
		return err
	}
	return t.reloadPrometheus(ctx)
}

// configure writes a configuration: that of the server, or that of commands without one,
// which keep no counts.
func (t *Town) configure(name string, server bool) error {
	tmpl, err := template.ParseFS(townFiles, "town/shopslo.yaml.tmpl")
	if err != nil {
		return err
	}
	var b bytes.Buffer
	err = tmpl.Execute(&b, map[string]any{
		"Prometheus": t.prometheusURL(), "Exporter": t.ExporterURL, "System": t.Repos.SystemURL, "App": t.Repos.AppURL, "Server": server,
	})
	if err != nil {
		return err
	}
	return writeWhole(filepath.Join(t.Dir, name), b.Bytes(), 0o644)
}

// StartExporter starts the exporter, after it was killed again: at the same address,
// and with what it remembers.
func (t *Town) StartExporter(ctx context.Context) (err error) {
	t.Exporter, err = t.Run(Program{Name: "shopset_exporter", Path: t.exporterExe, Args: []string{
		"--fleet", filepath.Join(t.Dir, "fleet", "*.yaml"), "--kubeconfig", t.adminConfig(),
		"--git.system", t.Repos.SystemURL, "--git.app", t.Repos.AppURL, "--git.submodule", submodule,
		"--git.dir", filepath.Join(t.Dir, "exporter-git"), "--git.interval", "1s", "--refresh", "1s",
		"--max-age", "2m", "--grace", "3s", "--state.file", filepath.Join(t.Dir, "exporter.json"),
		"--web.listen-address", t.exporterAddress,
	}})
	if err != nil {
		return err
	}
	return t.Exporter.p.ready(ctx, http.DefaultClient, t.ExporterURL+"/-/ready", upLimit)
}

func (t *Town) serve(ctx context.Context) error {
	address, err := t.FreeAddress()
	if err != nil {
		return err
	}
	p, err := t.Run(Program{Name: "shopslo-serve", Path: t.Exe, Args: []string{
		"serve", "--config", filepath.Join(t.Dir, "shopslo.yaml"), "--web.listen-address", address,
	}})
	if err != nil {
		return err
	}
	t.ServerURL = "http://" + address
	return p.p.ready(ctx, http.DefaultClient, t.ServerURL+"/-/ready", upLimit)
}
