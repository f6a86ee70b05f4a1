package source

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger"
	"github.com/shopslo/shopslo/slo/promquery"
)

// typeSource is a source that has its metrics' metadata.
type typeSource interface {
	// MetricType gives a metric's type: counter, gauge, histogram or summary (also for
	// their series, such as x_bucket of x); "unknown" where what is said of it is not
	// clear, "" where nothing is. An error that wraps slo.ErrUnavailable may pass.
	MetricType(ctx context.Context, metric string) (string, error)
}

// Types remember what a source said of its metrics.
type Types struct {
	source typeSource
	mu     sync.Mutex
	said   map[string]saidType
	// down is why the source could not be asked; it is not asked for other metrics then,
	// so that one that hangs is waited for once.
	down error
	left error // why it is not to be asked at all
	// silent is whether it did not answer last: it stays so when it is to be asked again.
	silent bool
}

type saidType struct {
	typ string
	err error
}

// NewTypes asks a source; nil where it has no metadata.
func NewTypes(s any) *Types {
	source, ok := s.(typeSource)
	if !ok {
		return nil
	}
	return &Types{source: source, said: map[string]saidType{}}
}

// askingTypes is how long a source may take to tell a metric's type.
const askingTypes = 5 * time.Second

// AskAgain forgets what the source did not know: it may have scraped the metric since.
func (t *Types) AskAgain() {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.down = t.left
	maps.DeleteFunc(t.said, func(_ string, s saidType) bool { return s.err != nil || s.typ == "" || s.typ == "unknown" })
}

// wake finds out whether the source answers.
func (t *Types) wake(ctx context.Context) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.down != nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, askingTypes)
	defer cancel()
	_, err := t.source.MetricType(ctx, "up")
	if t.silent = errors.Is(err, slo.ErrUnavailable); t.silent {
		t.down = err
	}
}

// Silent reports whether the source did not answer when it was asked last.
func (t *Types) Silent() bool {
	if t == nil {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.silent || t.left != nil
}

// errNotAsked is what a source tells that nobody needs.
var errNotAsked = fmt.Errorf("%w: it was not asked", slo.ErrUnavailable)

// leave lets nobody wait for the source.
func (t *Types) leave() {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.down, t.left = errNotAsked, errNotAsked
}

// typeOf is a promquery.Types.
func (t *Types) typeOf(metric string) (string, error) { return t.ask(context.Background(), metric) }

func (t *Types) ask(ctx context.Context, metric string) (string, error) {
	if t == nil {
		return "", nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if s, ok := t.said[metric]; ok {
		return s.typ, s.err
	}
	if t.down != nil {
		return "", t.down
	}
	ctx, cancel := context.WithTimeout(ctx, askingTypes)
	defer cancel()
	typ, err := t.source.MetricType(ctx, metric)
	if err != nil && !errors.Is(err, slo.ErrUnavailable) {
		typ, err = "", nil // it answers, and has no metadata
	}
	t.said[metric], t.down, t.silent = saidType{typ, err}, err, err != nil
	return typ, err
}

// Reading tells the ledger how the source's queries are to be counted.
func (s Source) Reading() ledger.Reading {
	if s.onGrid {
		return readMackerel
	}
	return func(ind *slo.Indicator) (ledger.Meaning, error) {
		is, err := promquery.Read(ind, s.Types.typeOf)
		if err != nil {
			return ledger.Meaning{Refused: err.Error()}, nil
		}
		m := ledger.Meaning{Raw: is.Raw, Grows: is.Grows, Notes: is.Notes}
		for _, of := range is.Sides {
			m.Sides = append(m.Sides, ledger.Side{Selectors: of.Selectors, Plain: of.Plain, Expr: of.Expr, Canonical: of.Canonical})
		}
		return m, nil
	}
}

// readMackerel tells the ledger that Mackerel has no counters' samples: all its queries
// are evaluated on a grid.
var readMackerel = ledger.Selecting(func(string) ([]slo.Selector, bool) { return nil, false })
