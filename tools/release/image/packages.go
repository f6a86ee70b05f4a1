package main

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/blakesmith/ar"
	"github.com/ulikunitz/xz"
)

// The lock file has a line for each Debian package: NAME VERSION SHA256 PATH, the path on a
// mirror.

// wanted are the packages that the image with git is for; a shell, since git runs credential
// helpers and ssh by one.
var wanted = []string{"git", "openssh-client", "dash"}

// needless are packages that these depend on for what is not done here: perl for git's
// scripts, and what only installing needs.
var needless = []string{"perl", "perl-base", "perl-modules-5.36", "libperl5.36", "liberror-perl", "git-man", "dpkg", "tar", "adduser", "passwd",
	"gcc-12-base", "debconf", "debianutils", "libdb5.3", "libgdbm6", "libgdbm-compat4", "libsasl2-modules-db",
	"cdebconf", "install-info", "libaudit-common", "libaudit1", "libcap-ng0", "libdebian-installer4", "libnewt0.52", "libpam-modules", "libpam-modules-bin",
	"libpam0g", "libreadline8", "readline-common", "libsemanage-common", "libsemanage2", "libsepol2", "libslang2", "libtextwrap1"}

// leftOut are folders of packages that no program reads here.
var leftOut = regexp.MustCompile(`^(usr/share/(man|locale|lintian|bash-completion|perl5|gitweb|bug|menu|git-core/contrib|apport|doc-base)|etc/(init\.d|default)|lib/systemd|usr/lib/systemd)(/|$)`)

// packagesLayer downloads the packages of a lock file, unless they are in the cache, and unpacks them.
func packagesLayer(lock, cache string, at time.Time) (*layer, error) {
	data, err := os.ReadFile(lock)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return nil, err
	}
	l := newLayer(at)
	for line := range strings.Lines(string(data)) {
		f := strings.Fields(line)
		if len(f) == 0 || strings.HasPrefix(f[0], "#") {
			continue
		}
		if len(f) != 4 {
			return nil, fmt.Errorf("%s: %q is not NAME VERSION SHA256 PATH", lock, strings.TrimSpace(line))
		}
		deb, err := debian{name: f[0], version: f[1], sum: f[2], path: f[3]}.get(cache)
		if err != nil {
			return nil, err
		}
		if err := unpack(l, deb); err != nil {
			return nil, fmt.Errorf("unpack %s: %w", deb, err)
		}
	}
	l.link("bin/sh", "dash")
	l.add("var/lib/dpkg/status.d/lock", tar.Header{Typeflag: tar.TypeReg, Mode: 0o644}, data) // says what is in it
	return l, nil
}

// debian is a line of the lock file.
type debian struct{ name, version, sum, path string }

// envMirrors names mirrors of Debian, apart by spaces, for where apt does not have its packages;
// those of security updates have a mirror of their own.
const envMirrors = "DEBIAN_MIRRORS"

// get gives the file of a package, whose sum is right: from the cache, else by apt where it
// has that version, else from a mirror.
func (d debian) get(cache string) (string, error) {
	file := filepath.Join(cache, path.Base(d.path))
	if summed(file) == d.sum {
		return file, nil
	}
	errs := []error{d.byApt(file)}
	for _, mirror := range strings.Fields(os.Getenv(envMirrors)) {
		if summed(file) == d.sum {
			return file, nil
		}
		errs = append(errs, fetch(strings.TrimSuffix(mirror, "/")+"/"+d.path, file))
	}
	if sum := summed(file); sum == d.sum {
		return file, nil
	} else if sum != "" {
		return "", errors.Join(fmt.Errorf("%s has the sum %s, not %s, which the lock file says: do not use it", file, sum, d.sum), os.Remove(file))
	}
	return "", fmt.Errorf("get %s %s; if Debian has a newer one, run make images-lock; where apt is not Debian's, name a mirror in %s: %w", d.name, d.version, envMirrors, errors.Join(errs...))
}

