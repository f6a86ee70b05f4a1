package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/shopslo/shopslo/engine/usage"
	"github.com/shopslo/shopslo/internal/text"
)

// envLang names the language where --lang does not. A locale only says what somebody reads
// who named none.
const envLang = "SHOPSLO_LANG"

// speech is how people are answered. asked is set where they named the language.
type speech struct {
	text.Language
	asked bool
}

// speechOf looks for --lang before the command line is read: help and completion are in the
// language as well. What --lang cannot be, the flag says itself.
func speechOf(args []string, env map[string]string) (speech, error) {
	s := speech{Language: text.FromLocale(env)}
	if word := env[envLang]; word != "" {
		l, err := text.ParseLanguage(word)
		if err != nil {
			return s, usage.Errorf("%s: %q must be %s", envLang, word, languages())
		}
		s = speech{l, true}
	}
	for i, arg := range args {
		word, is := strings.CutPrefix(arg, "--lang=")
		switch {
		case arg == "--":
			return s, nil
		case arg == "--lang" && i+1 < len(args):
			word = args[i+1]
		case !is:
			continue
		}
		if slices.Contains(text.Languages, text.Language(word)) {
			s = speech{text.Language(word), true}
		}
	}
	return s, nil
}

func languages() string { return fmt.Sprintf("%s or %s", text.Languages[0], text.Languages[1]) }

// langFlag is --lang, of which speechOf has taken the value.
type langFlag struct{ to *speech }

// String, Set and Type make it a flag.
func (f langFlag) String() string { return "" }

func (f langFlag) Set(word string) error {
	if !slices.Contains(text.Languages, text.Language(word)) {
		return fmt.Errorf("must be %s", languages())
	}
	*f.to = speech{text.Language(word), true}
	return nil
}

func (f langFlag) Type() string { return "language" }

func languageFlag(p *program, cmd *cobra.Command) {
	cmd.PersistentFlags().Var(langFlag{&p.lang}, "lang", "`language` of the answer: en or ja (default $SHOPSLO_LANG, else that of the locale)")
	cmd.RegisterFlagCompletionFunc("lang", cobra.FixedCompletions([]string{"en", "ja"}, cobra.ShellCompDirectiveNoFileComp))
}

// long is what a command says of itself. Japanese paragraphs are wrapped; a line that is moved
// in stays as it is.
func (s *speech) long(parts ...text.Entry) string {
	var all strings.Builder
	for _, part := range parts {
		all.WriteString(s.Say(part))
	}
	if s.Language != text.Japanese {
		return all.String()
	}
	lines := strings.Split(all.String(), "\n")
	for i, line := range lines {
		if !strings.HasPrefix(line, " ") {
			lines[i] = text.Wrap(line, 0, 0, helpWidth)
		}
	}
	return strings.Join(lines, "\n")
}

// answer is an answer for people, line by line.
func (s *speech) answer(said string) string { return answers.Say(s.Language, said) }

// printSaid prints what an answer writes of itself, in the language.
func printSaid(p *program, write func(io.Writer) error) error {
	var b strings.Builder
	if err := write(&b); err != nil {
		return err
	}
	return p.print(p.lang.answer(b.String()))
}

// helpWidth is how wide help is in Japanese, of which no line can be broken by hand.
const helpWidth = 80

// translate puts the one-line texts of all commands and flags into Japanese; in English they
// stand where the command is made.
func (s *speech) translate(root *cobra.Command) {
	if s.Language != text.Japanese {
		return
	}
	root.InitDefaultHelpCmd()
	known := map[string]text.Entry{}
	for _, e := range oneLiners {
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
		translated := func(f *pflag.Flag) {
			if f.Name == "help" {
				f.Usage = s.Say(helpHelp)
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
	root.SetUsageFunc(func(c *cobra.Command) error { return s.usage(c.OutOrStderr(), c) })
}

// placeholder is the annotation of a flag with the name of its value, which stays as it is.
const placeholder = "shopslo_value"

// usage is what cobra's template of the same name writes, in Japanese.
func (s *speech) usage(w io.Writer, c *cobra.Command) error {
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
	part(helpFlags, s.flagUsages(c.LocalFlags()))
	part(helpGlobal, s.flagUsages(c.InheritedFlags()))
	if c.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "\n%s\n", s.Say(helpMore, c.CommandPath()))
	}
	_, err := io.WriteString(w, strings.TrimPrefix(b.String(), "\n"))
	return err
}

// flagUsages lists flags as pflag does, in columns that full-width letters keep, and wrapped.
func (s *speech) flagUsages(all *pflag.FlagSet) string {
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
		b.WriteString(row[0] + strings.Repeat(" ", in-text.Width(row[0])) + text.Wrap(row[1], in, in, max(helpWidth, in+40)) + "\n")
	}
	return b.String()
}
