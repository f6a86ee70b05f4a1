// Command image builds container images from nothing, and without an engine: programs, root
// certificates, time zones and a user without rights; for the one with git also what Debian's
// packages have of it. The same programs give the same bytes.
//
// For each image it writes NAME.oci.tar, an archive of an OCI layout, which podman, skopeo,
// crane and ctr read, and prints its digest.
//
// Usage: image -programs DIR -out DIR -version V [-revision R] [-epoch SECONDS] [-notices DIR] [-packages LOCK [-cache DIR]]
//
//	image -lock LOCK: writes which packages the image with git is made of
package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// options are the command line.
type options struct {
	programs, out, notices, packages, cache string
	version, revision                       string
	created                                 time.Time
}

func main() {
	var o options
	var lock string
	var epoch int64
	flag.StringVar(&o.programs, "programs", "", "`folder` with shopslo_linux_ARCH/PROGRAM")
	flag.StringVar(&o.out, "out", "", "`folder` for the images")
	flag.StringVar(&o.notices, "notices", "", "`folder` with licenses, which goes to /usr/share/doc/shopslo")
	flag.StringVar(&o.packages, "packages", "", "`file` that lists the packages of the image with git; without it that image is left out")
	flag.StringVar(&o.cache, "cache", "", "`folder` where packages are kept")
	flag.StringVar(&o.version, "version", "", "the images' tag and label")
	flag.StringVar(&o.revision, "revision", "", "the commit, for a label")
	flag.Int64Var(&epoch, "epoch", 0, "the time of all files, in `seconds` since 1970")
	flag.StringVar(&lock, "lock", "", "write this `file` and nothing else")
	flag.Parse()
	o.created = time.Unix(epoch, 0).UTC()
	var err error
	switch {
	case lock != "":
		err = writeLock(lock)
	case o.programs == "" || o.out == "" || o.version == "":
		err = errors.New("-programs, -out and -version are needed")
	default:
		err = o.buildAll()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "image:", err)
		os.Exit(1)
	}
}

// image is what is built for each platform.
type image struct {
	name, title string
	programs    []string // the first is the entry point
	args        []string // where a container is started without any
	port        string
	git         bool
}

// images are named as the chart names them.
var images = []image{
	{name: "shopslo", title: "shopslo serve, and all commands that need no git",
		programs: []string{"shopslo"}, args: []string{"serve", "--web.listen-address=:9876"}, port: "9876/tcp"},
	{name: "shopset-exporter", title: "shopset_exporter without git",
		programs: []string{"shopset_exporter"}, args: []string{"--web.listen-address=:9877"}, port: "9877/tcp"},
	{name: "incidentbot", title: "The Slack bot for incidents",
		programs: []string{"incidentbot"}, args: []string{"serve", "--web.listen-address=:9878"}, port: "9878/tcp"},
	{name: "shopslo-git", title: "shopslo and shopset_exporter with git and ssh",
		programs: []string{"shopslo", "shopset_exporter"}, args: []string{"serve", "--web.listen-address=:9876"}, port: "9876/tcp", git: true},
}

// platforms are those that an image's programs were built for. git comes from Debian's
// packages for one only.
func (o options) platforms(i image) []string {
	return slices.DeleteFunc([]string{"amd64", "arm64"}, func(arch string) bool {
		_, err := os.Stat(o.folder(arch))
		return err != nil || i.git && arch != "amd64"
	})
}

// folder has the programs for an architecture.
func (o options) folder(arch string) string { return filepath.Join(o.programs, "shopslo_linux_"+arch) }

func (o options) buildAll() error {
	base, err := baseLayer(o.created)
	if err != nil {
		return err
	}
	var debian *layer
	if o.packages != "" {
		if debian, err = packagesLayer(o.packages, cmp.Or(o.cache, filepath.Join(o.out, "packages")), o.created); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(o.out, 0o755); err != nil {
		return err
	}
	for _, i := range images {
		if i.git && debian == nil {
			continue
		}
		if len(o.platforms(i)) == 0 {
			return fmt.Errorf("build %s: no programs in %s", i.name, o.folder("amd64"))
		}
		layers := []*layer{base}
		if i.git {
			layers = append(layers, debian)
		}
		digest, err := o.build(i, layers)
		if err != nil {
			return fmt.Errorf("build %s: %w", i.name, err)
		}
		fmt.Printf("%s  %s:%s  %v\n", digest, i.name, o.version, o.platforms(i))
	}
	return nil
}

// programsLayer has the programs of an image, and their licenses.
func (o options) programsLayer(i image, arch string) (*layer, error) {
	l := newLayer(o.created)
	for _, p := range i.programs {
		data, err := os.ReadFile(filepath.Join(o.folder(arch), p))
		if err != nil {
			return nil, err
		}
		l.file("usr/bin/"+p, data, 0o755)
	}
	if o.notices == "" {
		return l, nil
	}
	files, err := os.ReadDir(o.notices)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(files, func(a, b os.DirEntry) int { return cmp.Compare(a.Name(), b.Name()) })
	for _, f := range files {
		data, err := os.ReadFile(filepath.Join(o.notices, f.Name()))
		if err != nil {
			return nil, err
		}
		l.file("usr/share/doc/shopslo/"+f.Name(), data, 0o644)
	}
	return l, nil
}
