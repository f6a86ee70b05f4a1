package child

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func shell(t *testing.T, script string) *Process {
	t.Helper()
	p, err := Start(exec.Command("/bin/sh", "-c", script))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Kill)
	return p
}

// gone waits until no process has the pid, or only one that nobody has waited for.
func gone(pid int) bool {
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
		if err != nil || strings.Contains(string(stat), ") Z ") {
			return true
		}
	}
	return false
}

func TestKillEndsAllThatAProcessHasStarted(t *testing.T) {
	file := filepath.Join(t.TempDir(), "pid")
	p := shell(t, "sleep 600 & echo $! > "+file+".new; mv "+file+".new "+file+"; wait")
	var text []byte
	for text == nil {
		text, _ = os.ReadFile(file)
		time.Sleep(time.Millisecond)
	}
	grandchild, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || !p.Alive() || p.Err() != nil || p.ExitCode() != -1 {
		t.Fatalf("%q, %v; alive %v, %v, code %d", text, err, p.Alive(), p.Err(), p.ExitCode())
	}
	if group, err := syscall.Getpgid(p.PID()); err != nil || group != p.PID() {
		t.Errorf("its group is %d (%v): a Ctrl-C at the terminal reaches it", group, err)
	}
	p.Kill()
	p.Kill() // once more changes nothing
	if p.Alive() || p.Err() == nil || p.ExitCode() != -1 || !gone(grandchild) {
		t.Errorf("alive %v, %v, code %d; what it had started lives on: %v", p.Alive(), p.Err(), p.ExitCode(), !gone(grandchild))
	}
	if err := p.Signal(syscall.SIGTERM); !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("a signal to it gives %v", err)
	}
}

func TestAProcessDoesNotOutliveTheOneThatStartedIt(t *testing.T) {
	if file := os.Getenv("CHILD_STARTS"); file != "" {
		p, err := Start(exec.Command("sleep", "600"))
		if err == nil {
			err = os.WriteFile(file, []byte(strconv.Itoa(p.PID())), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}
	file := filepath.Join(t.TempDir(), "pid")
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), "CHILD_STARTS="+file)
	out, _ := cmd.CombinedOutput()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if pid, err := strconv.Atoi(string(text)); err != nil || !gone(pid) {
		t.Errorf("%q has outlived it (%v)", text, err)
	}
}

func TestStopIsPoliteAndThenIsNot(t *testing.T) {
	ready := filepath.Join(t.TempDir(), "ready")
	for name, test := range map[string]struct {
		script string
		grace  time.Duration
		code   int
	}{
		"polite":   {"trap 'exit 7' TERM; touch " + ready + "; while :; do sleep 0.01; done", time.Minute, 7},
		"stubborn": {"trap '' TERM; touch " + ready + "; while :; do sleep 0.01; done", 20 * time.Millisecond, -1},
	} {
		t.Run(name, func(t *testing.T) {
			_ = os.Remove(ready)
			p := shell(t, test.script)
			for _, err := os.Stat(ready); err != nil; _, err = os.Stat(ready) {
				time.Sleep(time.Millisecond)
			}
			p.Stop(test.grace)
			if p.ExitCode() != test.code {
				t.Errorf("exit code %d (%v), want %d", p.ExitCode(), p.Err(), test.code)
			}
		})
	}
}

func TestReadySaysWhatIsAmiss(t *testing.T) {
	answers := make(chan int, 9)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		status := http.StatusServiceUnavailable
		select {
		case status = <-answers:
		default:
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte("etcd is missing"))
	}))
	defer server.Close()
	ended, running := shell(t, "exit 3"), shell(t, "sleep 600")
	<-ended.Done()
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, test := range map[string]struct {
		p     *Process
		ctx   context.Context
		limit time.Duration
		want  string
	}{
		"it has ended":         {ended, t.Context(), time.Minute, "is gone (exit status 3)"},
		"it never is":          {running, t.Context(), 120 * time.Millisecond, "is not ready after 120ms; " + server.URL + " answers: "},
		"what it says instead": {running, t.Context(), 120 * time.Millisecond, "503 Service Unavailable etcd is missing"},
		"nobody waits":         {running, cancelled, time.Minute, "context canceled"},
	} {
		if err := test.p.Ready(test.ctx, server.Client(), server.URL, test.limit); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %s", name, err, test.want)
		}
	}
	answers <- http.StatusBadGateway
	answers <- http.StatusOK
	if err := running.Ready(t.Context(), server.Client(), server.URL, time.Minute); err != nil {
		t.Error(err)
	}
}

func TestATailKeepsTheEnd(t *testing.T) {
	var tail Tail
	for range 3000 {
		_, _ = tail.Write([]byte("ab\n"))
	}
	if got := tail.String(); len(got) != kept-1 || !strings.HasSuffix(got, "b\nab") {
		t.Errorf("%d bytes, ending with %q", len(got), got[len(got)-8:])
	}
	if _, err := Start(exec.Command("/nowhere/at/all")); err == nil {
		t.Error("a program that there is not was started")
	}
}
