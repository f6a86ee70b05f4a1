package lab

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/cgi"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/shopslo/shopslo/fleet"
)

// FirstVersion is what all components of all Tiers begin with.
const FirstVersion = "1.0.0"

// submodule is where the system repository has the app repository.
const submodule = "app"

// Repos are the git repositories: the app repository with a folder per component,
// and the system repository with overlays/<shopset>/<component>, which has the app
// repository as its submodule app. Both have a branch per Tier. The system branch of
// a Tier holds the overlays of that Tier's ShopSets only, so what moves from Tier to
// Tier is the app repository's commit.
//
// They are served over HTTP, to read and to write, without a password.
type Repos struct {
	SystemURL, AppURL string
	// SystemDir and AppDir are the bare repositories behind the URLs.
	SystemDir, AppDir string

	git      string // the program
	dir      string // of the lab
	fleet    *fleet.Fleet
	port     int
	backend  http.Handler
	mu       sync.Mutex // one writer at a time
	serverMu sync.Mutex
	server   *http.Server
}

func (l *Lab) createRepos(ctx context.Context) error {
	port, err := l.ports.free()
	if err != nil {
		return err
	}
	r := &Repos{
		git: l.programs["git"], dir: l.dir, fleet: l.Fleet, port: port,
		SystemURL: "http://" + local(port) + "/system.git", AppURL: "http://" + local(port) + "/app.git",
		SystemDir: filepath.Join(l.dir, "git", "system.git"), AppDir: filepath.Join(l.dir, "git", "app.git"),
	}
	if err := r.create(ctx); err != nil {
		return fmt.Errorf("create git repositories: %w", err)
	}
	l.Repos = r
	return r.StartServer()
}

// create makes both repositories, and clones to work in.
func (r *Repos) create(ctx context.Context) error {
	for _, name := range []string{"app", "system"} {
		bare := filepath.Join(r.dir, "git", name+".git")
		for _, args := range [][]string{
			{"init", "--quiet", "--bare", "--initial-branch=" + r.branches()[0], bare},
			{"-C", bare, "config", "http.receivepack", "true"},
			{"clone", "--quiet", bare, r.clone(name)},
		} {
			if _, err := r.run(ctx, r.dir, args...); err != nil {
				return err
			}
		}
	}
	execPath, err := r.run(ctx, r.dir, "--exec-path")
	if err != nil {
		return err
	}
	r.backend = &cgi.Handler{
		Path: filepath.Join(execPath, "git-http-backend"),
		Env:  append(r.env(), "GIT_PROJECT_ROOT="+filepath.Join(r.dir, "git"), "GIT_HTTP_EXPORT_ALL=1"),
	}
	if err := r.firstApp(ctx); err != nil {
		return err
	}
	for _, tier := range r.fleet.Tiers() {
		if err := r.firstSystem(ctx, tier); err != nil {
			return err
		}
	}
	_, err = r.run(ctx, r.clone("system"), "push", "--quiet", "--all", "origin")
	return err
}

// firstApp writes the app repository's first commit, to which all branches point.
func (r *Repos) firstApp(ctx context.Context) error {
	files := map[string]string{"README.md": "The components' bases. A change begins on the lowest Tier's branch.\n"}
	for _, c := range r.components() {
		files[c+"/kustomization.yaml"] = "resources: [configmap.yaml]\n"
		files[versionFile(c)] = versionContent(c, FirstVersion, nil)
	}
	clone := r.clone("app")
	if _, err := r.run(ctx, clone, "checkout", "--quiet", "--orphan", r.branches()[0]); err != nil {
		return err
	}
	if _, err := r.commit(ctx, clone, "Begin with version "+FirstVersion, files); err != nil {
		return err
	}
	args := []string{"push", "--quiet", "origin"}
	for _, b := range r.branches() {
		args = append(args, "HEAD:refs/heads/"+b)
	}
	_, err := r.run(ctx, clone, args...)
	return err
}

// firstSystem writes the first commit of a Tier's system branch; it does not push it.
func (r *Repos) firstSystem(ctx context.Context, tier fleet.Tier) error {
	files := map[string]string{".gitmodules": "[submodule \"" + submodule + "\"]\n\tpath = " + submodule + "\n\turl = ../app.git\n\tbranch = " + tier.Branch + "\n"}
	for _, s := range r.fleet.ShopSetsOf(tier.Name) {
		for _, c := range s.Components {
			files[fmt.Sprintf("overlays/%s/%s/kustomization.yaml", s.Name, c)] = overlay(s, string(c))
		}
	}
	clone := r.clone("system")
	if _, err := r.run(ctx, clone, "checkout", "--quiet", "--orphan", tier.Branch); err != nil {
		return err
	}
	// The index of the branch before is still there.
	if _, err := r.run(ctx, clone, "rm", "-r", "-f", "--quiet", "--ignore-unmatch", "."); err != nil {
		return err
	}
	if err := r.pointAt(ctx, tier.Branch); err != nil {
		return err
	}
	_, err := r.commit(ctx, clone, "Write the overlays of "+string(tier.Name), files)
	return err
}

