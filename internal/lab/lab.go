// Package lab brings up the fleet as it really is, on 127.0.0.1 and for tests: an
// etcd, three kube-apiservers, an Argo CD in each cluster, git repositories with a
// branch per Tier, and a Prometheus. Nothing in it is a fake, except that no
// kubelet runs: pods would stay pending, so the fleet's components are ConfigMaps.
//
// The fleet is the one of examples/fleet: nine ShopSets over five Tiers and three
// clusters. Each component of each ShopSet is one Argo CD Application, named
// <shopset>-<component>, that applies overlays/<shopset>/<component> of the system
// repository's branch of the ShopSet's Tier to the namespace <shopset>. The overlay
// refers to the app repository, a submodule, where the component's version stands.
//
// A lab ends with Stop. It leaves neither a process nor a file, also when its
// program is interrupted, fails, or is killed. It needs Linux, Go, and the programs
// of Debian's packages etcd-server, redis-server, prometheus and git. The rest is
// built from the modules in tools/ once, which takes minutes, and then kept in the
// user's cache folder.
package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/fleet/manifest"
)

// Layout says where Argo CD runs.
type Layout string

const (
	// PerCluster is an Argo CD in each cluster, which manages that cluster.
	PerCluster Layout = "per-cluster"
	// Central is one Argo CD, in the first of Clusters, which manages all of them.
	Central Layout = "central"
)

// Options say what kind of lab to start; the zero value is a good one.
type Options struct {
	// Dir is where the lab keeps its files until Stop removes the folder. It must
	// not exist, or be what a lab that was killed has left. Default: a new folder
	// for temporary files.
	Dir string
	// Root is the folder of this module. Default: the one of the working folder.
	Root string
	// SelfHeal has Argo CD undo by itself what was changed by hand.
	SelfHeal bool
	// RBAC has the API servers check rights; else everybody with a token may do
	// everything.
	RBAC bool
	// Layout is PerCluster by default.
	Layout Layout
	// ArgoCD is the major version of Argo CD: 3 (3.5.7) or 2 (2.14.21). Default: 3, or 2
	// with the build tag argocd2, with which every test of the lab runs on 2.14.
	ArgoCD int
	// ApplicationSets has Argo CD's ApplicationSet controller make the Applications.
	ApplicationSets bool
	// Resync is how often Argo CD looks at an Application that did not change, and
	// at the repositories; default 10 s. Whole seconds.
	Resync time.Duration
	// Jitter is what Argo CD adds to Resync at most, each time another. Default: none; Argo
	// CD 3 has 60 s, as long as six of the lab's resyncs. Whole seconds.
	Jitter time.Duration
	// ScrapeInterval of Prometheus; default 2 s.
	ScrapeInterval time.Duration
	// Keep leaves the files, with the logs, in Dir after Stop.
	Keep bool
	// Log gets what the lab does, one line a call. Default: nobody.
	Log func(line string)
}

// Lab is a running lab. Its methods may be called by several goroutines, those
// that stop and start one and the same part aside.
type Lab struct {
	// Fleet is what the lab deploys.
	Fleet *fleet.Fleet
	// Repos are the git repositories.
	Repos *Repos

	options  Options
	dir      string
	tools    tools
	programs map[string]string // paths by name
	procs    *processes
	ports    *ports
	secrets  secrets
	etcd     string // URL
	clusters []*cluster
	prom     *prometheus
	janitor  *janitor
	town     *Town // nil: there is none
	stop     sync.Once
}

// Start brings a lab up and returns when every API server answers and every
// Application is there. It does not wait for Argo CD to have applied them: see
// waitSynced. If it fails or ctx ends before, nothing is left behind. Afterwards
// ctx has no meaning for the lab.
func Start(ctx context.Context, o Options) (*Lab, error) {
	l := &Lab{options: o.withDefaults(), ports: newPorts()}
	if err := l.prepare(ctx); err != nil {
		return nil, fmt.Errorf("start lab: %w", err)
	}
	if err := l.bringUp(ctx); err != nil {
		err = fmt.Errorf("start lab: %w", err)
		if ctx.Err() == nil {
			err = fmt.Errorf("%w\n%s", err, l.logTails(15))
		}
		return nil, errors.Join(err, l.Stop())
	}
	return l, nil
}

