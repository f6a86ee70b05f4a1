package main

import (
	"errors"

	"github.com/shopslo/shopslo/promotion/decisionlog"
)

// logError gives an error of a log the exit code that it means.
func logError(err error) error {
	switch {
	case errors.Is(err, decisionlog.ErrBroken):
		return &codeError{code: exitNo, err: err}
	case errors.Is(err, decisionlog.ErrUnreachable):
		return &codeError{code: exitUnavailable, err: err}
	}
	return err
}
