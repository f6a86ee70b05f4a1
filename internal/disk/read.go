package disk

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// small is enough for the certificates of all authorities, in bytes.
const small = 4 << 20

// Read reads a file in full that has at most so many bytes: a log or a device is not read
// as a whole. A named pipe that no program writes to is an error: it is not waited for.
func Read(path string, most int64) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Mode().IsRegular() && info.Size() > most {
		return nil, TooLong{path, most}
	}
	b, err := io.ReadAll(io.LimitReader(f, most+1))
	switch {
	case err != nil:
		return nil, err
	case int64(len(b)) > most:
		return nil, TooLong{path, most}
	case len(b) == 0 && info.Mode()&fs.ModeNamedPipe != 0:
		return nil, fmt.Errorf("%s is a pipe that no program writes to", path)
	}
	return b, nil
}

// ReadSmall reads a password, a key or certificates.
func ReadSmall(path string) ([]byte, error) { return Read(path, small) }

// TooLong is why a file was not read.
type TooLong struct {
	Path string
	Most int64 // bytes
}

func (t TooLong) Error() string { return fmt.Sprintf("%s has more than %d bytes", t.Path, t.Most) }
