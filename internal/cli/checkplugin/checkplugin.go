// Package checkplugin is the frame of a check plugin of mackerel-agent: its flags, the one
// line that it prints, and the exit code that goes with it.
package checkplugin

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/mackerelio/checkers"

	"github.com/shopslo/shopslo/internal/cli"
	"github.com/shopslo/shopslo/internal/cli/pluginflags"
	"github.com/shopslo/shopslo/internal/text"
)

// Enough is how long a check may take: the agent ends it after 30 s.
const Enough = 25 * time.Second

// mostCharacters is what Mackerel takes of a check's message.
const mostCharacters = 1024

// Plugin is one run of a check plugin.
type Plugin struct {
	Name           string       // of the program
	Title          string       // before the line, such as MailRelay
	Does           text.Entry   // what it says, a sentence that begins with the program's name
	Flagged        []text.Entry // the flags' texts
	Env            []string
	Stdout, Stderr io.Writer

	flags *pluginflags.Set
}

// Flags gives where the flags are declared.
func (p *Plugin) Flags() *pluginflags.Set {
	if p.flags == nil {
		p.flags = pluginflags.New(p.Name, p.Does, p.Flagged)
	}
	return p.flags
}

// Parse reads the flags. done: help was asked for, or they are wrong, which has been said; code
// is then the exit code.
func (p *Plugin) Parse(args []string) (code int, done bool) {
	switch err := p.Flags().Parse(args, cli.Env(p.Env), p.Stderr); {
	case errors.Is(err, flag.ErrHelp):
		return 0, true
	case err != nil:
		return p.Unknown(err), true
	}
	return 0, false
}

// Unknown says why nothing is known, in the language of the command line, and gives the exit code.
func (p *Plugin) Unknown(err error) int {
	return p.Say(int(checkers.UNKNOWN), pluginflags.Complaints.Say(p.Flags().Lang.Language, err.Error()))
}

// Say prints the one line, and gives the exit code: severity, which is 0 for OK, 1 for a warning,
// 2 for critical and 3 for unknown.
func (p *Plugin) Say(severity int, line string) int {
	checker := checkers.NewChecker(checkers.Status(severity), strings.Join(strings.Fields(line), " "))
	checker.Name = p.Title
	fmt.Fprintln(p.Stdout, text.Cut(checker.String(), mostCharacters))
	return severity
}
