//go:build e2e

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/shopslo/shopslo/internal/lab"
)

// Mackerel's own command line installs the plugins from the release archive.
func TestMkrInstallsTheReleaseArchive(t *testing.T) {
	mkr, err := lab.Mkr(t.Context(), "../..", func(line string) { t.Log(line) })
	if err != nil {
		t.Fatal(err)
	}
	dist, prefix := filepath.Join(t.TempDir(), "dist"), t.TempDir()
	const plugins = "mackerel-plugin-mailrelay check-mailrelay"
	platform := runtime.GOOS + "/" + runtime.GOARCH
	run := func(name string, args ...string) string {
		cmd := exec.CommandContext(t.Context(), name, args...)
		cmd.Dir = "../.."
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %v: %v\n%s", name, args, err, out)
		}
		return string(out)
	}
	run("make", "plugins", "DIST="+dist, "PLATFORMS="+platform, "PROGRAMS="+plugins, "PLUGINS="+plugins)
	archive := filepath.Join(dist, "shopslo_"+runtime.GOOS+"_"+runtime.GOARCH+".zip")
	run(mkr, "plugin", "install", "--prefix", prefix, "file://"+archive)
	for program := range strings.FieldsSeq(plugins) {
		installed := filepath.Join(prefix, "bin", program)
		out, _ := exec.CommandContext(t.Context(), installed, "-help").CombinedOutput()
		if !strings.Contains(string(out), program) {
			t.Errorf("%s -help says %q", installed, out)
		}
	}
	if files, _ := os.ReadDir(filepath.Join(prefix, "bin")); len(files) != 2 {
		t.Errorf("installed: %v", files)
	}
}
