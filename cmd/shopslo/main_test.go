package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/shopslo/shopslo/engine/host"
	"github.com/shopslo/shopslo/internal/goldentest"
	"github.com/shopslo/shopslo/internal/scripttest"
)

// TestMain lets the scripts call shopslo: this test binary, as a process of its own.
// Tests of what lasts wait more than they compute, so more of them than there are
// processors run side by side.
func TestMain(m *testing.M) {
	if f := flag.Lookup("test.parallel"); f != nil {
		_ = f.Value.Set("8")
	}
	scripttest.Main(m, "shopslo", main)
}

func TestScripts(t *testing.T) {
	examples, err := filepath.Abs("../../examples")
	if err != nil {
		t.Fatal(err)
	}
	s, p, mackerel := newStage(t, 0), newPlatform(t), t.TempDir()
	s.withGate(t, "  log: {git: {repository: "+bareRepository(t)+"}}\n")
	ja := newStage(t, 0) // a store is read by one process at a time
	ja.withGate(t, "  log: {git: {repository: "+bareRepository(t)+"}}\n")
	first := p.pointer("tier-1")
	p.release("1.1.0")
	writeFiles(t, mackerel, map[string]string{
		"shopslo.yaml": embeddedHere + "mackerel: {url: '" + fakeMackerel(t, mackerel, time.Now).URL + "', api_key_file: key, service: shops}\n",
		"fleet.yaml":   fleetOf("beta: b-1", "prod: p-1"), "slo.yaml": cartSLO("1h")})
	env := map[string]string{
		"EXAMPLES": examples,
		"STAGE":    s.dir, "AT": s.at.Format(time.RFC3339), // a fleet with evidence for everything
		"STAGE_JA": ja.dir, "AT_JA": ja.at.Format(time.RFC3339),
		"PLATFORM": p.dir, "GATE": p.gate.URL, "FIRST": first, // one with repositories, images, and a gate that promotes
		"MACKEREL": mackerel, // one that Mackerel takes
	}
	for _, v := range gitEnv() {
		name, value, _ := strings.Cut(v, "=")
		env[name] = value
	}
	scripttest.Run(t, env)
}

func TestEachCommandHasAScript(t *testing.T) {
	files, err := filepath.Glob("testdata/[se]*/*.txtar") // script, and e2e for those that need a real server
	if err != nil {
		t.Fatal(err)
	}
	var scripts []byte
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		scripts = append(scripts, text...)
	}
	p := &program{}
	for _, c := range p.root().Commands() {
		if c.Hidden || c.Name() == "help" {
			continue
		}
		// The demo takes two minutes; CI runs it by itself.
		if c.Name() != "demo" && !regexp.MustCompile(`(?m)^(exits 0 |exec |exec sh -c ')shopslo `+c.Name()+`\b`).Match(scripts) {
			t.Errorf("no script shows shopslo %s at work", c.Name())
		}
		if !regexp.MustCompile(`(?m)^(exits [1-9]|! exec) shopslo ` + c.Name() + `\b`).Match(scripts) {
			t.Errorf("no script shows how shopslo %s fails", c.Name())
		}
	}
}

// runHere runs shopslo in this process.
func runHere(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code = run(t.Context(), args, nil, &out, &err)
	return code, out.String(), err.String()
}

func TestHelpTextsAreAsReviewed(t *testing.T) {
	p := &program{}
	commands := [][]string{{}}
	for _, c := range p.root().Commands() {
		if !c.Hidden {
			commands = append(commands, []string{c.Name()})
		}
	}
	for folder, lang := range map[string]string{"testdata/help": "en", "testdata/help/ja": "ja"} {
		for _, c := range commands {
			name := strings.Join(append([]string{"shopslo"}, c...), " ")
			t.Run(lang+" "+name, func(t *testing.T) {
				code, got, stderr := runHere(t, append(c, "--help", "--lang", lang)...)
				if code != exitOK || stderr != "" {
					t.Fatalf("exit code %d, stderr %q", code, stderr)
				}
				goldentest.Compare(t, filepath.Join(folder, strings.ReplaceAll(name, " ", "-")+".txt"), got)
			})
		}
	}
}

func TestEveryCommandExplainsItself(t *testing.T) {
	p := &program{}
	for _, c := range p.root().Commands() {
		if c.Hidden {
			continue
		}
		t.Run(c.Name(), func(t *testing.T) {
			if c.Short == "" || c.Long == "" || c.Example == "" {
				t.Error("it lacks a short or long text, or an example")
			}
			for line := range strings.Lines(c.Long) {
				if len([]rune(line)) > 86 {
					t.Errorf("a line is longer than a terminal: %s", line)
				}
			}
		})
	}
}

// A command that only has others below it takes a word that is none of these for a mistake.
func TestNoCommandTakesAnotherThatIsNone(t *testing.T) {
	var each func(*cobra.Command, ...string)
	each = func(c *cobra.Command, words ...string) {
		if c.HasSubCommands() {
			if code, _, stderr := runHere(t, append(words, "frobnicate")...); code != exitUsage || !strings.Contains(stderr, `unknown command "frobnicate"`) {
				t.Errorf("shopslo %s frobnicate: exit code %d, stderr %q", strings.Join(words, " "), code, stderr)
			}
		}
		for _, sub := range c.Commands() {
			each(sub, append(slices.Clone(words), sub.Name())...)
		}
	}
	p := &program{}
	each(p.root())
}

// brokenPipe is a standard output that cannot be written.
type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestAnAnswerThatCannotBeWrittenIsAnError(t *testing.T) {
	var stderr bytes.Buffer
	code := run(t.Context(), []string{"version"}, nil, brokenPipe{}, &stderr)
	if code == exitOK || !strings.Contains(stderr.String(), "no space left on device") {
		t.Errorf("exit code %d, stderr %q", code, stderr.String())
	}
}

func TestAnEndedContextIsNoSignal(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stdout, stderr bytes.Buffer
	if code := run(ctx, []string{"version"}, nil, &stdout, &stderr); code != exitOK {
		t.Errorf("exit code %d, stderr %q", code, stderr.String())
	}
}

func TestColourIsForTerminalsThatWantIt(t *testing.T) {
	p := &program{stdout: &bytes.Buffer{}, Host: host.Host{Env: map[string]string{}}}
	if p.colour() {
		t.Error("a buffer is coloured")
	}
	var stderr bytes.Buffer
	p.stderr = &stderr
	p.progressLine("reading")
	if stderr.Len() > 0 {
		t.Errorf("progress was written to what is no terminal: %q", stderr.String())
	}
}
