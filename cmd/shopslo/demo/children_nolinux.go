//go:build unix && !linux

package demo

import (
	"os/exec"
	"syscall"
)

// setProcessAttributes gives the child a process group of its own. There is no
// death signal here: a shop notices by its standard input that the demo is gone.
func setProcessAttributes(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}
