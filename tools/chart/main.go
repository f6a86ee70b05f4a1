// Command chart lints the Helm chart, and renders it: into the kustomize bases of
// deploy/kustomize, and into golden files that show what each setting does. With -check
// it writes nothing, and fails where a file is not what the chart gives.
//
// Usage: chart [-check] [ROOT]
package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	check := flag.Bool("check", false, "write nothing; fail where a file is not what the chart gives")
	flag.Parse()
	log.SetOutput(io.Discard) // Helm tells of the link to the custom resources, each time
	root := "../.."
	if flag.NArg() > 0 {
		root = flag.Arg(0)
	}
	if err := run(root, *check); err != nil {
		fmt.Fprintln(os.Stderr, "chart:", err)
		os.Exit(1)
	}
}

// Where things are, from the root of the repository.
const (
	chartDir     = "deploy/charts/shopslo"
	kustomizeDir = "deploy/kustomize"
	goldenDir    = "tools/chart/testdata"
	// sumsFile has the sums of the chart and of all that is made from it, so that a test
	// that knows nothing of Helm sees where one was changed without the other.
	sumsFile = "deploy/charts/SHA256SUMS"
)

func run(root string, check bool) error {
	c, err := load(filepath.Join(root, chartDir))
	if err != nil {
		return err
	}
	files, err := c.kustomize(filepath.Join(root, kustomizeDir))
	if err != nil {
		return err
	}
	golden, err := c.goldens(filepath.Join(root, goldenDir))
	if err != nil {
		return err
	}
	made := map[string][]byte{}
	for name, data := range files {
		made[kustomizeDir+"/"+name] = data
	}
	for name, data := range golden {
		made[goldenDir+"/"+name] = data
	}
	if made[sumsFile], err = sums(root, made); err != nil {
		return err
	}
	var stale []error
	for _, name := range slices.Sorted(maps.Keys(made)) {
		there, err := os.ReadFile(filepath.Join(root, name))
		switch {
		case err == nil && bytes.Equal(there, made[name]):
		case check:
			stale = append(stale, fmt.Errorf("%s is not what the chart gives: run make manifests, and review the difference", name))
		default:
			if err := os.WriteFile(filepath.Join(root, name), made[name], 0o644); err != nil {
				return err
			}
		}
	}
	return errors.Join(stale...)
}

// sums lists the chart's files as they are, and what is made from them.
func sums(root string, made map[string][]byte) ([]byte, error) {
	all := maps.Clone(made)
	err := filepath.WalkDir(filepath.Join(root, chartDir), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		all[filepath.ToSlash(name)], err = os.ReadFile(path)
		return err
	})
	var out strings.Builder
	for _, name := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(&out, "%x  %s\n", sha256.Sum256(all[name]), name)
	}
	return []byte(out.String()), err
}
