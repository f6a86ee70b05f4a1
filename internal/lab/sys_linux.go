package lab

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func supported() error { return nil }

// Detach lets a command outlive this program and its terminal once it is started.
func Detach(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }

func suspend(pid int) error { return syscall.Kill(pid, syscall.SIGSTOP) }
func resume(pid int) error  { return syscall.Kill(pid, syscall.SIGCONT) }

// terminate asks the process to stop.
func (i identity) terminate() {
	if i.alive() {
		syscall.Kill(i.pid, syscall.SIGTERM)
	}
}

// kill ends the process, and its group where it leads one, and waits until it is gone.
func (i identity) kill() {
	if !i.alive() {
		return
	}
	if group, err := syscall.Getpgid(i.pid); err == nil && group == i.pid {
		syscall.Kill(-i.pid, syscall.SIGKILL)
	}
	syscall.Kill(i.pid, syscall.SIGKILL)
	for range 250 {
		if !i.alive() {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// startTime is when a process started, in clock ticks since the machine's start;
// ok is false for one that is gone or only waits for its parent to notice.
func startTime(pid int) (ticks uint64, ok bool) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, false
	}
	return parseStat(string(data))
}

// parseStat reads a line of /proc/PID/stat (proc(5)): the second field, a name in
// parentheses, may contain anything; the third is the state, the 22nd the start.
func parseStat(line string) (ticks uint64, ok bool) {
	end := strings.LastIndex(line, ") ")
	if end < 0 {
		return 0, false
	}
	fields := strings.Fields(line[end+2:])
	if len(fields) < 20 || fields[0] == "Z" || fields[0] == "X" {
		return 0, false
	}
	ticks, err := strconv.ParseUint(fields[19], 10, 64)
	return ticks, err == nil
}

// lockFile takes a lock that ends with the program; ok is false where another
// program has it.
func lockFile(f *os.File) (ok bool, err error) {
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == syscall.EWOULDBLOCK {
		return false, nil
	}
	return err == nil, err
}
