// Package incidentbot is the bot put together: its settings, the store, Slack, and what
// answers over HTTP. Commands ask it about incidents without a server, with the same words.
package incidentbot

import "time"

// Around is what a program gives a bot.
type Around struct {
	Now     func() time.Time
	Getenv  func(name string) string // a variable of the environment; "" where there is none
	Version string
	// Listening, where it is set, is told the address; for tests.
	Listening func(address string)
}

// Failed is an error of something that ran, such as a store that does not answer; No says
// that it ran, and that something is not as it should be.
type (
	Failed struct{ error }
	No     struct{ error }
)

func (f Failed) Unwrap() error { return f.error }
