// Package ci_test runs the shell lines of the CI examples and of the action.
package ci_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

// bin is a folder with shopslo in it.
var bin string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "ci")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		bin = dir
		if out, err := exec.Command("go", "build", "-o", filepath.Join(dir, "shopslo"), "../../cmd/shopslo").CombinedOutput(); err != nil {
			panic(fmt.Sprintf("%v: %s", err, out))
		}
		return m.Run()
	}())
}

// account gives every ShopSet the same share of bad events; below 0 nothing was seen.
type account float64

func (bad account) Account(_ *slo.SLO, _ string, at time.Time) slo.Account {
	if bad < 0 {
		return slo.Account{}
	}
	return slo.Account{Unit: slo.Events, Start: at.Add(-1000 * time.Hour), End: at, LastSample: at,
		Counts: func(_ int, from, to time.Time) slo.Counts {
			total := 36000 * to.Sub(from).Hours()
			return slo.Counts{Start: from, End: to, Good: total * (1 - float64(bad)), Total: total, Covered: to.Sub(from)}
		}}
}

// server answers as `shopslo serve` would, with decisions on shops with a share of bad
// events. It asks for a password.
func server(t *testing.T, bad account) string {
	t.Helper()
	f, err := fleet.New(fleet.Declarations{
		Tiers:          []fleet.Tier{{Name: "beta-prod", Order: 2, Branch: "tier-2"}, {Name: "prod", Order: 3, Branch: "tier-3"}},
		Configurations: []fleet.Configuration{{Name: "production"}}, FailureDomains: []fleet.FailureDomain{{Name: "eks-b"}},
		ShopSets: []fleet.ShopSet{{Name: "b-1", Tier: "beta-prod", Configuration: "production", FailureDomain: "eks-b"},
			{Name: "b-2", Tier: "prod", Configuration: "production", FailureDomain: "eks-b"}}})
	if err != nil {
		t.Fatal(err)
	}
	slos := []slo.SLO{{Name: "cart", Objective: 999_000_000, Window: slo.Rolling(28 * 24 * time.Hour), Parts: []slo.Part{{Weight: 1, Objective: 999_000_000}}}}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "ci" || password != "s3cret" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		now := time.Now()
		e, err := promotion.Gather(f, slos, status.Compute(now, f, slos, slo.DefaultBurnAlerts(), bad), fleet.TierName(r.URL.Query().Get("to")), r.URL.Query().Get("release"))
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		data, err := promotion.Judge("v1", promotion.Policy{}, e, now).AppendJSON(nil)
		if err != nil {
			t.Error(err)
		}
		w.Write(data)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// run runs a script in a folder with an environment, and gives exit code and output.
func run(t *testing.T, dir, shell, script string, env map[string]string) (int, string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), shell, "-c", script)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + bin + ":" + os.Getenv("PATH"), "HOME=" + dir}
	for _, name := range slices.Sorted(maps.Keys(env)) {
		cmd.Env = append(cmd.Env, name+"="+env[name])
	}
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func parse[T any](t *testing.T, path string) T {
	t.Helper()
	var v T
	if err := yaml.Unmarshal([]byte(read(t, path)), &v); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return v
}

// scripts are the shell lines of the examples that ask the gate, and the shell that
// each CI runs them in.
func scripts(t *testing.T) map[string][2]string {
	t.Helper()
	gitlab := parse[struct {
		Gate struct{ Script []string }
	}](t, "gitlab-ci.yml")
	codebuild := parse[struct {
		Phases struct {
			Build struct{ Commands, Finally []string }
		}
	}](t, "codebuild.yml")
	_, jenkins, _ := strings.Cut(read(t, "Jenkinsfile"), "script: '''")
	jenkins, _, found := strings.Cut(jenkins, "'''")
	if !found || len(gitlab.Gate.Script) == 0 || len(codebuild.Phases.Build.Commands) == 0 {
		t.Fatal("an example has no script")
	}
	return map[string][2]string{
		"gitlab":    {"bash", "set -e\n" + strings.Join(gitlab.Gate.Script, "\n")},
		"codebuild": {"sh", strings.Join(codebuild.Phases.Build.Commands, " &&\n") + "\ncode=$?\n" + strings.Join(codebuild.Phases.Build.Finally, "\n") + "\nexit $code"},
		"jenkins":   {"sh", "set -e\n" + jenkins},
	}
}

