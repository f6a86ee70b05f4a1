package lab

import (
	"context"
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestAProgramRunsInTheLabUntilItIsToldToEnd(t *testing.T) {
	l := &Lab{procs: testProcesses(t)}
	const script = `trap 'echo bye; exit 7' TERM; echo "hello $WHOM"; while :; do sleep 0.01; done`
	p, err := l.Run(Program{Name: "greeter", Path: "sh", Args: []string{"-c", script}, Env: []string{"WHOM=you"}})
	if err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(10 * time.Second); !strings.Contains(p.Log(), "hello you\n"); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("log %q", p.Log())
		}
	}
	short, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Wait(short); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "greeter") || !p.alive() {
		t.Errorf("it has not ended, and waiting gives %v", err)
	}
	if err := p.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if code, err := p.Wait(t.Context()); code != 7 || err != nil || p.alive() || !strings.HasSuffix(p.Log(), "bye\n") {
		t.Errorf("it ended with %d, %v; log %q", code, err, p.Log())
	}
	if err := p.Signal(syscall.SIGTERM); err == nil {
		t.Error("a program that has ended took a signal")
	}
}

func TestAProgramThatIsKilledHasNoExitCode(t *testing.T) {
	l := &Lab{procs: testProcesses(t)}
	p, err := l.Run(Program{Name: "sleeper", Path: "sleep", Args: []string{"600"}})
	if err != nil {
		t.Fatal(err)
	}
	p.Kill()
	if code, err := p.Wait(t.Context()); code != -1 || err != nil {
		t.Errorf("exit code %d, %v; want -1", code, err)
	}
}
