package decisiongit

import (
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/shopslo/shopslo/promotion/decisionlog"
)

func TestALogBeginsInARepositoryOfSHA256(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "sha256.git")
	gitDo(t, "", "init", "--quiet", "--bare", "--object-format=sha256", dir)
	heads := grow(t, logIn(t, dir), "a", "b")
	if v, err := decisionlog.Verify(t.Context(), logIn(t, dir), heads[0].Hash); err != nil || v.Head != heads[1] {
		t.Errorf("%+v, %v", v, err)
	}
}

func TestALogInARepositoryOfSHA256GoesOn(t *testing.T) {
	old, dir := remote(t), filepath.Join(t.TempDir(), "sha256.git")
	heads := grow(t, logIn(t, old), "a")
	gitDo(t, "", "init", "--quiet", "--bare", "--object-format=sha256", dir)
	if out, err := exec.Command("sh", "-c", "git -C "+old+" fast-export --all | git -C "+dir+" fast-import --quiet").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	more := grow(t, logIn(t, dir), "b", "c")
	v, err := decisionlog.Verify(t.Context(), logIn(t, dir), heads[0].Hash)
	if err != nil || v.Head != more[1] || v.Published != 1 {
		t.Errorf("%+v, %v", v, err)
	}
}
