package shopset

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

func TestTheProcessTellsWhatTheSystemSays(t *testing.T) {
	p := NewProcess()
	first := figures(t, p)
	for f := fCPU; f < allFamilies; f++ {
		if _, ok := first[families[f].name]; !ok {
			t.Errorf("%s is missing", families[f].name)
		}
	}
	heavy := make([]byte, 64<<20)
	for i := 0; i < len(heavy); i += 4096 {
		heavy[i] = 1
	}
	for range 100 {
		file, err := os.Open(os.DevNull)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
	}
	for begun := time.Now(); time.Since(begun) < 30*time.Millisecond; {
		runtime.Gosched()
	}
	then := figures(t, p)
	for _, grows := range []struct {
		name        string
		least, most float64
	}{
		{"process_virtual_memory_bytes", 0, 1 << 30},
		{"process_open_fds", 80, 100}, // less where files that other tests left are closed meanwhile
		{"process_cpu_seconds_total", 0.001, 5},
		{"process_start_time_seconds", 0, 0},
		{"go_memstats_alloc_bytes_total", 60 << 20, 80 << 20},
		{"process_max_fds", 0, 0},
	} {
		if by := then[grows.name] - first[grows.name]; by < grows.least || by > grows.most {
			t.Errorf("%s has grown by %g, want %g to %g", grows.name, by, grows.least, grows.most)
		}
	}
	var heap runtime.MemStats
	runtime.ReadMemStats(&heap)
	for name, want := range map[string]float64{
		"process_resident_memory_bytes": kernelsResident(t),
		"go_memstats_heap_inuse_bytes":  float64(heap.HeapInuse),
	} {
		if off := math.Abs(then[name] - want); off > 16<<20 {
			t.Errorf("%s is %g, where the system says %g", name, then[name], want)
		}
	}
	started := time.Unix(int64(then["process_start_time_seconds"]), 0)
	if age := time.Since(started); age < -2*time.Second || age > time.Hour {
		t.Errorf("it was started %v ago", age)
	}
	if n := then["go_goroutines"]; n < 2 || n > 1000 {
		t.Errorf("%g goroutines", n)
	}
	runtime.KeepAlive(heavy)
}

// kernelsResident reads from another file than the exporter what memory the process holds.
func kernelsResident(t *testing.T) float64 {
	t.Helper()
	var kib float64
	if _, err := fmt.Sscanf(resident(t), "%f kB", &kib); err != nil {
		t.Fatal(err)
	}
	return kib * 1024
}

// figures reads what a process tells as Prometheus does.
func figures(t *testing.T, p *Process) map[string]float64 {
	t.Helper()
	var l lines
	p.write(&l, false)
	parser := expfmt.NewTextParser(model.LegacyValidation)
	found, err := parser.TextToMetricFamilies(strings.NewReader(string(l.buf)))
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]float64{}
	for name, f := range found {
		if f.GetType() == dto.MetricType_COUNTER {
			values[name] = f.Metric[0].Counter.GetValue()
		} else {
			values[name] = f.Metric[0].Gauge.GetValue()
		}
	}
	return values
}

func TestTheProcessIsReadWithoutGarbage(t *testing.T) {
	p, l := NewProcess(), lines{}
	if n := testing.AllocsPerRun(20, func() {
		l.buf = l.buf[:0]
		p.write(&l, true)
	}); n > 4 {
		t.Errorf("%g allocations", n)
	}
}

func BenchmarkProcess(b *testing.B) {
	p, l := NewProcess(), lines{}
	b.ReportAllocs()
	for b.Loop() {
		l.buf = l.buf[:0]
		p.write(&l, true)
	}
}
