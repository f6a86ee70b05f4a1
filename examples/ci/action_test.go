package ci_test

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// action is what the test reads of action.yml.
type action struct {
	Inputs  map[string]struct{ Default string }
	Outputs map[string]struct{ Value string }
	Runs    struct {
		Using string
		Steps []struct {
			ID, Shell, Run string
			Env            map[string]string
		}
	}
}

// asked runs a step of the action as GitHub does, with inputs, and gives where it writes to.
func asked(t *testing.T, dir string, inputs map[string]string, fork bool) (code int, out string, env map[string]string) {
	t.Helper()
	a := parse[action](t, "../../action.yml")
	gate := a.Runs.Steps[len(a.Runs.Steps)-1]
	env = map[string]string{"GITHUB_OUTPUT": filepath.Join(dir, "output"), "GITHUB_STEP_SUMMARY": filepath.Join(dir, "summary"), "RUNNER_TEMP": dir}
	for name, value := range gate.Env {
		if name == "FORK" {
			for _, event := range []string{"pull_request.head.repo", "workflow_run.head_repository", "issue.pull_request"} {
				if !strings.Contains(value, "github.event."+event) {
					t.Errorf("FORK does not look at %s: %s", event, value)
				}
			}
			env[name] = fmt.Sprint(fork)
			continue
		}
		key := strings.TrimSuffix(strings.TrimPrefix(value, "${{ inputs."), " }}")
		input, known := a.Inputs[key]
		if !known {
			t.Fatalf("%s is %s, which is no input", name, value)
		}
		if env[name] = input.Default; inputs[key] != "" {
			env[name] = inputs[key]
		}
	}
	code, out = run(t, dir, gate.Shell, gate.Run, env)
	return code, out, env
}

// told reads what a step has told.
func told(t *testing.T, env map[string]string) map[string]string {
	t.Helper()
	told := map[string]string{}
	for line := range strings.Lines(read(t, env["GITHUB_OUTPUT"])) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		told[name] = value
	}
	return told
}

func TestTheActionAsksAndTells(t *testing.T) {
	a := parse[action](t, "../../action.yml")
	for _, c := range []struct {
		name     string
		bad      account
		down     bool
		code     int
		decision string
	}{
		{"promote", 0.0001, false, 0, "promote"}, {"hold", 0.02, false, 1, "hold"},
		{"inconclusive", -1, false, 2, "inconclusive"}, {"a server that is down", 0, true, 4, "inconclusive"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			url := server(t, c.bad)
			if c.down {
				url = "http://127.0.0.1:1"
			}
			inputs := map[string]string{"to": "prod", "release": "abc1234", "server": url, "user": "ci", "password": "s3cret"}
			code, out, env := asked(t, dir, inputs, false)
			if code != c.code || strings.Contains(out, "s3cret") {
				t.Errorf("exit code %d: %s", code, out)
			}
			told := told(t, env)
			if told["decision"] != c.decision || told["exit-code"] != fmt.Sprint(c.code) {
				t.Errorf("it tells %v", told)
			}
			for name := range a.Outputs { // a file that is not there is not told of
				file := name != "decision" && name != "exit-code"
				if (told[name] == "") != (file && c.down) {
					t.Errorf("output %s is %q", name, told[name])
				}
			}
			summary := read(t, env["GITHUB_STEP_SUMMARY"])
			if !strings.HasPrefix(summary, "### ") || strings.Contains(summary, "No decision about prod\n\nA source could not be reached.") != c.down {
				t.Errorf("the summary is %q", summary)
			}
			if !c.down && !strings.Contains(read(t, told["sarif"]), "2.1.0") {
				t.Error("the SARIF file is none")
			}
			if strings.Contains(out, "::error title=shopslo gate to prod::") != (c.code != 0) {
				t.Errorf("the annotation is missing, or there is one: %s", out)
			}
			if left, _ := filepath.Glob(filepath.Join(dir, "*", "password")); len(left) > 0 {
				t.Errorf("the password stays behind: %v", left)
			}
		})
	}
}

func TestTheActionNeverDecidesByWhatIsNotSet(t *testing.T) {
	url := server(t, 0.0001)
	whole := map[string]string{"to": "prod", "release": "abc1234", "server": url, "user": "ci", "password": "s3cret"}
	for name, c := range map[string]struct {
		change map[string]string
		fork   bool
		says   string
	}{
		"no server":                 {map[string]string{"server": ""}, false, "The input server is empty."},
		"no secrets, as for a fork": {map[string]string{"server": "", "password": ""}, true, "The input server is empty."},
		"no password":               {map[string]string{"password": ""}, true, "The input password is empty."},
		"no user":                   {map[string]string{"user": ""}, false, "The input user is empty"},
		"no release":                {map[string]string{"release": ""}, false, "The input release is empty."},
		"no Tier":                   {map[string]string{"to": ""}, false, "The input to is empty."},
		"server and config":         {map[string]string{"config": "shopslo.yaml"}, false, "both set"},
		"a fork's configuration":    {map[string]string{"server": "", "user": "", "password": "", "config": "shopslo.yaml"}, true, "not for pull requests from forks"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			checkout(t, dir)
			inputs := maps.Clone(whole)
			maps.Copy(inputs, c.change)
			code, out, env := asked(t, dir, inputs, c.fork)
			if code != 3 || !strings.Contains(out, "::error title=shopslo gate::") || !strings.Contains(out, c.says) || !strings.Contains(read(t, env["GITHUB_STEP_SUMMARY"]), c.says) {
				t.Errorf("exit code %d: %s", code, out)
			}
			if told := told(t, env); len(told) != 2 || told["decision"] != "inconclusive" || told["exit-code"] != "3" {
				t.Errorf("it tells %v", told)
			}
		})
	}
}

func TestTheActionDecidesByAConfigurationThatIsChosen(t *testing.T) {
	dir := t.TempDir()
	checkout(t, dir)
	code, out, env := asked(t, dir, map[string]string{"to": "prod", "release": "abc1234", "config": "shopslo.yaml"}, false)
	if told := told(t, env); code != 4 || !strings.Contains(read(t, told["json"]), `"inputs"`) { // of a source that is away
		t.Errorf("exit code %d, it tells %v: %s", code, told, out)
	}
}

// The runner has the whole repository at the commit that the workflow pins.
func TestTheActionInstallsWhatItIsPinnedTo(t *testing.T) {
	a := parse[action](t, "../../action.yml")
	install := a.Runs.Steps[0]
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	env := map[string]string{"VERSION": a.Inputs["version"].Default, "GITHUB_PATH": filepath.Join(dir, "path"), "GITHUB_ACTION_PATH": root, "RUNNER_TEMP": dir, "PATH": os.Getenv("PATH")}
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPROXY", "GOFLAGS"} {
		value, err := exec.Command("go", "env", name).Output()
		if err != nil {
			t.Fatal(err)
		}
		env[name] = strings.TrimSpace(string(value))
	}
	if code, out := run(t, dir, install.Shell, install.Run, env); code != 0 {
		t.Fatalf("exit code %d: %s", code, out)
	}
	if out, err := exec.Command(filepath.Join(strings.TrimSpace(read(t, env["GITHUB_PATH"])), "shopslo"), "version").CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}
