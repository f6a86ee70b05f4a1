package ledger

import (
	"fmt"
	"strings"

	"github.com/shopslo/shopslo/slo"
)

// former is how the first versions of the ledger knew a measure: by the text of its
// document as it was written, and counted from samples only where counter: true was said.
// Their accounts go on where their figures mean the same.
type former struct {
	key  string
	same bool // what was counted under it is what the measure counts
}

// formerly writes a measure as those versions did.
func (m *measure) formerly(ind *slo.Indicator, is Meaning) former {
	counter := ind.Counter == slo.Yes
	raw := ind.Kind == slo.Ratio && counter
	for _, s := range is.Sides {
		raw = raw && s.Plain
	}
	same := m.raw == raw && (raw || m.grows == counter)
	var b strings.Builder
	fmt.Fprintf(&b, "source=%q form=%d raw=%t counter=%t grid=%d first=%d failure=%t op=%s limit=%v method=%d slice=%d target=%v",
		m.source, m.form, raw, counter, m.onGrid, m.first, m.failure, m.op, m.limit, m.method, m.slice, m.sliceTarget)
	queries := ind.Queries()
	for i := range m.sides {
		if !raw {
			text := ""
			if i < len(queries) {
				text = queries[i].Text
			}
			fmt.Fprintf(&b, " expr=%q", text)
			same = same && text == m.sides[i].expr
			continue
		}
		for _, sel := range is.Sides[i].Selectors {
			fmt.Fprintf(&b, " sel=%q", sel.String())
		}
		b.WriteString(" |")
	}
	return former{key: b.String(), same: same}
}

// takeOver finds the account that a former version has of a measure. One with the same
// figures is returned, to go on under the new key; another stays as it is, and the log
// says that its history is read anew.
func (l *Ledger) takeOver(accounts map[string]*account, m *measure, name string, sub *Subject, shift int64) *account {
	key := accountKey(m.before.key, sub, l.context(0))
	a := accounts[key]
	switch {
	case a == nil:
		return nil
	case m.before.same && shift == a.hist.shift:
		delete(accounts, key)
		return a
	case m.raw:
		l.cfg.Log.Warn(fmt.Sprintf("slo %s for %s is now counted from samples, not evaluated on a grid; its history is read anew", name, sub.ID))
	default:
		l.cfg.Log.Warn(fmt.Sprintf("slo %s for %s is now evaluated in another way; its history is read anew", name, sub.ID))
	}
	return nil
}
