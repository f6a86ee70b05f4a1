package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/shopslo/shopslo/engine/client"
	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

// platform is a fleet with its configuration and real repositories, a registry, a gate
// that says what the test wants, and an exporter that has seen what git says.
type platform struct {
	t           *testing.T
	dir         string
	system, app string
	images      string // the registry's host and port
	gate        *httptest.Server

	mu      sync.Mutex
	verdict map[string]promotion.Verdict // by Tier; promote where there is none
	asked   int
	late    int // answers of the exporter before a Tier matches
	told    []string
	moves   []string // what the server was to log
	fix     string   // what the gate was last told of a fix
}

func newPlatform(t *testing.T) *platform {
	t.Helper()
	p := &platform{t: t, dir: t.TempDir(), verdict: map[string]promotion.Verdict{}}
	p.system, p.app = filepath.Join(p.dir, "system"), filepath.Join(p.dir, "app")
	store := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(store.Close)
	p.images = strings.TrimPrefix(store.URL, "http://")
	p.gate = httptest.NewServer(http.HandlerFunc(p.decide))
	t.Cleanup(p.gate.Close)
	exporter := httptest.NewServer(http.HandlerFunc(p.seen))
	t.Cleanup(exporter.Close)
	slack := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var m struct{ Text string }
		json.NewDecoder(r.Body).Decode(&m)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.told = append(p.told, m.Text)
	}))
	t.Cleanup(slack.Close)
	writeFiles(t, p.dir, map[string]string{
		"fleet.yaml": strings.ReplaceAll(fleetOf("dev: s-0", "beta: s-1", "prod: s-2"), "failureDomain: here", "failureDomain: here, components: [cart]"),
		"slo.yaml":   cartSLO("1h"),
		"webhook":    slack.URL,
		"shopslo.yaml": `source: {prometheus: {url: "http://127.0.0.1:1"}}
fleet: [fleet.yaml]
slos: [slo.yaml]
gate: {fleet: {url: "` + exporter.URL + `"}}
promotion:
  git: {system: "` + p.system + `", app: "` + p.app + `", submodule: app, dir: mirrors}
  compare: "https://git.example/app/compare/{from}...{to}"
  slack: {webhook_file: webhook}
`,
	})
	p.git("", "init", "--quiet", "--initial-branch=tier-0", p.app)
	first := p.commit(p.app, "cart/d.yaml", p.deployment("1.0.0"), "cart/kustomization.yaml", "resources: [d.yaml]\n")
	p.push("1.0.0")
	p.git(p.app, "branch", "tier-1")
	p.git(p.app, "branch", "tier-2")
	p.git("", "init", "--quiet", "--initial-branch=tier-0", p.system)
	p.git(p.system, "update-index", "--add", "--cacheinfo", "160000,"+first+",app")
	p.commit(p.system, "overlays/s/kustomization.yaml", "resources: [../../app/cart]\n")
	p.git(p.system, "branch", "tier-1")
	p.git(p.system, "branch", "tier-2")
	for _, repo := range []string{p.app, p.system} {
		p.git(repo, "checkout", "--quiet", "--detach")
	}
	return p
}

func (p *platform) deployment(tag string) string {
	return "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: cart}\nspec: {template: {spec: {containers: [{name: c, image: '" + p.images + "/shop/cart:" + tag + "'}]}}}\n"
}

// push stores an image.
func (p *platform) push(tag string) {
	p.t.Helper()
	ref, err := name.ParseReference(p.images + "/shop/cart:" + tag)
	if err != nil {
		p.t.Fatal(err)
	}
	image, err := random.Image(64, 1)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := remote.Write(ref, image); err != nil {
		p.t.Fatal(err)
	}
}

