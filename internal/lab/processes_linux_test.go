package lab

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

func testProcesses(t *testing.T) *processes {
	t.Helper()
	dir, err := newDir(filepath.Join(t.TempDir(), "lab"))
	if err != nil {
		t.Fatal(err)
	}
	ps := newProcesses(dir)
	t.Cleanup(ps.killAll)
	return ps
}

func shell(name, script string) spec {
	return spec{name: name, exe: "sh", args: []string{"-c", script}}
}

func TestAProcessHasALogAndAPidFileUntilItIsKilledWithAllItStarted(t *testing.T) {
	ps := testProcesses(t)
	p, err := ps.start(shell("a.server", `echo here; sleep 600 & echo $! > child; wait`))
	if err != nil {
		t.Fatal(err)
	}
	pidFile := filepath.Join(ps.dir, pidsDir, "a.server")
	parent, err := readIdentity(pidFile)
	if err != nil || !parent.alive() || parent.pid != p.PID() {
		t.Fatalf("pid file: %v, %v", parent, err)
	}
	childFile := filepath.Join(ps.dir, "home", "a.server", "child")
	var child identity
	for child.pid == 0 {
		if data, _ := os.ReadFile(childFile); strings.HasSuffix(string(data), "\n") {
			child.pid, _ = strconv.Atoi(strings.TrimSpace(string(data)))
			child.start, _ = startTime(child.pid)
		}
		time.Sleep(5 * time.Millisecond)
	}
	if _, err := ps.start(shell("a.server", "true")); err == nil {
		t.Error("a second process of the same name was started")
	}
	p.kill()
	for end := time.Now().Add(5 * time.Second); child.alive() && time.Now().Before(end); {
		time.Sleep(5 * time.Millisecond)
	}
	if parent.alive() || child.alive() {
		t.Errorf("alive: parent %v, child %v", parent.alive(), child.alive())
	}
	if exists(pidFile) {
		t.Error("its pid file is still there")
	}
	if got := tail(ps.logFile("a.server"), 5); got != "here" {
		t.Errorf("its log has %q", got)
	}
	if _, err := ps.start(shell("a.server", "echo again")); err != nil {
		t.Errorf("it cannot be started again: %v", err)
	}
}

func TestNoProcessStartsAfterTheEnd(t *testing.T) {
	ps := testProcesses(t)
	p, err := ps.start(shell("a", "sleep 600"))
	if err != nil {
		t.Fatal(err)
	}
	ps.killAll()
	if p.Alive() {
		t.Error("it is alive after killAll")
	}
	if _, err := ps.start(shell("b", "sleep 600")); err == nil {
		t.Error("a process was started after killAll")
	}
}

func TestAProcessGetsNothingOfTheEnvironmentButThePath(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	t.Setenv("GIT_DIR", "/nowhere")
	ps := testProcesses(t)
	p, err := ps.start(spec{name: "env", exe: "env", env: []string{"EXTRA=1"}})
	if err != nil {
		t.Fatal(err)
	}
	<-p.done
	got := tail(ps.logFile("env"), 100)
	if strings.Contains(got, "PROXY") || strings.Contains(got, "GIT_DIR") || !strings.Contains(got, "EXTRA=1") || !strings.Contains(got, "PATH="+os.Getenv("PATH")) {
		t.Errorf("it got %q", got)
	}
}

func TestReady(t *testing.T) {
	answer := http.StatusServiceUnavailable
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(answer)
		w.Write([]byte("etcd is missing"))
		answer = http.StatusOK
	}))
	defer server.Close()
	ps := testProcesses(t)

	t.Run("waits for 200", func(t *testing.T) {
		p, err := ps.start(shell("good", "sleep 600"))
		if err != nil {
			t.Fatal(err)
		}
		if err := p.ready(t.Context(), server.Client(), server.URL, 10*time.Second); err != nil {
			t.Error(err)
		}
	})
	t.Run("says what a program said that ended", func(t *testing.T) {
		p, err := ps.start(shell("bad", "echo unknown flag; exit 3"))
		if err != nil {
			t.Fatal(err)
		}
		<-p.done
		err = p.ready(t.Context(), server.Client(), "http://"+unusedAddress(t), 10*time.Second)
		if err == nil || !strings.Contains(err.Error(), "bad is gone (exit status 3)") || !strings.Contains(err.Error(), "unknown flag") {
			t.Errorf("error %v", err)
		}
	})
	t.Run("says what an unready server answers", func(t *testing.T) {
		never := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "etcd is missing", http.StatusServiceUnavailable)
		}))
		defer never.Close()
		p, err := ps.start(shell("slow", "sleep 600"))
		if err != nil {
			t.Fatal(err)
		}
		err = p.ready(t.Context(), never.Client(), never.URL, 2*time.Second)
		if err == nil || !strings.Contains(err.Error(), "not ready after 2s") || !strings.Contains(err.Error(), "etcd is missing") {
			t.Errorf("error %v", err)
		}
	})
	t.Run("ends with its context", func(t *testing.T) {
		p, err := ps.start(shell("other", "sleep 600"))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := p.ready(ctx, server.Client(), "http://"+unusedAddress(t), time.Minute); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
	})
}

func unusedAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestAProcessIsKnownByItsStart(t *testing.T) {
	start, ok := startTime(os.Getpid())
	if !ok {
		t.Fatal("this process has no start time")
	}
	if !(identity{os.Getpid(), start}).alive() {
		t.Error("this process is not alive")
	}
	other := identity{os.Getpid(), start + 1}
	if other.alive() {
		t.Error("a process of another start counts as this one")
	}
	other.kill() // must not kill the test
	cmd := exec.Command("true")
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	if _, ok := startTime(cmd.Process.Pid); ok {
		t.Error("an ended process has a start time")
	}
}

func FuzzParseStat(f *testing.F) {
	f.Add("12 (sh) S 1 12 12 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4242 1 1")
	f.Add("12 (a) R) Z 1 12 12 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4242 1 1")
	f.Add("")
	f.Add(") ")
	f.Fuzz(func(t *testing.T, line string) {
		if ticks, ok := parseStat(line); !ok && ticks != 0 {
			t.Errorf("%q: not ok, and yet %d", line, ticks)
		}
		// A name with parentheses and blanks must not move the fields.
		if ticks, ok := parseStat("7 (" + line + ") S 1 7 7 0 -1 0 1 2 3 4 5 6 7 8 20 0 1 0 4242 1 1"); !ok || ticks != 4242 {
			t.Errorf("name %q: start %d, %v", line, ticks, ok)
		}
	})
}

func TestAnEndedChildIsNoProcessBeforeItIsWaitedFor(t *testing.T) {
	for _, state := range []string{"Z", "X"} {
		if _, ok := parseStat("12 (sh) " + state + " 1 12 12 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4242 1 1"); ok {
			t.Errorf("state %s counts as running", state)
		}
	}
}
