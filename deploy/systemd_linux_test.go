package deploy_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// units are the service files; analyze is systemd-analyze, without which a test is skipped.
func units(t *testing.T) (analyze string, files []string) {
	t.Helper()
	files, err := filepath.Glob("systemd/*.service")
	if err != nil || len(files) != 3 {
		t.Fatalf("units: %v, %v", files, err)
	}
	if analyze, err = exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("systemd-analyze is not here")
	}
	return analyze, files
}

// installed is where a unit looks for its program.
var installed = regexp.MustCompile(`(?m)^ExecStart=(/usr/bin/\S+)`)

func TestSystemdTakesTheUnits(t *testing.T) {
	analyze, files := units(t)
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		m := installed.FindSubmatch(data)
		if m == nil {
			t.Fatalf("%s starts nothing below /usr/bin", file)
		}
		if _, err := os.Stat(filepath.Join(root, "cmd", filepath.Base(string(m[1])), "main.go")); err != nil {
			t.Error(err)
		}
		here := filepath.Join(t.TempDir(), filepath.Base(file))
		if err := os.WriteFile(here, installed.ReplaceAll(data, []byte("ExecStart=/bin/true")), 0o644); err != nil {
			t.Fatal(err)
		}
		// It takes what it does not understand for a warning, and ends with 0.
		if out, err := exec.Command(analyze, "verify", "--man=no", here).CombinedOutput(); err != nil || strings.Contains(string(out), filepath.Base(file)) {
			t.Errorf("%s: %v\n%s", file, err, out)
		}
	}
}

func TestSystemdFindsTheUnitsLittleExposed(t *testing.T) {
	analyze, files := units(t)
	for _, file := range files {
		out, err := exec.Command(analyze, "security", "--offline=yes", "--threshold=20", "--no-pager", file).CombinedOutput() // 2.0 of 10
		if strings.Contains(string(out), "unrecognized option") {
			t.Skip("this systemd-analyze looks at running units only")
		}
		if err != nil {
			t.Errorf("%s: %v\n%s", file, err, out)
		}
	}
}
