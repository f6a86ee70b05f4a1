package shopset

import (
	"runtime"
	"runtime/metrics"
	"sync"
)

// Process reads figures about the process that it is in, at each scrape: few enough
// that they cost less than writing them. Its methods may be called at the same time.
type Process struct {
	mu      sync.Mutex
	samples []metrics.Sample
	system  system
	version string // labels
}

// ofRuntime are the metrics of Go's runtime that a family is the sum of.
var ofRuntime = []struct {
	family int
	names  []string
}{
	{fGoroutines, []string{"/sched/goroutines:goroutines"}},
	{fThreads, []string{"/sched/threads/total:threads"}},
	{fMaxProcs, []string{"/sched/gomaxprocs:threads"}},
	{fGOGC, []string{"/gc/gogc:percent"}},
	{fMemoryLimit, []string{"/gc/gomemlimit:bytes"}},
	{fAllocated, []string{"/gc/heap/allocs:bytes"}},
	{fHeapAlloc, []string{"/memory/classes/heap/objects:bytes"}},
	{fHeapInUse, []string{"/memory/classes/heap/objects:bytes", "/memory/classes/heap/unused:bytes"}},
	{fHeapIdle, []string{"/memory/classes/heap/free:bytes", "/memory/classes/heap/released:bytes"}},
	{fHeapReleased, []string{"/memory/classes/heap/released:bytes"}},
	{fStacks, []string{"/memory/classes/heap/stacks:bytes"}},
	{fNextGC, []string{"/gc/heap/goal:bytes"}},
	{fSys, []string{"/memory/classes/total:bytes"}},
}

// NewProcess makes one, which keeps some files of the system open until the process
// ends.
func NewProcess() *Process {
	p := &Process{system: openSystem(), version: labels("version", runtime.Version())}
	for _, r := range ofRuntime {
		for _, name := range r.names {
			p.samples = append(p.samples, metrics.Sample{Name: name})
		}
	}
	return p
}

// write appends all families. A nil Process has none.
func (p *Process) write(l *lines, openMetrics bool) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	tell := func(f int, own string, value float64) {
		l.buf = append(l.buf, heads[index(openMetrics)][f]...)
		l.one(f, own, value)
	}
	p.system.tell(func(f int, value float64) { tell(f, "", value) })
	tell(fGo, p.version, 1)
	metrics.Read(p.samples)
	at := 0
	for _, r := range ofRuntime {
		total, known := 0.0, true
		for range r.names {
			switch v := p.samples[at].Value; v.Kind() {
			case metrics.KindUint64:
				total += float64(v.Uint64())
			default: // another version of Go does not know it
				known = false
			}
			at++
		}
		if known {
			tell(r.family, "", total)
		}
	}
}
