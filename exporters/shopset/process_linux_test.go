package shopset

import (
	"os"
	"path/filepath"
	"testing"
)

func TestWhenAProcessWasStarted(t *testing.T) {
	const machine = "cpu  1 2 3\nbtime 1700000000\nprocesses 9\n"
	for name, tt := range map[string]struct {
		stat, machine string
		want          float64
	}{
		"as the kernel writes it":            {"42 (prog) S 1 42 42 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 9 0 12345 1000 20", machine, 1700000123.45},
		"a name with blanks and parentheses": {"42 (a) b (c) S 1 42 42 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 9 0 100 1000 20", machine, 1700000001},
		"no boot time":                       {"42 (prog) S 1 42 42 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 9 0 12345 1000 20", "cpu 1\n", 0},
		"a line that ends too early":         {"42 (prog) S 1 42", machine, 0},
		"nothing":                            {"", "", 0},
		"no number":                          {"42 (prog) S 1 42 42 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 9 0 soon 1000 20", machine, 0},
	} {
		t.Run(name, func(t *testing.T) {
			if got := started([]byte(tt.stat), []byte(tt.machine)); got != tt.want {
				t.Errorf("got %f, want %f", got, tt.want)
			}
		})
	}
}

func TestPagesOfMemory(t *testing.T) {
	for text, want := range map[string][2]float64{"1234 567 89 1 0 2 0\n": {1234, 567}, "": {}, "12": {}, "x 1 2": {}, "1 y": {}} {
		path := filepath.Join(t.TempDir(), "statm")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		s := system{memory: file, buf: make([]byte, 128)}
		virtual, resident, ok := s.pages()
		if virtual != want[0] || resident != want[1] || ok != (want[0] > 0) {
			t.Errorf("%q: %g and %g (%t), want %v", text, virtual, resident, ok, want)
		}
		file.Close()
	}
}

// FuzzStarted reads what looks like the kernel's files.
func FuzzStarted(f *testing.F) {
	f.Add([]byte("42 (prog) S 1 42 42 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 9 0 12345 1000 20"), []byte("cpu\nbtime 1700000000\n"))
	f.Add([]byte(")"), []byte("\nbtime "))
	f.Fuzz(func(t *testing.T, stat, machine []byte) {
		if at := started(stat, machine); at < 0 {
			t.Errorf("it was started at %f", at)
		}
	})
}
