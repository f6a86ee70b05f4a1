package main

import (
	"archive/tar"
	"bytes"
	"crypto/x509"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
)

// build builds the images of programs that are texts, and gives their folder.
func build(t *testing.T) string {
	t.Helper()
	programs, out := t.TempDir(), filepath.Join(t.TempDir(), "images")
	for _, arch := range []string{"amd64", "arm64"} {
		dir := filepath.Join(programs, "shopslo_linux_"+arch)
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		for _, p := range []string{"shopslo", "shopset_exporter", "incidentbot"} {
			if err := os.WriteFile(filepath.Join(dir, p), []byte(p+" for "+arch), 0o700); err != nil {
				t.Fatal(err)
			}
		}
	}
	o := options{programs: programs, out: out, version: "v9.9.9", created: time.Unix(1700000000, 0).UTC()}
	if err := o.buildAll(); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestTheSameProgramsGiveTheSameImages(t *testing.T) {
	a, b := build(t), build(t)
	for _, name := range []string{"shopslo.oci.tar", "shopset-exporter.oci.tar", "incidentbot.oci.tar"} {
		one, err := os.ReadFile(filepath.Join(a, name))
		if err != nil {
			t.Fatal(err)
		}
		if two, err := os.ReadFile(filepath.Join(b, name)); err != nil || !bytes.Equal(one, two) {
			t.Errorf("%s differs (%v)", name, err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(a, "*")); len(left) != 3 {
		t.Errorf("there are %v", left)
	}
}

// unpacked reads an archive of an OCI layout with the library's own reader.
func unpacked(t *testing.T, file string) v1.ImageIndex {
	t.Helper()
	dir := t.TempDir()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for r := tar.NewReader(f); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeDir {
			err = os.MkdirAll(filepath.Join(dir, h.Name), 0o755)
		} else {
			var data []byte
			if data, err = io.ReadAll(r); err == nil {
				err = os.WriteFile(filepath.Join(dir, h.Name), data, 0o644)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	at, err := layout.FromPath(dir)
	if err != nil {
		t.Fatal(err)
	}
	outer, err := at.ImageIndex()
	if err != nil {
		t.Fatal(err)
	}
	list, err := outer.IndexManifest()
	if err != nil || len(list.Manifests) != 1 || list.Manifests[0].Annotations["org.opencontainers.image.ref.name"] != "shopslo:v9.9.9" {
		t.Fatalf("%+v, %v", list, err)
	}
	index, err := outer.ImageIndex(list.Manifests[0].Digest)
	if err != nil {
		t.Fatal(err)
	}
	return index
}

func TestAnImageHasWhatAProgramNeedsAndNoRights(t *testing.T) {
	index := unpacked(t, filepath.Join(build(t), "shopslo.oci.tar"))
	list, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	var platforms []string
	for _, m := range list.Manifests {
		platforms = append(platforms, m.Platform.OS+"/"+m.Platform.Architecture)
		image, err := index.Image(m.Digest)
		if err != nil {
			t.Fatal(err)
		}
		c, err := image.ConfigFile()
		if err != nil || c.Architecture != m.Platform.Architecture || c.Config.User != "65534:65534" || !slices.Equal(c.Config.Entrypoint, []string{"/usr/bin/shopslo"}) {
			t.Errorf("%+v, %v", c, err)
		}
		files := contents(t, image)
		if got := string(files["usr/bin/shopslo"]); got != "shopslo for "+m.Platform.Architecture {
			t.Errorf("%s runs %q", m.Platform.Architecture, got)
		}
		if pool := x509.NewCertPool(); !pool.AppendCertsFromPEM(files["etc/ssl/certs/ca-certificates.crt"]) {
			t.Error("no root certificates")
		}
		if _, err := time.LoadLocationFromTZData("Asia/Tokyo", files["usr/share/zoneinfo/Asia/Tokyo"]); err != nil {
			t.Error(err)
		}
		if !bytes.Contains(files["etc/passwd"], []byte("nobody:x:65534:")) {
			t.Errorf("users: %s", files["etc/passwd"])
		}
	}
	if !slices.Equal(platforms, []string{"linux/amd64", "linux/arm64"}) {
		t.Errorf("for %v", platforms)
	}
}

// contents are the files of all layers by name.
func contents(t *testing.T, image v1.Image) map[string][]byte {
	t.Helper()
	layers, err := image.Layers()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for _, l := range layers {
		in, err := l.Uncompressed()
		if err != nil {
			t.Fatal(err)
		}
		for r := tar.NewReader(in); ; {
			h, err := r.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if h.Uid != 0 && h.Typeflag != tar.TypeDir || h.Mode&0o6022 != 0 && h.Name != "tmp/" && h.Typeflag != tar.TypeSymlink {
				t.Errorf("%s: owner %d, mode %o", h.Name, h.Uid, h.Mode)
			}
			if out[h.Name], err = io.ReadAll(r); err != nil {
				t.Fatal(err)
			}
		}
		in.Close()
	}
	return out
}

func TestAPackageWithAnotherSumIsRefused(t *testing.T) {
	cache, lock := t.TempDir(), filepath.Join(t.TempDir(), "lock")
	if err := os.WriteFile(lock, []byte("# a comment\ndash 0.5.12-2 0123\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := packagesLayer(lock, cache, time.Unix(0, 0)); err == nil {
		t.Error("a package of an unknown sum was taken")
	}
	if err := os.WriteFile(lock, []byte("dash 0.5.12-2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := packagesLayer(lock, cache, time.Unix(0, 0)); err == nil {
		t.Error("a lock file without sums was taken")
	}
}

func TestTheDockerfileBuildsTheSame(t *testing.T) {
	data, err := os.ReadFile("../../../deploy/images/Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range images {
		_, stage, found := strings.Cut(string(data), " AS "+i.name+"\n")
		stage, _, _ = strings.Cut(stage, "\nFROM ")
		for _, want := range []string{"EXPOSE " + i.port + "\n", `ENTRYPOINT ["/usr/bin/` + i.programs[0] + `"]`, `CMD ["` + strings.Join(i.args, `", "`) + `"]`} {
			if !found || !strings.Contains(stage, want) {
				t.Errorf("the stage %s lacks %s:\n%s", i.name, want, stage)
			}
		}
		for _, p := range i.programs {
			if !strings.Contains(stage, "/out/usr/bin/"+p) {
				t.Errorf("the stage %s lacks %s", i.name, p)
			}
		}
	}
}
