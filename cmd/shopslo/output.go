package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/shopslo/shopslo/internal/plain"
	"github.com/shopslo/shopslo/internal/text"
)

// format is the value of --output: how an answer is written.
type format string

const (
	table   format = "table"
	asJSON  format = "json"
	formats        = "json or table"
)

// String, Set and Type make it a flag.
func (f *format) String() string { return string(*f) }

func (f *format) Set(s string) error {
	if s != string(table) && s != string(asJSON) {
		return fmt.Errorf("must be %s", formats)
	}
	*f = format(s)
	return nil
}

func (f *format) Type() string { return "format" }

// outputFlag adds --output to a command that answers in both ways.
func outputFlag(cmd *cobra.Command) *format {
	f := table
	cmd.Flags().VarP(&f, "output", "o", "output `format`: "+formats)
	cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{"json", "table"}, cobra.ShellCompDirectiveNoFileComp))
	return &f
}

// printJSON writes v, indented, for people who read it and programs alike.
func (p *program) printJSON(v any) error {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("write the answer as JSON: %w", err)
	}
	return p.printed(plain.JSON(append(data, '\n')))
}

// print writes to standard output. A failure, such as a full disk behind a
// redirection, is the command's: half an answer must not look like a whole one.
func (p *program) print(text string) error { return p.printed([]byte(text)) }

func (p *program) printed(text []byte) error {
	if _, err := p.stdout.Write(text); err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	return nil
}

// colour reports whether answers may be coloured: on a terminal, unless NO_COLOR
// is set to anything (no-color.org).
func (p *program) colour() bool {
	return p.Env["NO_COLOR"] == "" && p.Env["TERM"] != "dumb" && terminal(p.stdout)
}

func terminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// progressLine shows the state of long work on terminals, over the last one; ""
// takes it away.
func (p *program) progressLine(format string, args ...any) {
	if f, ok := p.stderr.(*os.File); ok && terminal(f) {
		line := fmt.Sprintf(format, args...)
		if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 1 {
			line = text.Fit(line, w-1) // a line that wraps cannot be taken away again
		}
		fmt.Fprint(p.stderr, "\r\x1b[K"+line)
	}
}
