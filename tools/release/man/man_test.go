package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// program answers as a program does whose command line cobra reads.
const program = `#!/bin/sh
case "$1" in
gate) cat <<'E'
gate decides.
.hidden line \ here

Usage:
  prog gate [flags]

Flags:
  -h, --help   help for gate
E
;;
*) cat <<'E'
prog counts events. It does more.

Usage:
  prog [command]

Available Commands:
  gate        Say whether a release may go
  help        Help about any command

Flags:
  -h, --help   help for prog

Use "prog [command] --help" for more information about a command.
E
esac
`

func TestEachCommandHasAPage(t *testing.T) {
	dir := t.TempDir()
	exe := filepath.Join(dir, "prog")
	if err := os.WriteFile(exe, []byte(program), 0o755); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "man")
	if err := os.Mkdir(out, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := (writer{program: exe, out: out, version: "v1"}).pages("", nil); err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob(filepath.Join(out, "*"))
	if want := []string{filepath.Join(out, "prog-gate.1"), filepath.Join(out, "prog.1")}; !slices.Equal(files, want) {
		t.Fatalf("pages: %v", files)
	}
	root, _ := os.ReadFile(files[1])
	for _, want := range []string{`.TH "PROG" 1 "" "shopslo v1"`, ".SH NAME\nprog \\- counts events\n", ".SH SYNOPSIS\n.nf\n  prog [command]\n.fi\n", ".SH AVAILABLE COMMANDS\n"} {
		if !strings.Contains(string(root), want) {
			t.Errorf("the page lacks %q:\n%s", want, root)
		}
	}
	if strings.Contains(string(root), "for more information") {
		t.Errorf("a page sends its reader to --help:\n%s", root)
	}
	gate, _ := os.ReadFile(files[0])
	if !strings.Contains(string(gate), "prog\\-gate \\- Say whether a release may go\n") || !strings.Contains(string(gate), `\&.hidden line \e here`) {
		t.Errorf("%s", gate)
	}
	if _, err := exec.LookPath("groff"); err != nil {
		return
	}
	said, err := exec.Command("groff", "-man", "-Tutf8", "-ww", "-z", files[0], files[1]).CombinedOutput()
	if err != nil || len(said) > 0 {
		t.Errorf("groff: %v %s", err, said)
	}
}

func TestWhatAPageIsAboutIsSaidInAFewWords(t *testing.T) {
	for lines, want := range map[string]string{
		"prog counts\nevents. It does more.":  "counts events",
		"prog は、イベントを数\nえて SLO と\n比べます。ほかにも。": "イベントを数えて SLO と比べます",
	} {
		if got := firstWords("prog", strings.Split(lines, "\n")); got != want {
			t.Errorf("%q is about %q, want %q", lines, got, want)
		}
	}
}
