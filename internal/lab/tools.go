package lab

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// tools are the paths of what is built from the modules below tools/.
type tools struct {
	kubeAPIServer, kubectl string
	argoCD                 string
	crds                   string   // folder with Argo CD's custom resource definitions
	path                   []string // folders of what Argo CD looks for in PATH
}

// toolModule is one module below tools/, and what is built from it.
type toolModule struct {
	name     string
	packages map[string]string // import paths by the program's name
	ldflags  string
	// files are copied from a dependency's source into a folder of that name.
	files map[string]source
}

type source struct {
	module, glob string
	mode         os.FileMode
}

// kubeVersion goes into the programs as a release's build does it; without it they
// call themselves v0.0.0. It is the version in tools/kube-apiserver/go.mod.
const kubeVersion = "-X k8s.io/component-base/version.gitVersion=v1.32.2" +
	" -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=32"

var (
	kubeModule = toolModule{
		name: "kube-apiserver", ldflags: "-s -w " + kubeVersion,
		packages: map[string]string{
			"kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
			"kubectl":        "k8s.io/kubernetes/cmd/kubectl",
			"kustomize":      "sigs.k8s.io/kustomize/kustomize/v5",
		},
	}
	// argoModules are Argo CD by its major version.
	argoModules = map[int]toolModule{
		2: {
			name: "argocd2", ldflags: "-s -w",
			packages: map[string]string{"argocd": "github.com/argoproj/argo-cd/v2/cmd"},
			files:    argoFiles("github.com/argoproj/argo-cd/v2"),
		},
		3: {
			name: "argocd", ldflags: "-s -w -X github.com/argoproj/argo-cd/v3/common.version=3.5.7",
			packages: map[string]string{"argocd": "github.com/argoproj/argo-cd/v3/cmd"},
			files:    argoFiles("github.com/argoproj/argo-cd/v3"),
		},
	}
)

// argoFiles are its custom resource definitions, and the script that its repo-server calls.
func argoFiles(module string) map[string]source {
	return map[string]source{
		"crds": {module, "manifests/crds/*-crd.yaml", 0o644},
		"hack": {module, "hack/git-verify-wrapper.sh", 0o755},
	}
}

// Build builds what the lab runs and keeps it in the user's cache folder. Where it
// is there already, nothing is done.
func Build(ctx context.Context, root string, log func(string)) error {
	root, err := moduleRoot(root)
	if err != nil {
		return err
	}
	if _, err = MackerelAgent(ctx, root, log); err != nil {
		return err
	}
	if _, err = Mkr(ctx, root, log); err != nil {
		return err
	}
	if _, err = Prometheus3(ctx, root, log); err != nil {
		return err
	}
	_, err = buildTools(ctx, root, argoCDVersion, log)
	return err
}

func buildTools(ctx context.Context, root string, version int, log func(string)) (tools, error) {
	kube, err := kubeModule.build(ctx, root, log)
	if err != nil {
		return tools{}, err
	}
	argo, err := argoModules[version].build(ctx, root, log)
	if err != nil {
		return tools{}, err
	}
	return tools{
		kubeAPIServer: filepath.Join(kube, "kube-apiserver"), kubectl: filepath.Join(kube, "kubectl"),
		argoCD: filepath.Join(argo, "argocd"), crds: filepath.Join(argo, "crds"),
		path: []string{kube, filepath.Join(argo, "hack")},
	}, nil
}

// build gives the folder with a module's programs, and makes it first where the
// cache lacks it. Of several programs that want it, one builds and the others wait.
func (m toolModule) build(ctx context.Context, root string, log func(string)) (string, error) {
	goVersion, err := output(ctx, root, nil, "go", "env", "GOVERSION", "GOOS", "GOARCH")
	if err != nil {
		return "", err
	}
	src := filepath.Join(root, "internal", "lab", "tools", m.name)
	key, err := m.key(src, goVersion)
	if err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("where to keep the lab's programs: %w", err)
	}
	cache = filepath.Join(cache, "shopslo", "lab")
	dir := filepath.Join(cache, m.name+"-"+key)
	if exists(dir) {
		return dir, nil
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", err
	}
	unlock, err := lock(ctx, dir+".lock")
	if err != nil {
		return "", err
	}
	defer unlock()
	if exists(dir) {
		return dir, nil
	}
	log(fmt.Sprintf("building %s, which takes minutes and is done once …", m.name))
	begun := time.Now()
	if err := m.buildInto(ctx, src, dir); err != nil {
		return "", fmt.Errorf("build the lab's programs from %s: %w", src, err)
	}
	log(fmt.Sprintf("built %s in %.0f s; kept in %s", m.name, time.Since(begun).Seconds(), dir))
	return dir, nil
}

