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

// variables are what each CI sets for the scripts.
func variables(t *testing.T, ci, dir, server string) map[string]string {
	t.Helper()
	env := map[string]string{"SHOPSLO_SERVER": server, "SHOPSLO_SERVER_USER": "ci"}
	switch ci {
	case "gitlab":
		env["CI_COMMIT_SHA"] = "abc1234"
		env["SHOPSLO_SERVER_PASSWORD_FILE"] = filepath.Join(dir, "secret") // a variable of type File
		if err := os.WriteFile(filepath.Join(dir, "secret"), []byte("s3cret"), 0o600); err != nil {
			t.Fatal(err)
		}
	case "codebuild":
		env["CODEBUILD_RESOLVED_SOURCE_VERSION"], env["SHOPSLO_PASSWORD"] = "abc1234", "s3cret"
	case "jenkins":
		env["GIT_COMMIT"], env["SHOPSLO_PASSWORD"] = "abc1234", "s3cret"
	}
	return env
}

func TestTheLinesOfTheExamplesLetNothingThroughButAPromotion(t *testing.T) {
	for name, s := range scripts(t) {
		for want, bad := range map[int]account{0: 0.0001, 1: 0.02} {
			t.Run(fmt.Sprint(name, " exits ", want), func(t *testing.T) {
				dir := t.TempDir()
				env := variables(t, name, dir, server(t, bad))
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

// checkout writes a configuration by which a gate would decide, were it not for the server.
func checkout(t *testing.T, dir string) {
	t.Helper()
	examples, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("source: {prometheus: {url: 'http://127.0.0.1:1'}}\nfleet: ['%[1]s/fleet/*.yaml']\nslos: ['%[1]s/slos/*.yaml']\n", examples)
	if err := os.WriteFile(filepath.Join(dir, "shopslo.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestWhatIsNotSetLetsNothingThroughAndNobodyElseDecide(t *testing.T) {
	url := server(t, 0.0001)
	for name, s := range scripts(t) {
		for variable := range variables(t, name, t.TempDir(), url) {
			for _, how := range []string{"empty", "unset"} {
				t.Run(fmt.Sprint(name, " with ", variable, " ", how), func(t *testing.T) {
					dir := t.TempDir()
					checkout(t, dir)
					env := variables(t, name, dir, url)
					if env[variable] = ""; how == "unset" {
						delete(env, variable)
					}
					code, out := run(t, dir, s[0], s[1], env)
					if code != 3 || !strings.Contains(out, "set") || strings.Contains(out, "s3cret") {
						t.Errorf("exit code %d: %s", code, out)
					}
					if _, err := os.Stat(filepath.Join(dir, "decision.json")); err == nil {
						t.Error("there is a decision")
					}
				})
			}
		}
	}
}
