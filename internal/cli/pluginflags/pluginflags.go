// Package pluginflags reads the command line of mackerel-agent's plugins, whose flags are those
// of package flag, as Mackerel's own plugins have them. It tells of them in English and Japanese.
package pluginflags

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/shopslo/shopslo/internal/cli/speech"
	"github.com/shopslo/shopslo/internal/nearest"
	"github.com/shopslo/shopslo/internal/text"
)

// Set are the flags of a plugin, declared in English.
type Set struct {
	*flag.FlagSet
	// Lang is what people are answered in, once the command line was read.
	Lang      speech.Speech
	does      text.Entry
	oneLiners []text.Entry
}

// New makes a Set. does is a sentence that begins with the plugin's name; oneLiners are the flags'
// texts.
func New(name string, does text.Entry, oneLiners []text.Entry) *Set {
	s := &Set{FlagSet: flag.NewFlagSet(name, flag.ContinueOnError), does: does, oneLiners: oneLiners}
	s.SetOutput(io.Discard) // a fault is told once, in one line
	return s
}

// Parse reads the command line. The error is flag.ErrHelp where help was asked for, which is
// written to help; else it says in one line what is wrong.
func (s *Set) Parse(args []string, env map[string]string, help io.Writer) (err error) {
	if s.Lang, err = speech.Of(s.language(args), env); err != nil {
		return err
	}
	switch err := s.FlagSet.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		if _, unwritten := io.WriteString(help, s.help()); unwritten != nil {
			return unwritten
		}
		return err
	case err != nil:
		return fmt.Errorf("%s; see -h", s.plain(err.Error()))
	case s.NArg() > 0:
		return fmt.Errorf("%s takes flags only, not %q; see -h", s.Name(), s.Arg(0))
	}
	return nil
}

// language are the arguments as speech looks for a language in them: with two hyphens, and none
// where the plugin has no such flag.
func (s *Set) language(args []string) []string {
	if s.Lookup("lang") == nil {
		return nil
	}
	out := make([]string, len(args))
	for i, arg := range args {
		if out[i] = arg; arg == "-lang" || strings.HasPrefix(arg, "-lang=") {
			out[i] = "-" + arg
		}
	}
	return out
}

// valueError is how package flag says that a value is none.
var valueError = regexp.MustCompile(`^invalid (?:boolean )?value (".*") for (?:flag )?-([^:]+): `)

// plain is an error of package flag in words for those who write no Go.
func (s *Set) plain(said string) string {
	if name, ok := strings.CutPrefix(said, "flag provided but not defined: "); ok {
		var names []string
		s.VisitAll(func(f *flag.Flag) { names = append(names, "-"+f.Name) })
		return fmt.Sprintf("unknown flag: %s%s", name, nearest.Hint(name, names))
	}
	if m := valueError.FindStringSubmatch(said); m != nil {
		if why := speech.NoValue(kind(s.Lookup(m[2])), errors.New(said)); why != "" {
			return fmt.Sprintf("-%s: %s %s", m[2], m[1], why)
		}
	}
	return said
}

// kind is the type of a flag's value, as package pflag calls it.
func kind(f *flag.Flag) string {
	if g, ok := f.Value.(flag.Getter); ok {
		return fmt.Sprintf("%T", g.Get())
	}
	return ""
}

// width is how wide help is.
const width = 85

// help is what -h prints.
func (s *Set) help() string {
	say := s.Lang.Say
	known := map[string]text.Entry{}
	for _, e := range s.oneLiners {
		known[text.English.Say(e)] = e
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n%s\n  %s [flags]\n\n%s\n", text.Wrap(say(s.does), 0, 0, width), say(helpUsage), s.Name(), say(helpFlags))
	s.VisitAll(func(f *flag.Flag) {
		name, usage := flag.UnquoteUsage(f)
		if e, ok := known[f.Usage]; ok && s.Lang.Language == text.Japanese {
			usage = say(e)
		}
		if f.DefValue != "" && f.DefValue != "0" && f.DefValue != "false" {
			usage += " " + say(helpDefault, f.DefValue)
		}
		fmt.Fprintf(&b, "%s\n        %s\n", strings.TrimRight("  -"+f.Name+" "+name, " "), text.Wrap(usage, 8, 8, width))
	})
	return b.String()
}

// CheckLanguage says what is wrong with the value of -lang; "" is not given.
func CheckLanguage(word string) error {
	if word != "" && !slices.Contains(text.Languages, text.Language(word)) {
		return fmt.Errorf("-lang is %q; it can be en or ja", word)
	}
	return nil
}

var prefixRule = regexp.MustCompile(`^[-a-zA-Z0-9_]+(\.[-a-zA-Z0-9_]+)*$`)

// CheckPrefix says what is wrong with the value of -metric-key-prefix.
func CheckPrefix(prefix string) error {
	if !prefixRule.MatchString(prefix) {
		return fmt.Errorf("-metric-key-prefix is %q; it can have letters, digits, - and _, and dots between them", prefix)
	}
	return nil
}
