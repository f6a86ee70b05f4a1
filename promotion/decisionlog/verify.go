package decisionlog

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Verified is what is known of a log whose chain holds.
type Verified struct {
	Head Head
	// Published is the entry that a published hash is of; 0 where none was asked for. Was is
	// the number that it had when that was published, where a repair has changed it.
	Published, Was int
	// Repairs are the entries that tell of a repair. LostRecords are entries whose record was
	// lost by what was repaired.
	Repairs, LostRecords []int
}

// Verify reads a whole log with all of its records, and checks that a hash that was
// published is in it; "" asks for none. The error wraps ErrBroken where something was
// changed, and names the first entry that is broken.
func Verify(ctx context.Context, r Reader, published string) (Verified, error) {
	var v Verified
	bad := map[int]error{} // entries whose record is lost, until a repair tells of it
	head, err := r.Read(ctx, func(l Line) error {
		v.find(l, published)
		record, err := l.Record(ctx)
		if errors.Is(err, ErrBroken) {
			bad[l.Index] = err
			return nil
		}
		if err == nil && l.Kind == Repair {
			v.Repairs = append(v.Repairs, l.Index)
			if l.Was == nil { // else its numbers are those of before
				err = v.forgive(record, bad)
			}
		}
		return err
	})
	v.Head = head
	if len(bad) > 0 {
		first := slices.Min(slices.Collect(maps.Keys(bad)))
		if err == nil || first <= head.Index {
			return v, bad[first]
		}
	}
	if err == nil && published != "" && v.Published == 0 {
		err = fmt.Errorf("%w: the chain is intact, but the published hash %s is not in it: the log was rewritten or truncated, or it is another log", ErrBroken, published)
	}
	return v, err
}

// find looks whether a published hash is of a line, or of what it was before a repair.
func (v *Verified) find(l Line, published string) {
	if l.Hash == published {
		v.Published, v.Was = l.Index, 0
	}
	for e, ok := l.Entry.before(); ok && v.Published == 0; e, ok = e.before() {
		text, err := json.Marshal(e)
		if err == nil && hash(text) == published {
			v.Published, v.Was = l.Index, e.Index
		}
	}
}

// before is the entry as it was before a repair.
func (e Entry) before() (Entry, bool) {
	if e.Was == nil {
		return e, false
	}
	e.Index, e.Prev, e.Was = e.Was.Index, e.Was.Prev, e.Was.Was
	return e, true
}

// forgive takes those lost records out of bad that a repair tells of.
func (v *Verified) forgive(record []byte, bad map[int]error) error {
	var told Repaired
	if err := json.Unmarshal(record, &told); err != nil {
		return fmt.Errorf("read the record of a repair: %w: %w", ErrBroken, err)
	}
	for _, n := range told.LostRecords {
		if bad[n] != nil {
			delete(bad, n)
			v.LostRecords = append(v.LostRecords, n)
		}
	}
	slices.SortFunc(v.LostRecords, cmp.Compare)
	return nil
}
