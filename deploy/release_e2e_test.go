//go:build e2e && more

package deploy_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"sigs.k8s.io/yaml"
)

// released is the tag that the test gives its clones.
const released = "v0.9.8"

// built clones the repository as it was committed, and gives the folder of what make builds
// there.
func built(t *testing.T, args ...string) string {
	t.Helper()
	clone := filepath.Join(t.TempDir(), "clone")
	run(t, root, "git", "clone", "--quiet", ".", clone)
	run(t, clone, "git", "-c", "user.name=test", "-c", "user.email=test@example.com", "tag", "-f", "-m", released, released)
	out := run(t, clone, "make", args...)
	if strings.Contains(run(t, clone, "git", "status", "--short"), "?") {
		t.Error("the clone is not clean any more")
	}
	t.Log(out[max(0, len(out)-4000):])
	return filepath.Join(clone, "dist")
}

func run(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %v: %v\n%s%s", name, args, err, stdout.String(), stderr.String())
	}
	return stdout.String()
}

// sums are those of SHA256SUMS, which are right, by name.
func sums(t *testing.T, dist string) map[string]string {
	t.Helper()
	run(t, dist, "sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS")
	out := map[string]string{}
	for line := range strings.Lines(run(t, dist, "cat", "SHA256SUMS")) {
		sum, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
		out[name] = sum
	}
	return out
}

func TestACleanCloneGivesARelease(t *testing.T) {
	dist := built(t, "release")
	has := sums(t, dist)
	for _, want := range []string{"shopslo_linux_amd64.zip", "shopslo_linux_arm64.zip", "shopslo_linux_amd64.tar.gz", "shopslo_linux_arm64.tar.gz",
		"packages/shopslo_0.9.8_amd64.deb", "packages/shopset-exporter_0.9.8_arm64.deb", "packages/incidentbot-0.9.8-1.x86_64.rpm", "packages/shopslo-plugins-0.9.8-1.aarch64.rpm",
		"images/shopslo.oci.tar", "images/shopset-exporter.oci.tar", "images/incidentbot.oci.tar", "images/shopslo-git.oci.tar", "sbom/shopslo.cdx.json", "sbom/check-mailrelay.cdx.json",
		"shopslo-chart.tgz", "THIRD_PARTY_NOTICES.txt"} {
		if has[want] == "" {
			t.Errorf("SHA256SUMS lacks %s; it has %v", want, slices.Sorted(maps.Keys(has)))
		}
	}
	var publisher struct {
		Release struct {
			ExtraFiles []struct{ Glob string } `json:"extra_files"`
		}
	}
	if err := yaml.Unmarshal([]byte(read(t, ".goreleaser.yaml")), &publisher); err != nil {
		t.Fatal(err)
	}
	for name := range has {
		if !slices.ContainsFunc(publisher.Release.ExtraFiles, func(f struct{ Glob string }) bool { ok, _ := filepath.Match(f.Glob, "dist/"+name); return ok }) {
			t.Errorf(".goreleaser.yaml does not publish %s", name)
		}
	}
	t.Run("images run as nobody, with nothing around them", func(t *testing.T) { imagesRun(t, filepath.Join(dist, "images")) })
	t.Run("a package installs", func(t *testing.T) { packageInstalls(t, dist) })
	t.Run("another clone gives the same bytes", func(t *testing.T) {
		again := built(t, "plugins", "packages", "PLATFORMS=linux/"+runtime.GOARCH)
		files, err := filepath.Glob(filepath.Join(again, "packages", "*"))
		if err != nil || len(files) != 8 {
			t.Fatalf("%v, %v", files, err)
		}
		for _, file := range append(files, filepath.Join(again, "shopslo_linux_"+runtime.GOARCH+".zip"), filepath.Join(again, "sbom/shopslo.cdx.json")) {
			name, err := filepath.Rel(again, file)
			if err != nil {
				t.Fatal(err)
			}
			if sum, _, _ := strings.Cut(run(t, again, "sha256sum", name), " "); has[name] != sum {
				t.Errorf("%s differs", name)
			}
		}
	})
}

