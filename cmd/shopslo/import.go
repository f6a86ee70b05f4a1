package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/shopslo/shopslo/engine/importer"
	"github.com/shopslo/shopslo/engine/starter"
	"github.com/shopslo/shopslo/engine/usage"
	strict "github.com/shopslo/shopslo/internal/document"
)

func importCommand(p *program) *cobra.Command {
	var window, dir, output string
	cmd := &cobra.Command{
		Use:   "import sloth|pyrra|openslo-crd FILE…",
		Short: "Convert SLOs of Sloth, Pyrra or OpenSLO's custom resources",
		Long:  p.lang.Long(longImport),
		Example: `  shopslo import sloth slos/*.yml --dir slos
  kubectl get servicelevelobjectives -A -o yaml > pyrra.yaml && shopslo import pyrra pyrra.yaml > slos/pyrra.yaml`,
		ValidArgs: importer.Formats,
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case len(args) == 0 || !slices.Contains(importer.Formats, args[0]):
				return usage.Errorf("import takes a format and files; formats are %s", strings.Join(importer.Formats, ", "))
			case len(args) == 1:
				return usage.Errorf("import %s: name the files to import", args[0])
			}
			return nil
		},
	}
	fs := cmd.Flags()
	fs.StringVar(&window, "window", "30d", "`window` of Sloth's SLOs, which do not state one: the value of Sloth's --default-slo-period")
	fs.StringVar(&dir, "dir", "", "`folder` to write one file per SLO to (default: standard output)")
	fs.StringVarP(&output, "output", "o", "yaml", "output `format`: yaml or json")
	cmd.MarkFlagDirname("dir")
	cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{"yaml", "json"}, cobra.ShellCompDirectiveNoFileComp))
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		if output != "yaml" && output != "json" {
			return usage.Errorf("--output: %q is not yaml or json", output)
		}
		files, err := readFiles(args[1:])
		if err != nil {
			return err
		}
		made, err := importer.Import(args[0], window, files)
		if err != nil {
			return err
		}
		if dir != "" {
			if err := writeEach(dir, made); err != nil {
				return err
			}
		}
		if err := tellImported(p, made, dir, output); err != nil {
			return err
		}
		if slices.ContainsFunc(made.Left, func(l importer.Left) bool { return l.Whole }) {
			return exitWith(exitNo)
		}
		return nil
	}
	return cmd
}

// readFiles reads files that a command line names.
func readFiles(names []string) (out []strict.File, err error) {
	var faults strict.Faults
	for _, name := range names {
		data, fault := strict.ReadFile(name)
		if fault != nil {
			faults = append(faults, *fault)
			continue
		}
		out = append(out, strict.File{Name: name, Data: data})
	}
	return out, faults.Err()
}

// writeEach writes a file for each SLO, none over one that is there: all of them, or none.
func writeEach(dir string, made importer.Imported) error {
	var files []starter.File
	for _, s := range made.SLOs {
		files = append(files, starter.File{Path: strings.ReplaceAll(strings.ToLower(s.Name), " ", "-") + ".yaml", Text: s.Document})
	}
	if there := starter.There(dir, files); there != "" {
		return usage.Errorf("%s already exists, and is not overwritten; move it away, or choose another folder with --dir", there)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("--dir: %w", err)
	}
	if err := starter.Write(dir, files); err != nil {
		return fmt.Errorf("--dir: %w", err)
	}
	return nil
}

// tellImported prints the documents, unless they were written, and what was left.
func tellImported(p *program, made importer.Imported, dir, output string) error {
	if output == "json" {
		return p.printJSON(made)
	}
	if dir == "" {
		var b strings.Builder
		for _, s := range made.SLOs {
			b.WriteString("---\n" + s.Document)
		}
		if err := p.print(b.String()); err != nil {
			return err
		}
	}
	for _, s := range made.SLOs {
		if s.Counted == "points" {
			p.say(p.lang.Say(sayOnGrid, s.From, s.Name))
		}
	}
	for _, l := range made.Left {
		say, why := sayRemark, []string{}
		if l.Whole {
			say = sayLeft
		}
		for _, reason := range l.Reasons {
			why = append(why, p.inLanguage(complaints.Say(p.lang.Language, reason)))
		}
		p.say(p.lang.Say(say, l.At, complaints.Say(p.lang.Language, l.What), strings.Join(why, "; ")))
	}
	p.say(p.lang.Say(sayImported, made.Counts.Carried, made.Counts.WithRemarks, made.Counts.NotCarried))
	return nil
}
