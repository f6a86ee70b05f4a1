package gitops

import (
	"context"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// script makes a program that stands in for git.
func script(t *testing.T, body string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "git")
	if err := os.WriteFile(file, []byte("#!/bin/sh\n"+body), 0o700); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestAnUnreachableRemoteLeavesWhatWasFetched(t *testing.T) {
	single := newRepo(t)
	c := single.chain(1)
	single.branch("low", c[0])
	r := openSingle(t, single)
	fetch(t, r)
	if err := os.Rename(single.dir, single.dir+"-gone"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Fetch(ctx); !errors.Is(err, errUnreachable) || !strings.Contains(err.Error(), single.dir) {
		t.Errorf("error %v", err)
	}
	if head, err := r.Head(ctx, "low"); err != nil || head.Release != release(c[0]) {
		t.Errorf("%v, %v", head, err)
	}
	if err := os.Rename(single.dir+"-gone", single.dir); err != nil {
		t.Fatal(err)
	}
	fetch(t, r)
}

func TestNoSecretIsInAnError(t *testing.T) {
	// Nothing listens on port 1, so git names the URL in its complaint.
	for _, secret := range []string{"https://someone:hunter2@127.0.0.1:1/a.git", "https://hunter2@127.0.0.1:1/a.git", "http://127.0.0.1:1/a.git?token=hunter2", "http://u:p@hunter2@127.0.0.1:1/a", "http://0/hunter2@127.0.0.1:1/a"} {
		r := openWith(t, Config{Dir: t.TempDir(), System: secret})
		_, err := r.Fetch(ctx)
		if !errors.Is(err, errUnreachable) || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "127.0.0.1:1/a") {
			t.Errorf("error %v", err)
		}
		if _, err = r.Head(ctx, "low"); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("error %v", err)
		}
		for _, name := range []string{"config", "description", "FETCH_HEAD"} {
			if data, _ := os.ReadFile(filepath.Join(r.system.dir, name)); strings.Contains(string(data), "hunter2") {
				t.Errorf("%s has the secret", name)
			}
		}
	}
	for _, remote := range []string{"ext::hunter2", "gopher://hunter2@host/x"} {
		if _, err := Open(ctx, Config{Dir: t.TempDir(), System: remote}); err == nil || strings.Contains(remote, "@") && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("error %v", err)
		}
	}
}

func TestTheSecretIsInNoArgument(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	r := openWith(t, Config{Dir: t.TempDir(), System: "https://a:hunter2@127.0.0.1:1/a", Git: script(t, `echo "$@" >> '`+log+`'`)})
	if _, err := r.Fetch(ctx); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(log)
	if err != nil || !strings.Contains(string(data), "fetch ") || strings.Contains(string(data), "hunter2") {
		t.Errorf("%v: %s", err, data)
	}
}

func TestGitHasNoSurroundings(t *testing.T) {
	t.Setenv("GIT_DIR", "/elsewhere")
	t.Setenv("LANG", "ja_JP.UTF-8")
	t.Setenv("SECRET", "hunter2")
	out := filepath.Join(t.TempDir(), "env")
	openWith(t, Config{Dir: t.TempDir(), System: "/a", Git: script(t, `env > '`+out+`'`), Env: []string{"HOME=/home/x", "LC_ALL=ja_JP.UTF-8", "GIT_TERMINAL_PROMPT=1"}})
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	env := "\n" + string(data)
	for _, want := range []string{"\nHOME=/home/x\n", "\nLC_ALL=C\n", "\nGIT_TERMINAL_PROMPT=0\n", "\nGIT_CONFIG_NOSYSTEM=1\n", "\nGIT_ALLOW_PROTOCOL=file:git:http:https:ssh\n", "BatchMode=yes"} {
		if !strings.Contains(env, want) {
			t.Errorf("no %q in %s", want, env)
		}
	}
	for _, never := range []string{"hunter2", "/elsewhere", "LANG="} {
		if strings.Contains(env, never) {
			t.Errorf("%q in %s", never, env)
		}
	}
}

func TestAGitThatHangsIsEndedWithWhatItStarted(t *testing.T) {
	single := newRepo(t)
	single.branch("low", single.chain(1)[0])
	dir, mark := t.TempDir(), filepath.Join(t.TempDir(), "mark")
	r := openWith(t, Config{Dir: dir, System: single.dir})
	fetch(t, r)
	// What it starts would go on for a minute, and tells its number.
	r.system.git.Program, r.system.git.Timeout = script(t, `sleep 60 & echo $! >> '`+mark+`'; wait`), 200*time.Millisecond
	start := time.Now()
	_, err := r.Head(ctx, "low")
	if err == nil || !strings.Contains(err.Error(), "took longer than 200ms") {
		t.Errorf("error %v", err)
	}
	within, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
	defer cancel()
	if _, err := r.Fetch(within); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, errUnreachable) {
		t.Errorf("error %v", err)
	}
	if took := time.Since(start); took > 50*time.Second {
		t.Errorf("waited %s for what git started", took)
	}
	started, err := os.ReadFile(mark)
	if err != nil || len(strings.Fields(string(started))) == 0 {
		t.Fatalf("nothing was started: %v", err)
	}
	for _, number := range strings.Fields(string(started)) {
		for gone := false; !gone; time.Sleep(10 * time.Millisecond) {
			state, err := os.ReadFile("/proc/" + number + "/stat")
			gone = err != nil || strings.Contains(string(state), ") Z ") // nobody may have waited for it
			if !gone && time.Since(start) > 50*time.Second {
				t.Fatalf("what git started goes on: %s", state)
			}
		}
	}
}

func TestAMissingGitIsNamed(t *testing.T) {
	_, err := Open(ctx, Config{Dir: t.TempDir(), System: "/a", Git: "no-such-git"})
	if err == nil || !strings.Contains(err.Error(), "install it") {
		t.Errorf("error %v", err)
	}
}

func FuzzParseEntry(f *testing.F) {
	f.Add("1790000000 "+strings.Repeat("0f", 20)+"\n\n:160000 160000 "+strings.Repeat("a", 40)+" "+strings.Repeat("b", 40)+" M\tapp\n", true)
	f.Add("1790000000 "+strings.Repeat("0f", 32), false)
	f.Fuzz(func(t *testing.T, entry string, submodule bool) {
		when, release, ok := parseEntry(entry, submodule)
		if ok && !strings.Contains(entry, strings.TrimRight(hex.EncodeToString(release[:]), "0")) {
			t.Errorf("a Release %x at %v out of nothing", release, when)
		}
	})
}
