package main

import (
	"archive/tar"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// build writes an image of all its platforms, and gives the digest of its index.
func (o options) build(i image, below []*layer) (v1.Hash, error) {
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, arch := range o.platforms(i) {
		one, err := o.platform(i, arch, below)
		if err != nil {
			return v1.Hash{}, err
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: one,
			Descriptor: v1.Descriptor{MediaType: types.OCIManifestSchema1, Platform: &v1.Platform{OS: "linux", Architecture: arch}}})
	}
	digest, err := index.Digest()
	if err != nil {
		return v1.Hash{}, err
	}
	dir, err := os.MkdirTemp(o.out, ".image-*")
	if err != nil {
		return v1.Hash{}, err
	}
	defer os.RemoveAll(dir)
	at, err := layout.Write(dir, empty.Index)
	if err != nil {
		return v1.Hash{}, err
	}
	name := layout.WithAnnotations(map[string]string{"org.opencontainers.image.ref.name": i.name + ":" + o.version})
	if err := at.AppendIndex(index, name); err != nil {
		return v1.Hash{}, err
	}
	return digest, o.archive(dir, filepath.Join(o.out, i.name+".oci.tar"))
}

// platform is the image for one architecture.
func (o options) platform(i image, arch string, below []*layer) (v1.Image, error) {
	programs, err := o.programsLayer(i, arch)
	if err != nil {
		return nil, err
	}
	img := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	for _, l := range append(below[:len(below):len(below)], programs) {
		packed, err := l.packed()
		if err != nil {
			return nil, err
		}
		img, err = mutate.Append(img, mutate.Addendum{Layer: packed, MediaType: types.OCILayer, History: v1.History{Created: v1.Time{Time: o.created}, CreatedBy: "make images"}})
		if err != nil {
			return nil, err
		}
	}
	return mutate.ConfigFile(img, o.config(i, arch, img))
}

// config is how a container of the image is run: as nobody, who can write to /tmp and below
// /var/lib alone.
func (o options) config(i image, arch string, img v1.Image) *v1.ConfigFile {
	has, err := img.ConfigFile()
	if err != nil {
		has = &v1.ConfigFile{} // an image in memory always has one
	}
	c := has.DeepCopy()
	c.OS, c.Architecture, c.Created = "linux", arch, v1.Time{Time: o.created}
	c.Config = v1.Config{
		User: "65534:65534", WorkingDir: "/etc/shopslo",
		Env:        []string{"PATH=/usr/bin:/bin", "HOME=/tmp"},
		Entrypoint: []string{"/usr/bin/" + i.programs[0]}, Cmd: i.args,
		ExposedPorts: map[string]struct{}{i.port: {}},
		Labels: map[string]string{
			"org.opencontainers.image.title": i.name, "org.opencontainers.image.description": i.title,
			"org.opencontainers.image.version": o.version, "org.opencontainers.image.revision": o.revision,
			"org.opencontainers.image.source":   "https://github.com/shopslo/shopslo",
			"org.opencontainers.image.licenses": "Apache-2.0",
		},
	}
	return c
}

// archive packs an OCI layout into one file, whole or not at all.
func (o options) archive(dir, file string) (err error) {
	out, err := os.CreateTemp(o.out, ".image-*")
	if err != nil {
		return err
	}
	defer os.Remove(out.Name())
	t := tar.NewWriter(out)
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		h := &tar.Header{Name: filepath.ToSlash(name), ModTime: o.created, Format: tar.FormatPAX}
		if d.IsDir() {
			h.Name, h.Typeflag, h.Mode = h.Name+"/", tar.TypeDir, 0o755
			return t.WriteHeader(h)
		}
		return add(t, h, path)
	})
	if err := errors.Join(err, t.Close(), out.Chmod(0o644), out.Close()); err != nil {
		return err
	}
	return os.Rename(out.Name(), file)
}

func add(t *tar.Writer, h *tar.Header, path string) error {
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	h.Typeflag, h.Mode, h.Size = tar.TypeReg, 0o644, info.Size()
	if err := t.WriteHeader(h); err != nil {
		return err
	}
	_, err = io.Copy(t, in)
	return err
}
