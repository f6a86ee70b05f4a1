package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	utiljson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/yaml"
)

// golden is what is written. An Application that Argo CD's types refuse is null, and a
// cluster that it cannot talk to.
type golden struct {
	ArgoCD       string // its version
	Words        map[string]any
	Applications map[string]*meaning
	Clusters     map[string]*connection
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go run . TESTDATA  (reads applications/ and clusters/ in it, writes "+output+")")
		os.Exit(3)
	}
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func write(dir string) error {
	g := golden{Words: words, Applications: map[string]*meaning{}, Clusters: map[string]*connection{}}
	if err := each(filepath.Join(dir, "applications"), g.application); err != nil {
		return err
	}
	if err := each(filepath.Join(dir, "clusters"), g.cluster); err != nil {
		return err
	}
	info, _ := debug.ReadBuildInfo()
	for _, m := range info.Deps {
		if m.Path == argoCD {
			g.ArgoCD = m.Version
		}
	}
	data, err := json.MarshalIndent(g, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, output), append(data, '\n'), 0o644)
}

// each reads the files of a folder as JSON, those left out that are for another Argo CD.
func each(dir string, read func(name string, data []byte) error) error {
	files, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, f := range files {
		if strings.Contains(f.Name(), others) {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err == nil {
			data, err = yaml.YAMLToJSON(data)
		}
		if err == nil {
			err = read(f.Name(), data)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", filepath.Join(dir, f.Name()), err)
		}
	}
	return nil
}

// application reads as Argo CD's client does.
func (g *golden) application(name string, data []byte) error {
	var a application
	g.Applications[name] = nil
	if err := utiljson.Unmarshal(data, &a); err != nil {
		fmt.Fprintf(os.Stderr, "%s: refused: %v\n", name, err)
		return nil
	}
	m := read(&a)
	g.Applications[name] = &m
	return nil
}

// cluster reads a Secret.
func (g *golden) cluster(name string, data []byte) error {
	var secret struct {
		StringData struct{ Name, Server, Config string } `json:"stringData"`
	}
	if err := json.Unmarshal(data, &secret); err != nil {
		return err
	}
	s := secret.StringData
	c := cluster{Name: s.Name, Server: s.Server}
	g.Clusters[name] = nil
	var err error
	if s.Config != "" {
		err = json.Unmarshal([]byte(s.Config), &c.Config)
	}
	if err == nil {
		g.Clusters[name], err = connect(&c)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: refused: %v\n", name, err)
	}
	return nil
}
