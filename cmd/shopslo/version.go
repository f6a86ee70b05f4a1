package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/shopslo/shopslo/internal/cli"
)

// build is what `shopslo version -o json` prints. Fields that are not known are "".
type build struct {
	Version int    `json:"version"` // of this shape
	Shopslo string `json:"shopslo"`
	Commit  string `json:"commit"`
	Go      string `json:"go"`
	OS      string `json:"os"`
	Arch    string `json:"arch"`
}

func thisBuild() build {
	b := cli.ThisBuild()
	return build{Version: 1, Shopslo: b.Version, Commit: b.Revision, Go: b.Go, OS: runtime.GOOS, Arch: runtime.GOARCH}
}

func versionCommand(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Print the version",
		Long:    "version prints which shopslo this is, and what it was built with.",
		Example: "  shopslo version\n  shopslo version -o json",
		Args:    noArgs,
	}
	out := outputFlag(cmd)
	cmd.RunE = func(*cobra.Command, []string) error {
		b := thisBuild()
		if *out == asJSON {
			return p.printJSON(b)
		}
		commit := ""
		if b.Commit != "" {
			commit = ", commit " + b.Commit
		}
		return p.print(fmt.Sprintf("shopslo %s (%s, %s/%s%s)\n", b.Shopslo, b.Go, b.OS, b.Arch, commit))
	}
	return cmd
}
