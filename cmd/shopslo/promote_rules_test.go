package main

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/shopslo/shopslo/fleet"
)

// shopRepository is a git repository beside a stage, of the fleet's documents and what is
// deployed: each Tier has a branch, and a Release is a commit.
type shopRepository struct {
	t         *testing.T
	dir       string
	committed string // what a committer says that the time is; "": it is
}

func (r shopRepository) git(args ...string) string {
	r.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Env = r.dir, append(gitEnv(), "GIT_COMMITTER_DATE="+r.committed, "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com")
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// commit commits files to a branch, which need not be there yet.
func (r shopRepository) commit(branch string, files map[string]string) string {
	r.t.Helper()
	r.git("checkout", "--quiet", "-B", branch)
	writeFiles(r.t, r.dir, files)
	r.git("add", "--all")
	r.git("commit", "--quiet", "--allow-empty", "-m", "change "+branch)
	return r.git("rev-parse", "HEAD")
}

// promotes gives a stage a repository of which prod has a Release less than beta. The
// branches are tier-1 and tier-0, as the fleet has them; none of them is checked out.
func (s *stage) promotes(t *testing.T) (r shopRepository, release string) {
	t.Helper()
	r = shopRepository{t: t, dir: t.TempDir()}
	r.git("init", "--quiet")
	before := r.commit("tier-1", map[string]string{"cart.yaml": "1"})
	release = r.commit("tier-0", map[string]string{"cart.yaml": "2"})
	r.git("checkout", "--quiet", "--detach")
	s.edit(t, "shopslo.yaml", "gate:\n", "promotion: {git: {system: "+r.dir+", dir: mirrors}, images: false}\ngate:\n")
	ids := map[fleet.Release]fleet.Release{goodRelease: fleet.Release(release), lastRelease: fleet.Release(before)}
	s.sees = func(f *fleet.Snapshot) int {
		for i := range f.Tiers {
			f.Tiers[i].Release = ids[f.Tiers[i].Release]
			for k := range f.Tiers[i].Running {
				f.Tiers[i].Running[k] = ids[f.Tiers[i].Running[k]]
			}
		}
		for i := range f.ShopSets {
			f.ShopSets[i].Release = ids[f.ShopSets[i].Release]
		}
		return 0
	}
	return r, release
}

func TestWhoeverAcceptsTheRulesCanPromote(t *testing.T) {
	for _, how := range []string{"on the checkout", "on a server's own files"} {
		t.Run(how, func(t *testing.T) {
			s := newStage(t, 0)
			r, release := s.promotes(t)
			log, asked := "  log: {git: {repository: "+bareRepository(t)+"}}\n", []string(nil)
			if how != "on the checkout" {
				log = "  log: {dir: decisions}\n"
			}
			s.withGate(t, log)
			serve := func() func() {
				if how == "on the checkout" {
					return func() {}
				}
				server := startServe(t, s.config)
				server.waitReady(t)
				asked = []string{"--server", server.url}
				return func() { server.stop(t) }
			}
			promote := func(want int, more ...string) string {
				t.Helper()
				stdout, _ := must(t, want, append(append([]string{"promote", "--config", s.config, "--to", "prod"}, asked...), more...)...)
				return stdout
			}
			stop := serve()
			if out := promote(exitOK, "--dry-run"); !strings.Contains(out, "Would fast-forward branch tier-1") {
				t.Fatal(out)
			}
			if asked == nil { // a dry run logs nothing
				must(t, exitOK, "gate", "--config", s.config, "--to", "prod")
			}
			stop()
			s.edit(t, "slo.yaml", "target: 0.99", "target: 0.5")
			stop = serve()
			defer func() { stop() }()
			held := promote(exitInconclusive)
			hash := acceptance.FindStringSubmatch(held)
			if hash == nil || !strings.Contains(held, "objective of SLO cart 99% → 50%") || r.git("rev-parse", "tier-1") == release {
				t.Fatalf("not held for its rules:\n%s", held)
			}
			promote(exitInconclusive, "--accept-rules", "0123456789ab", "--by", "mai")
			if promote(exitOK, "--accept-rules", hash[1], "--by", "mai"); r.git("rev-parse", "tier-1") != release {
				t.Error("it says that it promoted, and did not")
			}
			list := []string{"decisions", "--config", s.config}
			if list, _ := must(t, exitOK, append(list, asked...)...); !strings.Contains(list, "Accepted by mai") {
				t.Errorf("the log does not say who accepted the rules:\n%s", list)
			}
		})
	}
}

func TestPromoteSaysWhatIsWrongWithAnAcceptance(t *testing.T) {
	s := newStage(t, 0)
	s.promotes(t)
	for _, c := range []struct {
		want string
		args []string
	}{
		{"--by is missing; name who accepts the rules", []string{"--to", "prod", "--accept-rules", "0123456789ab"}},
		{"is not the hash of rules", []string{"--to", "prod", "--accept-rules", "0123", "--by", "mai"}},
		{"--accept-rules does not go with --all", []string{"--all", "--accept-rules", "0123456789ab", "--by", "mai"}},
		{"--by", []string{"--to", "prod", "--by", "mai"}},
	} {
		if _, stderr := must(t, exitUsage, append([]string{"promote", "--config", s.config}, c.args...)...); !strings.Contains(stderr, c.want) {
			t.Errorf("%v: %s", c.args, stderr)
		}
	}
}

// A decision that has to be logged, and cannot be, is inconclusive however often it is asked for.
func TestWaitingDoesNotPromoteWhatCannotBeLogged(t *testing.T) {
	s := newStage(t, 0)
	r, release := s.promotes(t)
	s.withGate(t, "  log: {dir: decisions, required: true}\n") // which a server writes
	if out, _ := must(t, exitUnavailable, "promote", "--config", s.config, "--to", "prod", "--wait", "4s", "--every", "1s"); r.git("rev-parse", "tier-1") == release {
		t.Errorf("it is promoted:\n%s", out)
	}
}