func TestTheLinesOfTheExamplesLetNothingThroughButAPromotion(t *testing.T) {
	for name, s := range scripts(t) {
		for want, bad := range map[int]account{0: 0.0001, 1: 0.02} {
			t.Run(fmt.Sprint(name, " exits ", want), func(t *testing.T) {
				dir := t.TempDir()
				env := map[string]string{"SHOPSLO_SERVER": server(t, bad), "SHOPSLO_SERVER_USER": "ci", "SHOPSLO_PASSWORD": "s3cret",
					"CI_COMMIT_SHA": "abc1234", "CODEBUILD_RESOLVED_SOURCE_VERSION": "abc1234", "GIT_COMMIT": "abc1234"}
				if name == "gitlab" { // a variable of type File
					env["SHOPSLO_SERVER_PASSWORD_FILE"] = filepath.Join(dir, "secret")
					if err := os.WriteFile(filepath.Join(dir, "secret"), []byte("s3cret"), 0o600); err != nil {
						t.Fatal(err)
					}
				}
				code, out := run(t, dir, s[0], s[1], env)
				if code != want || !strings.Contains(out, "Release abc1234") || strings.Contains(out, "s3cret") {
					t.Errorf("exit code %d: %s", code, out)
				}
				if !strings.Contains(read(t, filepath.Join(dir, "gate.xml")), "<testsuites") || !strings.Contains(read(t, filepath.Join(dir, "decision.json")), `"inputs"`) {
					t.Error("a report is missing")
				}
				if _, err := os.Stat(filepath.Join(dir, "password")); err == nil {
					t.Error("the password stays behind")
				}
			})
		}
	}
}

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

func TestTheActionAsksAndTells(t *testing.T) {
	a := parse[action](t, "../../action.yml")
	gate := a.Runs.Steps[len(a.Runs.Steps)-1]
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
			env := map[string]string{"GITHUB_OUTPUT": filepath.Join(dir, "output"), "GITHUB_STEP_SUMMARY": filepath.Join(dir, "summary"), "RUNNER_TEMP": dir}
			for name, value := range gate.Env {
				key := strings.TrimSuffix(strings.TrimPrefix(value, "${{ inputs."), " }}")
				input, known := a.Inputs[key]
				if !known {
					t.Fatalf("%s is %s, which is no input", name, value)
				}
				if env[name] = input.Default; inputs[key] != "" {
					env[name] = inputs[key]
				}
			}
			code, out := run(t, dir, gate.Shell, gate.Run, env)
			if code != c.code || strings.Contains(out, "s3cret") {
				t.Errorf("exit code %d: %s", code, out)
			}
			told := map[string]string{}
			for line := range strings.Lines(read(t, env["GITHUB_OUTPUT"])) {
				name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
				told[name] = value
			}
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

func TestTheWorkflowPushesTheReleaseToTheNextTier(t *testing.T) {
	w := parse[struct {
		Jobs map[string]struct{ Steps []struct{ Run string } }
	}](t, "github-actions.yml")
	steps := w.Jobs["promote"].Steps
	dir := t.TempDir()
	setup := `set -e; git init -q --bare origin.git; git init -q -b tier-2 app; cd app
git -c user.name=a -c user.email=a@example.com commit -q --allow-empty -m one; git remote add origin ../origin.git; git push -q origin tier-2 tier-2:tier-3
git -c user.name=a -c user.email=a@example.com commit -q --allow-empty -m two; git push -q origin tier-2; git rev-parse HEAD`
	code, head := run(t, dir, "bash", setup, nil)
	if code != 0 {
		t.Fatal(head)
	}
	head = strings.TrimSpace(head)
	if code, out := run(t, filepath.Join(dir, "app"), "bash", steps[len(steps)-1].Run, map[string]string{"GITHUB_SHA": head}); code != 0 {
		t.Fatalf("exit code %d: %s", code, out)
	}
	if _, got := run(t, dir, "bash", "git -C origin.git rev-parse tier-3", nil); strings.TrimSpace(got) != head {
		t.Errorf("tier-3 is at %s, not at %s", got, head)
	}
}

// actionlint checks the workflows with the action of this repository, so that its
// inputs and outputs are those that the workflows use.
func TestTheWorkflowsAreValid(t *testing.T) {
	dir := t.TempDir()
	here := func(workflow string) string {
		return strings.ReplaceAll(read(t, workflow), "uses: shopslo/shopslo@main", "uses: ./")
	}
	for path, text := range map[string]string{".github/workflows/promote.yml": here("github-actions.yml"), ".github/workflows/gate.yml": here("github-pull-request.yml"),
		"action.yml": read(t, "../../action.yml"), ".git/HEAD": ""} {
		path = filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	tools, err := filepath.Abs("../../tools/go.mod")
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("go", "tool", "-modfile="+tools, "actionlint", "-version").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	out, err := exec.Command("go", "tool", "-modfile="+tools, "-n", "actionlint").Output() // where it has been built
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	cmd := exec.Command(strings.TrimSpace(string(out)), "-shellcheck=", "-pyflakes=")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}
