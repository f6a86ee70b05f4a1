package main

import (
	"testing"

	"github.com/shopslo/shopslo/internal/cli/commandstest"
)

func TestTheCommandsThatTextsNameExist(t *testing.T) {
	commandstest.Named(t, "../..", (&program{}).root(), 300)
}
