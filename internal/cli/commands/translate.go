// Package commands is what programs of several commands, or of many flags, have in common: their
// help in English and Japanese, what they say of a command line that is wrong, and completion.
package commands

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/shopslo/shopslo/internal/cli/speech"
	"github.com/shopslo/shopslo/internal/text"
)

// langFlag is --lang, of which speech.Of has taken the value.
type langFlag struct{ *speech.Speech }

func (f langFlag) String() string { return "" }
func (f langFlag) Type() string   { return "language" }

// LanguageFlag adds --lang to a command and those below it.
func LanguageFlag(cmd *cobra.Command, to *speech.Speech) {
	cmd.PersistentFlags().Var(langFlag{to}, "lang", text.English.Say(sayLanguage))
	cmd.RegisterFlagCompletionFunc("lang", cobra.FixedCompletions([]string{"en", "ja"}, cobra.ShellCompDirectiveNoFileComp))
}

// OneLiners are the short texts of the commands and flags that this package makes.
var OneLiners = []text.Entry{sayLanguage, sayHelpCommand, sayCompletion}

// Translate puts the one-line texts of all commands and flags into Japanese; in English they
// stand where the command is made.
func Translate(root *cobra.Command, s *speech.Speech, oneLiners []text.Entry) {
	if s.Language != text.Japanese {
		return
	}
	root.InitDefaultHelpCmd()
	known := map[string]text.Entry{}
	for _, e := range append(oneLiners[:len(oneLiners):len(oneLiners)], OneLiners...) {
		known[text.English.Say(e)] = e
	}
	say := func(english string) string {
		if e, ok := known[english]; ok {
			return s.Say(e)
		}
		return english
	}
	var each func(*cobra.Command)
	each = func(c *cobra.Command) {
		c.Short = say(c.Short)
		c.InitDefaultHelpFlag()
		c.InitDefaultVersionFlag()
		translated := func(f *pflag.Flag) {
			switch f.Name {
			case "help":
				f.Usage = s.Say(helpHelp)
				return
			case "version":
				f.Usage = s.Say(helpVersion)
				return
			}
			name, _ := pflag.UnquoteUsage(f)
			f.Annotations = map[string][]string{placeholder: {name}}
			f.Usage = say(f.Usage)
		}
		c.LocalNonPersistentFlags().VisitAll(translated)
		c.PersistentFlags().VisitAll(translated)
		for _, sub := range c.Commands() {
			each(sub)
		}
	}
	each(root)
	root.SetUsageFunc(func(c *cobra.Command) error { return usage(s, c.OutOrStderr(), c) })
}

// Wrap breaks the lines of flags in English as well, so that help fits a terminal of 85 columns.
func Wrap(root *cobra.Command) {
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), ".FlagUsages ", ".FlagUsagesWrapped 85 "))
}

// placeholder is the annotation of a flag with the name of its value, which stays as it is.
const placeholder = "shopslo_value"

// usage is what cobra's template of the same name writes, in Japanese.
func usage(s *speech.Speech, w io.Writer, c *cobra.Command) error {
	var b strings.Builder
	part := func(heading text.Entry, body string) {
		if body != "" {
			b.WriteString("\n" + s.Say(heading) + "\n" + strings.TrimRight(body, "\n") + "\n")
		}
	}
	use := ""
	if c.Runnable() {
		use += "  " + c.UseLine() + "\n"
	}
	if c.HasAvailableSubCommands() {
		use += "  " + c.CommandPath() + " [command]\n"
	}
	part(helpUsage, use)
	part(helpExamples, c.Example)
	var rows [][]string
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() || sub.Name() == "help" {
			rows = append(rows, []string{"  " + sub.Name(), sub.Short})
		}
	}
	if len(rows) > 0 {
		part(helpCommands, text.Columns(rows))
	}
	part(helpFlags, flagUsages(s, c.LocalFlags()))
	part(helpGlobal, flagUsages(s, c.InheritedFlags()))
	if c.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "\n%s\n", s.Say(helpMore, c.CommandPath()))
	}
	_, err := io.WriteString(w, strings.TrimPrefix(b.String(), "\n"))
	return err
}

// flagUsages lists flags as pflag does, in columns that full-width letters keep, and wrapped.
func flagUsages(s *speech.Speech, all *pflag.FlagSet) string {
	var rows [][]string
	all.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		one := pflag.NewFlagSet("", pflag.ContinueOnError)
		one.AddFlag(f)
		left, rest, _ := strings.Cut(strings.TrimRight(one.FlagUsages(), "\n"), f.Usage)
		if name := f.Annotations[placeholder]; len(name) == 1 && name[0] != "" {
			left = strings.TrimRight(left, " ")
			left = left[:strings.LastIndexByte(left, ' ')+1] + name[0]
		}
		rows = append(rows, []string{strings.TrimRight(left, " "), f.Usage + strings.Replace(rest, text.English.Say(helpDefault), s.Say(helpDefault), 1)})
	})
	if len(rows) == 0 {
		return ""
	}
	in := text.Widths(rows)[0] + 2
	var b strings.Builder
	for _, row := range rows {
		b.WriteString(row[0] + strings.Repeat(" ", in-text.Width(row[0])) + text.Wrap(row[1], in, in, max(speech.Width, in+40)) + "\n")
	}
	return b.String()
}
