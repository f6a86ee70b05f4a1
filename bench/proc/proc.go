// Package proc starts the programs that are measured and reads how much CPU
// they use.
package proc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/shopslo/shopslo/internal/child"
)

// Self is the CPU time that this process has used so far, user and system, of
// all threads.
func Self() time.Duration { return clock(unix.CLOCK_PROCESS_CPUTIME_ID) }

// clock reads one of the kernel's CPU clocks. They count nanoseconds, where
// /proc/PID/stat has the same sum in hundredths of a second only.
func clock(id int32) time.Duration {
	var ts unix.Timespec
	if err := unix.ClockGettime(id, &ts); err != nil {
		return 0
	}
	return time.Duration(ts.Nano())
}

// Load is the machine's load average of the last minute, "unknown" where the
// kernel does not say.
func Load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	load, _, _ := strings.Cut(string(text), " ")
	return load
}

// Process is a child that serves HTTP.
type Process struct {
	URL   string
	child *child.Process
	log   *child.Tail
}

// patience is how long a program may take until it is ready.
const patience = 10 * time.Minute

// Start runs a program that serves HTTP and waits until base+ready answers 200.
func Start(ctx context.Context, base, ready string, args ...string) (*Process, error) {
	p := &Process{URL: base, log: &child.Tail{}}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdout, cmd.Stderr = p.log, p.log
	var err error
	if p.child, err = child.Start(cmd); err != nil {
		return nil, fmt.Errorf("start %s: %w", args[0], err)
	}
	if err := p.child.Ready(ctx, http.DefaultClient, base+ready, patience); err != nil {
		p.Stop()
		return nil, fmt.Errorf("%s %w\n%s", args[0], err, p.log)
	}
	return p, nil
}

// Says waits until the answer at a path has a line.
func (p *Process) Says(ctx context.Context, path, line string) error {
	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		resp, err := http.Get(p.URL + path)
		if err == nil {
			body, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if err == nil && strings.Contains("\n"+string(body), "\n"+line+"\n") {
				return nil
			}
		}
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case time.Now().After(deadline):
			return fmt.Errorf("%s does not say %q at %s\n%s", p.URL, line, path, p.log)
		}
	}
}

// CPU is the CPU time that the process has used so far, of all threads.
func (p *Process) CPU() time.Duration {
	// The kernel's clock id of another process: see clock_getcpuclockid(3).
	const sched = 2
	return clock(int32(^p.child.PID())<<3 | sched)
}

// RSS is the resident memory and its peak, in bytes.
func (p *Process) RSS() (now, peak int64, err error) { return rss(p.child.PID()) }

// SelfRSS is this process' resident memory and its peak, in bytes.
func SelfRSS() (now, peak int64, err error) { return rss(os.Getpid()) }

func rss(pid int) (now, peak int64, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, 0, err
	}
	read := func(key string) int64 {
		_, rest, _ := strings.Cut(string(text), key+":")
		n, _ := strconv.ParseInt(strings.Fields(rest + " 0")[0], 10, 64)
		return n * 1024
	}
	return read("VmRSS"), read("VmHWM"), nil
}

// Stop ends the process, first politely.
func (p *Process) Stop() { p.child.Stop(20 * time.Second) }

// FreeAddr is a loopback address that nobody listens on.
func FreeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// Link fills dst with hard links to everything below src, or copies where the
// two are not on one file system.
func Link(src, dst string) error {
	return filepath.WalkDir(src, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(src, path)
		if err != nil {
			return err
		}
		to := filepath.Join(dst, rel)
		if d.IsDir() {
			return os.MkdirAll(to, 0o777)
		}
		err = os.Link(path, to)
		if errors.Is(err, syscall.EXDEV) {
			var text []byte
			if text, err = os.ReadFile(path); err == nil {
				err = os.WriteFile(to, text, 0o666)
			}
		}
		return err
	})
}

// Size is the number of bytes of all files below dir.
func Size(dir string) (int64, error) {
	var n int64
	err := filepath.WalkDir(dir, func(_ string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			n += info.Size()
		}
		return err
	})
	return n, err
}