// key changes with everything that decides what is built.
func (m toolModule) key(src, goVersion string) (string, error) {
	h := sha256.New()
	for _, file := range []string{"go.mod", "go.sum"} {
		data, err := os.ReadFile(filepath.Join(src, file))
		if err != nil {
			return "", err
		}
		fmt.Fprintf(h, "%d\n%s\n", len(data), data)
	}
	// fmt prints maps in the order of their keys.
	fmt.Fprint(h, strings.Fields(goVersion), m.packages, m.ldflags, m.files)
	return fmt.Sprintf("%x", h.Sum(nil)[:8]), nil
}

// buildInto makes the folder, all of it or none, while the caller has its lock. The module is built in a copy,
// since go build -mod=mod may complete go.mod and go.sum.
func (m toolModule) buildInto(ctx context.Context, src, dir string) error {
	tmp := dir + ".building"
	if err := os.RemoveAll(tmp); err != nil { // of a build that was killed
		return err
	}
	defer os.RemoveAll(tmp)
	mod, out := filepath.Join(tmp, "mod"), filepath.Join(tmp, "out")
	for _, d := range []string{mod, out} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			return err
		}
	}
	for _, file := range []string{"go.mod", "go.sum"} {
		if err := copyFile(filepath.Join(src, file), filepath.Join(mod, file), 0o644); err != nil {
			return err
		}
	}
	env := append(os.Environ(), "GOWORK=off")
	for name, pkg := range m.packages {
		args := []string{"build", "-mod=mod", "-trimpath", "-buildvcs=false", "-ldflags", m.ldflags, "-o", filepath.Join(out, name), pkg}
		if _, err := output(ctx, mod, env, "nice", append([]string{"-n", "19", "go"}, args...)...); err != nil {
			return err
		}
	}
	for name, s := range m.files {
		if err := s.copyTo(ctx, mod, env, filepath.Join(out, name)); err != nil {
			return err
		}
	}
	return os.Rename(out, dir)
}

// copyTo copies files of a dependency's source.
func (s source) copyTo(ctx context.Context, mod string, env []string, dir string) error {
	from, err := output(ctx, mod, env, "go", "list", "-mod=mod", "-m", "-f", "{{.Dir}}", s.module)
	if err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(from), s.glob))
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return fmt.Errorf("module %s has no files %s", s.module, s.glob)
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	for _, f := range files {
		if err := copyFile(f, filepath.Join(dir, filepath.Base(f)), s.mode); err != nil {
			return err
		}
	}
	return nil
}

func copyFile(from, to string, mode os.FileMode) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, data, mode)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// lock waits for a file's lock, which ends with the program at the latest.
func lock(ctx context.Context, file string) (unlock func(), err error) {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	for {
		ok, err := lockFile(f)
		if err != nil {
			f.Close()
			return nil, fmt.Errorf("lock %s: %w", file, err)
		}
		if ok {
			return func() { f.Close() }, nil
		}
		select {
		case <-ctx.Done():
			f.Close()
			return nil, fmt.Errorf("wait for another program that builds the lab's programs (it holds %s): %w", file, context.Cause(ctx))
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// output runs a program to its end and gives its standard output; the error has
// what it said. Without an environment it gets this program's.
func output(ctx context.Context, dir string, env []string, exe string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, exe, args...)
	cmd.Dir, cmd.Env = dir, env
	cmd.WaitDelay = 5 * time.Second
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return stdout.String(), fmt.Errorf("%s %s: %w\n%s", filepath.Base(exe), strings.Join(args, " "), err, strings.TrimSpace(stderr.String()))
	}
	return stdout.String(), nil
}

// debian are the programs that are taken from the system, and their packages.
var debian = []struct{ program, pkg string }{
	{"etcd", "etcd-server"}, {"redis-server", "redis-server"}, {"prometheus", "prometheus"}, {"git", "git"},
}

// findPrograms gives the paths of the system's programs, or names all that are missing.
func findPrograms() (map[string]string, error) {
	paths, errs := map[string]string{}, []error(nil)
	for _, d := range debian {
		path, err := exec.LookPath(d.program)
		if err != nil {
			errs = append(errs, fmt.Errorf("the lab needs %s: install the Debian package %s, without starting its service", d.program, d.pkg))
			continue
		}
		paths[d.program] = path
	}
	return paths, errors.Join(errs...)
}

const modulePath = "github.com/shopslo/shopslo"

// moduleRoot is the folder of this module: the one given, or the nearest at or
// above the working folder.
func moduleRoot(dir string) (string, error) {
	from := dir
	if dir == "" {
		from = "."
	}
	from, err := filepath.Abs(from)
	if err != nil {
		return "", err
	}
	for at := from; ; at = filepath.Dir(at) {
		data, err := os.ReadFile(filepath.Join(at, "go.mod"))
		if first, _, _ := strings.Cut(string(data), "\n"); err == nil && strings.TrimSpace(first) == "module "+modulePath {
			return at, nil
		}
		if dir != "" || at == filepath.Dir(at) {
			return "", fmt.Errorf("the lab needs the source of %s, which is not at %s", modulePath, from)
		}
	}
}