// imagesRun unpacks images and runs what is in them, in a chroot.
func imagesRun(t *testing.T, dir string) {
	if os.Getuid() != 0 {
		t.Skip("only root may chroot")
	}
	at := unpackImage(t, filepath.Join(dir, "shopslo.oci.tar"))
	if out := at.run(t, nil, "/usr/bin/shopslo", "version"); !strings.Contains(out, released) {
		t.Errorf("shopslo version: %s", out)
	}
	out := at.run(t, []string{"TZ=Asia/Tokyo"}, "/usr/bin/shopslo", "--help")
	if !strings.Contains(out, "Available Commands") {
		t.Errorf("shopslo --help: %s", out)
	}
	t.Run("serve answers", func(t *testing.T) { imageServes(t, at) })
	for image, program := range map[string]string{"shopset-exporter": "shopset_exporter", "incidentbot": "incidentbot"} {
		if out := unpackImage(t, filepath.Join(dir, image+".oci.tar")).run(t, nil, "/usr/bin/"+program, "--version"); !strings.Contains(out, released) {
			t.Errorf("%s --version: %s", program, out)
		}
	}
	if runtime.GOARCH != "amd64" {
		t.Skip("the image with git is for amd64")
	}
	git := unpackImage(t, filepath.Join(dir, "shopslo-git.oci.tar"))
	git.run(t, nil, "/bin/sh", "-c", "cd /tmp && git init -q r && cd r && git -c user.name=a -c user.email=a@b.c commit -q --allow-empty -m one && git log --oneline && ssh -V")
	s := httptest.NewTLSServer(http.NotFoundHandler())
	defer s.Close()
	if out := git.run(t, nil, "/bin/sh", "-c", "git ls-remote "+s.URL+"/x || true"); !strings.Contains(out, "certificate") {
		t.Errorf("git does not check certificates: %s", out)
	}
}