func (p *platform) git(dir string, args ...string) string {
	p.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Env = dir, append(gitEnv(), "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com")
	out, err := cmd.CombinedOutput()
	if err != nil {
		p.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

func gitEnv() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "HOME=/nonexistent", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null"}
}

// commit writes files, path and content in turn, to where the repository is.
func (p *platform) commit(repo string, files ...string) string {
	p.t.Helper()
	for i := 0; i < len(files); i += 2 {
		writeFiles(p.t, repo, map[string]string{files[i]: files[i+1]})
		p.git(repo, "add", files[i])
	}
	p.git(repo, "commit", "--quiet", "-m", "change "+files[0])
	return p.git(repo, "rev-parse", "HEAD")
}

// release merges a version of the cart to the lowest Tier and deploys it there.
func (p *platform) release(tag string) string {
	p.t.Helper()
	p.push(tag)
	p.git(p.app, "checkout", "--quiet", "tier-0")
	commit := p.commit(p.app, "cart/d.yaml", p.deployment(tag))
	p.git(p.app, "checkout", "--quiet", "--detach")
	p.git(p.system, "checkout", "--quiet", "tier-0")
	p.git(p.system, "update-index", "--cacheinfo", "160000,"+commit+",app")
	p.git(p.system, "commit", "--quiet", "-m", "refer to "+tag)
	p.git(p.system, "checkout", "--quiet", "--detach")
	return commit
}

func (p *platform) pointer(branch string) string {
	p.t.Helper()
	return p.git(p.system, "rev-parse", "refs/heads/"+branch+":app")
}

// decide is the server's /api/v1/gate.
func (p *platform) decide(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r.URL.Path == client.DecisionsPath {
		p.logMove(w, r)
		return
	}
	p.asked++
	to := r.URL.Query().Get("to")
	p.fix = r.URL.Query().Get("fix") + " by " + r.URL.Query().Get("by")
	check := promotion.Check{Check: "budget", Result: promotion.Pass, Reason: "All is well.", Evidence: promotion.Figures{}}
	verdict := p.verdict[to]
	switch verdict {
	case "":
		verdict = promotion.Promote
	case promotion.Hold:
		check.Result, check.Reason = promotion.Fail, "The budget is spent."
	case promotion.Inconclusive:
		check.Result, check.Reason = promotion.Unknown, "It has soaked for 1m of 1h."
		if p.asked > 2 {
			delete(p.verdict, to)
		}
	}
	d := promotion.Decision{At: time.Now(), To: fleet.TierName(to), Release: r.URL.Query().Get("release"), Verdict: verdict, Checks: []promotion.Check{check}}
	data, err := promotion.Record{Decision: d, Evidence: promotion.Evidence{To: fleet.TierName(to), Report: status.Report{At: d.At, Alerts: []slo.BurnAlert{}, Budgets: []status.Budget{}}}}.AppendJSON(nil)
	if err != nil {
		p.t.Error(err)
	}
	w.Write(data)
}

// seen is the exporter's /api/v1/fleet.
func (p *platform) seen(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	late := p.late > 0
	p.late--
	p.mu.Unlock()
	s := fleet.Snapshot{At: time.Now()}
	for i, tier := range []fleet.TierName{"dev", "beta", "prod"} {
		r := fleet.Release(p.pointer(fmt.Sprint("tier-", i)))
		o := fleet.Observation{ShopSet: fleet.ShopSetName(fmt.Sprint("s-", i)), Sync: fleet.Synced, Health: fleet.Healthy, Release: r, ObservedAt: s.At}
		if late {
			o.Health = fleet.Progressing
		}
		s.ShopSets = append(s.ShopSets, fleet.ShopSetState{Observation: o, Tier: tier})
		s.Tiers = append(s.Tiers, fleet.TierState{Tier: tier, Order: i, Branch: fmt.Sprint("tier-", i), Release: r})
	}
	json.NewEncoder(w).Encode(s)
}

func (p *platform) run(args ...string) (int, string, string) {
	p.t.Helper()
	args = append(args, "--config", filepath.Join(p.dir, "shopslo.yaml"))
	return runWith(p.t, gitEnv(), args...)
}

// promoted runs a command that answers in JSON, and checks the answer's schema.
func (p *platform) promoted(want int, args ...string) []map[string]any {
	p.t.Helper()
	code, stdout, stderr := p.run(append(args, "-o", "json")...)
	if code != want {
		p.t.Fatalf("%s: exit code %d, want %d\n%s%s", strings.Join(args, " "), code, want, stdout, stderr)
	}
	valid(p.t, "promote", stdout)
	var answer struct{ Promotions []map[string]any }
	if err := json.Unmarshal([]byte(stdout), &answer); err != nil {
		p.t.Fatal(err)
	}
	return answer.Promotions
}

func (p *platform) promote(want int, args ...string) []map[string]any {
	p.t.Helper()
	return p.promoted(want, append([]string{"promote", "--server", p.gate.URL}, args...)...)
}

// decided is the decision that stands in a promotion's JSON.
func decided(one map[string]any) string {
	d, _ := one["decision"].(map[string]any)
	return fmt.Sprint(d["decision"], " ", d["to"], " ", d["release"])
}

func TestPromoteAsksTheGateAndMovesTheRelease(t *testing.T) {
	p := newPlatform(t)
	first := p.pointer("tier-1")
	r := p.release("1.1.0")
	p.verdict["beta"] = promotion.Hold
	got := p.promote(exitNo, "--to", "beta")
	if got[0]["result"] != "held" || decided(got[0]) != "hold beta "+r || got[0]["reason"] != "The gate holds Release "+r[:12]+": The budget is spent." || p.pointer("tier-1") != first {
		t.Errorf("%v", got)
	}
	p.verdict["beta"] = promotion.Inconclusive
	p.asked = 0
	if got := p.promote(exitInconclusive, "--to", "beta"); got[0]["result"] != "inconclusive" || p.pointer("tier-1") != first {
		t.Errorf("%v", got)
	}
	delete(p.verdict, "beta")
	if got := p.promote(exitOK, "--to", "beta", "--dry-run"); got[0]["result"] != "planned" || p.pointer("tier-1") != first {
		t.Errorf("%v", got)
	}
	got = p.promote(exitOK, "--to", "beta")
	if got[0]["result"] != "promoted" || decided(got[0]) != "promote beta "+r || p.pointer("tier-1") != r || got[0]["compare"] != "https://git.example/app/compare/"+first+"..."+r {
		t.Errorf("%v", got)
	}
	if got := p.promote(exitOK, "--to", "beta"); got[0]["result"] != "already" || got[0]["decision"] != nil {
		t.Errorf("%v", got)
	}
	code, stdout, _ := p.run("promote", "--server", p.gate.URL, "--to", "prod")
	if code != exitOK || !strings.HasPrefix(stdout, "PROMOTED  beta to prod\n  prod has Release "+r[:12]+".\n") || !strings.Contains(stdout, "  cart\n    "+r[:12]+" change cart/d.yaml\n") {
		t.Errorf("%d\n%s", code, stdout)
	}
}

func TestPromoteAllCarriesTheReleaseUpAndStopsAtAHold(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	first := p.pointer("tier-2")
	r := p.release("1.1.0")
	p.verdict["beta"], p.verdict["prod"] = promotion.Inconclusive, promotion.Hold
	got := p.promote(exitNo, "--all", "--every", "1s", "--wait", "1m", "--tell")
	if len(got) != 2 || got[0]["result"] != "promoted" || got[0]["matched_at"] == nil || got[1]["result"] != "held" || p.pointer("tier-1") != r || p.pointer("tier-2") != first {
		t.Fatalf("%v", got)
	}
	if len(p.told) != 1 || p.told[0] != "beta is in sync: s-1 run Release "+r[:12]+", Synced and Healthy, replacing "+first[:12]+".\n<https://git.example/app/compare/"+first+"..."+r+">" {
		t.Errorf("Slack was told %q", p.told)
	}
	delete(p.verdict, "prod")
	if got := p.promote(exitOK, "--all"); len(got) != 2 || got[0]["result"] != "already" || got[1]["result"] != "promoted" || p.pointer("tier-2") != r {
		t.Errorf("%v", got)
	}
	p.release("1.2.0")
	p.late = 2
	if got := p.promote(exitOK, "--to", "beta", "--every", "1s", "--wait", "1m"); got[0]["matched_at"] == nil || p.late > 0 {
		t.Errorf("%v", got)
	}
	p.release("1.3.0")
	p.late = 1000
	code, stdout, stderr := p.run("promote", "--server", p.gate.URL, "--to", "beta", "--every", "1s", "--wait", "2s")
	if code != exitInconclusive || !strings.Contains(stdout, "PROMOTED") || !strings.Contains(stderr, "not seen to match its branch yet") {
		t.Errorf("%d\n%s%s", code, stdout, stderr)
	}
}

func TestPromoteTellsTheGateThatTheReleaseIsAFix(t *testing.T) {
	p := newPlatform(t)
	p.release("1.1.0")
	p.promote(exitOK, "--to", "beta", "--fix", "https://git.example/app/pull/7", "--by", "mai")
	if p.fix != "https://git.example/app/pull/7 by mai" {
		t.Errorf("the gate was told %q", p.fix)
	}
	p.promote(exitOK, "--to", "prod")
	if p.fix != " by " {
		t.Errorf("of a release that is no fix the gate was told %q", p.fix)
	}
}

func TestRollbackSaysWhatItNeeds(t *testing.T) {
	p := newPlatform(t)
	first := p.pointer("tier-1")
	second := p.release("1.1.0")
	p.promote(exitOK, "--to", "beta")
	third := p.release("1.2.0")
	p.promote(exitOK, "--to", "beta")

	image := func(got []map[string]any) map[string]any {
		t.Helper()
		images, _ := got[0]["images"].([]any)
		if len(images) != 1 {
			t.Fatalf("%v", got)
		}
		return images[0].(map[string]any)
	}
	got := p.promoted(exitOK, "rollback", "--tier", "beta", "--to", second[:10])
	if got[0]["result"] != "rolled_back" || p.pointer("tier-1") != second || got[0]["from"] != nil || image(got)["verdict"] != "stored" || image(got)["image"] != p.images+"/shop/cart:1.1.0" {
		t.Errorf("%v", got)
	}
	ref, _ := name.ParseReference(p.images + "/shop/cart:1.0.0")
	if err := remote.Delete(ref); err != nil {
		t.Fatal(err)
	}
	got = p.promoted(exitNo, "rollback", "--tier", "beta", "--to", first)
	if got[0]["result"] != "held" || p.pointer("tier-1") != second || image(got)["verdict"] != "missing" {
		t.Errorf("%v", got)
	}
	if got := p.promoted(exitOK, "rollback", "--tier", "beta", "--to", first, "--anyway"); p.pointer("tier-1") != first {
		t.Errorf("%v", got)
	}
	if got := p.promote(exitNo, "--to", "beta"); got[0]["result"] != "refused" || !strings.Contains(got[0]["reason"].(string), "was rolled back from "+third[:12]) {
		t.Errorf("%v", got)
	}
	p.promote(exitOK, "--to", "beta", "--again")
}

func TestAPullRequestHasItsTextInAFile(t *testing.T) {
	p := newPlatform(t)
	r := p.release("1.1.0")
	body := filepath.Join(t.TempDir(), "body.md")
	got := p.promote(exitOK, "--to", "beta", "--pull-request", "--body-file", body)
	text, err := os.ReadFile(body)
	pr, _ := got[0]["pull_request"].(map[string]any)
	if err != nil || pr["body"] != string(text) || !strings.Contains(string(text), "Promotes Release `"+r[:12]+"` from **dev** to **beta**") || p.pointer(pr["branch"].(string)) != r || p.pointer("tier-1") == r {
		t.Errorf("%v: %v\n%s", err, got, text)
	}
}

func TestPromoteSaysWhatIsWrong(t *testing.T) {
	p := newPlatform(t)
	p.release("1.1.0")
	for want, c := range map[string]struct {
		code int
		args []string
	}{
		"--to is missing":                   {exitUsage, []string{"promote"}},
		`unknown Tier "prd"`:                {exitUsage, []string{"promote", "--to", "prd"}},
		"lowest Tier":                       {exitUsage, []string{"promote", "--to", "dev"}},
		"does not go with --all":            {exitUsage, []string{"promote", "--all", "--pull-request"}},
		"--body-file is for --pull-request": {exitUsage, []string{"promote", "--to", "beta", "--body-file", "x"}},
		"--by goes with":                    {exitUsage, []string{"promote", "--to", "beta", "--by", "mai"}},
		"--fix must be the URL":             {exitUsage, []string{"promote", "--to", "beta", "--fix", "the cart"}},
		"--tell needs --wait":               {exitUsage, []string{"promote", "--to", "beta", "--tell"}},
		"--every below 1s":                  {exitUsage, []string{"promote", "--to", "beta", "--every", "1ms"}},
		"ask the gate about beta":           {exitUnavailable, []string{"promote", "--to", "beta", "--server", "http://127.0.0.1:1"}},
		"--tier and --to are required":      {exitUsage, []string{"rollback", "--tier", "beta"}},
		`"v1.0.0" is not a commit ID`:       {exitUsage, []string{"rollback", "--tier", "beta", "--to", "v1.0.0"}},
		`--tier: unknown Tier "prd"`:        {exitUsage, []string{"rollback", "--tier", "prd", "--to", "0123456"}},
		"--failure-domain is missing":       {exitUsage, []string{"plan", "upgrade"}},
		`unknown FailureDomain "there"`:     {exitUsage, []string{"plan", "upgrade", "--failure-domain", "there"}},
	} {
		if code, _, stderr := p.run(c.args...); code != c.code || !strings.Contains(stderr, want) {
			t.Errorf("%v: exit code %d, want %d with %q\n%s", c.args, code, c.code, want, stderr)
		}
	}
	if err := os.Rename(p.app, p.app+"-gone"); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := p.run("promote", "--server", p.gate.URL, "--to", "beta"); code != exitUnavailable || !strings.Contains(stderr, "cannot be reached") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	writeFiles(t, p.dir, map[string]string{"shopslo.yaml": "source: {prometheus: {url: 'http://127.0.0.1:1'}}\nfleet: [fleet.yaml]\nslos: [slo.yaml]\n"})
	if code, _, stderr := p.run("promote", "--to", "beta"); code != exitUsage || !strings.Contains(stderr, "the section promotion is missing") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

func TestPlanUpgradeAnswersForTheExamples(t *testing.T) {
	dir := t.TempDir()
	examples, err := filepath.Abs("../../examples")
	if err != nil {
		t.Fatal(err)
	}
	writeFiles(t, dir, map[string]string{"shopslo.yaml": "source: {prometheus: {url: 'http://127.0.0.1:1'}}\nfleet: ['" + examples + "/fleet/*.yaml']\nslos: ['" + examples + "/slos/*.yaml']\n"})
	for domain, want := range map[string]int{"onprem-a": exitNo, "eks-b": exitNo, "onprem-c": exitNo} {
		code, stdout, stderr := runWith(t, nil, "plan", "upgrade", "--failure-domain", domain, "--config", filepath.Join(dir, "shopslo.yaml"), "-o", "json")
		if code != want {
			t.Errorf("%s: exit code %d, want %d\n%s%s", domain, code, want, stdout, stderr)
		}
		valid(t, "upgrade", stdout)
	}
}
