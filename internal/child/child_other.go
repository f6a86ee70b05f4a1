//go:build !unix

package child

import (
	"os"
	"os/exec"
)

var polite os.Signal = os.Interrupt

// own has nothing to set here.
func own(*exec.Cmd) {}

// killGroup kills the process.
func killGroup(p *os.Process) { _ = p.Kill() }
