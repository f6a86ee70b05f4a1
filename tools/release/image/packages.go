package main

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// The lock file has a line for each Debian package: NAME VERSION SHA256.

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
		if len(f) != 3 {
			return nil, fmt.Errorf("%s: %q is not NAME VERSION SHA256", lock, strings.TrimSpace(line))
		}
		deb, err := download(cache, f[0], f[1], f[2])
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

// download gives the path of a package, whose sum is right.
func download(cache, name, version, sum string) (string, error) {
	file := filepath.Join(cache, fmt.Sprintf("%s_%s_amd64.deb", name, strings.ReplaceAll(version, ":", "%3a")))
	if summed(file) == sum {
		return file, nil
	}
	cmd := exec.Command("apt-get", "download", "-qq", name+":amd64="+version)
	cmd.Dir = cache
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("download %s %s: %w: %s; if Debian has a newer one, run make images-lock", name, version, err, bytes.TrimSpace(out))
	}
	if _, err := os.Stat(file); err != nil { // of all architectures
		file = strings.TrimSuffix(file, "amd64.deb") + "all.deb"
	}
	if got := summed(file); got != sum {
		return "", fmt.Errorf("%s has the sum %s, not %s, which the lock file says: do not use it", file, got, sum)
	}
	return file, nil
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
	cmd := exec.Command("dpkg-deb", "--fsys-tarfile", deb)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("%w: %s", err, bytes.TrimSpace(complaint.Bytes()))
	}
	for t := tar.NewReader(bytes.NewReader(out)); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		name := path.Clean(strings.TrimPrefix(h.Name, "./"))
		if name == "." || leftOut.MatchString(name) || strings.HasPrefix(name, "usr/share/doc/") && h.Typeflag != tar.TypeDir && path.Base(name) != "copyright" {
			continue
		}
		if h.Typeflag == tar.TypeDir {
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
	b.WriteString("# Debian's packages in the image shopslo-git: NAME VERSION SHA256. Written by make images-lock.\n")
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
		fmt.Fprintf(&b, "%s %s %s\n", name, field("Version"), field("SHA256"))
	}
	return os.WriteFile(file, []byte(b.String()), 0o644)
}
