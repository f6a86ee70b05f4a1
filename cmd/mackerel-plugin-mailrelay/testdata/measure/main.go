// Command measure runs a program and prints how much processor time it took, in nanoseconds,
// and how much it had resident at most, in KiB. It is small and has no race detector: what a
// process has resident counts for those that it starts.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

func main() {
	cmd := exec.Command(os.Args[1], os.Args[2:]...)
	out, err := cmd.Output()
	if err != nil || len(out) == 0 {
		fmt.Printf("%v: %q", err, out)
		os.Exit(1)
	}
	took := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	fmt.Println(took.Nanoseconds(), cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss)
}