func versionFile(component string) string { return component + "/configmap.yaml" }

func versionContent(component, version string, settings map[string]string) string {
	content := fmt.Sprintf("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: %s\ndata:\n  version: %q\n", component, version)
	for _, key := range slices.Sorted(maps.Keys(settings)) {
		content += fmt.Sprintf("  %s: %q\n", key, settings[key])
	}
	return content
}

func overlay(s fleet.ShopSet, component string) string {
	return fmt.Sprintf(`namespace: %s
resources: [../../../%s/%s]
patches:
- patch: |
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: %s}
    data: {configuration: %s}
`, s.Name, submodule, component, component, s.Configuration)
}

// branches of the Tiers, the lowest first.
func (r *Repos) branches() []string {
	var list []string
	for _, t := range r.fleet.Tiers() {
		list = append(list, t.Branch)
	}
	return list
}

func (r *Repos) branch(tier fleet.TierName) (string, error) {
	t, ok := r.fleet.Tier(tier)
	if !ok {
		return "", fmt.Errorf("lab: there is no tier %q", tier)
	}
	return t.Branch, nil
}

// components of all ShopSets, each once.
func (r *Repos) components() []string {
	var list []string
	for _, s := range r.fleet.ShopSets() {
		for _, c := range s.Components {
			if !slices.Contains(list, string(c)) {
				list = append(list, string(c))
			}
		}
	}
	return list
}

// merge commits files, by their paths in the app repository, to a Tier's branch and
// pushes it. It gives the commit, which is the Release once the Tier's system branch
// refers to it: see Bump. Files that change nothing make an empty commit.
func (r *Repos) merge(ctx context.Context, tier fleet.TierName, subject string, files map[string]string) (commit string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	branch, err := r.branch(tier)
	if err != nil {
		return "", err
	}
	clone := r.clone("app")
	if err := r.update(ctx, clone, branch); err != nil {
		return "", err
	}
	return r.commitAndPush(ctx, clone, branch, subject, files)
}

// bump has a Tier's system branch refer to the newest commit of its app branch, and
// pushes it: from then on Argo CD deploys it. It gives the system repository's commit.
func (r *Repos) bump(ctx context.Context, tier fleet.TierName) (commit string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	branch, err := r.branch(tier)
	if err != nil {
		return "", err
	}
	clone := r.clone("system")
	if err := r.update(ctx, clone, branch); err != nil {
		return "", err
	}
	if err := r.pointAt(ctx, branch); err != nil {
		return "", err
	}
	return r.commitAndPush(ctx, clone, branch, "Update "+submodule, nil)
}

// Release merges a new version of one component to a Tier's app branch and bumps the
// system branch. It gives the app repository's commit: the Release.
func (r *Repos) Release(ctx context.Context, tier fleet.TierName, component, version string) (release string, err error) {
	return r.ReleaseWith(ctx, tier, component, version, nil)
}

// ReleaseWith is Release of a version that behaves in its own way: settings are
// further keys of the component's ConfigMap, such as those that Shops heed.
func (r *Repos) ReleaseWith(ctx context.Context, tier fleet.TierName, component, version string, settings map[string]string) (release string, err error) {
	subject := fmt.Sprintf("%s: update to %s", component, version)
	release, err = r.merge(ctx, tier, subject, map[string]string{versionFile(component): versionContent(component, version, settings)})
	if err != nil {
		return "", err
	}
	_, err = r.bump(ctx, tier)
	return release, err
}

// Promote brings a Tier to the Release of another one, as the users do it: the app
// branch is forwarded and the system branch bumped. It gives the Release. It fails
// where the Tier has commits that the other one lacks.
func (r *Repos) Promote(ctx context.Context, from, to fleet.TierName) (release string, err error) {
	source, err := r.branch(from)
	if err != nil {
		return "", err
	}
	target, err := r.branch(to)
	if err != nil {
		return "", err
	}
	r.mu.Lock()
	_, err = r.run(ctx, r.clone("app"), "fetch", "--quiet", "origin")
	if err == nil {
		_, err = r.run(ctx, r.clone("app"), "push", "--quiet", "origin", "origin/"+source+":refs/heads/"+target)
	}
	r.mu.Unlock()
	if err != nil {
		return "", err
	}
	if _, err := r.bump(ctx, to); err != nil {
		return "", err
	}
	return r.run(ctx, r.AppDir, "rev-parse", target)
}

