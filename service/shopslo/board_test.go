package shopslo

import (
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/board"
	"github.com/shopslo/shopslo/engine/config"
	"github.com/shopslo/shopslo/engine/logbook"
	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/git"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/promotion/decisionlog"
)

const goodRelease = "3f2c1abd9e8f70112233445566778899aabbccdd"

func TestReleasesThatWereMovedAreFoundInTheServersLog(t *testing.T) {
	l, err := decisionlog.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	now := time.Now().UTC().Truncate(time.Second)
	for _, e := range []decisionlog.Entry{
		{Kind: decisionlog.Promote, At: now.Add(-40 * 24 * time.Hour), To: "prod", Release: "aaaaaaa", Result: "promoted"}, // long ago
		{Kind: decisionlog.Gate, At: now.Add(-3 * time.Hour), To: "prod", Release: "bbbbbbb", Decision: promotion.Promote},
		{Kind: decisionlog.Promote, At: now.Add(-3 * time.Hour), To: "prod", Release: "bbbbbbb", Result: "promoted"},
		{Kind: decisionlog.Promote, At: now.Add(-2 * time.Hour), To: "prod", Release: "ccccccc", Result: "refused"},
		{Kind: decisionlog.Rollback, At: now.Add(-time.Hour), To: "prod", Release: "aaaaaaa", Result: "rolled_back"},
	} {
		if _, err := l.Append(t.Context(), e, []byte("{}")); err != nil {
			t.Fatal(err)
		}
	}
	c := &config.Config{}
	c.Gate.Log = &config.DecisionLog{Dir: "there"}
	b := &boardSource{s: &service{book: &logbook.Logbook{Reader: l, Config: c}}}
	got := b.logged(t.Context(), now)
	want := []board.Move{{At: now.Add(-3 * time.Hour), To: "prod", Release: "bbbbbbb"}, {At: now.Add(-time.Hour), To: "prod", Release: "aaaaaaa", Back: true}}
	if got.Where == "" || got.Error != "" || !reflect.DeepEqual(got.Items, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	c.Gate.Log = &config.DecisionLog{Git: &config.LogBranch{Repository: "far", Branch: "away"}} // nobody waits for git
	if got := (&boardSource{s: b.s}).logged(t.Context(), now); got.Where != "" {
		t.Errorf("a log in git gives %+v", got)
	}
}

func TestSubjectsComeFromTheMirrorOfPromote(t *testing.T) {
	dir := t.TempDir()
	run := func(args ...string) string {
		t.Helper()
		cmd := exec.Command("git", args...)
		cmd.Env = append(git.Isolated(os.Environ()), "GIT_DIR="+filepath.Join(dir, "app.git"), "GIT_AUTHOR_NAME=x", "GIT_AUTHOR_EMAIL=x@example.com", "GIT_COMMITTER_NAME=x", "GIT_COMMITTER_EMAIL=x@example.com")
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(args, err)
		}
		return strings.TrimSpace(string(out))
	}
	c := &config.Promotion{}
	c.Git.Dir, c.Git.Submodule = dir, "app"
	now := time.Now()
	s := subjects{known: map[fleet.Release]string{}, asked: map[fleet.Release]time.Time{}}
	if got := s.of(t.Context(), c, &fleet.Snapshot{Tiers: []fleet.TierState{{Release: goodRelease}}}, now); len(got) != 0 {
		t.Errorf("without a mirror there are %v", got)
	}
	run("init", "--quiet", "--bare")
	first := fleet.Release(run("commit-tree", "-m", "cart: <b>retry</b>\n\nbody", run("hash-object", "-t", "tree", "-w", "/dev/null")))
	seen := &fleet.Snapshot{Tiers: []fleet.TierState{{Release: goodRelease}, {Release: first}, {Release: "--output=x"}}}
	if got := s.of(t.Context(), c, seen, now); len(got) != 1 || got[first] != "cart: <b>retry</b>" {
		t.Errorf("got %v", got)
	}
	if err := os.RemoveAll(filepath.Join(dir, "app.git")); err != nil {
		t.Fatal(err)
	}
	if got := s.of(t.Context(), c, seen, now.Add(time.Hour)); got[first] == "" {
		t.Error("what was known is forgotten")
	}
	if got := s.of(t.Context(), nil, seen, now); len(got) != 0 {
		t.Errorf("where nothing is promoted from here there are %v", got)
	}
}
