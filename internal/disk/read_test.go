package disk_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/shopslo/shopslo/internal/disk"
)

func TestAFileIsReadUpToASize(t *testing.T) {
	dir := t.TempDir()
	full, pipe, fed := filepath.Join(dir, "full"), filepath.Join(dir, "pipe"), filepath.Join(dir, "fed")
	if err := os.WriteFile(full, []byte("12345"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{pipe, fed} {
		if err := syscall.Mkfifo(p, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	writer, err := os.OpenFile(fed, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		time.Sleep(50 * time.Millisecond)
		writer.WriteString("late")
		writer.Close()
	}()
	tests := []struct {
		path string
		most int64
		want string // what is read, or a part of the error
	}{
		{full, 5, "12345"},
		{full, 4, "full has more than 4 bytes"},
		{"/dev/zero", 100, "/dev/zero has more than 100 bytes"},
		{"/dev/null", 100, ""},
		{dir, 100, "is a directory"},
		{filepath.Join(dir, "none"), 100, "no such file"},
		{pipe, 100, "is a pipe that no program writes to"},
		{fed, 100, "late"},
	}
	for _, tt := range tests {
		got, err := disk.Read(tt.path, tt.most)
		if err != nil {
			if got != nil || !strings.Contains(err.Error(), tt.want) || tt.want == "" {
				t.Errorf("%s: %q, %v", tt.path, got, err)
			}
		} else if string(got) != tt.want {
			t.Errorf("%s: %q, want %q", tt.path, got, tt.want)
		}
	}
}