// Deployed is the Release that a Tier's system branch refers to, and that branch's
// own commit.
func (r *Repos) Deployed(ctx context.Context, tier fleet.TierName) (release, system string, err error) {
	branch, err := r.branch(tier)
	if err != nil {
		return "", "", err
	}
	out, err := r.run(ctx, r.SystemDir, "rev-parse", branch+":"+submodule, branch)
	if err != nil {
		return "", "", err
	}
	release, system, _ = strings.Cut(out, "\n")
	return release, system, nil
}

// Git runs git in one of the bare repositories and gives its output.
func (r *Repos) Git(ctx context.Context, dir string, args ...string) (string, error) {
	return r.run(ctx, dir, args...)
}

// pointAt has the system clone's index refer to the newest commit of an app branch.
func (r *Repos) pointAt(ctx context.Context, branch string) error {
	commit, err := r.run(ctx, r.AppDir, "rev-parse", "refs/heads/"+branch)
	if err != nil {
		return err
	}
	_, err = r.run(ctx, r.clone("system"), "update-index", "--add", "--cacheinfo", "160000,"+commit+","+submodule)
	return err
}

// update brings a clone to a branch as the server has it: others push as well.
func (r *Repos) update(ctx context.Context, clone, branch string) error {
	if _, err := r.run(ctx, clone, "fetch", "--quiet", "--no-recurse-submodules", "origin"); err != nil {
		return err
	}
	_, err := r.run(ctx, clone, "checkout", "--quiet", "--force", "-B", branch, "origin/"+branch)
	return err
}

func (r *Repos) commit(ctx context.Context, clone, subject string, files map[string]string) (string, error) {
	add := []string{"add", "--"}
	for name, content := range files {
		path := filepath.Join(clone, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return "", err
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			return "", err
		}
		add = append(add, name)
	}
	if len(files) > 0 {
		if _, err := r.run(ctx, clone, add...); err != nil {
			return "", err
		}
	}
	if _, err := r.run(ctx, clone, "commit", "--quiet", "--allow-empty", "-m", subject); err != nil {
		return "", err
	}
	return r.run(ctx, clone, "rev-parse", "HEAD")
}

func (r *Repos) commitAndPush(ctx context.Context, clone, branch, subject string, files map[string]string) (string, error) {
	commit, err := r.commit(ctx, clone, subject, files)
	if err != nil {
		return "", err
	}
	_, err = r.run(ctx, clone, "push", "--quiet", "origin", "HEAD:refs/heads/"+branch)
	return commit, err
}

func (r *Repos) clone(name string) string { return filepath.Join(r.dir, "clones", name) }

// env keeps the settings of whoever runs the lab out of its repositories.
func (r *Repos) env() []string {
	return append(environment(r.dir, os.Getenv("PATH")), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME=Lab", "GIT_AUTHOR_EMAIL=lab@example.com", "GIT_COMMITTER_NAME=Lab", "GIT_COMMITTER_EMAIL=lab@example.com")
}

func (r *Repos) run(ctx context.Context, dir string, args ...string) (string, error) {
	out, err := output(ctx, dir, r.env(), r.git, args...)
	return strings.TrimRight(out, "\n"), err
}

// StartServer serves the repositories again after StopServer, on the same port.
func (r *Repos) StartServer() error {
	r.serverMu.Lock()
	defer r.serverMu.Unlock()
	if r.server != nil {
		return errors.New("lab: the git server is running")
	}
	l, err := net.Listen("tcp", local(r.port))
	if err != nil {
		return fmt.Errorf("start git server: %w", err)
	}
	r.server = &http.Server{Handler: r.backend, ReadHeaderTimeout: 10 * time.Second}
	go r.server.Serve(l) // until Close
	return nil
}

// StopServer makes the repositories unreachable over HTTP: the git server is down.
// Merge, Bump and the others go on working, as they do not ask it.
func (r *Repos) StopServer() {
	r.serverMu.Lock()
	defer r.serverMu.Unlock()
	if r.server != nil {
		r.server.Close()
		r.server = nil
	}
}
