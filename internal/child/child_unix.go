//go:build unix

package child

import (
	"os"
	"syscall"
)

var polite os.Signal = syscall.SIGTERM

// killGroup kills a process that has not been waited for, and all of its group.
func killGroup(p *os.Process) {
	if syscall.Kill(-p.Pid, syscall.SIGKILL) != nil {
		_ = p.Kill()
	}
}
