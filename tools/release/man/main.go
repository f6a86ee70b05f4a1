// Command man writes manual pages of programs from what they say at --help: a page for each
// command, as git has them: shopslo-gate.1.
//
// Usage: man -out DIR -version V [-lang LANGUAGE] PROGRAM…
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

func main() {
	out := flag.String("out", "", "`folder` for the pages")
	version := flag.String("version", "", "stands at the foot of each page")
	lang := flag.String("lang", "", "the pages' language, where programs speak several")
	flag.Parse()
	if *out == "" || *version == "" || flag.NArg() == 0 {
		fmt.Fprintln(os.Stderr, "usage: man -out DIR -version V [-lang LANGUAGE] PROGRAM…")
		os.Exit(3)
	}
	if err := os.MkdirAll(*out, 0o755); err != nil {
		fail(err)
	}
	for _, program := range flag.Args() {
		w := writer{program: program, lang: *lang, out: *out, version: *version}
		if err := w.pages("", nil); err != nil {
			fail(err)
		}
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "man:", err)
	os.Exit(1)
}

// writer writes the pages of a program.
type writer struct{ program, lang, out, version string }

// pages writes the page of a command, whose line in its parent's list is given, and those of
// its own commands.
func (w writer) pages(short string, command []string) error {
	english, err := w.help("", command)
	if err != nil {
		return err
	}
	text := english
	if w.lang != "" {
		if text, err = w.help(w.lang, command); err != nil {
			return err
		}
	}
	name := strings.Join(append([]string{filepath.Base(w.program)}, command...), "-")
	page := roff(name, short, w.version, text)
	if err := os.WriteFile(filepath.Join(w.out, name+".1"), []byte(page), 0o644); err != nil {
		return err
	}
	translated := map[string]string{}
	for _, c := range commands(text) {
		translated[c[0]] = c[1]
	}
	for _, c := range commands(english) {
		if c[0] == "help" || c[0] == "completion" && len(command) > 0 {
			continue
		}
		title := translated[c[0]]
		if title == "" {
			title = c[1]
		}
		if err := w.pages(title, append(command[:len(command):len(command)], c[0])); err != nil {
			return err
		}
	}
	return nil
}

// help is what the program says at --help, in a language.
func (w writer) help(lang string, command []string) (string, error) {
	args := append(command[:len(command):len(command)], "--help")
	cmd := exec.Command(w.program, args...)
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "NO_COLOR=1")
	if lang != "" {
		cmd.Env = append(cmd.Env, "LC_ALL="+lang+".UTF-8")
	}
	out, err := cmd.CombinedOutput()
	// Programs that read their command line by Go's flag package end with 2 or 3.
	if _, ended := errors.AsType[*exec.ExitError](err); err != nil && (!ended || len(out) == 0) {
		return "", fmt.Errorf("%s %s: %w: %s", w.program, strings.Join(args, " "), err, out)
	}
	return string(out), nil
}

// section is a part of a help text: its heading, "" for what stands first, and its lines.
type section struct {
	head  string
	lines []string
}

// aHeading stands alone in its line, which ends with a colon; what it is about is indented.
var aHeading = regexp.MustCompile(`^[^ ].*[:：]$`)

func sections(text string) []section {
	all := []section{{}}
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i, line := range lines {
		last := &all[len(all)-1]
		if aHeading.MatchString(line) && i+1 < len(lines) && strings.HasPrefix(lines[i+1], " ") && (i == 0 || lines[i-1] == "") {
			all = append(all, section{head: strings.TrimRight(line, ":：")})
			continue
		}
		last.lines = append(last.lines, line)
	}
	return all
}

var aCommand = regexp.MustCompile(`^  ([a-z-]+) +(\S.*)$`)

// commands are the names and short texts that a help text lists.
func commands(text string) (all [][2]string) {
	for _, s := range sections(text) {
		if s.head != "Available Commands" && s.head != "コマンド" {
			continue
		}
		for _, line := range s.lines {
			if m := aCommand.FindStringSubmatch(line); m != nil {
				all = append(all, [2]string{m[1], m[2]})
			}
		}
	}
	return all
}

// roff is the page. All stands as the help has it, line by line.
func roff(name, short, version, text string) string {
	var b strings.Builder
	all := sections(text)
	if short == "" {
		short = firstWords(name, all[0].lines)
	}
	// The synopsis stands first, as in every manual.
	slices.SortStableFunc(all, func(a, b section) int { return order(a) - order(b) })
	fmt.Fprintf(&b, ".TH %q 1 \"\" %q\n.SH NAME\n%s \\- %s\n", strings.ToUpper(name), "shopslo "+version, escape(name), escape(strings.TrimSuffix(short, ".")))
	for _, s := range all {
		head, lines := s.head, s.lines
		switch head {
		case "":
			head = "DESCRIPTION"
		case "Usage", "使い方":
			head = "SYNOPSIS"
		}
		for len(lines) > 0 && strings.TrimSpace(lines[0]) == "" {
			lines = lines[1:]
		}
		for len(lines) > 0 && (strings.TrimSpace(lines[len(lines)-1]) == "" || strings.HasPrefix(lines[len(lines)-1], "Use \"")) {
			lines = lines[:len(lines)-1]
		}
		if len(lines) == 0 {
			continue
		}
		fmt.Fprintf(&b, ".SH %s\n.nf\n", escape(strings.ToUpper(head)))
		for _, line := range lines {
			b.WriteString(escape(line) + "\n")
		}
		b.WriteString(".fi\n")
	}
	return b.String()
}

func order(s section) int {
	if s.head == "Usage" || s.head == "使い方" {
		return 0
	}
	return 1
}

// betweenWide is the end of a line between letters that are written without blanks.
var betweenWide = regexp.MustCompile(`([\p{Han}\p{Hiragana}\p{Katakana}ー、。]) ([\p{Han}\p{Hiragana}\p{Katakana}ー、。])`)

// firstWords are what a text says first of the program that it is about: a sentence, or its
// first part where that is long.
func firstWords(name string, lines []string) string {
	short, _, _ := strings.Cut(betweenWide.ReplaceAllString(strings.Join(lines, " "), "$1$2"), ". ")
	short, _, _ = strings.Cut(short, "。")
	if len(short) > 80 {
		short, _, _ = strings.Cut(short, ", ")
	}
	return strings.TrimLeft(strings.TrimPrefix(strings.TrimSpace(short), name+" "), "は、 ") // as Japanese puts it
}

// escape keeps troff from reading a line of text as its own.
func escape(line string) string {
	line = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(line)
	if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
		line = `\&` + line
	}
	return line
}
