package git

import (
	"os"
	"path/filepath"
	"time"
)

// Temporary makes a folder for a repository, and removes those whose names begin alike and that
// nobody has used for a day: a process that was killed has left them. At the zero time they stay.
func Temporary(name string, now time.Time) (string, error) {
	left, err := filepath.Glob(filepath.Join(os.TempDir(), name+"*"))
	if err != nil || now.IsZero() {
		left = nil
	}
	since := now.Add(-24 * time.Hour)
	for _, dir := range left {
		// What cannot be removed may be somebody else's.
		if info, err := os.Lstat(dir); err == nil && info.IsDir() && info.ModTime().Before(since) {
			_ = os.RemoveAll(dir)
		}
	}
	return os.MkdirTemp("", name)
}
