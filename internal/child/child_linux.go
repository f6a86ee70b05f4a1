package child

import (
	"os/exec"
	"syscall"
)

// own gives a command a process group of its own, and has the kernel kill it when this program
// dies, however that happens.
func own(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
