//go:build !linux

package lab

import (
	"errors"
	"os"
	"os/exec"
)

var errLinux = errors.New("the lab needs Linux, whose kernel ends the lab's processes when the lab is killed")

func supported() error { return errLinux }

// Detach lets a command outlive this program and its terminal once it is started.
func Detach(*exec.Cmd)                {}
func suspend(int) error               { return errLinux }
func resume(int) error                { return errLinux }
func (identity) terminate()           {}
func (identity) kill()                {}
func startTime(int) (uint64, bool)    { return 0, false }
func lockFile(*os.File) (bool, error) { return false, errLinux }