// byApt has apt download the package into the folder of file, and calls it so.
func (d debian) byApt(file string) error {
	dir, err := os.MkdirTemp(filepath.Dir(file), ".apt-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	cmd := exec.Command("apt-get", "download", "-qq", d.name+":amd64="+d.version)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("apt-get download: %w: %s", err, bytes.TrimSpace(out))
	}
	got, err := filepath.Glob(filepath.Join(dir, "*.deb"))
	if err != nil || len(got) != 1 {
		return fmt.Errorf("apt-get downloaded %v: %w", got, err)
	}
	return os.Rename(got[0], file)
}

// largest is more than any package has.
const largest = 64 << 20

func fetch(url, file string) error {
	client := http.Client{Timeout: 5 * time.Minute}
	resp, err := client.Get(url)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", url, resp.Status)
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, largest))
	if err != nil {
		return fmt.Errorf("%s: %w", url, err)
	}
	return os.WriteFile(file, data, 0o644)
}

// summed is a file's SHA-256, "" where there is no file.
func summed(file string) string {
	data, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%x", sha256.Sum256(data))
}

// unpack adds a package's files.
func unpack(l *layer, deb string) error {
	f, err := os.Open(deb)
	if err != nil {
		return err
	}
	defer f.Close()
	for members := ar.NewReader(f); ; {
		h, err := members.Next()
		if err != nil {
			return fmt.Errorf("it has no data.tar.xz: %w", err)
		}
		if strings.TrimSuffix(h.Name, "/") != "data.tar.xz" {
			continue
		}
		x, err := xz.NewReader(members)
		if err != nil {
			return err
		}
		return unpackFiles(l, tar.NewReader(x))
	}
}

func unpackFiles(l *layer, t *tar.Reader) error {
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		name := path.Clean(strings.TrimPrefix(h.Name, "./"))
		docs := strings.HasPrefix(name, "usr/share/doc/") && path.Base(name) != "copyright"
		if h.Typeflag == tar.TypeDir || leftOut.MatchString(name) || docs {
			continue // folders come with what is in them
		}
		data, err := io.ReadAll(t)
		if err != nil {
			return err
		}
		// No program of this image gets rights that its user does not have.
		kept := tar.Header{Typeflag: h.Typeflag, Mode: h.Mode & 0o777, Linkname: h.Linkname}
		if h.Typeflag == tar.TypeLink {
			kept.Linkname = path.Clean(strings.TrimPrefix(h.Linkname, "./"))
		}
		l.add(name, kept, data)
	}
}

// writeLock asks apt for the packages as they are now.
func writeLock(file string) error {
	args := append([]string{"depends", "--recurse", "--no-recommends", "--no-suggests", "--no-conflicts", "--no-breaks", "--no-replaces", "--no-enhances"}, wanted...)
	out, err := exec.Command("apt-cache", args...).Output()
	if err != nil {
		return fmt.Errorf("apt-cache depends: %w", err)
	}
	var names []string
	for line := range strings.Lines(string(out)) {
		if name := strings.TrimSpace(line); name != "" && line[0] >= 'a' && line[0] <= 'z' && !strings.Contains(name, ":") && !slices.Contains(needless, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var b strings.Builder
	b.WriteString("# Debian's packages in the image shopslo-git: NAME VERSION SHA256 PATH. Written by make images-lock.\n")
	for _, name := range slices.Compact(names) {
		out, err := exec.Command("apt-cache", "show", "--no-all-versions", name).Output()
		if err != nil {
			return fmt.Errorf("apt-cache show %s: %w", name, err)
		}
		field := func(key string) string {
			_, rest, _ := strings.Cut("\n"+string(out), "\n"+key+": ")
			value, _, _ := strings.Cut(rest, "\n")
			return value
		}
		fmt.Fprintf(&b, "%s %s %s %s\n", name, field("Version"), field("SHA256"), field("Filename"))
	}
	return os.WriteFile(file, []byte(b.String()), 0o644)
}
