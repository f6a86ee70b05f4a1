package decisionlog

import (
	"math"
	"reflect"
	"testing"
)

func TestWhatIsMissingIsToldInRanges(t *testing.T) {
	of := func(numbers ...int) (all []piece) {
		for _, n := range numbers {
			all = append(all, piece{index: n})
		}
		return all
	}
	for _, c := range []struct {
		intact, changed []piece
		last            int
		want            []Lost
	}{
		{of(1, 2, 3), nil, 3, nil},
		{of(1, 4), of(3, 3), 6, []Lost{{2, 2, lostMissing}, {3, 3, lostChanged}, {3, 3, lostChanged}, {5, 6, lostMissing}}},
		{of(2), of(1, 4), 4, []Lost{{1, 1, lostChanged}, {3, 3, lostMissing}, {4, 4, lostChanged}}},
		{of(1), of(math.MaxInt), math.MaxInt, []Lost{{2, math.MaxInt - 1, lostMissing}, {math.MaxInt, math.MaxInt, lostChanged}}},
		{of(1), nil, math.MaxInt, []Lost{{2, math.MaxInt, lostMissing}}}, // the head is damaged
	} {
		if got := missing(c.intact, c.changed, c.last); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%+v", got)
		}
	}
}
