package main

import (
	"path/filepath"
	"testing"

	"github.com/shopslo/shopslo/internal/scripttest"
)

func TestMain(m *testing.M) { scripttest.Main(m, "shopset_exporter", main) }

func TestScripts(t *testing.T) {
	fleet, err := filepath.Abs(examples)
	if err != nil {
		t.Fatal(err)
	}
	scripttest.Run(t, map[string]string{"FLEET": fleet, "CLUSTERS": kubeconfig(t, map[string]*apiServer{"x": newAPIServer(t)})})
}
