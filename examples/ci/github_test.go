package ci_test

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// step is the script of a step of a workflow; the name "" is that of the only one.
func step(t *testing.T, workflow, job, name string) string {
	t.Helper()
	w := parse[struct {
		Jobs map[string]struct{ Steps []struct{ Name, Run string } }
	}](t, workflow)
	for _, s := range w.Jobs[job].Steps {
		if s.Name == name && s.Run != "" {
			return "set -eo pipefail\n" + s.Run // as GitHub runs bash
		}
	}
	t.Fatalf("%s: the job %s has no step %q", workflow, job, name)
	return ""
}

// commits are git's settings of who commits.
const commits = `set -e
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.com GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.com
`

func TestTheWorkflowPushesTheReleaseToTheNextTier(t *testing.T) {
	dir := t.TempDir()
	setup := commits + `git init -q --bare origin.git; git init -q -b tier-2 app; cd app
git commit -q --allow-empty -m one; git remote add origin ../origin.git; git push -q origin tier-2 tier-2:tier-3
git commit -q --allow-empty -m two; git push -q origin tier-2; git rev-parse HEAD`
	code, head := run(t, dir, "bash", setup, nil)
	if code != 0 {
		t.Fatal(head)
	}
	head = strings.TrimSpace(head)
	if code, out := run(t, filepath.Join(dir, "app"), "bash", step(t, "github-actions.yml", "promote", "Promote"), map[string]string{"GITHUB_SHA": head}); code != 0 {
		t.Fatalf("exit code %d: %s", code, out)
	}
	if _, got := run(t, dir, "bash", "git -C origin.git rev-parse tier-3", nil); strings.TrimSpace(got) != head {
		t.Errorf("tier-3 is at %s, not at %s", got, head)
	}
}

// A pull request is merged as a merge commit, squashed or rebased; each leaves what it
// changes between the last commit and its first parent.
func TestTheWorkflowFindsTheReleaseOfAPullRequest(t *testing.T) {
	const old, release = "1111111111111111111111111111111111111111", "2222222222222222222222222222222222222222"
	setup := commits + `git init -q -b tier-3 .
git update-index --add --cacheinfo 160000,` + old + `,app; git commit -q -m old; git checkout -q -b promotion
git update-index --add --cacheinfo 160000,` + release + `,app
`
	const merge = "git commit -q -m promote; git checkout -q tier-3; git commit -q --allow-empty -m other; git merge -q --no-edit --no-ff promotion"
	for name, c := range map[string]struct {
		merged string
		code   int
	}{
		"a merge commit":       {merge, 0},
		"a squashed one":       {"git commit -q -m promote", 0},
		"it changes more":      {"echo x > policy; git add policy; " + merge, 1},
		"it changes it not":    {"git reset -q; git commit -q --allow-empty -m nothing", 1},
		"it takes it away":     {"git rm -q --cached app; git commit -q -m away", 1},
		"it is a file instead": {"git rm -q --cached app; echo x > app; git add app; git commit -q -m file", 1},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if code, out := run(t, dir, "bash", setup+c.merged, nil); code != 0 {
				t.Fatal(out)
			}
			output := filepath.Join(t.TempDir(), "output")
			code, out := run(t, dir, "bash", step(t, "github-pull-request.yml", "gate", "Find the release"), map[string]string{"GITHUB_OUTPUT": output})
			told, _ := os.ReadFile(output)
			if code != c.code || (string(told) == "commit="+release+"\n") != (c.code == 0) || c.code != 0 && len(told) > 0 {
				t.Errorf("exit code %d, it tells %q: %s", code, told, out)
			}
		})
	}
}

