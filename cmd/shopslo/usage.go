package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/shopslo/shopslo/engine/usage"
	"github.com/shopslo/shopslo/internal/cli/commands"
	strict "github.com/shopslo/shopslo/internal/document"
)

// noArgs refuses arguments, and guesses what the one of a decision was meant to be.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 && (cmd.Name() == "gate" || cmd.Name() == "promote") {
		return usage.Errorf("%s takes no arguments, but got %q; write --to %[2]s where that is the Tier", cmd.CommandPath(), args[0])
	}
	return commands.NoArgs(cmd, args)
}

// length is a flag that takes a length of time as documents do: 90s, 30m, 7d.
type length struct{ d *time.Duration }

func (l length) String() string {
	if l.d == nil || *l.d == 0 {
		return ""
	}
	return strict.Duration{Duration: *l.d}.String()
}

func (l length) Set(text string) (err error) {
	*l.d, err = strict.ParseDuration(text)
	return err
}

func (l length) Type() string { return "duration" }

// lengthVar adds such a flag with a default; 0 is none.
func lengthVar(fs *pflag.FlagSet, to *time.Duration, name string, otherwise time.Duration, usage string) {
	*to = otherwise
	fs.Var(length{to}, name, usage)
}

// commitID is what a Release may be given as, in full or shortened.
var commitID = regexp.MustCompile(`^[0-9a-fA-F]{7,64}$`)

// checkRelease refuses what is no commit of a repository.
func checkRelease(flag, id string) error {
	if id != "" && !commitID.MatchString(id) {
		return usage.Errorf("%s: %q is not a commit ID; give at least 7 hexadecimal digits", flag, id)
	}
	return nil
}

// checkFile refuses a file that could not be written, before anything is done that it
// should tell of.
func checkFile(flag, file string) error {
	dir := filepath.Dir(file)
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return usage.Errorf("%s: there is no folder %s; create it, or name another file", flag, dir)
	}
	if info, err := os.Stat(file); err == nil && info.IsDir() {
		return usage.Errorf("%s: %s is a folder; name a file in it", flag, file)
	}
	return nil
}

// replace writes a file at once or not at all: another program may read it at any time.
// What is no file, such as a device, is written to; a link stays, and leads to the new file.
func replace(flag, path string, text []byte) error {
	if there, err := filepath.EvalSymlinks(path); err == nil {
		path = there
	}
	err := overwrite(path, text)
	if err != nil {
		return fmt.Errorf("%s: %s cannot be written: %w", flag, path, err)
	}
	return nil
}

func overwrite(path string, text []byte) error {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return os.WriteFile(path, text, 0o644)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	if _, err = f.Write(text); err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Chmod(0o644), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	return err
}
