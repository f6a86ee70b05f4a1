//go:build unix

package demo

import (
	"os"
	"syscall"
)

var interruptSignal os.Signal = syscall.SIGTERM

// killGroup kills a child that has not been waited for, and all of its group.
func killGroup(p *os.Process) {
	if syscall.Kill(-p.Pid, syscall.SIGKILL) != nil {
		p.Kill()
	}
}
