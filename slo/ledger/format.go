package ledger

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// Every file of a ledger begins with "shopslo" and a digit, the version of its format.
// New files have the newest; all versions are read. A log may be older than what comes
// after it, never newer than the checkpoint that replaces it. What the versions say
// differently is told apart by decoder.version:
//
//  1. the first
//  2. an account's identity ends with the shift of its blocks; a history can have blocks
//     without inner edges among those that have them; a target has several processes, each
//     with its labels and which of its series were forgotten; a series has its step, what is
//     undecided of it, and whether it is as the first format knew it (upgrade.go)
const (
	formatName   = "shopslo"
	newestFormat = 2
	magic        = "shopslo2" // formatName and newestFormat
)

// unknownFormat is the version of a file that this program cannot read.
type unknownFormat int

func (v unknownFormat) Error() string {
	return fmt.Sprintf("it has format %d, and this program reads 1 to %d: a newer shopslo wrote it; upgrade this program, or move the ledger's directory away and let everything be counted anew, as far as the source goes back", int(v), newestFormat)
}

// formatOf reads the version at the start of a file: errCorrupt where it is no
// ledger's, unknownFormat where it is none that can be read.
func formatOf(b []byte) (version int, err error) {
	if len(b) < len(magic) || string(b[:len(formatName)]) != formatName {
		return 0, errCorrupt
	}
	switch c := b[len(formatName)]; {
	case c < '0' || c > '9':
		return 0, errCorrupt
	case c < '1' || c > '0'+newestFormat:
		return 0, unknownFormat(c - '0')
	default:
		return int(c - '0'), nil
	}
}

// checkFormats fails where a directory has a file of an unknown format. It reads the
// beginning of each file and changes nothing; what else is wrong is for others to find.
func (s *store) checkFormats() error {
	for _, kind := range []string{"checkpoint", "log"} {
		for _, path := range s.list(kind) {
			if err := checkFormat(path); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkFormat(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return nil // whoever needs it will say so
	}
	defer func() { _ = f.Close() }() // only read
	b := make([]byte, len(magic))
	if _, err := io.ReadFull(f, b); err != nil {
		return nil // too short to say: cut by a crash
	}
	var unknown unknownFormat
	if _, err := formatOf(b); errors.As(err, &unknown) {
		return fmt.Errorf("ledger file %s cannot be read: %w", path, unknown)
	}
	return nil
}
