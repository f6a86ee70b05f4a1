package shopset

import (
	"bytes"
	"os"
	"strconv"
	"syscall"
)

// system is what Linux tells of this process. A file that cannot be read leaves its
// figures out.
type system struct {
	memory, fds *os.File // /proc/self/statm, /proc/self/fd
	started     float64  // Unix time in seconds; 0: not known
	most        float64  // files that may be open; 0: not known
	buf         []byte
}

// ticks is how many of the kernel's units of time for programs are in a second: 100 on
// all machines that Go runs on.
const ticks = 100

func openSystem() system {
	s := system{buf: make([]byte, 128)}
	s.memory, _ = os.Open("/proc/self/statm")
	s.fds, _ = os.Open("/proc/self/fd")
	stat, _ := os.ReadFile("/proc/self/stat")
	machine, _ := os.ReadFile("/proc/stat")
	s.started = started(stat, machine)
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) == nil {
		s.most = float64(limit.Cur)
	}
	return s
}

// started gives when a process was started, of its /proc/PID/stat and of /proc/stat;
// 0 where they do not say.
func started(stat, machine []byte) float64 {
	// The second field is the program's name, in parentheses, and may be anything.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	_, boot, found := bytes.Cut(machine, []byte("\nbtime "))
	if boot, _, _ = bytes.Cut(boot, []byte("\n")); !found || len(fields) < 20 {
		return 0
	}
	after, err := strconv.ParseUint(string(fields[19]), 10, 64) // field 22: see proc_pid_stat(5)
	begun, err2 := strconv.ParseUint(string(boot), 10, 64)
	if err != nil || err2 != nil {
		return 0
	}
	return float64(begun) + float64(after)/ticks
}

// tell gives each figure that is known.
func (s *system) tell(one func(family int, value float64)) {
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) == nil {
		one(fCPU, float64(usage.Utime.Nano()+usage.Stime.Nano())/1e9)
	}
	if virtual, resident, ok := s.pages(); ok {
		page := float64(os.Getpagesize())
		one(fResident, resident*page)
		one(fVirtual, virtual*page)
	}
	if s.started > 0 {
		one(fStarted, s.started)
	}
	if n, ok := s.open(); ok {
		one(fOpenFDs, n)
	}
	if s.most > 0 {
		one(fMaxFDs, s.most)
	}
}

// pages reads the first two numbers of statm.
func (s *system) pages() (virtual, resident float64, ok bool) {
	if s.memory == nil {
		return 0, 0, false
	}
	n, _ := s.memory.ReadAt(s.buf, 0) // io.EOF: it is shorter
	var numbers [2]uint64
	rest := s.buf[:n]
	for i := range numbers {
		at := 0
		for ; at < len(rest) && '0' <= rest[at] && rest[at] <= '9'; at++ {
			numbers[i] = 10*numbers[i] + uint64(rest[at]-'0')
		}
		if at == 0 || at == len(rest) {
			return 0, 0, false
		}
		rest = rest[at+1:]
	}
	return float64(numbers[0]), float64(numbers[1]), true
}

// open counts open files: since Linux 6.2 that is their folder's size.
func (s *system) open() (float64, bool) {
	if s.fds == nil {
		return 0, false
	}
	if info, err := s.fds.Stat(); err == nil && info.Size() > 0 {
		return float64(info.Size()), true
	}
	names, err := os.ReadDir("/proc/self/fd")
	return float64(len(names) - 1), err == nil // less the folder that was just read
}
