package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/engine/starter"
	"github.com/shopslo/shopslo/engine/usage"
)

// initFlags are the flags of `init`.
type initFlags struct {
	access starter.Access
	want   starter.Options
	dir    string
	dryRun bool
	out    *format
}

func initCommand(p *program) *cobra.Command {
	var f initFlags
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Create a configuration, fleet and SLOs from a Prometheus",
		Long:  p.lang.Long(longInit),
		Example: `  shopslo init --source http://127.0.0.1:9090
  shopslo init --source http://127.0.0.1:9090 --single --service checkout --dry-run`,
		Args: noArgs,
	}
	fs := cmd.Flags()
	fs.StringVar(&f.access.URL, "source", "", "`URL` of the Prometheus, or of a server with its API")
	fs.StringVar(&f.access.Username, "username", "", "`user` of basic authentication")
	fs.StringVar(&f.access.PasswordFile, "password-file", "", "`file` with the user's password")
	fs.StringVar(&f.access.BearerTokenFile, "bearer-token-file", "", "`file` with a token")
	fs.StringVar(&f.access.Tenant, "tenant", "", "`tenant` of Mimir, Cortex or similar")
	fs.StringVar(&f.access.CAFile, "ca-file", "", "`file` with the CA of the server's certificate")
	fs.BoolVar(&f.want.Single, "single", false, "one service in one environment: one ShopSet in one Tier")
	fs.StringVar(&f.want.Service, "service", "", "the service: the `value` of the label job (default: the one with the most requests)")
	fs.StringVar(&f.want.Label, "label", "", "`label` that tells ShopSets apart")
	fs.StringVar(&f.want.Tier, "tier-label", "", "`label` that tells Tiers apart, such as env")
	fs.StringVar(&f.dir, "dir", ".", "`folder` to write to")
	fs.BoolVar(&f.dryRun, "dry-run", false, "show what would be written, and write nothing")
	f.out = outputFlag(cmd)
	cmd.MarkFlagDirname("dir")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return f.run(cmd.Context(), p) }
	return cmd
}

// begun is the answer in JSON.
type begun struct {
	Version int            `json:"version"`
	Source  string         `json:"source"`
	Found   starter.Found  `json:"found"`
	Written bool           `json:"written"`
	Files   []starter.File `json:"files"`
}

func (f initFlags) run(ctx context.Context, p *program) error {
	if f.want.Single && (f.want.Label != "" || f.want.Tier != "") {
		return usage.Errorf("--single is one ShopSet in one Tier: it does not go with --label or --tier-label")
	}
	access, err := f.access.In(f.dir)
	if err != nil {
		return err
	}
	if err := f.nothingThere(starter.Found{}.Files(access)); err != nil {
		return err
	}
	src, err := access.Open(p.Host, f.dir)
	if err != nil {
		return err
	}
	f.want.Now, f.want.Asking = p.Now(), func(what string) { p.Progress("asking %s", what) }
	found, err := starter.Look(ctx, src, f.want)
	p.Progress("")
	if err != nil {
		return err
	}
	files := found.Files(access)
	if err := f.nothingThere(files); err != nil {
		return err
	}
	if !f.dryRun {
		if err := starter.Write(f.dir, files); err != nil {
			return err
		}
		if _, err := documents.Load(filepath.Join(f.dir, "shopslo.yaml")); err != nil {
			return err
		}
	}
	if *f.out == asJSON {
		return p.printJSON(begun{1, access.URL, found, !f.dryRun, files})
	}
	return p.print(f.story(p, found, files))
}

// nothingThere refuses to write over anything.
func (f initFlags) nothingThere(files []starter.File) error {
	if info, err := os.Stat(f.dir); err == nil && !info.IsDir() {
		return usage.Errorf("--dir: %s is a file; name a folder", f.dir)
	}
	if there := starter.There(f.dir, files); there != "" && !f.dryRun {
		return usage.Errorf("%s already exists, and is not overwritten; move it away, or choose another folder with --dir", there)
	}
	return nil
}

// story says what was found, what is written, and what to run next.
func (f initFlags) story(p *program, found starter.Found, files []starter.File) string {
	var b strings.Builder
	b.WriteString(found.Story(p.lang.Language) + "\n")
	if f.dryRun {
		for _, file := range files {
			fmt.Fprintf(&b, "── %s\n%s\n", filepath.Join(f.dir, file.Path), file.Text)
		}
		b.WriteString(p.lang.Say(sayNothingWritten) + "\n")
		return b.String()
	}
	var names []string
	for _, file := range files {
		names = append(names, filepath.Join(f.dir, file.Path))
	}
	b.WriteString(p.lang.Say(sayWritten, strings.Join(names, ", ")) + "\n\n" + p.lang.Say(sayNext) + "\n")
	config := ""
	if filepath.Clean(f.dir) != "." {
		config = " --config " + filepath.Join(f.dir, "shopslo.yaml")
	}
	for _, next := range []struct{ command, why string }{
		{"shopslo validate --source", p.lang.Say(sayNextValidate)}, {"shopslo status", p.lang.Say(sayNextStatus)},
		{"shopslo explain " + found.SLOs[0].Name + " " + found.Cells[0].Name, p.lang.Say(sayNextExplain)}, {"shopslo serve", p.lang.Say(sayNextServe)},
	} {
		fmt.Fprintf(&b, "  %s\n      %s\n", next.command+config, next.why)
	}
	return b.String()
}
