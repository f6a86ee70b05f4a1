// Command notices says what programs are made of: the licenses of all modules that they link,
// in one file, and a CycloneDX bill of materials of each. Both are read from the programs
// themselves.
//
// Usage: notices -module DIR -out DIR [-sbom DIR] PROGRAM…
package main

import (
	"cmp"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

func main() {
	module := flag.String("module", "", "`folder` of the module that the programs were built from")
	out := flag.String("out", "", "`folder` for THIRD_PARTY_NOTICES.txt")
	sbom := flag.String("sbom", "", "`folder` for PROGRAM.cdx.json")
	flag.Parse()
	if *module == "" || *out == "" || flag.NArg() == 0 {
		fmt.Fprintln(os.Stderr, "usage: notices -module DIR -out DIR [-sbom DIR] PROGRAM…")
		os.Exit(3)
	}
	if err := run(*module, *out, *sbom, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "notices:", err)
		os.Exit(1)
	}
}

func run(module, out, sbom string, programs []string) error {
	linked := map[string]debug.Module{}
	for _, p := range programs {
		info, err := buildinfo.ReadFile(p)
		if err != nil {
			return err
		}
		for _, d := range info.Deps {
			if d.Replace != nil {
				d = d.Replace
			}
			linked[d.Path] = *d
		}
		if sbom != "" {
			if err := writeSBOM(filepath.Join(sbom, filepath.Base(p)+".cdx.json"), p, info); err != nil {
				return err
			}
		}
	}
	dirs, err := folders(module)
	if err != nil {
		return err
	}
	text, err := notices(slices.SortedFunc(maps.Values(linked), func(a, b debug.Module) int { return cmp.Compare(a.Path, b.Path) }), dirs)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(out, "THIRD_PARTY_NOTICES.txt"), []byte(text), 0o644)
}

// folders are where the sources of modules are, by path.
func folders(module string) (map[string]string, error) {
	cmd := exec.Command("go", "list", "-m", "-json", "all")
	cmd.Dir, cmd.Stderr = module, os.Stderr
	data, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list -m all in %s: %w", module, err)
	}
	out := map[string]string{}
	for d := json.NewDecoder(strings.NewReader(string(data))); ; {
		var m struct{ Path, Dir string }
		err := d.Decode(&m)
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		out[m.Path] = m.Dir
	}
}

// aLicense is how files with licenses and notices are called.
var aLicense = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|copyright)([-.].*)?$`)

// notices are the licenses of Go and of all modules. One without any is an error: it must not
// be passed on.
func notices(linked []debug.Module, dirs map[string]string) (string, error) {
	var b strings.Builder
	b.WriteString("These programs contain what follows, under these licenses.\n")
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOROOT: %w", err)
	}
	all := append([]debug.Module{{Path: "Go's standard library"}}, linked...)
	dirs[all[0].Path] = strings.TrimSpace(string(goroot))
	for _, m := range all {
		dir := dirs[m.Path]
		files, err := os.ReadDir(dir)
		if err != nil {
			return "", fmt.Errorf("the source of %s %s is not here: %w", m.Path, m.Version, err)
		}
		found := false
		for _, f := range files {
			if f.IsDir() || !aLicense.MatchString(f.Name()) {
				continue
			}
			text, err := os.ReadFile(filepath.Join(dir, f.Name()))
			if err != nil {
				return "", err
			}
			found = true
			fmt.Fprintf(&b, "\n%s\n%s: %s\n\n%s\n", strings.Repeat("=", 78), strings.TrimSpace(m.Path+" "+m.Version), f.Name(), strings.TrimSpace(string(text)))
		}
		if !found {
			return "", fmt.Errorf("%s %s has no license in %s", m.Path, m.Version, dir)
		}
	}
	return b.String(), nil
}

// writeSBOM writes the bill of materials of one program.
func writeSBOM(file, program string, info *debug.BuildInfo) error {
	data, err := os.ReadFile(program)
	if err != nil {
		return err
	}
	bom := cdx.NewBOM()
	bom.Metadata = &cdx.Metadata{Component: &cdx.Component{
		BOMRef: info.Path, Type: cdx.ComponentTypeApplication, Name: filepath.Base(program), Version: info.Main.Version,
		PackageURL: purl(info.Main), Hashes: &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA256, Value: fmt.Sprintf("%x", sha256.Sum256(data))}},
	}}
	parts := []cdx.Component{{BOMRef: "go", Type: cdx.ComponentTypeFramework, Name: "go", Version: info.GoVersion, PackageURL: "pkg:golang/std@" + strings.TrimPrefix(info.GoVersion, "go")}}
	for _, d := range info.Deps {
		if d.Replace != nil {
			d = d.Replace
		}
		parts = append(parts, cdx.Component{BOMRef: purl(*d), Type: cdx.ComponentTypeLibrary, Name: d.Path, Version: d.Version, PackageURL: purl(*d)})
	}
	bom.Components = &parts
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	return errors.Join(cdx.NewBOMEncoder(f, cdx.BOMFileFormatJSON).SetPretty(true).Encode(bom), f.Close())
}

func purl(m debug.Module) string { return "pkg:golang/" + m.Path + "@" + m.Version }
