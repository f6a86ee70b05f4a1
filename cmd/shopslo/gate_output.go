package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/shopslo/shopslo/engine/usage"
	"github.com/shopslo/shopslo/internal/plain"
	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/promotion/render"
)

// gateForms are the forms of a decision.
var gateForms = []string{"json", "junit", "markdown", "sarif", "table"}

// gateOutput says how a decision is written, and where else.
type gateOutput struct {
	form  string
	write []string // FORM=FILE
}

func (o *gateOutput) flags(cmd *cobra.Command) {
	o.form = string(table)
	forms := strings.Join(gateForms, ", ")
	cmd.Flags().VarP((*gateForm)(&o.form), "output", "o", "output `format`: "+forms)
	cmd.Flags().StringArrayVar(&o.write, "write", nil, "also write the decision to this `FORMAT=FILE`; may be repeated")
	cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(gateForms, cobra.ShellCompDirectiveNoFileComp))
}

// check refuses what cannot be written.
func (o *gateOutput) check() error {
	for _, w := range o.write {
		if form, file, _ := strings.Cut(w, "="); file == "" || !slices.Contains(gateForms, form) {
			return usage.Errorf("--write %q: write it like json=decision.json; formats are %s", w, strings.Join(gateForms, ", "))
		} else if err := checkFile("--write", file); err != nil {
			return err
		}
	}
	return nil
}

// gateForm is the value of --output.
type gateForm string

// String, Set and Type make it a flag.
func (f *gateForm) String() string { return string(*f) }

func (f *gateForm) Set(s string) error {
	if !slices.Contains(gateForms, s) {
		return fmt.Errorf("must be one of %s", strings.Join(gateForms, ", "))
	}
	*f = gateForm(s)
	return nil
}

func (f *gateForm) Type() string { return "format" }

// answer writes the files, and then the answer: a script that sees the exit code has
// all of them. A file that cannot be written keeps nothing else back.
func (p *program) answer(v judged, f gateFlags) error {
	var errs []error
	for _, w := range f.out.write {
		form, file, _ := strings.Cut(w, "=")
		var text bytes.Buffer
		if err := writeAs(p, &text, form, v, f, 0, false); err != nil {
			return err
		}
		if err := os.WriteFile(file, text.Bytes(), 0o666); err != nil {
			errs = append(errs, fmt.Errorf("--write: %w", err))
		}
	}
	if f.out.form == "json" { // of a big fleet megabytes
		return errors.Join(append(errs, p.printed(plain.JSON(v.line())))...)
	}
	var text bytes.Buffer
	if err := writeAs(p, &text, f.out.form, v, f, p.columns(), p.colour()); err != nil {
		return err
	}
	return errors.Join(append(errs, p.print(text.String()))...)
}

func writeAs(p *program, w io.Writer, form string, v judged, f gateFlags, columns int, colour bool) error {
	switch form {
	case "json":
		_, err := w.Write(v.line())
		return err
	case "junit":
		return render.JUnit(w, v.Decision)
	case "markdown":
		return v.logged(w, p.lang.Language, render.Markdown(w, p.lang.Language, v.In(p.lang.Language), f.slos...), plain.Markdown)
	case "sarif":
		return render.SARIF(w, v.Decision, filepath.ToSlash(filepath.Clean(p.configFile)), v.Program)
	}
	r := v.Record
	r.Decision = r.In(p.lang.Language)
	if f.explain {
		return v.logged(w, p.lang.Language, render.Explanation(w, p.lang.Language, r, columns, colour, f.slos...), plain.Line)
	}
	return v.logged(w, p.lang.Language, render.Text(w, p.lang.Language, r.Decision, columns, colour, f.slos...), plain.Line)
}

// line is the JSON with its line feed.
func (v judged) line() []byte { return append(bytes.TrimRight(v.JSON, "\n"), '\n') }

// logged publishes where the decision is logged, or that it is not, after what was
// written.
func (v judged) logged(w io.Writer, l text.Language, err error, as func(string) string) error {
	if line := v.Log.Sentence(l); err == nil && line != "" {
		_, err = fmt.Fprintf(w, "\n%s\n", as(line))
	}
	return err
}
