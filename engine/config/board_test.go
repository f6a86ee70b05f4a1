package config

import (
	"strings"
	"testing"
)

func TestWhereTheBoardIs(t *testing.T) {
	for text, want := range map[string]string{"": "", "board: {url: https://shopslo.example/x}\n": "https://shopslo.example/x"} {
		if c, err := Parse("c.yaml", []byte(beforeGate+text)); err != nil || c.Board.URL != want {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	for text, want := range map[string]string{
		"board: {}\n":                               "board.url: is missing",
		"board: {url: shopslo}\n":                   "board.url",
		"board: {url: 'https://u:secret@x'}\n":      "holds a user name or password",
		"board: {url: 'https://x', colour: blue}\n": "board.colour: unknown key",
		"board: {url: 'https://x/?lang=ja#prod'}\n": "has a query or a fragment",
	} {
		_, err := Parse("c.yaml", []byte(beforeGate+text))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "c.yaml:4") || strings.Contains(err.Error(), "secret@") {
			t.Errorf("%q: %v, want an error with %q", text, err, want)
		}
	}
}
