package demo

import (
	"os/exec"
	"syscall"
)

// setProcessAttributes gives the child a process group of its own and has the
// kernel kill it when the demo dies, however that happens.
func setProcessAttributes(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
