// Command pack puts files into a release archive that `mkr plugin install` takes: a zip
// file NAME_GOOS_GOARCH.zip with one folder of the same name, whose executables keep
// their mode. The same files give the same bytes.
//
// Usage: pack ARCHIVE FILE…
package main

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	if len(os.Args) < 3 || !strings.HasSuffix(os.Args[1], ".zip") {
		fmt.Fprintln(os.Stderr, "usage: pack NAME_GOOS_GOARCH.zip FILE…")
		os.Exit(3)
	}
	if err := pack(os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "pack:", err)
		os.Exit(3)
	}
}

// pack writes the archive beside its place first: there is a whole one or none.
func pack(archive string, files []string) (err error) {
	f, err := os.CreateTemp(filepath.Dir(archive), ".pack-*")
	if err != nil {
		return err
	}
	defer func() { os.Remove(f.Name()) }()
	z := zip.NewWriter(f)
	folder := strings.TrimSuffix(filepath.Base(archive), ".zip")
	for _, file := range files {
		if err := add(z, folder, file); err != nil {
			return errors.Join(err, f.Close())
		}
	}
	if err := errors.Join(z.Close(), f.Chmod(0o644), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), archive)
}

func add(z *zip.Writer, folder, file string) error {
	in, err := os.Open(file)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	h := &zip.FileHeader{Name: folder + "/" + filepath.Base(file), Method: zip.Deflate}
	h.SetMode(info.Mode().Perm() & 0o755)
	w, err := z.CreateHeader(h)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, in)
	return err
}
