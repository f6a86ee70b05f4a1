package ledger

import (
	"time"

	"github.com/shopslo/shopslo/slo"
)

// The edges that are kept for ever are those between blocks, which begin at full hours.
// In zones whose offset is no whole hour, such as Asia/Kolkata, a calendar window begins
// at another minute: there the blocks of its accounts are shifted, so that the window
// begins at one of their edges for ever. Accounts that are shifted differently share
// nothing; one that is not shifted is the same for all other windows.

// shiftOf is by how much (ms, below an hour and a span) blocks are shifted for a window.
func shiftOf(w slo.Window, res int64) int64 {
	const hour, day = int64(time.Hour / time.Millisecond), 24 * int64(time.Hour/time.Millisecond)
	span := res * blockBuckets
	if !w.Calendar() || w.Validate() != nil || day%span != 0 {
		return 0
	}
	// Any window tells, but not ones of before zones had their present offsets.
	begin, _ := w.Bounds(time.Date(2026, time.January, 31, 0, 0, 0, 0, time.UTC))
	shift := begin.UnixMilli() % hour % span
	if shift < 0 {
		shift = (shift + hour) % span
	}
	return shift - shift%res
}

// shiftFor is by how much the blocks of an SLO's accounts for a subject are shifted.
// Those of the first format go on as they are: counting anew would lose what the source
// does not have any more.
func (l *Ledger) shiftFor(accounts map[string]*account, s *slo.SLO, ms []*measure, sub *Subject) int64 {
	shift := shiftOf(s.Window, l.res())
	if shift == 0 {
		return 0
	}
	known := []*Subject{sub}
	for _, f := range sub.Formerly {
		known = append(known, &Subject{ID: f.ID, Match: f.Match})
	}
	for _, m := range ms {
		for _, sub := range known {
			a := accounts[accountKey(m.key, sub, l.context(0))]
			if a == nil && m.before.same {
				a = accounts[accountKey(m.before.key, sub, l.context(0))]
			}
			if a != nil && a.early {
				return 0
			}
		}
	}
	return shift
}
