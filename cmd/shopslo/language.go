package main

import (
	"io"
	"strings"
)

// inLanguage is an answer for people, line by line.
func (p *program) inLanguage(said string) string { return answers.Say(p.lang.Language, said) }

// printSaid prints what an answer writes of itself, in the language.
func printSaid(p *program, write func(io.Writer) error) error {
	var b strings.Builder
	if err := write(&b); err != nil {
		return err
	}
	return p.print(p.inLanguage(b.String()))
}
