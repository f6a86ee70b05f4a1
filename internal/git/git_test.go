package git

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
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

func TestTheEnvironmentIsTheCallersWithoutItsRepository(t *testing.T) {
	got := Environment([]string{"HOME=/home/x", "GIT_DIR=/elsewhere", "GIT_TRACE_CURL=1", "GIT_TRACE2=1", "GIT_CONFIG_PARAMETERS='a.b=/elsewhere'", "GIT_DEFAULT_HASH=sha256", "LC_ALL=ja_JP.UTF-8", "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=a.b", "GIT_CONFIG_VALUE_0=c"},
		[2]string{"core.hooksPath", "/dev/null"})
	out, err := (&Runner{Program: script(t, "env"), Env: got}).Run(context.Background(), Call{Args: []string{"x"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"HOME=/home/x", "LC_ALL=C", "GIT_TERMINAL_PROMPT=0", "GIT_CONFIG_COUNT=2", "GIT_CONFIG_KEY_0=a.b", "GIT_CONFIG_KEY_1=core.hooksPath", "GIT_CONFIG_VALUE_1=/dev/null"} {
		if !slices.Contains(strings.Split(out, "\n"), want) {
			t.Errorf("no %s in\n%s", want, out)
		}
	}
	if strings.Contains(out, "/elsewhere") || strings.Contains(out, "GIT_TRACE") || strings.Contains(out, "sha256") || !strings.Contains(out, "BatchMode=yes") {
		t.Error(out)
	}
	if own := Environment([]string{"GIT_SSH_COMMAND=mine"}); slices.Contains(own, unattended) {
		t.Error("the caller's ssh is not taken")
	}
}

func TestRunGivesWhatGitPrintsOrComplainsOf(t *testing.T) {
	r := &Runner{Program: script(t, `cat; echo "$@"; [ "$1" = ok ] || { echo "remote: https://u:hunter2@h/x is closed" >&2; exit 3; }`)}
	if out, err := r.Run(context.Background(), Call{Args: []string{"ok", "b"}, Input: "in "}); out != "in ok b\n" || err != nil {
		t.Errorf("%q, %v", out, err)
	}
	_, err := r.Run(context.Background(), Call{Args: []string{"push"}})
	var failed *Error
	if !errors.As(err, &failed) || ExitCode(err) != 3 || failed.Output != "push\n" || err.Error() != "git push: https://***@h/x is closed" {
		t.Errorf("%v", err)
	}
	if _, err := (&Runner{Program: "no-such-git"}).Run(context.Background(), Call{Args: []string{"x"}}); err == nil || !strings.Contains(err.Error(), "install it") || ExitCode(err) != -1 {
		t.Errorf("%v", err)
	}
}

func TestAGitThatHangsIsEnded(t *testing.T) {
	r := &Runner{Program: script(t, "sleep 5 & wait"), Timeout: 100 * time.Millisecond}
	begun := time.Now()
	if _, err := r.Run(context.Background(), Call{Args: []string{"fetch"}}); err == nil || !strings.Contains(err.Error(), "took longer than 100ms") {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	r.Timeout = time.Minute
	if _, err := r.Run(ctx, Call{Args: []string{"fetch"}}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	if took := time.Since(begun); took > 4*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestOnlyRepositoriesAreRemotes(t *testing.T) {
	for remote, ok := range map[string]bool{
		"https://git.example/a.git": true, "git@git.example:a/b.git": true, "/srv/a.git": true, "file:///srv/a": true, "ssh://git@h/a": true, "../app.git": true,
		"": false, "--upload-pack=id": false, "ext::sh -c id": false, "ext://x": false, "a\nb": false, "https://u:hunter2@h/a": false, "https://u:a/hunter2@h/a": false, "ftp://u:a/hunter2@h/a": false, "http://[::1": false,
	} {
		if err := CheckRemote(remote); (err == nil) != ok || err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v", remote, err)
		}
	}
}

func TestCommitIDsAreFullOnes(t *testing.T) {
	for id, ok := range map[string]bool{strings.Repeat("0f", 20): true, strings.Repeat("0f", 32): true, strings.Repeat("0F", 20): false, "abc": false, "": false, "HEAD": false} {
		if IsCommit(id) != ok {
			t.Errorf("%q", id)
		}
	}
}

func TestAComplaintIsAClause(t *testing.T) {
	got := complaint("fatal: Could not read from remote repository.\n\nPlease make sure you have the correct access rights\nand the repository exists.\n")
	if want := "fatal: Could not read from remote repository; Please make sure you have the correct access rights; and the repository exists"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func FuzzComplaint(f *testing.F) {
	f.Add("fatal: https://a:b@c/d?e\x1b[31m\nhint: no")
	f.Fuzz(func(t *testing.T, text string) {
		got := complaint(text)
		if strings.ContainsAny(got, "\n\x1b\x00") || len(got) > 410 {
			t.Errorf("%q", got)
		}
		if once := Redact(text); Redact(once) != once {
			t.Errorf("%q becomes %q, then %q", text, once, Redact(once))
		}
	})
}