func (o Options) withDefaults() Options {
	if o.Layout == "" {
		o.Layout = PerCluster
	}
	if o.ArgoCD == 0 {
		o.ArgoCD = argoCDVersion
	}
	if o.Resync <= 0 {
		o.Resync = 10 * time.Second
	}
	if o.ScrapeInterval <= 0 {
		o.ScrapeInterval = 2 * time.Second
	}
	if o.Log == nil {
		o.Log = func(string) {}
	}
	return o
}

// prepare finds or builds all that the lab needs, before anything runs.
func (l *Lab) prepare(ctx context.Context) error {
	if l.options.Layout != PerCluster && l.options.Layout != Central {
		return fmt.Errorf("unknown layout %q; there are %q and %q", l.options.Layout, PerCluster, Central)
	}
	if _, ok := argoModules[l.options.ArgoCD]; !ok {
		return fmt.Errorf("unknown Argo CD %d; there are 2 and 3", l.options.ArgoCD)
	}
	if err := supported(); err != nil {
		return err
	}
	root, err := moduleRoot(l.options.Root)
	if err != nil {
		return err
	}
	if l.programs, err = findPrograms(); err != nil {
		return err
	}
	if l.Fleet, err = manifest.Load(filepath.Join(root, "examples", "fleet"), "*.yaml"); err != nil {
		return err
	}
	if l.tools, err = buildTools(ctx, root, l.options.ArgoCD, l.options.Log); err != nil {
		return err
	}
	if l.dir, err = newDir(l.options.Dir); err != nil {
		return err
	}
	if !l.options.Keep {
		if l.janitor, err = startJanitor(l.dir); err != nil {
			return errors.Join(err, os.RemoveAll(l.dir))
		}
	}
	l.procs = newProcesses(l.dir)
	return nil
}

// bringUp starts everything, in the order in which the parts need each other.
func (l *Lab) bringUp(ctx context.Context) error {
	begun := time.Now()
	var err error
	if l.secrets, err = newSecrets(l.dir); err != nil {
		return err
	}
	for _, domain := range l.Fleet.FailureDomains() {
		l.clusters = append(l.clusters, l.newCluster(string(domain.Name)))
	}
	if err := l.startEtcd(ctx); err != nil {
		return err
	}
	if err := l.writeKubeconfigs(); err != nil {
		return err
	}
	err = together(
		func() error { return l.createRepos(ctx) },
		func() error { return l.startPrometheus(ctx) },
		func() error {
			return together(each(l.clusters, func(c *cluster) error { return l.startCluster(ctx, c) })...)
		},
	)
	if err != nil {
		return err
	}
	if err := l.startArgoCD(ctx); err != nil {
		return err
	}
	if err := l.writeInfo(); err != nil {
		return err
	}
	l.options.Log(fmt.Sprintf("the lab is up after %.0f s", time.Since(begun).Seconds()))
	return nil
}

// Stop ends all processes at once and removes the lab's files, unless they are to
// be kept. It may be called twice.
func (l *Lab) Stop() (err error) {
	l.stop.Do(func() {
		if l.town != nil {
			l.town.Load.Stop()
			l.town.Shops.Stop()
		}
		if l.Repos != nil {
			l.Repos.StopServer()
		}
		l.procs.killAll()
		if l.options.Keep {
			return
		}
		err = errors.Join(removeAll(l.dir), l.janitor.dismiss())
	})
	return err
}

// Dir is the folder with the lab's files: kubeconfig, logs/, git/.
func (l *Lab) Dir() string { return l.dir }

// Clusters are the names of the clusters, which are the fleet's FailureDomains, by name.
func (l *Lab) Clusters() []string {
	var names []string
	for _, c := range l.clusters {
		names = append(names, c.name)
	}
	return names
}

