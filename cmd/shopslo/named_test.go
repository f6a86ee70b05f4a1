package main

import (
	"testing"

	"github.com/shopslo/shopslo/internal/commandtest"
)

func TestTheCommandsThatTextsNameExist(t *testing.T) {
	commandtest.Named(t, "../..", (&program{}).root(), 300)
}
