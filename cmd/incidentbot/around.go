package main

import (
	"time"
)

// around is what a program gives a bot.
type around struct {
	now     func() time.Time
	getenv  func(name string) string // a variable of the environment; "" where there is none
	version string
	// listening, where it is set, is told the address; for tests.
	listening func(address string)
}

// failure is an error of something that ran, notFine that it ran and said no.
type (
	failure struct{ error }
	notFine struct{ error }
)

func (f failure) Unwrap() error { return f.error }
