//go:build !unix

package git

import "os/exec"

// killChildren does nothing where there are no process groups: WaitDelay ends the
// wait for what git has started.
func killChildren(*exec.Cmd) {}
