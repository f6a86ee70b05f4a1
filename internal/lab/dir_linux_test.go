package lab

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestAnIdentityIsReadAsItWasWritten(t *testing.T) {
	tests := []struct {
		name, text string
		want       identity
		ok         bool
	}{
		{"a process and its start", "4711 123456\n", identity{4711, 123456}, true},
		{"without a line feed", "4711 0", identity{4711, 0}, true},
		{"an empty file", "", identity{}, false},
		{"a pid alone", "4711\n", identity{}, false},
		{"init is no process of a lab", "1 5\n", identity{}, false},
		{"0 would be the own group", "0 5\n", identity{}, false},
		{"-1 would be every process", "-1 5\n", identity{}, false},
		{"more than two numbers", "5 6 7\n", identity{}, false},
		{"a pid that no system has", "99999999999 5\n", identity{}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parseIdentity(tt.text)
			if got != tt.want || (err == nil) != tt.ok {
				t.Errorf("parseIdentity(%q) = %v, %v", tt.text, got, err)
			}
		})
	}
}

func FuzzParseIdentity(f *testing.F) {
	for _, s := range []string{"4711 123456\n", "", "1 1\n", "-4 9\n", "5  6", "+5 6", "2 18446744073709551615"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		i, err := parseIdentity(text)
		if err != nil {
			if i != (identity{}) {
				t.Errorf("%q: an error, and yet %v", text, i)
			}
			return
		}
		if i.pid <= 1 {
			t.Errorf("%q gives process %d, which must not be killed", text, i.pid)
		}
		if again, err := parseIdentity(string(i.bytes())); err != nil || again != i {
			t.Errorf("%q: %v is read back as %v, %v", text, i, again, err)
		}
	})
}

func TestANewLabTakesAnEmptyFolderOrALabsAndNoOther(t *testing.T) {
	gone := identity{pid: os.Getpid(), start: 1} // this pid, in another life
	tests := []struct {
		name  string
		files map[string]string
		want  string // a part of the error; empty: taken, and cleared
	}{
		{"an empty folder", nil, ""},
		{"what a killed lab has left", map[string]string{ownerFile: string(gone.bytes()), "etcd": "x"}, ""},
		{"somebody's own files", map[string]string{"thesis.txt": "x"}, "not a lab's folder"},
		{"a broken owner file", map[string]string{ownerFile: "x", "thesis.txt": "x"}, "not a lab's folder"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, content := range tt.files {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			_, err := newDir(dir)
			if tt.want != "" {
				if err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("error %v, want one with %q", err, tt.want)
				}
				for name := range tt.files {
					if !exists(filepath.Join(dir, name)) {
						t.Errorf("%s was removed", name)
					}
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if exists(filepath.Join(dir, "etcd")) || !Running(dir) {
				t.Error("want a folder that has nothing of the old lab, and this program as its owner")
			}
			if _, err := newDir(dir); err == nil || !strings.Contains(err.Error(), "make lab-down") {
				t.Errorf("a second lab in the same folder: %v, want an error that says how to end the first", err)
			}
		})
	}
}

func TestDownFindsNoLabWhereNoneIs(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "thesis.txt"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	found, err := Down(dir)
	if found || err != nil || !exists(filepath.Join(dir, "thesis.txt")) {
		t.Errorf("Down of a folder without a lab: %v, %v", found, err)
	}
}

func TestTheJanitorRemovesTheFolderOnceItsInputEnds(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a lab's folder")
	if err := os.MkdirAll(filepath.Join(dir, "deep"), 0o755); err != nil {
		t.Fatal(err)
	}
	j, err := startJanitor(dir)
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(20 * time.Millisecond)
	if !exists(dir) {
		t.Error("the folder is gone while the lab is there")
	}
	if err := j.dismiss(); err != nil || exists(dir) {
		t.Errorf("%v; the folder is there: %v", err, exists(dir))
	}
}