// cluster finds a cluster by its name.
func (l *Lab) cluster(name string) (*cluster, error) {
	i := slices.IndexFunc(l.clusters, func(c *cluster) bool { return c.name == name })
	if i < 0 {
		return nil, fmt.Errorf("lab: there is no cluster %q, only %q", name, l.Clusters())
	}
	return l.clusters[i], nil
}

// Info is how to reach a lab; a running lab has it in its folder as lab.json.
type Info struct {
	Dir         string            `json:"dir"`
	Kubeconfig  string            `json:"kubeconfig"`  // one context per cluster, as an administrator
	Kubectl     string            `json:"kubectl"`     // a kubectl of the API servers' version
	Prometheus  string            `json:"prometheus"`  // URL
	Targets     string            `json:"targets"`     // folder of files that name further targets for Prometheus
	SystemRepo  string            `json:"system_repo"` // URL; anybody may push
	AppRepo     string            `json:"app_repo"`    // URL; anybody may push
	APIServers  map[string]string `json:"api_servers"` // URL by cluster
	Controllers map[string]string `json:"controllers"` // metrics URL of Argo CD's controller by cluster
	Logs        string            `json:"logs"`        // folder
	// Of a Town; "" where there is none.
	Shopslo string `json:"shopslo,omitempty"` // program
	Town    string `json:"town,omitempty"`    // folder with shopslo.yaml
	Server  string `json:"server,omitempty"`  // URL of shopslo serve
}

const infoFile = "lab.json"

// info tells how to reach the lab.
func (l *Lab) info() Info {
	i := Info{
		Dir: l.dir, Kubeconfig: l.adminConfig(), Kubectl: l.tools.kubectl,
		Prometheus: l.prometheusURL(), Targets: l.prom.targets, Logs: filepath.Join(l.dir, logsDir),
		SystemRepo: l.Repos.SystemURL, AppRepo: l.Repos.AppURL,
		APIServers: map[string]string{}, Controllers: map[string]string{},
	}
	for _, c := range l.clusters {
		i.APIServers[c.name] = c.url()
		if c.argo != nil {
			i.Controllers[c.name] = c.argo.metricsURL()
		}
	}
	if t := l.town; t != nil {
		i.Shopslo, i.Town, i.Server = t.Exe, t.Dir, t.ServerURL
	}
	return i
}

func (l *Lab) writeInfo() error {
	data, err := json.MarshalIndent(l.info(), "", "  ")
	if err != nil {
		return err
	}
	return writeWhole(filepath.Join(l.dir, infoFile), append(data, '\n'), 0o600)
}

// ReadInfo reads how to reach the lab whose folder is dir. The error is an
// os.ErrNotExist where no lab is, or where one is not up yet.
func ReadInfo(dir string) (Info, error) {
	data, err := os.ReadFile(filepath.Join(dir, infoFile))
	if err != nil {
		return Info{}, err
	}
	var i Info
	if err := json.Unmarshal(data, &i); err != nil {
		return Info{}, fmt.Errorf("read %s of the lab in %s: %w", infoFile, dir, err)
	}
	return i, nil
}

// writeWhole writes a file so that a reader sees all of it or nothing.
func writeWhole(name string, data []byte, mode os.FileMode) error {
	tmp := filepath.Join(filepath.Dir(name), "."+filepath.Base(name)+".tmp")
	if err := os.WriteFile(tmp, data, mode); err != nil {
		return err
	}
	return os.Rename(tmp, name)
}

// together runs functions at the same time, waits for all and joins their errors.
func together(fs ...func() error) error {
	errs := make([]error, len(fs))
	var all sync.WaitGroup
	for i, f := range fs {
		all.Go(func() { errs[i] = f() })
	}
	all.Wait()
	return errors.Join(errs...)
}

func each[T any](list []T, f func(T) error) []func() error {
	var fs []func() error
	for _, x := range list {
		fs = append(fs, func() error { return f(x) })
	}
	return fs
}
