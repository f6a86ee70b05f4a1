//go:build unix

package git

import (
	"os/exec"
	"syscall"
)

// killChildren lets git end together with what it starts, such as ssh.
func killChildren(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
