package main

import (
	"archive/tar"
	"bytes"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// nobody owns what the programs write to.
const nobody = 65534

// layer is a set of files by path. It is written sorted, with one time for all.
type layer struct {
	at    time.Time
	files map[string]*entry
}

type entry struct {
	head tar.Header
	data []byte
}

func newLayer(at time.Time) *layer { return &layer{at: at, files: map[string]*entry{}} }

// add takes a file; the folders above it come by themselves.
func (l *layer) add(name string, h tar.Header, data []byte) {
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if l.files[dir] == nil {
			l.files[dir] = &entry{head: tar.Header{Name: dir + "/", Typeflag: tar.TypeDir, Mode: 0o755}}
		}
	}
	h.Name, h.Size = name, int64(len(data))
	if h.Typeflag == tar.TypeDir {
		h.Name += "/"
	}
	l.files[name] = &entry{head: h, data: data}
}

func (l *layer) file(name string, data []byte, mode int64) {
	l.add(name, tar.Header{Typeflag: tar.TypeReg, Mode: mode}, data)
}

func (l *layer) folder(name string, mode int64, owner int) {
	l.add(name, tar.Header{Typeflag: tar.TypeDir, Mode: mode, Uid: owner, Gid: owner}, nil)
}

func (l *layer) link(name, to string) {
	l.add(name, tar.Header{Typeflag: tar.TypeSymlink, Linkname: to, Mode: 0o777}, nil)
}

// write writes the layer. Hard links stand last, after what they mean.
func (l *layer) write(w io.Writer) error {
	names := make([]string, 0, len(l.files))
	for name := range l.files {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		hard := func(name string) int {
			if l.files[name].head.Typeflag == tar.TypeLink {
				return 1
			}
			return 0
		}
		if d := hard(a) - hard(b); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	t := tar.NewWriter(w)
	for _, name := range names {
		e := l.files[name]
		h := e.head
		h.ModTime, h.Format = l.at, tar.FormatPAX
		if err := t.WriteHeader(&h); err != nil {
			return err
		}
		if _, err := t.Write(e.data); err != nil {
			return err
		}
	}
	return t.Close()
}

// packed is the layer as an image has it.
func (l *layer) packed() (v1.Layer, error) {
	var b bytes.Buffer
	if err := l.write(&b); err != nil {
		return nil, err
	}
	return tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b.Bytes())), nil },
		tarball.WithCompressedCaching)
}
