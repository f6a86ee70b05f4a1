package disk

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// everybodys is a folder that all may write to, with a link in it to a folder of ours.
func everybodys(t *testing.T) (link, ours string) {
	t.Helper()
	shared := filepath.Join(t.TempDir(), "shared")
	ours = t.TempDir()
	if err := os.Mkdir(shared, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(shared, 0o777); err != nil { // whatever the umask is
		t.Fatal(err)
	}
	link = filepath.Join(shared, "state")
	if err := os.Symlink(ours, link); err != nil {
		t.Fatal(err)
	}
	return link, ours
}

func TestALinkInEverybodysFolderIsNotFollowed(t *testing.T) {
	link, ours := everybodys(t)
	for _, dir := range []string{link, filepath.Join(link, "below")} {
		if err := MakeDir(dir, 0o750); err == nil || !strings.Contains(err.Error(), link+" is a link in a folder that everybody may write to") {
			t.Errorf("%s: %v", dir, err)
		}
	}
	if there, _ := os.ReadDir(ours); len(there) > 0 {
		t.Errorf("made %v behind the link", there)
	}
	own := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(ours, own); err != nil {
		t.Fatal(err)
	}
	if err := MakeDir(filepath.Join(own, "below"), 0o750); err != nil {
		t.Errorf("a link in a folder of one's own: %v", err)
	}
}

func TestAFileThatIsALinkIsNotWrittenThrough(t *testing.T) {
	dir := t.TempDir()
	victim, state := filepath.Join(dir, "victim"), filepath.Join(dir, "state")
	if err := os.WriteFile(victim, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, link := range []string{state, state + ".new"} {
		if err := os.Symlink(victim, link); err != nil {
			t.Fatal(err)
		}
	}
	if err := Replace(System, state, []byte("new"), 0o640); err == nil || !strings.Contains(err.Error(), "state.new is a link, which is not followed") {
		t.Errorf("got %v", err)
	}
	if f, err := System.OpenFile(state, os.O_RDWR|os.O_CREATE, 0o640); err == nil {
		f.Close()
		t.Error("a link was opened")
	}
	if data, _ := os.ReadFile(victim); string(data) != "mine" {
		t.Errorf("the file behind the link has %q", data)
	}
}
