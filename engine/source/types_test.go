package source

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/slo"
)

// silent is a source that says nothing.
type silent struct {
	asked func()
	ended chan error // why nobody waited any longer
}

func (s silent) MetricType(ctx context.Context, _ string) (string, error) {
	s.asked()
	<-ctx.Done()
	s.ended <- ctx.Err()
	return "", fmt.Errorf("%w: %w", slo.ErrUnavailable, ctx.Err())
}

// Ctrl-C while a source hangs is not waited for until it has had its time.
func TestWhoIsInterruptedDoesNotWaitForASourceThatHangs(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := silent{asked: cancel, ended: make(chan error, 1)}
	err := Sources{"": {Types: NewTypes(s)}}.Ask(ctx, &documents.Documents{})
	if ended := <-s.ended; !errors.Is(err, context.Canceled) || !errors.Is(ended, context.Canceled) {
		t.Errorf("%v; it was asked until %v", err, ended)
	}
}
