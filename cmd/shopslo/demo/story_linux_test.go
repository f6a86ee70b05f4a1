package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// transcript is a story's output that can be read while it is written.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (w *transcript) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(b)
}

func (w *transcript) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// await waits until the transcript has the text.
func (w *transcript) await(t *testing.T, text string) {
	t.Helper()
	for end := time.Now().Add(60 * time.Second); !strings.Contains(w.String(), text); {
		if time.Now().After(end) {
			t.Fatalf("no %q in\n%s", text, w)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

var quick = pace{
	day: 5 * time.Second, early: 300 * time.Millisecond, full: time.Second,
	poll: 50 * time.Millisecond, patience: 30 * time.Second, settle: 10 * time.Second, silence: 100 * time.Millisecond, keep: time.Minute,
}

// nothingLeft fails the test where a process or a file of the story is left.
func nothingLeft(t *testing.T, temp string) {
	t.Helper()
	left, err := os.ReadDir(temp)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range left {
		t.Errorf("%s is left", filepath.Join(temp, f.Name()))
	}
	for _, pid := range childrenOf(t, os.Getpid()) {
		t.Errorf("process %d is left", pid)
	}
}

// childrenOf lists the processes that a process has started and not waited for.
func childrenOf(t *testing.T, parent int) []int {
	t.Helper()
	tasks, err := filepath.Glob("/proc/" + strconv.Itoa(parent) + "/task/*/children")
	if err != nil || len(tasks) == 0 {
		t.Fatalf("the kernel lists no children of %d: this test needs Linux (%v)", parent, err)
	}
	var pids []int
	for _, name := range tasks {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // the thread has ended
		}
		for _, f := range strings.Fields(string(text)) {
			if pid, err := strconv.Atoi(f); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}

func TestTheStoryIsToldToItsEnd(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	var out transcript
	if err := run(t.Context(), Options{Exe: self(t), Out: &out}, quick); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	at := 0
	for _, want := range []string{
		"dev c-2 · beta c-1 · beta-prod a-2 b-1 · prod a-1 b-2 c-3 · prod-ha a-3 b-3",
		"$ shopslo serve --config shopslo.yaml --web.listen-address 127.0.0.1:",
		"$ shopslo gate --to beta-prod; echo \"exit code $?\"\ninconclusive: too early\nexit code 2\n",
		"$ shopslo status\nSLO SHOPSET",
		"promote\nexit code 0\n",
		"v1.1.0 is released to beta",
		"hold: c-1 runs v1.1.0\nexit code 1\n",
		"$ shopslo status | grep -w -e SHOPSET -e c-1\nSLO SHOPSET TOTAL BAD\ncart-availability c-1",
		"rolled back to v1.0.0",
		"promote\nexit code 0\n",
		"kill -9 ",
		"inconclusive: b-1 is silent\nexit code 2\n",
		"LEDGER GOOD",
		"equal to the request",
	} {
		i := strings.Index(out.String()[at:], want)
		if i < 0 {
			t.Fatalf("no %q after what came before it in\n%s", want, &out)
		}
		at += i + len(want)
	}
	nothingLeft(t, temp)
}

func TestAnInterruptLeavesNothingBehind(t *testing.T) {
	for name, moment := range map[string]string{
		"while the shops start":        "a process each",
		"while the gate is waited for": "customers arrive",
		"after a release":              "is released to beta",
	} {
		t.Run(name, func(t *testing.T) {
			temp := t.TempDir()
			t.Setenv("TMPDIR", temp)
			ctx, interrupt := context.WithCancelCause(t.Context())
			var out transcript
			ended := make(chan error)
			go func() { ended <- run(ctx, Options{Exe: self(t), Out: &out}, quick) }()
			out.await(t, moment)
			why := errors.New("interrupted by hand")
			begun := time.Now()
			interrupt(why)
			if err := <-ended; !errors.Is(err, why) {
				t.Errorf("the error is %v, want the interrupt's", err)
			}
			if took := time.Since(begun); took > 4*time.Second {
				t.Errorf("it took %v to end the processes: one of them had to be killed", took)
			}
			nothingLeft(t, temp)
		})
	}
}

func TestADeadChildEndsTheStoryWithItsLastWords(t *testing.T) {
	t.Run("the server", func(t *testing.T) {
		temp := t.TempDir()
		t.Setenv("TMPDIR", temp)
		t.Setenv("STANDIN_DIES", "1")
		err := run(t.Context(), Options{Exe: self(t), Out: &transcript{}}, quick)
		if err == nil || !strings.Contains(err.Error(), "the stand-in dies as it was told") {
			t.Errorf("the error is %v, want the server's last words in it", err)
		}
		nothingLeft(t, temp)
	})
	t.Run("a shop", func(t *testing.T) {
		temp := t.TempDir()
		t.Setenv("TMPDIR", temp)
		var out transcript
		ended := make(chan error)
		go func() { ended <- run(t.Context(), Options{Exe: self(t), Out: &out}, quick) }()
		out.await(t, "customers arrive")
		killShop(t)
		if err := <-ended; err == nil || !strings.Contains(err.Error(), "signal: killed") {
			t.Errorf("the error is %v, want that a shop was killed", err)
		}
		nothingLeft(t, temp)
	})
}

// killShop kills one child that is a shop, as a person would.
func killShop(t *testing.T) {
	t.Helper()
	for _, pid := range childrenOf(t, os.Getpid()) {
		line, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
		if err != nil || !bytes.Contains(line, []byte("\x00shop\x00")) {
			continue
		}
		p, err := os.FindProcess(pid)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Kill(); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Fatal("no shop runs")
}

func TestKeepRunsOnUntilInterruptedAndTellsOfAKilledShop(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	ctx, interrupt := context.WithCancel(t.Context())
	var out transcript
	ended := make(chan error)
	go func() { ended <- run(ctx, Options{Exe: self(t), Out: &out, Keep: true}, quick) }()
	out.await(t, " gate --to beta-prod --config")
	pid, err := strconv.Atoi(regexp.MustCompile(`   kill -9 (\d+)`).FindStringSubmatch(out.String())[1])
	if err != nil {
		t.Fatal(err)
	}
	p, err := os.FindProcess(pid)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Kill(); err != nil {
		t.Fatal(err)
	}
	out.await(t, "ShopSet b-1 (pid "+strconv.Itoa(pid)+") is gone")
	select {
	case err := <-ended:
		t.Fatalf("it ended with %v when a shop was killed", err)
	case <-time.After(200 * time.Millisecond):
	}
	interrupt()
	if err := <-ended; err != nil {
		t.Errorf("the error is %v, want none: it was asked to end", err)
	}
	nothingLeft(t, temp)
}

func TestAStubbornChildIsKilled(t *testing.T) {
	c := &children{}
	ch, err := c.start(childSpec{name: "sleeper", exe: "/bin/sh", args: []string{"-c", "trap '' TERM; sleep 1000 & wait; wait"}})
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond)
	begun := time.Now()
	c.stopAll(200 * time.Millisecond)
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("it took %v to end it", took)
	}
	if ch.Alive() {
		t.Error("it is alive")
	}
	if _, err := c.start(childSpec{name: "late", exe: "/bin/true"}); !errors.Is(err, errClosing) {
		t.Errorf("a start after the end gives %v, want %v", err, errClosing)
	}
}

func init() { extra["story"] = playStory }

// playStory tells a story in a process of its own.
func playStory() int {
	exe, err := os.Executable()
	if err == nil {
		err = run(context.Background(), Options{Exe: exe, Out: os.Stdout, Keep: true}, quick)
	}
	fmt.Fprintln(os.Stderr, err)
	return 1
}

func TestNoProcessOutlivesADemoThatIsKilled(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	var out transcript
	cmd := exec.Command(self(t), "story")
	cmd.Stdout = &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		cmd.Wait()
		close(ended)
	}()
	out.await(t, "customers arrive")
	pids := childrenOf(t, cmd.Process.Pid)
	if len(pids) < len(shops)+1 {
		t.Errorf("%d children, want at least the shops and the server", len(pids))
	}
	cmd.Process.Kill()
	<-ended
	for end := time.Now().Add(10 * time.Second); len(pids) > 0; {
		pids = slices.DeleteFunc(pids, func(pid int) bool { return !runs(pid) })
		if len(pids) > 0 && time.Now().After(end) {
			t.Fatalf("processes %v have outlived the demo", pids)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// runs reports whether a process exists and is not a zombie.
func runs(pid int) bool {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return false
	}
	_, state, _ := strings.Cut(string(text), ") ")
	return !strings.HasPrefix(state, "Z")
}
