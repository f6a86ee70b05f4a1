//go:build unix && !linux

package child

import (
	"os/exec"
	"syscall"
)

// own gives a command a process group of its own. There is no death signal here.
func own(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
