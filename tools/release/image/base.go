package main

import (
	"archive/zip"
	"bytes"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// baseLayer is what every program needs: a user, a folder for temporary files and one for
// what it keeps, Mozilla's root certificates and the time zones, both at the versions that
// this module and the Go toolchain have.
func baseLayer(at time.Time) (*layer, error) {
	l := newLayer(at)
	l.file("etc/passwd", []byte("root:x:0:0:root:/:/sbin/nologin\nnobody:x:65534:65534:nobody:/tmp:/sbin/nologin\n"), 0o644)
	l.file("etc/group", []byte("root:x:0:\nnobody:x:65534:\n"), 0o644)
	l.file("etc/nsswitch.conf", []byte("hosts: files dns\n"), 0o644)
	l.folder("tmp", 0o1777, 0)
	l.folder("etc/shopslo", 0o755, 0)
	l.folder("var/lib/shopslo", 0o750, nobody)
	l.folder("var/lib/incidentbot", 0o750, nobody)
	l.file("etc/ssl/certs/ca-certificates.crt", roots(), 0o644)
	return l, zones(l)
}

// roots are the root certificates that hold for all names. The few that Mozilla constrains
// cannot say so in this format, and are left out.
func roots() []byte {
	var b bytes.Buffer
	for r := range bundle.Roots() {
		if r.Constraint == nil {
			pem.Encode(&b, &pem.Block{Type: "CERTIFICATE", Bytes: r.Certificate}) // never fails on a buffer
		}
	}
	return b.Bytes()
}

// zones adds the time zones that come with Go.
func zones(l *layer) error {
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return fmt.Errorf("go env GOROOT: %w", err)
	}
	r, err := zip.OpenReader(filepath.Join(strings.TrimSpace(string(goroot)), "lib", "time", "zoneinfo.zip"))
	if err != nil {
		return err
	}
	defer r.Close()
	for _, f := range r.File {
		if f.FileInfo().IsDir() {
			continue
		}
		in, err := f.Open()
		if err != nil {
			return err
		}
		data, err := io.ReadAll(in)
		if err = errors.Join(err, in.Close()); err != nil {
			return err
		}
		l.file("usr/share/zoneinfo/"+f.Name, data, 0o644)
	}
	return nil
}
