package main

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/blakesmith/ar"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/ulikunitz/xz"
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

// aPackage is a Debian package of one file with a set-user-ID bit, a hard link to it, and a manual page.
func aPackage(t *testing.T) []byte {
	t.Helper()
	var data, deb bytes.Buffer
	x, err := xz.NewWriter(&data)
	if err != nil {
		t.Fatal(err)
	}
	w := tar.NewWriter(x)
	for _, h := range []tar.Header{
		{Name: "./usr/bin/tool", Typeflag: tar.TypeReg, Mode: 0o4755, Size: 4},
		{Name: "./usr/bin/same", Typeflag: tar.TypeLink, Linkname: "./usr/bin/tool", Mode: 0o755},
		{Name: "./usr/share/man/man1/tool.1", Typeflag: tar.TypeReg, Mode: 0o644, Size: 4},
		{Name: "./usr/share/doc/tool/copyright", Typeflag: tar.TypeReg, Mode: 0o644, Size: 4},
	} {
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if h.Size > 0 {
			if _, err := w.Write([]byte("text")); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := errors.Join(w.Close(), x.Close()); err != nil {
		t.Fatal(err)
	}
	a := ar.NewWriter(&deb)
	if err := a.WriteGlobalHeader(); err != nil {
		t.Fatal(err)
	}
	for name, body := range map[string][]byte{"debian-binary": []byte("2.0\n"), "data.tar.xz": data.Bytes()} {
		if err := a.WriteHeader(&ar.Header{Name: name, Mode: 0o644, Size: int64(len(body))}); err != nil {
			t.Fatal(err)
		}
		if _, err := a.Write(body); err != nil {
			t.Fatal(err)
		}
	}
	return deb.Bytes()
}

func TestPackagesComeByTheirSumsAlone(t *testing.T) {
	deb := aPackage(t)
	served := deb
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/security/pool/tool_1_amd64.deb" {
			http.NotFound(w, r)
			return
		}
		w.Write(served)
	}))
	defer s.Close()
	t.Setenv(envMirrors, s.URL+"/main "+s.URL+"/security/")
	t.Setenv("PATH", "") // no apt-get

	lock := filepath.Join(t.TempDir(), "lock")
	layerOf := func(line, cache string) (*layer, error) {
		if err := os.WriteFile(lock, []byte("# a comment\n"+line+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return packagesLayer(lock, cache, time.Unix(0, 0))
	}
	right := fmt.Sprintf("tool 1 %x pool/tool_1_amd64.deb", sha256.Sum256(deb))
	cache := t.TempDir()
	l, err := layerOf(right, cache)
	if err != nil {
		t.Fatal(err)
	}
	if e := l.files["usr/bin/tool"]; e == nil || e.head.Mode != 0o755 || string(e.data) != "text" {
		t.Errorf("usr/bin/tool: %+v", e)
	}
	if e := l.files["usr/bin/same"]; e == nil || e.head.Typeflag != tar.TypeLink || e.head.Linkname != "usr/bin/tool" {
		t.Errorf("usr/bin/same: %+v", e)
	}
	if l.files["usr/share/man/man1/tool.1"] != nil || l.files["usr/share/doc/tool/copyright"] == nil {
		t.Errorf("there are %v", slices.Sorted(maps.Keys(l.files)))
	}
	served = []byte("something else")
	if _, err := layerOf(right, cache); err != nil {
		t.Errorf("what is in the cache is asked for again: %v", err)
	}
	other := t.TempDir()
	if _, err := layerOf(right, other); err == nil || !strings.Contains(err.Error(), "do not use it") {
		t.Errorf("a package of another sum: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(other, "*")); len(left) > 0 {
		t.Errorf("it is kept: %v", left)
	}
	if _, err := layerOf("tool 1 00 pool/none.deb", cache); err == nil || !strings.Contains(err.Error(), "make images-lock") {
		t.Errorf("a package that is gone: %v", err)
	}
	if _, err := layerOf("tool 1", cache); err == nil || !strings.Contains(err.Error(), "NAME VERSION SHA256 PATH") {
		t.Errorf("a line that says too little: %v", err)
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