func TestTheChecksOfAllOpenPullRequestsAreMadeAgain(t *testing.T) {
	script := step(t, "github-expiry.yml", "again", "")
	for name, c := range map[string]struct {
		heads, want string
		code        int
	}{
		"two, of which one was green": {`echo green; echo red`, "rerun 7", 0},
		"none":                        {`true`, "", 0},
		"GitHub is away":              {`exit 5`, "", 5},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			gh := "#!/bin/bash\ncase \"$1 $2\" in\n'pr list') " + c.heads + " ;;\n'run list') case \"$*\" in *'--commit green '*) echo 7 ;; esac ;;\n'run rerun') echo \"rerun $3\" >> asked ;;\n*) exit 9 ;;\nesac\n"
			if err := os.WriteFile(filepath.Join(dir, "gh"), []byte(gh), 0o700); err != nil {
				t.Fatal(err)
			}
			code, out := run(t, dir, "bash", script, map[string]string{"PATH": dir + ":" + os.Getenv("PATH")})
			asked, _ := os.ReadFile(filepath.Join(dir, "asked"))
			if code != c.code || strings.TrimSpace(string(asked)) != c.want {
				t.Errorf("exit code %d, asked %q: %s", code, asked, out)
			}
		})
	}
}

// workflows are the examples, and where they are to be copied to.
var workflows = map[string]string{"github-actions.yml": "promote.yml", "github-pull-request.yml": "gate.yml", "github-expiry.yml": "gate-expiry.yml"}

// ours is this repository's own action in a workflow.
var ours = regexp.MustCompile(`uses: shopslo/shopslo@[0-9a-f]{40} # .+`)

func TestActionsArePinnedByDigest(t *testing.T) {
	pinned := regexp.MustCompile(`^[\w.-]+/[\w./-]+@[0-9a-f]{40} # \S+`)
	own, err := filepath.Glob("../../.github/workflows/*.yml")
	if err != nil || len(own) == 0 {
		t.Fatal(own, err)
	}
	docs, err := filepath.Glob("../../docs/*.md")
	if err != nil || len(docs) == 0 {
		t.Fatal(docs, err)
	}
	for _, file := range slices.Concat(own, docs, slices.Collect(maps.Keys(workflows)), []string{"../../action.yml", "../../README.md"}) {
		for line := range strings.Lines(read(t, file)) {
			if _, used, found := strings.Cut(line, "uses: "); found && !pinned.MatchString(used) {
				t.Errorf("%s: %s is not pinned by its digest", file, strings.TrimSpace(used))
			}
		}
	}
}

// What the workflows pin of this repository is a commit of it, whose action has all inputs
// that they give it. Without git and its history nobody can tell.
func TestTheActionIsPinnedToACommitOfThisRepository(t *testing.T) {
	if shallow, err := exec.Command("git", "rev-parse", "--is-shallow-repository").Output(); err != nil || strings.TrimSpace(string(shallow)) != "false" {
		t.Skip("no history of this repository")
	}
	type asked struct {
		Jobs map[string]struct {
			Steps []struct {
				Uses string
				With map[string]string
			}
		}
	}
	if pins := ours.FindAllString(read(t, "../../README.md")+read(t, "github-actions.yml")+read(t, "github-pull-request.yml"), -1); len(pins) < 3 || len(slices.Compact(pins)) != 1 {
		t.Errorf("README.md and the examples do not pin the same: %q", pins)
	}
	for file := range workflows {
		for _, job := range parse[asked](t, file).Jobs {
			for _, s := range job.Steps {
				commit, own := strings.CutPrefix(s.Uses, "shopslo/shopslo@")
				if !own {
					continue
				}
				if out, err := exec.Command("git", "merge-base", "--is-ancestor", commit, "HEAD").CombinedOutput(); err != nil {
					t.Fatalf("%s pins %s, which is no commit of this branch: pin one that is: %v %s", file, commit, err, out)
				}
				text, err := exec.Command("git", "show", commit+":action.yml").Output()
				if err != nil {
					t.Fatal(err)
				}
				var a action
				if err := yaml.Unmarshal(text, &a); err != nil {
					t.Fatal(err)
				}
				for name := range s.With {
					if _, known := a.Inputs[name]; !known {
						t.Errorf("%s: the action that it pins has no input %s", file, name)
					}
				}
			}
		}
	}
}

// actionlint checks the workflows with the action of this repository, so that its
// inputs and outputs are those that the workflows use.
func TestTheWorkflowsAreValid(t *testing.T) {
	dir := t.TempDir()
	files := map[string]string{"action.yml": read(t, "../../action.yml"), ".git/HEAD": ""}
	for example, name := range workflows {
		files[".github/workflows/"+name] = ours.ReplaceAllString(read(t, example), "uses: ./")
	}
	for path, text := range files {
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
