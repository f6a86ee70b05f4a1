package decisionlog

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
)

// summary says in a sentence what was kept and what is lost.
func (r *Repaired) summary() string {
	lost := 0
	for _, l := range r.Lost {
		lost += l.To - l.From + 1
	}
	return fmt.Sprintf("The log was repaired: %s kept, %d appended again, %d lost, %d without their record.", entries(r.Kept), len(r.Again), lost, len(r.LostRecords))
}

func entries(n int) string {
	if n == 1 {
		return "1 entry"
	}
	return fmt.Sprintf("%d entries", n)
}

// WriteText tells people what a repair has done.
func (r *Repaired) WriteText(w io.Writer, dir string, head Head) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", r.summary())
	for _, l := range r.Lost {
		if l.From == l.To {
			fmt.Fprintf(&b, "  lost: entry %d: %s\n", l.From, l.Why)
		} else {
			fmt.Fprintf(&b, "  lost: entries %d to %d: %s\n", l.From, l.To, l.Why)
		}
	}
	for _, a := range r.Again {
		fmt.Fprintf(&b, "  entry %d was appended again as entry %d\n", a.Was, a.Index)
	}
	for _, n := range r.LostRecords {
		fmt.Fprintf(&b, "  lost: the record of entry %d\n", n)
	}
	fmt.Fprintf(&b, "What was there before is in %s.\nThe repair is entry %d, the head is %s.\n", filepath.Join(dir, r.Aside), head.Index, head.Hash)
	_, err := io.WriteString(w, b.String())
	return err
}
