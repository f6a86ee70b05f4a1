//go:build e2e && more

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/shopslo/shopslo/internal/lab"
)

// labctl builds the program: it starts itself a second time to hold the lab.
func labctl(t *testing.T) (run func(args ...string) *exec.Cmd) {
	t.Helper()
	exe := filepath.Join(t.TempDir(), "labctl")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", exe, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return func(args ...string) *exec.Cmd { return exec.Command(exe, args...) }
}

// left are the processes whose command line or working folder names a folder.
func left(dir string) (list []string) {
	procs, _ := filepath.Glob("/proc/[0-9]*")
	for _, p := range procs {
		line, _ := os.ReadFile(filepath.Join(p, "cmdline"))
		cwd, _ := os.Readlink(filepath.Join(p, "cwd"))
		if strings.Contains(string(line), dir) || strings.HasPrefix(cwd, dir) {
			list = append(list, string(line))
		}
	}
	if _, err := os.Stat(dir); err == nil {
		list = append(list, dir)
	}
	return list
}

func wantNothingLeft(t *testing.T, dir string) {
	t.Helper()
	for end := time.Now().Add(time.Minute); len(left(dir)) > 0; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("left of the lab: %q", left(dir))
		}
	}
}

func TestALabIsLeftRunningUntilItIsTakenDown(t *testing.T) {
	labctl, dir := labctl(t), filepath.Join(t.TempDir(), "lab")
	t.Cleanup(func() { labctl("down", "-dir", dir).Run() })
	out, err := labctl("up", "-dir", dir, "-self-heal", "-town").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	info, err := lab.ReadInfo(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{info.Kubeconfig, info.Prometheus, info.SystemRepo, info.AppRepo, "make lab-down", "--context onprem-a", "gate --to beta --server " + info.Server} {
		if !strings.Contains(string(out), want) {
			t.Errorf("up does not say %q:\n%s", want, out)
		}
	}
	// What it says is true: the lab outlives the command.
	kubectl := func(args ...string) (string, error) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		cmd := exec.CommandContext(ctx, info.Kubectl, args...)
		cmd.Env = append(os.Environ(), "KUBECONFIG="+info.Kubeconfig)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	for name := range info.APIServers {
		if out, err := kubectl("--context", name, "get", "applications", "-n", lab.ArgoCDNamespace, "-o", "name"); err != nil || strings.Count(out, "\n") != 15 {
			t.Errorf("%s: %v, want 15 Applications: %s", name, err, out)
		}
	}
	status := exec.CommandContext(t.Context(), info.Shopslo, "status", "--server", info.Server)
	status.Dir = info.Town
	if out, err := status.CombinedOutput(); err != nil || !strings.Contains(string(out), "payments") {
		t.Errorf("status: %v\n%s", err, out)
	}
	if out, err := labctl("up", "-dir", dir).CombinedOutput(); err != nil || !strings.Contains(string(out), "running already") || !strings.Contains(string(out), info.Prometheus) {
		t.Errorf("up beside a running lab: %v %s", err, out)
	}
	if out, err := labctl("down", "-dir", dir).CombinedOutput(); err != nil || !strings.Contains(string(out), "has ended") {
		t.Errorf("down: %v %s", err, out)
	}
	wantNothingLeft(t, dir)
}

func TestALabThatIsInterruptedOnItsWayUpLeavesNothing(t *testing.T) {
	labctl, dir := labctl(t), filepath.Join(t.TempDir(), "lab")
	up := labctl("up", "-dir", dir)
	var out strings.Builder
	up.Stdout, up.Stderr = &out, &out
	if err := up.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- up.Wait() }()
	// A server that runs is the middle of the way.
	for end := time.Now().Add(3 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if servers, _ := filepath.Glob(filepath.Join(dir, "pids", "*.kube-apiserver")); len(servers) == 3 {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("no API server was started: %s", out.String())
		}
	}
	up.Process.Signal(syscall.SIGINT)
	if err := <-ended; err == nil || up.ProcessState.ExitCode() != 130 {
		t.Error(fmt.Errorf("interrupted, it ends with %v, want exit code 130: %s", err, out.String()))
	}
	wantNothingLeft(t, dir)
}