// imageServes starts shopslo serve in an image with the settings of a user.
func imageServes(t *testing.T, at unpacked) {
	for name, text := range map[string]string{
		"shopslo.yaml": "source: {prometheus: {url: 'http://127.0.0.1:1'}}\nfleet: [fleet.yaml]\nslos: [slo.yaml]\nledger: {dir: /var/lib/shopslo/ledger}\n",
		"fleet.yaml": "apiVersion: shopset.dev/v1alpha1\nkind: Tier\nmetadata: {name: prod}\nspec: {order: 0}\n---\n" +
			"apiVersion: shopset.dev/v1alpha1\nkind: ShopSet\nmetadata: {name: shop}\nspec: {tier: prod}\n",
		"slo.yaml": "apiVersion: openslo/v1\nkind: SLO\nmetadata: {name: cart}\nspec:\n  service: shop\n  budgetingMethod: Occurrences\n" +
			"  objectives: [{target: 0.99}]\n  timeWindow: [{duration: 28d, isRolling: true}]\n  indicator:\n    metadata: {name: cart}\n    spec:\n      ratioMetric:\n        counter: true\n" +
			"        bad: {metricSource: {type: prometheus, spec: {query: 'errors_total'}}}\n        total: {metricSource: {type: prometheus, spec: {query: 'requests_total'}}}\n",
	} {
		if err := os.WriteFile(filepath.Join(at.dir, "etc/shopslo", name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	address := "127.0.0.1:39876"
	cmd := at.command(nil, "/usr/bin/shopslo", "serve", "--config", "/etc/shopslo/shopslo.yaml", "--web.listen-address", address)
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	defer cmd.Process.Kill()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		resp, err := http.Get("http://" + address + "/-/healthy")
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				break
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("it does not answer: %v\n%s", err, said.String())
		}
	}
	cmd.Process.Signal(syscall.SIGTERM)
	if err := <-ended; err != nil {
		t.Errorf("it ended with %v:\n%s", err, said.String())
	}
}

// unpacked is an image's files, and how its containers are run.
type unpacked struct {
	dir    string
	config struct {
		User, WorkingDir string
		Env              []string
	}
}

func unpackImage(t *testing.T, file string) (u unpacked) {
	t.Helper()
	u.dir = t.TempDir()
	if err := os.Chmod(u.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	blobs := map[string][]byte{}
	archive, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	each(t, archive, func(h *tar.Header, data []byte) {
		blobs[strings.Replace(strings.TrimPrefix(h.Name, "blobs/"), "/", ":", 1)] = data
	})
	type descriptor struct {
		Digest   string
		Platform struct{ Architecture string }
	}
	var outer, index struct{ Manifests []descriptor }
	var manifest struct {
		Config descriptor
		Layers []descriptor
	}
	decode(t, blobs["index.json"], &outer)
	decode(t, blobs[outer.Manifests[0].Digest], &index)
	i := slices.IndexFunc(index.Manifests, func(d descriptor) bool { return d.Platform.Architecture == runtime.GOARCH })
	if i < 0 {
		t.Fatalf("%s has %+v", file, index)
	}
	decode(t, blobs[index.Manifests[i].Digest], &manifest)
	var config struct{ Config json.RawMessage }
	decode(t, blobs[manifest.Config.Digest], &config)
	decode(t, config.Config, &u.config)
	for _, l := range manifest.Layers {
		z, err := gzip.NewReader(bytes.NewReader(blobs[l.Digest]))
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		each(t, data, func(h *tar.Header, data []byte) {
			if err := u.extract(h, data); err != nil {
				t.Fatal(err)
			}
		})
	}
	if err := os.Mkdir(filepath.Join(u.dir, "dev"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, minor := range map[string]int{"null": 3, "urandom": 9} { // every container has these
		file := filepath.Join(u.dir, "dev", name)
		if err := errors.Join(syscall.Mknod(file, syscall.S_IFCHR|0o666, 1<<8|minor), os.Chmod(file, 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	return u
}

func decode(t *testing.T, data []byte, v any) {
	t.Helper()
	if err := json.Unmarshal(data, v); err != nil {
		t.Fatal(err)
	}
}

func each(t *testing.T, archive []byte, f func(*tar.Header, []byte)) {
	t.Helper()
	for r := tar.NewReader(bytes.NewReader(archive)); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		f(h, data)
	}
}

func (u unpacked) extract(h *tar.Header, data []byte) error {
	name := filepath.Join(u.dir, h.Name)
	mode := fs.FileMode(h.Mode & 0o777)
	if h.Mode&0o1000 != 0 {
		mode |= fs.ModeSticky
	}
	switch h.Typeflag {
	case tar.TypeSymlink:
		return os.Symlink(h.Linkname, name)
	case tar.TypeLink:
		return os.Link(filepath.Join(u.dir, h.Linkname), name)
	case tar.TypeDir:
		return errors.Join(os.MkdirAll(name, 0o755), os.Chmod(name, mode), os.Chown(name, h.Uid, h.Gid))
	}
	return errors.Join(os.WriteFile(name, data, 0o600), os.Chmod(name, mode))
}

// command is a program of the image, run as a container would.
func (u unpacked) command(env []string, args ...string) *exec.Cmd {
	var user, group uint32
	fmt.Sscanf(u.config.User, "%d:%d", &user, &group)
	return &exec.Cmd{Path: args[0], Args: args, Dir: u.config.WorkingDir, Env: append(slices.Clone(u.config.Env), env...),
		SysProcAttr: &syscall.SysProcAttr{Chroot: u.dir, Credential: &syscall.Credential{Uid: user, Gid: group}}}
}

func (u unpacked) run(t *testing.T, env []string, args ...string) string {
	t.Helper()
	if !strings.HasPrefix(u.config.User, "65534:") {
		t.Errorf("it runs as %q", u.config.User)
	}
	out, err := u.command(env, args...).CombinedOutput()
	if err != nil {
		t.Errorf("%v: %v\n%s", args, err, out)
	}
	return string(out)
}

// packageInstalls has dpkg install a package into a folder of its own.
func packageInstalls(t *testing.T, dist string) {
	if _, err := exec.LookPath("dpkg"); err != nil || os.Getuid() != 0 {
		t.Skip("only root may install, by dpkg")
	}
	at := t.TempDir()
	if err := os.MkdirAll(filepath.Join(at, "var/lib/dpkg/info"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"status", "available"} {
		if err := os.WriteFile(filepath.Join(at, "var/lib/dpkg", name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range []string{"shopslo", "shopset-exporter", "incidentbot", "shopslo-plugins"} {
		run(t, dist, "dpkg", "--root="+at, "--force-script-chrootless", "--install", "packages/"+p+"_0.9.8_"+runtime.GOARCH+".deb")
	}
	for _, name := range []string{"usr/bin/shopset_exporter", "usr/lib/systemd/system/shopslo.service", "etc/default/shopslo", "usr/share/man/man1/shopslo-gate.1.gz",
		"usr/share/man/ja/man1/shopslo-gate.1.gz", "usr/share/man/ja/man1/check-mailrelay.1.gz", "usr/share/man/man1/check-mailrelay.1.gz", "usr/share/bash-completion/completions/shopslo",
		"usr/share/doc/shopslo/THIRD_PARTY_NOTICES.txt", "opt/mackerel-agent/plugins/bin/check-mailrelay"} {
		if _, err := os.Stat(filepath.Join(at, name)); err != nil {
			t.Error(err)
		}
	}
	if info, err := os.Stat(filepath.Join(at, "etc/default/incidentbot")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("who may read the bot's tokens: %v, %v", info, err)
	}
	if out := run(t, at, filepath.Join(at, "usr/bin/shopslo"), "version"); !strings.Contains(out, released) {
		t.Errorf("shopslo version: %s", out)
	}
	run(t, dist, "dpkg", "--root="+at, "--force-script-chrootless", "--remove", "shopslo")
	if _, err := os.Stat(filepath.Join(at, "usr/bin/shopslo")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after removing: %v", err)
	}
}
